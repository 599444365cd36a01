package steps

import (
	"slices"
	"testing"
	"testing/synctest"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

const wrongValue = "abc8Q~abcdefghijklmnopqrstuvwxyz12345678"

// A secret that was pasted wrongly and removed again is nowhere any more, whether
// the admin goes back or leaves.
func TestRemovedSecretIsRemoved(t *testing.T) {
	for name, last := range map[string]turn{
		"back":     {back: true, fill: map[string]string{"secret": ""}},
		"leave":    {leave: true, fill: map[string]string{"secret": ""}},
		"half one": {back: true, fill: map[string]string{"secret": "abc8Q"}},
	} {
		t.Run("renewal "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				o := newOffice(t, w, first.Secret.Value)
				o.on("rotate-secret", turn{fill: map[string]string{"secret": wrongValue}}, last)
				o.picks["home"], o.picks["rotate"] = []string{"Renew", "esc"}, []string{"Make it in", "esc"}
				_, _ = o.visit(&fate{}, "", nil)
				if !slices.Contains(o.seen, "rotate-secret") || !o.said("secret") {
					t.Fatalf("%v", o.seen)
				}
				if x := w.record(t); !x.Pending.Value.IsZero() || progress.Rotating(&x) {
					t.Errorf("the record still holds %s", x.Pending.Hint)
				}
				again := newOffice(t, w, first.Secret.Value)
				again.picks["home"] = []string{"esc"}
				if _, err := again.visit(&fate{}, "", nil); err != nil {
					t.Fatal(err)
				}
				if c := again.choices["home"]; c.Text != "" || c.Options[0].Key != actionRenew {
					t.Errorf("home says %q and offers %q", c.Text, c.Options[0].Text)
				}
			})
		})
		t.Run("first setup "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 31})
				s := newScript(t).on("secret", turn{fill: map[string]string{"secret": wrongValue}}, last)
				s.on("register", turn{practice: "Do it right"}, turn{leave: true})
				_, _ = w.run(s)
				if x := w.record(t); !x.Pending.Value.IsZero() || !x.Secret.Value.IsZero() {
					t.Errorf("the record still holds %q", x.Pending.Hint)
				}
			})
		})
	}
}

// A wrong value that stays in its field, and one that has worked, stay in the record too.
func TestSecretInItsFieldStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		o := newOffice(t, w, first.Secret.Value)
		o.on("rotate-secret", turn{fill: map[string]string{"secret": wrongValue}}, turn{
			leave: true, fill: map[string]string{"secret": wrongValue},
		})
		_, _ = o.visit(&fate{}, "rotate", nil)
		if x := w.record(t); x.Pending.Value.Reveal() != wrongValue {
			t.Errorf("the record holds %q", x.Pending.Hint)
		}
	})
}

// The same for a client ID: the one that was saved by a check and removed again is gone, and
// one that was verified before comes back.
func TestRemovedClientIDIsRemoved(t *testing.T) {
	const other = "11111111-2222-4333-8444-555566667777"
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 31})
		s := newScript(t).on("register", turn{fill: map[string]string{"client-id": other}}, turn{
			leave: true, fill: map[string]string{"client-id": ""},
		})
		_, _ = w.run(s)
		if x := w.record(t); x.ClientID != "" || !s.said("app") {
			t.Errorf("the record holds %q", x.ClientID)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		o := newOffice(t, w, first.Secret.Value)
		o.picks["home"], o.picks["change"] = []string{"Change", "esc"}, []string{"App registration"}
		o.on("register", turn{fill: map[string]string{"client-id": other}}, turn{
			back: true, fill: map[string]string{"client-id": ""},
		})
		if _, err := o.visit(&fate{}, "", nil); err != nil {
			t.Fatalf("%v %v", err, o.seen)
		}
		if x := w.record(t); x.ClientID != first.ClientID || progress.Next(&x) != progress.Finished {
			t.Errorf("the record holds %q, next %s", x.ClientID, progress.Next(&x))
		}
	})
}
