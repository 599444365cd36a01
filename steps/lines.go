package steps

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"palmail/m365"
)

// lines are the tasks of one screen. Every task that runs has a limit, and the
// waits that Microsoft asks for are shown on the line of the task that makes them.
type lines struct {
	front   Report // the front end's
	mu      sync.Mutex
	running []Task // in the order of their first reports
}

// report passes a task to the front end. One without a limit is a single call.
func (l *lines) report(t Task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	runs := t.State == Busy || t.State == Waiting
	if runs && t.Limit == 0 {
		t.Limit = m365.CallTimeout
	}
	at := slices.IndexFunc(l.running, func(r Task) bool { return r.Key == t.Key })
	switch {
	case runs && at < 0:
		l.running = append(l.running, t)
	case runs:
		l.running[at] = t
	case at >= 0:
		l.running = slices.Delete(l.running, at, at+1)
	}
	l.front(t)
}

// task returns the running task of this key, or else the one that began last.
func (l *lines) task(key string) (Task, bool) {
	for _, t := range l.running {
		if t.Key == key {
			return t, true
		}
	}
	if len(l.running) == 0 {
		return Task{}, false
	}
	return l.running[len(l.running)-1], true
}

// waiting says on a line that a call waits, and returns what ends that.
func (l *lines) waiting(key string, w m365.Wait) (ended func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, found := l.task(key)
	if !found {
		return nil
	}
	shown := t
	shown.State = Waiting
	shown.hold(w)
	l.front(shown)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if now, _ := l.task(t.Key); now == t { // and nothing was reported meanwhile
			l.front(t)
		}
	}
}

// shortWait is how long palmail waits without a word.
const shortWait = 2 * time.Second

// isLong says whether a wait is shown: what Microsoft asks for always is.
func isLong(w m365.Wait) bool { return w.Asked || w.Duration > shortWait }

// hold says on the task that the next attempt waits, and who wants that.
func (t *Task) hold(w m365.Wait) {
	t.RetryAfter = 0
	switch {
	case w.Asked:
		t.RetryAfter = w.Duration
	case isLong(w) && w.Status == 0:
		t.Note = fmt.Sprintf("Microsoft did not answer. The next attempt is in %.0f s.", w.Duration.Seconds())
	case isLong(w):
		t.Note = fmt.Sprintf("Microsoft answered with an error (%d). The next attempt is in %.0f s.", w.Status,
			w.Duration.Seconds())
	}
}

// lineKey is the context key of the task that a call belongs to, and linesKey
// that of its screen.
type (
	lineKey  struct{}
	linesKey struct{}
)

// onLine says that the calls with this context belong to the task of this key.
func onLine(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, lineKey{}, key)
}

// waiting is m365.Options.Waiting of a run.
func (u *linesUI) waiting(ctx context.Context, w m365.Wait) (ended func()) {
	if !isLong(w) {
		return nil
	}
	l, found := ctx.Value(linesKey{}).(*lines)
	if !found {
		if l = u.current(); l == nil {
			return nil
		}
	}
	key, _ := ctx.Value(lineKey{}).(string)
	return l.waiting(key, w)
}

// linesUI is a UI whose screens show every wait.
type linesUI struct {
	UI
	mu   sync.Mutex
	open []*lines // of the screens at work, the last one on top
}

func (u *linesUI) current() *lines {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.open) == 0 {
		return nil
	}
	return u.open[len(u.open)-1]
}

// follow returns what a screen's run gets in place of ctx and report, until ended is called.
func (u *linesUI) follow(ctx context.Context, front Report) (lined context.Context, report Report, ended func()) {
	l := &lines{front: front}
	u.mu.Lock()
	u.open = append(u.open, l)
	u.mu.Unlock()
	return context.WithValue(ctx, linesKey{}, l), l.report, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.open = slices.DeleteFunc(u.open, func(o *lines) bool { return o == l })
	}
}

// Fill shows a page whose check shows every wait.
func (u *linesUI) Fill(ctx context.Context, p Page) (Answers, error) {
	if check := p.Check; check != nil {
		p.Check = func(ctx context.Context, a Answers, front Report) Verdict {
			ctx, report, ended := u.follow(ctx, front)
			defer ended()
			return check(ctx, a, report)
		}
	}
	return u.UI.Fill(ctx, p)
}

// Choose shows a choice whose check shows every wait.
func (u *linesUI) Choose(ctx context.Context, c Choice) (int, error) {
	if check := c.Check; check != nil {
		c.Check = func(ctx context.Context, front Report) Outlook {
			ctx, report, ended := u.follow(ctx, front)
			defer ended()
			return check(ctx, report)
		}
	}
	return u.UI.Choose(ctx, c)
}

// Work shows work and its waits.
func (u *linesUI) Work(ctx context.Context, w Work) error {
	run := w.Run
	w.Run = func(ctx context.Context, front Report) error {
		ctx, report, ended := u.follow(ctx, front)
		defer ended()
		return run(ctx, report)
	}
	return u.UI.Work(ctx, w)
}

// during shows a task on the screen at work, if there is one, once do takes
// longer than waitScreenDelay.
func (u *linesUI) during(t Task, done string, do func() error) error {
	l := u.current()
	if l == nil {
		return do()
	}
	var mu sync.Mutex
	shown, ended := false, false
	timer := time.AfterFunc(waitScreenDelay, func() {
		mu.Lock()
		defer mu.Unlock()
		if shown = !ended; shown {
			l.report(t)
		}
	})
	err := do()
	timer.Stop()
	mu.Lock()
	defer mu.Unlock()
	if ended = true; shown {
		end := Task{Key: t.Key, State: Right, Text: done}
		if err != nil {
			end.State, end.Text = Warn, t.Text+": no answer"
		}
		l.report(end)
	}
	return err
}

// save keeps the setup while a screen is at work, which says so when it takes long.
func (s *session) save(ctx context.Context) error {
	keep := func() error { return s.Store.Save(ctx, s.Profile, &s.setup) }
	u, shows := s.UI.(*linesUI)
	if !shows {
		return keep()
	}
	t := keyringTask()
	t.State = Busy
	return u.during(t, "The keyring has answered", keep)
}
