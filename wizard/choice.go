package wizard

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"palmail/diagnose"
	"palmail/steps"
)

// choice is the screen with one pick.
type choice struct {
	ask     *ask
	def     *steps.Choice
	pick    int
	touched bool // the admin has moved
	running bool // the check
	list    tasks
	found   *diagnose.Finding
}

// lookedMsg is what came of the check of a choice.
type lookedMsg struct {
	ask     *ask
	outlook steps.Outlook
}

func newChoice(a *ask) *choice {
	s := &choice{ask: a, def: a.choice, found: a.choice.Finding}
	s.pick = min(max(s.def.Picked, 0), max(len(s.def.Options)-1, 0))
	return s
}

func (s *choice) frame() *steps.Frame        { return &s.def.Frame }
func (s *choice) typing() bool               { return false }
func (s *choice) moving(m *model) bool       { return !m.answered && s.running }
func (s *choice) finding() *diagnose.Finding { return s.found }
func (s *choice) practice() []steps.Practice { return s.def.Practice }
func (s *choice) guide() *guide              { return &guide{} }

func (s *choice) start(m *model) tea.Cmd {
	if s.def.Check == nil {
		return nil
	}
	s.running = true
	a, check, send := s.ask, s.def.Check, m.send
	return a.job(func(ctx context.Context) tea.Msg {
		return lookedMsg{a, check(ctx, func(t steps.Task) { send(taskMsg{ask: a, task: t}) })}
	})
}

func (s *choice) update(m *model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case taskMsg:
		s.list.put(msg.task, m.now)
	case lookedMsg:
		if msg.ask != s.ask || m.answered {
			return nil
		}
		s.running = false
		if msg.outlook.Finding != nil {
			s.found, m.follow = msg.outlook.Finding, nothing
		}
		if i := msg.outlook.Picked; i >= 0 && i < len(s.def.Options) && i != s.pick && !s.touched {
			s.pick = i
			m.quiet = m.now.Add(quietTime) // a key on its way was meant for the other one
		}
	}
	return nil
}

func (s *choice) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	last := len(s.def.Options) - 1
	if step, ok := moveKey(name); ok {
		s.touched = true
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
			s.pick, s.touched = i, true
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
		title: p.paragraph(s.def.Title, strong, w, 0),
		why:   p.paragraph(s.def.Why, dim, w, 0),
	}
	var found []string
	if s.found != nil {
		found = m.findingLines(s.found, lv, w)
	}
	var head []string
	if s.def.Headline.Text != "" {
		head = p.headline(s.def.Headline.State, s.def.Headline.Text, w)
	}
	head = append(head, m.bar(s.def.Bar, w)...)
	if live := s.list.columns(m, w); lv == tightly && s.found != s.def.Finding {
		d.guide = blocks(false, found, head, live, p.paragraphs(s.def.Text, plain, w)) // what was found now is seen first
	} else {
		d.guide = blocks(lv < dense, head, live, found, p.paragraphs(s.def.Text, plain, w))
	}
	d.news = p.paragraph(s.def.Foot, dim, w, 0)
	var texts, notes []string
	for _, o := range s.def.Options {
		texts, notes = append(texts, o.Text), append(notes, o.Note)
	}
	d.fixed, d.focus = m.list(texts, notes, s.pick, lv, w)
	return d
}

// bar draws how much is used up: a full line for that, a thin one for the rest.
func (m *model) bar(b steps.Bar, w int) []string {
	if b.Of <= 0 {
		return nil
	}
	p := m.pen
	l := accent
	switch b.State {
	case steps.Warn:
		l = caution
	case steps.Wrong:
		l = bad
	}
	room := w - 4 - cells(p.text(b.Text))
	if room < 8 {
		return p.paragraph(b.Text, dim, w, 2)
	}
	done := min(max(b.Done, 0), b.Of) * room / b.Of
	return []string{"  " + p.draw(span{text: strings.Repeat(p.sym.full, done), look: l},
		span{text: strings.Repeat(p.sym.thin, room-done), look: dim}, span{text: "  " + p.text(b.Text), look: dim})}
}

// columns draws the list in two columns where each task is one short line.
func (l tasks) columns(m *model, w int) []string {
	half := w / 2
	var columns []string
	for i := range l {
		t := l[i]
		t.since, t.ended = m.now, m.now // no clocks: the columns stay quiet
		lines := t.lines(m, half-2)
		if len(lines) != 1 || w < 60 {
			return l.quiet(m, w)
		}
		columns = append(columns, lines[0])
	}
	var out []string
	for i := 0; i < len(columns); i += 2 {
		line := columns[i]
		if i+1 < len(columns) {
			line += strings.Repeat(" ", max(half-cells(line), 1)) + columns[i+1]
		}
		out = append(out, line)
	}
	return out
}

// quiet draws the list without clocks.
func (l tasks) quiet(m *model, w int) []string {
	var out []string
	for i := range l {
		t := l[i]
		t.since, t.ended = m.now, m.now
		out = append(out, t.lines(m, w)...)
	}
	return out
}

// list draws options with a marker, their notes in a column where they fit and
// below them where they do not; in a cramped window only the picked one's.
func (m *model) list(texts, notes []string, pick int, lv level, w int) (lines []string, focus [2]int) {
	p := m.pen
	column := 0
	for i, t := range texts {
		if notes[i] != "" {
			column = max(column, cells(p.text(t)))
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
			gap := 2 + column - cells(lines[len(lines)-1])
			lines[len(lines)-1] += strings.Repeat(" ", gap) + p.draw(p.mark(notes[i], dim)...)
		case lv < tightly || i == pick:
			lines = append(lines, p.paragraph(notes[i], dim, w, 4)...)
		}
		if i == pick {
			focus = [2]int{from, len(lines)}
		}
	}
	return lines, focus
}
