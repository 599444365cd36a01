package steps

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
)

// What is wrong with the mailbox is said before the plan, where it can be
// changed, and nothing in the tenant is changed before. What a shared mailbox
// has not is no reason.
func TestMailboxBeforeThePlan(t *testing.T) {
	for name, tc := range map[string]struct {
		mailbox sandbox.Mailbox
		says    string // "" goes on to the plan
	}{
		"licensed":            {sandbox.Mailbox{Licensed: true}, ""},
		"licensed, disabled":  {sandbox.Mailbox{Licensed: true, Disabled: true}, ""},
		"licensed, hybrid":    {sandbox.Mailbox{Licensed: true, OnPremises: true}, ""},
		"shared":              {sandbox.Mailbox{Shared: true}, ""},
		"shared, synced":      {sandbox.Mailbox{Shared: true, OnPremises: true}, ""},
		"no licence":          {sandbox.Mailbox{}, "has no mailbox"},
		"no licence, no user": {sandbox.Mailbox{Disabled: true}, "has no mailbox"},
		"own server":          {sandbox.Mailbox{OnPremises: true}, "seems to be on your own Exchange server"},
		"guest":               {sandbox.Mailbox{Licensed: true, Guest: true}, "is a guest account"},
		"missing":             {sandbox.Mailbox{}, "No account in this tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 71})
				w.tenant.SetMailbox("bad@agency.gov", tc.mailbox)
				if name == "missing" {
					w.tenant.RemoveMailbox("bad@agency.gov")
				}
				written := 0
				s := signer(t, w, "admin@agency.gov").
					on("start", turn{fill: map[string]string{"mailbox": "bad@agency.gov", "pal-url": "https://pal.agency.gov/app"}},
						turn{fill: map[string]string{"mailbox": "noreply@agency.gov", "pal-url": "https://pal.agency.gov/app"}}).
					on("mailbox-finding", turn{pick: 0, do: func() { written = len(w.tenant.Writes()) }})
				if tc.says == "" {
					s.on("plan", turn{leave: true})
				}
				end, err := w.run(s)
				c, found := s.choices["mailbox-finding"]
				if tc.says == "" {
					if found || s.choices["plan"].Name == "" {
						t.Errorf("%+v %v", c.Finding, s.seen)
					}
					return
				}
				if err != nil || end.Setup.Mailbox != "noreply@agency.gov" || written != 0 ||
					progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v, %s, %d changes before, %v", err, end.Setup.Mailbox, written, s.seen)
				}
				if c.Finding == nil || !strings.Contains(c.Finding.Title, tc.says) || len(c.Finding.Remedy) == 0 {
					t.Errorf("%+v", c.Finding)
				}
				if slices.Index(s.seen, "mailbox-finding") > slices.Index(s.seen, "plan") {
					t.Errorf("after the plan: %v", s.seen)
				}
			})
		})
	}
}

// The admin knows better than the directory: they can correct the mailbox and
// look again, or continue, and are not asked twice.
func TestMailboxFindingIsNoDeadEnd(t *testing.T) {
	for name, pick := range map[string]int{"look again": 1, "continue": 2, "leave": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 73})
				w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{})
				repair := func() { w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{Licensed: true}) }
				tr := turn{pick: pick}
				if name == "look again" {
					tr.do = repair
				}
				s := signer(t, w, "admin@agency.gov").on("mailbox-finding", tr).on("plan", turn{pick: 0, do: repair})
				end, err := w.run(s)
				if name == "leave" {
					if !errors.Is(err, ErrLeave) || len(w.tenant.Apps()) != 0 {
						t.Errorf("%v %v", err, s.seen)
					}
					return
				}
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				asked := len(slices.DeleteFunc(slices.Clone(s.seen), func(x string) bool { return x != "mailbox-finding" }))
				if asked != 1 {
					t.Errorf("asked %d times: %v", asked, s.seen)
				}
			})
		})
	}
}

// Where the mailbox cannot be looked up, the setup goes on: the test mail says
// what is wrong.
func TestMailboxCannotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 75})
		w.tenant.FailCall(func(method, path string, _ int) int {
			if method == http.MethodGet && strings.Contains(path, "/users/") {
				return http.StatusForbidden
			}
			return 0
		})
		s := signer(t, w, "admin@agency.gov")
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished || s.choices["mailbox-finding"].Name != "" {
			t.Errorf("%v %v", err, s.seen)
		}
	})
}

// An account whose details are hidden is not judged.
func TestHiddenMailbox(t *testing.T) {
	if f := explainMailbox("a@agency.gov", m365.Mailbox{Exists: true}); f != nil {
		t.Errorf("%+v", f)
	}
}

// An accepted mailbox is not asked about again when the tenant is read again.
func TestMailboxIsAcceptedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 77})
		handMade(t, w, "PAL mail", redirectURI, true)
		w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{})
		repair := func() { w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{Licensed: true}) }
		s := signer(t, w, "admin@agency.gov").on("mailbox-finding", turn{pick: 2}, turn{leave: true}).
			on("plan", turn{pick: 1}, turn{pick: 0, do: repair}) // first another app
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished {
			t.Fatalf("%v %v", err, s.seen)
		}
	})
}

// Whoever names another tenant there signs in again, to that one.
func TestAnotherTenantNeedsAnotherSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 79})
		w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{})
		s := signer(t, w, "admin@agency.gov").on("mailbox-finding", turn{pick: 0}).
			on("start", turn{practice: "Do it right"}, turn{action: "ctrl+e"}).
			on("tenant", turn{fill: map[string]string{"cloud": "Commercial", "tenant": "fabrikam.com"}}).
			on("sign-in", turn{pick: 0}, turn{leave: true})
		end, err := w.run(s)
		if !errors.Is(err, context.Canceled) || end.Setup.TenantID == w.tenant.ID() || len(w.tenant.Writes()) != 0 {
			t.Errorf("%v, tenant %s, %v", err, end.Setup.TenantID, s.seen)
		}
		if n := len(s.seen); n == 0 || s.seen[n-1] != "sign-in" {
			t.Errorf("%v", s.seen)
		}
	})
}
