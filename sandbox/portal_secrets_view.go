package sandbox

import (
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// forgetScript is for browsers that keep a page as it was left, for going back to it.
const forgetScript = `addEventListener("pagehide", () => document.querySelectorAll(".value").forEach(v => v.replaceWith("***")))`

func (v *portalView) secretsPage(rows []secretRow) g.Node {
	list := h.P(g.Text("No client secrets have been created for this application."))
	if len(rows) > 0 {
		list = g.Group{
			table("Client secrets", nil, []string{"Description", "Expires", "Value", "Secret ID", "Delete"}, numbered(rows, v.secretLine)),
			h.P(g.Text("Client secret values cannot be viewed, except right after creation. Copy the Value before you leave this page.")),
			script(v.Nonce, forgetScript),
		}
	}
	return g.Group{
		h.H2(g.Text("Client secrets")),
		h.P(g.Text("A secret that the application uses to prove its identity when it asks for a token.")),
		h.P(link("button", "New client secret", v.appPath("secrets", "new"))),
		list,
	}
}

func (v *portalView) secretLine(i int, s secretRow) g.Node {
	name, expires := s.Description, s.Expires.Format(day)
	if name == "" {
		name = "(none)"
	}
	if s.Expired {
		expires += " (expired)"
	}
	value := g.Text(s.Shown)
	if s.Fresh {
		value = copied(h.Class("value"), h.ID("value-"+strconv.Itoa(i)), h.Aria("label", "Value of "+s.Description), h.Value(s.Shown), h.AutoComplete("off"))
	}
	return h.Tr(
		h.Th(h.Scope("row"), g.Text(name)), h.Td(g.Text(expires)), h.Td(value),
		h.Td(copied(h.Class("secret-id"), h.Aria("label", "Secret ID of "+s.Description), h.Value(s.ID))),
		h.Td(v.post(v.appPath("secrets", "delete"), hidden("secret", s.ID), submit(true, "Delete", h.Aria("label", "Delete "+s.Description)))),
	)
}

func (v *portalView) newSecretPage(f newSecretForm) g.Node {
	return v.post(v.appPath("secrets", "new"), h.AutoComplete("off"),
		labelled("description", "Description",
			h.Input(h.Type("text"), h.ID("description"), h.Name("description"), h.Value(f.Description), h.MaxLength("120"))),
		labelled("expires", "Expires", h.Select(h.ID("expires"), h.Name("expires"), g.Map(f.Lifetimes, func(l lifetime) g.Node {
			days := strconv.Itoa(l.Days)
			return option(days, l.Label, days == f.Expires)
		}))),
		labelled("end", "End", hint("end-hint", "For Custom only."),
			h.Input(h.Type("date"), h.ID("end"), h.Name("end"), h.Value(f.End), h.Min(f.Today), h.Max(f.Last), h.Aria("describedby", "end-hint"))),
		submit(false, "Add"), g.Text(" "), link("button quiet", "Cancel", v.appPath("secrets")),
	)
}
