package steps

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// begun is a tenant in which an app was registered by a process that was killed
// before it heard the answer.
func begun(t *testing.T, o sandbox.Options, refused int) *world {
	t.Helper()
	w := newWorld(t, o)
	w.tenant.SetRules(sandbox.Rules{UniqueNameRefused: refused})
	f := &fate{}
	call := "PATCH /v1.0/applications(uniqueName"
	if refused != 0 {
		call = "POST /v1.0/applications"
	}
	f.die, f.behind = pointIn(t, o, refused, call), true
	_, _, _ = visitOnce(t, w, f)
	x := w.record(t)
	if n := len(w.tenant.Apps()); n != 1 || x.ClientID != "" || x.Intent.Kind == "" {
		t.Fatalf("%d apps, the record has %q and %+v", n, x.ClientID, x.Intent)
	}
	return w
}

// pointIn returns at which point of a first run in such a tenant a call is made.
func pointIn(t *testing.T, o sandbox.Options, refused int, call string) int {
	t.Helper()
	w := newWorld(t, o)
	w.tenant.SetRules(sandbox.Rules{UniqueNameRefused: refused})
	f := &fate{}
	if _, _, err := visitOnce(t, w, f); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(f.points, func(p string) bool { return strings.HasPrefix(p, call) })
	if at < 0 {
		t.Fatalf("no %s in %v", call, f.points)
	}
	return at + 1
}

// Where the service refuses unique names, the next start looks for the app by
// Microsoft's own clock before it registers one.
func TestRegistrationByPostIsResumed(t *testing.T) {
	for _, refused := range []int{404, 405, 501} {
		for _, delay := range []time.Duration{0, 30 * time.Second} {
			for _, ahead := range clocks {
				t.Run(fmt.Sprint(refused, delay, ahead), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						wx := sandbox.Weather{AppDelay: delay, SecretDelay: delay, ConsentDelay: delay}
						w := begun(t, sandbox.Options{Seed: 97, Weather: wx, ClockAhead: ahead}, refused)
						o, end, err := visitOnce(t, w, &fate{})
						if err != nil {
							t.Fatalf("%v %v", err, o.seen)
						}
						once(t, w, end.Setup)
					})
				})
			}
		}
	}
}

// Undo removes the app whose registration was begun and not heard of, unless it
// is in use by somebody else.
func TestUndoOfABegunRegistration(t *testing.T) {
	for _, used := range []bool{false, true} {
		t.Run(fmt.Sprint("in use ", used), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := begun(t, sandbox.Options{Seed: 101, Weather: lagging()}, 0)
				left := 0
				if used {
					id := w.tenant.Apps()[0].ClientID
					if _, err := w.tenant.AddSecret(id, "other", time.Now().AddDate(0, 6, 0)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
					left = 1
				}
				s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
				if _, err := w.undoRun(s); err != nil {
					t.Fatalf("%v %v", err, s.seen)
				}
				x := w.record(t)
				if n := len(w.tenant.Apps()); n != left || x.Intent != (store.Intent{}) || x.AppUniqueName != "" {
					t.Errorf("%d apps are left, want %d; the record has %+v %q", n, left, x.Intent, x.AppUniqueName)
				}
				if s.said("has secrets that palmail did not create") != used {
					t.Error("what stays is not said, or said of what is gone")
				}
			})
		})
	}
}

// A journal that stayed open, and a colleague's app of the same name: palmail
// waits for its own, says so, and asks before it takes the other.
func TestOpenJournalBesideAColleaguesApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := sandbox.Options{Seed: 103}
		w := newWorld(t, o)
		_, _, _ = visitOnce(t, w, &fate{die: pointIn(t, o, 0, "PATCH /v1.0/applications(uniqueName")})
		if x := w.record(t); x.Intent.Kind != store.IntentApp || len(w.tenant.Apps()) != 0 {
			t.Fatalf("%+v, %d apps", x.Intent, len(w.tenant.Apps()))
		}
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, practiceRedirect)
		s := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})
		end, err := w.run(s)
		if err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		if x := end.Setup; x.ClientID != app.ClientID || !x.AppAdopted || madeApp(&x) || x.Intent != (store.Intent{}) {
			t.Errorf("%s, adopted %v, made %q, %+v", x.ClientID, x.AppAdopted, x.Made, x.Intent)
		}
		if !slices.Contains(s.seen, "which-app") || len(w.tenant.Apps()) != 1 ||
			!s.said("Waiting for the app PAL mail") {
			t.Errorf("%v, %d apps", s.seen, len(w.tenant.Apps()))
		}
	})
}
