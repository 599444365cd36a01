package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// worker runs the keyring's calls one at a time and gives each a deadline.
//
// go-keyring takes no context and waits without limit for a prompt or a
// stopped daemon (measured: more than 60 s), so a call past its deadline can
// only be left behind in its goroutine. While one is, every other call fails
// at once; when it comes back, calls work again. So at most one goroutine
// per store is ever left behind.
type worker struct {
	slot chan struct{} // held while a call runs, also by one left behind

	mu        sync.Mutex
	abandoned string // what the call left behind was doing, or ""
}

func newWorker() *worker { return &worker{slot: make(chan struct{}, 1)} }

// keyringCall is one call.
type keyringCall struct {
	operation string        // for the error, e.g. "writing profile.default"
	limit     time.Duration // how long to wait, for the turn and for the answer
	// grace is how long a call that is already running may still come back
	// after ctx has ended: most writes take milliseconds, and an answer is
	// worth more than "unknown".
	grace time.Duration
	run   func() (string, error)
}

type result struct {
	text string
	err  error
}

// do runs j. Its errors wrap ErrTimeout or ctx's error; they are unstarted
// when the keyring was not asked at all.
func (w *worker) do(ctx context.Context, j keyringCall) (string, error) {
	timer := time.NewTimer(j.limit)
	defer timer.Stop()
	w.mu.Lock()
	abandoned := w.abandoned
	w.mu.Unlock()
	if abandoned != "" {
		return "", &unstartedError{fmt.Errorf("%w: %s has not come back yet", ErrTimeout, abandoned)}
	}
	select {
	case w.slot <- struct{}{}:
	case <-ctx.Done():
		return "", &unstartedError{ctx.Err()}
	case <-timer.C:
		return "", &unstartedError{fmt.Errorf("%w: it was busy for %v", ErrTimeout, j.limit)}
	}
	if ctx.Err() != nil {
		<-w.slot
		return "", &unstartedError{ctx.Err()}
	}

	done := make(chan result, 1)
	go func() {
		text, err := recoverPanic(j.run)
		w.mu.Lock()
		done <- result{text, err}
		w.abandoned = ""
		w.mu.Unlock()
		<-w.slot
	}()
	var lateErr error
	select {
	case a := <-done:
		return a.text, a.err
	case <-timer.C:
		lateErr = fmt.Errorf("%w: %s took longer than %v", ErrTimeout, j.operation, j.limit)
	case <-ctx.Done():
		lateErr = ctx.Err()
		if j.grace > 0 {
			timer.Reset(j.grace)
			select {
			case a := <-done:
				return a.text, a.err
			case <-timer.C:
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case a := <-done: // it came back in this very moment
		return a.text, a.err
	default:
		w.abandoned = j.operation
		return "", lateErr
	}
}

// recoverPanic turns a panic into an error: go-keyring asserts the types of what
// the service answers, and reads a nil signal when the bus goes away while a
// prompt is open, which would take the terminal down with it.
func recoverPanic(run func() (string, error)) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: its answer was not understood: %v", ErrNoProvider, p)
		}
	}()
	return run()
}
