package progress

import (
	"time"

	"palmail/store"
)

// Status is what is stored about a profile and how long it lasts, as `palmail
// status --json` prints it. It asks nobody.
type Status struct {
	Profile  string        `json:"profile"`
	State    string        `json:"state"` // none, incomplete or ready
	Cloud    string        `json:"cloud"`
	TenantID string        `json:"tenant_id"`
	ClientID string        `json:"client_id"`
	Mailbox  string        `json:"mailbox"`
	PALURL   string        `json:"pal_url"`
	Secret   *SecretStatus `json:"secret"`
	Old      *SecretStatus `json:"old_secret"`
	Pending  *SecretStatus `json:"pending_secret,omitempty"` // a new one that PAL does not use yet
	NextStep string        `json:"next_step"`                // "" when ready
	LastTest *TestStatus   `json:"last_test"`
	Limit    *LimitStatus  `json:"limit,omitempty"` // of Mail.Send to the mailbox, once begun
}

// LimitStatus is how far Mail.Send has been narrowed to the mailbox. State is
// granted (by Exchange, and the consent in Entra stands), alone (the consent is
// taken back), proved, or declared (by the admin, and not proved).
type LimitStatus struct {
	State string `json:"state"`
	Other string `json:"other_mailbox"` // as which the app must not be able to send
	Since string `json:"since"`
}

// SecretStatus describes a secret without it. Times are RFC 3339, UTC.
type SecretStatus struct {
	Description string `json:"description"`
	Hint        string `json:"hint"`
	Created     string `json:"created"`
	Expires     string `json:"expires"`
	DaysLeft    int    `json:"days_left"` // by the calendar in UTC; 0 on the last day, negative when it has expired
}

// TestStatus is the last test mail; OK means that Microsoft accepted it and
// nobody has said that it did not arrive.
type TestStatus struct {
	At        string `json:"at"`
	To        string `json:"to"`
	OK        bool   `json:"ok"`
	Reference string `json:"reference"`
}

// The states of a profile.
const (
	StateNone       = "none"
	StateIncomplete = "incomplete"
	StateReady      = "ready"
	// StateUnreadable is that of a listed profile whose record cannot be read.
	StateUnreadable = "unreadable"
)

// StatusOf says how x stands at now; x is nil when nothing is stored.
func StatusOf(profile string, x *store.Setup, now time.Time) Status {
	st := Status{Profile: profile, State: StateNone, NextStep: string(Start)}
	if x == nil {
		return st
	}
	st.Cloud, st.TenantID, st.ClientID, st.Mailbox, st.PALURL = x.Cloud, x.TenantID, x.ClientID, x.Mailbox, x.PALURL
	st.State, st.NextStep = StateReady, ""
	if next := Next(x); next != Finished {
		if next == Way { // a question, not a stage that can be named
			next = Register
		}
		st.State, st.NextStep = StateIncomplete, string(next)
	}
	if !x.Revoking.IsZero() {
		st.State, st.NextStep = StateIncomplete, string(Secret)
	}
	st.Secret, st.Old, st.Pending = secretStatus(x.Secret, now), secretStatus(x.Old, now), secretStatus(x.Pending, now)
	if t := x.LastTest; !t.At.IsZero() {
		st.LastTest = &TestStatus{
			At: Stamp(t.At), To: t.To, OK: t.Accepted && t.Arrived != "no", Reference: t.Reference,
		}
	}
	switch {
	case x.Limit.Stage != "":
		st.Limit = &LimitStatus{x.Limit.Stage, x.Limit.Other, Stamp(x.Limit.At)}
	case x.LimitedByExchange:
		st.Limit = &LimitStatus{"declared", x.Limit.Other, Stamp(x.PermissionProved)}
	}
	return st
}

func secretStatus(x store.Secret, now time.Time) *SecretStatus {
	if x.Value.IsZero() {
		return nil
	}
	return &SecretStatus{
		Description: x.Description, Hint: x.Hint, Created: Stamp(x.Created), Expires: Stamp(x.Expires),
		DaysLeft: DaysLeft(x, now),
	}
}

// Stamp is t as JSON has it: RFC 3339, UTC, "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
