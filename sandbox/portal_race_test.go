package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"palmail/sandbox"
)

// Several browsers, two tabs of each, and the wizard's calls are at work on one
// tenant at a time. This is for the race detector.
func TestPortalSideBySide(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	for n := range 3 {
		first := newVisitor(t, tenant)
		a := first.register(fmt.Sprintf("PAL mail %d", n))
		for tab := range 2 {
			t.Run(fmt.Sprintf("browser %d tab %d", n, tab), func(t *testing.T) {
				t.Parallel()
				other := *first // with the same cookies
				v := &other
				v.t = t
				app := "/app/" + a.ClientID
				for range 100 { // a window without a lock is small
					v.open(app + "/secrets/new").says(200)
				}
				for range 5 {
					v.addSecret(app, "description", "PAL mail", "expires", "90").says(200, "PAL mail")
					for _, page := range []string{
						"", app, app + "/authentication", app + "/secrets", app + "/permissions", "/mail", "/settings",
					} {
						v.open(page).says(200)
					}
					v.open("/settings").send("/settings/weather", "weather", "calm").says(200, "Saved.")
				}
			})
		}
		t.Run(fmt.Sprintf("calls %d", n), func(t *testing.T) {
			t.Parallel()
			for range 20 {
				if _, err := tenant.AddSecret(a.ClientID, "PAL mail", time.Now().AddDate(0, 0, 90)); err != nil {
					t.Error(err)
				}
				if err := tenant.AddPermission(a.ClientID, sandbox.MicrosoftGraph, sandbox.Application,
					"Mail.Send"); err != nil {
					t.Error(err)
				}
				if err := tenant.GrantConsent(a.ClientID); err != nil {
					t.Error(err)
				}
				tenant.RevokeConsent(a.ClientID)
				_ = tenant.Apps()
			}
		})
	}
}
