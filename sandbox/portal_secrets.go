package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lifetime is one of the choices under Expires.
type lifetime struct {
	Days  int // 0 for Custom
	Label string
}

var lifetimes = []lifetime{
	{180, "Recommended: 180 days (6 months)"}, {90, "90 days (3 months)"}, {365, "365 days (12 months)"},
	{545, "545 days (18 months)"}, {730, "730 days (24 months)"}, {0, "Custom"},
}

// secretRow is one line of Certificates & secrets.
type secretRow struct {
	Secret
	Shown   string // the Value, or its beginning and stars
	Fresh   bool   // Shown is the whole Value
	Expired bool
}

const secretsTitle = "Certificates & secrets"

func (p *portal) secrets(v *visit) error { return v.showSecrets(Secret{}) }

// showSecrets shows the app's secrets, with the Value of one that was made just now.
func (v *visit) showSecrets(fresh Secret) error {
	if err := v.app("secrets"); err != nil {
		return err
	}
	t := v.tenant
	t.mu.Lock()
	v.visitor.shown = fresh.Value != ""
	t.mu.Unlock()
	var rows []secretRow
	for _, s := range v.view.App.Secrets {
		row := secretRow{Secret: s, Shown: s.Hint + strings.Repeat("*", 18), Expired: !s.Expires.After(t.now())}
		if fresh.ID == s.ID {
			row.Shown, row.Fresh = fresh.Value, true
		}
		rows = append(rows, row)
	}
	return v.page(secretsTitle, v.view.secretsPage(rows))
}

// newSecretForm is what was filled in under New client secret.
type newSecretForm struct {
	Description, Expires, End string
	Lifetimes                 []lifetime
	Today, Last               string // bounds of End
	Number                    string // with which the form can be sent once
}

const dateOnly = "2006-01-02"

func (p *portal) newSecret(v *visit) error {
	if err := v.app("secrets"); err != nil {
		return err
	}
	return v.page("Add a client secret", v.view.newSecretPage(v.secretForm("", "180", "")))
}

func (v *visit) secretForm(description, expires, end string) newSecretForm {
	now := v.tenant.now()
	return newSecretForm{
		description, expires, end, lifetimes, now.AddDate(0, 0, 1).Format(dateOnly),
		now.AddDate(0, MaxSecretLife, 0).Format(dateOnly), v.number(),
	}
}

// addSecret answers with the page that shows the Value, and does so once: a
// browser can ask for a page as often as it likes, but the same form, sent
// again by a reload, makes no further secret and shows no Value.
func (p *portal) addSecret(v *visit) error {
	f := v.r.PostForm
	if err := v.app("secrets"); err != nil {
		return err
	}
	if !v.first(f.Get("number")) {
		return v.to("app", v.view.App.ClientID, "secrets")
	}
	form := v.secretForm(strings.TrimSpace(f.Get("description")), f.Get("expires"), f.Get("end"))
	expires, wrong := v.expiry(form)
	if wrong == "" {
		wrong = tooLong("Description", form.Description, 120)
	}
	if wrong != "" {
		return v.again("Add a client secret", v.view.newSecretPage(form), wrong)
	}
	var fresh Secret
	err := v.changeApp(func(a *app) error {
		t, now := v.tenant, v.tenant.now()
		switch days := t.rules.SecretMaxDays; {
		case t.rules.SecretsForbidden:
			return fmt.Errorf("credential type not allowed as per assigned policy '%s'", t.policyID())
		case days > 0 && expires.Sub(now) >= time.Duration(days)*24*time.Hour:
			return fmt.Errorf("credential lifetime exceeds the max value allowed as per assigned policy '%s'",
				t.policyID())
		}
		fresh = t.keepSecret(a, form.Description, now, expires)
		return nil
	})
	if err != nil {
		return v.again("Add a client secret", v.view.newSecretPage(form), "Failed to add the client secret. "+
			sentence(err))
	}
	return v.showSecrets(fresh)
}

// expiry returns the end that was picked.
func (v *visit) expiry(form newSecretForm) (time.Time, string) {
	now := v.tenant.now()
	days, err := strconv.Atoi(form.Expires)
	if err != nil || !slices.ContainsFunc(lifetimes, func(l lifetime) bool { return l.Days == days }) {
		return time.Time{}, "Expires: pick one."
	}
	if days > 0 {
		return now.AddDate(0, 0, days), ""
	}
	end, err := time.Parse(dateOnly, form.End)
	switch {
	case err != nil:
		return end, "End: give the date on which the secret ends."
	case !end.After(now):
		return end, "End: it must be in the future."
	case end.After(now.AddDate(0, MaxSecretLife, 0)):
		return end, fmt.Sprintf("End: at most %d months from now.", MaxSecretLife)
	}
	return end, ""
}

func (p *portal) deleteSecret(v *visit) error {
	id := v.r.PostForm.Get("secret")
	err := v.changeApp(func(a *app) error {
		for _, s := range a.secrets {
			if s.ID == id && s.removed.IsZero() {
				v.tenant.dropSecret(a, s)
				return nil
			}
		}
		return errors.New("this secret is not there any more")
	})
	if err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "secrets")
}
