package plain

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// A leaked secret is deleted line by line, in the portal's way, after its first
// characters were typed. The line for the incident report can be read, and no
// secret is written.
func TestRevocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tenant := sandbox.New(sandbox.Options{Seed: 7})
	x := practised(t, tenant)
	x.Mode = store.ModePortal
	kept := store.NewMemory()
	if err := kept.Save(t.Context(), "default", &x); err != nil {
		t.Fatal(err)
	}
	answers := strings.Join([]string{x.Secret.Hint + "x", x.Secret.Hint, "2", "", ""}, "\n") + "\n"
	var out bytes.Buffer
	_ = Run(ctx, Options{
		In: strings.NewReader(answers), Out: &out, Now: time.Now,
	}, func(ctx context.Context, ui steps.UI) error {
		_, err := steps.Run(ctx, steps.Env{
			UI: deletingRow{ui, func() { _ = tenant.RemoveSecret(x.ClientID, x.Secret.KeyID) }}, Store: kept,
			M365:    m365.Options{Transport: tenant.Transport(), Now: time.Now},
			Profile: "default", Now: time.Now, Start: "revoke",
		})
		return err
	})
	now, err := kept.Load(t.Context(), "default")
	if err != nil || !now.Secret.Value.IsZero() || !now.Revoking.IsZero() {
		t.Errorf("%v, secret %s, revoking %v\n%s", err, now.Secret.Hint, now.Revoking, out.String())
	}
	for _, want := range []string{
		"Type " + x.Secret.Hint + " to continue", "The leaked secret is deleted", "For the incident report",
		"because it leaked", "Service principal sign-ins", "Create a client secret",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), x.Secret.Value.Reveal()) {
		t.Error("the secret was written")
	}
}

// deletingRow deletes the row that the screen of a revocation asks for.
type deletingRow struct {
	steps.UI
	delete func()
}

func (d deletingRow) Show(ctx context.Context, n steps.Notice) error {
	if n.Name == "revoke-row" {
		d.delete()
	}
	return d.UI.Show(ctx, n)
}
