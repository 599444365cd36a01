package steps

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// secretsOf are the key IDs that the tenant has for the record's app.
func (w *world) secretsOf(clientID string) []string {
	var ids []string
	app, _ := w.tenant.AppWithID(clientID)
	for _, s := range app.Secrets {
		ids = append(ids, s.ID)
	}
	return ids
}

// The old secret is not deleted once the new one no longer works, however late
// that happens: at the question, while a row is picked, or between two attempts of the call.
func TestOldSecretStaysWhenTheNewOneIsGone(t *testing.T) {
	for _, when := range []string{"old-secret", "old-servers", "which-secret", "between two calls"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mode := store.ModeSignIn
				if when == "which-secret" {
					mode = store.ModePortal
				}
				w, first := begin(t, mode)
				if mode == store.ModePortal {
					w.foreign(t, first.ClientID)
				}
				o := newOffice(t, w, first.Secret.Value)
				o.picks["rotate"], o.picks["old-secret"] = []string{"Sign in"}, []string{"Sign in", "Keep"}
				drop := func() {
					x := w.record(t)
					dropSecret(w, &x)
				}
				o.asked = func(screen string) {
					if screen == when {
						drop()
					}
				}
				if when == "between two calls" {
					w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
						if !strings.HasSuffix(c.Path, "/removePassword") {
							return sandbox.Outcome{}
						}
						w.tenant.Intercept(nil)
						drop()
						return sandbox.Outcome{Status: 409}
					})
				}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				x := w.record(t)
				if !w.works(&x, first.Secret.Value) || !x.Old.Value.Equal(first.Secret.Value) {
					t.Errorf("the old secret was deleted: %v", o.seen)
				}
				if !slices.Contains(o.seen, "old-not-removed") {
					t.Errorf("nobody was told: %v", o.seen)
				}
			})
		})
	}
}

// dropSecret deletes the record's current secret behind palmail's back.
func dropSecret(w *world, x *store.Setup) {
	app, _ := w.tenant.AppWithID(x.ClientID)
	for _, s := range app.Secrets {
		if s.Hint == x.Secret.Hint {
			if err := w.tenant.RemoveSecret(x.ClientID, s.ID); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// foreign adds another program's secret above all others, and returns its key ID.
func (w *world) foreign(t *testing.T, clientID string) string {
	t.Helper()
	f, err := w.tenant.AddForeignSecret(clientID, "Backup job", time.Now().AddDate(0, 0, 300))
	if err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// Another program's secret stands first in the list: enter alone deletes the
// old secret where its row is certain, and nothing where it is not; and another
// row only after something of it was typed.
func TestForeignSecretStays(t *testing.T) {
	for name, tc := range map[string]struct {
		end    time.Duration // by which the end in the record is wrong
		picked int           // 0: enter alone
		typed  string
		gone   string // foreign, old, or nothing
	}{
		"the row is certain":        {gone: "old"},
		"the end is another one":    {end: 60 * 24 * time.Hour, gone: ""},
		"another row, typed":        {picked: 1, typed: "Backup job", gone: "foreign"},
		"another row, typed wrong":  {picked: 1, typed: "PAL mail", gone: ""},
		"another row, by its start": {picked: 1, typed: "HINT", gone: "foreign"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				id := w.foreign(t, first.ClientID)
				x := w.record(t)
				x.Secret.Expires = x.Secret.Expires.Add(tc.end)
				x.Secret.Description = "typed otherwise"
				if err := w.store.Save(t.Context(), "default", &x); err != nil {
					t.Fatal(err)
				}
				app, _ := w.tenant.AppWithID(first.ClientID)
				old := app.Secrets[1]
				if app.Secrets[0].ID != id {
					t.Fatal("the foreign secret is not the first")
				}
				o := newOffice(t, w, first.Secret.Value)
				o.picks["rotate"], o.picks["old-secret"] = []string{"Sign in"}, []string{"Sign in", "Keep"}
				if tc.picked > 0 {
					o.picks["which-secret"] = []string{"Backup job", "None"}
				}
				typed := strings.Replace(tc.typed, "HINT", app.Secrets[0].Hint, 1)
				o.on("which-secret-typed", turn{fill: map[string]string{"row": typed}}, turn{back: true})
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				left := w.secretsOf(first.ClientID)
				if slices.Contains(left, id) == (tc.gone == "foreign") || slices.Contains(left, old.ID) == (tc.gone == "old") {
					t.Errorf("want %q gone; left %v of foreign %s and old %s, screens %v", tc.gone, left, id, old.ID, o.seen)
				}
				if tc.end > 0 && o.choices["which-secret"].Options[o.choices["which-secret"].Picked].Key != optionNo {
					t.Error("a row that is not certain is preselected")
				}
			})
		})
	}
}

// The admin deleted the new secret's row in place of the old one's: palmail says that
// PAL's mail fails, and leads back to the one that works; or to another new one.
func TestWrongRowDeleted(t *testing.T) {
	for _, bothGone := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, store.ModePortal)
			o := newOffice(t, w, first.Secret.Value)
			o.keepRows = true
			o.asked = func(screen string) {
				if screen == "old-servers" && !slices.Contains(o.seen, "wrong-row") {
					o.keepRows = true
				}
				if screen == "wrong-row" {
					o.keepRows = false
				}
			}
			wrongDone := false
			o.shown = func(screen string) {
				if screen == "old-row" && !wrongDone {
					wrongDone = true
					x := w.record(t)
					dropSecret(w, &x)
					if bothGone {
						x.Secret = x.Old
						dropSecret(w, &x)
					}
				}
			}
			if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
				t.Fatalf("%v\n%v", err, o.seen)
			}
			c := o.choices["wrong-row"]
			if c.Finding == nil || !strings.Contains(c.Title, "PAL can no longer send mail") ||
				!strings.HasPrefix(c.Finding.Remedy[0], "First ") {
				t.Errorf("%+v", c)
			}
			x := w.record(t)
			if !w.works(&x, x.Secret.Value) || !o.pal.Equal(x.Secret.Value) || !x.Pending.Value.IsZero() ||
				x.Secret.Value.Equal(first.Secret.Value) == bothGone {
				t.Errorf("both gone %v: PAL's secret is %s, screens %v", bothGone, x.Secret.Hint, o.seen)
			}
		})
	}
}

// The same while a renewal is undone: the old secret's row was deleted, which PAL
// has again, and the new one is the one that works.
func TestWrongRowDeletedWhileUndoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		o := newOffice(t, w, first.Secret.Value)
		o.keepRows = true
		o.picks["rotate-sends"] = []string{"Go back"}
		o.asked = func(screen string) {
			switch screen {
			case "rotate-discard":
				dropSecret(w, &first)
			case "wrong-row":
				o.keepRows = false
			}
		}
		if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		x := w.record(t)
		if !w.works(&x, x.Secret.Value) || !o.pal.Equal(x.Secret.Value) || x.Secret.Value.Equal(first.Secret.Value) {
			t.Errorf("PAL's secret is %s, screens %v", x.Secret.Hint, o.seen)
		}
	})
}
