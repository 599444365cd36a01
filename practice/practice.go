// Package practice is the practice tenant's face on this computer: its pages on
// loopback, the links that lead to them, what can be done in its portal, and
// the certificate under which it is served.
package practice

import (
	"context"
	"net/http"
	"strings"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps"
	"palmail/store"
)

// Tenant is a practice tenant whose pages a browser on this computer can open.
// It
// implements steps.Portal.
type Tenant struct {
	*Pages
	now func() time.Time
	age time.Duration // what the tenant's clock is set back by, while a setup of some age is made
}

// New makes a practice tenant with this weather on a clock.
func New(weather sandbox.Weather, now func() time.Time) *Tenant {
	t := &Tenant{now: now}
	t.Pages = NewPages(sandbox.New(sandbox.Options{
		Weather: weather, Now: func() time.Time { return now().Add(-t.age) },
	}))
	return t
}

// Transport reaches the tenant in this process instead of Microsoft.
func (t *Tenant) Transport() http.RoundTripper { return t.tenant.Transport() }

var weathers = []struct{ name, label string }{
	{"calm", "Weather: calm, everything at once"},
	{"usual", "Weather: usual, some seconds of delay"},
	{"rough", "Weather: rough, throttling and lost answers"},
}

// Options offers the right way, the usual mistakes, and the weather.
func (t *Tenant) Options(screen string, have map[string]string) []steps.Practice {
	do := func(label string, m sandbox.Mistake) steps.Practice {
		return steps.Practice{Label: label, Do: func(context.Context) (map[string]string, string, error) {
			return t.tenant.Practice(screen, m, have)
		}}
	}
	var all []steps.Practice
	switch screen {
	case "sign-in-browser", "sign-in-code":
		return t.signIn(have)
	case "sign-in":
	case "arrived":
		all = append(all, do("Read the mail", ""))
	case "test":
	case "rotate-sends":
		all = append(all, do("Have PAL send a mail", ""))
	default:
		all = append(all, do("Do it right", ""))
	}
	for _, m := range t.tenant.Mistakes(screen) {
		all = append(all, do(m.Label(), m))
	}
	for _, w := range weathers {
		all = append(all, steps.Practice{Label: w.label, Do: func(context.Context) (map[string]string, string, error) {
			weather, _ := sandbox.WeatherNamed(w.name)
			t.tenant.SetWeather(weather)
			return nil, "The weather of the practice tenant is " + w.name + " now.", nil
		}})
	}
	return all
}

// signIn offers the practice administrators, who sign in at the practice pages.
func (t *Tenant) signIn(have map[string]string) []steps.Practice {
	var all []steps.Practice
	for _, admin := range t.tenant.Admins() {
		if admin.Elsewhere {
			continue
		}
		roles := strings.Join(admin.Roles, ", ")
		if roles == "" {
			roles = "no role"
		}
		all = append(all, steps.Practice{Label: "sign in as " + admin.Username + ", " + roles,
			Do: func(ctx context.Context) (map[string]string, string, error) {
				_, err := t.tenant.Visit(ctx, have["link"], have["user-code"], admin.Username)
				return nil, "Signed in at the practice pages as " + admin.Username + ".", err
			}})
	}
	return all
}

// Setup makes a finished setup in the tenant, a day old, for the commands that
// need one. The tenant has calm weather while it is made.
func (t *Tenant) Setup() (store.Setup, error) {
	weather := t.tenant.Weather()
	defer t.tenant.SetWeather(weather)
	x := store.Setup{AppName: "PAL mail", Cloud: m365.Commercial, AdminAddress: "admin@agency.gov"}
	fill := func(screen string, have map[string]string) (map[string]string, error) {
		got, _, err := t.tenant.Practice(screen, "", have)
		return got, err
	}
	// It was set up a day ago, so nothing of it is new to any server.
	t.tenant.SetWeather(sandbox.Calm())
	t.age = 24 * time.Hour
	defer func() { t.age = 0 }()
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
	return x, t.secret(&x, fill)
}

// secret gives the setup a secret and the permission.
func (t *Tenant) secret(x *store.Setup, fill func(string, map[string]string) (map[string]string, error)) error {
	made := t.now().UTC()
	x.Secret = store.Secret{
		Description: "PAL mail " + made.Format("2006-01"), Created: made, Expires: made.AddDate(0, 0, 180),
	}
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
