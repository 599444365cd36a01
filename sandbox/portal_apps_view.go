package sandbox

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
)

const day = "2 January 2006"

// hashScript leads on from a link of the real portal's, which names its page
// behind the #, which no server sees.
const hashScript = `if (location.hash.startsWith("#view/")) location.replace("` + PortalRoot +
	`/link?to=" + encodeURIComponent(location.hash.slice(1)))`

func (v *portalView) listPage(apps []App) g.Node {
	list := el("p", text("No applications yet. Choose "), say("strong", "New registration"), text(" to make one."))
	if len(apps) > 0 {
		list = table("All applications", say("caption", "All applications"),
			[]string{
				"Display name", "Application (client) ID", "Created on", "Certificates & secrets",
			}, g.Map(apps, func(a App) g.Node {
				return el("tr", el("th", attr("scope", "row"), link("", a.Name, portalPath("app", a.ClientID))),
					say("td", a.ClientID),
					say("td", a.Created.Format(day)), say("td", strconv.Itoa(len(a.Secrets))))
			}))
	}
	return g.Group{el("p", link("button", "New registration", portalPath("new"))), list, script(v.Nonce, hashScript)}
}

func (v *portalView) newAppPage(f newAppForm) g.Node {
	return v.post(portalPath("new"), attr("autocomplete", "off"),
		labelled("name", "Name", hint("name-hint", "The user-facing display name for this application. It can be "+
			"changed later."),
			input("text", "name", "name", attr("value", f.Name), flag("required"), attr("maxlength", "120"),
				attr("aria-describedby", "name-hint"))),
		el("fieldset", say("legend", "Supported account types"),
			hint("", "Who can use this application or access this API?"),
			numbered(f.Types, func(i int, t accountType) g.Node {
				return radio("type-"+strconv.Itoa(i), "audience", t.Audience, t.Label, t.Audience == f.Audience)
			})),
		el("fieldset", say("legend", "Redirect URI (optional)"),
			labelled("platform", "Select a platform", choose("platform", "platform",
				option("", "Select a platform", false), platformOptions(f.Platforms, f.Platform))),
			labelled("redirect", "Redirect URI", redirectField(f.Redirect,
				attr("placeholder", "e.g. https://example.com/auth")))),
		submit(false, "Register"),
	)
}

func redirectField(value string, more ...g.Node) g.Node {
	return input("text", "redirect", "redirect", attr("value", value), attr("maxlength", "256"),
		attr("spellcheck", "false"), attr("inputmode", "url"), g.Group(more))
}

func (v *portalView) overviewPage(d overviewData) g.Node {
	a := v.App
	id := func(id, label, value string) g.Node {
		return g.Group{
			el("dt", el("label", attr("for", id), text(label))), el("dd", copied(attr("id", id), attr("value", value))),
		}
	}
	return g.Group{say("h2", "Essentials"), el("dl",
		say("dt", "Display name"), say("dd", a.Name),
		id("client-id", "Application (client) ID", a.ClientID),
		id("object-id", "Object ID", a.ObjectID),
		id("tenant-id", "Directory (tenant) ID", v.TenantID),
		say("dt", "Supported account types"), say("dd", d.AccountTypes),
		say("dt", "Client credentials"), el("dd", link("", secretCount(len(a.Secrets)), v.appPath("secrets"))),
		say("dt", "Redirect URIs"), el("dd", link("", redirectCount(d.Redirects), v.appPath("authentication"))),
		say("dt", "Managed application in local directory"), el("dd", v.managed(a)),
	)}
}

func secretCount(n int) string {
	switch n {
	case 0:
		return "Add a certificate or secret"
	case 1:
		return "1 secret"
	}
	return fmt.Sprintf("%d secrets", n)
}

func redirectCount(list []platformURIs) string {
	if len(list) == 0 {
		return "Add a Redirect URI"
	}
	s := ""
	for _, p := range list {
		s += fmt.Sprintf("%s: %d ", p.Platform, len(p.URIs))
	}
	return s
}

// managed leads to the app's service principal.
func (v *portalView) managed(a *App) g.Node {
	if a.ServicePrincipalID == "" {
		return text("none")
	}
	return g.Group{link("", a.Name, v.appPath("enterprise")), g.If(!a.Enabled, text(" (sign-in disabled)"))}
}

func (v *portalView) authenticationPage(f authForm) g.Node {
	configured := say("p", "No redirect URIs.")
	if len(f.Redirects) > 0 {
		configured = g.Map(f.Redirects, func(p platformURIs) g.Node {
			return g.Group{
				say("h3", string(p.Platform)), el("ul", g.Map(p.URIs, func(uri string) g.Node {
					return v.redirectLine(p.Platform, uri)
				})),
			}
		})
	}
	return g.Group{
		say("h2", "Platform configurations"), configured,
		say("h2", "Add a platform"),
		v.post(v.appPath("authentication"), attr("autocomplete", "off"),
			labelled("platform", "Platform", choose("platform", "platform", platformOptions(f.Platforms, f.Platform))),
			labelled("redirect", "Redirect URI", redirectField(f.Redirect, flag("required"))),
			submit(false, "Configure")),
	}
}

func (v *portalView) redirectLine(p Platform, uri string) g.Node {
	return el("li", v.post(v.appPath("authentication", "platform"), hidden("platform", string(p)),
		hidden("redirect", uri),
		text(uri+" "), submit(true, "Delete", attr("aria-label", "Delete "+uri))))
}
