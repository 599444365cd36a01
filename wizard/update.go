package wizard

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/secret"
)

// Messages of the model to itself. None prints a secret.
type (
	tickMsg        time.Time
	flowDoneMsg    struct{}
	leaveMsg       struct{} // a signal, or the caller's context
	stopLimitMsg   struct{}
	messageOverMsg struct{ count int }
	copiedMsg      struct {
		label, where string
		text         secret.Value // a secret or not
		secret       bool
		err          error
	}
	openedMsg struct {
		link string
		err  error
	}
	pastedMsg struct { // the result of ctrl+v
		question *question
		into     *field // the field that had the focus
		text     secret.Value
		err      error
	}
)

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.ColorProfileMsg, tea.EnvMsg, tea.ModeReportMsg, tea.KeyboardEnhancementsMsg, tea.FocusMsg, tea.BlurMsg,
		tea.KeyReleaseMsg:
		return m, nil // nothing on the screen depends on them
	}
	m.now, m.drawn = m.o.Now(), nil
	cmd := m.decide(msg)
	if !m.ticking && m.moving() {
		m.ticking = true
		cmd = tea.Batch(cmd, tea.Tick(tickInterval, func(t time.Time) tea.Msg { return tickMsg(t) }))
	}
	return m, cmd
}

// moving returns whether anything on the screen changes with time.
func (m *model) moving() bool {
	if m.stopping || m.answered || m.overlay != nil && m.overlay.busy {
		return true
	}
	return m.screen != nil && m.screen.moving(m)
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
		m.frame++
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
		return m.show(msg.question)
	case endedMsg:
		if msg.question == m.question {
			m.answered, m.answeredAt = true, m.now
			m.overlay = nil
		}
		return nil
	case messageOverMsg:
		if msg.count == m.messageCount {
			m.message = ""
		}
		return nil
	case copiedMsg:
		return m.copied(msg)
	case openedMsg:
		return m.opened(msg)
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		if m.ignoresKeys() || m.overlay != nil {
			return nil
		}
		return m.toScreen(msg)
	}
	return m.toScreen(msg)
}

// toScreen gives a message to the screen, unless it belongs to an earlier question.
func (m *model) toScreen(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case taskMsg:
		if msg.question != m.question {
			return nil
		}
	case practiceDoneMsg:
		if msg.question != m.question {
			return nil
		}
		return m.applyPractice(msg)
	case pastedMsg:
		if msg.question != m.question || m.answered || m.overlay != nil {
			return nil
		}
	}
	if m.screen == nil {
		return nil
	}
	return m.screen.update(m, msg)
}

// ignoresKeys returns whether keys and pastes have no effect: the question is
// answered, the program is leaving, or the screen came by itself a moment ago.
func (m *model) ignoresKeys() bool {
	return m.stopping || m.answered || m.screen == nil || m.now.Before(m.ignoreKeysUntil)
}

// copyText puts text on the system's clipboard. Where there is none, as over
// SSH, it is sent to the terminal's own (OSC 52), and only there: a recording of
// the session would hold it. label names the text in words.
func (m *model) copyText(label, text string) tea.Cmd {
	return m.copyBy(m.o.Copy, copiedMsg{label: label, text: secret.New(text)})
}

// copySecret is copyText for a secret.
func (m *model) copySecret(label string, value secret.Value) tea.Cmd {
	return m.copyBy(m.o.CopySecret, copiedMsg{label: label, text: value, secret: true})
}

func (m *model) copyBy(copyFn func(context.Context, string) (string, error), msg copiedMsg) tea.Cmd {
	return m.job(func(ctx context.Context) tea.Msg {
		if copyFn == nil {
			msg.err = errNoClipboard
			return msg
		}
		msg.where, msg.err = copyFn(ctx, msg.text.Reveal())
		return msg
	})
}

func (m *model) copied(msg copiedMsg) tea.Cmd {
	switch {
	case msg.err != nil && msg.secret:
		return tea.Batch(tea.SetClipboard(msg.text.Reveal()), m.notify(msg.label+
			" was sent to your terminal's clipboard. It stays there."))
	case msg.err != nil:
		return tea.Batch(tea.SetClipboard(msg.text.Reveal()), m.notify(msg.label+" was sent to your terminal's clipboard."))
	case msg.where == "":
		return m.notify(msg.label + " is copied.")
	}
	return m.notify(msg.label + " is copied to " + msg.where + ".")
}

// open opens a link in the browser; without one it shows and copies the address.
func (m *model) open(link string) tea.Cmd {
	if !m.o.BrowserHere || m.o.Open == nil {
		m.wholeAddresses = true
		return tea.Batch(tea.SetClipboard(link),
			m.notify("No browser here; the address was sent to your terminal's clipboard."))
	}
	openFn := m.o.Open
	return tea.Batch(m.notify("Opening the browser…"),
		m.job(func(ctx context.Context) tea.Msg { return openedMsg{link, openFn(ctx, link)} }))
}

func (m *model) opened(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		m.wholeAddresses = true
		return tea.Batch(tea.SetClipboard(msg.link),
			m.notify("The browser did not open; the address was sent to your terminal's clipboard."))
	}
	return m.notify("Opened in the browser.")
}

// job makes f a command that Run waits for, under jobLimit.
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
