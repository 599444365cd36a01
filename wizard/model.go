// Package wizard is the screens: it draws any page that steps asks for in the
// whole window of a terminal, and needs no change for a new step.
package wizard

import (
	"context"
	"log/slog"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/diagnose"
	"palmail/steps"
)

const (
	strayKeyTime      = 350 * time.Millisecond // how long keys are ignored on a screen that came by itself
	keyEffectTime     = time.Second            // a screen that comes within this time after a key comes from that key
	typingPause       = 300 * time.Millisecond // how long typing must pause before a check starts
	autoContinueDelay = 700 * time.Millisecond // how long a right verdict shows before the page continues
	tickInterval      = 250 * time.Millisecond // how often spinners and clocks are drawn
	thinkingDelay     = 400 * time.Millisecond // how long the flow can take until the screen shows that it is busy
	messageTime       = 6 * time.Second        // how long a message such as "copied" stays
	revealTime        = 20 * time.Second       // how long a secret is shown
	stopLimit         = 10 * time.Second       // how long leaving waits for the flow
	jobLimit          = 5 * time.Second        // the longest time for opening a browser, copying and pasting
)

// model is the one tea.Model. Update decides, View draws, commands fetch.
type model struct {
	o    Options
	send func(tea.Msg) // for jobs only, never from Update or View
	stop func()        // cancels the flow
	jobs *jobs         // those of no question: copying, opening, pasting
	ctx  context.Context

	pen   *pen
	dark  bool
	w, h  int
	now   time.Time // when the last message came, so that View needs no clock
	frame int       // of the spinner

	question        *question
	screen          screen
	answered        bool // the question on the screen has its answer; keys are ignored
	answeredAt      time.Time
	endedByKey      time.Time // when a key ended the last question; zero when it ended by itself
	first           bool      // no screen has been shown yet
	ignoreKeysUntil time.Time
	scroll          int
	follow          scrollTarget // until the admin scrolls
	overlay         *overlay
	drawn           *tea.View // the last one, nil after a message
	density         density   // of the last drawing
	message         string    // above the keys
	messageCount    int
	pastes          typedPaste
	wholeAddresses  bool // links are written out in full, since no browser can be opened

	ticking       bool
	stopping      bool
	stoppingSince time.Time
	interrupted   bool // the admin, a signal or the caller ended the program before the flow was done
	timedOut      bool // the flow did not end in time
}

// scrollTarget is the part of a screen that scrolling keeps visible.
type scrollTarget int

const (
	followNothing scrollTarget = iota
	followResults              // their first line
	followEnd                  // the last line
)

// screen is one kind of question on the screen.
type screen interface {
	frame() *steps.Frame
	start(m *model) tea.Cmd
	key(m *model, k tea.KeyPressMsg) tea.Cmd
	update(m *model, msg tea.Msg) tea.Cmd
	content(m *model, level density, w int) content
	keys(m *model) []keyItem
	typing() bool // printable keys belong to a text field
	moving(m *model) bool
	finding() *diagnose.Finding
	practice() []steps.Practice
	guide() *guide
}

// newModel makes the model; send and stop reach the program and the flow.
func newModel(ctx context.Context, o Options, send func(tea.Msg), stop func()) *model {
	if o.StopLimit == 0 {
		o.StopLimit = stopLimit
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	m := &model{o: o, send: send, stop: stop, jobs: &jobs{}, ctx: ctx, dark: true, first: true, now: o.Now()}
	m.pen = newPen(true, o.ASCII || wantsASCII(o.Env))
	m.pastes.typed = o.TypedPastes || !bracketsPastes(o.Env)
	return m
}

// Init asks the terminal for its background.
func (m *model) Init() tea.Cmd { return tea.RequestBackgroundColor }

// newScreen makes the screen of a question.
func newScreen(a *question, now time.Time) screen {
	switch {
	case a.page != nil:
		return newPage(a)
	case a.choice != nil:
		return newChoice(a)
	case a.work != nil:
		return &work{question: a, since: now}
	default:
		return newNotice(a)
	}
}

// show puts a question on the screen.
func (m *model) show(a *question) tea.Cmd {
	byItself := !m.first && (m.endedByKey.IsZero() || m.now.Sub(m.endedByKey) > keyEffectTime)
	if byItself {
		m.ignoreKeysUntil = m.now.Add(strayKeyTime)
	}
	m.first = false
	m.endedByKey = time.Time{}
	m.question, m.screen = a, newScreen(a, m.now)
	m.answered, m.overlay, m.scroll, m.follow = false, nil, 0, followNothing
	m.wholeAddresses = !m.o.BrowserHere
	m.message = ""
	m.o.Log.Debug("screen", "name", m.screen.frame().Name)
	return m.screen.start(m)
}

// answer ends the question on the screen, once. keyAt is the time of the key that
// ended it, zero if it ended by itself.
func (m *model) answer(r reply, keyAt time.Time) {
	if m.answered || m.question == nil || m.question.reply == nil {
		return
	}
	m.answered, m.answeredAt = true, m.now
	m.overlay = nil
	m.endedByKey = keyAt
	m.question.reply <- r
}

// leave ends the program: it cancels the flow, and the screen shows that it waits for it.
func (m *model) leave() tea.Cmd {
	if m.stopping {
		return nil
	}
	m.stopping, m.stoppingSince, m.interrupted = true, m.now, true
	m.overlay = nil
	m.stop()
	return tea.Tick(m.o.StopLimit, func(time.Time) tea.Msg { return stopLimitMsg{} })
}

// notify shows a line above the keys for a while.
func (m *model) notify(text string) tea.Cmd {
	m.message = text
	m.messageCount++
	run := m.messageCount
	return tea.Tick(messageTime, func(time.Time) tea.Msg { return messageOverMsg{run} })
}
