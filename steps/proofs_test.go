package steps

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/sandbox/contracttest"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// finished returns a world with a setup that was just finished in the portal.
func finished(t *testing.T, o sandbox.Options) (*world, store.Setup) {
	t.Helper()
	w := from(t, fmt.Sprintf("finished %+v", o), func(t *testing.T) *world {
		w := newWorld(t, o)
		if _, err := w.run(newScript(t)); err != nil {
			t.Fatal(err)
		}
		return w
	})
	return w, w.record(t)
}

// Each thing that can be wrong later is found by its own proof, with its cause.
func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		harm  func(w *world, x *store.Setup)
		fails string
		cause diagnose.Cause
		skips string
	}{
		"all is well": {func(*world, *store.Setup) {}, "", "", ""},
		"app deleted": {
			func(w *world, x *store.Setup) {
				w.tenant.DeleteApp(x.ClientID)
			}, "app", diagnose.CauseAppUnknown, "secret permission mailbox",
		},
		"app disabled": {
			func(w *world, x *store.Setup) {
				_ = w.tenant.SetEnabled(x.ClientID, false)
			}, "app", diagnose.CauseAppDisabled, "secret permission mailbox",
		},
		"secret removed": {func(w *world, x *store.Setup) {
			app, _ := w.tenant.AppWithID(x.ClientID)
			_ = w.tenant.RemoveSecret(x.ClientID, app.Secrets[0].ID)
		}, "secret", diagnose.CauseSecretWrong, "permission mailbox"},
		"consent revoked": {
			func(w *world, x *store.Setup) {
				w.tenant.RevokeConsent(x.ClientID)
			}, "permission", diagnose.CauseMailSendNotGranted, "mailbox",
		},
		"licence gone": {
			func(w *world, x *store.Setup) {
				w.tenant.SetMailbox(x.Mailbox, sandbox.Mailbox{})
			}, "mailbox", diagnose.CauseMailboxNotInExchangeOnline, "",
		},
		"mailbox unknown": {
			func(_ *world, x *store.Setup) {
				x.Mailbox = "nobody@agency.gov"
			}, "mailbox", diagnose.CauseMailboxUnknown, "",
		},
		"access policy": {
			func(w *world, x *store.Setup) {
				_ = w.tenant.BlockByAccessPolicy(x.ClientID, x.Mailbox)
			}, "mailbox", diagnose.CauseMailboxOutOfScope, "",
		},
		"tenant in another": {
			func(_ *world, x *store.Setup) { x.Cloud = "gcc-high" }, "tenant app", "", "secret permission mailbox",
		},
		"limited by RBAC": {func(w *world, x *store.Setup) {
			w.tenant.RevokeConsent(x.ClientID)
			_ = w.tenant.AllowByExchange(x.ClientID, x.Mailbox)
		}, "", "", ""},
		"no secret known": {
			func(_ *world, x *store.Setup) { x.Secret = store.Secret{} }, "", "", "secret permission mailbox",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, x := finished(t, sandbox.Options{})
				tc.harm(w, &x)
				r := Check(t.Context(), &x, m365Options(w), time.Now())
				for _, c := range r.Checks {
					failed, skipped := strings.Contains(tc.fails, c.Name), strings.Contains(tc.skips, c.Name)
					if c.OK == (failed || skipped) || c.Skipped != skipped {
						t.Errorf("%s: ok %v, skipped %v, %s", c.Name, c.OK, c.Skipped, c.Detail)
					}
					if failed && (c.Finding == nil || tc.cause != "" && c.Finding.Cause != tc.cause ||
						len(c.Finding.Remedy) == 0) {
						t.Errorf("%s: finding %+v", c.Name, c.Finding)
					}
				}
				if r.OK != (tc.fails == "" && tc.skips == "") {
					t.Errorf("ok %v", r.OK)
				}
				if len(r.Checks) != 6 {
					t.Errorf("%d checks", len(r.Checks))
				}
			})
		})
	}
}

// A clock that is off by a day is named, though nothing else is wrong.
func TestCheckNamesTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := finished(t, sandbox.Options{})
		o := m365Options(w)
		o.Transport = dateShifted{o.Transport, 24 * time.Hour}
		r := Check(t.Context(), &x, o, time.Now())
		if f := r.Checks[0].Finding; !r.Checks[0].OK || f == nil || !strings.Contains(f.Title, "clock") {
			t.Errorf("%+v", r.Checks[0])
		}
	})
}

type dateShifted struct {
	http.RoundTripper
	by time.Duration
}

func (d dateShifted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Header.Set("Date", time.Now().Add(d.by).UTC().Format(http.TimeFormat))
	}
	return resp, err
}

func TestSendTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := finished(t, sandbox.Options{})
		before := len(w.tenant.Mails())
		sent, _, err := SendTest(t.Context(), &x, "admin@agency.gov", m365Options(w), time.Now())
		if err != nil || !sent.OK || sent.Reference == "" || sent.RequestID == "" ||
			len(w.tenant.Mails()) != before+1 || x.LastTest.Reference != sent.Reference {
			t.Errorf("%+v, %v", sent, err)
		}
		var address *AddressError
		if _, _, err := SendTest(t.Context(), &x, "not an address", m365Options(w), time.Now()); !errors.As(err,
			&address) {
			t.Errorf("%v", err)
		}
		weather := sandbox.Calm()
		weather.LoseEvery, weather.LoseOnly = 2, "sendMail" // the probe's answer comes, the mail's is lost
		w.tenant.SetWeather(weather)
		_, f, err := SendTest(t.Context(), &x, "admin@agency.gov", m365Options(w), time.Now())
		if !m365.SendUnclear(err) || !strings.Contains(f.Title, "may have been sent") || f.Retry || len(w.tenant.Mails()) != before+2 {
			t.Errorf("a lost answer gave %v, %q, %d mails", err, f.Title, len(w.tenant.Mails()))
		}
	})
}

// A lost answer in the wizard is not repeated blindly: the admin is asked to look.
func TestLostAnswerIsAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t).on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}, do: func() {
			weather := sandbox.Calm()
			weather.LoseEvery, weather.LoseOnly = 2, "sendMail"
			w.tenant.SetWeather(weather)
		}})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(w.tenant.Mails()); n != 1 {
			t.Errorf("%d mails left", n)
		}
		if !strings.Contains(s.choices["arrived"].Why, "lost on the way") || end.Setup.LastTest.Arrived != "yes" {
			t.Errorf("asked %q, test %+v", s.choices["arrived"].Why, end.Setup.LastTest)
		}
	})
}

// With every answer on the command line only the way is asked before the secret: a client ID
// does not choose the portal for the admin.
func TestGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
		w.given = Given{
			Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app/connectors/SMTP.aspx",
			ClientID: app.ClientID, To: "admin@agency.gov",
		}
		s := newScript(t).on("test", turn{})
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished {
			t.Fatalf("%v %v", err, s.seen)
		}
		if got := strings.Join(s.seen, " "); !strings.HasPrefix(got, "start-given how register-given secret") {
			t.Errorf("asked %s", got)
		}
	})
	for _, g := range []Given{{Mailbox: "nobody"}, {PALURL: "http://x.org"}, {TenantID: "x"}, {ClientID: "y"}} {
		w := newWorld(t, sandbox.Options{})
		w.given = g
		if _, err := w.run(newScript(t)); err == nil {
			t.Errorf("%+v was taken", g)
		}
	}
}

// When the domain cannot be looked up the tenant can be named by hand.
func TestTenantByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Cloud: "gcc-high"})
		s := newScript(t).
			on("start", turn{
				fill: map[string]string{"mailbox": "noreply@vanity.example", "pal-url": "https://pal.agency.gov/app"},
			}).
			on("tenant", turn{
				fill: map[string]string{"tenant": "agency.gov", "cloud": "Commercial"},
			}, turn{fill: map[string]string{"tenant": "agency.gov", "cloud": "GCC High"}})
		w.tenant.SetMailbox("noreply@vanity.example", sandbox.Mailbox{Licensed: true})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		if end.Setup.TenantID != w.tenant.ID() || end.Setup.Cloud != "gcc-high" ||
			end.Setup.Mailbox != "noreply@vanity.example" {
			t.Errorf("%+v", end.Setup)
		}
		if !s.said("Pick that cloud") {
			t.Errorf("the wrong cloud was not named: %+v", s.verdict)
		}
	})
}

// An admin who limits the app by Exchange goes on without a role in the token.
func TestLimitedByExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t).on("permission", turn{action: "ctrl+e"}, turn{action: "ctrl+e"}).on("exchange-refused",
			turn{pick: 2})
		s.on("exchange", turn{}, turn{do: func() {
			app, _ := w.tenant.AppNamed("PAL mail")
			if err := w.tenant.AllowByExchange(app.ClientID, "noreply@agency.gov"); err != nil {
				t.Error(err)
			}
		}})
		end, err := w.run(s)
		if err != nil || !end.Setup.LimitedByExchange || progress.Next(&end.Setup) != progress.Finished {
			t.Fatalf("%v %+v %v", err, end.Setup, s.seen)
		}
	})
}

// The link for the other administrator is complete, and waiting goes on after it.
func TestConsentLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Cloud: "gcc-high"})
		s := newScript(t).on("permission", turn{action: "ctrl+l"})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		n := s.notices["consent-link"]
		for _, want := range []string{
			"login.microsoftonline.us", end.Setup.ClientID, end.Setup.TenantID, "Mail.Send", end.Setup.Mailbox,
		} {
			if !strings.Contains(n.Values[0].Text+n.Values[1].Text, want) {
				t.Errorf("%q is missing in %q", want, n.Values[1].Text)
			}
		}
	})
}

// Nothing that is shown, told, logged or printed holds the secret, but for the one value of the hand-off.
func TestTheSecretStaysInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Weather: sandbox.Rough()})
		s := newScript(t).on("secret", turn{practice: "cut-short"}, turn{practice: "other-apps-secret"},
			turn{practice: "Do it right"})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		status, err := json.Marshal(progress.StatusOf("default", &end.Setup, time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		check, err := json.Marshal(Check(t.Context(), &end.Setup, m365Options(w), time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		all := w.log.String() + string(status) + string(check) +
			progress.Summary(&end.Setup, progress.SummaryContext{Place: "here", Now: time.Now()})
		for _, v := range s.verdict {
			all += v.Text
			if v.Finding != nil {
				all += v.Finding.Support()
			}
		}
		for _, task := range s.tasks {
			all += task.Text + task.Note
		}
		value := end.Setup.Secret.Value.Reveal()
		for _, part := range []string{value, value[:20], value[20:], "eyJ"} {
			if strings.Contains(all, part) {
				t.Errorf("%q got out", part)
			}
		}
		if !end.Setup.Secret.Value.Equal(s.notices["pal"].Values[3].Secret) {
			t.Error("the hand-off does not have the secret")
		}
	})
}

// Everything the flow asks and the tenant answers is as Microsoft's description has it.
func TestContract(t *testing.T) {
	rec := &contracttest.Recorder{}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Weather: sandbox.Usual()})
		w.tenant.Observe(rec.Observe)
		end, err := w.run(newScript(t).on("permission", turn{practice: "delegated"}, turn{practice: "Do it right"}))
		if err != nil {
			t.Fatal(err)
		}
		Check(t.Context(), &end.Setup, m365Options(w), time.Now())
		if _, _, err := SendTest(t.Context(), &end.Setup, "admin@agency.gov", m365Options(w), time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	contracttest.Check(t, rec)
}

func TestOverrideRefusesWhatIsNoSecret(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	x := store.Setup{}
	err := Override(t.Context(), &x, OverrideOptions{
		M365: m365Options(w), Given: Given{
			Mailbox: "noreply@agency.gov", ClientID: "1b2c3d4e-1111-2222-3333-444455556666",
		}, Secret: secret.New("1b2c3d4e-1111-2222-3333-444455556666"),
	})
	if err == nil || strings.Contains(err.Error(), "1b2c3d4e") {
		t.Errorf("%v", err)
	}
}
