package m365

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	firstRetryDelay = 500 * time.Millisecond
	maxRetryAfter   = 20 * time.Second // a longer Retry-After is left to the caller, who can show the wait
	maxRetries      = 3
)

// retryPolicy says what may be repeated.
type retryPolicy int

const (
	// retryIdempotent calls change nothing, or the same thing, when they are made twice.
	retryIdempotent retryPolicy = iota
	// retryIfRefused calls are made again only where the answer says that
	// nothing was done.
	retryIfRefused
	// noRetry is for a look at the network, which wants to know how it is now.
	noRetry
)

// delay says whether a call is made again after so many tries of it, and how
// long to wait first: what the service asks for
// (https://learn.microsoft.com/graph/throttling), or else longer each time.
//
// azcore has such a policy too, but links an HTTP/2 of its own that nothing here uses.
func (p retryPolicy) delay(a answer, err error, tries int, now time.Time) (time.Duration, bool) {
	if tries > maxRetries || !p.allows(a, err) {
		return 0, false
	}
	if asked := retryAfter(a.header, now); asked > 0 {
		return asked, asked <= maxRetryAfter
	}
	return backoff(tries), true
}

// backoff is how long to wait after so many attempts: about 0.5, 1.5 and
// 3.5 s. Clients that were turned away together come back apart.
func backoff(tries int) time.Duration {
	delay := firstRetryDelay * (1<<tries - 1)
	return delay*4/5 + rand.N(delay/2) //nolint:gosec // nobody gains by guessing it
}

func (p retryPolicy) allows(a answer, err error) bool {
	if p == noRetry {
		return false
	}
	if err != nil {
		return p == retryIdempotent && isTransient(err)
	}
	if a.unreadable {
		return p == retryIdempotent
	}
	switch a.status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return p == retryIdempotent || a.header.Get("Retry-After") != ""
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return p == retryIdempotent
	}
	return false
}

// pause tells whoever wants to know that a call is made again later, and
// waits for that, or until the context ends, whose error it then returns.
func (w *wire) pause(ctx context.Context, wait Wait) error {
	if w.waiting != nil {
		w.waiting(wait)
	}
	timer := time.NewTimer(wait.Duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
