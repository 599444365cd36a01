package wizard

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/secret"
	"palmail/steps"
)

// Messages of a page to itself.
type (
	checkDueMsg struct {
		question *question
		revision int
	}
	checkDoneMsg struct {
		question *question
		revision int
		verdict  steps.Verdict
	}
	autoMsg struct {
		question *question
		revision int
	}
)

func (s *page) start(m *model) tea.Cmd {
	if s.ready() && s.def.Check != nil {
		return s.startCheck(m)
	}
	return nil
}

func (s *page) update(m *model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return s.paste(m, s.focused(), msg.Content)
	case pastedMsg:
		if msg.err != nil {
			m.o.Log.Debug("the clipboard was not read", "error", msg.err)
			return m.notify("The clipboard cannot be read from here. Paste with your terminal's own key.")
		}
		return s.paste(m, msg.into, msg.text.Reveal())
	case taskMsg:
		if msg.revision == s.revision && s.running {
			s.tasks.report(msg.task, m.now)
			if len(s.tasks) == 1 && len(s.def.Picture) == 0 {
				m.follow = followResults
			}
		}
	case checkDueMsg:
		if msg.question == s.question && msg.revision == s.revision && s.scheduled {
			return s.startCheck(m)
		}
	case checkDoneMsg:
		if msg.question == s.question {
			return s.checked(m, msg)
		}
	case autoMsg:
		if msg.question == s.question && msg.revision == s.revision && m.overlay == nil {
			s.submit(m, time.Time{})
		}
	case overlayClosedMsg:
		if v := s.verdict; v != nil && v.State == steps.Right && v.Auto {
			s.submit(m, time.Time{})
		}
	}
	return nil
}

func (s *page) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	for _, a := range s.actions() {
		if name == a.Key && (k.Text == "" || !s.typing()) {
			r := s.answers(false)
			r.Action = a.Key
			s.freeze()
			m.answer(reply{answers: r}, m.now)
			return nil
		}
	}
	switch name {
	case "esc":
		return m.back()
	case "enter":
		return s.enter(m)
	case "ctrl+y":
		if v := s.instructions.nextCopy(); v != "" {
			return m.copyText("“"+m.pen.shorten(v, 40)+"”", v)
		}
		return nil
	}
	if s.focus < 0 {
		return nil
	}
	f := s.fields[s.focus]
	switch name {
	case "tab", "down", "ctrl+n":
		return s.move(m, 1)
	case "shift+tab", "up", "ctrl+p":
		return s.move(m, -1)
	case "ctrl+v":
		return s.readClipboard(m)
	}
	if f.def.Kind == steps.PickField {
		return s.pick(m, f, name)
	}
	if f.edit(k) {
		f.pasteError, f.submitted = "", false
		return s.changed(m, false)
	}
	return nil
}

// readClipboard fetches the system's clipboard for ctrl+v. The job belongs to
// the program and not to the question: a question's answer waits for its jobs,
// and a clipboard that hangs must not hold it up.
func (s *page) readClipboard(m *model) tea.Cmd {
	a, into, read := s.question, s.focused(), m.o.Paste
	if read == nil {
		return func() tea.Msg { return pastedMsg{question: a, into: into, err: errNoClipboard} }
	}
	return m.job(func(ctx context.Context) tea.Msg {
		text, err := read(ctx)
		return pastedMsg{a, into, secret.New(text), err}
	})
}

// pick moves between the options of a PickField.
func (s *page) pick(m *model, f *field, name string) tea.Cmd {
	was := f.selected
	switch name {
	case "left", "h":
		f.selected = max(f.selected-1, 0)
	case "right", "l", "space":
		f.selected = min(f.selected+1, max(len(f.def.Options)-1, 0))
	case "home":
		f.selected = 0
	case "end":
		f.selected = max(len(f.def.Options)-1, 0)
	}
	if f.selected == was {
		return nil
	}
	return s.changed(m, false)
}

// move takes the focus to the next or previous shown field.
func (s *page) move(m *model, step int) tea.Cmd {
	cmd := s.tidyFocused(m)
	n := len(s.fields)
	for i := 1; i <= n; i++ {
		j := ((s.focus+step*i)%n + n) % n
		if s.fields[j].shown {
			s.focus = j
			break
		}
	}
	return cmd
}

// tidyFocused tidies the focused field before the focus leaves it.
func (s *page) tidyFocused(m *model) tea.Cmd {
	if s.focus >= 0 && s.fields[s.focus].tidy() {
		return s.changed(m, true)
	}
	return nil
}

// focused returns the field that has the focus, nil without any.
func (s *page) focused() *field {
	if s.focus < 0 {
		return nil
	}
	return s.fields[s.focus]
}

// paste puts text into a field.
func (s *page) paste(m *model, f *field, raw string) tea.Cmd {
	if f == nil || !f.shown || !f.paste(raw) {
		return nil
	}
	f.tidy()
	f.submitted = false
	return s.changed(m, true)
}

// enter goes to the next field to fill, or submits.
func (s *page) enter(m *model) tea.Cmd {
	cmd := s.tidyFocused(m)
	if s.focus >= 0 {
		if f := s.fields[s.focus]; !f.ready() {
			f.submitted = true
			return cmd
		}
		if next := s.nextToFill(); next >= 0 {
			s.focus = next
			return cmd
		}
	}
	return tea.Batch(cmd, s.submit(m, m.now))
}

// nextToFill returns the field that enter goes to: the next empty one below, or
// else the first without a right answer; -1 if there is none.
func (s *page) nextToFill() int {
	n := len(s.fields)
	for i := s.focus + 1; i < n; i++ {
		if f := s.fields[i]; f.shown && (!f.ready() || f.text() == "") {
			return i
		}
	}
	for i := range n {
		if f := s.fields[i]; f.shown && !f.ready() {
			return i
		}
	}
	return -1
}

// submit answers the page if its check allows that, and runs the check if it
// must. keyAt is the time of the key that asked for it, zero without a key.
func (s *page) submit(m *model, keyAt time.Time) tea.Cmd {
	if s.def.Check == nil || s.verdict != nil && s.verdict.State != steps.Wrong {
		r := s.answers(false)
		s.freeze()
		m.answer(reply{answers: r}, keyAt)
		return nil
	}
	s.submitWhenRight, s.submittedAt = true, keyAt
	if s.running && s.verdict == nil && !s.scheduled {
		return nil
	}
	s.revision++
	s.verdict, s.tasks = nil, nil
	return s.startCheck(m)
}

// freeze removes the secrets from the fields; only their lengths stay visible.
func (s *page) freeze() {
	for _, f := range s.fields {
		if f.def.Kind == steps.SecretField {
			f.frozen = f.runes
			f.set("")
		}
	}
}

// changed discards the results for the earlier answers and checks the new ones.
func (s *page) changed(m *model, atOnce bool) tea.Cmd {
	s.revision++
	s.verdict, s.tasks = nil, nil
	s.scheduled, s.restart, s.submitWhenRight = false, false, false
	if s.cancel != nil {
		s.cancel()
	}
	s.refresh()
	m.follow = followNothing
	m.clampScroll()
	if s.def.Check == nil || !s.ready() {
		return nil
	}
	if atOnce {
		return s.startCheck(m)
	}
	s.scheduled = true
	due := checkDueMsg{s.question, s.revision}
	return tea.Tick(typingPause, func(time.Time) tea.Msg { return due })
}

// startCheck starts the check, or marks it to start when the running one has ended.
func (s *page) startCheck(m *model) tea.Cmd {
	s.scheduled = false
	if s.running {
		s.restart = true
		return nil
	}
	s.running, s.runningSince, s.restart = true, m.now, false
	ctx, cancel := context.WithCancel(s.question.ctx)
	s.cancel = cancel
	a, run, check, send := s.question, s.revision, s.def.Check, m.send
	answers := s.answers(false)
	return a.job(func(context.Context) tea.Msg {
		defer cancel()
		v := check(ctx, answers, func(t steps.Task) { send(taskMsg{a, run, t}) })
		return checkDoneMsg{a, run, v}
	})
}

// checked handles the verdict of a check.
func (s *page) checked(m *model, msg checkDoneMsg) tea.Cmd {
	s.running, s.cancel = false, nil
	if s.restart {
		return s.startCheck(m)
	}
	if msg.revision != s.revision {
		return nil
	}
	v := msg.verdict
	s.verdict = &v
	s.tasks.end(v.State, m.now)
	m.follow = followResults
	switch {
	case v.State == steps.Right && s.submitWhenRight:
		return s.submit(m, s.submittedAt)
	case v.State == steps.Right && v.Auto:
		auto := autoMsg{s.question, s.revision}
		return tea.Tick(autoContinueDelay, func(time.Time) tea.Msg { return auto })
	}
	s.submitWhenRight = false
	return nil
}
