package wizard

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// question is one call of the flow to the screens: exactly one of page, choice,
// work and notice is set.
type question struct {
	ctx    context.Context // ends with the question; every job of its screen uses it
	page   *steps.Page
	choice *steps.Choice
	work   *steps.Work
	notice *steps.Notice
	reply  chan reply // buffered: answering never waits
	jobs   *jobs

	mu     sync.Mutex
	filled steps.Answers // what a page's fields hold
}

// hold remembers what the page's fields hold.
func (a *question) hold(filled steps.Answers) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.filled = filled
}

// left is the answer of a question that was left without one.
func (a *question) left(err error) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	return reply{answers: a.filled, err: err}
}

// reply is the answer to a question.
type reply struct {
	answers steps.Answers
	index   int
	err     error
}

// Messages between the flow's goroutine, the jobs and the model.
type (
	showMsg  struct{ question *question } // put this on the screen
	endedMsg struct{ question *question } // nobody waits for an answer any more
	taskMsg  struct {
		question *question
		revision int
		task     steps.Task
	}
)

// bridge implements steps.UI. It runs on the flow's goroutines and sends to the
// program. Only it and jobs can send: a send from Update or View would wait for
// itself.
type bridge struct {
	send func(tea.Msg)
}

var _ steps.UI = (*bridge)(nil)

// Fill implements steps.UI.
func (b *bridge) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	r := b.wait(ctx, &question{page: &p})
	return r.answers, r.err
}

// Choose implements steps.UI.
func (b *bridge) Choose(ctx context.Context, c steps.Choice) (int, error) {
	r := b.wait(ctx, &question{choice: &c})
	return r.index, r.err
}

// Show implements steps.UI.
func (b *bridge) Show(ctx context.Context, n steps.Notice) error {
	return b.wait(ctx, &question{notice: &n}).err
}

// Work implements steps.UI. Run stays on the flow's goroutine, so that leaving waits for it.
func (b *bridge) Work(ctx context.Context, w steps.Work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &question{ctx: ctx, work: &w, jobs: &jobs{}}
	b.send(showMsg{a})
	defer b.send(endedMsg{a})
	defer a.jobs.close()
	return w.Run(ctx, func(t steps.Task) { b.send(taskMsg{question: a, task: t}) })
}

// wait shows a question and returns its answer after every job of its screen has ended.
func (b *bridge) wait(ctx context.Context, a *question) reply {
	if err := ctx.Err(); err != nil {
		return reply{err: err}
	}
	ctx, cancel := context.WithCancel(ctx)
	a.ctx, a.reply, a.jobs = ctx, make(chan reply, 1), &jobs{}
	defer a.jobs.close()
	defer cancel()
	b.send(showMsg{a})
	select {
	case r := <-a.reply:
		if r.err != nil {
			return a.left(r.err)
		}
		return r
	case <-ctx.Done():
		b.send(endedMsg{a})
		return a.left(ctx.Err())
	}
}

// jobs counts running commands, so that they can be waited for. It is not a
// sync.WaitGroup because Bubble Tea does not say when, or whether, it runs a
// command: one can start after the waiting has begun.
type jobs struct {
	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{}
}

// start returns whether a job is allowed to start; if so, done must follow.
func (j *jobs) start() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	j.n++
	return true
}

func (j *jobs) done() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.n--
	if j.n == 0 && j.idle != nil {
		close(j.idle)
		j.idle = nil
	}
}

// close lets no further job start and waits for the running ones.
func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	if j.n == 0 {
		j.mu.Unlock()
		return
	}
	if j.idle == nil {
		j.idle = make(chan struct{})
	}
	idle := j.idle
	j.mu.Unlock()
	<-idle
}

// job makes f a command that the question waits for; f must end with the context.
func (a *question) job(f func(ctx context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !a.jobs.start() {
			return nil
		}
		defer a.jobs.done()
		return f(a.ctx)
	}
}
