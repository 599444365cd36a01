package wizard

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/secret"
)

// Messages of the model to itself. None carries a secret in the open.
type (
	tickMsg      time.Time
	flowDoneMsg  struct{}
	leaveMsg     struct{} // a signal, or the caller's context
	stopLimitMsg struct{}
	flashOverMsg struct{ run int }
	copiedMsg    struct {
		what, how string
		err       error
	}
	openedMsg struct {
		link string
		err  error
	}
	pastedMsg struct { // what ctrl+v found
		ask  *ask
		into *field // the one that had the focus
		text secret.Value
		err  error
	}
)

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.ColorProfileMsg, tea.EnvMsg, tea.ModeReportMsg, tea.KeyboardEnhancementsMsg, tea.FocusMsg, tea.BlurMsg,
		tea.KeyReleaseMsg:
		return m, nil // they change nothing on the screen
	}
	m.now, m.drawn = m.o.Now(), nil
	cmd := m.decide(msg)
	if !m.ticking && m.moving() {
		m.ticking = true
		cmd = tea.Batch(cmd, tea.Tick(beat, func(t time.Time) tea.Msg { return tickMsg(t) }))
	}
	return m, cmd
}

// moving says whether anything on the screen changes with time.
func (m *model) moving() bool {
	if m.stopping || m.answered || m.over != nil && m.over.busy {
		return true
	}
	return m.scr != nil && m.scr.moving(m)
}

func (m *model) decide(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		m.clampScroll()
		return nil
	case tea.BackgroundColorMsg:
		if msg.IsDark() != m.dark {
			m.dark = msg.IsDark()
			m.pen = newPen(m.dark, m.pen.ascii)
		}
		return nil
	case tickMsg:
		m.ticking = false
		m.beat++
		return m.toScreen(msg)
	case flowDoneMsg:
		return tea.Quit
	case stopLimitMsg:
		m.timedOut = true
		return tea.Quit
	case leaveMsg:
		return m.leave()
	case showMsg:
		if m.stopping {
			return nil
		}
		return m.show(msg.ask)
	case overMsg:
		if msg.ask == m.ask {
			m.answered, m.answeredAt = true, m.now
			m.over = nil
		}
		return nil
	case flashOverMsg:
		if msg.run == m.flashRun {
			m.flash = ""
		}
		return nil
	case copiedMsg:
		return m.copied(msg)
	case openedMsg:
		return m.opened(msg)
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		if m.deaf() || m.over != nil {
			return nil
		}
		return m.toScreen(msg)
	}
	return m.toScreen(msg)
}

// toScreen hands a message to the screen; one for an earlier question finds nobody.
func (m *model) toScreen(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case taskMsg:
		if msg.ask != m.ask {
			return nil
		}
	case practisedMsg:
		if msg.ask != m.ask {
			return nil
		}
		return m.practised(msg)
	case pastedMsg:
		if msg.ask != m.ask || m.answered || m.over != nil {
			return nil
		}
	}
	if m.scr == nil {
		return nil
	}
	return m.scr.update(m, msg)
}

// deaf says whether keys and pastes find nobody: the question is answered, the
// program is leaving, or the screen came by itself a moment ago.
func (m *model) deaf() bool {
	return m.stopping || m.answered || m.scr == nil || m.now.Before(m.quiet)
}

// copyText puts text on the clipboard: the system's, and the terminal's own
// (OSC 52), which also works over SSH. what says in words what it is.
func (m *model) copyText(what, text string) tea.Cmd {
	copyFn := m.o.Copy
	return tea.Batch(tea.SetClipboard(text), m.job(func(ctx context.Context) tea.Msg {
		if copyFn == nil {
			return copiedMsg{what: what, err: errNoClipboard}
		}
		how, err := copyFn(ctx, text)
		return copiedMsg{what, how, err}
	}))
}

func (m *model) copied(msg copiedMsg) tea.Cmd {
	if msg.err != nil {
		return m.say(msg.what + " was sent to your terminal's clipboard.")
	}
	if msg.how == "" {
		return m.say(msg.what + " is copied.")
	}
	return m.say(msg.what + " is copied to " + msg.how + ".")
}

// open opens a link in the browser, or writes it out and copies it where there is none.
func (m *model) open(link string) tea.Cmd {
	if !m.o.BrowserHere || m.o.Open == nil {
		m.urls = true
		return tea.Batch(tea.SetClipboard(link),
			m.say("No browser here; the address was sent to your terminal's clipboard."))
	}
	openFn := m.o.Open
	return m.job(func(ctx context.Context) tea.Msg { return openedMsg{link, openFn(ctx, link)} })
}

func (m *model) opened(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		m.urls = true
		return tea.Batch(tea.SetClipboard(msg.link),
			m.say("The browser did not open; the address was sent to your terminal's clipboard."))
	}
	return m.say("Opened in the browser.")
}

// job makes a command that Run waits for and that ends in time.
func (m *model) job(f func(ctx context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !m.jobs.start() {
			return nil
		}
		defer m.jobs.done()
		ctx, cancel := context.WithTimeout(m.ctx, jobLimit)
		defer cancel()
		return f(ctx)
	}
}
