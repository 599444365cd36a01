package steps

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// trips are the requests of one run to the tenant, in the order of their answers.
type trips struct {
	mu    sync.Mutex
	calls []string
}

func (c *trips) note(e sandbox.Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, path, _ := strings.Cut(strings.TrimPrefix(e.URL, "https://"), "/")
	path, _, _ = strings.Cut(path, "?")
	c.calls = append(c.calls, e.Method+" /"+path)
}

// A setup in a healthy tenant takes 16 requests, and 9 that wait for each
// other. Every request lasts as long as any other, so that the time that the
// run takes, without the admin's, says how many were in sequence.
func TestRoundTrips(t *testing.T) {
	const latency = 100 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		weather := sandbox.Calm()
		weather.Latency = latency
		w := newWorld(t, sandbox.Options{Weather: weather, Seed: 31})
		var seen trips
		w.tenant.Observe(seen.note)
		s := signer(t, w, "admin@agency.gov")
		begun := time.Now()
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		calls := slices.DeleteFunc(seen.calls, func(call string) bool { return strings.Contains(call, "deviceauth") })
		t.Log(time.Since(begun), len(calls), "\n"+strings.Join(calls, "\n"))
	})
}
