package sandbox

import (
	_ "embed" // the style sheet
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

//go:embed pages.css
var pagesCSS string

// html is the page as the browser gets it.
func (p page) html() g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		head(p.Title, p.Nonce, pagesCSS),
		h.Body(h.Main(
			h.P(h.Class("note"), g.Text("Practice tenant of "+p.Organisation+". This is not Microsoft’s sign-in page, and no account here is real.")),
			h.H1(g.Text(p.Title)),
			g.If(p.Wrong != "", h.P(h.Class("wrong"), h.Role("alert"), g.Text(p.Wrong))),
			g.Map(p.Text, func(s string) g.Node { return h.P(g.Text(s)) }),
			g.If(len(p.List) > 0, h.Ul(g.Map(p.List, func(s string) g.Node { return h.Li(g.Text(s)) }))),
			g.Iff(p.Form != nil, func() g.Node { return p.Form.html(p.Nonce) }),
		)),
	))
}

func (f *form) html(nonce string) g.Node {
	return g.Group{
		h.Form(h.ID("form"), h.Method("post"), h.Action(formAddress(f.Action)), h.AutoComplete("off"),
			g.Map(f.Hidden, func(x field) g.Node { return hidden(x.Name, x.Value) }),
			g.If(len(f.Accounts) > 0, h.FieldSet(h.Legend(g.Text("Account")), numbered(f.Accounts, accountPick))),
			g.If(f.Code, codeField()),
			g.Map(f.Buttons, button.html),
		),
		g.If(f.Sends, script(nonce, `document.getElementById("form").submit()`)),
	}
}

func accountPick(i int, c choice) g.Node {
	id := "account-" + strconv.Itoa(i)
	return h.Div(
		h.Input(h.Type("radio"), h.Name("account"), h.ID(id), h.Value(c.Username), g.If(c.Chosen, h.Checked()), h.Required()), g.Text(" "),
		h.Label(h.For(id), g.Text(c.Name+" "), h.Small(g.Text(c.Username+" · "+c.Roles))),
	)
}

func codeField() g.Node {
	return h.P(
		h.Label(h.For("user-code"), g.Text("Code")), h.Br(),
		h.Input(h.Type("text"), h.Name("user_code"), h.ID("user-code"), h.Required(), h.MaxLength("32"),
			g.Attr("autocapitalize", "characters"), g.Attr("spellcheck", "false")),
	)
}

// html ends with a space, as buttons stand side by side.
func (b button) html() g.Node {
	return g.Group{
		h.Button(h.Type("submit"), g.If(b.Name != "", g.Group{h.Name("action"), h.Value(b.Name)}), g.If(b.Skips, h.FormNoValidate()), g.Text(b.Label)),
		g.Text(" "),
	}
}
