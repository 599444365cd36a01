package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// adminConsent is the page at which an administrator consents to what an app
// asks for, in both its versions (entra-docs v2-admin-consent.md).
func (t *Tenant) adminConsent(c *call, tenant string) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := c.url.Query()
	switch c.method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		return t.continueFlow(c, formOf(c))
	default:
		return loginNotFound()
	}
	f := &flow{
		purpose: forConsent, redirect: q.Get("redirect_uri"), state: q.Get("state"), mode: "query", action: "/" +
			url.PathEscape(tenant),
	}
	if c.segments()[1] == "v2.0" {
		f.v2 = true
		f.action += "/v2.0"
	}
	f.action += "/adminconsent"
	d, refusal := t.tenantOf(c, tenant)
	switch clientID := q.Get("client_id"); {
	case refusal != nil:
	case clientID == "":
		refusal = missing("client_id")
	default:
		if d == sharedEndpoint { // the account that signs in decides which tenant it is
			d = homeTenant
		}
		f.d = d
		f.app, refusal = t.appSeen(d, tenant, clientID)
	}
	if refusal == nil {
		refusal = t.readConsent(c, f, q.Get("scope"))
	}
	if refusal != nil {
		return t.troublePage(c, refusal)
	}
	f.s.client = &client{id: f.app.clientID, name: f.app.name, app: f.app}
	return t.startFlow(c, f)
}

// readConsent finds out where the page leads and what is asked for: what is
// configured, or in version 2 the delegated scopes that the address names.
func (t *Tenant) readConsent(c *call, f *flow, scope string) *loginError {
	var registered []string
	for _, p := range []Platform{Web, MobileAndDesktop, SPA} {
		registered = append(registered, f.app.redirects[p]...)
	}
	switch {
	case len(registered) == 0:
		return refuse(http.StatusBadRequest, "invalid_request", 500113,
			"No reply address is registered for the application.")
	case f.redirect == "":
		f.redirect = registered[0]
	case !(&client{app: f.app}).allowsRedirect(f.redirect):
		return refuse(http.StatusBadRequest, "invalid_request", 50011,
			"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the "+
				"application '%s'.", f.redirect, f.app.clientID)
	}
	f.asked = slices.Clone(f.app.permissions)
	if !f.v2 || scope == "" {
		return nil
	}
	w, refusal := t.readScopes(c, scope)
	if refusal != nil {
		return refusal
	}
	if len(w.named) > 0 {
		f.asked = nil
		for _, s := range w.named {
			f.asked = append(f.asked, Permission{API: MicrosoftGraph, Kind: Delegated, Name: s})
		}
	}
	return nil
}

// askConsent shows the request to those who can grant it.
func (t *Tenant) askConsent(c *call, f *flow) answer {
	if !t.canGrant(f.s.account, f.asked) || f.s.account.tenant != t.id {
		f.stage = needsApproval
		return t.needsApprovalPage(c, f)
	}
	f.stage = consenting
	var list []string
	for _, p := range f.asked {
		list = append(list, fmt.Sprintf("%s: %s (%s permission)", p.API, p.Name, strings.ToLower(p.Kind)))
	}
	return t.consentPage(c, f, list, "An application permission is used without anybody signed in.")
}

// canGrant tells whether the account can consent to all of the permissions for
// everybody: to app roles of Microsoft Graph only a Privileged Role
// Administrator or Global Administrator (entra-docs grant-admin-consent.md).
func (t *Tenant) canGrant(who *account, asked []Permission) bool {
	if t.rules.MayNotConsent || who == nil {
		return false
	}
	if who.has(GlobalAdministrator, PrivilegedRoleAdministrator) {
		return true
	}
	return who.administers() && !slices.ContainsFunc(asked, func(p Permission) bool {
		return p.API == MicrosoftGraph && p.Kind == Application
	})
}

// grantAsked grants what was asked for. What is configured replaces what was
// granted before: a permission that is listed no more is revoked.
func (t *Tenant) grantAsked(c *call, f *flow) answer {
	t.signing.flows.drop(f.id)
	if t.app(f.app.clientID) != f.app {
		_, refusal := t.appSeen(homeTenant, t.domain, f.app.clientID)
		return t.troublePage(c, refusal)
	}
	if f.app.spID == "" {
		t.createPrincipal(f.app)
	}
	if slices.Equal(f.asked, f.app.permissions) {
		t.revoke(f.app, func(p Permission) bool { return !slices.Contains(f.asked, p) })
	}
	values := url.Values{"tenant": {t.id}, "admin_consent": {"True"}}
	var scopes []string
	for _, p := range f.asked {
		t.grant(f.app, p)
		scopes = append(scopes, "https://"+t.graphHost(c)+"/"+p.Name)
	}
	if f.v2 {
		values.Set("scope", strings.Join(scopes, " "))
	}
	return t.sendBack(c, f, values)
}

// consentDeclined goes back without consent. Version 2 says admin_consent=True
// even so.
func (t *Tenant) consentDeclined(c *call, f *flow) answer {
	values := url.Values{"error": {"permission_denied"}, "error_description": {"The admin canceled the request"}}
	if f.stage == needsApproval {
		values = url.Values{"error": {"access_denied"}, "error_description": {t.pageText(c, t.approvalNeeded(f))}}
	}
	if f.v2 {
		values.Set("admin_consent", "True")
		values.Set("tenant", t.id)
		if f.stage != needsApproval {
			values.Set("error", "consent_required")
			values.Set("error_description",
				t.pageText(c, refuse(0, "", 65004, "The resource owner or authorization server denied the request.")))
		}
	}
	return t.sendBack(c, f, values)
}
