package sandbox

import (
	"fmt"
	"net/url"
	"strconv"

	g "maragu.dev/gomponents"
)

func (v *portalView) permissionsPage(rows []permissionRow) g.Node {
	list := say("p", "No permissions added.")
	if len(rows) > 0 {
		list = table("Configured permissions", nil,
			[]string{
				"API / Permissions name", "Type", "Description", "Admin consent required", "Status", "Remove",
			}, g.Map(rows, v.permissionLine))
	}
	return g.Group{
		say("h2", "Configured permissions"),
		el("p", link("button", "Add a permission", v.appPath("permissions", "add")), text(" "),
			link("button quiet", "Grant admin consent for "+v.Org, v.appPath("permissions", "consent"))),
		list,
	}
}

func (v *portalView) permissionLine(r permissionRow) g.Node {
	required, status := "No", ""
	if r.NeedsConsent {
		required, status = "Yes", "⚠ Not granted for "+v.Org
	}
	if r.Granted {
		status = "✓ Granted for " + v.Org
	}
	return el("tr",
		el("th", attr("scope", "row"), text(r.API+": "+r.Name)), say("td", r.Kind), say("td", r.Description),
		say("td", required), say("td", status),
		el("td", v.post(v.appPath("permissions", "remove"), hidden("permission", r.Key),
			submit(true, "Remove", attr("aria-label", "Remove "+r.API+" "+r.Kind+" "+r.Name))),
			g.Iff(r.Granted, func() g.Node {
				return v.post(v.appPath("permissions", "revoke"), hidden("permission", r.Key),
					submit(true, "Revoke admin consent", attr("aria-label", "Revoke admin consent for "+r.API+" "+
						r.Kind+" "+r.Name)))
			})),
	)
}

// addPermissionPage has three steps: the API, the type, and the permissions.
func (v *portalView) addPermissionPage(d permissionChoice) g.Node {
	base := v.appPath("permissions", "add")
	ofAPI := func(api string) string { return base + "?" + url.Values{"api": {api}}.Encode() }
	switch {
	case d.API == "":
		return g.Group{
			say("h2", "Select an API"), el("ul", g.Map(d.APIs, func(api string) g.Node {
				return el("li", link("", api, ofAPI(api)))
			})),
		}
	case d.Kind == "":
		kind := func(kind, label, what string) g.Node {
			return el("li", link("", label, ofAPI(d.API)+"&kind="+kind), el("br"), text(what))
		}
		return g.Group{
			el("p", link("", "All APIs", base)),
			say("h2", d.API+": what type of permissions does your application require?"),
			el("ul", kind(Delegated, "Delegated permissions",
				"Your application needs to access the API as the signed-in user."),
				kind(Application, "Application permissions",
					"Your application runs as a background service or daemon without a signed-in user.")),
		}
	}
	kept := g.Group{hidden("api", d.API), hidden("kind", d.Kind)}
	return g.Group{
		el("p", link("", d.API, ofAPI(d.API))),
		say("h2", d.API+": "+d.Kind+" permissions"),
		el("form", attr("method", "get"), attr("action", base), attr("role", "search"), kept,
			labelled("search", "Select permissions", input("search", "search", "search", attr("value", d.Search),
				attr("placeholder", "Start typing a permission to filter these results"))),
			submit(true, "Search")),
		v.post(base, kept, hidden("search", d.Search), permissionTicks(d),
			submit(false, "Add permissions"), text(" "), link("button quiet", "Discard", v.appPath("permissions"))),
	}
}

func permissionTicks(d permissionChoice) g.Node {
	ticks := say("p", "No permission has this in its name.")
	if len(d.Rows) > 0 {
		ticks = numbered(d.Rows, func(i int, r permissionRow) g.Node {
			label := r.Name
			if r.Description != "" {
				label += " – " + r.Description
			}
			if r.NeedsConsent {
				label += " (admin consent required)"
			}
			return tick("permission-"+strconv.Itoa(i), "permission", label, false, attr("value", r.Name))
		})
	}
	return el("fieldset", say("legend", fmt.Sprintf("Permission (%d of %d)", len(d.Rows), d.All)), ticks)
}

func (v *portalView) consentPage() g.Node {
	list := say("li", "no permissions")
	if len(v.App.Permissions) > 0 {
		list = g.Map(v.App.Permissions, func(p Permission) g.Node {
			return say("li", p.API+": "+p.Name+" ("+p.Kind+")")
		})
	}
	return g.Group{
		say("p", "Grant consent for the requested permissions for all accounts in "+v.Org+
			"? What is granted for this application today is brought in line with this list:"),
		el("ul", list),
		v.post(v.appPath("permissions", "consent"),
			submit(false, "Yes", attr("name", "answer"), attr("value", "yes")),
			submit(true, "No", attr("name", "answer"), attr("value", "no"))),
	}
}
