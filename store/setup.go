// Package store keeps one JSON record per profile in the OS keyring, with deadlines and read-back.
package store

import (
	"slices"
	"time"

	"palmail/secret"
)

// Setup is everything known about one PAL instance. But for its older events it
// is one item of the keyring, so it must stay small: Windows takes 2,560 bytes. Times are UTC,
// to the second. A zero time means "not yet".
type Setup struct {
	Mailbox string // the system mailbox PAL sends from
	PALURL  string // PAL's Application Admin URL, without /connectors/SMTP.aspx

	Cloud        string // m365 cloud name, e.g. "gcc-high", or the name of a cloud file's cloud
	CustomCloud  Cloud  // set when the cloud came from a file
	TenantID     string
	Organisation string // what the cloud lookup or the admin called it; may be empty

	AppName  string
	ClientID string

	Secret  Secret // the one PAL uses
	Pending Secret // a newer one that is not proved and handed over yet
	Old     Secret // the one before, while it has not been removed
	// PendingShown is when Pending was first put before the admin to be saved
	// in PAL: from then on PAL may be using it. Zero while it was not.
	PendingShown time.Time
	// Removing is the key ID of the secret whose deletion in the tenant was
	// about to be sent, or was sent and is not recorded yet: Old's or Pending's.
	// PAL must not be led back to that secret.
	Removing string

	// Revoking is when the deletion of a leaked secret was decided, while it is
	// not done or the admin has not read what it means. What it is about is Secret,
	// or Pending where there is no Secret; the value is gone once it is deleted.
	Revoking time.Time

	// LimitedByExchange is true when Mail.Send is granted by Exchange's RBAC
	// for Applications, so that the token carries no role.
	LimitedByExchange bool

	// Limit is how far Mail.Send has been narrowed to Mailbox.
	Limit Limit

	AppProved        time.Time // the app was seen to exist in the tenant
	SecretProved     time.Time // a token was issued for Secret
	PermissionProved time.Time // Mail.Send was seen, or RBAC was declared
	PALSaved         time.Time // the admin said that the four values are saved in PAL

	// Mode is how the setup is done: ModeSignIn, ModePortal, or empty while
	// nobody has chosen.
	Mode string
	// What was made or found in the tenant while signed in; empty otherwise.
	SignedInAs         string // the administrator's account name
	AppObjectID        string // of the app registration, which is not the client ID
	ServicePrincipalID string // object ID of the enterprise application
	GrantID            string // of the app role assignment of Mail.Send
	// AppUniqueName is the alternate key under which palmail registers the app
	// (https://learn.microsoft.com/graph/api/application-upsert). It is saved
	// before the call is sent, so that no repetition of the call, not even by a
	// later run, can make a second app. Empty for an app that palmail did not
	// register, or that was registered where Graph knows no unique names.
	AppUniqueName string
	// AppAdopted is true for an app that was in the tenant before, and that the
	// admin chose to use. palmail never deletes it.
	AppAdopted bool
	// Made names what palmail itself made there, of MadeApp, MadePrincipal and
	// MadeGrant, separated by spaces; undo removes only those, and secrets
	// whose KeyID is known.
	Made string
	// Intent is a change in the tenant that was about to be sent, or was sent
	// and not heard of: it is looked up before it is repeated.
	Intent Intent

	AdminAddress string // where test mails go by default
	LastTest     Test

	// History holds the last events, the oldest first. Save keeps those for
	// which the record has no room in an item of their own.
	History []Event

	LastNotice Notice // the last warning mail that the secret ends

	// Revision names the stored state this Setup was read from. The store
	// changes it with every Save; a Save of an outdated Setup is refused.
	Revision string
}

// The modes of a setup.
const (
	ModeSignIn = "sign-in"
	ModePortal = "portal"
)

// Limit is how far an app's Mail.Send has been narrowed to one mailbox by
// Exchange's RBAC for Applications.
type Limit struct {
	Other string    // a second mailbox, as which the app must not be able to send
	Stage string    // LimitGranted and so on; empty while Exchange grants nothing yet
	At    time.Time // when it came to Stage
}

// The stages of a Limit, for Limit.Stage.
const (
	LimitGranted = "granted" // somebody said that Exchange grants Mail.Send for the mailbox
	LimitAlone   = "alone"   // and the consent in Entra was taken back
	LimitProved  = "proved"  // and both proofs have held
	LimitUndoing = "undoing" // the consent in Entra is back, and what was made in Exchange is still there
)

// What palmail can make in a tenant, for Setup.Made.
const (
	MadeApp       = "app"
	MadePrincipal = "service-principal"
	MadeGrant     = "grant"
)

// Event is something that happened to the setup.
type Event struct {
	At        time.Time
	What      string // EventCreated and so on
	KeyID     string // of the secret it is about, where known
	RequestID string // Microsoft's, where known
	By        string // the administrator's account name, where known
}

// What can happen, for Event.What.
const (
	EventCreated = "created"     // a secret was made or pasted
	EventProved  = "proved"      // a token was issued for it
	EventShown   = "handed-over" // it was put before the admin, for PAL
	EventTested  = "tested"      // Microsoft accepted a test mail
	EventRotated = "rotated"     // the new secret became the current one
	EventRemoved = "removed"     // a secret was removed from the tenant
	EventRevoked = "revoked"     // a leaked secret was deleted, before there was another
	EventUndone  = "undone"      // a new secret was given up

	EventLimitGranted = "limit-granted"   // Exchange was said to grant Mail.Send for the mailbox
	EventConsentGone  = "consent-removed" // the consent in Entra was taken back
	EventConsentBack  = "consent-back"    // it was given again
	EventLimited      = "limited"         // the limit was proved
	EventUnlimited    = "unlimited"       // the limit was given up
)

// MaxHistory is how many events are kept at most.
const MaxHistory = 20

// Note adds an event, and drops the oldest of too many.
func (s *Setup) Note(e Event) {
	e.At = e.At.UTC().Truncate(time.Second)
	all := append(slices.Clip(s.History), e)
	s.History = all[max(len(all)-MaxHistory, 0):]
}

// Intent is a change in the tenant that palmail was about to send, or has sent
// without an answer.
type Intent struct {
	Kind string    // IntentApp, IntentAppPost or IntentSecret; empty for none
	Name string    // by which it can be found again; several secrets' names are separated by a bar
	At   time.Time // when it was begun, by Microsoft's clock; zero when that is not known
}

// What can be under way, for Intent.Kind.
const (
	IntentApp     = "app"      // an app is being registered under AppUniqueName
	IntentAppPost = "app-post" // an app is being registered by a call that makes another one when repeated
	IntentSecret  = "secret"   // client secrets are being made, of which at most one exists
)

// Secret is a client secret with what Microsoft shows beside it.
type Secret struct {
	Value       secret.Value
	Description string
	Hint        string // first three characters of the Value
	KeyID       string // the Secret ID; empty in guided mode, where nobody tells it
	Created     time.Time
	Expires     time.Time
}

// Cloud is a cloud that came from a file: base addresses, https.
type Cloud struct {
	Name, Login, Graph, Portal string
}

// Test is the last test mail.
type Test struct {
	At        time.Time
	To        string
	Reference string
	Accepted  bool   // Microsoft answered 202
	Arrived   string // "yes", "no", or empty while nobody has said
}

// Notice is a warning mail that a secret ends.
type Notice struct {
	At   time.Time // when it was sent, or last tried
	Days int       // the threshold it was for, in days before the end; 0 when it was only tried
}
