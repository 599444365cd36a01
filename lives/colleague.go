package lives

import (
	"time"

	"palmail/sandbox"
)

// deeds are what colleagues do in the tenant while nobody looks.
var deeds = []string{
	"foreign secret", "foreign secret", "foreign secret", "same name", "same address", "hostile app", "delete app",
	"delete principal", "revoke", "grant", "remove PAL's secret", "remove a secret", "disable", "enable",
	"remove mailbox", "unlicense mailbox", "forbid secrets", "short secrets", "no code sign-in", "only admins approve",
	"no consent", "no registration", "no unique names", "sign-in lacks", "lift the rules",
}

// colleague does something in the tenant, with these odds.
func (l *life) colleague(key string, odds float64, _ string) {
	deed := l.pick(key, odds, deeds...)
	if deed == "" {
		return
	}
	l.steps++
	l.say("a colleague: %s", deed)
	l.ledger.absorb(palmail)
	defer l.ledger.absorb(colleague)
	t := l.tenant
	app := l.ourApp()
	rules := t.Rules()
	switch deed {
	case "foreign secret":
		if app != "" {
			s, err := t.AddForeignSecret(app, "another program", time.Now().AddDate(0, 6, 0))
			if err == nil {
				l.ledger.made(s.Value, s.ID)
			}
		}
	case "same name":
		t.RegisterApp("PAL mail", sandbox.Web, "https://elsewhere.agency.gov/signin")
	case "same address":
		t.RegisterApp("Mail of the public portal", sandbox.Web, "https://pal."+t.Domain()+"/app/connectors/SMTP.aspx")
	case "hostile app":
		t.RegisterApp("PAL mail", sandbox.Web, "https://pal."+t.Domain()+"/app/connectors/SMTP.aspx?\x1b]0;x\x07\u202e")
	case "delete app":
		if app != "" {
			t.DeleteApp(app)
		}
	case "delete principal":
		_ = t.DeleteServicePrincipal(app)
	case "revoke":
		_ = t.RevokeConsent(app)
	case "grant":
		_ = t.GrantConsent(app)
	case "remove PAL's secret":
		if id := l.ledger.keyOf(l.pal.secret); id != "" {
			_ = t.RemoveSecret(l.pal.client, id)
		}
	case "remove a secret":
		if a, ok := t.AppWithID(app); ok && len(a.Secrets) > 0 {
			_ = t.RemoveSecret(app, a.Secrets[0].ID)
		}
	case "disable":
		_ = t.SetEnabled(app, false)
	case "enable":
		_ = t.SetEnabled(app, true)
	case "remove mailbox":
		t.RemoveMailbox("noreply@" + t.Domain())
	case "unlicense mailbox":
		t.SetMailbox("noreply@"+t.Domain(), sandbox.Mailbox{})
	case "forbid secrets":
		rules.SecretsForbidden = true
	case "short secrets":
		rules.SecretMaxDays = 40
	case "no code sign-in":
		rules.DeviceCodeForbidden = 530035
	case "only admins approve":
		rules.AdminApprovalRequired = true
	case "no consent":
		rules.MayNotConsent = true
	case "no registration":
		rules.MayNotRegister = true
	case "no unique names":
		rules.UniqueNameRefused = 404
	case "sign-in lacks":
		rules.SignInLacks = "Application.ReadWrite.All"
	case "lift the rules":
		rules = sandbox.Rules{}
	}
	t.SetRules(rules)
	l.changed = time.Now()
}

// ourApp is the app that the record or PAL has.
func (l *life) ourApp() string {
	if x, ok := l.record(); ok && x.ClientID != "" {
		return x.ClientID
	}
	return l.pal.client
}

// calmDown puts right what the administrator cannot put right with palmail:
// rules, switches and mailboxes are other people's business.
func (l *life) calmDown() {
	l.ledger.absorb(palmail)
	defer l.ledger.absorb(colleague)
	t := l.tenant
	t.SetRules(sandbox.Rules{})
	t.SetWeather(sandbox.Calm())
	t.SetMailbox("noreply@"+t.Domain(), sandbox.Mailbox{Licensed: true})
	if app := l.ourApp(); app != "" {
		_ = t.SetEnabled(app, true)
	}
	l.say("calm weather")
}

// settledFor says whether nobody but palmail has changed anything for so long.
func (l *life) settledFor(d time.Duration) bool { return time.Since(l.changed) > d }
