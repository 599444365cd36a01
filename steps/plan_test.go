package steps

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/sandbox"
	"palmail/steps/progress"
)

const redirectURI = "https://pal.agency.gov/app/connectors/SMTP.aspx"

// grants counts the consents that were given to Mail.Send.
func grants(w *world) int {
	n := 0
	for _, line := range w.tenant.Writes() {
		if strings.HasPrefix(line, "grant ") && strings.Contains(line, "Mail.Send") {
			n++
		}
	}
	return n
}

// handMade registers an app at the portal, as the manual has it.
func handMade(t *testing.T, w *world, name, uri string, granted bool) sandbox.App {
	t.Helper()
	app := w.tenant.RegisterApp(name, sandbox.Web, uri)
	if !granted {
		return app
	}
	err := w.tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send")
	if err == nil {
		err = w.tenant.GrantConsent(app.ClientID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// An app with PAL's redirect URI is found whatever its name, and nothing is
// taken over or registered unasked.
func TestExistingAppIsFound(t *testing.T) {
	for name, tc := range map[string]struct {
		appName, uri string
		pick         int
		apps         int // in the end
	}{
		"by its redirect URI":  {"FOIA portal (do not touch)", redirectURI, 0, 1},
		"by its name":          {"PAL mail", "https://elsewhere.agency.gov/connectors/SMTP.aspx", 0, 1},
		"URI in other letters": {"FOIA portal", "https://PAL.agency.gov/App/connectors/SMTP.aspx", 0, 1},
		"but another is made":  {"FOIA portal", redirectURI, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 41})
				app := handMade(t, w, tc.appName, tc.uri, false)
				s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: tc.pick})
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				if n := len(w.tenant.Apps()); n != tc.apps {
					t.Errorf("%d apps, want %d", n, tc.apps)
				}
				if took := end.Setup.ClientID == app.ClientID; took != (tc.pick == 0) {
					t.Errorf("the app is used: %v", took)
				}
				if c := s.choices["which-app"]; !strings.Contains(c.Options[0].Text, app.ClientID) ||
					c.Options[len(c.Options)-1].Text != "Register another one" {
					t.Errorf("%+v", c.Options)
				}
			})
		})
	}
}

// Twins differ in what is said of each, and the likeliest comes first.
func TestTwinsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 43})
		old := handMade(t, w, "PAL mail", redirectURI, true)
		expired, err := w.tenant.AddSecret(old.ClientID, "from the manual", time.Now().Add(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * 24 * time.Hour)
		off := handMade(t, w, "PAL mail", redirectURI, false)
		if err := w.tenant.SetEnabled(off.ClientID, false); err != nil {
			t.Fatal(err)
		}
		made, err := w.tenant.AddSecret(off.ClientID, "PAL mail 2000-01 ABCDEF", time.Now().AddDate(0, 0, 90))
		if err != nil {
			t.Fatal(err)
		}
		handMade(t, w, "PAL mail", "https://elsewhere.agency.gov/connectors/SMTP.aspx", false)
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{back: true}).on("how", turn{pick: 1})
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		c := s.choices["which-app"]
		if len(c.Options) != 4 || !strings.Contains(c.Title, "3 apps") {
			t.Fatalf("%+v", c)
		}
		for i, want := range [][]string{
			{
				"registered " + progress.Day(old.Created), "enabled", "Mail.Send granted",
				expired.Hint + "… expired " + progress.Day(expired.Expires),
			},
			{
				"registered " + progress.Day(off.Created), "**disabled**", "Mail.Send not granted",
				made.Hint + "… until " + progress.Day(made.Expires), "palmail last used it on " + progress.Day(made.Created),
			},
			{"without PAL's redirect URI", "Mail.Send not granted", "no secret"},
		} {
			for _, text := range want {
				if !strings.Contains(c.Options[i].Note, text) {
					t.Errorf("option %d lacks %q: %s", i, text, c.Options[i].Note)
				}
			}
		}
		if strings.Contains(c.Options[0].Note, "palmail last") {
			t.Errorf("a secret from the manual is taken for palmail's: %s", c.Options[0].Note)
		}
	})
}

// With many apps only the first are looked into, and each can be chosen.
func TestManyApps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 47})
		for i := range maxLookedInto + 5 {
			handMade(t, w, fmt.Sprintf("PAL %d", i), redirectURI, false)
			time.Sleep(time.Minute)
		}
		reads := 0
		w.tenant.Observe(func(e sandbox.Exchange) {
			if strings.Contains(e.URL, "servicePrincipals(appId") {
				reads++
			}
		})
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: maxLookedInto + 4})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		c := s.choices["which-app"]
		if n := len(c.Options); n != maxLookedInto+6 || !strings.Contains(c.Options[n-2].Note, "could not be read") {
			t.Errorf("%d options: %+v", n, c.Options[n-2])
		}
		if !strings.Contains(c.Options[maxLookedInto+4].Text, end.Setup.ClientID) || grants(w) != 1 {
			t.Errorf("used %s, %d grants", end.Setup.ClientID, grants(w))
		}
		if reads > maxLookedInto+3 {
			t.Errorf("%d service principals were read", reads)
		}
	})
}

// A choice that was made can be changed as long as nothing was made of it.
func TestAnotherAppAfterThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 49})
		first := handMade(t, w, "PAL mail", redirectURI, false)
		time.Sleep(time.Minute)
		second := handMade(t, w, "PAL mail", redirectURI, false)
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0}, turn{pick: 1}).on("plan", turn{pick: 1})
		end, err := w.run(s)
		if err != nil || end.Setup.ClientID != first.ClientID && end.Setup.ClientID != second.ClientID {
			t.Fatal(err)
		}
		for _, a := range w.tenant.Apps() {
			if used := a.ClientID == end.Setup.ClientID; used != (len(a.Secrets) == 1) {
				t.Errorf("%+v", a)
			}
		}
		if c := s.choices["which-app"]; !strings.Contains(c.Options[1].Text, end.Setup.ClientID) {
			t.Errorf("%s was taken, of %+v", end.Setup.ClientID, c.Options)
		}
	})
}

// A disabled enterprise app is said in the plan, with what to do. That its
// secret cannot be verified is not called that it could not be made.
func TestDisabledApp(t *testing.T) {
	for _, anyway := range []bool{false, true} {
		t.Run(fmt.Sprint("anyway ", anyway), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 51})
				app := handMade(t, w, "PAL mail", redirectURI, true)
				enable := func() { _ = w.tenant.SetEnabled(app.ClientID, true) }
				if err := w.tenant.SetEnabled(app.ClientID, false); err != nil {
					t.Fatal(err)
				}
				s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})
				if anyway {
					s.on("plan", turn{pick: 1}).on("refused", turn{pick: 0, do: enable})
				} else {
					s.on("plan", turn{pick: 0, do: func() {
						enable()
						if f := s.choices["plan"].Finding; f == nil || f.Cause != diagnose.CauseAppDisabled ||
							len(f.Remedy) == 0 || f.Link == "" || len(w.tenant.Apps()[0].Secrets) != 0 {
							t.Errorf("%+v", f)
						}
					}})
				}
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				if n := len(w.tenant.Apps()[0].Secrets); n != 1 {
					t.Errorf("%d secrets", n)
				}
				if c := s.choices["refused"]; anyway && (c.Title != "The secret was created, but it could not be verified" ||
					c.Finding.Cause != diagnose.CauseAppDisabled) {
					t.Errorf("%+v", c)
				}
			})
		})
	}
}
