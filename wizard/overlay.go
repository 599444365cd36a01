package wizard

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/steps"
)

// overlay covers a screen with something to read, or with the practice tenant's list.
type overlay struct {
	title       string
	lines       func(m *model, w int) []string // the text to read
	copy        string                         // for ctrl+y, or ""
	practice    []steps.Practice               // to choose from
	selected    int
	busy        bool
	busySince   time.Time
	savedScroll int // of the screen, for when the overlay closes
	savedFollow scrollTarget
}

// practiceDoneMsg is the result of a steps.Practice.
type practiceDoneMsg struct {
	question *question
	fill     map[string]secretText
	said     string
	err      error
}

// secretText is a text that can be a secret: it does not print itself.
type secretText struct{ text *string }

// overlayClosedMsg tells the screen that it is visible again.
type overlayClosedMsg struct{}

func (m *model) openOverlay(o *overlay) tea.Cmd {
	o.savedScroll, o.savedFollow = m.scroll, m.follow
	m.overlay, m.scroll, m.follow = o, 0, followNothing
	return nil
}

func (m *model) closeOverlay() tea.Cmd {
	m.scroll, m.follow = m.overlay.savedScroll, m.overlay.savedFollow
	m.overlay = nil
	m.clampScroll()
	return m.toScreen(overlayClosedMsg{})
}

func (m *model) openHelp() tea.Cmd {
	return m.openOverlay(&overlay{title: "Help", lines: func(m *model, w int) []string { return m.helpLines(w) }})
}

func (m *model) openDetails() tea.Cmd {
	f := m.screen.finding()
	return m.openOverlay(&overlay{
		title: f.Title, copy: supportText(f), lines: func(m *model, w int) []string { return m.detailLines(f, w) },
	})
}

func (m *model) openPractice() tea.Cmd {
	return m.openOverlay(&overlay{title: "Practice: do the portal's part", practice: m.screen.practice()})
}

// helpLines draws the help of the page and all its keys.
func (m *model) helpLines(w int) []string {
	p := m.pen
	out := p.paragraphs(m.screen.frame().Help, plain, w)
	if len(out) > 0 {
		out = append(out, "")
	}
	items := m.screen.keys(m)
	g := m.screen.guide()
	if g.next(0, linkOf) >= 0 || m.screen.finding() != nil && m.screen.finding().Link != "" {
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
		out = append(out, p.render(span{text: key, look: strong})+strings.Repeat(" ", max(12-cells(key), 1))+
			p.render(span{text: p.shorten(p.text(it.label), w-12), look: dim}))
	}
	if m.o.Version != "" {
		out = append(out, "", p.styled(dim, "palmail "+m.o.Version))
	}
	return out
}

func (o *overlay) content(m *model, w int) content {
	p := m.pen
	d := content{title: p.paragraph(o.title, strong, w, 0)}
	if o.lines != nil {
		d.guide = o.lines(m, w)
	}
	if len(o.practice) > 0 {
		options := make([]steps.Option, len(o.practice))
		for i, it := range o.practice {
			options[i].Text = it.Label
		}
		d.pinned, d.focus = m.drawOptions(options, o.selected, comfortable, w)
		if o.busy {
			d.pinned = append(d.pinned, m.waitingLine("Working in the practice tenant", o.busySince, w))
			d.focus.end = len(d.pinned)
		}
	}
	return d
}

func (o *overlay) keys() []keyItem {
	var out []keyItem
	if len(o.practice) > 0 {
		out = append(out, keyItem{key: "↑↓", label: "choose", rank: 2}, keyItem{key: "enter", label: "do it"})
	}
	if o.copy != "" {
		out = append(out, keyItem{key: "ctrl+y", label: "copy for support", rank: 1})
	}
	return append(out, keyItem{key: "esc", label: "close"}, keyItem{key: "ctrl+c", label: "leave"})
}

// overlayKey handles a key while an overlay is open.
func (m *model) overlayKey(name string) tea.Cmd {
	o := m.overlay
	switch name {
	case "pgdown", "pgup":
		m.page(name == "pgdown")
		return nil
	case "esc", "f1", "?", "ctrl+t":
		return m.closeOverlay()
	case "ctrl+d":
		if len(o.practice) == 0 {
			return m.closeOverlay()
		}
	case "ctrl+y":
		if o.copy != "" {
			return m.copyText("The text for support", o.copy)
		}
	case "enter":
		if len(o.practice) == 0 {
			return m.closeOverlay()
		}
		if o.busy {
			return nil
		}
		o.busy, o.busySince = true, m.now
		return m.runPractice(o.practice[o.selected])
	}
	if step, ok := moveKey(name); ok {
		if len(o.practice) > 0 {
			if !o.busy {
				o.selected = min(max(o.selected+step, 0), len(o.practice)-1)
			}
			return nil
		}
		m.scroll += step
		m.scroll = max(m.scroll, 0)
		m.clampScroll()
	}
	return nil
}

// runPractice does the portal's part of the page in the practice tenant.
func (m *model) runPractice(p steps.Practice) tea.Cmd {
	a := m.question
	return a.job(func(ctx context.Context) tea.Msg {
		fill, said, err := p.Do(ctx)
		msg := practiceDoneMsg{question: a, said: said, err: err, fill: map[string]secretText{}}
		for k, v := range fill {
			msg.fill[k] = secretText{&v}
		}
		return msg
	})
}

// applyPractice fills the practice tenant's values in as though they were pasted,
// and shows its words.
func (m *model) applyPractice(msg practiceDoneMsg) tea.Cmd {
	if m.answered {
		return nil
	}
	if m.overlay != nil {
		m.scroll, m.follow = m.overlay.savedScroll, m.overlay.savedFollow
		m.overlay = nil
	}
	said := msg.said
	if msg.err != nil {
		said = "The practice tenant refused: " + clean.Masked(msg.err.Error())
	}
	var cmds []tea.Cmd
	if s, ok := m.screen.(*page); ok && msg.err == nil {
		cmds = append(cmds, s.fill(m, msg.fill))
	}
	said = strings.TrimSpace(clean.Text(said))
	switch {
	case said == "":
	case strings.Contains(said, "\n") || len(said) > 3*minWidth:
		cmds = append(cmds, m.openOverlay(&overlay{
			title: "Done in the practice tenant", lines: func(m *model, w int) []string {
				return m.pen.paragraphs(said, plain, w)
			},
		}))
	default:
		cmds = append(cmds, m.notify(said))
	}
	return tea.Batch(cmds...)
}

// fill sets fields by their keys.
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
