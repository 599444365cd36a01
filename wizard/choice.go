package wizard

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"palmail/diagnose"
	"palmail/steps"
)

// choice is the screen with a list of options.
type choice struct {
	question *question
	def      *steps.Choice
	selected int
	moved    bool // the admin has moved
	running  bool // the check
	tasks    tasks
	result   *diagnose.Finding
}

// choiceCheckedMsg is the result of a choice's check.
type choiceCheckedMsg struct {
	question *question
	outlook  steps.Outlook
}

func newChoice(a *question) *choice {
	s := &choice{question: a, def: a.choice, result: a.choice.Finding}
	s.selected = min(max(s.def.Picked, 0), max(len(s.def.Options)-1, 0))
	return s
}

func (s *choice) frame() *steps.Frame        { return &s.def.Frame }
func (s *choice) typing() bool               { return false }
func (s *choice) moving(m *model) bool       { return !m.answered && s.running }
func (s *choice) finding() *diagnose.Finding { return s.result }
func (s *choice) practice() []steps.Practice { return s.def.Practice }
func (s *choice) guide() *guide              { return &guide{} }

func (s *choice) start(m *model) tea.Cmd {
	if s.def.Check == nil {
		return nil
	}
	s.running = true
	a, check, send := s.question, s.def.Check, m.send
	return a.job(func(ctx context.Context) tea.Msg {
		return choiceCheckedMsg{a, check(ctx, func(t steps.Task) { send(taskMsg{question: a, task: t}) })}
	})
}

func (s *choice) update(m *model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case taskMsg:
		s.tasks.report(msg.task, m.now)
	case choiceCheckedMsg:
		if msg.question != s.question || m.answered {
			return nil
		}
		s.running = false
		if msg.outlook.Finding != nil {
			s.result, m.follow = msg.outlook.Finding, followNothing
		}
		if i := msg.outlook.Picked; i >= 0 && i < len(s.def.Options) && i != s.selected && !s.moved {
			s.selected = i
			m.ignoreKeysUntil = m.now.Add(strayKeyTime) // a key pressed now was meant for the other option
		}
	}
	return nil
}

func (s *choice) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	last := len(s.def.Options) - 1
	if step, ok := moveKey(name); ok {
		s.moved = true
		s.selected = min(max(s.selected+step, 0), max(last, 0))
		return nil
	}
	switch {
	case name == "enter":
		m.answer(reply{index: s.selected}, m.now)
	case name == "esc":
		return m.back()
	case len(name) == 1 && name[0] >= '1' && name[0] <= '9':
		if i := int(name[0] - '1'); i <= last {
			s.selected, s.moved = i, true
		}
	}
	return nil
}

func (s *choice) keys(m *model) []keyItem {
	return append([]keyItem{{key: "↑↓", label: "choose", rank: 1}, {key: "enter", label: "go"}}, m.commonKeys(true)...)
}

func (s *choice) content(m *model, level density, w int) content {
	p := m.pen
	d := content{
		title: p.paragraph(s.def.Title, strong, w, 0),
		why:   p.paragraph(s.def.Why, dim, w, 0),
	}
	var found []string
	if s.result != nil {
		found = m.findingLines(s.result, level, w)
	}
	var head []string
	if s.def.Headline.Text != "" {
		head = p.headline(s.def.Headline.State, s.def.Headline.Text, w)
	}
	head = append(head, m.bar(s.def.Bar, w)...)
	if progress := s.tasks.columns(m, w); level == scrolling && s.result != s.def.Finding {
		d.guide = blocks(false, found, head, progress, p.paragraphs(s.def.Text, plain, w)) // a new finding comes first
	} else {
		d.guide = blocks(level < dense, head, progress, found, p.paragraphs(s.def.Text, plain, w))
	}
	d.results = p.paragraph(s.def.Footer, dim, w, 0)
	d.pinned, d.focus = m.drawOptions(s.def.Options, s.selected, level, w)
	return d
}

// bar draws how much is used: a thick line for that, a thin one for the rest.
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
	return []string{"  " + p.render(span{text: strings.Repeat(p.sym.full, done), look: l},
		span{text: strings.Repeat(p.sym.thin, room-done), look: dim}, span{text: "  " + p.text(b.Text), look: dim})}
}

// columns draws the tasks in two columns if each is one short line.
func (l tasks) columns(m *model, w int) []string {
	half := w / 2
	var columns []string
	for i := range l {
		lines := l[i].withoutDuration().lines(m, half-2)
		if len(lines) != 1 || w < 60 {
			return l.withoutDurations(m, w)
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

// withoutDurations draws the tasks, those that have ended without their times.
func (l tasks) withoutDurations(m *model, w int) []string {
	var out []string
	for i := range l {
		out = append(out, l[i].withoutDuration().lines(m, w)...)
	}
	return out
}

// withoutDuration returns the task so that no time is shown once it has ended.
func (t task) withoutDuration() *task {
	if !t.ended.IsZero() {
		t.ended = t.started
	}
	return &t
}

// drawOptions draws options with a marker. Their notes stand in a column if all
// fit, and else below them; in a small window only the selected one has its note.
// focus is the lines of the selected option. Options that are out of sight in any
// case are blank lines: there can be a thousand.
func (m *model) drawOptions(
	options []steps.Option, selected int, level density, w int,
) (lines []string, focus lineRange) {
	p := m.pen
	column, widest := 0, 0 // of the texts that have notes, and of the notes
	for _, o := range options {
		if o.Note != "" {
			column = max(column, cells(p.text(o.Text)))
			widest = max(widest, width(p.spans(o.Note, dim)))
		}
	}
	column += 4
	beside := 2+column+widest <= w
	for i, o := range options {
		if i < selected-m.h || i > selected+m.h {
			lines = append(lines, "")
			continue
		}
		from := len(lines)
		lead, l := "  ", plain
		if i == selected {
			lead, l = p.render(span{text: p.sym.marker, look: accentStrong})+" ", accentStrong
		}
		for _, line := range wrap(p.spans(o.Text, l), w-2) {
			lines = append(lines, lead+p.render(line...))
			lead = "  "
		}
		switch {
		case o.Note == "" || len(lines) == from:
		case beside:
			gap := 2 + column - cells(lines[len(lines)-1])
			lines[len(lines)-1] += strings.Repeat(" ", gap) + p.render(p.spans(o.Note, dim)...)
		case level < scrolling || i == selected:
			lines = append(lines, p.paragraph(o.Note, dim, w, 4)...)
		}
		if i == selected {
			focus = lineRange{from, len(lines)}
		}
	}
	return lines, focus
}
