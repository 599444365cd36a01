package sandbox

import (
	"strconv"

	g "maragu.dev/gomponents"
)

// forgetScript has reloading and going back ask for the page again, instead of
// sending the form again; and some browsers keep a page as it was left.
const forgetScript = `history.replaceState(null, "")
addEventListener("pagehide", () => document.querySelectorAll(".value").forEach(v => v.replaceWith("***")))`

// onceScript keeps the second half of a double click from taking away the answer to the first.
const onceScript = `let sent = false
addEventListener("submit", e => { if (sent) e.preventDefault(); sent = true })
addEventListener("pageshow", () => { sent = false })`

func (v *portalView) secretsPage(rows []secretRow) g.Node {
	list := say("p", "No client secrets have been created for this application.")
	if len(rows) > 0 {
		list = g.Group{
			table("Client secrets", nil, []string{
				"Description", "Expires", "Value", "Secret ID", "Delete",
			}, numbered(rows, v.secretLine)),
			say("p", "Client secret values cannot be viewed, except right after creation. Copy the Value before you "+
				"leave this page."),
			script(v.Nonce, forgetScript),
		}
	}
	return g.Group{
		say("h2", "Client secrets"),
		say("p", "A secret that the application uses to prove its identity when it asks for a token."),
		el("p", link("button", "New client secret", v.appPath("secrets", "new"))),
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
	value := text(s.Shown)
	if s.Fresh {
		value = copied(flag("autofocus"), attr("class", "value"), attr("id", "value-"+strconv.Itoa(i)),
			attr("aria-label", "Value of "+s.Description), attr("value", s.Shown), attr("autocomplete", "off"))
	}
	return el("tr",
		el("th", attr("scope", "row"), text(name)), say("td", expires), el("td", value),
		el("td", copied(attr("class", "secret-id"), attr("aria-label", "Secret ID of "+s.Description),
			attr("value", s.ID))),
		el("td", v.post(v.appPath("secrets", "delete"), hidden("secret", s.ID), submit(true, "Delete",
			attr("aria-label", "Delete "+s.Description)))),
	)
}

func (v *portalView) newSecretPage(f newSecretForm) g.Node {
	return g.Group{v.post(v.appPath("secrets"), attr("autocomplete", "off"), hidden("number", f.Number),
		labelled("description", "Description",
			input("text", "description", "description", attr("value", f.Description), attr("maxlength", "120"))),
		labelled("expires", "Expires", choose("expires", "expires", g.Map(f.Lifetimes, func(l lifetime) g.Node {
			days := strconv.Itoa(l.Days)
			return option(days, l.Label, days == f.Expires)
		}))),
		labelled("end", "End", hint("end-hint", "For Custom only."),
			input("date", "end", "end", attr("value", f.End), attr("min", f.Today), attr("max", f.Last),
				attr("aria-describedby", "end-hint"))),
		submit(false, "Add"), text(" "), link("button quiet", "Cancel", v.appPath("secrets")),
	), script(v.Nonce, onceScript)}
}
