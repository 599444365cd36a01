// Package wizard is the screens: it draws any page that steps asks for in the
// whole window of a terminal. Adding a step never touches it.
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
	quietTime  = 350 * time.Millisecond // keys meant for the screen before are swallowed for so long
	promptTime = time.Second            // a screen that comes within this of a key is that key's doing
	debounce   = 300 * time.Millisecond // typing rests for so long before a check starts
	autoPause  = 700 * time.Millisecond // a right verdict is seen for so long before the page goes on
	beat       = 250 * time.Millisecond // the spinner's pace, and the pace of everything that moves
	patience   = 400 * time.Millisecond // the flow may think for so long before the screen says that it does
	flashTime  = 6 * time.Second        // "Copied …" stays for so long
	shownTime  = 20 * time.Second       // a secret that was revealed hides after this
	stopLimit  = 10 * time.Second       // the flow gets so long to end after leaving
	jobLimit   = 5 * time.Second        // opening a browser and copying get so long
)

// model is the one tea.Model. Update decides, View draws, commands fetch.
type model struct {
	o    Options
	send func(tea.Msg) // for jobs only, never from Update or View
	stop func()        // cancels the flow
	jobs *jobs         // what belongs to no question: copying, opening
	ctx  context.Context

	pen  *pen
	dark bool
	w, h int
	now  time.Time // of the message at work, so that View needs no clock
	beat int       // counts while something moves

	ask        *ask
	scr        screen
	answered   bool // the question on the screen has its answer; keys find nobody
	answeredAt time.Time
	byKey      time.Time // when a key ended the last question; zero when it ended by itself
	first      bool      // no screen has been shown yet
	quiet      time.Time // keys are swallowed until then
	scroll     int
	follow     follow // what the scroll keeps in sight until the admin scrolls
	over       *overlay
	drawn      *tea.View // the last one; nil when something has happened since
	flash      string
	flashRun   int
	urls       bool // links are written out, since no browser could be opened

	ticking  bool
	stopping bool
	left     bool // the admin, a signal or the caller ended the program before the flow was done
	timedOut bool // the flow did not end in time
}

// follow is what the scroll keeps in sight.
type follow int

const (
	nothing follow = iota
	news           // the first line of what was found out
	newest         // the last line
)

// screen is one kind of question on the screen.
type screen interface {
	frame() *steps.Frame
	start(m *model) tea.Cmd
	key(m *model, k tea.KeyPressMsg) tea.Cmd
	update(m *model, msg tea.Msg) tea.Cmd
	doc(m *model, lv level, w int) doc
	keys(m *model) []keyItem
	typing() bool // printable keys belong to a text field
	moving(m *model) bool
	finding() *diagnose.Finding
	practice() []steps.Practice
	guide() *guide
}

// newModel makes the model; send and stop reach the program and the flow.
func newModel(ctx context.Context, o Options, send func(tea.Msg), stop func()) *model {
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
	m.pen = newPen(true, wantsASCII(o.Env))
	return m
}

// Init asks the terminal for its background.
func (m *model) Init() tea.Cmd { return tea.RequestBackgroundColor }

// newScreen makes the screen of a question.
func newScreen(a *ask) screen {
	switch {
	case a.page != nil:
		return newPage(a)
	case a.choice != nil:
		return newChoice(a)
	case a.work != nil:
		return &work{ask: a}
	default:
		return newNotice(a)
	}
}

// show puts a question on the screen.
func (m *model) show(a *ask) tea.Cmd {
	byItself := !m.first && (m.byKey.IsZero() || m.now.Sub(m.byKey) > promptTime)
	if byItself {
		m.quiet = m.now.Add(quietTime)
	}
	m.first = false
	m.byKey = time.Time{}
	m.ask, m.scr = a, newScreen(a)
	m.answered, m.over, m.scroll, m.follow = false, nil, 0, nothing
	m.urls = !m.o.BrowserHere
	m.flash = ""
	m.o.Log.Debug("screen", "name", m.scr.frame().Name)
	return m.scr.start(m)
}

// answer ends the question on the screen, once. keyAt is when the admin asked
// for that, zero when the page ended by itself.
func (m *model) answer(r reply, keyAt time.Time) {
	if m.answered || m.ask == nil || m.ask.reply == nil {
		return
	}
	m.answered, m.answeredAt = true, m.now
	m.over = nil
	m.byKey = keyAt
	m.ask.reply <- r
}

// leave ends the program: the flow is cancelled, and waited for while the screen says so.
func (m *model) leave() tea.Cmd {
	if m.stopping {
		return nil
	}
	m.stopping, m.left = true, true
	m.over = nil
	m.stop()
	return tea.Tick(stopLimit, func(time.Time) tea.Msg { return stopLimitMsg{} })
}

// say shows a line above the keys for a while.
func (m *model) say(text string) tea.Cmd {
	m.flash = text
	m.flashRun++
	run := m.flashRun
	return tea.Tick(flashTime, func(time.Time) tea.Msg { return flashOverMsg{run} })
}
