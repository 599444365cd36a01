package sandbox

import (
	_ "embed" // the style sheet
	"net/url"
	"strings"

	g "maragu.dev/gomponents"
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
	return el("html", attr("lang", "en"),
		head(v.Title+" - practice tenant", v.Nonce, portalCSS, el("link", attr("rel", "icon"), attr("href", "data:,"))),
		el("body",
			el("a", attr("class", "skip"), attr("href", "#main"), text("Skip to the page")),
			el("header",
				el("div", attr("class", "banner"), el("p", say("strong", "Practice tenant."),
					text(" Nothing here is real, and this is not Microsoft’s portal. "+v.Org+" · "+v.Domain))),
				el("div", attr("class", "bar"), v.sections(), v.whoIsIn(), g.Iff(v.App != nil, v.appSections)),
			),
			el("div", attr("class", "columns"), el("main", attr("id", "main"),
				say("h1", title),
				g.If(v.Wrong != "", el("p", attr("class", "wrong"), attr("role", "alert"), say("strong", "Not done:"),
					text(" "+v.Wrong))),
				g.If(v.Done != "", el("p", attr("class", "done"), attr("role", "status"), text(v.Done))),
				body,
			)),
		),
	)
}

func (v *portalView) sections() g.Node {
	return el("nav", attr("aria-label", "Practice portal"), el("ul",
		v.section("apps", "App registrations", portalPath("")),
		v.section("mail", "Mail", portalPath("mail")),
		v.section("settings", "Settings", portalPath("settings")),
	))
}

func (v *portalView) appSections() g.Node {
	return el("nav", attr("aria-label", v.App.Name), el("ul",
		v.section("overview", "Overview", v.appPath()),
		v.section("authentication", "Authentication", v.appPath("authentication")),
		v.section("secrets", "Certificates & secrets", v.appPath("secrets")),
		v.section("permissions", "API permissions", v.appPath("permissions")),
	))
}

func (v *portalView) section(section, label, path string) g.Node {
	return el("li", el("a", attr("href", path), g.If(v.Section == section, attr("aria-current", "page")), text(label)))
}

func (v *portalView) whoIsIn() g.Node {
	roles := "no role"
	if len(v.Who.Roles) > 0 {
		roles = strings.Join(v.Who.Roles, ", ")
	}
	return el("p", attr("class", "who"), text("Signed in as "+v.Who.Username+" ("+roles+"). "),
		el("a", attr("href", portalPath("settings")+"#who"), text("Change the account")))
}

// troublePage leads away from what went wrong, which every page says itself.
func (v *portalView) troublePage() g.Node {
	return el("p", link("", "App registrations", portalPath("")))
}

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
	return el("a", g.If(class != "", attr("class", class)), attr("href", path), text(label))
}

// post is a form that changes something, with the proof that this browser was shown it.
func (v *portalView) post(path string, children ...g.Node) g.Node {
	return el("form", attr("method", "post"), attr("action", path), hidden("check", v.Check), g.Group(children))
}

// submit is a form's button. quiet is for what is not the page's main business.
func submit(quiet bool, label string, more ...g.Node) g.Node {
	return el("button", g.If(quiet, attr("class", "quiet")), attr("type", "submit"), g.Group(more), text(label))
}

// labelled puts a label above a control with that ID, and a hint between them.
func labelled(id, label string, control ...g.Node) g.Node {
	return el("div", attr("class", "field"), el("label", attr("for", id), text(label)), g.Group(control))
}

// hint is a line under a label, which the control names with aria-describedby.
func hint(id, words string) g.Node {
	return el("p", attr("class", "hint"), g.If(id != "", attr("id", id)), text(words))
}

// tick is a checkbox with its label. more are further attributes.
func tick(id, name, label string, ticked bool, more ...g.Node) g.Node {
	return el("div", attr("class", "pick"),
		input("checkbox", id, name, g.Group(more), g.If(ticked, flag("checked"))),
		el("label", attr("for", id), text(label)))
}

// radio is one of several choices with its label. more are further attributes.
func radio(id, name, value, label string, chosen bool, more ...g.Node) g.Node {
	return el("div", attr("class", "pick"),
		input("radio", id, name, attr("value", value), g.Group(more), g.If(chosen, flag("checked"))),
		el("label", attr("for", id), text(label)))
}

func option(value, label string, chosen bool) g.Node {
	return el("option", attr("value", value), g.If(chosen, flag("selected")), text(label))
}

// platformOptions are options whose value is what they say.
func platformOptions(list []Platform, chosen string) g.Node {
	return g.Map(list, func(p Platform) g.Node {
		return el("option", g.If(string(p) == chosen, flag("selected")), text(string(p)))
	})
}

// table can be moved sideways where it is wider than the window.
func table(label string, caption g.Node, heads []string, rows g.Node) g.Node {
	return el("div", attr("class", "wide"), attr("role", "region"), attr("aria-label", label), attr("tabindex", "0"),
		el("table",
			caption,
			el("thead", el("tr", g.Map(heads, func(s string) g.Node {
				return el("th", attr("scope", "col"), text(s))
			}))),
			el("tbody", rows),
		))
}

// copied is a field that is only there to copy from.
func copied(more ...g.Node) g.Node {
	return el("input", attr("type", "text"), flag("readonly"), g.Group(more))
}
