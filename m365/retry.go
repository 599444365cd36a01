package m365

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	firstRetryDelay = 500 * time.Millisecond
	maxRetryAfter   = 20 * time.Second // the caller decides about a longer Retry-After
	maxRetries      = 3
)

// retryPolicy says after which answers and errors a call is repeated.
type retryPolicy int

const (
	// retryIdempotent is for calls that have the same effect once or twice.
	retryIdempotent retryPolicy = iota
	// retryIfRefused repeats a call only if the answer says that nothing was done.
	retryIfRefused
	// noRetry is for the network check, which reports the present state.
	noRetry
)

// delay says whether a call is repeated after so many attempts, and how long to
// wait first: as long as the service asks for
// (https://learn.microsoft.com/graph/throttling), or else longer each time.
//
// azcore has such a policy too, but links its own HTTP/2, which nothing else here uses.
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
// 3.5 s. The variation spreads clients that were refused at the same moment.
func backoff(tries int) time.Duration {
	delay := firstRetryDelay * (1<<tries - 1)
	return delay*4/5 + rand.N(delay/2) //nolint:gosec // predictable delays do no harm
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

// pause reports a wait and waits. If the context ends first, it returns its error.
func (w *wire) pause(ctx context.Context, wait Wait) error {
	if w.waiting != nil {
		if ended := w.waiting(ctx, wait); ended != nil {
			defer ended()
		}
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
