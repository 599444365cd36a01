package sandbox

import (
	"slices"
	"time"
)

const singleTenant = "AzureADMyOrg"

// The changes that the portal's methods, the pages and Graph have in common.
// t.mu is held for all of them.

// moveToDeleted deletes an app with its enterprise application. It is in Deleted
// applications from then on, and reads can still find it for a while.
func (t *Tenant) moveToDeleted(a *app) {
	a.deleted = t.now()
	t.apps = slices.DeleteFunc(t.apps, func(b *app) bool { return b == a })
	t.deletedApps = append(t.deletedApps, a)
	if len(t.deletedApps) > mostKept {
		t.deletedApps = slices.Delete(t.deletedApps, 0, 1)
	}
	t.logChange("delete application %s", a.clientID)
}

// deletePrincipal deletes the enterprise application only, with what was granted to it.
func (t *Tenant) deletePrincipal(a *app) {
	a.spID, a.grants = "", nil
	t.logChange("delete servicePrincipal %s", a.clientID)
}

// createPrincipal creates the app's enterprise application.
func (t *Tenant) createPrincipal(a *app) {
	a.spID, a.spCreated, a.disabled = t.guid(), t.now(), false
	t.logChange("create servicePrincipal %s", a.clientID)
}

func (t *Tenant) keepSecret(a *app, description string, created, expires time.Time) Secret {
	value := t.secretValue()
	s := Secret{
		ID: t.guid(), Value: value, Hint: value[:3], Description: description, Created: created, Expires: expires,
	}
	a.secrets = append(a.secrets, &keptSecret{Secret: s, made: t.now()})
	a.secretAdded = t.now()
	t.logChange("add secret %s %s", a.clientID, s.ID)
	return s
}

func (t *Tenant) dropSecret(a *app, s *keptSecret) {
	s.removed = t.now()
	t.logChange("remove secret %s %s", a.clientID, s.ID)
}

// grant grants p, unless it is granted.
func (t *Tenant) grant(a *app, p Permission) *grant {
	if a.granted(p) {
		return nil
	}
	g := &grant{Permission: p, at: t.now(), id: t.assignmentID(a, p)}
	a.grants = append(a.grants, g)
	t.logChange("grant %s %s/%s/%s", a.clientID, p.API, p.Kind, p.Name)
	return g
}

func (t *Tenant) revoke(a *app, which func(Permission) bool) {
	for _, g := range a.grants {
		if g.revoked.IsZero() && which(g.Permission) {
			g.revoked = t.now()
			t.logChange("revoke %s %s/%s/%s", a.clientID, g.API, g.Kind, g.Name)
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

// derivePlatform sets the platform by the redirect URIs.
func (a *app) derivePlatform() {
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
