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

// atConsent grants the consent in the portal when the wizard waits for it.
type atConsent struct {
	steps.UI
	grant func()
}

func (a atConsent) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	if p.Name == "permission" {
		a.grant()
	}
	return a.UI.Fill(ctx, p)
}

// A limit is undone line by line, in the portal's way.
func TestLimitUndone(t *testing.T) {
	tenant, kept := sandbox.New(sandbox.Options{Seed: 7}), store.NewMemory()
	x := practised(t, tenant)
	x.Mode = store.ModePortal
	narrowed(t, tenant, &x)
	if err := kept.Save(t.Context(), "default", &x); err != nil {
		t.Fatal(err)
	}
	answers := strings.Join([]string{"4", "2", "2", "1", "", "3"}, "\n") + "\n"
	var out bytes.Buffer
	err := Run(t.Context(), Options{
		In: strings.NewReader(answers), Out: &out, Now: time.Now,
	}, func(ctx context.Context, ui steps.UI) error {
		grant := func() {
			if err := tenant.GrantConsent(x.ClientID); err != nil {
				t.Error(err)
			}
		}
		_, err := steps.Run(ctx, steps.Env{
			UI: atConsent{ui, grant}, Store: kept, M365: m365.Options{
				Transport: tenant.Transport(), Now: time.Now,
			}, Profile: "default", Now: time.Now, Start: "limit",
		})
		return err
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	now, err := kept.Load(t.Context(), "default")
	if err != nil || now.Limit != (store.Limit{}) || now.LimitedByExchange {
		t.Errorf("%v, the record says %+v\n%s", err, now.Limit, out.String())
	}
	for _, want := range []string{
		"Let the app send as any mailbox again?", "OK: Mail.Send is granted", "Take away what was made in Exchange",
		"Remove-ManagementScope",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q was not said:\n%s", want, out.String())
		}
	}
}
