package sandbox

import (
	"slices"
	"time"
)

const singleTenant = "AzureADMyOrg"

// The changes that the portal's methods, the pages and Graph share. t.mu is
// held for all of them.

// bury deletes an app with its enterprise application. It lies in Deleted
// applications from then on, and reads may find it for a while.
func (t *Tenant) bury(a *app) {
	a.deleted = t.now()
	t.apps = slices.DeleteFunc(t.apps, func(b *app) bool { return b == a })
	t.gone = append(t.gone, a)
	if len(t.gone) > shelfSize {
		t.gone = slices.Delete(t.gone, 0, 1)
	}
	t.wrote("delete application %s", a.clientID)
}

// dissolve deletes the enterprise application only, with what was granted to it.
func (t *Tenant) dissolve(a *app) {
	a.spID, a.grants = "", nil
	t.wrote("delete servicePrincipal %s", a.clientID)
}

// enlist makes the app's enterprise application.
func (t *Tenant) enlist(a *app) {
	a.spID, a.spCreated, a.disabled = t.guid(), t.now(), false
	t.wrote("create servicePrincipal %s", a.clientID)
}

func (t *Tenant) keepSecret(a *app, description string, created, expires time.Time) Secret {
	value := t.secretValue()
	s := Secret{ID: t.guid(), Value: value, Hint: value[:3], Description: description, Created: created, Expires: expires}
	a.secrets = append(a.secrets, &keptSecret{Secret: s, made: t.now()})
	a.secretAdded = t.now()
	t.wrote("add secret %s %s", a.clientID, s.ID)
	return s
}

func (t *Tenant) dropSecret(a *app, s *keptSecret) {
	s.removed = t.now()
	t.wrote("remove secret %s %s", a.clientID, s.ID)
}

// grant grants p, unless it is granted.
func (t *Tenant) grant(a *app, p Permission) *grant {
	if a.granted(p) {
		return nil
	}
	g := &grant{Permission: p, at: t.now(), id: t.assignmentID(a, p)}
	a.grants = append(a.grants, g)
	t.wrote("grant %s %s/%s/%s", a.clientID, p.API, p.Kind, p.Name)
	return g
}

func (t *Tenant) revoke(a *app, which func(Permission) bool) {
	for _, g := range a.grants {
		if g.revoked.IsZero() && which(g.Permission) {
			g.revoked = t.now()
			t.wrote("revoke %s %s/%s/%s", a.clientID, g.API, g.Kind, g.Name)
		}
	}
}

// move puts the app's redirect URIs under another platform.
func (a *app) move(p Platform) {
	if p != a.platform {
		a.redirects[p] = append(a.redirects[p], a.redirects[a.platform]...)
		delete(a.redirects, a.platform)
	}
	a.platform = p
}

// settle derives the platform from where the redirect URIs are.
func (a *app) settle() {
	for _, p := range []Platform{Web, MobileAndDesktop, SPA} {
		if len(a.redirects[p]) > 0 {
			a.platform = p
			return
		}
	}
	a.platform = Web
}

// public tells whether the app signs people in without a secret.
func (a *app) public() bool {
	return a.fallback || len(a.redirects[MobileAndDesktop]) > 0 || a.platform == MobileAndDesktop
}
