package plain

import (
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/store"
)

// practised is a finished setup in a practice tenant, set up now.
func practised(t *testing.T, tenant *sandbox.Tenant) store.Setup {
	t.Helper()
	now := time.Now().UTC()
	x := store.Setup{
		Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app", Cloud: m365.Commercial,
		TenantID:     tenant.ID(),
		Organisation: "Example Agency", AppName: "PAL mail", AdminAddress: "admin@agency.gov",
		AppProved: now, SecretProved: now, PermissionProved: now, PALSaved: now,
		Mode: store.ModeSignIn, SignedInAs: "admin@agency.gov",
		LastTest: store.Test{At: now, To: "admin@agency.gov", Reference: "K3F7QX", Accepted: true, Arrived: "yes"},
	}
	x.Note(store.Event{At: now, What: store.EventTested})
	app, _, err := tenant.Practice("register", "", map[string]string{
		"app-name": x.AppName, "redirect-uri": m365.RedirectURI(x.PALURL),
	})
	if err != nil {
		t.Fatal(err)
	}
	x.ClientID = app["client-id"]
	x.Secret = newSecret(t, tenant, x.ClientID)
	if _, _, err := tenant.Practice("permission", "", map[string]string{
		"client-id": x.ClientID, "mailbox": x.Mailbox,
	}); err != nil {
		t.Fatal(err)
	}
	return x
}

// newSecret makes a secret of 180 days.
func newSecret(t *testing.T, tenant *sandbox.Tenant, clientID string) store.Secret {
	t.Helper()
	now := time.Now().UTC()
	s, err := tenant.AddSecret(clientID, "PAL mail "+now.Format("2006-01"), now.AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	return store.Secret{
		Value: secret.New(s.Value), Description: s.Description, Hint: s.Hint, KeyID: s.ID, Created: now,
		Expires: s.Expires,
	}
}

// narrowed limits the app to its mailbox, and says so in the record.
func narrowed(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
	t.Helper()
	for _, screen := range []string{"limit", "limit-consent"} {
		if _, _, err := tenant.Practice(screen, "", map[string]string{
			"client-id": x.ClientID, "mailbox": x.Mailbox, "other-mailbox": "admin@agency.gov",
		}); err != nil {
			t.Fatal(err)
		}
	}
	x.LimitedByExchange, x.Limit = true, store.Limit{
		Other: "admin@agency.gov", Stage: store.LimitProved, At: time.Now(),
	}
}
