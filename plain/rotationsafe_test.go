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

// signedIn is an admin who signs in with the code that a page shows.
type signedIn struct {
	steps.UI
	tenant *sandbox.Tenant
}

func (s signedIn) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	if p.Name == "sign-in-code" {
		guide := p.Guide(steps.Answers{})
		if _, err := s.tenant.Visit(ctx, guide[0].Link, guide[1].Copy, "admin@agency.gov"); err != nil {
			return steps.Answers{}, err
		}
	}
	return s.UI.Fill(ctx, p)
}

// lines runs palmail's start line by line, and returns what it said.
func lines(t *testing.T, tenant *sandbox.Tenant, kept *store.Memory, start string, answers ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	in := strings.NewReader(strings.Join(answers, "\n") + "\n")
	err := Run(ctx, Options{In: in, Out: &out, Now: time.Now}, func(ctx context.Context, ui steps.UI) error {
		_, err := steps.Run(ctx, steps.Env{
			UI: signedIn{ui, tenant}, Store: kept, M365: m365.Options{Transport: tenant.Transport(), Now: time.Now},
			Profile: "default", Now: time.Now, Start: start,
		})
		return err
	})
	return out.String(), err
}

// Another program's secret stands first in the list: enter alone deletes nothing where
// no row is certain, and a picked row needs something of it typed.
func TestPlainForeignSecretStays(t *testing.T) {
	for name, tc := range map[string]struct {
		answers []string
		gone    bool
	}{
		"enter alone":           {[]string{""}, false},
		"picked, nothing typed": {[]string{"1", "", "back", ""}, false},
		"picked and typed":      {[]string{"1", "Backup job", "1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := sandbox.New(sandbox.Options{Seed: 7})
			x := practised(t, tenant)
			foreign, err := tenant.AddForeignSecret(x.ClientID, "Backup job", time.Now().AddDate(0, 0, 300))
			if err != nil {
				t.Fatal(err)
			}
			x.Mode, x.Old, x.Secret = store.ModePortal, x.Secret, newSecret(t, tenant, x.ClientID)
			x.Old.KeyID, x.Secret.KeyID, x.Old.Expires = "", "", x.Old.Expires.AddDate(0, 3, 0)
			kept := store.NewMemory()
			if err := kept.Save(t.Context(), "default", &x); err != nil {
				t.Fatal(err)
			}
			// Delete it first, by signing in with a code.
			answers := append([]string{"1", "1", "1", ""}, tc.answers...)
			out, _ := lines(t, tenant, kept, "rotate", append(answers, "leave")...)
			app, _ := tenant.AppWithID(x.ClientID)
			left := false
			for _, s := range app.Secrets {
				left = left || s.ID == foreign.ID
			}
			if left == tc.gone || !strings.Contains(out, "Which row is the old secret?") || !tc.gone && len(app.Secrets) != 3 {
				t.Errorf("the foreign secret is left: %v; %d secrets\n%s", left, len(app.Secrets), out)
			}
		})
	}
}

// With nothing stored, `palmail rotate` says so in lines too.
func TestPlainRotateWithNothingStored(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{Seed: 7})
	x := practised(t, tenant)
	kept := store.NewMemory()
	fresh, err := tenant.AddSecret(x.ClientID, "PAL mail 2000-04", time.Now().AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	out, err := lines(t, tenant, kept, "rotate", "2", x.Mailbox, x.PALURL, x.ClientID, "", x.Secret.Value.Reveal(), "",
		"2", "180", fresh.Value, "", "leave")
	now, loadErr := kept.Load(t.Context(), "default")
	if loadErr != nil || !strings.Contains(out, "This computer knows no setup of PAL") ||
		now.Secret.Hint != x.Secret.Hint || now.Pending.Hint != fresh.Hint {
		t.Errorf("%v %v, secret %q, pending %q\n%s", err, loadErr, now.Secret.Hint, now.Pending.Hint, out)
	}
}

// A field that is left holds what was removed from it: the word clear empties a secret.
func TestPlainSecretIsCleared(t *testing.T) {
	var out bytes.Buffer
	p := steps.Page{
		Title: "New secret", Fields: []steps.Field{{Key: "secret", Label: "Value", Kind: steps.SecretField}},
		Check: func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			return steps.Verdict{State: steps.Wrong, Text: "The secret does not work."}
		},
	}
	in := strings.NewReader(testSecret + "\nclear\nyes\nback\nyes\n")
	_ = Run(t.Context(), Options{In: in, Out: &out, Now: time.Now}, func(ctx context.Context, ui steps.UI) error {
		a, err := ui.Fill(ctx, p)
		if value, shown := a.Secrets["secret"]; !errors.Is(err, steps.ErrBack) || !shown || !value.IsZero() {
			t.Errorf("%v, shown %v, empty %v\n%s", err, shown, value.IsZero(), out.String())
		}
		return err
	})
	if !strings.Contains(out.String(), "clear, back and leave work too") || strings.Contains(out.String(), testSecret) {
		t.Error(out.String())
	}
}
