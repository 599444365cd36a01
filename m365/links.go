package m365

import (
	"net/url"
	"strings"

	"palmail/diagnose"
)

// Parts of the portal's deep links. Microsoft does not document them; they were
// taken from many public files that use them, so a screen that shows a link also
// describes the clicks.
const (
	bladeNew         = "/quickStartType~/null/isMSAApp~/false"
	bladeApp         = "view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/"
	bladeList        = "view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"
	bladeCreate      = "view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade"
	bladeEnterprise  = "view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/"
	bladeEnterprises = "view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview/menuId~/null"
	bladeConditional = "view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies"
)

// serviceHealth is the health page of the Microsoft 365 admin center. The
// addresses for the other clouds are not known for certain.
const serviceHealth = "https://admin.microsoft.com/AdminPortal/Home#/servicehealth"

// Links returns the portal pages of an app in a tenant. Links that need an ID
// that is not given stay empty.
func (c Cloud) Links(tenantID, clientID string) diagnose.Links {
	l := diagnose.Links{
		Registrations:   c.portalLink(tenantID, bladeList),
		ConditionalRule: c.portalLink(tenantID, bladeConditional),
		AppPolicies:     c.portalLink(tenantID, bladeEnterprises), // their own page has no known address
	}
	if c.Name == Commercial || c.Name == GCC {
		l.ServiceHealth = serviceHealth
	}
	if clientID == "" {
		return l
	}
	app := func(page string) string {
		return c.portalLink(tenantID, bladeApp+page+"/appId/"+url.PathEscape(clientID)+"/isMSAApp~/false")
	}
	l.Overview = app("Overview")
	l.Secrets = app("Credentials")
	l.Permissions = app("CallAnAPI")
	l.Authentication = app("Authentication")
	l.EnterpriseApp = c.portalLink(tenantID, bladeEnterprise+"Overview/appId/"+url.PathEscape(clientID))
	if tenantID != "" {
		// The older address needs no redirect_uri
		// (https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent).
		l.AdminConsent = c.Login + "/" + url.PathEscape(tenantID) + "/adminconsent?client_id=" +
			url.QueryEscape(clientID)
	}
	return l
}

// NewRegistrationLink returns the page that registers a new app.
func (c Cloud) NewRegistrationLink(tenantID string) string {
	return c.portalLink(tenantID, bladeCreate+bladeNew)
}

// EnterpriseAppsLink returns the list of enterprise applications. Its address is Microsoft's own, from
// https://learn.microsoft.com/powershell/module/exchangepowershell/new-serviceprincipal.
func (c Cloud) EnterpriseAppsLink(tenantID string) string {
	return c.portalLink(tenantID, bladeEnterprises)
}

// EnterpriseAppLink returns the Overview of an enterprise application, which shows its Object ID.
func (c Cloud) EnterpriseAppLink(tenantID, servicePrincipalID, clientID string) string {
	return c.enterpriseLink("Overview", tenantID, servicePrincipalID, clientID)
}

// EnterprisePermissionsLink returns the Permissions of an enterprise application, where consent is revoked.
func (c Cloud) EnterprisePermissionsLink(tenantID, servicePrincipalID, clientID string) string {
	return c.enterpriseLink("Permissions", tenantID, servicePrincipalID, clientID)
}

func (c Cloud) enterpriseLink(page, tenantID, servicePrincipalID, clientID string) string {
	ids := "/objectId/" + url.PathEscape(servicePrincipalID) + "/appId/" + url.PathEscape(clientID)
	return c.portalLink(tenantID, bladeEnterprise+page+ids)
}

// AdminConsentLink returns the address at which an administrator of the tenant
// consents to the app's permissions. redirectURI must be registered with the
// app; where the browser ends up says nothing about whether consent was given
// (https://learn.microsoft.com/entra/identity-platform/v2-admin-consent).
func (c Cloud) AdminConsentLink(tenantID, clientID, redirectURI, state string) string {
	q := url.Values{"client_id": {clientID}, "scope": {c.Scope()}}
	if redirectURI != "" {
		q.Set("redirect_uri", redirectURI)
	}
	if state != "" {
		q.Set("state", state)
	}
	return c.Login + "/" + url.PathEscape(tenantID) + "/v2.0/adminconsent?" + q.Encode()
}

// portalLink returns a deep link. With a tenant ID it points to the Azure portal,
// whose address can name the tenant: an administrator of several tenants would
// otherwise end up in the one used last and register the app there. Without one
// it points to the Entra admin center.
func (c Cloud) portalLink(tenantID, blade string) string {
	if tenantID != "" {
		return c.Portal + "/" + url.PathEscape(tenantID) + "#" + blade
	}
	base := c.Entra
	if base == "" {
		base = c.Portal
	}
	return strings.TrimRight(base, "/") + "/#" + blade
}
