package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// leak returns an office whose admin has decided that the secret leaked.
func leak(t *testing.T, w *world, x *store.Setup) *office {
	o := newOffice(t, w, x.Secret.Value)
	o.on("revoke", turn{fill: map[string]string{"hint": x.Secret.Hint}})
	return o
}

// revoked asserts that the leaked secret is gone everywhere and PAL has another that works.
func revoked(t *testing.T, w *world, o *office, first store.Setup) {
	t.Helper()
	settled(t, w, o, first, settlement{renewed: true, alone: true})
	x := w.record(t)
	if w.works(&x, first.Secret.Value) {
		t.Error("the leaked secret still works")
	}
	if !x.Revoking.IsZero() || x.Removing != "" {
		t.Errorf("left over: revoking %v, removing %q", x.Revoking, x.Removing)
	}
	if !slices.ContainsFunc(x.History, func(e store.Event) bool { return e.What == store.EventRevoked }) {
		t.Errorf("the history does not have it: %+v", x.History)
	}
}

// A leaked secret is deleted before there is another one. What the admin needs
// for the incident is on the screen, and does not hold the secret.
func TestRevoke(t *testing.T) {
	for _, mode := range modes {
		for _, start := range []string{"revoke", ""} {
			t.Run(mode+" from "+start, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					o := leak(t, w, &first)
					o.picks["home"] = []string{"The secret leaked", "esc"}
					madeFirst := true
					o.shown = func(screen string) {
						if screen == "revoked" {
							app, _ := w.tenant.AppWithID(first.ClientID)
							madeFirst = len(app.Secrets) > 0
						}
					}
					if _, err := o.visit(&fate{}, start, nil); err != nil {
						t.Fatalf("%v\n%v", err, o.seen)
					}
					revoked(t, w, o, first)
					if madeFirst {
						t.Error("there was another secret before the leaked one was deleted")
					}
					n := o.notices["revoked"]
					text := n.Title + n.Why + n.Text + n.Values[0].Text
					for _, want := range []string{
						first.Secret.Hint, first.Secret.KeyID, first.ClientID, first.TenantID, "UTC", "can work until",
						"cannot send mail until",
					} {
						if !strings.Contains(text, want) {
							t.Errorf("no %q in %q", want, text)
						}
					}
					if strings.Contains(text, first.Secret.Value.Reveal()) {
						t.Error("the secret is in it")
					}
					if page := o.pages["revoke"]; !strings.Contains(page.Why, "stops sending mail") {
						t.Errorf("%+v", page)
					}
				})
			})
		}
	}
}

// The process is killed before and behind every write and every call of a
// revocation. The next start continues on its own, and ends with one new secret.
func TestRevokeKilledAnywhere(t *testing.T) {
	runs := 0
	for _, mode := range modes {
		var points []string
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, mode)
			f := &fate{}
			if _, err := leak(t, w, &first).visit(f, "revoke", nil); err != nil {
				t.Fatal(err)
			}
			points = f.points
		})
		for n := range points {
			for _, behind := range []bool{false, true} {
				runs++
				t.Run(fmt.Sprintf("%s %d %s behind %v", mode, n+1, points[n], behind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { revokeKilledAt(t, mode, n+1, behind) })
				})
			}
		}
		if len(points) < 8 {
			t.Errorf("only these points: %v", points)
		}
	}
	t.Logf("%d runs", runs)
}

func revokeKilledAt(t *testing.T, mode string, at int, behind bool) {
	w, first := begin(t, mode)
	o := leak(t, w, &first)
	_, _ = o.visit(&fate{die: at, behind: behind}, "revoke", nil)
	x := w.record(t)
	begun := !x.Revoking.IsZero() || !x.Secret.Value.Equal(first.Secret.Value)
	if !begun && !w.works(&x, first.Secret.Value) {
		t.Error("it was deleted and the record does not say so")
	}
	time.Sleep(time.Hour)
	again := leak(t, w, &first)
	again.pal = o.pal
	again.picks["how"] = []string{map[string]string{store.ModeSignIn: "Sign in", store.ModePortal: "Be guided"}[mode]}
	start := ""
	switch {
	case !begun:
		start = "revoke"
	case progress.Reopened(&x):
		again.picks["home"] = []string{"Go on with", "esc"}
	default:
		again.picks["home"] = []string{"esc"}
	}
	if _, err := again.visit(&fate{}, start, nil); err != nil {
		t.Fatalf("the next start ended with %v\n%v\n%v", err, o.seen, again.seen)
	}
	alone := mode == store.ModeSignIn
	if x := w.record(t); len(progress.LostSecrets(&x)) == 0 && x.Intent.Name == x.Secret.Description {
		x.Intent = store.Intent{} // killed right behind the creation: nothing is lost, and the next one replaces it
		if err := w.store.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, w, again, first, settlement{renewed: true, alone: alone})
	if x := w.record(t); w.works(&x, first.Secret.Value) || !x.Revoking.IsZero() {
		t.Errorf("the leaked secret works, or it is still being revoked since %v\n%v\n%v", x.Revoking, o.seen, again.seen)
	}
}

// The wrong row was deleted, or none: it is not believed. Nothing is asked of
// somebody who went back from the confirmation, and a mistake can be stopped.
func TestRevokeIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		o := leak(t, w, &first)
		o.keepRows = true
		o.picks["revoke-still-works"] = []string{"Check again", "Go back"}
		o.picks["revoke-how"] = []string{"Delete it in", "Stop"}
		o.picks["home"] = []string{"esc"}
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		x := w.record(t)
		if !x.Revoking.IsZero() || !x.Secret.Value.Equal(first.Secret.Value) || slices.Contains(o.seen, "revoked") {
			t.Errorf("revoking %v, secret %s, %v", x.Revoking, x.Secret.Hint, o.seen)
		}
		o = newOffice(t, w, first.Secret.Value)
		o.on("revoke", turn{back: true})
		o.picks["home"] = []string{"esc"}
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil || !w.works(&x, first.Secret.Value) {
			t.Errorf("%v %v", err, o.seen)
		}
	})
}

// An account that cannot delete is told so and led to the portal; a secret
// deleted by somebody else already counts as deleted.
func TestRevokeRefusedAndAlreadyGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		_ = w.tenant.RemoveSecret(first.ClientID, first.Secret.KeyID)
		time.Sleep(10 * time.Minute)
		o := leak(t, w, &first)
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		revoked(t, w, o, first)
	})
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
			if strings.HasSuffix(c.Path, "/removePassword") {
				return sandbox.Outcome{Status: 403}
			}
			return sandbox.Outcome{}
		})
		o := leak(t, w, &first)
		o.picks["revoke-how"] = []string{"Sign in", "Delete it in"}
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		if n := o.notices["not-revoked"]; n.Finding == nil || !strings.Contains(n.Text, "still works") {
			t.Errorf("%+v %v", n, o.seen)
		}
		revoked(t, w, o, first)
	})
}

// With several secrets it is asked which one leaked, and the others have their own way.
func TestRevokeOneOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		o := newOffice(t, w, first.Secret.Value)
		o.picks["old-secret"] = []string{"Keep"}
		if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
			t.Fatal(err)
		}
		x := w.record(t)
		o = leak(t, w, &x)
		o.pal = x.Secret.Value
		o.picks["revoke-which"] = []string{"The one"}
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		now := w.record(t)
		if w.works(&now, x.Secret.Value) || !now.Old.Value.Equal(first.Secret.Value) ||
			!strings.Contains(o.notices["revoked"].Text, first.Secret.Hint) {
			t.Errorf("old %s, %q", now.Old.Hint, o.notices["revoked"].Text)
		}
		o = newOffice(t, w, o.pal)
		o.picks["revoke-which"] = []string{"The old one"}
		if _, err := o.visit(&fate{}, "revoke", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		if now := w.record(t); !now.Old.Value.IsZero() || progress.Next(&now) != progress.Finished {
			t.Errorf("old %s, next %s", now.Old.Hint, progress.Next(&now))
		}
	})
}

// A computer that knows no secret says where to delete it.
func TestRevokeWithNothingStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 3})
		o := &office{script: newScript(t), w: w, picks: map[string][]string{}}
		if _, err := o.visit(&fate{}, "revoke", nil); !errors.Is(err, ErrLeave) {
			t.Error(err)
		}
		if n := o.notices["revoke-unknown"]; len(n.Guide) < 4 {
			t.Errorf("%+v", n)
		}
	})
}
