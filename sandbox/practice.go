package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mistake is a usual way to go wrong on a screen. The empty Mistake is none.
type Mistake string

// The mistakes, by screen.
const (
	UnknownDomain     Mistake = "unknown-domain"     // start
	UnlicensedMailbox Mistake = "unlicensed-mailbox" // start
	SwappedIDs        Mistake = "swapped-ids"        // register
	WrongTenant       Mistake = "wrong-tenant"       // register
	WrongPlatform     Mistake = "mobile-and-desktop" // register
	ObjectIDPasted    Mistake = "object-id"          // register
	SecretIDPasted    Mistake = "secret-id"          // secret
	ExpiredSecret     Mistake = "expired-secret"     // secret
	//nolint:gosec // the name of a mistake, and no secret
	OtherAppsSecret   Mistake = "other-apps-secret"   // secret
	SecretCutShort    Mistake = "cut-short"           // secret
	DelegatedInstead  Mistake = "delegated"           // permission
	WrongAPI          Mistake = "exchange-online"     // permission
	NoConsent         Mistake = "no-consent"          // permission
	ExtraPower        Mistake = "extra-power"         // permission
	LimitedByExchange Mistake = "limited-by-exchange" // permission
	NotSaved          Mistake = "not-saved"           // rotate-pal, rotate-back
	OtherRow          Mistake = "other-row"           // old-row, rotate-discard, revoke-row
	RowLeft           Mistake = "row-left"            // old-row, rotate-discard, revoke-row

	RegistrationObjectID Mistake = "registration-object-id" // limit-id and limit
	WrongMailboxInScope  Mistake = "wrong-mailbox-in-scope" // limit
	NestedGroup          Mistake = "nested-group"           // limit
	WholeTenant          Mistake = "whole-tenant"           // limit
	ConsentLeft          Mistake = "consent-left"           // limit-consent
	OnlyUnlisted         Mistake = "only-unlisted"          // limit-consent
	OtherRevoked         Mistake = "other-revoked"          // limit-consent
)

var mistakeLabels = map[Mistake]string{
	UnknownDomain:     "misspell the domain",
	UnlicensedMailbox: "use a mailbox without a licence",
	SwappedIDs:        "swap the two IDs",
	WrongTenant:       "paste another tenant's ID",
	WrongPlatform:     "register under Mobile and desktop applications",
	ObjectIDPasted:    "paste the Object ID instead of the client ID",
	SecretIDPasted:    "paste the Secret ID instead of the Value",
	ExpiredSecret:     "paste a secret that has expired",
	OtherAppsSecret:   "paste the secret of another app",
	SecretCutShort:    "paste only part of the Value",
	DelegatedInstead:  "add the delegated Mail.Send",
	WrongAPI:          "add Office 365 Exchange Online's Mail.Send",
	NoConsent:         "forget admin consent",
	ExtraPower:        "grant Mail.ReadWrite as well",
	LimitedByExchange: "limit the app in Exchange Online instead of consenting",
	NotSaved:          "close PAL's form without saving",
	OtherRow:          "delete the other secret's row",
	RowLeft:           "leave the row there",

	RegistrationObjectID: "take the Object ID of the app registration",
	WrongMailboxInScope:  "put another mailbox into the scope",
	NestedGroup:          "make the scope from a group in a group",
	WholeTenant:          "assign the role without a scope",
	ConsentLeft:          "leave the consent",
	OnlyUnlisted:         "only take it off the list of permissions",
	OtherRevoked:         "revoke another permission",
}

// Label says in a few words what is done wrongly.
func (m Mistake) Label() string {
	if l := mistakeLabels[m]; l != "" {
		return l
	}
	return string(m)
}

var mistakes = map[string][]Mistake{
	"start":      {UnknownDomain, UnlicensedMailbox},
	"register":   {SwappedIDs, WrongTenant, WrongPlatform, ObjectIDPasted},
	"secret":     {SecretIDPasted, ExpiredSecret, OtherAppsSecret, SecretCutShort},
	"permission": {DelegatedInstead, WrongAPI, NoConsent, ExtraPower, LimitedByExchange},
	"rotate-pal": {NotSaved}, "rotate-back": {NotSaved},
	"old-row": {OtherRow, RowLeft}, "rotate-discard": {OtherRow, RowLeft}, "revoke-row": {OtherRow, RowLeft},

	"limit-id":      {RegistrationObjectID},
	"limit":         {RegistrationObjectID, WrongMailboxInScope, NestedGroup, WholeTenant},
	"limit-consent": {ConsentLeft, OnlyUnlisted, OtherRevoked},
}

// Mistakes lists the usual mistakes on a screen.
func (t *Tenant) Mistakes(screen string) []Mistake {
	return append([]Mistake(nil), mistakes[screen]...)
}

// practised is what Practice has left behind and mends later.
type practised struct {
	registered string            // client ID of the app it registered last
	spoiled    map[string]string // client ID → Secret ID of a secret that never reached PAL
	pal        map[string]string // client ID → Secret ID of the one that PAL holds
}

// Practice does the portal's part of a screen, rightly or with a mistake, as
// somebody at the portal would: start, register, secret, permission, the
// screens of a renewal (see practiseRotation), limit-id, limit (which runs the
// script in Exchange Online), limit-consent, limit-undo, or arrived, which
// reads the newest mail. have holds what is known so far by field key
// (app-name, redirect-uri, client-id, description, expires as RFC 3339,
// mailbox, other-mailbox, service-principal-id). It returns what that person
// would paste into which field, and what was done in one or two sentences; for
// arrived, the mail. Doing it rightly after a mistake mends
// the mistake.
func (t *Tenant) Practice(screen string, mistake Mistake,
	have map[string]string) (fill map[string]string, said string, err error) {
	if mistake != "" {
		allowed := false
		for _, m := range mistakes[screen] {
			allowed = allowed || m == mistake
		}
		if !allowed {
			return nil, "", fmt.Errorf("practice tenant: no mistake %q on the screen %q", mistake, screen)
		}
	}
	switch screen {
	case "start":
		fill, said = t.practiseStart(mistake)
	case "register":
		fill, said = t.practiseRegister(mistake, have["app-name"], have["redirect-uri"])
	case "secret":
		fill, said, err = t.practiseSecret(mistake, have)
	case "permission":
		said, err = t.practisePermission(mistake, have["client-id"], have["mailbox"])
	case "limit-id":
		fill, said, err = t.practiseID(mistake, have["client-id"])
	case "limit":
		said, err = t.practiseLimit(mistake, have)
	case "limit-consent":
		said, err = t.practiseConsent(mistake, have["client-id"])
	case "limit-undo":
		said, err = t.practiseUndo(have["client-id"])
	case "arrived":
		said = t.newestMail()
	case "rotate-pal", "rotate-back", "rotate-sends", "old-row", "rotate-discard", "revoke-row":
		said, err = t.practiseRotation(screen, mistake, have)
	default:
		err = fmt.Errorf("practice tenant: nothing to practise on the screen %q", screen)
	}
	return fill, said, err
}

func (t *Tenant) practiseStart(m Mistake) (map[string]string, string) {
	fill := map[string]string{"mailbox": "noreply@" + t.domain, "pal-url": "https://pal." + t.domain + "/app"}
	switch m {
	case UnknownDomain:
		fill["mailbox"] = "noreply@" + misspelt(t.domain)
		return fill, "Typed the mailbox with two letters of the domain swapped."
	case UnlicensedMailbox:
		fill["mailbox"] = "records@" + t.domain
		t.SetMailbox(fill["mailbox"], Mailbox{})
		return fill, "Took records@" + t.domain +
			", an account in the practice tenant that has no Exchange Online licence."
	}
	return fill, "Took noreply@" + t.domain + ", a licensed mailbox in the practice tenant."
}

// misspelt swaps two different neighbouring letters of a domain's first label.
func misspelt(domain string) string {
	b := []byte(domain)
	for i := len(b) - 2; i > 0; i-- {
		if b[i] != b[i+1] && b[i] != '.' && b[i+1] != '.' && i+1 < strings.IndexByte(domain, '.') {
			b[i], b[i+1] = b[i+1], b[i]
			return string(b)
		}
	}
	return "no-" + domain
}

func (t *Tenant) practiseRegister(m Mistake, name, redirect string) (map[string]string, string) {
	if name == "" {
		name = "PAL mail"
	}
	platform := Web
	if m == WrongPlatform {
		platform = MobileAndDesktop
	}
	a, said := t.registration(name, redirect, platform)
	fill := map[string]string{"client-id": a.ClientID, "tenant-id": t.id}
	switch m {
	case SwappedIDs:
		fill["client-id"], fill["tenant-id"] = t.id, a.ClientID
		return fill, said + " Copied the two IDs into each other's place."
	case WrongTenant:
		fill["tenant-id"] = t.neighbour.id
		return fill, said + " Copied the Directory (tenant) ID while signed in to another tenant, " + t.neighbour.org +
			"."
	case ObjectIDPasted:
		fill["client-id"] = a.ObjectID
		return fill, said + " Copied the Object ID, which stands below the Application (client) ID."
	}
	return fill, said + " Copied the Application (client) ID and the Directory (tenant) ID."
}

// registration registers the app, or puts right the one that was registered here before.
func (t *Tenant) registration(name, redirect string, p Platform) (App, string) {
	t.mu.Lock()
	if a := t.app(t.practised.registered); a != nil && a.name == name {
		defer t.mu.Unlock()
		said := "Opened " + name + " again."
		if a.platform != p || redirect != "" && !slices.Equal(a.redirects[p], []string{redirect}) {
			said = "Moved the redirect URI of " + name + " to the platform " + string(p) + "."
		}
		a.move(p)
		if redirect != "" {
			a.redirects[p] = []string{redirect}
		}
		return a.shown(), said
	}
	t.mu.Unlock()
	a := t.RegisterApp(name, p, redirect)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.practised.registered = a.ClientID
	return a, "Registered " + name + " in the practice tenant, platform " + string(p) + "."
}

func (t *Tenant) practiseSecret(m Mistake, have map[string]string) (map[string]string, string, error) {
	id, description := have["client-id"], have["description"]
	var expires time.Time
	if e := have["expires"]; e != "" {
		var err error
		if expires, err = time.Parse(time.RFC3339, e); err != nil {
			return nil, "", fmt.Errorf("practice tenant: the expiry date: %w", err)
		}
	}
	tidied := t.dropSpoiled(id)
	switch m {
	case ExpiredSecret:
		expires = t.now().AddDate(0, 0, -1)
	case OtherAppsSecret:
		if _, ok := t.AppWithID(id); !ok {
			return nil, "", fmt.Errorf("practice tenant: no app with the client ID %q", id)
		}
		other, ok := t.AppNamed("Old mail relay")
		if !ok {
			other = t.RegisterApp("Old mail relay", Web, "")
		}
		s, err := t.AddSecret(other.ClientID, "relay", time.Time{})
		if err != nil {
			return nil, "", err
		}
		return map[string]string{"secret": s.Value}, "Copied a secret's Value from another app, Old mail relay.", nil
	}
	s, err := t.AddSecret(id, description, expires)
	if err != nil {
		return nil, "", err
	}
	pasted, said := s.Value, "Added a client secret in the practice tenant and copied its Value."
	switch m {
	case SecretIDPasted:
		pasted, said = s.ID, "Added a client secret in the practice tenant and copied its Secret ID."
	case SecretCutShort:
		pasted, said = s.Value[:28], "Added a client secret in the practice tenant and copied only part of its Value."
	case ExpiredSecret:
		said = "Copied the Value of a secret in the practice tenant that expired yesterday."
	}
	if tidied {
		said = "Deleted the secret from before. " + said
	}
	if m != "" {
		t.mu.Lock()
		if t.practised.spoiled == nil {
			t.practised.spoiled = map[string]string{}
		}
		t.practised.spoiled[id] = s.ID
		t.mu.Unlock()
	}
	return map[string]string{"secret": pasted}, said, nil
}

// dropSpoiled deletes the secret that a mistake left behind: its value is shown no more.
func (t *Tenant) dropSpoiled(clientID string) bool {
	t.mu.Lock()
	keyID := t.practised.spoiled[clientID]
	delete(t.practised.spoiled, clientID)
	t.mu.Unlock()
	return keyID != "" && t.RemoveSecret(clientID, keyID) == nil
}

func (t *Tenant) newestMail() string {
	mails := t.Mails()
	if len(mails) == 0 {
		return "No mail has arrived in the practice tenant."
	}
	m := mails[len(mails)-1]
	return fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\n\n%s", m.From, strings.Join(m.To, ", "), m.Subject, m.Text)
}
