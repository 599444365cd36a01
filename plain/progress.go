package plain

import (
	"fmt"
	"sync"
	"time"

	"palmail/steps"
)

// reminderInterval is how often a wait that reports nothing new is mentioned.
const reminderInterval = 15 * time.Second

// task is a task as last reported.
type task struct {
	steps.Task
	since time.Time
	said  map[string]bool // lines said while it runs: an answer that comes and goes is said once
	note  string          // as last said
}

// progress writes the tasks of a check or of work as lines.
type progress struct {
	p      *prompter
	mu     sync.Mutex // reports come from any goroutine, and the ticks from another
	tasks  []*task
	last   string // the last line said
	closed bool
}

// watch runs run and writes a line whenever it reports something new, and one
// every reminderInterval while it has nothing to report. It returns the last line.
func (p *prompter) watch(run func(report steps.Report)) string {
	w := &progress{p: p}
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		t := time.NewTicker(reminderInterval)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				w.remind()
			case <-stop:
				return
			}
		}
	})
	defer func() {
		close(stop)
		ticking.Wait()
	}()
	run(w.report)
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
	if t.State == steps.Waiting && w.p.o.Terminal && !w.p.leaveMentioned {
		w.p.leaveMentioned = true
		w.p.line("While it waits, ctrl+c leaves. Progress is saved.")
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
	w.tasks = append(w.tasks, task)
	return task
}

func (w *progress) note(t *task) {
	if t.Note != t.note {
		t.note = t.Note
		w.p.say("", t.Note)
	}
}

// remind writes one line for each running task; its time counts from its first report.
func (w *progress) remind() {
	w.mu.Lock()
	defer w.mu.Unlock()
	running := []*task{}
	for _, t := range w.tasks {
		if t.State == steps.Busy || t.State == steps.Waiting {
			running = append(running, t)
		}
	}
	for _, t := range running {
		line := "Still waiting"
		if len(running) > 1 {
			line += " for this: " + asWords(t.Text)
		}
		line += ", " + asDuration(w.p.o.Now().Sub(t.since))
		if t.Limit > 0 {
			line += " of " + asDuration(t.Limit)
		} else {
			line += " so far"
		}
		w.p.line(fmt.Sprintf("%s.", line))
		w.note(t)
	}
}
