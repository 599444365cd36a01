package plain

import (
	"context"
	"strings"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// elsewhere signs in with the code that a page shows, on another device.
type elsewhere struct {
	steps.UI
	tenant *sandbox.Tenant
}

func (e elsewhere) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	if p.Name != "sign-in-code" {
		return e.UI.Fill(ctx, p)
	}
	guide := p.Guide(steps.Answers{})
	if _, err := e.tenant.Visit(ctx, guide[0].Link, guide[1].Copy, "admin@agency.gov"); err != nil {
		return steps.Answers{}, err
	}
	p.Check(ctx, steps.Answers{}, func(steps.Task) {})
	return steps.Answers{}, ctx.Err()
}

// toThePlan signs in and answers with the lines; then there are no more
// answers. It returns the transcript.
func toThePlan(t *testing.T, live func(*sandbox.Tenant), lines ...string) string {
	t.Helper()
	var r session
	r.run(t, false, append([]string{"1", "1"}, lines...), func(ctx context.Context, ui steps.UI) error {
		tenant := sandbox.New(sandbox.Options{Seed: 7})
		live(tenant)
		kept := store.NewMemory()
		x := store.Setup{
			Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app", TenantID: tenant.ID(), Cloud: m365.Commercial,
		}
		if err := kept.Save(ctx, "default", &x); err != nil {
			return err
		}
		_, err := steps.Run(ctx, steps.Env{
			UI: elsewhere{ui, tenant}, Store: kept, M365: m365.Options{Transport: tenant.Transport(), Now: time.Now},
			Profile: "default", Now: time.Now,
		})
		return err
	})
	return strings.Join(strings.Fields(r.out.String()), " ")
}

func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

// Twins can be told apart line by line, and the plan says what a disabled app means.
func TestPlanWithTwins(t *testing.T) {
	text := toThePlan(t, func(tenant *sandbox.Tenant) {
		const uri = "https://pal.agency.gov/app/connectors/SMTP.aspx"
		first := tenant.RegisterApp("FOIA portal", sandbox.Web, uri)
		if _, err := tenant.AddSecret(first.ClientID, "by hand", time.Now().AddDate(0, 0, 10)); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * 24 * time.Hour)
		second := tenant.RegisterApp("PAL mail", sandbox.Web, uri)
		if err := tenant.SetEnabled(second.ClientID, false); err != nil {
			t.Error(err)
		}
	}, "1")
	if strings.Contains(text, "cannot be read") {
		t.Errorf("answers that end are taken for a failure:\n%s", text)
	}
	wantAll(t, text, "2 apps can be the one for PAL", "1. Use PAL mail, client ID", `"disabled", Mail.Send not granted, no secret`,
		"2. Use FOIA portal, client ID", "expired 11 January 2000", "3. Register another one",
		"The app is disabled", "unchanged: - the app PAL mail,", "1. Look again", "2. Do it nevertheless")
}

// What is wrong with the mailbox is said before the plan.
func TestPlanWithMailbox(t *testing.T) {
	text := toThePlan(t, func(tenant *sandbox.Tenant) { tenant.RemoveMailbox("noreply@agency.gov") }, "3")
	wantAll(t, text, "No account in this tenant has the address noreply@agency.gov", "1. Use another mailbox",
		"3. Continue with this mailbox", "This is what palmail will do")
}
