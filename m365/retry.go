package m365

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	retryDelay = 500 * time.Millisecond
	maxWait    = 20 * time.Second // a longer Retry-After is left to the caller, who can show the wait
	maxRetries = 3
)

// patience says what may be repeated.
type patience int

const (
	// repeatable calls change nothing, or the same thing, when they are made twice.
	repeatable patience = iota
	// unrepeatable calls are made again only where the answer says that
	// nothing was done.
	unrepeatable
	// once is for a look at the network, which wants to know how it is now.
	once
)

// wait says whether a call is made again after so many tries of it, and how
// long to wait first: what the service asks for
// (https://learn.microsoft.com/graph/throttling), or else longer each time.
//
// azcore has such a policy too, but links an HTTP/2 of its own that nothing here uses.
func (p patience) wait(a answer, err error, tries int, now time.Time) (time.Duration, bool) {
	if tries > maxRetries || !p.repeats(a, err) {
		return 0, false
	}
	if asked := retryAfter(a.header, now); asked > 0 {
		return asked, asked <= maxWait
	}
	// About 0.5, 1.5 and 3.5 s. Who was turned away together comes back apart.
	delay := retryDelay * (1<<tries - 1)
	return delay*4/5 + rand.N(delay/2), true //nolint:gosec // nobody gains by guessing it
}

func (p patience) repeats(a answer, err error) bool {
	if p == once {
		return false
	}
	if err != nil {
		return p == repeatable && mayPass(err)
	}
	switch a.status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return p == repeatable || a.header.Get("Retry-After") != ""
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return p == repeatable
	}
	return false
}

// pause waits for d, or until the context ends, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
