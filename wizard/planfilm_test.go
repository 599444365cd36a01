package wizard

import (
	"context"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

const redirectURI = "https://pal.agency.gov/app/connectors/SMTP.aspx"

// registered is an app that was registered by hand some days ago.
func (f *film) registered(name string, granted bool) sandbox.App {
	app := f.tenant.RegisterApp(name, sandbox.Web, redirectURI)
	if granted {
		f.grant(app)
	}
	days(20)
	return app
}

func (f *film) grant(app sandbox.App) {
	f.t.Helper()
	err := f.tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send")
	if err == nil {
		err = f.tenant.GrantConsent(app.ClientID)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *film) secret(app sandbox.App, description string, life int) {
	f.t.Helper()
	if _, err := f.tenant.AddSecret(app.ClientID, description, time.Now().AddDate(0, 0, life)); err != nil {
		f.t.Fatal(err)
	}
}

// planFilms are the ways from the sign-in to the plan.
var planFilms = []reel{
	{"new-app", "", nil, func(f *film) {
		f.stop("the plan", "This is what palmail will do")
	}},
	{"one-app", "", func(f *film) { f.secret(f.registered("FOIA portal mail", true), "from the manual", 180) }, func(f *film) {
		f.stop("the app", "An app for PAL is already registered")
		f.pick(0)
		f.stop("the plan", "This is what palmail will do")
	}},
	{"twins", "", func(f *film) {
		first := f.registered("PAL mail", true)
		f.secret(first, "PAL mail 2026-11 ABCDEF", 10)
		f.secret(first, "by hand", 100)
		days(20)
		f.registered("PAL mail", false)
	}, func(f *film) {
		f.stop("which app", "2 apps can be the one for PAL")
		f.press("down")
		f.stop("the other", "Mail.Send not granted")
		f.press("?")
		f.stop("help", "palmail looks for apps")
		f.press("?")
		f.press("enter")
		f.sleep(4 * time.Second)
		f.stop("the plan", "This is what palmail will do")
	}},
	{"eight-apps", "", func(f *film) {
		for range 8 {
			f.registered("PAL mail", false)
		}
	}, func(f *film) {
		f.stop("which app", "8 apps can be the one for PAL")
		f.press("end")
		f.stop("the last", "Register another one")
	}},
	{"disabled", "", func(f *film) {
		if err := f.tenant.SetEnabled(f.registered("PAL mail", true).ClientID, false); err != nil {
			f.t.Fatal(err)
		}
	}, func(f *film) {
		f.pick(0)
		f.stop("the plan", "is disabled")
	}},
	{"mailbox", "", func(f *film) {
		f.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{OnPremises: true})
	}, func(f *film) {
		f.stop("the finding", "seems to be on your own Exchange server")
		f.pick(0)
		f.stop("another one", "Before you start")
	}},
}

// The screens between the sign-in and the plan, in tenants that have an app
// for PAL, and in others.
func TestPlanFilms(t *testing.T) {
	for _, r := range planFilms {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(r.name+"-"+size.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					f := &film{tenant: sandbox.New(sandbox.Options{Seed: 7}), kept: &refusingStore{Memory: store.NewMemory()}}
					f.rig = &rig{t: t} // for what fails before the screens are there
					if r.prepare != nil {
						r.prepare(f)
					}
					f.setup = store.Setup{
						Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app", TenantID: f.tenant.ID(),
						Cloud: m365.Commercial,
					}
					if err := f.kept.Save(t.Context(), "default", &f.setup); err != nil {
						t.Fatal(err)
					}
					env := steps.Env{
						Store: f.kept, M365: m365.Options{Transport: f.tenant.Transport(), Now: time.Now}, Profile: "default",
						Now: time.Now,
					}
					f.rig = newRig(t, size.w, size.h, Options{BrowserHere: true, Kept: func() bool { return true }},
						func(ctx context.Context, ui steps.UI) error {
							env.UI = ui
							_, err := steps.Run(ctx, env)
							return err
						})
					f.pick(0) // to sign in
					f.signIn()
					r.walk(f)
					golden.RequireEqual(t, f.text.String())
				})
			})
		}
	}
}
