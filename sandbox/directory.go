package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Platform is where a redirect URI is registered. It decides whether the app
// can use a secret.
type Platform string

// The platforms of the portal's Authentication page.
const (
	Web              Platform = "Web"
	MobileAndDesktop Platform = "Mobile and desktop applications"
	SPA              Platform = "Single-page application"
)

// The APIs that the portal offers and the kinds of permission.
const (
	MicrosoftGraph = "Microsoft Graph"
	ExchangeOnline = "Office 365 Exchange Online"
	Application    = "Application"
	Delegated      = "Delegated"
)

// App is what the portal shows about an app registration.
type App struct {
	ObjectID           string // of the app registration
	ClientID           string // Application (client) ID
	UniqueName         string // the alternate key, "" for an app made without one
	ServicePrincipalID string // object ID of the enterprise application, "" without one
	Name               string
	Platform           Platform
	RedirectURIs       []string
	Enabled            bool // the enterprise application's "Enabled for users to sign-in"
	Created            time.Time
	Secrets            []Secret // without their values
	Permissions        []Permission
}

// Secret is a client secret. Value is given only by AddSecret.
type Secret struct {
	ID          string // Secret ID: the key ID, not the secret
	Value       string
	Hint        string // the first three characters of the value
	Description string
	Created     time.Time
	Expires     time.Time
}

// Permission is one line of the API permissions page.
type Permission struct {
	API     string // MicrosoftGraph or ExchangeOnline
	Kind    string // Application or Delegated
	Name    string
	Granted bool
}

type app struct {
	objectID, clientID, spID, name string

	uniqueName  string   // the alternate key, "" without one
	platform    Platform // of the redirect URIs, where there is only one
	redirects   map[Platform][]string
	fallback    bool // isFallbackPublicClient
	audience    string
	words       map[string]string // description, notes, serviceManagementReference
	tags        []string
	owner       string // object ID of the account that registered it, "" for the portal
	disabled    bool
	created     time.Time
	spCreated   time.Time
	changed     time.Time // of the last PATCH
	deleted     time.Time
	before      *app      // as it was before the last PATCH
	secretAdded time.Time // of the last secret
	secrets     []*keptSecret
	permissions []Permission // Granted unused
	grants      []*grant
}

type keptSecret struct {
	Secret
	digest  string    // of a value that is not known here, "" for one that is
	made    time.Time // when it was added, which can differ from its start
	removed time.Time // zero while it is there
}

type grant struct {
	Permission
	id        string // of the app role assignment
	at        time.Time
	revoked   time.Time // zero while it stands
	forgotten bool      // Exchange's cache knows that it was revoked
}

// MaxSecretLife is the longest life of a secret that the portal offers, in months.
const MaxSecretLife = 24

// RegisterApp does what Register does in the portal: an app registration in
// this directory only, its enterprise application, and the delegated User.Read
// that every new app lists.
func (t *Tenant) RegisterApp(name string, p Platform, redirectURI string) App {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &app{
		objectID: t.guid(), clientID: t.guid(), spID: t.guid(), name: name, platform: p, created: t.now(),
		spCreated:   t.now(),
		permissions: []Permission{{API: MicrosoftGraph, Kind: Delegated, Name: "User.Read"}}, audience: singleTenant,
		redirects: map[Platform][]string{}, words: map[string]string{},
	}
	if redirectURI != "" {
		a.redirects[p] = []string{redirectURI}
	}
	t.apps = append(t.apps, a)
	t.logChange("create application %s %s", a.clientID, a.name)
	t.logChange("create servicePrincipal %s", a.clientID)
	return a.shown()
}

// Apps lists the app registrations in the order of their making.
func (t *Tenant) Apps() []App {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]App, 0, len(t.apps))
	for _, a := range t.apps {
		out = append(out, a.shown())
	}
	return out
}

// AppNamed returns the newest app registration called name; names are not unique.
func (t *Tenant) AppNamed(name string) (App, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range slices.Backward(t.apps) {
		if a.name == name {
			return a.shown(), true
		}
	}
	return App{}, false
}

// AppWithID returns the app registration with this client ID.
func (t *Tenant) AppWithID(clientID string) (App, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.app(clientID); a != nil {
		return a.shown(), true
	}
	return App{}, false
}

// DeleteApp deletes an app registration with its enterprise application.
func (t *Tenant) DeleteApp(clientID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.app(clientID); a != nil {
		t.moveToDeleted(a)
	}
}

// DeleteServicePrincipal deletes an app's enterprise application only, and
// with it what was granted to it.
func (t *Tenant) DeleteServicePrincipal(clientID string) error {
	return t.change(clientID, func(a *app) error {
		t.deletePrincipal(a)
		return nil
	})
}

// SetEnabled switches an app's enterprise application on or off.
func (t *Tenant) SetEnabled(clientID string, enabled bool) error {
	return t.change(clientID, func(a *app) error {
		a.disabled = !enabled
		return nil
	})
}

// SetPlatform moves an app's redirect URIs to another platform.
func (t *Tenant) SetPlatform(clientID string, p Platform) error {
	return t.change(clientID, func(a *app) error {
		a.move(p)
		return nil
	})
}

// AddSecret adds a client secret. A zero time asks for the portal's
// recommended 180 days; more than 24 months are refused as in the portal. A
// time in the past makes a secret that has expired.
func (t *Tenant) AddSecret(clientID, description string, expires time.Time) (Secret, error) {
	var s Secret
	err := t.change(clientID, func(a *app) error {
		now := t.now()
		if expires.IsZero() {
			expires = now.AddDate(0, 0, 180)
		}
		if expires.After(now.AddDate(0, MaxSecretLife, 0)) {
			return fmt.Errorf("the portal offers at most %d months", MaxSecretLife)
		}
		created := now
		if !expires.After(now) {
			created = expires.AddDate(0, 0, -180)
		}
		s = t.keepSecret(a, description, created, expires.UTC())
		a.secrets[len(a.secrets)-1].made = created // one that has expired is long known
		return nil
	})
	return s, err
}

// AddForeignSecret adds a secret of another program to the app, above every
// secret there is: lists do not show secrets by age.
func (t *Tenant) AddForeignSecret(clientID, description string, expires time.Time) (Secret, error) {
	s, err := t.AddSecret(clientID, description, expires)
	if err != nil {
		return Secret{}, err
	}
	return s, t.change(clientID, func(a *app) error {
		i := slices.IndexFunc(a.secrets, func(k *keptSecret) bool { return k.ID == s.ID })
		if i < 0 {
			return errors.New("the secret is gone")
		}
		added := a.secrets[i]
		a.secrets = slices.Insert(slices.Delete(a.secrets, i, i+1), 0, added)
		return nil
	})
}

// RemoveSecret deletes the secret with this Secret ID. Like every change it
// takes SecretDelay to be seen.
func (t *Tenant) RemoveSecret(clientID, keyID string) error {
	return t.change(clientID, func(a *app) error {
		for _, s := range a.secrets {
			if strings.EqualFold(s.ID, keyID) && s.removed.IsZero() {
				t.dropSecret(a, s)
				return nil
			}
		}
		return errors.New("no secret with that Secret ID")
	})
}

// AddPermission lists a permission under API permissions; nothing is granted by that.
func (t *Tenant) AddPermission(clientID, api, kind, name string) error {
	return t.change(clientID, func(a *app) error {
		if permissionID(api, kind, name) == "" {
			return fmt.Errorf("%s has no %s permission %q", api, strings.ToLower(kind), name)
		}
		p := Permission{API: api, Kind: kind, Name: name}
		if !slices.Contains(a.permissions, p) {
			a.permissions = append(a.permissions, p)
		}
		return nil
	})
}

// RemovePermission takes a permission off the list and revokes it.
func (t *Tenant) RemovePermission(clientID, api, kind, name string) error {
	return t.change(clientID, func(a *app) error {
		p := Permission{API: api, Kind: kind, Name: name}
		a.permissions = slices.DeleteFunc(a.permissions, func(q Permission) bool { return q == p })
		t.revoke(a, func(q Permission) bool { return q == p })
		return nil
	})
}

// GrantConsent does what Grant admin consent does: everything configured now
// is granted. It fails for an app without an enterprise application.
func (t *Tenant) GrantConsent(clientID string) error {
	return t.change(clientID, func(a *app) error {
		if a.spID == "" {
			return errors.New("the app has no enterprise application")
		}
		for _, p := range a.permissions {
			t.grant(a, p)
		}
		return nil
	})
}

// RevokeConsent revokes everything granted to the app; it stays listed.
func (t *Tenant) RevokeConsent(clientID string) error {
	return t.change(clientID, func(a *app) error {
		t.revoke(a, func(Permission) bool { return true })
		return nil
	})
}

// change runs f on the app with this client ID under the lock.
func (t *Tenant) change(clientID string, f func(*app) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.app(clientID)
	if a == nil {
		return fmt.Errorf("practice tenant: no app with the client ID %q", clientID)
	}
	if err := f(a); err != nil {
		return fmt.Errorf("practice tenant: app %q: %w", a.name, err)
	}
	return nil
}

// app finds an app by its client ID. t.mu is held.
func (t *Tenant) app(clientID string) *app {
	for _, a := range t.apps {
		if strings.EqualFold(a.clientID, clientID) {
			return a
		}
	}
	return nil
}

func (a *app) granted(p Permission) bool {
	return slices.ContainsFunc(a.grants, func(g *grant) bool { return g.Permission == p && g.revoked.IsZero() })
}

func (a *app) shown() App {
	s := App{
		ObjectID: a.objectID, ClientID: a.clientID, UniqueName: a.uniqueName, ServicePrincipalID: a.spID, Name: a.name,
		Platform:     a.platform,
		RedirectURIs: slices.Clone(a.redirects[a.platform]), Enabled: !a.disabled, Created: a.created,
	}
	for _, k := range a.secrets {
		if k.removed.IsZero() {
			kept := k.Secret
			kept.Value = ""
			s.Secrets = append(s.Secrets, kept)
		}
	}
	for _, p := range a.permissions {
		p.Granted = a.granted(p)
		s.Permissions = append(s.Permissions, p)
	}
	return s
}
