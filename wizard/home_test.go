package wizard

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps"
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

func days(n int) { time.Sleep(time.Duration(n) * 24 * time.Hour) }

// homes are the states of the home screen that have a picture each.
var homes = []struct {
	name string
	live func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) // what happens until palmail is started again
	act  func(r *rig)
}{
	{"fresh", func(*testing.T, *sandbox.Tenant, *store.Setup) { days(1) }, nil},
	{"29-days", func(*testing.T, *sandbox.Tenant, *store.Setup) { days(151) }, nil},
	{"expired", func(*testing.T, *sandbox.Tenant, *store.Setup) { days(200) }, nil},
	{"two-secrets", func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(100)
		x.Old, x.Secret = x.Secret, newSecret(t, tenant, x.ClientID)
	}, nil},
	{"waiting", func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(100)
		x.Pending, x.PendingShown = newSecret(t, tenant, x.ClientID), time.Now()
	}, nil},
	{"incomplete", func(_ *testing.T, _ *sandbox.Tenant, x *store.Setup) {
		days(20)
		x.PermissionProved, x.PALSaved, x.LastTest = time.Time{}, time.Time{}, store.Test{}
	}, nil},
	{"limited", func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(20)
		narrowed(t, tenant, x)
	}, nil},
	{"limit-ended", func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(20)
		narrowed(t, tenant, x)
		if err := tenant.GrantConsent(x.ClientID); err != nil {
			t.Fatal(err)
		}
	}, nil},
	{"limit-begun", func(_ *testing.T, _ *sandbox.Tenant, x *store.Setup) {
		days(20)
		x.Limit = store.Limit{Other: "admin@agency.gov", Stage: store.LimitGranted, At: time.Now()}
	}, nil},
	{"limit-half-undone", func(_ *testing.T, _ *sandbox.Tenant, x *store.Setup) {
		days(20)
		x.Limit = store.Limit{Other: "admin@agency.gov", Stage: store.LimitUndoing, At: time.Now()}
	}, func(r *rig) {
		r.sleep(2 * time.Minute)
		for !strings.Contains(r.screen(), "❯ Limit") {
			r.press("down")
		}
	}},
	{"checked", func(_ *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(20)
		tenant.RevokeConsent(x.ClientID)
	}, func(r *rig) {
		r.sleep(2 * time.Minute)
		for !strings.Contains(r.screen(), "❯ Check everything") {
			r.press("down")
		}
		r.press("enter")
		r.sleep(2 * time.Minute)
	}},
	{
		"revoked", func(_ *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
			days(20)
			tenant.RevokeConsent(x.ClientID)
		}, nil,
	},
	{"renewed-in-portal", func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		days(20)
		if err := tenant.RemoveSecret(x.ClientID, x.Secret.KeyID); err != nil {
			t.Fatal(err)
		}
	}, nil},
	{
		"app-deleted", func(_ *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
			days(20)
			tenant.DeleteApp(x.ClientID)
		}, nil,
	},
	{"proofs-under-way", func(_ *testing.T, tenant *sandbox.Tenant, _ *store.Setup) {
		days(20)
		tenant.SetWeather(sandbox.Weather{Latency: 3 * time.Second})
	}, func(r *rig) { r.sleep(time.Second) }},
}

func TestHome(t *testing.T) {
	for _, h := range homes {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(h.name+"-"+size.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					tenant := sandbox.New(sandbox.Options{Seed: 7})
					x := practised(t, tenant)
					h.live(t, tenant, &x)
					kept := store.NewMemory()
					if err := kept.Save(t.Context(), "default", &x); err != nil {
						t.Fatal(err)
					}
					r := newRig(t, size.w, size.h, Options{
						BrowserHere: true, Kept: func() bool { return true },
					}, homeFlow(tenant, kept, nil))
					if h.act == nil {
						h.act = func(r *rig) { r.sleep(2 * time.Minute) }
					}
					h.act(r)
					golden.RequireEqual(t, r.screen()+"\n")
				})
			})
		}
	}
}

func homeFlow(tenant *sandbox.Tenant, kept steps.Store, profiles []string) func(context.Context, steps.UI) error {
	env := steps.Env{
		Store: kept, M365: m365.Options{
			Transport: tenant.Transport(), Now: time.Now,
		}, Profile: "default", Now: time.Now,
	}
	if profiles != nil {
		env.Profiles = func(context.Context) ([]string, error) { return profiles, nil }
	}
	return func(ctx context.Context, ui steps.UI) error {
		env.UI = ui
		_, err := steps.Run(ctx, env)
		return err
	}
}

// Several profiles: the one whose secret ends first is on top, one that is not finished says so.
func TestSeveralProfiles(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
		t.Run(size.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				tenant := sandbox.New(sandbox.Options{Seed: 7})
				kept := store.NewMemory()
				var names []string
				for i, name := range []string{"county", "city", "state"} {
					x := practised(t, tenant)
					x.Mailbox = "noreply@" + name + ".example"
					x.Secret.Expires = x.Secret.Expires.AddDate(0, 0, -60*i)
					if err := kept.Save(t.Context(), name, &x); err != nil {
						t.Fatal(err)
					}
					names = append(names, name)
				}
				unfinished := store.Setup{Mailbox: "noreply@town.example"}
				if err := kept.Save(t.Context(), "town", &unfinished); err != nil {
					t.Fatal(err)
				}
				r := newRig(t, size.w, size.h, Options{BrowserHere: true}, homeFlow(tenant, kept,
					append(names, "town", "gone")))
				golden.RequireEqual(t, r.screen()+"\n")
				r.press("enter")
				r.want("noreply@state.example")
			})
		})
	}
}
