package sandbox

import (
	g "maragu.dev/gomponents"
)

func (v *portalView) enterprisesPage(apps []App) g.Node {
	if len(apps) == 0 {
		return say("p", "No enterprise applications.")
	}
	return table("All applications", say("caption", "All applications"), []string{
		"Name", "Object ID", "Application ID",
	}, g.Map(apps, func(a App) g.Node {
		return el("tr", el("th", attr("scope", "row"), link("", a.Name, portalPath("app", a.ClientID, "enterprise"))),
			say("td", a.ServicePrincipalID), say("td", a.ClientID))
	}))
}

// enterpriseSections are the parts of the enterprise application, and the way back to the registration.
func (v *portalView) enterpriseSections() g.Node {
	return el("nav", attr("aria-label", "Enterprise application"), el("ul",
		el("li", link("", "Overview", v.appPath("enterprise"))),
		el("li", link("", "Permissions", v.appPath("enterprise", "permissions"))),
		el("li", link("", "App registration", v.appPath())),
	))
}

func (v *portalView) enterprisePage() g.Node {
	enabled := "Yes"
	if !v.App.Enabled {
		enabled = "No"
	}
	id := func(id, label, value string) g.Node {
		return g.Group{
			el("dt", el("label", attr("for", id), text(label))), el("dd", copied(attr("id", id), attr("value", value))),
		}
	}
	return g.Group{v.enterpriseSections(), say("h2", "Properties"), el("dl",
		say("dt", "Name"), say("dd", v.App.Name),
		id("application-id", "Application ID", v.App.ClientID),
		id("sp-object-id", "Object ID", v.App.ServicePrincipalID),
		say("dt", "Enabled for users to sign-in?"), say("dd", enabled),
	)}
}

func (v *portalView) enterprisePermissionsPage(rows []permissionRow) g.Node {
	list := say("p", "No admin consented permissions found.")
	if len(rows) > 0 {
		list = table("Admin consent", nil, []string{
			"API Name", "Claim value", "Permission", "Type", "Granted through", "Revoke",
		}, g.Map(rows, func(r permissionRow) g.Node {
			return el("tr", say("td", r.API), el("th", attr("scope", "row"), text(r.Name)), say("td", r.Description),
				say("td", r.Kind), say("td", "Admin consent"),
				el("td", v.post(v.appPath("enterprise", "permissions"), hidden("permission", r.Key),
					submit(true, "Revoke permission", attr("aria-label", "Revoke permission "+r.API+" "+r.Kind+" "+
						r.Name)))))
		}))
	}
	return g.Group{v.enterpriseSections(), say("h2", "Admin consent"), list}
}
