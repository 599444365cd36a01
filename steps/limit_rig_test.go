package steps

import (
	"context"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// narrowing is an office that limits the app to its mailbox: it runs the
// script in Exchange when palmail asks whether it has run, and takes the
// consent back in the portal when it is told to.
type narrowing struct {
	*office
	script, consent sandbox.Mistake // made on the way; "" does it right
}

func narrow(t *testing.T, w *world, x store.Setup) *narrowing {
	n := &narrowing{office: newOffice(t, w, x.Secret.Value)}
	n.asked = func(screen string) {
		if screen == "limit" {
			n.practise("limit", n.script)
		}
	}
	n.picks["limit-about"] = []string{"Begin"}
	n.picks["limit"] = []string{"Show", "It has run"}
	return n
}

func (n *narrowing) practise(screen string, m sandbox.Mistake) {
	n.t.Helper()
	x, err := n.w.store.Load(context.Background(), "default")
	if err != nil {
		n.t.Fatal(err)
	}
	_, said, err := n.w.tenant.Practice(screen, m, map[string]string{
		"client-id": x.ClientID, "mailbox": x.Mailbox, "other-mailbox": x.Limit.Other,
		"service-principal-id": x.ServicePrincipalID,
	})
	if err != nil || said == "" {
		n.t.Fatalf("%s %s: %q %v", screen, m, said, err)
	}
}

func (n *narrowing) Show(ctx context.Context, notice Notice) error {
	if notice.Name == "limit-portal" {
		n.practise("limit-consent", n.consent)
	}
	return n.office.Show(ctx, notice)
}

// Choose signs in or goes to the portal as the setup was made, where the test says nothing else.
func (n *narrowing) Choose(ctx context.Context, c Choice) (int, error) {
	if len(n.picks[c.Name]) == 0 && ctx.Err() == nil {
		way := map[string]map[bool]string{
			"limit-consent": {true: "Sign in", false: "Take it back in the portal"},
			"limit-back":    {true: "Sign in", false: "Grant it in the portal"},
		}[c.Name]
		if way != nil {
			x, _ := n.w.store.Load(context.Background(), "default")
			n.picks[c.Name] = []string{way[x.Mode == store.ModeSignIn]}
		}
	}
	return n.office.Choose(ctx, c)
}

// Run as the UI, so that the methods above are used.
func (n *narrowing) visit(f *fate, start string) (End, error) {
	ctx, cancel := context.WithCancel(n.t.Context())
	defer cancel()
	n.leave, f.kill = cancel, cancel
	return Run(ctx, Env{
		UI: n, Store: &mortalStore{Memory: n.w.store, fate: f}, Memory: func() Store { return store.NewMemory() },
		M365: m365OptionsOver(mortalWire{n.w.tenant.Transport(), f}), Profile: "default", Portal: portal{n.w.tenant},
		Now: time.Now, Start: start,
		WriteFile: func(name string, _ []byte) (string, error) { return "/tmp/" + name, nil },
	})
}

// exchangeWeather has Exchange's real delays.
func exchangeWeather(delay, active time.Duration) sandbox.Weather {
	return sandbox.Weather{
		ConsentDelay: 20 * time.Second, ExchangeDelay: delay, ExchangeDelayActive: active,
		PolicyDelay: 90 * time.Minute,
	}
}

func isLimited(t *testing.T, w *world) store.Setup {
	t.Helper()
	x, err := w.store.Load(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if x.Limit.Stage != store.LimitProved || !x.LimitedByExchange || x.Limit.Other != "admin@agency.gov" {
		t.Errorf("the record says %+v, limited %v", x.Limit, x.LimitedByExchange)
	}
	app, _ := w.tenant.AppWithID(x.ClientID)
	for _, p := range app.Permissions {
		if p.Name == "Mail.Send" && p.Granted {
			t.Error("the consent still stands")
		}
	}
	r := Check(t.Context(), &x, m365Options(w), time.Now())
	last := r.Checks[len(r.Checks)-1]
	if !r.OK || last.Name != "limit" || !last.OK || !strings.Contains(last.Detail, "admin@agency.gov is refused") {
		t.Errorf("check says %+v", r)
	}
	return x
}
