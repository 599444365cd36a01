package steps

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
)

// With nothing to change the plan says so, asks nothing, and goes on.
func TestNothingToChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 53})
		if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
			t.Fatal(err)
		}
		before := len(w.tenant.Writes())
		s := signer(t, w, "admin@agency.gov")
		again := newSession(Env{UI: s, Store: w.store, M365: m365Options(w), Profile: "default", Portal: portal{w.tenant}})
		again.setup = w.record(t)
		again.setup.PermissionProved = time.Time{}
		if err := again.automatic(t.Context()); err != nil || again.setup.PermissionProved.IsZero() {
			t.Fatalf("%v %v", err, s.seen)
		}
		if n := len(w.tenant.Writes()); n != before {
			t.Errorf("changed: %v", w.tenant.Writes()[before:])
		}
		if _, asked := s.choices["plan"]; asked {
			t.Errorf("it asked: %v", s.seen)
		}
		if n := s.notices["plan-nothing"]; !strings.HasPrefix(n.Text, "Nothing has to be changed") ||
			!strings.Contains(n.Text, "Mail.Send, which is granted") {
			t.Errorf("%+v", n)
		}
	})
}

// What else an app may do is named in the plan, with what becomes of it.
func TestOtherPermissionsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 57})
		app := handMade(t, w, "PAL mail", redirectURI, false)
		for _, p := range []sandbox.Permission{
			{API: sandbox.MicrosoftGraph, Kind: sandbox.Delegated, Name: "Mail.Send"},
			{API: sandbox.MicrosoftGraph, Kind: sandbox.Delegated, Name: "User.Read"},
			{API: sandbox.MicrosoftGraph, Kind: sandbox.Delegated, Name: "Mail.Read"},
			{API: sandbox.MicrosoftGraph, Kind: sandbox.Application, Name: "Mail.ReadWrite"},
			{API: sandbox.ExchangeOnline, Kind: sandbox.Application, Name: "Mail.Send"},
		} {
			if err := w.tenant.AddPermission(app.ClientID, p.API, p.Kind, p.Name); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.tenant.GrantConsent(app.ClientID); err != nil {
			t.Fatal(err)
		}
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		text := s.choices["plan"].Text
		for _, want := range []string{
			"its **delegated** permission Mail.Send: PAL cannot use it", "its 1 other delegated permission,",
			"Office 365 Exchange Online, which PAL cannot use", "2 other application permissions granted to it",
			"**Mail.Send** of Microsoft Graph (admin consent)",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the plan lacks %q:\n%s", want, text)
			}
		}
		if got := w.tenant.Apps()[0].Permissions; len(got) != 6 {
			t.Errorf("%+v", got)
		}
	})
}

// A policy that allows only short secrets is said with what it means, and
// where to see it: in the plan if it can be read, else when it refuses.
func TestShortSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 59})
		w.tenant.SetRules(sandbox.Rules{SecretMaxDays: 31})
		s := signer(t, w, "admin@agency.gov").on("shorter", turn{pick: 2})
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished {
			t.Fatalf("%v %v", err, s.seen)
		}
		c := s.choices["shorter"]
		if c.Finding == nil || !strings.Contains(c.Finding.Explanation, "The policy has the ID ") ||
			!strings.Contains(c.Finding.Link, "StartboardApplicationsMenuBlade") {
			t.Errorf("%+v", c.Finding)
		}
		if len(c.Options) < 3 || !strings.Contains(c.Options[2].Note, "every month") {
			t.Errorf("%+v", c.Options)
		}
		if days := int(time.Until(end.Setup.Secret.Expires).Hours()) / 24; days > 30 {
			t.Errorf("%d days", days)
		}
	})
}

// A policy that can be read is said in the plan.
func TestPolicyInThePlan(t *testing.T) {
	s := newSession(Env{})
	for days, want := range map[int]string{
		30: "30 days at most: PAL needs a new secret every month (policy p-1,", 180: "", 365: "", 0: "",
	} {
		p := &plan{policy: m365.SecretPolicy{Known: true, ID: "p-1", MaxDays: days}}
		p.expires = p.secretEnd(s.Now())
		text := s.planned(p).lines()
		if said := strings.Contains(text, "policy"); said != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%d: %s", days, text)
		}
	}
}

func TestRenewalEvery(t *testing.T) {
	for days, want := range map[int]string{
		1: "every day", 7: "every 7 days", 27: "every 27 days", 28: "every month", 30: "every month", 31: "every month",
		60: "every 2 months", 90: "every 3 months", 179: "every 6 months",
	} {
		if got := renewalEvery(days); got != want {
			t.Errorf("%d: %s, want %s", days, got, want)
		}
	}
}

// palmail --plan says the same as the screen, and changes nothing.
func TestPlanTextSaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 61})
		app := handMade(t, w, "FOIA portal", redirectURI, false)
		if err := w.tenant.SetEnabled(app.ClientID, false); err != nil {
			t.Fatal(err)
		}
		w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{OnPremises: true})
		before := len(w.tenant.Writes())
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})
		text, err := PlanText(t.Context(), Env{
			UI: s, Store: w.store, M365: m365Options(w), Profile: "default", Now: time.Now, Portal: portal{w.tenant},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"seems to be on your own Exchange server", "is disabled", "the app FOIA portal, client ID " + app.ClientID,
			"ask Exchange, with the new secret", "palmail will:", "Already there, unchanged:",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "**") || len(w.tenant.Writes()) != before {
			t.Errorf("%v\n%s", w.tenant.Writes()[before:], text)
		}
	})
}
