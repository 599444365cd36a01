package progress

import (
	"fmt"
	"time"

	"palmail/clean"
	"palmail/store"
)

// tokenLifetime is how long an access token works at most: Microsoft gives each
// 60 to 90 minutes, and deleting the secret does not end it
// (https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime).
const tokenLifetime = 90 * time.Minute

// Leaked is the secret that a revocation deletes: the one that PAL uses, or, in
// a setup that has none yet, the new one. It is nil when the record has neither.
func Leaked(x *store.Setup) *store.Secret {
	switch {
	case !x.Secret.Value.IsZero():
		return &x.Secret
	case !x.Pending.Value.IsZero() && x.Secret.Hint == "":
		return &x.Pending
	}
	return nil
}

// revokedAt is the last revocation in the history, or else when it was begun.
func revokedAt(x *store.Setup) (at time.Time, by string) {
	for i := len(x.History) - 1; i >= 0; i-- {
		if e := x.History[i]; e.What == store.EventRevoked {
			return e.At, e.By
		}
	}
	return x.Revoking, ""
}

// TokensEnd is when the last access token that was issued with a revoked secret ends.
func TokensEnd(x *store.Setup) time.Time {
	at, _ := revokedAt(x)
	return at.Add(tokenLifetime)
}

// Incident is one line about a revoked secret for an incident report, without
// the secret. Times are UTC.
func Incident(x *store.Setup) string {
	leaked := x.Secret
	if leaked.Hint == "" {
		leaked = x.Pending
	}
	at, by := revokedAt(x)
	text := fmt.Sprintf("%s: deleted the client secret %s (value beginning with %s)",
		at.UTC().Format("2006-01-02 15:04 UTC"), leaked.Description, leaked.Hint)
	if leaked.KeyID != "" {
		text += ", Secret ID " + leaked.KeyID
	}
	if !leaked.Created.IsZero() {
		text += ", created " + leaked.Created.UTC().Format("2006-01-02")
	}
	text += fmt.Sprintf(", of the app with the client ID %s in the tenant %s, because it leaked", x.ClientID, x.TenantID)
	if by != "" {
		text += "; by " + by
	}
	return clean.Line(text + fmt.Sprintf(". It allowed sending as %s. Access tokens issued before can work until %s.",
		x.Mailbox, TokensEnd(x).UTC().Format("2006-01-02 15:04 UTC")))
}
