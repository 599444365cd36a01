package lives

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode"

	"palmail/diagnose"
	"palmail/steps"
)

// longestSilence is how long a person sees nothing happen before they doubt that
// anything does.
const longestSilence = 2 * time.Second

// watch measures how long the screen of one process has said nothing.
type watch struct {
	p *process

	mu    sync.Mutex
	last  string    // the screen that ended last
	quiet time.Time // since when there is no screen; zero while there is one
}

// enter is called when a screen comes up.
func (w *watch) enter(screen string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if gap := time.Since(w.quiet); !w.quiet.IsZero() && gap > longestSilence && !w.p.hasLeft() {
		w.p.l.violate(NeverSilent, "%v without a screen between %s and %s", gap.Round(100*time.Millisecond), w.last, screen)
	}
	w.quiet, w.last = time.Time{}, screen
}

// leave is called when a screen ends.
func (w *watch) leave(screen string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet, w.last = time.Now(), screen
}

// over is called when the process has ended by itself.
func (w *watch) over() { w.enter("the end") }

// supervise runs something that reports tasks, and sees that it always says
// what it waits for.
func (w *watch) supervise(screen string, run func(steps.Report)) {
	running, since := map[string]steps.Task{}, time.Now()
	began := map[string]time.Time{}
	var mu sync.Mutex
	var text []string
	silent := func(when string) {
		if gap := time.Since(since); len(running) == 0 && gap > longestSilence && !w.p.hasLeft() {
			w.p.l.violate(NeverSilent, "%v without a line on the screen %s, %s", gap.Round(100*time.Millisecond), screen,
				when)
		}
	}
	unbounded := func(key string) {
		t, ok := running[key]
		if gap := time.Since(began[key]); ok && t.Limit == 0 && gap > longestSilence && !w.p.hasLeft() {
			w.p.l.cover.unbounded(screen, t.Text, gap)
		}
	}
	run(func(t steps.Task) {
		mu.Lock()
		defer mu.Unlock()
		text = append(text, t.Text, t.Note)
		silent("before the line " + t.Text)
		unbounded(t.Key)
		if t.State == steps.Busy || t.State == steps.Waiting {
			if _, known := running[t.Key]; !known {
				began[t.Key] = time.Now()
			}
			running[t.Key] = t
			return
		}
		delete(running, t.Key)
		if len(running) == 0 {
			since = time.Now()
		}
	})
	mu.Lock()
	defer mu.Unlock()
	silent("before its end")
	for key := range running {
		unbounded(key)
	}
	w.p.l.watchText("the tasks of "+screen, strings.Join(text, "\n"), false)
}

// watchText judges a text that leaves palmail: no secret is in it, and nothing
// that controls a terminal.
func (l *life) watchText(where, text string, isLog bool) {
	if what := l.ledger.leaked(text); what != "" {
		l.violate(NoLeak, "%s is on %s", what, where)
	}
	if isLog {
		return
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || unicode.Is(unicode.Bidi_Control, r) {
			l.violate(NoLeak, "%s has the character %U in it", where, r)
			return
		}
	}
}

// frameText and the functions below are all that a screen shows.
func frameText(f steps.Frame) []string { return []string{f.Where, f.Help} }

func findingText(f *diagnose.Finding) []string {
	if f == nil {
		return nil
	}
	return append([]string{f.Title, f.Explanation, f.Who, f.Link}, f.Remedy...)
}

func guideText(guide []steps.Instruction) (all []string) {
	for _, i := range guide {
		all = append(all, i.Text, i.LinkText, i.Link, i.Copy, i.Note)
	}
	return all
}

func pageText(p steps.Page) string {
	all := append(frameText(p.Frame), p.Title, p.Why, p.Submit)
	if p.Guide != nil {
		all = append(all, guideText(p.Guide(steps.Answers{Text: map[string]string{}}))...)
	}
	for _, f := range p.Fields {
		all = append(append(all, f.Label, f.Hint, f.Value), f.Options...)
	}
	for _, a := range p.Actions {
		all = append(all, a.Label)
	}
	return strings.Join(all, "\n")
}

func choiceText(c steps.Choice) string {
	all := append(frameText(c.Frame), c.Title, c.Why, c.Text, c.Headline.Text, c.Footer, c.Bar.Text)
	for _, o := range c.Options {
		all = append(all, o.Text, o.Note)
	}
	return strings.Join(append(all, findingText(c.Finding)...), "\n")
}

func noticeText(n steps.Notice) string {
	all := append(frameText(n.Frame), n.Title, n.Why, n.Text, n.Submit)
	all = append(append(all, guideText(n.Guide)...), findingText(n.Finding)...)
	for _, v := range n.Values {
		all = append(all, v.Label, v.Text)
	}
	return strings.Join(all, "\n")
}

// watched runs do while a screen is up.
func (w *watch) watched(_ context.Context, screen string, do func() error) error {
	w.enter(screen)
	defer w.leave(screen)
	return do()
}
