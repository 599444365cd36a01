package diagnose

import (
	"slices"
	"strings"
)

// Situation is what a cause asks for in particular circumstances: the same
// refusal has one remedy at a token request and another at a sign-in. What it
// leaves empty stays as the Entry has it.
type Situation struct {
	Stages []Stage  // one of these; empty: any
	Words  []string // one of these stands near the sign, or is the sign; empty: any text

	Unless []string // none of these stands near the sign

	Title, Explanation string
	Remedy             []string
	Who                string
	Link               page
}

// fits says whether the situation is the one in which h was found; window is
// the normalised text around it.
func (s *Situation) fits(stage Stage, h hit, window string) bool {
	if len(s.Stages) > 0 && !slices.Contains(s.Stages, stage) {
		return false
	}
	if containsAny(window, normalised(s.Unless...)) {
		return false
	}
	if len(s.Words) == 0 {
		return true
	}
	return slices.Contains(s.Words, h.word) || containsAny(window, normalised(s.Words...))
}

// in returns the entry as it is in one situation.
func (e Entry) in(stage Stage, h hit, window string) Entry {
	for i := range e.Situations {
		s := &e.Situations[i]
		if !s.fits(stage, h, window) {
			continue
		}
		if s.Title != "" {
			e.Title = s.Title
		}
		if s.Explanation != "" {
			e.Explanation = s.Explanation
		}
		if len(s.Remedy) > 0 {
			e.Remedy = s.Remedy
		}
		if s.Who != "" {
			e.Who = s.Who
		}
		if s.Link != noPage {
			e.Link = s.Link
		}
		if s.Link == nowhere {
			e.Link = noPage
		}
		break
	}
	return e
}

// blanks are the names that remedies use for what differs from tenant to
// tenant. Where it is not known, the name stands there in capitals.
func (r *reading) blanks(f *Finding, ids nearIDs) *strings.Replacer {
	c := r.context
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	number := ""
	for _, code := range f.Codes {
		if n, ok := strings.CutPrefix(code, "AADSTS"); ok {
			number = n
			break
		}
	}
	describes := "/error?code=" + number
	if number == "" {
		describes = "/error" // the page asks for the code
	}
	hosts := r.hosts()
	return strings.NewReplacer(
		"/error?code={code}", describes,
		"{client-id}", first(c.ClientID, ids.app, "CLIENT-ID"),
		"{tenant-id}", first(c.TenantID, ids.directory, "TENANT-ID"),
		"{mailbox}", first(c.Mailbox, ids.mailbox, "MAILBOX"),
		"{code}", first(number, "CODE"),
		"{login}", hosts.login, "{graph}", hosts.graph, "{entra}", hosts.entra,
		"{exchange}", hosts.exchange, "{defender}", hosts.defender, "{admin}", hosts.admin,
	)
}

// cloudHosts are the addresses of one cloud
// (https://learn.microsoft.com/graph/deployments and
// https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges).
type cloudHosts struct{ login, graph, entra, exchange, defender, admin string }

var (
	commercialHosts = cloudHosts{
		"login.microsoftonline.com", "graph.microsoft.com", "entra.microsoft.com", "admin.exchange.microsoft.com",
		"security.microsoft.com", "admin.microsoft.com",
	}
	highHosts = cloudHosts{
		"login.microsoftonline.us", "graph.microsoft.us", "entra.microsoft.us", "admin.exchange.office365.us",
		"security.microsoft.us", "portal.office365.us",
	}
	dodHosts = cloudHosts{
		"login.microsoftonline.us", "dod-graph.microsoft.us", "entra.microsoft.us", "admin.exchange.apps.mil",
		"security.apps.mil", "portal.apps.mil",
	}
	chinaHosts = cloudHosts{
		"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "entra.microsoftonline.cn",
		"admin.exchange.partner.office365.cn", "security.partner.microsoftonline.cn",
		"portal.partner.microsoftonline.cn",
	}
)

// hosts are those of the cloud that is known, or that the text names.
func (r *reading) hosts() cloudHosts {
	name := strings.ToLower(r.context.Cloud)
	switch {
	case strings.Contains(name, "dod"):
		return dodHosts
	case strings.Contains(name, "high"):
		return highHosts
	case strings.Contains(name, "china") || strings.Contains(name, "21vianet"):
		return chinaHosts
	case name != "":
		return commercialHosts
	}
	const look = 8192
	text := strings.ToLower(r.text[:min(len(r.text), look)])
	switch {
	case strings.Contains(text, "dod-graph.microsoft.us"):
		return dodHosts
	case strings.Contains(text, "graph.microsoft.us") || strings.Contains(text, "microsoftonline.us"):
		return highHosts
	case strings.Contains(text, "microsoftonline.cn") || strings.Contains(text, "chinacloudapi.cn"):
		return chinaHosts
	}
	return commercialHosts
}

// link is where a remedy is done: the page that the caller knows, or the
// same page of the app that the text names. The addresses are undocumented,
// so remedies say the path in words too.
func (r *reading) link(p page, ids nearIDs) string {
	if link := r.context.Links.at(p); link != "" || p == noPage {
		return link
	}
	blade, ofApp := blades[p], p != registrationsPage
	app := r.context.ClientID
	if app == "" {
		app = ids.app
	}
	if blade == "" || ofApp && !isGUID(app) {
		return ""
	}
	link := "https://" + r.hosts().entra + "/#view/Microsoft_AAD_RegisteredApps/"
	if ofApp {
		return link + "ApplicationMenuBlade/~/" + blade + "/appId/" + app + "/isMSAApp~/false"
	}
	return link + blade
}

var blades = map[page]string{
	registrationsPage:  "ApplicationsListBlade",
	overviewPage:       "Overview",
	secretsPage:        "Credentials",
	permissionsPage:    "CallAnAPI",
	authenticationPage: "Authentication",
}

func isGUID(s string) bool { return guid.MatchString(s) }
