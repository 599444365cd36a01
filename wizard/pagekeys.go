package wizard

import (
	"context"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/atotto/clipboard"

	"palmail/secret"
	"palmail/steps"
)

// Messages of a page to itself.
type (
	checkDueMsg struct {
		ask *ask
		run int
	}
	checkDoneMsg struct {
		ask     *ask
		run     int
		verdict steps.Verdict
	}
	autoMsg struct {
		ask *ask
		run int
	}
)

// readClipboard reads the system's clipboard for ctrl+v. It cannot be
// cancelled; it runs a helper program that ends by itself.
var readClipboard = clipboard.ReadAll

func (s *page) start(m *model) tea.Cmd {
	if s.ready() && s.def.Check != nil {
		return s.begin(m)
	}
	return nil
}

func (s *page) update(m *model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return s.paste(m, msg.Content)
	case pastedMsg:
		if msg.err != nil {
			return m.say("The clipboard cannot be read from here. Paste with your terminal's own key.")
		}
		return s.paste(m, msg.text.Reveal())
	case taskMsg:
		if msg.run == s.run && s.running {
			s.list.put(msg.task, m.now)
			if len(s.list) == 1 && len(s.def.Picture) == 0 {
				m.follow = news
			}
		}
	case checkDueMsg:
		if msg.ask == s.ask && msg.run == s.run && s.pending {
			return s.begin(m)
		}
	case checkDoneMsg:
		if msg.ask == s.ask {
			return s.checked(m, msg)
		}
	case autoMsg:
		if msg.ask == s.ask && msg.run == s.run && m.over == nil {
			s.submit(m, time.Time{})
		}
	case overClosedMsg:
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
		if v := s.steps.nextCopy(); v != "" {
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
		a := s.ask
		return a.job(func(context.Context) tea.Msg {
			text, err := readClipboard()
			return pastedMsg{a, secret.New(text), err}
		})
	}
	if f.def.Kind == steps.PickField {
		return s.pick(m, f, name)
	}
	if f.edit(k) {
		f.pasted, f.nag = "", false
		return s.changed(m, false)
	}
	return nil
}

// pick moves among the options of a PickField.
func (s *page) pick(m *model, f *field, name string) tea.Cmd {
	was := f.pick
	switch name {
	case "left", "h":
		f.pick = max(f.pick-1, 0)
	case "right", "l", "space":
		f.pick = min(f.pick+1, max(len(f.def.Options)-1, 0))
	case "home":
		f.pick = 0
	case "end":
		f.pick = max(len(f.def.Options)-1, 0)
	}
	if f.pick == was {
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

// tidyFocused rewrites the focused field on leaving it.
func (s *page) tidyFocused(m *model) tea.Cmd {
	if s.focus >= 0 && s.fields[s.focus].tidy() {
		return s.changed(m, true)
	}
	return nil
}

// paste puts text into the focused field.
func (s *page) paste(m *model, raw string) tea.Cmd {
	if s.focus < 0 {
		return nil
	}
	f := s.fields[s.focus]
	if !f.paste(raw) {
		return nil
	}
	f.tidy()
	f.nag = false
	return s.changed(m, true)
}

// enter goes to the next field to fill, or submits.
func (s *page) enter(m *model) tea.Cmd {
	cmd := s.tidyFocused(m)
	if s.focus >= 0 {
		if f := s.fields[s.focus]; !f.ready() {
			f.nag = true
			return cmd
		}
		if next := s.nextToFill(); next >= 0 {
			s.focus = next
			return cmd
		}
	}
	return tea.Batch(cmd, s.submit(m, m.now))
}

// nextToFill returns the next field that enter goes to: an empty one below, or
// any that is not right yet; -1 when there is none.
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

// submit answers the page if its check allows, and runs the check if it has to.
// keyAt is when the admin asked for it, zero when nobody did.
func (s *page) submit(m *model, keyAt time.Time) tea.Cmd {
	if s.def.Check == nil || s.verdict != nil && s.verdict.State != steps.Wrong {
		r := s.answers(false)
		s.freeze()
		m.answer(reply{answers: r}, keyAt)
		return nil
	}
	s.queued, s.queuedAt = true, keyAt
	if s.running && s.verdict == nil && !s.pending {
		return nil
	}
	s.run++
	s.verdict, s.list = nil, nil
	return s.begin(m)
}

// freeze takes the secrets out of the fields; the screen keeps only their lengths.
func (s *page) freeze() {
	for _, f := range s.fields {
		if f.def.Kind == steps.SecretField {
			f.frozen = utf8.RuneCountInString(f.in.Value())
			f.in.Reset()
		}
	}
}

// changed follows a change of the answers: what was found out no longer holds.
func (s *page) changed(m *model, atOnce bool) tea.Cmd {
	s.run++
	s.verdict, s.list = nil, nil
	s.pending, s.due, s.queued = false, false, false
	if s.cancel != nil {
		s.cancel()
	}
	s.refresh()
	m.follow = nothing
	m.clampScroll()
	if s.def.Check == nil || !s.ready() {
		return nil
	}
	if atOnce {
		return s.begin(m)
	}
	s.pending = true
	due := checkDueMsg{s.ask, s.run}
	return tea.Tick(debounce, func(time.Time) tea.Msg { return due })
}

// begin starts the check, or sees to it that it starts when the one before has ended.
func (s *page) begin(m *model) tea.Cmd {
	s.pending = false
	if s.running {
		s.due = true
		return nil
	}
	s.running, s.due = true, false
	ctx, cancel := context.WithCancel(s.ask.ctx)
	s.cancel = cancel
	a, run, check, send := s.ask, s.run, s.def.Check, m.send
	answers := s.answers(false)
	return a.job(func(context.Context) tea.Msg {
		defer cancel()
		v := check(ctx, answers, func(t steps.Task) { send(taskMsg{a, run, t}) })
		return checkDoneMsg{a, run, v}
	})
}

// checked takes a check's verdict.
func (s *page) checked(m *model, msg checkDoneMsg) tea.Cmd {
	s.running, s.cancel = false, nil
	if s.due {
		return s.begin(m)
	}
	if msg.run != s.run {
		return nil
	}
	v := msg.verdict
	s.verdict = &v
	s.list.end(v.State, m.now)
	m.follow = news
	switch {
	case v.State == steps.Right && s.queued:
		return s.submit(m, s.queuedAt)
	case v.State == steps.Right && v.Auto:
		auto := autoMsg{s.ask, s.run}
		return tea.Tick(autoPause, func(time.Time) tea.Msg { return auto })
	}
	s.queued = false
	return nil
}
