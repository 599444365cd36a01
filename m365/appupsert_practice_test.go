package m365_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
)

// With lost answers and a late directory there is still exactly one app.
func TestUpsertInThePracticeTenant(t *testing.T) {
	tenant, c, _, o := practiceTenant(t)
	ctx := t.Context()
	a, err := c.SignInBrowser(ctx, o, visitPages(t, tenant, "admin@agency.gov"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := m365.NewApp{Name: "PAL email", RedirectURI: practicePAL, UniqueName: "palmail-7h2k9c"}
	lost := false
	tenant.LoseCall(func(method, path string, _ int) bool {
		lose := !lost && method == http.MethodPatch && strings.Contains(path, "uniqueName")
		lost = lost || lose
		return lose
	})
	app, outcome, err := a.UpsertApp(ctx, wanted)
	if err != nil || outcome != m365.UpsertExisted || app.UniqueName != wanted.UniqueName || !app.AsksMailSend() {
		t.Fatalf("%+v, %d, %v", app, outcome, err)
	}
	if found, err := a.AppsWithRedirectURI(ctx, practicePAL); err != nil || len(found) != 1 ||
		found[0].ClientID != app.ClientID {
		t.Errorf("%+v, %v", found, err)
	}
	if err := a.DeleteApp(ctx, app.ObjectID); err != nil {
		t.Fatal(err)
	}
	wanted.UniqueNameUsed = true
	if _, _, err := a.UpsertApp(ctx, wanted); !m365.UniqueNameTaken(err) || m365.UpsertUnsupported(err) {
		t.Errorf("a deleted app's name: %v", err)
	}
	if gone, found, err := a.DeletedAppByUniqueName(ctx, wanted.UniqueName); err != nil || !found ||
		gone.ClientID != app.ClientID || gone.Deleted.IsZero() {
		t.Errorf("%+v, %v, %v", gone, found, err)
	}
	for _, status := range []int{404, 405, 501} {
		tenant.SetRules(sandbox.Rules{UniqueNameRefused: status})
		wanted.UniqueName, wanted.UniqueNameUsed = "palmail-another", false
		if _, _, err := a.UpsertApp(ctx, wanted); !m365.UpsertUnsupported(err) || m365.Unclear(err) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if offset, known := c.ClockOffset(); !known || offset.Abs() > time.Minute {
		t.Errorf("the clock is off by %s, %v", offset, known)
	}
}
