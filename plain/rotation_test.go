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

// atPortal deletes the row that a screen asks for.
type atPortal struct {
	steps.UI
	deleteRow func()
}

func (a atPortal) Show(ctx context.Context, n steps.Notice) error {
	if n.Name == "old-row" {
		a.deleteRow()
	}
	return a.UI.Show(ctx, n)
}

// The whole rotation line by line, in the portal's way: every screen of it can
// be answered, and no secret is written.
func TestRotation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tenant := sandbox.New(sandbox.Options{Seed: 7})
	x := practised(t, tenant)
	x.Mode = store.ModePortal
	kept := store.NewMemory()
	if err := kept.Save(t.Context(), "default", &x); err != nil {
		t.Fatal(err)
	}
	fresh, err := tenant.AddSecret(x.ClientID, "PAL mail 2000-04", time.Now().AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Join([]string{"1", "2", "180", fresh.Value, "", "", "1", "1", "2", "", "10"}, "\n") + "\n"
	var out bytes.Buffer
	err = Run(ctx, Options{
		In: strings.NewReader(answers), Out: &out, Now: time.Now,
	}, func(ctx context.Context, ui steps.UI) error {
		_, err := steps.Run(ctx, steps.Env{
			UI: atPortal{
				ui, func() { _ = tenant.RemoveSecret(x.ClientID, x.Secret.KeyID) },
			}, Store: kept, M365: m365.Options{
				Transport: tenant.Transport(), Now: time.Now,
			}, Profile: "default", Now: time.Now,
		})
		return err
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	now, err := kept.Load(t.Context(), "default")
	if err != nil || now.Secret.Value.Reveal() != fresh.Value || !now.Old.Value.IsZero() {
		t.Errorf("%v, secret %s, old %s\n%s", err, now.Secret.Hint, now.Old.Hint, out.String())
	}
	if strings.Contains(out.String(), fresh.Value) || strings.Contains(out.String(), x.Secret.Value.Reveal()) {
		t.Error("a secret was written")
	}
}
