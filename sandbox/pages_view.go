package sandbox

import (
	_ "embed" // the style sheet
	"strconv"

	g "maragu.dev/gomponents"
)

//go:embed pages.css
var pagesCSS string

// html is the page as the browser gets it.
func (p page) html() g.Node {
	return el("html", attr("lang", "en"),
		head(p.Title, p.Nonce, pagesCSS),
		el("body", el("main",
			el("p", attr("class", "note"), text("Practice tenant of "+p.Organisation+
				". This is not Microsoft’s sign-in page, and no account here is real.")),
			say("h1", p.Title),
			g.If(p.Wrong != "", el("p", attr("class", "wrong"), attr("role", "alert"), text(p.Wrong))),
			g.Map(p.Text, func(s string) g.Node { return say("p", s) }),
			g.If(len(p.List) > 0, el("ul", g.Map(p.List, func(s string) g.Node { return say("li", s) }))),
			g.Iff(p.Form != nil, func() g.Node { return p.Form.html(p.Nonce) }),
		)),
	)
}

func (f *form) html(nonce string) g.Node {
	return g.Group{
		el("form", attr("id", "form"), attr("method", "post"), attr("action", formAddress(f.Action)),
			attr("autocomplete", "off"),
			g.Map(f.Hidden, func(x field) g.Node { return hidden(x.Name, x.Value) }),
			g.If(len(f.Accounts) > 0, el("fieldset", say("legend", "Account"), numbered(f.Accounts, accountPick))),
			g.If(f.Code, codeField()),
			g.Map(f.Buttons, button.html),
		),
		g.If(f.Sends, script(nonce, `document.getElementById("form").submit()`)),
	}
}

func accountPick(i int, c choice) g.Node {
	id := "account-" + strconv.Itoa(i)
	return el("div",
		el("input", attr("type", "radio"), attr("name", "account"), attr("id", id), attr("value", c.Username),
			g.If(c.Chosen, flag("checked")), flag("required")), text(" "),
		el("label", attr("for", id), text(c.Name+" "), say("small", c.Username+" · "+c.Roles)),
	)
}

func codeField() g.Node {
	return el("p",
		el("label", attr("for", "user-code"), text("Code")), el("br"),
		el("input", attr("type", "text"), attr("name", "user_code"), attr("id", "user-code"), flag("required"),
			attr("maxlength", "32"),
			attr("autocapitalize", "characters"), attr("spellcheck", "false")),
	)
}

// html ends with a space, as buttons stand side by side.
func (b button) html() g.Node {
	return g.Group{
		el("button", attr("type", "submit"), g.If(b.Name != "", g.Group{
			attr("name", "action"), attr("value", b.Name),
		}), g.If(b.Skips, flag("formnovalidate")), text(b.Label)),
		text(" "),
	}
}
