package plain

import (
	"sync"
	"time"

	"palmail/steps"
)

// task is a task as last reported.
type task struct {
	steps.Task
	since time.Time
	said  map[string]bool // lines said while it runs: an answer that comes and goes is said once
	note  string          // as last said
}

// progress writes the tasks of a wait as lines.
type progress struct {
	p       *prompter
	wait    wait
	started time.Time
	mu      sync.Mutex // reports come from any goroutine, and reminders from another
	tasks   []*task
	last    string // the last line written
	closed  bool
}

// close lets no further line be written and returns the last one.
func (w *progress) close() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return w.last
}

func (w *progress) report(t steps.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	task := w.task(t)
	running := t.State == steps.Busy || t.State == steps.Waiting
	line := stateWord(t.State) + asSentence(t.Text)
	if t.State == steps.Waiting && t.Limit > 0 {
		line += " This is tried for " + asDuration(t.Limit) + " at most."
	}
	if running && task.said[line] || line == "" {
		return
	}
	if !running {
		task.said = map[string]bool{}
	}
	if task.said[line] = true; line == w.last {
		return
	}
	w.last = line
	w.p.line(line)
	w.note(task)
	if retry := "Microsoft asks to wait " + asDuration(t.RetryAfter) + " before the next try."; running &&
		t.RetryAfter > 0 && !task.said[retry] {
		task.said[retry] = true
		w.p.line(retry)
	}
}

// task returns the known task with t's key, updated, or a new one.
func (w *progress) task(t steps.Task) *task {
	for _, known := range w.tasks {
		if known.Key == t.Key {
			known.Task = t
			return known
		}
	}
	task := &task{Task: t, since: w.p.o.Now(), said: map[string]bool{}}
	if !t.Since.IsZero() {
		task.since = t.Since
	}
	w.tasks = append(w.tasks, task)
	return task
}

func (w *progress) note(t *task) {
	if t.Note != t.note {
		t.note = t.Note
		w.p.say("", t.Note)
	}
}

// announce says that the wait lasts, if no task has said so, and how to end it.
func (w *progress) announce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.running()) == 0 {
		w.p.line(w.wait.text + elapsed(w.p.o.Now().Sub(w.started), w.wait.limit))
	}
	switch {
	case !w.p.o.Terminal:
	case w.wait.enter == "":
		w.p.line("ctrl+c leaves. Progress is saved.")
	default:
		w.p.line("Press enter to " + w.wait.enter + ". ctrl+c leaves. Progress is saved.")
	}
}

// remind writes one line for each running task, or one for the whole wait.
func (w *progress) remind() {
	w.mu.Lock()
	defer w.mu.Unlock()
	running, now := w.running(), w.p.o.Now()
	if len(running) == 0 {
		w.p.line(w.wait.text + elapsed(now.Sub(w.started), w.wait.limit))
	}
	for _, t := range running {
		line := "Still waiting"
		if len(running) > 1 {
			line += " for this: " + asWords(t.Text)
		}
		w.p.line(line + elapsed(now.Sub(t.since), t.Limit))
		w.note(t)
	}
}

func (w *progress) running() []*task {
	var running []*task
	for _, t := range w.tasks {
		if t.State == steps.Busy || t.State == steps.Waiting {
			running = append(running, t)
		}
	}
	return running
}

// elapsed ends a sentence with the time that something has taken, and takes at most.
func elapsed(d, limit time.Duration) string {
	if limit > 0 {
		return ", " + asDuration(d) + " of " + asDuration(limit) + "."
	}
	return ", " + asDuration(d) + " so far."
}
