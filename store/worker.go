package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// worker runs keyring calls one at a time and gives each a deadline.
//
// go-keyring takes no context and waits without limit for a prompt or a
// stopped daemon (measured: more than 60 s). A call that misses its deadline is
// abandoned in its goroutine. Until it returns, every other call fails
// immediately; so a store never has more than one abandoned goroutine.
type worker struct {
	slot chan struct{} // held while a call runs, also by an abandoned one

	mu        sync.Mutex
	abandoned string // operation of the abandoned call, or ""
}

func newWorker() *worker { return &worker{slot: make(chan struct{}, 1)} }

// keyringCall is one call to the keyring.
type keyringCall struct {
	operation string        // named in errors, e.g. "writing profile.default"
	limit     time.Duration // for the wait for the worker and the call together
	// grace is how much longer a running call may take after ctx has ended:
	// most writes take milliseconds, and a known outcome is worth that wait.
	grace time.Duration
	run   func() (string, error)
}

type result struct {
	text string
	err  error
}

// do runs a call. Its errors wrap ErrTimeout or ctx's error, and are an
// unstartedError if the keyring was not called at all.
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
	case a := <-done: // it returned at this very moment
		return a.text, a.err
	default:
		w.abandoned = j.operation
		return "", lateErr
	}
}

// recoverPanic turns a panic into an error. go-keyring asserts types of the
// service's answers without a check, and dereferences a nil signal if the bus
// goes away while a prompt is open. Without this, the panic would end the
// program and leave the terminal in raw mode.
func recoverPanic(run func() (string, error)) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: its answer was not understood: %v", ErrNoProvider, p)
		}
	}()
	return run()
}
