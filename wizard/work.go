package wizard

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"palmail/diagnose"
	"palmail/steps"
)

// work is the screen of things being done. Run is on the flow's goroutine;
// this only shows what it reports.
type work struct {
	ask  *ask
	list tasks
}

func (s *work) frame() *steps.Frame                 { return &s.ask.work.Frame }
func (s *work) start(*model) tea.Cmd                { return nil }
func (s *work) key(*model, tea.KeyPressMsg) tea.Cmd { return nil }
func (s *work) typing() bool                        { return false }
func (s *work) moving(m *model) bool                { return !m.answered }
func (s *work) finding() *diagnose.Finding          { return nil }
func (s *work) practice() []steps.Practice          { return nil }
func (s *work) guide() *guide                       { return &guide{} }

func (s *work) update(m *model, msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(taskMsg); ok {
		s.list.put(msg.task, m.now)
		m.follow = newest
	}
	return nil
}

func (s *work) keys(m *model) []keyItem {
	leave := m.leaveKey()
	leave.label = strings.Replace(leave.label, "leave", "stop", 1)
	leave.short = "stop"
	return []keyItem{{key: "?", label: "help", rank: 3}, leave}
}

func (s *work) doc(m *model, lv level, w int) doc {
	d := doc{
		title: m.pen.paragraph(s.ask.work.Title, strong, w, 0),
		why:   m.pen.paragraph(s.ask.work.Why, dim, w, 0),
		news:  s.list.lines(m, lv, w),
	}
	if len(s.list) == 0 {
		d.news = []string{m.pen.draw(m.sign(steps.Busy)) + " " + m.pen.say(dim, "Starting…")}
	}
	return d
}
