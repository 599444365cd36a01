package wizard

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/diagnose"
	"palmail/steps"
)

// work is the screen that shows the reports of a steps.Work, which runs on the
// flow's goroutine.
type work struct {
	question *question
	tasks    tasks
	since    time.Time
}

func (s *work) frame() *steps.Frame                 { return &s.question.work.Frame }
func (s *work) start(*model) tea.Cmd                { return nil }
func (s *work) key(*model, tea.KeyPressMsg) tea.Cmd { return nil }
func (s *work) typing() bool                        { return false }
func (s *work) moving(m *model) bool                { return !m.answered }
func (s *work) finding() *diagnose.Finding          { return nil }
func (s *work) practice() []steps.Practice          { return nil }
func (s *work) guide() *guide                       { return &guide{} }

func (s *work) update(m *model, msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(taskMsg); ok {
		s.tasks.report(msg.task, m.now)
		m.follow = followEnd
	}
	return nil
}

func (s *work) keys(m *model) []keyItem {
	leave := m.leaveKey()
	leave.label = strings.Replace(leave.label, "leave", "stop", 1)
	leave.short = "stop"
	return []keyItem{{key: "?", label: "help", rank: 3}, leave}
}

func (s *work) content(m *model, level density, w int) content {
	d := content{
		title:   m.pen.paragraph(s.question.work.Title, strong, w, 0),
		why:     m.pen.paragraph(s.question.work.Why, dim, w, 0),
		results: s.tasks.lines(m, level, w),
	}
	if len(s.tasks) == 0 {
		d.results = []string{m.waitingLine("Starting", s.since, w)}
	}
	return d
}
