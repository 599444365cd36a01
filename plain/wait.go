package plain

import (
	"context"
	"strings"
	"sync"
	"time"

	"palmail/clean"
	"palmail/steps"
)

const (
	// announceAfter is how long something lasts before it is announced, with the
	// ways to leave it.
	announceAfter = 2 * time.Second
	// reminderInterval is how often a wait that reports nothing new is mentioned.
	reminderInterval = 15 * time.Second
)

// wait describes something that can last.
type wait struct {
	text  string        // for as long as no task says more, e.g. "Checking"
	limit time.Duration // how long it lasts at most, 0 if that is not known
	enter string        // the effect of enter on a terminal, e.g. "stop waiting"
	on    *screen       // whose open, copy, again and help work meanwhile; nil for none
}

// waited is how a wait ended.
type waited struct {
	last    string // the last line written
	stopped bool   // by the admin's enter
	err     error  // steps.ErrBack or that of leave, when the admin typed one of these
}

// during runs run and writes its tasks as lines. Once it has lasted for
// announceAfter, that is said, and on a terminal enter, back and leave end it:
// run's context is cancelled, and run must end with it. What else is typed
// meanwhile is no answer to the next question.
func (p *prompter) during(ctx context.Context, w wait, run func(ctx context.Context, report steps.Report)) waited {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	progress := &progress{p: p, wait: w, started: p.o.Now()}
	listening, stopListening := context.WithCancel(ctx)
	var result waited
	announced := false
	var beside sync.WaitGroup
	beside.Go(func() { p.remind(listening, progress) })
	if p.o.Terminal {
		beside.Go(func() {
			if !pause(listening, announceAfter) {
				return
			}
			announced = true
			p.lines.discard()
			if result.stopped, result.err = p.listen(listening, w); result.stopped || result.err != nil {
				cancel()
			}
		})
	}
	run(ctx, progress.report)
	stopListening()
	beside.Wait()
	if announced {
		p.lines.discard()
	}
	result.last = progress.close()
	return result
}

// pause waits for d; it returns false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// remind announces a wait and then mentions it every reminderInterval, until
// ctx ends.
func (p *prompter) remind(ctx context.Context, progress *progress) {
	if !pause(ctx, announceAfter) {
		return
	}
	progress.announce()
	for rest := reminderInterval - announceAfter; pause(ctx, rest); rest = reminderInterval {
		progress.remind()
	}
}

// listen reads lines until one of them ends the wait, or ctx ends.
func (p *prompter) listen(ctx context.Context, w wait) (stopped bool, err error) {
	for {
		line, err := p.lines.next(ctx, false)
		switch {
		case err != nil:
			return false, nil // the wait is over
		case line.err != nil:
			p.lines.putBack(line) // the next question finds that the input has ended
			return false, nil
		}
		text := strings.ToLower(clean.Pasted(line.text))
		switch text {
		case "":
			return true, nil
		case "back":
			return false, steps.ErrBack
		case "leave":
			return false, p.leave()
		}
		if w.on != nil {
			switch word, n := w.on.command(text); word {
			case "open", "copy", "again", "help", "?":
				if _, _, err := p.obey(ctx, w.on, word, n); err != nil {
					return false, nil // the wait is over
				}
				continue
			}
		}
		p.line("Note: Press enter to " + w.enter + ", or type back or leave.")
	}
}

// idle mentions the time that the flow spends between two questions.
type idle struct {
	p      *prompter
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// start begins the time; stop ends it and waits until no line is written any more.
func (i *idle) start() {
	i.stop()
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	progress := &progress{p: i.p, wait: wait{text: "One moment"}, started: i.p.o.Now()}
	i.done.Go(func() { i.p.remind(ctx, progress) })
}

func (i *idle) stop() {
	if i.cancel != nil {
		i.cancel()
	}
	i.done.Wait()
}

// question stops the idle time for a question; its result starts it again.
func (i *idle) question() (answered func()) {
	i.stop()
	return i.start
}
