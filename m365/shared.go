package m365

import (
	"net/http"
	"sync"
	"time"
)

// Shared is what several Clients, and Discover, learn for each other: the
// OpenID configurations of tenants, and how far this machine's clock is off.
// It holds no secret, and may be used from several goroutines.
type Shared struct {
	metadata metadataCache
	clock    serverClock
}

// NewShared returns a Shared that knows nothing yet.
func NewShared() *Shared { return &Shared{} }

// processShared is the one of all that use the program's own transport.
var processShared = sync.OnceValue(NewShared)

// ClockOffset returns what must be added to this machine's clock to get the
// server's time, as the Date of the last answer of a login host or of Graph
// says it, to about a second. It is negative where this machine's clock is
// ahead. known is false while no such answer came.
func (s *Shared) ClockOffset() (offset time.Duration, known bool) { return s.clock.read() }

// serverClock remembers how far the local clock differs from the server's.
type serverClock struct {
	mu     sync.Mutex
	offset time.Duration
	known  bool
}

func (c *serverClock) read() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset, c.known
}

// observe takes the Date of an answer to a request that was sent at sent, by
// the local clock, and whose answer began after took. The last answer counts,
// so that a local clock that is set meanwhile does no harm.
func (c *serverClock) observe(a answer, sent time.Time, took time.Duration) {
	offset, ok := clockOffset(a, sent, took)
	if !ok || !fromService(a) || a.header.Get("Age") != "" {
		return // an answer out of somebody's cache has the Date of when it was made
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.known = offset, true
}

// clockOffset compares an answer's Date with the local clock half way between
// question and answer.
func clockOffset(a answer, sent time.Time, took time.Duration) (time.Duration, bool) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return date.Sub(sent.Add(took / 2)).Round(time.Second), true
}

// fromService says whether an answer is the service's own: a success that is
// not a page, or a refusal in JSON. Gateways, proxies and captive portals
// answer with pages and other statuses, by clocks of their own.
func fromService(a answer) bool {
	switch {
	case isHTML(a):
		return false
	case a.status >= 200 && a.status < 300:
		return true
	}
	return isServiceAnswer(a)
}

// ClockOffset is Shared's: what must be added to this machine's clock to get
// the server's time.
func (c *Client) ClockOffset() (offset time.Duration, known bool) { return c.wire.shared.ClockOffset() }

// ServerTime returns the time by the server's clock, UTC, or this machine's
// own while no answer has told it; known says which.
func (c *Client) ServerTime() (now time.Time, known bool) {
	offset, known := c.ClockOffset()
	return c.wire.now().Add(offset).UTC(), known
}
