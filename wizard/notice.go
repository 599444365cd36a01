package wizard

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
)

// maskLength is how many signs stand for any secret, to hide its length.
const maskLength = 16

// notice is a screen to read, with values to copy.
type notice struct {
	question     *question
	def          *steps.Notice
	instructions guide
	selected     int       // the value that copy and reveal apply to
	shownUntil   time.Time // zero while the selected secret is hidden
}

func newNotice(a *question) *notice {
	s := &notice{question: a, def: a.notice}
	s.instructions.set(a.notice.Guide)
	return s
}

func (s *notice) frame() *steps.Frame        { return &s.def.Frame }
func (s *notice) start(*model) tea.Cmd       { return nil }
func (s *notice) typing() bool               { return false }
func (s *notice) finding() *diagnose.Finding { return s.def.Finding }
func (s *notice) practice() []steps.Practice { return s.def.Practice }
func (s *notice) guide() *guide              { return &s.instructions }

// moving returns whether a secret is shown, since its remaining time is drawn.
func (s *notice) moving(*model) bool { return !s.shownUntil.IsZero() }

func (s *notice) update(m *model, msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tickMsg); ok && !s.shownUntil.IsZero() && (!m.now.Before(s.shownUntil) || m.answered) {
		s.hide()
	}
	return nil
}

// hide masks the secret again.
func (s *notice) hide() { s.shownUntil = time.Time{} }

func (s *notice) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	shown := !s.shownUntil.IsZero()
	s.hide()
	if step, ok := moveKey(name); ok {
		s.selected = min(max(s.selected+step, 0), max(len(s.def.Values)-1, 0))
		return nil
	}
	switch name {
	case "enter":
		m.answer(reply{}, m.now)
	case "esc":
		return m.back()
	case "c", "ctrl+y":
		return s.copy(m)
	case "r", "ctrl+r":
		if !shown && s.selected < len(s.def.Values) && !s.def.Values[s.selected].Secret.IsZero() {
			s.shownUntil = m.now.Add(revealTime)
		}
	}
	return nil
}

// copy copies the selected value, or the guide's next one on a notice without values.
func (s *notice) copy(m *model) tea.Cmd {
	if len(s.def.Values) == 0 {
		if v := s.instructions.nextCopy(); v != "" {
			return m.copyText("“"+m.pen.shorten(v, 40)+"”", v)
		}
		return nil
	}
	v := s.def.Values[s.selected]
	if !v.Secret.IsZero() {
		return m.copySecret(v.Label, v.Secret)
	}
	return m.copyText(v.Label, v.Text)
}

func (s *notice) keys(m *model) []keyItem {
	submit := s.def.Submit
	if submit == "" {
		submit = "continue"
	}
	out := []keyItem{{key: "enter", label: submit}}
	if len(s.def.Values) > 1 {
		out = append(out, keyItem{key: "↑↓", label: "choose", rank: 3})
	}
	if len(s.def.Values) > 0 {
		out = append(out, keyItem{key: "c", label: "copy", rank: 1})
		if !s.def.Values[s.selected].Secret.IsZero() {
			label := "reveal"
			if !s.shownUntil.IsZero() {
				label = "hide"
			}
			out = append(out, keyItem{key: "r", label: label, rank: 1})
		}
	}
	return append(out, m.commonKeys(true)...)
}

func (s *notice) content(m *model, level density, w int) content {
	p := m.pen
	d := content{
		title: p.paragraph(s.def.Title, strong, w, 0),
		why:   p.paragraph(s.def.Why, dim, w, 0),
	}
	var found []string
	linkHint := true
	if f := s.def.Finding; f != nil {
		found = m.findingLines(f, level, w)
		linkHint = f.Link == ""
	}
	d.guide = blocks(level < dense, found, p.paragraphs(s.def.Text, plain, w),
		s.instructions.lines(m, level, w, linkHint, len(s.def.Values) == 0))
	s.drawValues(m, w, &d)
	return d
}

// drawValues draws the values as a form.
func (s *notice) drawValues(m *model, w int, d *content) {
	p := m.pen
	column := 0
	for _, v := range s.def.Values {
		column = max(column, cells(p.text(v.Label)))
	}
	column = min(column+4, w/2)
	for i, v := range s.def.Values {
		from := len(d.pinned)
		marker, l := "  ", dim
		if i == s.selected {
			marker, l = p.render(span{text: p.sym.marker, look: accentStrong})+" ", accent
		}
		label := p.shorten(p.text(v.Label), column-3)
		lead := marker + p.render(span{text: label, look: l}) +
			strings.Repeat(" ", max(column-2-cells(label), 1))
		add := func(text string) {
			if len(d.pinned) == from && i == s.selected && w >= 60 {
				text, _ = sides(text, p.styled(dim, "c copy"), w)
			}
			d.pinned = append(d.pinned, text)
		}
		if v.Secret.IsZero() && strings.Contains(v.Text, "\n") { // a text of several lines stands below its label
			add(lead)
			for line := range strings.SplitSeq(strings.TrimRight(v.Text, "\n"), "\n") {
				lines := p.wrapped([]span{{text: p.text(line), look: plain}}, w, 2)
				d.pinned = append(d.pinned, lines...)
				if len(lines) == 0 {
					d.pinned = append(d.pinned, "")
				}
			}
		} else {
			for _, line := range wrap(s.value(m, i), w-column) {
				add(lead + p.render(line...))
				lead = strings.Repeat(" ", column)
			}
		}
		if i == s.selected {
			d.focus = lineRange{from, len(d.pinned)}
		}
	}
}

// value returns the visible form of a value.
func (s *notice) value(m *model, i int) []span {
	v := s.def.Values[i]
	if v.Secret.IsZero() {
		return []span{{text: m.pen.text(v.Text), look: strong}}
	}
	if i == s.selected && m.now.Before(s.shownUntil) && m.overlay == nil && !m.answered && !m.stopping {
		left := int(s.shownUntil.Sub(m.now).Round(time.Second).Seconds())
		return []span{
			{text: m.pen.text(clean.Line(v.Secret.Reveal())), look: strong}, {text: "  "},
			{text: "hides in " + itoa(left) + " s", look: dim},
		}
	}
	return []span{{text: strings.Repeat(m.pen.sym.mask, maskLength), look: dim}}
}
