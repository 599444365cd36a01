package sandbox

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Weather is how the service behaves today: how slow it is, how long a change
// takes to be seen everywhere, and what goes wrong by itself. Microsoft gives
// no figure for any of it; the delays seen in public reports run from seconds
// to many minutes.
type Weather struct {
	Latency time.Duration // before every answer
	// How long until a new or changed app, secret or consent is seen. Tokens
	// wait for all three; the directory's own reads and the calls that build
	// on something made before wait for AppDelay only.
	AppDelay, SecretDelay, ConsentDelay time.Duration
	// How long a change of what Exchange Online allows an app takes to work:
	// for an app that makes no calls, for one that does (30 minutes and two
	// hours at the service), and for an application access policy (more than
	// an hour).
	ExchangeDelay, ExchangeDelayActive, PolicyDelay time.Duration
	// Flapping makes reads go back and forth: from one delay after a change
	// to two, every other read is still the old one.
	Flapping      bool
	ThrottleEvery int    // every nth call answers 429 with Retry-After 1 or 2
	FaultEvery    int    // every nth call answers 503
	LoseEvery     int    // every nth call is carried out but its answer never arrives
	LoseNth       int    // the answer of the nth call never arrives, and only that one
	LoseOnly      string // count and lose only calls whose path contains this
}

// Calm is a service without delays or faults.
func Calm() Weather { return Weather{} }

// Usual is a service on a good day, quick enough for a demonstration.
func Usual() Weather {
	return Weather{
		Latency:  150 * time.Millisecond,
		AppDelay: 2 * time.Second, SecretDelay: 4 * time.Second, ConsentDelay: 6 * time.Second,
		ExchangeDelay: 8 * time.Second, ExchangeDelayActive: 12 * time.Second, PolicyDelay: 10 * time.Second,
	}
}

// Rough is a service on a bad day.
func Rough() Weather {
	return Weather{
		Latency:  400 * time.Millisecond,
		AppDelay: 12 * time.Second, SecretDelay: 15 * time.Second, ConsentDelay: 25 * time.Second,
		ExchangeDelay: 30 * time.Second, ExchangeDelayActive: 45 * time.Second, PolicyDelay: 40 * time.Second,
		Flapping: true, ThrottleEvery: 11, FaultEvery: 13, LoseEvery: 17,
	}
}

// WeatherNamed returns the weather called calm, usual or rough.
func WeatherNamed(name string) (Weather, bool) {
	switch strings.ToLower(name) {
	case "calm":
		return Calm(), true
	case "usual":
		return Usual(), true
	case "rough":
		return Rough(), true
	}
	return Weather{}, false
}

// SetWeather changes the weather for the calls that follow, which are counted afresh.
func (t *Tenant) SetWeather(w Weather) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.weather, t.calls, t.losable = w, 0, 0
}

// Weather returns the present weather.
func (t *Tenant) Weather() Weather {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.weather
}

// sees tells whether a change made at since has got through by now. key names
// the change, so that flapping reads of different things do not move together.
// t.mu is held.
func (t *Tenant) sees(key string, since time.Time, delay time.Duration) bool {
	age := t.now().Sub(since)
	switch {
	case delay <= 0 || !t.weather.Flapping && age >= delay || age >= 2*delay:
		delete(t.reads, key)
		return true
	case age < delay:
		return false
	}
	t.reads[key]++
	return t.reads[key]%2 == 1
}

// trouble is what the weather does to one call.
type trouble struct {
	latency    time.Duration
	throttled  bool
	retryAfter int // seconds, when throttled
	faulty     bool
	failure    int // a status that a hook asked for
	lost       bool
}

// befalls says what happens to a call. Pages are slow at most: a person who
// gets none asks again.
func (t *Tenant) befalls(c *call) trouble {
	if c.isPage() {
		return trouble{latency: t.Weather().Latency}
	}
	tr := t.forecast(c.url.Path)
	lost, status := t.hooks(c.method, c.url.Path)
	tr.lost = tr.lost || lost
	switch status {
	case 0:
	case http.StatusTooManyRequests:
		tr = trouble{latency: tr.latency, throttled: true, retryAfter: 1}
	case http.StatusServiceUnavailable:
		tr = trouble{latency: tr.latency, faulty: true, retryAfter: 1}
	default:
		tr = trouble{latency: tr.latency, failure: status}
	}
	return tr
}

// forecast counts a call and says what befalls it.
func (t *Tenant) forecast(path string) trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.weather
	tr := trouble{latency: w.Latency}
	nth := func(n, every int) bool { return every > 0 && n%every == 0 }
	t.calls++
	if nth(t.calls, w.ThrottleEvery) {
		tr.throttled = true
		tr.retryAfter = 1 + t.calls/w.ThrottleEvery%2
		return tr
	}
	if nth(t.calls, w.FaultEvery) {
		tr.faulty = true
		return tr
	}
	if strings.Contains(path, w.LoseOnly) {
		t.losable++
		tr.lost = nth(t.losable, w.LoseEvery) || t.losable == w.LoseNth
	}
	return tr
}

// wait lets d pass, or less when ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
