package sandbox

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Weather is how the service behaves today: how slow it is, how long a change
// takes to be seen everywhere, and what fails. Microsoft gives
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
	Flapping bool
	// SignInLogDelay is how long a sign-in takes to appear in the sign-in log.
	SignInLogDelay time.Duration

	ThrottleEvery   int // every nth call answers 429
	ThrottleSeconds int // the Retry-After of those; 0: 1 and 2 in turn
	FaultEvery      int // every nth call answers 503
	// CreateFaults is how many of the calls that create something fail first,
	// with 500, 502, 503 and 504 in turn; CreateFaultsDone lets them be carried
	// out although they fail.
	CreateFaults     int
	CreateFaultsDone bool
	FaultSeconds     int // the Retry-After of FaultEvery and CreateFaults; 0: none
	// DamageEvery makes the answer of every nth successful read unusable: cut
	// short, empty, and a page of HTML in turn.
	DamageEvery int
	LoseEvery   int    // every nth call is carried out but its answer never arrives
	LoseNth     int    // the answer of the nth call never arrives, and only that one
	LoseOnly    string // count and lose only calls whose path contains this
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
	t.weather, t.counted = w, counts{}
}

// Weather returns the present weather.
func (t *Tenant) Weather() Weather {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.weather
}

// hasSpread tells whether a change made at since is seen now. key names the
// change, so that flapping reads of different objects take turns of their own.
// t.mu is held.
func (t *Tenant) hasSpread(key string, since time.Time, delay time.Duration) bool {
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

// behind is how far the copy of the directory is behind that the next read of
// the object named key is answered from: AppDelay or, when reads flap, twice
// that every other time. t.mu is held.
func (t *Tenant) behind(key string) time.Duration {
	if !t.weather.Flapping {
		return t.weather.AppDelay
	}
	t.reads[key]++
	if t.reads[key]%2 == 1 {
		return t.weather.AppDelay
	}
	return 2 * t.weather.AppDelay
}

// counts are the calls since the weather was set, by kind.
type counts struct {
	all, creates, reads, losable int
}

// disturbance is what the weather and the hooks do to one call.
type disturbance struct {
	latency    time.Duration
	status     int    // answered in place of the real answer, 0 for none
	done       bool   // with a status: the call is carried out nevertheless
	retryAfter string // of an answer with a status
	damage     Damage
	lost       bool
}

// disturb says what happens to a call. Pages are slow at most: a person who
// gets none asks again.
func (t *Tenant) disturb(c *call) disturbance {
	if c.isPage() {
		return disturbance{latency: t.Weather().Latency}
	}
	d := t.weatherFor(c)
	o := t.askHooks(c)
	d.latency += o.Latency
	if o.Status != 0 {
		return disturbance{
			latency: d.latency, status: o.Status, done: o.Done, retryAfter: o.RetryAfter, damage: o.Damage,
			lost: o.Lost,
		}
	}
	if o.Damage != Undamaged {
		d.damage = o.Damage
	}
	d.lost = d.lost || o.Lost
	return d
}

// weatherFor counts a call and says what the weather does to it.
func (t *Tenant) weatherFor(c *call) disturbance {
	t.mu.Lock()
	defer t.mu.Unlock()
	w, n := t.weather, &t.counted
	d := disturbance{latency: w.Latency}
	nth := func(n, every int) bool { return every > 0 && n%every == 0 }
	n.all++
	if nth(n.all, w.ThrottleEvery) {
		seconds := w.ThrottleSeconds
		if seconds == 0 {
			seconds = 1 + n.all/w.ThrottleEvery%2
		}
		d.status, d.retryAfter = http.StatusTooManyRequests, strconv.Itoa(seconds)
		return d
	}
	if w.FaultSeconds > 0 {
		d.retryAfter = strconv.Itoa(w.FaultSeconds)
	}
	if c.creates() {
		n.creates++
		if n.creates <= w.CreateFaults {
			d.status, d.done = faultStatuses[(n.creates-1)%len(faultStatuses)], w.CreateFaultsDone
			return d
		}
	}
	if nth(n.all, w.FaultEvery) {
		d.status = http.StatusServiceUnavailable
		return d
	}
	d.retryAfter = ""
	if c.method == http.MethodGet {
		n.reads++
		if nth(n.reads, w.DamageEvery) {
			d.damage = damages[n.reads/w.DamageEvery%len(damages)]
		}
	}
	if strings.Contains(c.url.Path, w.LoseOnly) {
		n.losable++
		d.lost = nth(n.losable, w.LoseEvery) || n.losable == w.LoseNth
	}
	return d
}

var (
	faultStatuses = []int{
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	damages = []Damage{CutShort, Emptied, ReplacedByHTML}
)

// creates tells whether the call creates an object of the directory or a secret.
func (c *call) creates() bool {
	path := c.url.Path
	if c.method == http.MethodPatch {
		return strings.Contains(path, "(uniqueName=")
	}
	for _, end := range []string{
		"/applications", "/servicePrincipals", "/addPassword", "/appRoleAssignedTo", "/appRoleAssignments",
	} {
		if c.method == http.MethodPost && strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
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
