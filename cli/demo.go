package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps"
	"palmail/store"
)

// prepareDemo makes the practice tenant that --demo works in.
func (a *app) prepareDemo() error {
	if !a.demo {
		return nil
	}
	weather, ok := sandbox.WeatherNamed(a.weather)
	if !ok {
		return usageError{fmt.Errorf("--weather %s: it is calm, usual or rough", a.weather)}
	}
	a.practice = sandbox.New(sandbox.Options{Weather: weather, Now: func() time.Time { return now().Add(-a.practiceAge) }})
	a.pages = &practicePages{tenant: a.practice}
	return nil
}

// wire is how Microsoft is reached: the practice tenant in this process, or the network.
func (a *app) wire(log *slog.Logger) m365.Options {
	o := m365.Options{Log: log, Now: now, UserAgent: "palmail/" + version()}
	if a.practice != nil {
		o.Transport = a.practice.Transport()
	}
	return o
}

func (a *app) portal() steps.Portal {
	if a.practice == nil {
		return nil
	}
	return practicePortal{a.practice}
}

// practicePortal does the portal's part of a screen in the practice tenant.
type practicePortal struct{ tenant *sandbox.Tenant }

var weathers = []struct{ name, label string }{
	{"calm", "Weather: calm, everything at once"},
	{"usual", "Weather: usual, some seconds of delay"},
	{"rough", "Weather: rough, throttling and lost answers"},
}

// Options offers the right way, the usual mistakes, and the weather.
func (p practicePortal) Options(screen string, have map[string]string) []steps.Practice {
	do := func(label string, m sandbox.Mistake) steps.Practice {
		return steps.Practice{Label: label, Do: func(context.Context) (map[string]string, string, error) {
			return p.tenant.Practice(screen, m, have)
		}}
	}
	var all []steps.Practice
	switch screen {
	case "sign-in-browser", "sign-in-code":
		return p.signIn(have)
	case "sign-in":
	case "arrived":
		all = append(all, do("Read the mail", ""))
	case "test":
	case "rotate-sends":
		all = append(all, do("Have PAL send a mail", ""))
	default:
		all = append(all, do("Do it right", ""))
	}
	for _, m := range p.tenant.Mistakes(screen) {
		all = append(all, do(m.Label(), m))
	}
	for _, w := range weathers {
		all = append(all, steps.Practice{Label: w.label, Do: func(context.Context) (map[string]string, string, error) {
			weather, _ := sandbox.WeatherNamed(w.name)
			p.tenant.SetWeather(weather)
			return nil, "The weather of the practice tenant is " + w.name + " now.", nil
		}})
	}
	return all
}

// signIn offers the practice administrators, who sign in at the practice pages.
func (p practicePortal) signIn(have map[string]string) []steps.Practice {
	var all []steps.Practice
	for _, admin := range p.tenant.Admins() {
		if admin.Elsewhere {
			continue
		}
		roles := strings.Join(admin.Roles, ", ")
		if roles == "" {
			roles = "no role"
		}
		all = append(all, steps.Practice{Label: "sign in as " + admin.Username + ", " + roles, Do: func(ctx context.Context) (map[string]string, string, error) {
			_, err := p.tenant.Visit(ctx, have["link"], have["user-code"], admin.Username)
			return nil, "Signed in at the practice pages as " + admin.Username + ".", err
		}})
	}
	return all
}

// practised puts a finished setup into the practice store where a command is
// about one, so that it can be tried without walking through it all first.
func (a *app) practised(ctx context.Context, kept steps.Store, start string) error {
	if start == "" {
		return nil
	}
	weather := a.practice.Weather()
	x, err := a.practiceSetup()
	if err != nil {
		return err
	}
	a.practice.SetWeather(weather)
	return kept.Save(ctx, a.profile, &x)
}

// practiceSetup is a finished setup in the practice tenant, for the commands
// that need one.
func (a *app) practiceSetup() (store.Setup, error) {
	x := store.Setup{AppName: "PAL mail", Cloud: m365.Commercial, AdminAddress: "admin@agency.gov"}
	fill := func(screen string, have map[string]string) (map[string]string, error) {
		got, _, err := a.practice.Practice(screen, "", have)
		return got, err
	}
	// It was set up a day ago, so nothing of it is new to any server.
	a.practice.SetWeather(sandbox.Calm())
	a.practiceAge = 24 * time.Hour
	defer func() { a.practiceAge = 0 }()
	start, err := fill("start", nil)
	if err != nil {
		return x, err
	}
	x.Mailbox, x.PALURL = start["mailbox"], start["pal-url"]
	ids, err := fill("register", map[string]string{"app-name": x.AppName, "redirect-uri": m365.RedirectURI(x.PALURL)})
	if err != nil {
		return x, err
	}
	x.ClientID, x.TenantID = ids["client-id"], ids["tenant-id"]
	return x, a.practiceSecret(&x, fill)
}

// practiceSecret gives the practice setup a secret and the permission.
func (a *app) practiceSecret(x *store.Setup, fill func(string, map[string]string) (map[string]string, error)) error {
	made := now().UTC()
	x.Secret = store.Secret{Description: "PAL mail " + made.Format("2006-01"), Created: made, Expires: made.AddDate(0, 0, 180)}
	got, err := fill("secret", map[string]string{
		"client-id": x.ClientID, "description": x.Secret.Description, "expires": x.Secret.Expires.Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	x.Secret.Value = secret.New(got["secret"])
	x.Secret.Hint = x.Secret.Value.Hint()
	if _, err := fill("permission", map[string]string{"client-id": x.ClientID}); err != nil {
		return err
	}
	x.AppProved, x.SecretProved, x.PermissionProved, x.PALSaved = made, made, made, made
	x.LastTest = store.Test{At: made, To: x.AdminAddress, Reference: "PRACTICE", Accepted: true, Arrived: "yes"}
	return nil
}
