package wizard

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/diagnose"
	"palmail/steps"
)

// choice is the screen with one pick.
type choice struct {
	ask  *ask
	def  *steps.Choice
	pick int
}

func newChoice(a *ask) *choice {
	s := &choice{ask: a, def: a.choice}
	s.pick = min(max(s.def.Picked, 0), max(len(s.def.Options)-1, 0))
	return s
}

func (s *choice) frame() *steps.Frame            { return &s.def.Frame }
func (s *choice) start(*model) tea.Cmd           { return nil }
func (s *choice) update(*model, tea.Msg) tea.Cmd { return nil }
func (s *choice) typing() bool                   { return false }
func (s *choice) moving(*model) bool             { return false }
func (s *choice) finding() *diagnose.Finding     { return s.def.Finding }
func (s *choice) practice() []steps.Practice     { return s.def.Practice }
func (s *choice) guide() *guide                  { return &guide{} }

func (s *choice) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	last := len(s.def.Options) - 1
	if step, ok := moveKey(name); ok {
		s.pick = min(max(s.pick+step, 0), max(last, 0))
		return nil
	}
	switch {
	case name == "enter":
		m.answer(reply{index: s.pick}, m.now)
	case name == "esc":
		return m.back()
	case len(name) == 1 && name[0] >= '1' && name[0] <= '9':
		if i := int(name[0] - '1'); i <= last {
			s.pick = i
		}
	}
	return nil
}

func (s *choice) keys(m *model) []keyItem {
	return append([]keyItem{{key: "↑↓", label: "choose", rank: 1}, {key: "enter", label: "go"}}, m.commonKeys(true)...)
}

func (s *choice) doc(m *model, lv level, w int) doc {
	p := m.pen
	d := doc{
		title: p.para(p.mark(s.def.Title, strong), w, 0),
		why:   p.para(p.mark(s.def.Why, dim), w, 0),
	}
	var found []string
	if s.def.Finding != nil {
		found = m.findingLines(s.def.Finding, lv, w)
	}
	d.guide = blocks(lv < dense, found, p.paras(s.def.Text, plain, w))
	var texts, notes []string
	for _, o := range s.def.Options {
		texts, notes = append(texts, o.Text), append(notes, o.Note)
	}
	d.fixed, d.focus = m.list(texts, notes, s.pick, lv, w)
	return d
}

// list draws options with a marker, their notes in a column where they fit and
// below them where they do not; in a cramped window only the picked one's.
func (m *model) list(texts, notes []string, pick int, lv level, w int) (lines []string, focus [2]int) {
	p := m.pen
	column := 0
	for i, t := range texts {
		if notes[i] != "" {
			column = max(column, ansi.StringWidth(p.text(t)))
		}
	}
	column += 4
	beside := true
	for i := range texts {
		if notes[i] != "" && 2+column+width(p.mark(notes[i], dim)) > w {
			beside = false
		}
	}
	for i, t := range texts {
		from := len(lines)
		lead, l := "  ", plain
		if i == pick {
			lead, l = p.draw(span{text: p.sym.marker, look: accentStrong})+" ", accentStrong
		}
		for _, line := range wrap(p.mark(t, l), w-2) {
			lines = append(lines, lead+p.draw(line...))
			lead = "  "
		}
		switch {
		case notes[i] == "" || len(lines) == from:
		case beside:
			gap := 2 + column - ansi.StringWidth(lines[len(lines)-1])
			lines[len(lines)-1] += strings.Repeat(" ", gap) + p.draw(p.mark(notes[i], dim)...)
		case lv < tightly || i == pick:
			lines = append(lines, p.para(p.mark(notes[i], dim), w, 4)...)
		}
		if i == pick {
			focus = [2]int{from, len(lines)}
		}
	}
	return lines, focus
}
