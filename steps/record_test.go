package steps

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// Two chains of calls change the record at once, so the history too is only
// written to while nobody else saves it.
func TestHistoryIsWrittenUnderTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := begin(t, store.ModeSignIn)
		var ap *applier
		noted, unlocked := 0, 0
		s := newSession(Env{
			UI: signer(t, w, "admin@agency.gov"), Store: w.store, M365: m365Options(w), Profile: "default",
			Portal: portal{w.tenant},
			Now: func() time.Time {
				if ap != nil && calledBy("(*session).note") {
					noted++
					if ap.mu.TryLock() {
						ap.mu.Unlock()
						unlocked++
					}
				}
				return time.Now()
			},
		})
		s.setup = x
		admin, err := s.signIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.tenant.AddSecret(x.ClientID, "PAL mail lost", time.Now().AddDate(0, 0, 90)); err != nil {
			t.Fatal(err)
		}
		app, err := admin.AppByClientID(t.Context(), x.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		ap = &applier{session: s, admin: admin, plan: &plan{app: app}, report: func(Task) {}}
		if err := ap.removeNamed(t.Context(), []string{"PAL mail lost"}); err != nil {
			t.Fatal(err)
		}
		if noted != 1 || unlocked != 0 {
			t.Errorf("%d events, %d of them without the lock", noted, unlocked)
		}
	})
}

// calledBy says whether a function whose name ends so is running the caller.
func calledBy(name string) bool {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, name) {
			return true
		}
		if !more {
			return false
		}
	}
}

// A rig that finds no secret left says so, and does not fall over it.
func TestRigSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 31})
		end, err := w.run(newScript(t))
		if err != nil {
			t.Fatal(err)
		}
		x := end.Setup
		x.Secret.KeyID = "known"
		x.Revision = ""
		_ = w.store.Delete(t.Context(), "default")
		if err := w.store.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		removeCurrent(w, &x)
		wrong := unsettled(w, newOffice(t, w, x.Secret.Value), store.Setup{}, settlement{renewed: true, alone: true})
		if all := strings.Join(wrong, "\n"); !strings.Contains(all, "0 secrets in the tenant") {
			t.Errorf("it says %q", all)
		}
	})
}
