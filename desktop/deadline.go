package desktop

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errNoAnswer is returned by within when a call has not returned by its deadline.
var errNoAnswer = errors.New("no answer")

// errBusy is returned by exclusive.within while an earlier call has not returned.
var errBusy = errors.New("still waiting for the call before")

// within returns what call returns, errNoAnswer when call takes longer than
// limit, or ctx.Err() when ctx ends first. For calls that take no context: a
// call that is not waited for any longer runs on in its goroutine until it
// returns by itself.
func within[T any](ctx context.Context, limit time.Duration, call func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	returned := make(chan result, 1)
	go func() {
		value, err := call()
		returned <- result{value, err}
	}()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	var none T
	select {
	case r := <-returned:
		return r.value, r.err
	case <-deadline.C:
		return none, fmt.Errorf("%w within %v", errNoAnswer, limit)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// exclusive lets one call run at a time, so that a desktop that hangs holds at
// most one goroutine.
type exclusive struct{ busy atomic.Bool }

// within is within for a call that must not run while an earlier one does; then it
// returns errBusy at once.
func (e *exclusive) within(ctx context.Context, limit time.Duration, call func() (string, error)) (string, error) {
	if !e.busy.CompareAndSwap(false, true) {
		return "", errBusy
	}
	return within(ctx, limit, func() (string, error) {
		defer e.busy.Store(false)
		return call()
	})
}
