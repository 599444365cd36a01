package sandbox

import (
	"slices"
	"strings"
	"time"
)

// life is when something was made and removed, and what Exchange's cache has
// learned of it. What it has learned it does not forget.
type life struct {
	Made             time.Time `json:"made"`
	Removed          time.Time `json:"-"` // zero while it is there
	known, forgotten bool
}

// stands tells whether Exchange applies it now. delay returns how long a change takes to spread.
func (l *life) stands(t *Tenant, delay func(since time.Time) time.Duration) bool {
	seen := func(since time.Time) bool { return t.now().Sub(since) >= delay(since) }
	l.known = l.known || seen(l.Made)
	l.forgotten = l.forgotten || !l.Removed.IsZero() && seen(l.Removed)
	return l.known && !l.forgotten
}

// cacheDelay is how long a change in Exchange Online takes to reach an app:
// 30 minutes for one that made no calls lately, and up to two hours for one
// that does (https://learn.microsoft.com/exchange/permissions-exo/application-rbac).
// One that called within the shorter time before the change, or since, is in use.
func (t *Tenant) cacheDelay(objectID string) func(time.Time) time.Duration {
	last, called := t.exchange.calls[objectID]
	return func(since time.Time) time.Duration {
		if called && since.Sub(last) < t.weather.ExchangeDelay {
			return max(t.weather.ExchangeDelay, t.weather.ExchangeDelayActive)
		}
		return t.weather.ExchangeDelay
	}
}

// noteCall remembers that the app asked for a mailbox.
func (t *Tenant) noteCall(objectID string) {
	if t.exchange.calls == nil {
		t.exchange.calls = map[string]time.Time{}
	}
	t.exchange.calls[objectID] = t.now()
}

// canSendAs tells whether an app can send as a mailbox: by the role in its
// token or by a role in Exchange whose scope holds the mailbox. The two add up.
// t.mu is held.
func (t *Tenant) canSendAs(b claims, a *app, m *mailbox) bool {
	if slices.Contains(b.Roles, "Mail.Send") {
		return true
	}
	delay := t.cacheDelay(b.Oid)
	// What Entra granted until a moment ago is in the cache as well.
	for _, g := range a.grants {
		if g.Permission == mailSend && !g.revoked.IsZero() && !g.forgotten {
			if t.now().Sub(g.revoked) < delay(g.revoked) {
				return true
			}
			g.forgotten = true
		}
	}
	may := false
	for _, r := range t.exchange.assignments {
		// The token's object ID counts, whatever the AppId says. All are asked,
		// so that each takes note of the time.
		if stands := r.stands(t, delay); stands && strings.EqualFold(r.ObjectID, b.Oid) {
			may = may || t.holds(r, m, delay)
		}
	}
	t.exchange.tidy()
	return may
}

// mailSend is the application permission that all this is about.
var mailSend = Permission{API: MicrosoftGraph, Kind: Application, Name: "Mail.Send"}

// holds tells whether the cache has the mailbox in the scope of an assignment.
func (t *Tenant) holds(r *exoAssignment, m *mailbox, delay func(time.Time) time.Duration) bool {
	if r.Scope == "" {
		return true
	}
	s := t.exchange.scope(r.Scope)
	if s == nil {
		return false
	}
	filter := s.Filter
	if s.before != "" && !s.changed.stands(t, delay) {
		filter = s.before
	}
	return t.exchange.matches(filter, m)
}

// tidy drops what neither the settings nor the cache know any more.
func (x *exchangeOnline) tidy() {
	x.assignments = slices.DeleteFunc(x.assignments, func(a *exoAssignment) bool { return a.forgotten })
	x.scopes = slices.DeleteFunc(x.scopes, func(s *exoScope) bool {
		return strings.HasPrefix(s.Name, removedScope) &&
			!slices.ContainsFunc(x.assignments, func(a *exoAssignment) bool { return a.Scope == s.Name })
	})
	x.policies = slices.DeleteFunc(x.policies, func(p *exoPolicy) bool { return p.forgotten })
}

// isExcluded tells whether an application access policy keeps the app from the
// mailbox. Microsoft says that one takes more than an hour to work.
func (t *Tenant) isExcluded(a *app, m *mailbox) bool {
	excluded := false
	for _, p := range t.exchange.policies {
		if strings.EqualFold(p.ClientID, a.clientID) && p.Mailbox == m.address {
			stands := p.stands(t, func(time.Time) time.Duration { return t.weather.PolicyDelay })
			excluded = excluded || stands
		}
	}
	return excluded
}

// AllowByExchange lets the app send from mailbox by RBAC for Applications in
// Exchange Online, as the right script does: its tokens carry no role for it.
func (t *Tenant) AllowByExchange(clientID, mailbox string) error {
	return t.change(clientID, func(a *app) error {
		t.allow(a, strings.ToLower(mailbox))
		return nil
	})
}

// BlockByAccessPolicy excludes mailbox from the app's reach by an application
// access policy of Exchange Online.
func (t *Tenant) BlockByAccessPolicy(clientID, mailbox string) error {
	return t.change(clientID, func(a *app) error {
		t.block(a, strings.ToLower(mailbox))
		return nil
	})
}

func (t *Tenant) block(a *app, address string) {
	if !t.hasPolicy(a, address) {
		t.exchange.policies = append(t.exchange.policies, &exoPolicy{
			ClientID: a.clientID, Mailbox: address, life: life{Made: t.now()},
		})
	}
}

// clearExchange removes what Exchange allows or forbids the app for the one mailbox. t.mu is held.
func (t *Tenant) clearExchange(a *app, address string) {
	x := &t.exchange
	for _, r := range x.assigned(a.spID) {
		s, m := x.scope(r.Scope), t.mailboxes[address]
		if s != nil && m != nil && x.matches(s.Filter, m) {
			t.takeRole(r)
		}
	}
	for _, p := range x.policies {
		if p.ClientID == a.clientID && p.Mailbox == address && p.Removed.IsZero() {
			p.Removed = t.now()
		}
	}
}

// allow makes what is missing for the app to send as the mailbox. t.mu is held.
func (t *Tenant) allow(a *app, address string) {
	x := &t.exchange
	if p := x.principal(a.clientID); p != nil && !strings.EqualFold(p.ObjectID, a.spID) {
		t.unlimit(a)
	}
	if t.inRBAC(a, address) || a.spID == "" {
		return
	}
	if x.principal(a.clientID) == nil {
		x.principals = append(x.principals, &exoPrincipal{a.clientID, a.spID, a.name})
	}
	t.assignRole(a, a.spID, x.scopeFor(addressFilter(address)))
}

// scopeFor returns the name of the scope with this filter, and makes it where there is none.
func (x *exchangeOnline) scopeFor(filter string) string {
	for _, s := range x.scopes {
		if s.Filter == filter && !strings.HasPrefix(s.Name, removedScope) {
			return s.Name
		}
	}
	name := "Scope of " + filter[strings.IndexByte(filter, '\'')+1:len(filter)-1]
	if len(name) > 60 {
		name = name[:60]
	}
	for n := 2; x.scope(name) != nil; n++ {
		name = strings.TrimRight(name, "0123456789") + string(rune('0'+n%10))
	}
	x.scopes = append(x.scopes, &exoScope{Name: name, Filter: filter})
	return name
}

// assignRole gives Exchange's service principal the role in a scope, "" for all mailboxes.
func (t *Tenant) assignRole(a *app, objectID, scope string) {
	t.exchange.assignments = append(t.exchange.assignments, &exoAssignment{
		Name: "Mail.Send " + a.clientID[:8] + " " + t.derived("assignment", a.clientID, scope, t.now().String())[:8],
		Role: MailSendRole, ObjectID: objectID, Scope: scope, life: life{Made: t.now()},
	})
}

// unlimit takes all that Exchange has of the app away, as the undo script does. t.mu is held.
func (t *Tenant) unlimit(a *app) {
	x := &t.exchange
	p := x.principal(a.clientID)
	if p == nil {
		return
	}
	for _, r := range x.assigned(p.ObjectID) {
		t.takeRole(r)
	}
	x.principals = slices.DeleteFunc(x.principals, func(q *exoPrincipal) bool { return q == p })
}

// takeRole removes an assignment, and its scope when nothing else needs it.
func (t *Tenant) takeRole(r *exoAssignment) {
	r.Removed = t.now()
	if s := t.exchange.scope(r.Scope); s != nil && !t.exchange.used(s.Name) {
		t.exchange.retire(s)
	}
}

// retire removes a scope that no standing assignment uses. While the cache
// goes by an assignment that is gone, it keeps its scope.
func (x *exchangeOnline) retire(s *exoScope) {
	gone := removedScope + s.Name
	for _, a := range x.assignments {
		if a.Scope == s.Name {
			a.Scope = gone
		}
	}
	s.Name = gone
	x.tidy()
}

// inRBAC tells whether Exchange's settings, past its cache, let the app send as the mailbox.
func (t *Tenant) inRBAC(a *app, address string) bool {
	m := t.mailboxes[address]
	if a.spID == "" {
		return false
	}
	for _, r := range t.exchange.assigned(a.spID) {
		s := t.exchange.scope(r.Scope)
		if r.Scope == "" ||
			s != nil && (m != nil && t.exchange.matches(s.Filter, m) ||
				m == nil && strings.Contains(s.Filter, "'"+address+"'")) {
			return true
		}
	}
	return false
}

func (t *Tenant) hasPolicy(a *app, address string) bool {
	return slices.ContainsFunc(t.exchange.policies, func(p *exoPolicy) bool {
		return p.Removed.IsZero() && p.ClientID == a.clientID && p.Mailbox == address
	})
}
