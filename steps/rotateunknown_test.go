package steps

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// `palmail rotate` on a computer that knows no setup says so, and each way that
// it offers ends with a new secret in PAL and in the record.
func TestRotateWithNothingStored(t *testing.T) {
	for name, tc := range map[string]struct {
		way     string
		expired bool
		alone   bool // PAL's old secret is known, and deleted in the end
	}{
		"by signing in":       {way: "Sign in"},
		"by PAL's values":     {way: "Enter what", alone: true},
		"by an expired value": {way: "Enter what", expired: true, alone: true},
		"by a file":           {way: "Import", alone: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				if tc.expired {
					time.Sleep(100 * 24 * time.Hour)
				}
				w.store = store.NewMemory()
				o := newOffice(t, w, first.Secret.Value)
				o.picks["rotate-unknown"] = []string{tc.way}
				o.on("start", turn{fill: map[string]string{"mailbox": first.Mailbox, "pal-url": first.PALURL}})
				o.on("pal-has", turn{fill: map[string]string{
					"client-id": first.ClientID, "secret": wrongValue,
				}}, turn{fill: map[string]string{"secret": first.Secret.Value.Reveal()}})
				o.on("import-file", turn{fill: map[string]string{"file": "pal.age", "phrase": "wrong"}},
					turn{fill: map[string]string{"phrase": "correct horse battery"}})
				o.export = func(_ context.Context, file string, phrase secret.Value) ([]Imported, error) {
					if file != "pal.age" || phrase.Reveal() != "correct horse battery" {
						return nil, errors.New("the passphrase does not fit this file")
					}
					return []Imported{{"default", first}}, nil
				}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				c := o.choices["rotate-unknown"]
				if o.seen[0] != "rotate-unknown" || c.Title != "This computer knows no setup of PAL" || len(c.Options) != 4 {
					t.Errorf("%v %+v", o.seen, c)
				}
				x := w.record(t)
				if x.ClientID != first.ClientID || x.Secret.Value.Equal(first.Secret.Value) ||
					!o.pal.Equal(x.Secret.Value) || !w.works(&x, o.pal) || progress.Next(&x) != progress.Finished {
					t.Errorf("client ID %s, secret %s, next %s, screens %v", x.ClientID, x.Secret.Hint, progress.Next(&x), o.seen)
				}
				if n := len(w.secretsOf(x.ClientID)); n != 1 == tc.alone {
					t.Errorf("%d secrets in the tenant; %v", n, o.seen)
				}
				if apps := w.tenant.Apps(); len(apps) != 1 {
					t.Errorf("%d apps", len(apps))
				}
			})
		})
	}
}

// Where the tenant has no app of PAL, none is registered: another way is offered.
func TestRotateFindsNoApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		w.tenant.DeleteApp(first.ClientID)
		w.store = store.NewMemory()
		o := newOffice(t, w, first.Secret.Value)
		o.picks["rotate-unknown"] = []string{"Sign in", "esc"}
		o.on("start", turn{fill: map[string]string{"mailbox": first.Mailbox, "pal-url": first.PALURL}})
		_, err := o.visit(&fate{}, "rotate", nil)
		if !errors.Is(err, ErrLeave) || len(w.tenant.Apps()) != 0 {
			t.Errorf("%v, %d apps, %v", err, len(w.tenant.Apps()), o.seen)
		}
		if c := o.choices["which-pal-app"]; !strings.HasPrefix(c.Title, "No app") || !slices.Contains(o.seen, "find-app") {
			t.Errorf("%+v %v", c, o.seen)
		}
	})
}
