package steps

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/steps/progress"
	"palmail/store"
)

// An expired secret, two old ones, and a lost record are cases like any other.
func TestRotateFromAnywhere(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode+" expired", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, mode)
				time.Sleep(100 * 24 * time.Hour)
				o := newOffice(t, w, first.Secret.Value)
				o.picks["home"] = []string{"Renew", "esc"}
				if _, err := o.visit(&fate{}, "", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				settled(t, w, o, first, settlement{renewed: true, alone: true})
			})
		})
		t.Run(mode+" two old ones", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, mode)
				o := newOffice(t, w, first.Secret.Value)
				o.picks["old-secret"] = []string{"Keep"}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatal(err)
				}
				x, _ := w.store.Load(t.Context(), "default")
				if !x.Old.Value.Equal(first.Secret.Value) {
					t.Fatalf("the old one is forgotten: %+v", x.Old)
				}
				time.Sleep(24 * time.Hour) // the third of the month may bear its day in its name
				third := newOffice(t, w, o.pal)
				third.picks["home"] = []string{"Renew", "esc"}
				if _, err := third.visit(&fate{}, "", nil); err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(third.seen, "two-secrets") {
					t.Errorf("nobody spoke of the old one: %v", third.seen)
				}
				settled(t, w, third, first, settlement{renewed: true, alone: true})
			})
		})
	}
	t.Run("a secret of somebody else stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, store.ModePortal)
			foreign, err := w.tenant.AddSecret(first.ClientID, "not ours", time.Now().AddDate(0, 0, 90))
			if err != nil {
				t.Fatal(err)
			}
			o := newOffice(t, w, first.Secret.Value)
			o.picks["rotate"], o.picks["old-secret"] = []string{"Sign in"}, []string{"Sign in"}
			if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
				t.Fatalf("%v\n%v", err, o.seen)
			}
			settled(t, w, o, first, settlement{renewed: true})
			app, _ := w.tenant.AppWithID(first.ClientID)
			left := map[string]bool{}
			for _, s := range app.Secrets {
				left[s.ID] = true
			}
			if len(left) != 2 || !left[foreign.ID] || !slices.Contains(o.seen, "which-secret") {
				t.Errorf("left %+v, screens %v", app.Secrets, o.seen)
			}
		})
	})
	t.Run("a lost record", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, store.ModeSignIn)
			w.store = store.NewMemory()
			w.given = Given{ClientID: first.ClientID}
			w.start = "rotate"
			end, err := w.run(signer(t, w, "admin@agency.gov"))
			if err != nil || progress.Next(&end.Setup) != progress.Finished || end.Setup.ClientID != first.ClientID {
				t.Fatalf("%v %+v", err, end.Setup)
			}
			app, _ := w.tenant.AppWithID(first.ClientID)
			if len(app.Secrets) != 2 {
				t.Errorf("a secret that palmail does not know was touched: %+v", app.Secrets)
			}
		})
	})
}

// The history tells a rotation, with key IDs, request IDs and who did it.
func TestHistoryOfARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		o := newOffice(t, w, first.Secret.Value)
		if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
			t.Fatal(err)
		}
		x, err := w.store.Load(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		var what []string
		for _, e := range x.History[len(x.History)-6:] {
			what = append(what, e.What)
			if e.By != "admin@agency.gov" || e.What == store.EventTested && e.RequestID == "" {
				t.Errorf("%+v", e)
			}
		}
		if got := strings.Join(what, " "); got != "created proved handed-over tested rotated removed" {
			t.Errorf("the history says %s", got)
		}
		if last := x.History[len(x.History)-1]; last.KeyID != first.Secret.KeyID {
			t.Errorf("removed %s, want %s", last.KeyID, first.Secret.KeyID)
		}
		lines := progress.History(&x)
		if !strings.Contains(lines[0], "secret deleted, Secret ID "+first.Secret.KeyID) ||
			strings.Contains(strings.Join(lines, ""), x.Secret.Value.Reveal()) {
			t.Errorf("%s", strings.Join(lines, "\n"))
		}
	})
}

// A row that was not deleted in the portal, or another one in its place, is
// noticed before palmail forgets a secret that works.
func TestRowNotDeleted(t *testing.T) {
	for name, tc := range map[string]struct {
		answers []string
		old     bool // it is still known
	}{
		"deleted at last": {[]string{"Look again"}, false},
		"kept for now":    {[]string{"Go back"}, true},
		"vouched for":     {[]string{"It is deleted"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				o := newOffice(t, w, first.Secret.Value)
				o.keepRows = true
				o.picks["row-still-works"], o.picks["old-secret"] = tc.answers, []string{"Delete it in", "Keep it"}
				o.asked = func(screen string) {
					if screen == "row-still-works" && name == "deleted at last" {
						o.keepRows = false
						o.deleteRow(o.notices["old-row"].Text)
					}
				}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				x, err := w.store.Load(t.Context(), "default")
				if err != nil || x.Old.Value.IsZero() == tc.old || !slices.Contains(o.seen, "row-still-works") {
					t.Errorf("%v, old %q, %v", err, x.Old.Hint, o.seen)
				}
			})
		})
	}
}
