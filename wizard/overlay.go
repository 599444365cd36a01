package wizard

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/steps"
)

// overlay lies over a screen: something to read, or the practice tenant's list.
type overlay struct {
	title string
	lines func(m *model, w int) []string // what to read
	copy  string                         // what ctrl+y copies, or ""
	list  []steps.Practice               // what to pick, of the practice tenant
	pick  int
	busy  bool
	keep  int // the screen's scroll and what it follows, for when the overlay is gone
	was   follow
}

// practisedMsg is what the practice tenant did.
type practisedMsg struct {
	ask  *ask
	fill map[string]secretText
	said string
	err  error
}

// secretText is text that may be a secret: it does not print itself.
type secretText struct{ text *string }

// overClosedMsg tells the screen that it is seen again.
type overClosedMsg struct{}

func (m *model) openOver(o *overlay) tea.Cmd {
	o.keep, o.was = m.scroll, m.follow
	m.over, m.scroll, m.follow = o, 0, nothing
	return nil
}

func (m *model) closeOver() tea.Cmd {
	m.scroll, m.follow = m.over.keep, m.over.was
	m.over = nil
	m.clampScroll()
	return m.toScreen(overClosedMsg{})
}

func (m *model) openHelp() tea.Cmd {
	return m.openOver(&overlay{title: "Help", lines: func(m *model, w int) []string { return m.helpLines(w) }})
}

func (m *model) openDetails() tea.Cmd {
	f := m.scr.finding()
	return m.openOver(&overlay{
		title: f.Title, copy: supportText(f), lines: func(m *model, w int) []string { return m.detailLines(f, w) },
	})
}

func (m *model) openPractice() tea.Cmd {
	return m.openOver(&overlay{title: "Practice: do the portal's part", list: m.scr.practice()})
}

// helpLines are what the page says about itself, and every key.
func (m *model) helpLines(w int) []string {
	p := m.pen
	out := p.paragraphs(m.scr.frame().Help, plain, w)
	if len(out) > 0 {
		out = append(out, "")
	}
	items := m.scr.keys(m)
	g := m.scr.guide()
	if g.next(0, linkOf) >= 0 || m.scr.finding() != nil && m.scr.finding().Link != "" {
		items = append(items, keyItem{key: "ctrl+o", label: "open the link in the browser"})
	}
	if g.next(0, copyOf) >= 0 {
		items = append(items, keyItem{key: "ctrl+y", label: "copy the value beside it"})
	}
	items = append(items, keyItem{key: "pgup pgdn", label: "scroll"})
	for _, it := range items {
		if it.key == "?" || it.key == "f1" {
			continue // it is open
		}
		key := p.text(it.key)
		out = append(out, p.draw(span{text: key, look: strong})+strings.Repeat(" ", max(12-cells(key), 1))+
			p.draw(span{text: p.shorten(p.text(it.label), w-12), look: dim}))
	}
	if m.o.Version != "" {
		out = append(out, "", p.say(dim, "palmail "+m.o.Version))
	}
	return out
}

func (o *overlay) doc(m *model, w int) doc {
	p := m.pen
	d := doc{title: p.paragraph(o.title, strong, w, 0)}
	if o.lines != nil {
		d.guide = o.lines(m, w)
	}
	if len(o.list) > 0 {
		texts := make([]string, len(o.list))
		for i, it := range o.list {
			texts[i] = it.Label
		}
		d.fixed, d.focus = m.list(texts, make([]string, len(texts)), o.pick, calm, w)
		if o.busy {
			d.fixed = append(d.fixed, p.draw(m.sign(steps.Busy))+" "+p.say(dim, "Working in the practice tenant…"))
			d.focus[1] = len(d.fixed)
		}
	}
	return d
}

func (o *overlay) keys() []keyItem {
	var out []keyItem
	if len(o.list) > 0 {
		out = append(out, keyItem{key: "↑↓", label: "choose", rank: 2}, keyItem{key: "enter", label: "do it"})
	}
	if o.copy != "" {
		out = append(out, keyItem{key: "ctrl+y", label: "copy for support", rank: 1})
	}
	return append(out, keyItem{key: "esc", label: "close"}, keyItem{key: "ctrl+c", label: "leave"})
}

// overKey reads a key while an overlay is open.
func (m *model) overKey(name string) tea.Cmd {
	o := m.over
	switch name {
	case "pgdown", "pgup":
		m.page(name == "pgdown")
		return nil
	case "esc", "f1", "?", "ctrl+t":
		return m.closeOver()
	case "ctrl+d":
		if len(o.list) == 0 {
			return m.closeOver()
		}
	case "ctrl+y":
		if o.copy != "" {
			return m.copyText("The text for support", o.copy)
		}
	case "enter":
		if len(o.list) == 0 {
			return m.closeOver()
		}
		if o.busy {
			return nil
		}
		o.busy = true
		return m.practise(o.list[o.pick])
	}
	if step, ok := moveKey(name); ok {
		if len(o.list) > 0 {
			if !o.busy {
				o.pick = min(max(o.pick+step, 0), len(o.list)-1)
			}
			return nil
		}
		m.scroll += step
		m.scroll = max(m.scroll, 0)
		m.clampScroll()
	}
	return nil
}

// practise does the portal's part in the practice tenant.
func (m *model) practise(p steps.Practice) tea.Cmd {
	a := m.ask
	return a.job(func(ctx context.Context) tea.Msg {
		fill, said, err := p.Do(ctx)
		msg := practisedMsg{ask: a, said: said, err: err, fill: map[string]secretText{}}
		for k, v := range fill {
			msg.fill[k] = secretText{&v}
		}
		return msg
	})
}

// practised fills in what the practice tenant gave, as though it were pasted,
// and says what was done.
func (m *model) practised(msg practisedMsg) tea.Cmd {
	if m.answered {
		return nil
	}
	if m.over != nil {
		m.scroll, m.follow = m.over.keep, m.over.was
		m.over = nil
	}
	said := msg.said
	if msg.err != nil {
		said = "The practice tenant refused: " + clean.Masked(msg.err.Error())
	}
	var cmds []tea.Cmd
	if s, ok := m.scr.(*page); ok && msg.err == nil {
		cmds = append(cmds, s.fill(m, msg.fill))
	}
	said = strings.TrimSpace(clean.Text(said))
	switch {
	case said == "":
	case strings.Contains(said, "\n") || len(said) > 3*minWidth:
		cmds = append(cmds, m.openOver(&overlay{
			title: "Done in the practice tenant", lines: func(m *model, w int) []string {
				return m.pen.paragraphs(said, plain, w)
			},
		}))
	default:
		cmds = append(cmds, m.say(said))
	}
	return tea.Batch(cmds...)
}

// fill puts texts into fields by their keys.
func (s *page) fill(m *model, fill map[string]secretText) tea.Cmd {
	changed := false
	for i, f := range s.fields {
		v, ok := fill[f.def.Key]
		if !ok {
			continue
		}
		changed = true
		s.focus = i
		f.submitted, f.pasteError = false, ""
		if f.def.Kind == steps.PickField {
			f.choose(*v.text)
			continue
		}
		f.set("")
		f.paste(*v.text)
		f.tidy()
	}
	if !changed {
		return nil
	}
	return s.changed(m, true)
}
