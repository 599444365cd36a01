package plain

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
)

// line writes one line, or several when s has them.
func (p *prompter) line(s string) { p.write(p.wrap(s) + "\n") }

// say writes a sentence after its prefix, and nothing when there is no sentence.
func (p *prompter) say(prefix, s string) {
	if s = asSentence(s); s != "" {
		p.line(prefix + s)
	}
}

// paragraphs writes an author's text with its own lines.
func (p *prompter) paragraphs(s string) {
	s = strings.TrimSpace(asWords(s))
	if s == "" {
		return
	}
	for part := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(part) != "" {
			p.line(strings.TrimRight(part, " "))
		}
	}
}

// write writes text without escape sequences, control characters and the
// secrets of this run. Only reveal writes past it.
func (p *prompter) write(s string) {
	s = clean.Text(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.hidden {
		s = strings.ReplaceAll(s, v.Reveal(), v.String())
	}
	p.put(s)
}

// reveal writes a line that contains a secret.
func (p *prompter) reveal(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(clean.Line(s) + "\n")
}

// put writes to Out; p.mu is held.
func (p *prompter) put(s string) {
	if p.failed != nil {
		return
	}
	p.begun = true
	_, p.failed = io.WriteString(p.o.Out, s)
}

// wrap breaks lines between words, and never inside one: addresses and values
// must stay whole to be copied.
func (p *prompter) wrap(s string) string {
	if p.o.Width <= 0 {
		return s
	}
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if ansi.StringWidth(line) <= p.o.Width {
			b.WriteString(line)
			continue
		}
		at := 0
		for j, word := range strings.Fields(line) {
			w := ansi.StringWidth(word)
			switch {
			case j == 0:
			case at+1+w > p.o.Width:
				b.WriteByte('\n')
				at = 0
			default:
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += w
		}
	}
	return b.String()
}

// heading begins a screen: whose setup it is, if that has changed, the step, the
// title, and the reason.
func (p *prompter) heading(f steps.Frame, title, why string) {
	p.o.Log.Debug("plain screen", "name", f.Name)
	p.mu.Lock()
	begun := p.begun
	p.mu.Unlock()
	if begun {
		p.write("\n")
	}
	if f.Where != "" && f.Where != p.lastWhere {
		p.lastWhere = f.Where
		p.say("For ", f.Where)
	}
	step := ""
	if f.Phase > steps.PhaseNone && int(f.Phase) <= len(steps.Phases) {
		step = fmt.Sprintf("Step %d of %d: %s", int(f.Phase), len(steps.Phases), f.Phase)
		if f.Done[f.Phase] {
			step += ", done before"
		}
		step += ". "
	}
	p.say(step, title)
	p.say("", why)
}

// finding writes everything known about a failure; said is the text that has
// been written about it already.
func (p *prompter) finding(f *diagnose.Finding, said string) {
	if f == nil {
		return
	}
	if said == "" {
		p.say("Wrong: ", f.Title)
	} else if !strings.HasPrefix(asWords(said), asWords(f.Title)) {
		p.say("Cause: ", f.Title)
	}
	p.say("", f.Explanation)
	switch len(f.Remedy) {
	case 0:
	case 1:
		p.say("What to do: ", f.Remedy[0])
	default:
		p.line("What to do:")
		for i, r := range f.Remedy {
			p.say(fmt.Sprintf("%d. ", i+1), r)
		}
	}
	p.say("Who can do it: ", f.Who)
	if f.Link != "" {
		p.line("Address: " + clean.Line(f.Link))
	}
	ids := []string{}
	for _, id := range []struct{ name, text string }{
		{"code", strings.Join(f.Codes, " and ")},
		{"request ID", f.RequestID},
		{"correlation ID", f.CorrelationID},
		{"time", f.Time},
	} {
		if id.text != "" {
			ids = append(ids, id.name+" "+clean.Line(id.text))
		}
	}
	p.say("For a support ticket: ", strings.Join(ids, ", "))
}
