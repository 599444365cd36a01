package sandbox

import (
	_ "embed" // the style sheet
	"net/url"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

//go:embed portal.css
var portalCSS string

// portalView is what every page shows.
type portalView struct {
	Title, Section        string
	Org, Domain, TenantID string
	Who                   Admin
	Check, Nonce          string
	Done, Wrong           string // what has just been done, or is wrong
	App                   *App   // nil on pages about no app
	HoldsMail             bool   // a mail brings its own styles, and its frame inherits the page's policy
}

// html is the page around body, as the browser gets it.
func (v *portalView) html(body g.Node) g.Node {
	title := v.Title
	if v.App != nil && v.Section != "overview" {
		title = v.App.Name + " | " + title
	}
	return h.Doctype(h.HTML(h.Lang("en"),
		head(v.Title+" - practice tenant", v.Nonce, portalCSS, h.Link(h.Rel("icon"), h.Href("data:,"))),
		h.Body(
			h.A(h.Class("skip"), h.Href("#main"), g.Text("Skip to the page")),
			h.Header(
				h.Div(h.Class("banner"), h.P(h.Strong(g.Text("Practice tenant.")),
					g.Text(" Nothing here is real, and this is not Microsoft’s portal. "+v.Org+" · "+v.Domain))),
				h.Div(h.Class("bar"), v.sections(), v.whoIsIn(), g.Iff(v.App != nil, v.appSections)),
			),
			h.Div(h.Class("columns"), h.Main(h.ID("main"),
				h.H1(g.Text(title)),
				g.If(v.Wrong != "", h.P(h.Class("wrong"), h.Role("alert"), h.Strong(g.Text("Not done:")), g.Text(" "+v.Wrong))),
				g.If(v.Done != "", h.P(h.Class("done"), h.Role("status"), g.Text(v.Done))),
				body,
			)),
		),
	))
}

func (v *portalView) sections() g.Node {
	return h.Nav(h.Aria("label", "Practice portal"), h.Ul(
		v.section("apps", "App registrations", portalPath("")),
		v.section("mail", "Mail", portalPath("mail")),
		v.section("settings", "Settings", portalPath("settings")),
	))
}

func (v *portalView) appSections() g.Node {
	return h.Nav(h.Aria("label", v.App.Name), h.Ul(
		v.section("overview", "Overview", v.appPath()),
		v.section("authentication", "Authentication", v.appPath("authentication")),
		v.section("secrets", "Certificates & secrets", v.appPath("secrets")),
		v.section("permissions", "API permissions", v.appPath("permissions")),
	))
}

func (v *portalView) section(section, label, path string) g.Node {
	return h.Li(h.A(h.Href(path), g.If(v.Section == section, h.Aria("current", "page")), g.Text(label)))
}

func (v *portalView) whoIsIn() g.Node {
	roles := "no role"
	if len(v.Who.Roles) > 0 {
		roles = strings.Join(v.Who.Roles, ", ")
	}
	return h.P(h.Class("who"), g.Text("Signed in as "+v.Who.Username+" ("+roles+"). "),
		h.A(h.Href(portalPath("settings")+"#who"), g.Text("Change the account")))
}

// troublePage leads away from what went wrong, which every page says itself.
func (v *portalView) troublePage() g.Node { return h.P(link("", "App registrations", portalPath(""))) }

// portalPath is the address of a page, whatever its parts say: no part of it
// is a scheme, a host or a query.
func portalPath(parts ...string) string {
	path := PortalRoot
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// appPath is the address of a page about the view's app.
func (v *portalView) appPath(parts ...string) string {
	return portalPath(append([]string{"app", v.App.ClientID}, parts...)...)
}

// link leads to a path that portalPath made. class is "" for a link within text.
func link(class, label, path string) g.Node {
	return h.A(g.If(class != "", h.Class(class)), h.Href(path), g.Text(label))
}

// post is a form that changes something, with the proof that this browser was shown it.
func (v *portalView) post(path string, children ...g.Node) g.Node {
	return h.Form(h.Method("post"), h.Action(path), hidden("check", v.Check), g.Group(children))
}

// submit is a form's button. quiet is for what is not the page's main business.
func submit(quiet bool, label string, more ...g.Node) g.Node {
	return h.Button(g.If(quiet, h.Class("quiet")), h.Type("submit"), g.Group(more), g.Text(label))
}

// labelled puts a label above a control with that ID, and a hint between them.
func labelled(id, label string, control ...g.Node) g.Node {
	return h.Div(h.Class("field"), h.Label(h.For(id), g.Text(label)), g.Group(control))
}

// hint is a line under a label, which the control names with aria-describedby.
func hint(id, text string) g.Node {
	return h.P(h.Class("hint"), g.If(id != "", h.ID(id)), g.Text(text))
}

// tick is a checkbox with its label. more are further attributes.
func tick(id, name, label string, ticked bool, more ...g.Node) g.Node {
	return h.Div(h.Class("pick"),
		h.Input(h.Type("checkbox"), h.ID(id), h.Name(name), g.Group(more), g.If(ticked, h.Checked())), h.Label(h.For(id), g.Text(label)))
}

// radio is one of several choices with its label. more are further attributes.
func radio(id, name, value, label string, chosen bool, more ...g.Node) g.Node {
	return h.Div(h.Class("pick"),
		h.Input(h.Type("radio"), h.ID(id), h.Name(name), h.Value(value), g.Group(more), g.If(chosen, h.Checked())), h.Label(h.For(id), g.Text(label)))
}

func option(value, label string, chosen bool) g.Node {
	return h.Option(h.Value(value), g.If(chosen, h.Selected()), g.Text(label))
}

// platformOptions are options whose value is what they say.
func platformOptions(list []Platform, chosen string) g.Node {
	return g.Map(list, func(p Platform) g.Node { return h.Option(g.If(string(p) == chosen, h.Selected()), g.Text(string(p))) })
}

// table can be moved sideways where it is wider than the window.
func table(label string, caption g.Node, heads []string, rows g.Node) g.Node {
	return h.Div(h.Class("wide"), h.Role("region"), h.Aria("label", label), h.TabIndex("0"), h.Table(
		caption,
		h.THead(h.Tr(g.Map(heads, func(s string) g.Node { return h.Th(h.Scope("col"), g.Text(s)) }))),
		h.TBody(rows),
	))
}

// copied is a field that is only there to copy from.
func copied(more ...g.Node) g.Node {
	return h.Input(h.Type("text"), h.ReadOnly(), g.Group(more))
}
