package wizard

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/steps"
)

// rig is the model with a flow behind it and without a terminal. It runs in a
// synctest bubble: commands and the flow are goroutines, time passes only in sleep.
type rig struct {
	t      *testing.T
	m      *model
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.Mutex
	queue  []tea.Msg
	wake   chan struct{} // has one when something was queued
	clip   []string      // what was sent to the terminal's clipboard
	quit   bool
	err    error // the flow's
	ended  bool  // the flow has ended
}

var utf8Env = []string{"LANG=C.UTF-8", "TERM=xterm-256color"}

// newRig starts flow behind a model of w by h.
func newRig(t *testing.T, w, h int, o Options, flow func(ctx context.Context, ui steps.UI) error) *rig {
	t.Helper()
	if o.Env == nil {
		o.Env = utf8Env
	}
	r := &rig{t: t, wake: make(chan struct{}, 1)}
	r.ctx, r.cancel = context.WithCancel(t.Context())
	r.m = newModel(r.ctx, o, r.send, r.cancel)
	go func() {
		err := flow(r.ctx, &bridge{r.send})
		r.mu.Lock()
		r.err, r.ended = err, true
		r.mu.Unlock()
		r.send(flowDoneMsg{})
	}()
	t.Cleanup(r.leave)
	r.do(tea.WindowSizeMsg{Width: w, Height: h})
	return r
}

func (r *rig) send(msg tea.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, msg)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// do gives messages to the model and runs until nothing moves.
func (r *rig) do(msgs ...tea.Msg) {
	for _, msg := range msgs {
		r.send(msg)
		r.settle()
	}
}

func (r *rig) settle() {
	for {
		synctest.Wait()
		r.mu.Lock()
		if len(r.queue) == 0 {
			r.mu.Unlock()
			return
		}
		msg := r.queue[0]
		r.queue = r.queue[1:]
		r.mu.Unlock()
		_, cmd := r.m.Update(msg)
		r.run(cmd)
		r.check()
	}
}

func (r *rig) run(cmd tea.Cmd) {
	r.mu.Lock()
	quit := r.quit
	r.mu.Unlock()
	if cmd == nil || quit {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				r.run(c)
			}
		case tea.QuitMsg:
			r.mu.Lock()
			r.quit = true
			r.mu.Unlock()
		default:
			if reflect.TypeOf(msg).String() == "tea.setClipboardMsg" {
				r.mu.Lock()
				r.clip = append(r.clip, reflect.ValueOf(msg).String())
				r.mu.Unlock()
				return
			}
			r.send(msg)
		}
	}()
}

// sleep lets time pass, and what it brings happen.
func (r *rig) sleep(d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			r.settle()
			return
		case <-r.wake:
			r.settle()
		}
	}
}

// press presses keys by name; anything else of several letters is typed.
func (r *rig) press(keys ...string) {
	for _, k := range keys {
		r.do(press(k))
	}
}

func (r *rig) typed(text string) {
	for _, c := range text {
		r.do(tea.KeyPressMsg{Code: c, Text: string(c)})
	}
}

func (r *rig) paste(text string) { r.do(tea.PasteMsg{Content: text}) }

var keysByName = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
	"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "pgdown": {Code: tea.KeyPgDown},
	"pgup": {Code: tea.KeyPgUp},
	"f1":   {Code: tea.KeyF1}, "backspace": {Code: tea.KeyBackspace}, "home": {Code: tea.KeyHome},
}

func press(name string) tea.KeyPressMsg {
	if k, ok := keysByName[name]; ok {
		return k
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// screen returns what is to be seen, without styles.
func (r *rig) screen() string { return ansi.Strip(r.m.View().Content) }

// check holds for every screen: within the window, and without a secret.
func (r *rig) check() {
	r.t.Helper()
	v := r.m.View()
	last := r.m.density
	r.m.density = spacious
	if again := r.m.draw(); again.Content != v.Content {
		r.t.Fatalf("drawn anew at another density:\n%s\n%s", v.Content, again.Content)
	}
	r.m.density = last
	lines := strings.Split(v.Content, "\n")
	if len(lines) > max(r.m.h, 1) {
		r.t.Fatalf("%d lines in a window of %d:\n%s", len(lines), r.m.h, v.Content)
	}
	for _, l := range lines {
		if ansi.StringWidth(l) > r.m.w {
			r.t.Fatalf("a line of %d cells in a window of %d: %q", ansi.StringWidth(l), r.m.w, l)
		}
	}
	if v.WindowTitle != "palmail" {
		r.t.Fatalf("the title is %q", v.WindowTitle)
	}
	if c := v.Cursor; c != nil && (c.X < 0 || c.X >= r.m.w || c.Y < 0 || c.Y >= r.m.h) {
		r.t.Fatalf("the cursor is at %d,%d in a window of %d×%d", c.X, c.Y, r.m.w, r.m.h)
	}
	if strings.Contains(ansi.Strip(v.Content), value) && !revealed(r.m) {
		r.t.Fatalf("the secret is to be seen:\n%s", ansi.Strip(v.Content))
	}
}

func revealed(m *model) bool {
	n, ok := m.screen.(*notice)
	return ok && !n.shownUntil.IsZero()
}

func (r *rig) want(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.screen(), text) {
			r.t.Fatalf("no %q on the screen:\n%s", text, r.screen())
		}
	}
}

func (r *rig) wantNot(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.screen(), text) {
			r.t.Fatalf("%q is on the screen:\n%s", text, r.screen())
		}
	}
}

// done ends the flow, if it is not over, and returns its error.
func (r *rig) done() error {
	r.t.Helper()
	r.settle()
	r.mu.Lock()
	over, err := r.ended, r.err
	r.mu.Unlock()
	if !over {
		r.t.Fatalf("the flow is still running; on the screen:\n%s", r.screen())
	}
	return err
}

// leave ends whatever is still running, and lets the last timers run out: a bubble must end empty.
func (r *rig) leave() {
	r.cancel()
	r.settle()
	r.sleep(stopLimit + time.Second)
}

// fill shows one page and keeps its answers in out.
func fill(p steps.Page, out *steps.Answers) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) error {
		a, err := ui.Fill(ctx, p)
		if out != nil {
			*out = a
		}
		return err
	}
}

// inBubble runs f in a synctest bubble.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
