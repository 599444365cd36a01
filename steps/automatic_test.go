package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// signer scripts an admin who signs in by device code as username and says yes.
func signer(t *testing.T, w *world, username string) *script {
	s := newScript(t).on("how", turn{pick: 0})
	s.device = func(code, url string) {
		go func() {
			if err := pause(t.Context(), 2*time.Second); err != nil {
				return
			}
			if _, err := w.tenant.Visit(t.Context(), url, code, username); err != nil {
				t.Log("signing in:", err)
			}
		}()
	}
	return s
}

// final asserts that the tenant holds exactly one of each thing, and that the
// one live secret is the one that the record knows.
func final(t *testing.T, w *world, x store.Setup) {
	t.Helper()
	apps := w.tenant.Apps()
	if len(apps) != 1 {
		t.Fatalf("%d apps: %+v\n%s", len(apps), apps, strings.Join(w.tenant.Writes(), "\n"))
	}
	a := apps[0]
	if a.ClientID != x.ClientID || a.ServicePrincipalID == "" || a.ServicePrincipalID != x.ServicePrincipalID ||
		a.ObjectID != x.AppObjectID {
		t.Errorf("app %+v\nrecord %+v", a, x)
	}
	if len(a.Secrets) != 1 || a.Secrets[0].ID != x.Secret.KeyID || a.Secrets[0].Hint != x.Secret.Hint {
		t.Errorf("secrets %+v, record %s %s\n%s", a.Secrets, x.Secret.KeyID, x.Secret.Hint,
			strings.Join(w.tenant.Writes(), "\n"))
	}
	grants := 0
	for _, line := range w.tenant.Writes() {
		if strings.HasPrefix(line, "grant ") && strings.Contains(line, "Mail.Send") {
			grants++
		}
	}
	if grants != 1 {
		t.Errorf("%d grants:\n%s", grants, strings.Join(w.tenant.Writes(), "\n"))
	}
	if x.Intent != (store.Intent{}) || !x.Pending.Value.IsZero() {
		t.Errorf("still doing %+v, pending %+v", x.Intent, x.Pending)
	}
	if len(w.tenant.Mails()) == 0 {
		t.Error("no mail left")
	}
}

// Signing in does the whole setup, in every weather and cloud.
func TestAutomatic(t *testing.T) {
	for _, weather := range []string{"calm", "usual", "rough"} {
		for _, cloud := range []string{"commercial", "gcc-high", "dod"} {
			t.Run(weather+" "+cloud, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wx, _ := sandbox.WeatherNamed(weather)
					w := newWorld(t, sandbox.Options{Cloud: cloud, Weather: wx, Seed: 11})
					s := signer(t, w, "admin@agency.gov")
					end, err := w.run(s)
					if err != nil {
						t.Fatalf("%v\n%v\n%s", err, s.seen, w.log.String())
					}
					final(t, w, end.Setup)
				})
			})
		}
	}
}

// writes are the calls that change something in the tenant, in the order they are first made.
var writes = []string{upsert, "POST /servicePrincipals", "addPassword", "appRoleAssignedTo"}

// upsert is the call that registers the app.
const upsert = "PATCH /applications"

func isWrite(method, path, what string) bool {
	verb, tail, ok := strings.Cut(what, " ")
	if !ok {
		return method == http.MethodPost && strings.HasSuffix(path, what)
	}
	if what == upsert {
		return method == verb && strings.Contains(path, tail+"(uniqueName=")
	}
	return method == verb && strings.HasSuffix(path, tail)
}

// The answer to each call that makes something is lost once: nothing is made twice.
func TestEachAnswerIsLost(t *testing.T) {
	for _, delay := range []time.Duration{0, 8 * time.Second, 40 * time.Second} {
		for _, what := range writes {
			t.Run(fmt.Sprint(delay, " ", what), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wx := sandbox.Calm()
					wx.AppDelay, wx.SecretDelay, wx.ConsentDelay, wx.Flapping = delay, delay, delay, delay > 0
					w := newWorld(t, sandbox.Options{Weather: wx, Seed: 13})
					lost := 0
					w.tenant.LoseCall(func(method, path string, _ int) bool {
						if isWrite(method, path, what) && lost == 0 {
							lost++
							return true
						}
						return false
					})
					s := signer(t, w, "admin@agency.gov")
					end, err := w.run(s)
					if err != nil || lost != 1 {
						t.Fatalf("%v, lost %d\n%v\n%s", err, lost, s.seen, w.log.String())
					}
					final(t, w, end.Setup)
				})
			})
		}
	}
}

// Each call that makes something is refused once with 429, 500 and 503.
func TestEachCallIsRefusedOnce(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		for _, what := range writes {
			t.Run(fmt.Sprint(status, " ", what), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{Seed: 17})
					refused := false
					w.tenant.FailCall(func(method, path string, _ int) int {
						if isWrite(method, path, what) && !refused {
							refused = true
							return status
						}
						return 0
					})
					s := signer(t, w, "admin@agency.gov")
					end, err := w.run(s)
					if err != nil || !refused {
						t.Fatalf("%v %v\n%s", err, s.seen, w.log.String())
					}
					final(t, w, end.Setup)
				})
			})
		}
	}
}

// The program ends after every single call, and is started again: the tenant
// ends up with one of each thing all the same.
func TestEndAfterEachCall(t *testing.T) {
	total := 0
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 19})
		w.tenant.Observe(func(e sandbox.Exchange) {
			if strings.Contains(e.URL, "/v1.0/") && e.Method != http.MethodGet {
				total++
			}
		})
		if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
			t.Fatal(err)
		}
	})
	for n := 1; n <= total; n++ {
		for _, lose := range []bool{false, true} {
			t.Run(fmt.Sprint(n, " of ", total, " lost ", lose), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{Seed: 19})
					first := signer(t, w, "admin@agency.gov")
					var count atomic.Int64
					var dying atomic.Bool
					w.tenant.Observe(func(e sandbox.Exchange) {
						if !strings.Contains(e.URL, "/v1.0/") || e.Method == http.MethodGet || dying.Load() {
							return
						}
						if count.Add(1) == int64(n) {
							dying.Store(true)
							first.leave()
						}
					})
					if lose {
						w.tenant.LoseCall(func(method, path string, _ int) bool {
							return count.Load() == int64(n-1) && method == http.MethodPost &&
								strings.Contains(path, "/v1.0/")
						})
					}
					_, err := w.run(first)
					if err == nil && dying.Load() && !errors.Is(err, context.Canceled) {
						t.Log("it ended before it noticed")
					}
					w.tenant.LoseCall(nil)
					w.tenant.Observe(func(sandbox.Exchange) {})
					second := signer(t, w, "admin@agency.gov").on("home", turn{back: true})
					end, err := w.run(second)
					if err != nil {
						t.Fatalf("%v\n%v\n%v", err, first.seen, second.seen)
					}
					final(t, w, end.Setup)
				})
			})
		}
	}
}

// What the tenant forbids ends on the screen that says so, and falls back to
// the portal at exactly that step.
func TestTenantForbids(t *testing.T) {
	for name, tc := range map[string]struct {
		rules  sandbox.Rules
		who    string
		screen string
		script func(w *world, s *script)
		then   string // a guided screen that comes after
	}{
		"shorter secrets": {sandbox.Rules{SecretMaxDays: 60}, "admin@agency.gov", "", nil, ""},
		"secrets forbidden": {sandbox.Rules{SecretsForbidden: true}, "admin@agency.gov", "secrets-forbidden",
			func(w *world, s *script) {
				s.on("secrets-forbidden", turn{pick: 0, do: func() { w.tenant.SetRules(sandbox.Rules{}) }})
			}, ""},
		"may not register": {sandbox.Rules{}, "user@agency.gov", "may-not-register", nil, "register"},
		"may not consent":  {sandbox.Rules{}, "apps@agency.gov", "may-not-consent", nil, "permission"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 23})
				w.tenant.SetRules(tc.rules)
				s := signer(t, w, tc.who)
				if tc.script != nil {
					tc.script(w, s)
				}
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v, next %s\n%v\n%s", err, progress.Next(&end.Setup), s.seen, w.log.String())
				}
				seen := " " + strings.Join(s.seen, " ") + " "
				if tc.screen != "" && !strings.Contains(seen, " "+tc.screen+" ") ||
					tc.then != "" && !strings.Contains(seen, " "+tc.then+" ") {
					t.Errorf("screens %v", s.seen)
				}
				if apps := w.tenant.Apps(); len(apps) != 1 || len(apps[0].Secrets) != 1 {
					t.Errorf("%+v", apps)
				}
			})
		})
	}
}

// An account of another tenant is stopped before anything is read or changed.
func TestForeignAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &session{
			setup: store.Setup{TenantID: "11111111-2222-3333-4444-555555555555", Mailbox: "noreply@agency.gov"},
		}
		if f := s.foreignTenant(&m365.Admin{}); f == nil || !strings.Contains(f.Explanation, "Nothing was changed") {
			t.Errorf("%+v", f)
		}
	})
}

// The plan is shown before anything is written, and no means no.
func TestPlanComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 29})
		written := -1
		s := signer(t, w, "admin@agency.gov").on("plan", turn{pick: 1, do: func() { written = len(w.tenant.Writes()) }})
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		plan := s.choices["plan"]
		for _, want := range []string{
			"register the app **PAL mail**", "https://pal.agency.gov/app/connectors/SMTP.aspx", "client secret",
			"Mail.Send", "service principal",
		} {
			if !strings.Contains(plan.Text, want) {
				t.Errorf("the plan lacks %q:\n%s", want, plan.Text)
			}
		}
		if written != 0 {
			t.Errorf("%d changes before the yes", written)
		}
		if !strings.Contains(plan.Why, "Example Agency") || !strings.Contains(plan.Why, "admin@agency.gov") {
			t.Errorf("who and where: %s", plan.Why)
		}
	})
}
