package lives

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// errDead is what a dead process's calls would have come to; nobody hears it.
var errDead = errors.New("the process is dead")

// process is one run of palmail. It can die in front of a call or a write to
// the keyring, or right behind it; nothing happens for it afterwards.
type process struct {
	l        *life
	name     string // of its visit
	ui       steps.UI
	store    steps.Store
	wire     http.RoundTripper
	given    steps.Given
	person   *person
	ctx      context.Context //nolint:containedctx // a process is a run, and this is how long it lasts
	cancel   context.CancelFunc
	calls    numbered
	keyring  string // the keyring's temper
	mortal   float64
	calm     bool // nothing goes wrong any more
	inMemory bool
	onEnd    []func()

	mu   sync.Mutex
	dead bool
	left bool
}

func (l *life) newProcess(ctx context.Context, name string) (context.Context, *process) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{l: l, name: name, cancel: cancel}
	limit := 0
	p.keyring = l.pick(name+"/keyring", 0.3, "slow", "flaky", "locked", "forgetful", "small")
	if p.keyring == "small" {
		limit = 2560 // the Windows Credential Manager's
	}
	m, end := l.keyring.Open(p.around, limit)
	p.store, p.onEnd = m, append(p.onEnd, end)
	p.wire = wire{l.tenant.Transport(), p}
	if l.pick(name+"/mortal", 0.25, "yes") != "" {
		p.mortal = 0.03
	}
	return ctx, p
}

func (p *process) end() {
	p.cancel()
	for _, f := range p.onEnd {
		f()
	}
}

func (p *process) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// hasLeft says that the process is ending: nothing is promised to a person who
// has left.
func (p *process) hasLeft() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead || p.left
}

func (p *process) leave() {
	p.mu.Lock()
	p.left = true
	p.mu.Unlock()
	p.cancel()
}

// alive does something if the process is alive.
func (p *process) alive(do func() error) error {
	if p.isDead() {
		return errDead
	}
	return do()
}

// point is where a process can die: do is done if it gets so far.
func (p *process) point(what string, do func()) bool {
	if p.isDead() {
		return false
	}
	key := p.name + "/die at " + p.calls.next("point "+what)
	when := ""
	if p.mortal > 0 && !p.calm || p.l.told != nil {
		when = p.l.pick(key, p.mortal, "before", "after")
	}
	if when == "before" {
		p.die(what, when)
		return false
	}
	do()
	if when == "after" {
		p.die(what, when)
		return false
	}
	return !p.isDead()
}

func (p *process) die(what, when string) {
	p.l.say("palmail is killed %s: %s", when, what)
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.cancel()
}

// around is the keyring of this process on a good or a bad day.
func (p *process) around(operation, item string, do func() error) (err error) {
	kind, _, _ := strings.Cut(item, ".")
	name := operation + " " + kind
	passed := p.point(name, func() { err = p.troubled(name, operation, do) })
	if !passed && err == nil {
		err = errDead
	}
	return err
}

// troubled does one call to the keyring as its temper is.
func (p *process) troubled(name, operation string, do func() error) error {
	if p.keyring == "" || p.calm {
		return do()
	}
	key := p.name + "/keyring " + p.calls.next(name)
	switch p.keyring {
	case "slow":
		if d := p.l.pick(key, 0.3, "1s", "4s", "20s", "130s"); d != "" {
			wait, _ := time.ParseDuration(d)
			time.Sleep(wait)
		}
	case "locked":
		if p.l.pick(key, 0.3, "locked") != "" {
			return fmt.Errorf("%w: simulated", store.ErrLocked)
		}
	case "flaky":
		if operation == "get" {
			break
		}
		switch p.l.pick(key, 0.2, "before", "after") {
		case "before":
			return fmt.Errorf("%w: simulated", store.ErrNoProvider)
		case "after":
			_ = do()
			return fmt.Errorf("%w: simulated", store.ErrNoProvider)
		}
	case "forgetful":
		if operation == "set" && p.l.pick(key, 0.15, "drops it") != "" {
			return nil
		}
	}
	return do()
}

// log is the process's log, in which nothing secret may appear.
func (p *process) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(logWriter{p.l}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type logWriter struct{ l *life }

func (w logWriter) Write(line []byte) (int, error) {
	w.l.watchText("the log", string(line), true)
	return len(line), nil
}

// wire is the way to Microsoft of a process.
type wire struct {
	http.RoundTripper
	p *process
}

func (w wire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	name := callName(r.Method, r.URL.Path)
	w.p.l.cover.call(name)
	w.p.l.ledger.request(r)
	passed := w.p.point(name, func() {
		resp, err = w.RoundTripper.RoundTrip(r) //nolint:bodyclose // the caller closes it
		w.p.l.ledger.absorb(palmail)
		w.p.learn(r, resp)
	})
	if !passed {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, errDead
	}
	return resp, err
}

// learn reads the values of secrets and tokens from an answer, as they must not
// turn up anywhere else.
func (p *process) learn(r *http.Request, resp *http.Response) {
	if resp == nil || resp.StatusCode != http.StatusOK ||
		!strings.HasSuffix(r.URL.Path, "/addPassword") && !strings.HasSuffix(r.URL.Path, "/token") {
		return
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	}
	var got struct {
		SecretText   string `json:"secretText"`
		KeyID        string `json:"keyId"`
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if json.Unmarshal(body, &got) != nil {
		return
	}
	if got.SecretText != "" {
		p.l.ledger.made(got.SecretText, got.KeyID)
	}
	for _, token := range []string{got.AccessToken, got.RefreshToken} {
		p.l.ledger.token(token)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

var (
	quoted = regexp.MustCompile(`'[^']*'`)
	guids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	others = regexp.MustCompile(`/users/[^/]+`)
)

// callName names a call without what differs from life to life.
func callName(method, path string) string {
	path = guids.ReplaceAllString(quoted.ReplaceAllString(path, "*"), "*")
	return method + " " + others.ReplaceAllString(path, "/users/*")
}

// disturb is what goes wrong with a call on its way, beside the weather.
func (l *life) disturb(c sandbox.Call) (o sandbox.Outcome) {
	p := l.current()
	if p == nil || p.calm {
		return o
	}
	odds := map[string]float64{"": 0, "few": 0.02, "many": 0.1}[l.pick(p.name+"/faults", 0.5, "few", "few", "many")]
	if odds == 0 && l.told == nil {
		return o
	}
	name := callName(c.Method, c.Path)
	what := l.pick(p.name+"/fault at "+p.calls.next("fault "+name), odds,
		"lost", "lost", "429", "500", "503", "504 done", "cut", "html", "empty", "severed", "slow")
	switch what {
	case "lost":
		o.Lost = true
	case "429":
		o.Status, o.RetryAfter = http.StatusTooManyRequests, "7"
	case "500":
		o.Status = http.StatusInternalServerError
	case "503":
		o.Status, o.RetryAfter = http.StatusServiceUnavailable, "3"
	case "504 done":
		o.Status, o.Done = http.StatusGatewayTimeout, true
	case "cut":
		o.Damage = sandbox.CutShort
	case "html":
		o.Damage = sandbox.ReplacedByHTML
	case "empty":
		o.Damage = sandbox.Emptied
	case "severed":
		o.Damage = sandbox.Severed
	case "slow":
		o.Latency = 12 * time.Second
	}
	if what != "" {
		l.say("%s: %s", name, what)
	}
	return o
}
