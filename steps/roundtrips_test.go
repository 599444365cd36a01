package steps

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// trips are the requests of one run, but for the pages that people see, and
// for the questions whether the admin has signed in yet.
type trips struct {
	mu    sync.Mutex
	calls []string
	times map[time.Time]bool // at which requests were answered
}

func (c *trips) note(e sandbox.Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, path, _ := strings.Cut(strings.TrimPrefix(e.URL, "https://"), "/")
	path, _, _ = strings.Cut(path, "?")
	if strings.Contains(path, "devicelogin") || strings.Contains(path, "deviceauth") ||
		strings.Contains(e.ResponseBody, "authorization_pending") {
		return
	}
	c.calls = append(c.calls, e.Method+" /"+path)
	c.times[e.At] = true
}

// A setup in a healthy tenant takes 16 requests. From the choice to sign in on, 9
// wait for each other: every request takes as long as any other here, so that
// those which do not wait for each other are answered at the same time.
func TestRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		weather := sandbox.Calm()
		weather.Latency = 100 * time.Millisecond
		w := newWorld(t, sandbox.Options{Weather: weather, Seed: 31})
		seen := trips{times: map[time.Time]bool{}}
		w.tenant.Observe(seen.note)
		before := 0
		s := signer(t, w, "admin@agency.gov")
		s.turns["how"][0].do = func() { before = len(seen.times) }
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		if before != 1 {
			t.Errorf("%d requests in sequence before the choice, want the one that finds the tenant", before)
		}
		if n := len(seen.times) - before; n > 9 {
			t.Errorf("%d requests in sequence, want at most 9", n)
		}
		if n := len(seen.calls); n > 16 {
			t.Errorf("%d requests, want at most 16", n)
		}
		if t.Failed() {
			t.Log(strings.Join(seen.calls, "\n"))
		}
	})
}
