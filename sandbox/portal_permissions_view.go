package sandbox

import (
	"fmt"
	"net/url"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

func (v *portalView) permissionsPage(rows []permissionRow) g.Node {
	list := h.P(g.Text("No permissions added."))
	if len(rows) > 0 {
		list = table("Configured permissions", nil,
			[]string{"API / Permissions name", "Type", "Description", "Admin consent required", "Status", "Remove"}, g.Map(rows, v.permissionLine))
	}
	return g.Group{
		h.H2(g.Text("Configured permissions")),
		h.P(link("button", "Add a permission", v.appPath("permissions", "add")), g.Text(" "),
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
	return h.Tr(
		h.Th(h.Scope("row"), g.Text(r.API+": "+r.Name)), h.Td(g.Text(r.Kind)), h.Td(g.Text(r.Description)), h.Td(g.Text(required)), h.Td(g.Text(status)),
		h.Td(v.post(v.appPath("permissions", "remove"), hidden("permission", r.Key),
			submit(true, "Remove", h.Aria("label", "Remove "+r.API+" "+r.Kind+" "+r.Name)))),
	)
}

// addPermissionPage has three steps: the API, the type, and the permissions.
func (v *portalView) addPermissionPage(d permissionChoice) g.Node {
	base := v.appPath("permissions", "add")
	ofAPI := func(api string) string { return base + "?" + url.Values{"api": {api}}.Encode() }
	switch {
	case d.API == "":
		return g.Group{h.H2(g.Text("Select an API")), h.Ul(g.Map(d.APIs, func(api string) g.Node { return h.Li(link("", api, ofAPI(api))) }))}
	case d.Kind == "":
		kind := func(kind, label, what string) g.Node {
			return h.Li(link("", label, ofAPI(d.API)+"&kind="+kind), h.Br(), g.Text(what))
		}
		return g.Group{
			h.P(link("", "All APIs", base)),
			h.H2(g.Text(d.API + ": what type of permissions does your application require?")),
			h.Ul(kind(Delegated, "Delegated permissions", "Your application needs to access the API as the signed-in user."),
				kind(Application, "Application permissions", "Your application runs as a background service or daemon without a signed-in user.")),
		}
	}
	kept := g.Group{hidden("api", d.API), hidden("kind", d.Kind)}
	return g.Group{
		h.P(link("", d.API, ofAPI(d.API))),
		h.H2(g.Text(d.API + ": " + d.Kind + " permissions")),
		h.Form(h.Method("get"), h.Action(base), h.Role("search"), kept,
			labelled("search", "Select permissions", h.Input(h.Type("search"), h.ID("search"), h.Name("search"), h.Value(d.Search),
				h.Placeholder("Start typing a permission to filter these results"))),
			submit(true, "Search")),
		v.post(base, kept, hidden("search", d.Search), permissionTicks(d),
			submit(false, "Add permissions"), g.Text(" "), link("button quiet", "Discard", v.appPath("permissions"))),
	}
}

func permissionTicks(d permissionChoice) g.Node {
	ticks := h.P(g.Text("No permission has this in its name."))
	if len(d.Rows) > 0 {
		ticks = numbered(d.Rows, func(i int, r permissionRow) g.Node {
			label := r.Name
			if r.Description != "" {
				label += " – " + r.Description
			}
			if r.NeedsConsent {
				label += " (admin consent required)"
			}
			return tick("permission-"+strconv.Itoa(i), "permission", label, false, h.Value(r.Name))
		})
	}
	return h.FieldSet(h.Legend(g.Text(fmt.Sprintf("Permission (%d of %d)", len(d.Rows), d.All))), ticks)
}

func (v *portalView) consentPage() g.Node {
	list := h.Li(g.Text("no permissions"))
	if len(v.App.Permissions) > 0 {
		list = g.Map(v.App.Permissions, func(p Permission) g.Node { return h.Li(g.Text(p.API + ": " + p.Name + " (" + p.Kind + ")")) })
	}
	return g.Group{
		h.P(g.Text("Grant consent for the requested permissions for all accounts in " + v.Org + "? What is granted for this application today is brought in line with this list:")),
		h.Ul(list),
		v.post(v.appPath("permissions", "consent"),
			submit(false, "Yes", h.Name("answer"), h.Value("yes")), submit(true, "No", h.Name("answer"), h.Value("no"))),
	}
}
