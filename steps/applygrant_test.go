package steps

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
)

// An app that Exchange already lets send as the mailbox is not granted
// Mail.Send in Entra, which would let it send as any other. Any other app is.
func TestExchangeIsAskedBeforeTheGrant(t *testing.T) {
	for name, tc := range map[string]struct {
		allow   string // the mailbox that Exchange lets the app send as
		limited bool
	}{
		"allowed":               {"noreply@agency.gov", true},
		"for another mailbox":   {"admin@agency.gov", false},
		"nothing is granted":    {"", false},
		"granted in Entra then": {"entra", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 81})
				app := handMade(t, w, "PAL mail", redirectURI, false)
				if tc.limited || strings.Contains(tc.allow, "admin@") {
					if err := w.tenant.AllowByExchange(app.ClientID, tc.allow); err != nil {
						t.Fatal(err)
					}
				}
				s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0}).on("plan", turn{pick: 0, do: func() {
					if tc.allow == "entra" { // somebody consents while the plan is being read
						_ = w.tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send")
						_ = w.tenant.GrantConsent(app.ClientID)
					}
				}})
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v\n%s", err, s.seen, w.log.String())
				}
				if text := s.choices["plan"].Text; !strings.Contains(text, "ask Exchange, with the new secret") ||
					strings.Contains(text, "list Mail.Send") {
					t.Errorf("the plan:\n%s", text)
				}
				want := 1
				if tc.limited {
					want = 0
				}
				if n := grants(w); n != want || end.Setup.LimitedByExchange != tc.limited {
					t.Errorf("%d grants, limited %v\n%s", n, end.Setup.LimitedByExchange, strings.Join(w.tenant.Writes(), "\n"))
				}
				a, _ := w.tenant.AppWithID(app.ClientID)
				if lists := len(a.Permissions) > 1; lists == tc.limited {
					t.Errorf("it lists %+v", a.Permissions)
				}
			})
		})
	}
}

// With a secret that works Exchange is asked before the plan, which then says
// what will be done for certain.
func TestThePlanKnowsExchange(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		t.Run(fmt.Sprint("allowed ", allowed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 83})
				first, err := w.run(signer(t, w, "admin@agency.gov"))
				if err != nil {
					t.Fatal(err)
				}
				if err := w.tenant.RevokeConsent(first.Setup.ClientID); err != nil {
					t.Fatal(err)
				}
				if allowed {
					if err := w.tenant.AllowByExchange(first.Setup.ClientID, "noreply@agency.gov"); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(24 * time.Hour)
				s := signer(t, w, "admin@agency.gov")
				again := newSession(Env{UI: s, Store: w.store, M365: m365Options(w), Profile: "default"})
				again.setup = w.record(t)
				again.setup.PermissionProved = time.Time{}
				if err := again.automatic(t.Context()); err != nil || again.setup.PermissionProved.IsZero() {
					t.Fatalf("%v %v", err, s.seen)
				}
				text := s.notices["plan-nothing"].Text
				if said := strings.Contains(text, "Exchange lets the app send as noreply"); said != allowed {
					t.Errorf("%v: %s", s.seen, text)
				}
				if text := s.choices["plan"].Text; !allowed && (!strings.Contains(text, "grant it **Mail.Send**") ||
					strings.Contains(text, "ask Exchange")) {
					t.Errorf("%v: %s", s.seen, text)
				}
				want := 2
				if allowed {
					want = 1
				}
				if n := grants(w); n != want || again.setup.LimitedByExchange != allowed {
					t.Errorf("%d grants, limited %v", n, again.setup.LimitedByExchange)
				}
			})
		})
	}
}

// While nobody answers the question, nothing is granted.
func TestExchangeDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 85})
		app := handMade(t, w, "PAL mail", redirectURI, false)
		if err := w.tenant.AllowByExchange(app.ClientID, "noreply@agency.gov"); err != nil {
			t.Fatal(err)
		}
		w.tenant.FailCall(func(_, path string, _ int) int {
			if strings.HasSuffix(path, "/sendMail") {
				return http.StatusServiceUnavailable
			}
			return 0
		})
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0}).
			on("refused", turn{pick: 0, do: func() {
				if grants(w) != 0 {
					t.Error("granted before Exchange has answered")
				}
				w.tenant.FailCall(nil)
			}})
		end, err := w.run(s)
		if err != nil || grants(w) != 0 || !end.Setup.LimitedByExchange || s.choices["refused"].Name == "" {
			t.Errorf("%v, %d grants, %v", err, grants(w), s.seen)
		}
	})
}

// A token that carries Mail.Send says nothing about Exchange, and one from
// before a grant nothing about that grant.
func TestTokensOfAnotherTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 87})
		end, err := w.run(signer(t, w, "admin@agency.gov"))
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(Env{UI: signer(t, w, "admin@agency.gov"), Store: w.store, M365: m365Options(w), Profile: "default"})
		s.setup = w.record(t)
		admin, err := s.signIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := &plan{app: m365.App{ClientID: end.Setup.ClientID}}
		if p.principal, _, err = readPrincipal(t.Context(), admin, end.Setup.ClientID); err != nil {
			t.Fatal(err)
		}
		if p.graph, err = admin.GraphServicePrincipal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.surveyExchange(t.Context(), p); got != exchangeNotAsked {
			t.Errorf("Exchange: %d", got)
		}
		if _, kept := s.keptToken(s.setup.Secret.Value); !kept {
			t.Fatal("no token is kept")
		}
		ap := &applier{session: s, admin: admin, plan: p, report: func(Task) {}}
		if err := ap.ensureGrant(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, kept := s.keptToken(s.setup.Secret.Value); kept {
			t.Error("a token from before the grant is kept")
		}
	})
}
