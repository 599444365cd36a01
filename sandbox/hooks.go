package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// LoseCall has the answers lost of those calls for which f says so: the call
// is carried out, and the connection ends. n counts the calls since the hook
// was set, from 1; the pages that people click through are not counted. A nil
// f ends it. f is called for one call at a time, and may use the tenant, but not
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

// hooks asks the hooks about one call.
func (t *Tenant) hooks(method, path string) (lost bool, status int) {
	t.mu.Lock()
	lose, fail := t.loseCall, t.failCall
	t.hooked++
	n := t.hooked
	t.mu.Unlock()
	t.hookMu.Lock()
	defer t.hookMu.Unlock()
	if fail != nil {
		status = fail(method, path, n)
	}
	if lose != nil && status == 0 {
		lost = lose(method, path, n)
	}
	return lost, status
}

// keptWrites bounds the log of what was changed.
const keptWrites = 1000

// wrote notes a change in the tenant. t.mu is held.
func (t *Tenant) wrote(format string, args ...any) {
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
