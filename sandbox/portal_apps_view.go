package sandbox

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

const day = "2 January 2006"

// hashScript leads on from a link of the real portal's, which names its page
// behind the #, which no server sees.
const hashScript = `if (location.hash.startsWith("#view/")) location.replace("` + PortalRoot + `/link?to=" + encodeURIComponent(location.hash.slice(1)))`

func (v *portalView) listPage(apps []App) g.Node {
	list := h.P(g.Text("No applications yet. Choose "), h.Strong(g.Text("New registration")), g.Text(" to make one."))
	if len(apps) > 0 {
		list = table("All applications", h.Caption(g.Text("All applications")),
			[]string{"Display name", "Application (client) ID", "Created on", "Certificates & secrets"}, g.Map(apps, func(a App) g.Node {
				return h.Tr(h.Th(h.Scope("row"), link("", a.Name, portalPath("app", a.ClientID))), h.Td(g.Text(a.ClientID)),
					h.Td(g.Text(a.Created.Format(day))), h.Td(g.Text(strconv.Itoa(len(a.Secrets)))))
			}))
	}
	return g.Group{h.P(link("button", "New registration", portalPath("new"))), list, script(v.Nonce, hashScript)}
}

func (v *portalView) newAppPage(f newAppForm) g.Node {
	return v.post(portalPath("new"), h.AutoComplete("off"),
		labelled("name", "Name", hint("name-hint", "The user-facing display name for this application. It can be changed later."),
			h.Input(h.Type("text"), h.ID("name"), h.Name("name"), h.Value(f.Name), h.Required(), h.MaxLength("120"), h.Aria("describedby", "name-hint"))),
		h.FieldSet(h.Legend(g.Text("Supported account types")), hint("", "Who can use this application or access this API?"),
			numbered(f.Types, func(i int, t accountType) g.Node {
				return radio("type-"+strconv.Itoa(i), "audience", t.Audience, t.Label, t.Audience == f.Audience)
			})),
		h.FieldSet(h.Legend(g.Text("Redirect URI (optional)")),
			labelled("platform", "Select a platform", h.Select(h.ID("platform"), h.Name("platform"),
				option("", "Select a platform", false), platformOptions(f.Platforms, f.Platform))),
			labelled("redirect", "Redirect URI", redirectField(f.Redirect, h.Placeholder("e.g. https://example.com/auth")))),
		submit(false, "Register"),
	)
}

func redirectField(value string, more ...g.Node) g.Node {
	return h.Input(h.Type("text"), h.ID("redirect"), h.Name("redirect"), h.Value(value), h.MaxLength("256"),
		g.Attr("spellcheck", "false"), g.Attr("inputmode", "url"), g.Group(more))
}

func (v *portalView) overviewPage(d overviewData) g.Node {
	a := v.App
	id := func(id, label, value string) g.Node {
		return g.Group{h.Dt(h.Label(h.For(id), g.Text(label))), h.Dd(copied(h.ID(id), h.Value(value)))}
	}
	return g.Group{h.H2(g.Text("Essentials")), h.Dl(
		h.Dt(g.Text("Display name")), h.Dd(g.Text(a.Name)),
		id("client-id", "Application (client) ID", a.ClientID),
		id("object-id", "Object ID", a.ObjectID),
		id("tenant-id", "Directory (tenant) ID", v.TenantID),
		h.Dt(g.Text("Supported account types")), h.Dd(g.Text(d.AccountTypes)),
		h.Dt(g.Text("Client credentials")), h.Dd(link("", secretCount(len(a.Secrets)), v.appPath("secrets"))),
		h.Dt(g.Text("Redirect URIs")), h.Dd(link("", redirectCount(d.Redirects), v.appPath("authentication"))),
		h.Dt(g.Text("Managed application in local directory")), h.Dd(g.Text(managed(a))),
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

// managed names the app's service principal.
func managed(a *App) string {
	switch {
	case a.ServicePrincipalID == "":
		return "none"
	case !a.Enabled:
		return a.Name + " (sign-in disabled)"
	}
	return a.Name
}

func (v *portalView) authenticationPage(f authForm) g.Node {
	configured := g.Node(h.P(g.Text("No redirect URIs.")))
	if len(f.Redirects) > 0 {
		configured = g.Map(f.Redirects, func(p platformURIs) g.Node {
			return g.Group{h.H3(g.Text(string(p.Platform))), h.Ul(g.Map(p.URIs, func(uri string) g.Node { return v.redirectLine(p.Platform, uri) }))}
		})
	}
	return g.Group{
		h.H2(g.Text("Platform configurations")), configured,
		h.H2(g.Text("Add a platform")),
		v.post(v.appPath("authentication"), h.AutoComplete("off"),
			labelled("platform", "Platform", h.Select(h.ID("platform"), h.Name("platform"), platformOptions(f.Platforms, f.Platform))),
			labelled("redirect", "Redirect URI", redirectField(f.Redirect, h.Required())),
			submit(false, "Configure")),
	}
}

func (v *portalView) redirectLine(p Platform, uri string) g.Node {
	return h.Li(v.post(v.appPath("authentication", "platform"), hidden("platform", string(p)), hidden("redirect", uri),
		g.Text(uri+" "), submit(true, "Delete", h.Aria("label", "Delete "+uri))))
}
