package steps

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// Every single call to Graph, reads included, is once refused with 429, 500
// and 503, and once answered into the void: the tenant ends up with one of
// each thing all the same.
func TestEveryCallFailsOnce(t *testing.T) {
	isGraph := func(path string) bool { return strings.Contains(path, "/v1.0/") }
	total := 0
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 47})
		w.tenant.FailCall(func(_, path string, _ int) int {
			if isGraph(path) {
				total++
			}
			return 0
		})
		if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%d calls to Graph, each in 4 ways", total)
	if total < 10 {
		t.Fatalf("only %d calls", total)
	}
	for n := 1; n <= total; n++ {
		for _, how := range []int{
			http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, 0,
		} {
			t.Run(fmt.Sprint(n, " ", how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{Seed: 47})
					count := 0
					hit := func(path string) bool {
						if !isGraph(path) {
							return false
						}
						count++
						return count == n
					}
					if how == 0 {
						w.tenant.LoseCall(func(_, path string, _ int) bool { return hit(path) })
					} else {
						w.tenant.FailCall(func(_, path string, _ int) int {
							if hit(path) {
								return how
							}
							return 0
						})
					}
					s := signer(t, w, "admin@agency.gov")
					if n == total && how == http.StatusInternalServerError {
						// Whether a mail left is not known after a 500: the admin looks, and sends another.
						s.on("arrived", turn{pick: 2})
					}
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

// Where the tenant refuses one way to sign in, it is said why, and the next is proposed.
func TestRefusedSignInOffersTheNextWay(t *testing.T) {
	for code, cause := range map[int]diagnose.Cause{
		53003:  diagnose.CauseBlockedByConditionalAccess,
		530035: diagnose.CauseDeviceCodeBlocked,
		530033: diagnose.CauseDeviceNotManaged,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 53})
				w.tenant.SetRules(sandbox.Rules{DeviceCodeForbidden: code})
				s := signer(t, w, "admin@agency.gov").on("sign-in", turn{pick: 0}, turn{pick: 2})
				end, err := w.run(s)
				if err != nil || end.Setup.Mode != store.ModePortal || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %+v %v", err, end.Setup.Mode, s.seen)
				}
				c := s.choices["sign-in"]
				if c.Finding == nil || c.Finding.Cause != cause &&
					c.Finding.Cause != diagnose.CauseBlockedByConditionalAccess || c.Picked != 1 {
					t.Errorf("picked %d, finding %+v", c.Picked, c.Finding)
				}
			})
		})
	}
}

// --plan reads, prints, and changes nothing.
func TestPlanText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 59})
		s := signer(t, w, "admin@agency.gov")
		text, err := PlanText(t.Context(), Env{
			UI: s, Store: w.store, M365: m365Options(w), Profile: "default", Portal: portal{w.tenant}, Now: time.Now,
		})
		if err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		for _, want := range []string{
			"Example Agency", "admin@agency.gov", "register the app PAL mail", "client secret", "Mail.Send",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the plan lacks %q:\n%s", want, text)
			}
		}
		if n := len(w.tenant.Writes()); n != 0 || strings.Contains(text, "**") {
			t.Errorf("%d changes, text %s", n, text)
		}
	})
}
