package steps

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/store"
)

// countedWire counts the calls of a run.
type countedWire struct {
	http.RoundTripper
	calls *atomic.Int64
}

func (w countedWire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.calls.Add(1)
	return w.RoundTripper.RoundTrip(r)
}

// setUpTime is how long a signed-in setup takes in this weather without the
// person, and how many calls it makes. An every above 0 makes it the oracle's,
// that asks so often that it misses nothing.
func setUpTime(t *testing.T, weather sandbox.Weather, every time.Duration) (took time.Duration, calls int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Weather: weather, Seed: 71})
		s := signer(t, w, "admin@agency.gov").on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
		var begun time.Time
		s.on("plan", turn{pick: 0, do: func() { begun = time.Now() }})
		var counted atomic.Int64
		run := newSession(Env{
			UI: s, Store: w.store, Memory: func() Store { return store.NewMemory() },
			M365:    m365.Options{Transport: countedWire{w.tenant.Transport(), &counted}, Now: time.Now},
			Profile: "default", Portal: portal{w.tenant}, Now: time.Now,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		run.everyMoment = every
		if err := run.run(t.Context()); err != nil || len(w.tenant.Mails()) != 1 || begun.IsZero() {
			t.Fatalf("%v %v", err, s.seen)
		}
		took, calls = time.Since(begun), counted.Load()
	})
	return took, calls
}

// A setup takes at most a tenth longer than one that asks at exactly the right
// moment, whatever is waited for and however long. bench/run prints the rows.
func TestWaitsAgainstAnOracle(t *testing.T) {
	t.Parallel()
	const latency = 100 * time.Millisecond
	kinds := []struct {
		name string
		set  func(*sandbox.Weather, time.Duration)
	}{
		{"the app and what is built on it", func(w *sandbox.Weather, d time.Duration) { w.AppDelay = d }},
		{"the secret", func(w *sandbox.Weather, d time.Duration) { w.SecretDelay = d }},
		{"the consent", func(w *sandbox.Weather, d time.Duration) { w.ConsentDelay = d }},
		{"all three", func(w *sandbox.Weather, d time.Duration) { w.AppDelay, w.SecretDelay, w.ConsentDelay = d, d, d }},
		{"reads that go back and forth", func(w *sandbox.Weather, d time.Duration) { w.AppDelay, w.Flapping = d/2, true }},
	}
	for _, kind := range kinds {
		var total, oracle time.Duration
		var calls, most int64
		worst := 0.0
		for _, delay := range []time.Duration{5 * time.Second, 17 * time.Second, 70 * time.Second} {
			weather := sandbox.Weather{Latency: latency}
			kind.set(&weather, delay)
			took, n := setUpTime(t, weather, 0)
			best, _ := setUpTime(t, weather, 150*time.Millisecond)
			total, oracle, calls, most = total+took, oracle+best, calls+n, max(most, n)
			worst = max(worst, float64(took)/float64(best))
		}
		ratio := float64(total) / float64(oracle)
		fmt.Printf("ROW %-58s %-34s %s\n", "total / oracle, "+kind.name,
			fmt.Sprintf("%.3f, worst %.3f, at most %d calls", ratio, worst, most), "<= 1.10")
		if ratio > 1.10 {
			t.Errorf("%s: %s, the oracle %s: %.3f", kind.name, total, oracle, ratio)
		}
	}
}
