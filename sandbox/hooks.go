package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is one call as a hook sees it.
type Call struct {
	Method string
	Path   string // unescaped, such as /v1.0/applications(uniqueName='palmail-1')
	Query  string // as on the wire
	N      int    // counts the calls since the hook was set, from 1
}

// Outcome is what a hook makes of a call. The zero value lets the call pass.
type Outcome struct {
	// Status is answered in place of the real answer, with the error body that
	// belongs to it; 0 gives the real answer. Done lets the call be carried out
	// nevertheless, as when a gateway gives up on a server that goes on.
	Status     int
	Done       bool
	RetryAfter string // the Retry-After header of Status: seconds or an HTTP date, "" for none
	Damage     Damage // of a successful answer's body
	Lost       bool   // the connection ends without an answer
	Latency    time.Duration
}

// Damage is what can happen to the body of an answer on its way.
type Damage int

// The kinds of damage. All but Severed are complete answers of HTTP.
const (
	Undamaged      Damage = iota
	CutShort              // half of the body
	Emptied               // no body
	ReplacedByHTML        // a page of HTML, as from a proxy or a captive portal
	Severed               // the connection ends in the middle of the body
)

// Intercept asks f what becomes of each call; a nil f ends it. The pages that
// people click through are not asked about. f is called for one call at a time,
// and can use the tenant, but not over the wire.
func (t *Tenant) Intercept(f func(Call) Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.intercept, t.hooked = f, 0
}

// LoseCall has the answers lost of those calls for which f says so: the call
// is carried out, and the connection ends. n counts the calls since the hook
// was set, from 1; the pages that people click through are not counted. A nil
// f ends it. f is called for one call at a time, and can use the tenant, but not
// over the wire.
func (t *Tenant) LoseCall(f func(method, path string, n int) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loseCall, t.hooked = f, 0
}

// FailCall has those calls answered with the status that f returns, without
// carrying them out; 0 lets a call pass. n counts as for LoseCall. 429 and 503
// carry Retry-After: 1.
func (t *Tenant) FailCall(f func(method, path string, n int) (status int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failCall, t.hooked = f, 0
}

// askHooks asks the hooks about one call.
func (t *Tenant) askHooks(c *call) (o Outcome) {
	method, path := c.method, c.url.Path
	t.mu.Lock()
	lose, fail, intercept := t.loseCall, t.failCall, t.intercept
	t.hooked++
	n := t.hooked
	t.mu.Unlock()
	t.hookMu.Lock()
	defer t.hookMu.Unlock()
	if intercept != nil {
		o = intercept(Call{Method: method, Path: path, Query: c.url.RawQuery, N: n})
	}
	if fail != nil && o.Status == 0 {
		o.Status = fail(method, path, n)
		if o.Status == http.StatusTooManyRequests || o.Status == http.StatusServiceUnavailable {
			o.RetryAfter = "1"
		}
	}
	if lose != nil && o.Status == 0 {
		o.Lost = lose(method, path, n) || o.Lost
	}
	return o
}

// keptWrites bounds the log of what was changed.
const keptWrites = 1000

// logChange notes a change in the tenant. t.mu is held.
func (t *Tenant) logChange(format string, args ...any) {
	t.writes = append(t.writes, strings.TrimSpace(fmt.Sprintf(format, args...)))
	if over := len(t.writes) - keptWrites; over > 0 {
		t.writes = slices.Delete(t.writes, 0, over)
	}
}

// Writes lists what was changed in the tenant's directory, in order, at most
// the newest 1000 lines, by whatever way it was changed (wire, pages, or the
// portal's methods):
//
//	create application CLIENTID NAME
//	update application CLIENTID PROPERTY,PROPERTY
//	delete application CLIENTID
//	restore application CLIENTID
//	delete permanently application CLIENTID
//	create servicePrincipal CLIENTID
//	delete servicePrincipal CLIENTID
//	add secret CLIENTID KEYID
//	remove secret CLIENTID KEYID
//	grant CLIENTID API/KIND/PERMISSION
//	revoke CLIENTID API/KIND/PERMISSION
func (t *Tenant) Writes() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.writes)
}
