package sandbox

import (
	"net/url"
	"strings"
)

// The real portal's blades for app registrations, and the practice pages that
// stand for them. They are documented nowhere, and were read off public files
// that use them.
var blades = map[string]string{
	"Overview": "", "Credentials": "/secrets", "CallAnAPI": "/permissions", "Authentication": "/authentication",
}

// shortID is how much of a client ID stands in an address.
const shortID = 8

// PortalPath returns the path of the practice page that stands for an address
// of the real portal, such as
// https://portal.azure.com/TENANT#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade,
// or "" when no page does.
func PortalPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return bladePath(u.Fragment)
}

// bladePath does so for what follows the # in the address.
func bladePath(fragment string) string {
	rest, ok := strings.CutPrefix(fragment, "view/Microsoft_AAD_RegisteredApps/")
	if !ok {
		return enterprisePath(fragment)
	}
	parts := strings.Split(rest, "/")
	switch {
	case parts[0] == "ApplicationsListBlade":
		return PortalRoot + "/"
	case parts[0] == "CreateApplicationBlade":
		return PortalRoot + "/new"
	case parts[0] != "ApplicationMenuBlade" || len(parts) < 5 || parts[1] != "~" || parts[3] != "appId" ||
		!isGUID(parts[4]):
		return ""
	}
	page, known := blades[parts[2]]
	if !known {
		return ""
	}
	return PortalRoot + "/app/" + parts[4][:shortID] + page
}

// enterprisePath does so for the blades of enterprise applications.
func enterprisePath(fragment string) string {
	if strings.HasPrefix(fragment, "view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview") {
		return PortalRoot + "/enterprise"
	}
	rest, ok := strings.CutPrefix(fragment, "view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/")
	if !ok {
		return ""
	}
	page, rest, _ := strings.Cut(rest, "/")
	object, id, ok := strings.Cut(rest, "appId/")
	switch {
	case !ok || len(id) < 36 || !isGUID(id[:36]):
		return ""
	case page == "Overview" && object == "": // palmail's links before it knew the object ID
		return PortalRoot + "/app/" + id[:shortID]
	case page == "Overview":
		return PortalRoot + "/app/" + id[:shortID] + "/enterprise"
	case page == "Permissions":
		return PortalRoot + "/app/" + id[:shortID] + "/enterprise/permissions"
	}
	return ""
}

// link leads on from an address of the real portal's form, whose blade only
// the browser knows: it stands behind the #.
func (p *portal) link(v *visit) error {
	path := bladePath(v.r.URL.Query().Get("to"))
	if path == "" {
		return errNoPage
	}
	return v.to(strings.Split(strings.TrimPrefix(path, PortalRoot+"/"), "/")...)
}
