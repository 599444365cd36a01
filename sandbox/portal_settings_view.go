package sandbox

import (
	"strconv"
	"time"

	g "maragu.dev/gomponents"
)

func (v *portalView) settingsPage(d settingsView) g.Node {
	return g.Group{
		v.whoForm(d), v.weatherForms(d), v.clockForm(d), v.rulesForm(d), v.cloudForm(d),
		el("h2", attr("id", "mailboxes"), text("Mailboxes")),
		numbered(d.Mailboxes, v.mailboxForm), v.newMailboxForm(),
		v.exchangeForm(d), v.principalForm(d), v.foreignSecretForm(d),
	}
}

// settingsForm is one form of the page; its part names what it sets.
func (v *portalView) settingsForm(part string, children ...g.Node) g.Node {
	return v.post(portalPath("settings", part), children...)
}

func (v *portalView) whoForm(d settingsView) g.Node {
	return g.Group{
		el("h2", attr("id", "who"), text("Who is signed in to this portal")),
		v.settingsForm("who",
			labelled("account", "Account", choose("account", "who", g.Map(d.Accounts, func(a accountChoice) g.Node {
				return option(a.Username, a.Text, a.Username == v.Who.Username)
			}))),
			submit(false, "Sign in")),
	}
}

func (v *portalView) weatherForms(d settingsView) g.Node {
	w := d.Weather
	preset := func(name, label string, more ...g.Node) g.Node {
		return radio(name, "weather", name, label, d.Preset == name, more...)
	}
	seconds := func(name, label string, value time.Duration) g.Node {
		return number(name, label, strconv.Itoa(longestDelay), strconv.FormatFloat(value.Seconds(), 'f', -1, 64),
			attr("step", "any"))
	}
	every := func(name, label string, value int) g.Node { return number(name, label, "1000", strconv.Itoa(value)) }
	return g.Group{
		el("h2", attr("id", "weather"), text("Weather")),
		v.settingsForm("weather",
			el("fieldset", say("legend", "Weather of the day"),
				preset("calm", "Calm: everything is seen at once", flag("required")),
				preset("usual", "Usual: changes take some seconds to be seen"),
				preset("rough", "Rough: slow, with throttled, failed and lost calls")),
			submit(false, "Set the weather")),
		v.settingsForm("delays",
			el("fieldset", say("legend", "In figures"),
				seconds("latency", "Seconds before every answer", w.Latency),
				seconds("app-delay", "Seconds until an app is seen", w.AppDelay),
				seconds("secret-delay", "Seconds until a secret is seen", w.SecretDelay),
				seconds("consent-delay", "Seconds until a consent is seen", w.ConsentDelay),
				seconds("exchange-delay",
					"Seconds until Exchange Online acts on a change, for an app that makes no calls", w.ExchangeDelay),
				seconds("exchange-delay-active", "The same for an app that does", w.ExchangeDelayActive),
				seconds("policy-delay", "Seconds until an application access policy is acted on", w.PolicyDelay),
				seconds("log-delay", "Seconds until a sign-in is in the sign-in log", w.SignInLogDelay),
				tick("flapping", "flapping", "Reads go back and forth for a while after a change", w.Flapping),
				every("throttle", "Throttle every … call (0: none)", w.ThrottleEvery),
				every("throttle-seconds", "Seconds to wait that a throttled call names (0: 1 and 2 in turn)",
					w.ThrottleSeconds),
				every("fault", "Fail every … call (0: none)", w.FaultEvery),
				every("create-faults", "Fail the first … calls that create something, with 500 to 504 (0: none)",
					w.CreateFaults),
				tick("create-faults-done", "create-faults-done", "They are carried out although they fail",
					w.CreateFaultsDone),
				every("fault-seconds", "Seconds to wait that a failed call names (0: names none)", w.FaultSeconds),
				every("damage", "Make the answer of every … read unusable: cut, empty, HTML (0: none)",
					w.DamageEvery),
				every("lose", "Lose the answer of every … call (0: none)", w.LoseEvery)),
			submit(false, "Set the figures")),
	}
}

// number is a field for a number from 0 to most, named as its ID is.
func number(id, label, most, value string, more ...g.Node) g.Node {
	return labelled(id, label, input("number", id, id, attr("min", "0"), attr("max", most), g.Group(more),
		flag("required"), attr("value", value)))
}

func (v *portalView) clockForm(d settingsView) g.Node {
	return g.Group{
		el("h2", attr("id", "clock"), text("Clock")),
		v.settingsForm("clock",
			labelled("ahead", "Seconds that the tenant's clock is ahead of this computer's",
				hint("ahead-hint", "Negative: behind. Set it before the setup begins: what was made before keeps its "+
					"times."),
				input("number", "ahead", "ahead", attr("aria-describedby", "ahead-hint"),
					attr("min", strconv.Itoa(-mostAhead)),
					attr("max", strconv.Itoa(mostAhead)), flag("required"),
					attr("value", strconv.Itoa(int(d.Ahead/time.Second))))),
			submit(false, "Set the clock")),
	}
}

func (v *portalView) rulesForm(d settingsView) g.Node {
	r := d.Rules
	rule := func(id, label string, holds bool) g.Node { return tick(id, id, label, holds) }
	bar := func(id, label string, code int) g.Node {
		return labelled(id, label, choose(id, id, g.Map(d.Codes, func(c barChoice) g.Node {
			return option(strconv.Itoa(c.Code), c.Text, c.Code == code)
		})))
	}
	return g.Group{
		el("h2", attr("id", "rules"), text("Rules")),
		v.settingsForm("rules",
			el("fieldset", say("legend", "Secrets"),
				number("secret-max-days", "Days that a secret must live less than (0: no limit but 24 months)", "3650",
					strconv.Itoa(r.SecretMaxDays)),
				rule("secrets-forbidden", "Secrets are forbidden (Block password addition)", r.SecretsForbidden)),
			el("fieldset", say("legend", "Registration and consent"),
				rule("users-may-register", "Users can register applications", r.UsersMayRegister),
				rule("may-not-register", "Nobody can register apps, whatever the role", r.MayNotRegister),
				rule("may-not-consent", "Nobody can consent, whatever the role", r.MayNotConsent),
				rule("admin-approval", "Only administrators can consent for themselves", r.AdminApprovalRequired),
				labelled("unique-name", "Registering under a unique name", choose("unique-name", "unique-name",
					g.Map(uniqueNameRefusals, func(status int) g.Node {
						label := "Works"
						if status != 0 {
							label = "Is refused with " + strconv.Itoa(status)
						}
						return option(strconv.Itoa(status), label, status == r.UniqueNameRefused)
					})))),
			el("fieldset", say("legend", "Signing in"),
				bar("device-code", "With a device code", r.DeviceCodeForbidden),
				bar("browser", "In the browser", r.BrowserForbidden),
				rule("mfa", "A second factor is required", r.MFARequired),
				labelled("sign-in-lacks", "Permission that no sign-in gives", choose("sign-in-lacks", "sign-in-lacks",
					option("", "None is missing", r.SignInLacks == ""),
					g.Map(signInScopes, func(s string) g.Node { return option(s, s, s == r.SignInLacks) }))),
				rule("no-premium", "No Microsoft Entra ID P1 licence: Graph does not show the sign-in logs",
					r.NoPremiumLicence)),
			submit(false, "Set the rules")),
	}
}

func (v *portalView) cloudForm(d settingsView) g.Node {
	return g.Group{
		el("h2", attr("id", "cloud"), text("Cloud")),
		v.settingsForm("cloud",
			labelled("cloud-name", "The tenant is in",
				hint("cloud-hint", "Set it before the setup begins: no real tenant moves from one cloud to another."),
				choose("cloud-name", "cloud", attr("aria-describedby", "cloud-hint"),
					g.Map(d.Clouds, func(c cloudChoice) g.Node {
						return option(c.Name, c.Label, c.Name == d.Cloud)
					}))),
			submit(false, "Set the cloud")),
	}
}

func (v *portalView) mailboxForm(i int, m mailboxRow) g.Node {
	is := func(name, label string, holds bool) g.Node { return tick(name+"-"+strconv.Itoa(i), name, label, holds) }
	return v.settingsForm("mailbox", hidden("address", m.Address),
		el("fieldset", say("legend", m.Address),
			is("licensed", "Licensed for Exchange Online", m.Licensed),
			is("shared", "Shared mailbox", m.Shared),
			is("on-premises", "On the agency's own Exchange server", m.OnPremises),
			is("blocked", "Stopped from sending by the service", m.Blocked),
			is("disabled", "Sign-in disabled", m.Disabled),
			is("guest", "Guest account", m.Guest)),
		submit(true, "Change", attr("aria-label", "Change "+m.Address)))
}

func (v *portalView) newMailboxForm() g.Node {
	return v.settingsForm("mailbox", attr("autocomplete", "off"), hidden("licensed", "on"),
		labelled("address", "New mailbox", input("text", "address", "address", flag("required"),
			attr("maxlength", "200"),
			attr("inputmode", "email"), attr("placeholder", "records@"+v.Domain))),
		submit(false, "Make the mailbox"))
}

func (v *portalView) exchangeForm(d settingsView) g.Node {
	form := say("p", "Register an app first.")
	if len(d.Apps) > 0 {
		form = v.settingsForm("exchange",
			labelled("limited-app", "App", choose("limited-app", "app", g.Map(d.Apps, func(a App) g.Node {
				return option(a.ClientID, a.Name+" ("+a.ClientID+")", false)
			}))),
			labelled("limited-mailbox", "Mailbox", choose("limited-mailbox", "mailbox",
				g.Map(d.Mailboxes, func(m mailboxRow) g.Node {
					return say("option", m.Address)
				}))),
			labelled("limit", "Exchange Online", choose("limit", "limit",
				option("rbac", "lets it send from this mailbox by RBAC for Applications", false),
				option("policy", "keeps it from this mailbox by an application access policy", false),
				option("none", "says nothing about it", false))),
			submit(false, "Set it"))
	}
	return g.Group{
		el("h2", attr("id", "exchange"), text("What Exchange Online allows an app")),
		g.If(len(d.Limits) > 0, el("ul", g.Map(d.Limits, func(l limitRow) g.Node { return say("li", l.text()) }))),
		form,
	}
}

func (v *portalView) principalForm(d settingsView) g.Node {
	if len(d.Apps) == 0 {
		return nil
	}
	return g.Group{
		el("h2", attr("id", "principals"), text("Enterprise applications")),
		v.settingsForm("principal",
			labelled("principal-app", "App", choose("principal-app", "app", g.Map(d.Apps, func(a App) g.Node {
				return option(a.ClientID, a.Name+" ("+a.ClientID+")", false)
			}))),
			labelled("principal", "Enterprise application", choose("principal", "principal",
				option("enabled", "Enabled for users to sign in", false),
				option("disabled", "Disabled", false),
				option("deleted", "Deleted, with everything granted to it", false))),
			submit(false, "Set it")),
	}
}

func (v *portalView) foreignSecretForm(d settingsView) g.Node {
	if len(d.Apps) == 0 {
		return nil
	}
	return g.Group{
		el("h2", attr("id", "foreign-secrets"), text("Secrets of other programs")),
		v.settingsForm("secret",
			labelled("shared-app", "App", choose("shared-app", "app", g.Map(d.Apps, func(a App) g.Node {
				return option(a.ClientID, a.Name+" ("+a.ClientID+")", false)
			}))),
			labelled("foreign-description", "Description",
				input("text", "foreign-description", "description", flag("required"), attr("maxlength", "64"))),
			submit(false, "Add it at the top of the list")),
	}
}

// text says what holds for an app and a mailbox.
func (l limitRow) text() string {
	switch {
	case !l.ByRBAC:
		return l.App.Name + ": is kept from " + l.Mailbox + " by an application access policy."
	case l.Granted:
		return l.App.Name + ": can send as " + l.Mailbox +
			" by RBAC for Applications. Mail.Send is also granted in Entra, which is not limited by that."
	}
	return l.App.Name + ": can send as " + l.Mailbox + " by RBAC for Applications."
}
