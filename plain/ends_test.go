package plain

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// What an earlier answer made go wrong is changed line by line: the finding
// says the word for it, and the page of that answer follows.
func TestCorrections(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(*sandbox.Tenant, *store.Setup) error
		answers []string
		want    []string // in this order
	}{
		"mailbox": {func(tenant *sandbox.Tenant, x *store.Setup) error {
			x.PALSaved, x.LastTest, x.History = time.Time{}, store.Test{}, nil
			tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{OnPremises: true})
			tenant.SetMailbox("records@agency.gov", sandbox.Mailbox{Licensed: true})
			return nil
		}, []string{"", "records@agency.gov", "", "leave"}, []string{
			"PAL cannot send from this mailbox yet.", "4. Change the mailbox.", "Before you start.",
			"The app can send as records@agency.gov.", "Put the four values into PAL.",
		}},
		"secret": {func(tenant *sandbox.Tenant, x *store.Setup) error {
			x.LastTest, x.History = store.Test{}, nil
			x.PermissionProved = time.Now().Add(-2 * time.Hour)
			return tenant.RemoveSecret(x.ClientID, x.Secret.KeyID)
		}, []string{"", "secret", "leave"}, []string{
			"Send a test mail.", "Type secret to change the secret.", "Type app to change the client ID.",
			"Create a client secret.",
		}},
		"clock": {func(tenant *sandbox.Tenant, x *store.Setup) error {
			x.AppProved, x.PALSaved, x.LastTest, x.History = time.Time{}, time.Time{}, store.Test{}, nil
			tenant.SetClockAhead(-9 * time.Minute)
			return nil
		}, []string{"", "", "leave"}, []string{
			"Register an app.", "This computer's clock is 9 minutes ahead.", "Microsoft's time is",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, kept := sandbox.New(sandbox.Options{Seed: 7}), store.NewMemory()
			x := practised(t, tenant)
			x.Mode = store.ModePortal
			if err := tc.prepare(tenant, &x); err != nil {
				t.Fatal(err)
			}
			if err := kept.Save(t.Context(), "default", &x); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out bytes.Buffer
			err := Run(ctx, Options{
				In: strings.NewReader(strings.Join(tc.answers, "\n") + "\n"), Out: &out, Now: time.Now,
			}, func(ctx context.Context, ui steps.UI) error {
				_, err := steps.Run(ctx, steps.Env{
					UI: ui, Store: kept, M365: m365.Options{Transport: tenant.Transport(), Now: time.Now},
					Profile: "default", Now: time.Now,
				})
				return err
			})
			if ctx.Err() != nil || err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrNoAnswer) {
				t.Fatalf("%v\n%s", err, out.String())
			}
			rest := out.String()
			for _, want := range tc.want {
				at := strings.Index(rest, want)
				if at < 0 {
					t.Fatalf("no %q in the rest of\n%s", want, out.String())
				}
				rest = rest[at+len(want):]
			}
		})
	}
}
