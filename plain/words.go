package plain

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
)

// boldMark is what must be clicked or typed letter for letter.
var boldMark = regexp.MustCompile(`\*\*(.+?)\*\*`)

// symbolWords are read aloud letter by letter or not at all, so words and
// commas stand for them.
var symbolWords = strings.NewReplacer(
	" · ", ", ", " → ", ", then ", " › ", ", then ", " ─ ", ", ", " — ", ", ",
	"✓ ", "OK: ", "✗ ", "Wrong: ", "● ", "", "○ ", "", "• ", "", "…", "...",
)

// asWords turns an author's text into words: quotes for bold, no symbols.
func asWords(s string) string {
	return symbolWords.Replace(boldMark.ReplaceAllString(clean.Text(s), `"$1"`))
}

// asSentence is asWords on one line, ending with a period. After an
// address there is none, since it would be taken for a part of it.
func asSentence(s string) string {
	s = strings.Join(strings.Fields(asWords(s)), " ")
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return s
	}
	if last := s[strings.LastIndexByte(s, ' ')+1:]; strings.Contains(last, "://") && !strings.HasSuffix(last, `"`) {
		return s
	}
	return s + "."
}

// joiningWords are the first words of a note that need no comma before them.
var joiningWords = map[string]bool{
	"and": true, "at": true, "for": true, "in": true, "of": true, "on": true, "or": true, "under": true, "until": true,
	"with": true,
}

// withNote joins what the screens show side by side, words and a quieter
// note, so that they read as one sentence.
func withNote(words, note string) string {
	words, note = strings.TrimSpace(words), strings.TrimSpace(note)
	if words == "" || note == "" {
		return words + note
	}
	first, _, _ := strings.Cut(note, " ")
	switch {
	case strings.ContainsAny(note[:1], ",;."):
		return words + note
	case note[0] == '(', joiningWords[first], strings.ContainsAny(words[len(words)-1:], ".!?:,;"):
		return words + " " + note
	}
	return words + ", " + note
}

// stateWord is the word that a verdict begins with.
func stateWord(s steps.State) string {
	switch s {
	case steps.Right:
		return "OK: "
	case steps.Warn:
		return "Note: "
	case steps.Wrong:
		return "Wrong: "
	case steps.Waiting:
		return "Waiting: "
	}
	return ""
}

// asDuration says how long d is, to the second.
func asDuration(d time.Duration) string {
	d = d.Round(time.Second)
	parts := []string{}
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := int(d / u.size)
		d -= time.Duration(n) * u.size
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, u.name))
		}
	}
	if len(parts) == 0 {
		return "0 seconds"
	}
	return strings.Join(parts, " ")
}

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

// write is the only way out but reveal: no escape sequence, no control
// character, and no secret that was met in this run passes here.
func (p *prompter) write(s string) {
	s = clean.Text(s)
	for _, v := range p.hidden {
		s = strings.ReplaceAll(s, v.Reveal(), v.String())
	}
	p.put(s)
}

// reveal writes a line with a secret, deliberately.
func (p *prompter) reveal(s string) { p.put(clean.Line(s) + "\n") }

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

// heading begins a screen: for whom, when that has changed, which step, the
// title, and why.
func (p *prompter) heading(f steps.Frame, title, why string) {
	p.o.Log.Debug("plain screen", "name", f.Name)
	if p.begun {
		p.write("\n")
	}
	if f.Where != "" && f.Where != p.where {
		p.where = f.Where
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

// finding tells the whole story of a failure; said is what has been said
// about it already.
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
