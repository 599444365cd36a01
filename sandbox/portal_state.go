package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// state is what is kept of a tenant between runs, with the changes that have
// not reached every copy of the directory yet. Mail, sign-ins and tokens are not
// kept, and accounts are those that every tenant has.
type state struct {
	Version   int                     `json:"version"`
	TenantID  string                  `json:"tenant_id"`
	Cloud     string                  `json:"cloud"`
	Domain    string                  `json:"domain"`
	Org       string                  `json:"organisation"`
	Ahead     time.Duration           `json:"clock_ahead,omitempty"`
	Weather   Weather                 `json:"weather"`
	Rules     Rules                   `json:"rules"`
	Apps      []appState              `json:"apps"`
	Deleted   []appState              `json:"deleted_apps,omitempty"`
	Exchange  exchangeState           `json:"exchange_online"`
	Mailboxes map[string]mailboxState `json:"mailboxes"`
}

type mailboxState struct {
	Mailbox
	ID      string   `json:"id"`
	Aliases []string `json:"aliases,omitempty"`
}

type appState struct {
	ObjectID    string                `json:"object_id"`
	ClientID    string                `json:"client_id"`
	PrincipalID string                `json:"service_principal_id"`
	Name        string                `json:"name"`
	UniqueName  string                `json:"unique_name,omitempty"`
	Platform    Platform              `json:"platform"`
	Redirects   map[Platform][]string `json:"redirects"`
	Fallback    bool                  `json:"fallback,omitempty"`
	Audience    string                `json:"audience"`
	Words       map[string]string     `json:"words,omitempty"`
	Tags        []string              `json:"tags,omitempty"`
	Owner       string                `json:"owner,omitempty"`
	Disabled    bool                  `json:"disabled,omitempty"`
	Created     time.Time             `json:"created"`
	SPCreated   time.Time             `json:"sp_created"`
	DeletedAt   time.Time             `json:"deleted,omitzero"`
	Changed     time.Time             `json:"changed,omitzero"`
	Before      *appState             `json:"before,omitempty"` // the change
	Secrets     []secretState         `json:"secrets"`
	Permissions []Permission          `json:"permissions"`
	Grants      []grantState          `json:"grants"`
	// What an earlier version kept of Exchange Online.
	Exchange map[string]bool `json:"exchange,omitempty"`
	Excluded map[string]bool `json:"excluded,omitempty"`
}

// secretState is a secret without its value: the digest recognises it.
type secretState struct {
	ID          string    `json:"id"`
	Hint        string    `json:"hint"`
	Digest      string    `json:"sha256"`
	Description string    `json:"description"`
	Created     time.Time `json:"created"`
	Expires     time.Time `json:"expires"`
	Made        time.Time `json:"made"`
	Removed     time.Time `json:"removed,omitzero"`
}

type grantState struct {
	Permission Permission `json:"permission"`
	ID         string     `json:"id"`
	At         time.Time  `json:"at"`
	Revoked    time.Time  `json:"revoked,omitzero"`
}

const stateVersion = 1

// State returns what Restore makes the tenant of again, as JSON. It holds
// digests of secrets, and no secret.
func (t *Tenant) State() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := state{
		Version: stateVersion, TenantID: t.id, Cloud: t.home().name, Domain: t.domain, Org: t.org,
		Ahead: t.ClockAhead(), Weather: t.weather, Rules: t.rules,
		Apps: []appState{}, Mailboxes: map[string]mailboxState{}, Exchange: t.exchange.state(),
	}
	for address, m := range t.mailboxes {
		s.Mailboxes[address] = mailboxState{m.Mailbox, m.id, m.aliases}
	}
	for _, a := range t.apps {
		s.Apps = append(s.Apps, t.appState(a))
	}
	for _, a := range t.deletedApps {
		if t.restorable(a) {
			s.Deleted = append(s.Deleted, t.appState(a))
		}
	}
	b, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("practice tenant: writing its state: %w", err)
	}
	return append(b, '\n'), nil
}

// stillSpreading tells whether a change can be missing from a copy of the
// directory. t.mu is held.
func (t *Tenant) stillSpreading(since time.Time) bool {
	w := t.weather
	return t.now().Sub(since) < 2*max(w.AppDelay, w.SecretDelay, w.ConsentDelay)
}

// appState is what is kept of a. t.mu is held.
func (t *Tenant) appState(a *app) appState {
	s := appState{
		ObjectID: a.objectID, ClientID: a.clientID, PrincipalID: a.spID, Name: a.name, UniqueName: a.uniqueName,
		Platform: a.platform, Redirects: a.redirects, Fallback: a.fallback,
		Audience: a.audience, Words: a.words, Tags: a.tags, Owner: a.owner, Disabled: a.disabled, Created: a.created,
		SPCreated: a.spCreated, DeletedAt: a.deleted,
		Secrets: []secretState{}, Permissions: a.permissions, Grants: []grantState{},
	}
	if a.before != nil && t.stillSpreading(a.changed) {
		before := t.appState(a.before)
		s.Changed, s.Before = a.changed, &before
	}
	for _, k := range a.secrets {
		if k.removed.IsZero() || t.stillSpreading(k.removed) {
			s.Secrets = append(s.Secrets, secretState{
				k.ID, k.Hint, k.known(), k.Description, k.Created, k.Expires, k.made, k.removed,
			})
		}
	}
	for _, g := range a.grants {
		if g.revoked.IsZero() || t.stillSpreading(g.revoked) {
			s.Grants = append(s.Grants, grantState{g.Permission, g.id, g.at, g.revoked})
		}
	}
	return s
}

// Restore makes a tenant of what State returned. Of the options only Now and
// Seed count.
func Restore(o Options, data []byte) (*Tenant, error) {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("practice tenant: reading its state: %w", err)
	}
	if s.Version != stateVersion || !isGUID(s.TenantID) || !isDomain(s.Domain) || cloudNamed(s.Cloud).name != s.Cloud {
		return nil, fmt.Errorf("practice tenant: reading its state: it is no state of version %d", stateVersion)
	}
	t := New(Options{
		Cloud: s.Cloud, Domain: s.Domain, Organisation: s.Org, TenantID: s.TenantID, Weather: s.Weather, Now: o.Now,
		ClockAhead: s.Ahead, Seed: o.Seed,
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = s.Rules
	for address, m := range s.Mailboxes {
		t.mailboxes[address] = &mailbox{Mailbox: m.Mailbox, address: address, id: m.ID, aliases: m.Aliases}
		if who := t.account(address); who != nil && !who.Elsewhere {
			who.id = m.ID
		}
	}
	for _, a := range s.Apps {
		if !isGUID(a.ClientID) || !isGUID(a.ObjectID) || t.app(a.ClientID) != nil {
			return nil, fmt.Errorf("practice tenant: reading its state: app %q has no IDs of its own", a.Name)
		}
		t.apps = append(t.apps, a.app())
	}
	for _, a := range s.Deleted {
		if isGUID(a.ClientID) && isGUID(a.ObjectID) && !a.DeletedAt.IsZero() {
			t.deletedApps = append(t.deletedApps, a.app())
		}
	}
	t.restoreExchange(s)
	return t, nil
}

func (s appState) app() *app {
	a := &app{
		objectID: s.ObjectID, clientID: s.ClientID, spID: s.PrincipalID, name: s.Name, uniqueName: s.UniqueName,
		platform: s.Platform, redirects: s.Redirects, fallback: s.Fallback,
		audience: s.Audience, words: s.Words, tags: s.Tags, owner: s.Owner, disabled: s.Disabled, created: s.Created,
		spCreated: s.SPCreated, deleted: s.DeletedAt,
		permissions: s.Permissions,
	}
	if a.redirects == nil {
		a.redirects = map[Platform][]string{}
	}
	if a.words == nil {
		a.words = map[string]string{}
	}
	if s.Before != nil {
		a.changed, a.before = s.Changed, s.Before.app()
	}
	for _, k := range s.Secrets {
		secret := Secret{ID: k.ID, Hint: k.Hint, Description: k.Description, Created: k.Created, Expires: k.Expires}
		a.secrets = append(a.secrets, &keptSecret{Secret: secret, digest: k.Digest, made: k.Made, removed: k.Removed})
		if k.Made.After(a.secretAdded) {
			a.secretAdded = k.Made
		}
	}
	for _, g := range s.Grants {
		a.grants = append(a.grants, &grant{Permission: g.Permission, id: g.ID, at: g.At, revoked: g.Revoked})
	}
	return a
}

// known is the digest of the secret's value, which is random and long enough
// to be in no need of a slow one.
func (k *keptSecret) known() string {
	if k.digest != "" {
		return k.digest
	}
	sum := sha256.Sum256([]byte(k.Value))
	return hex.EncodeToString(sum[:])
}

// is tells whether value is the secret's.
func (k *keptSecret) is(value string) bool {
	sum := sha256.Sum256([]byte(value))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(k.known())) == 1
}
