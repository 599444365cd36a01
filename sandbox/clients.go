package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Client IDs of Microsoft's own apps that people sign in with (the list
// MicrosoftApps.csv of merill/microsoft-info).
const (
	AzureCLI              = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	GraphCommandLineTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
)

// client is an app that signs somebody in.
type client struct {
	id, name string
	app      *app // nil for Microsoft's own
	// approved are the scopes that Microsoft has approved in advance; such an
	// app gets them all, and no others.
	approved []string
}

// azureScopes are what a token of Azure CLI for Graph carries.
var azureScopes = []string{
	"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All",
	"DelegatedPermissionGrant.ReadWrite.All",
	"Directory.AccessAsUser.All", "Group.ReadWrite.All", "User.Read.All", "User.ReadWrite.All",
}

// client finds the app that wants to sign somebody in. t.mu is held.
func (t *Tenant) client(d tenantKind, tenant, id string) (*client, *loginError) {
	switch strings.ToLower(id) {
	case "":
		return nil, missing("client_id")
	case AzureCLI:
		return &client{id: AzureCLI, name: "Microsoft Azure CLI", approved: azureScopes}, nil
	case GraphCommandLineTools:
		return &client{id: GraphCommandLineTools, name: "Microsoft Graph Command Line Tools"}, nil
	}
	if a := t.app(id); a != nil && d == sharedEndpoint && a.audience != singleTenant {
		d = homeTenant
	}
	a, refusal := t.appSeen(d, tenant, id)
	if refusal != nil {
		return nil, refusal
	}
	if a.disabled {
		return nil, refuse(http.StatusBadRequest, "unauthorized_client", 7000112, "Application '%s'(%s) is disabled.",
			a.clientID, a.name)
	}
	return &client{id: a.clientID, name: a.name, app: a}, nil
}

// allowsRedirect tells whether the client has registered the redirect URI. The
// port of http://localhost is of no account (entra-docs reply-url.md); that
// is so for localhost only, and not for 127.0.0.1.
func (cl *client) allowsRedirect(uri string) bool {
	registered := []string{"http://localhost"}
	if cl.app != nil {
		registered = nil
		for _, p := range []Platform{Web, MobileAndDesktop, SPA} {
			registered = append(registered, cl.app.redirects[p]...)
		}
	}
	return slices.ContainsFunc(registered, func(r string) bool {
		return r == uri || local(r) != "" && local(r) == local(uri)
	})
}

// local returns the path of an address under http://localhost with a port or
// without, "" for any other address.
func local(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.Hostname() != "localhost" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		return ""
	}
	if u.Path == "" {
		return "/"
	}
	return u.Path
}

// scopeRequest is what a client asks for.
type scopeRequest struct {
	aud       string
	all       bool     // .default
	named     []string // scopes of Graph by name
	openID    bool     // an ID token
	refresh   bool     // a refresh token
	addressed []string // as asked for, for the answer
}

// readScopes reads the scope of a request for somebody's token.
func (t *Tenant) readScopes(c *call, scope string) (scopeRequest, *loginError) {
	w := scopeRequest{aud: "https://" + t.graphHost(c)}
	if strings.TrimSpace(scope) == "" {
		return w, missing("scope")
	}
	for _, s := range strings.Fields(scope) {
		switch s {
		case "openid":
			w.openID = true
		case "offline_access":
			w.refresh = true
		case "profile", "email":
		default:
			w.addressed = append(w.addressed, s)
		}
	}
	for _, s := range w.addressed {
		resource, name := w.aud, s
		if i := strings.LastIndexByte(s, '/'); i >= 0 {
			resource, name = strings.TrimSuffix(s[:i], "/"), s[i+1:]
		}
		aud, api, refusal := t.resource(c, resource+"/.default")
		if refusal != nil {
			return w, refusal
		}
		if api != MicrosoftGraph {
			return w, refuse(http.StatusBadRequest, "invalid_resource", 500011,
				"The resource principal named %s was not found in the tenant named %s.", resource, t.org)
		}
		w.aud = aud
		if name == ".default" {
			w.all = true
		} else {
			w.named = append(w.named, name)
		}
	}
	if w.all && len(w.named) > 0 {
		return w, refuse(http.StatusBadRequest, "invalid_scope", 70011,
			"The provided request must include a 'scope' input parameter. The provided value for the input parameter "+
				"'scope' is not valid. The scope %s is not valid. .default scope can't be combined with "+
				"resource-specific scopes.", scope)
	}
	return w, nil
}

// grantedScopes returns the scopes of the client's token, and those among them
// that need consent first. t.mu is held.
func (t *Tenant) grantedScopes(cl *client, who *account,
	w scopeRequest) (scopes, lacking []string, refusal *loginError) {
	if cl.approved != nil {
		if len(w.named) > 0 {
			return nil, nil, refuse(http.StatusBadRequest, "invalid_client", 65002,
				"Consent between first party application '%s' and first party resource '%s' must be configured via "+
					"preauthorization - applications owned and operated by Microsoft must get approval from the API "+
					"owner before requesting tokens for that API.", cl.id, graphAppID)
		}
		return t.withoutLacking(cl.approved), nil, nil
	}
	want := w.named
	consented := t.consented(cl, who)
	if w.all && cl.app != nil {
		for _, p := range cl.app.permissions {
			if p.API == MicrosoftGraph && p.Kind == Delegated {
				want = append(want, p.Name)
			}
		}
		if len(want)+len(consented) == 0 {
			return nil, nil, refuse(http.StatusBadRequest, "invalid_client", 650056,
				"Misconfigured application. This could be due to one of the following: the client has not listed any "+
					"permissions for 'Microsoft Graph' in the requested permissions in the client's application "+
					"registration. Or, the admin has not consented in the tenant. Or, check the application "+
					"identifier in the request to ensure it matches the configured client application identifier.")
		}
	}
	for _, s := range want {
		if _, known := permissionIDs[MicrosoftGraph][Delegated][s]; !known {
			return nil, nil, refuse(http.StatusBadRequest, "invalid_client", 650053,
				"The application '%s' asked for scope '%s' that doesn't exist on the resource '%s'. Contact the app "+
					"vendor.", cl.name, s, graphAppID)
		}
		if !slices.Contains(consented, s) {
			lacking = append(lacking, s)
		}
	}
	scopes = slices.Concat(consented, lacking)
	if w.openID {
		scopes = append(scopes, "openid", "profile")
	}
	slices.Sort(scopes)
	return t.withoutLacking(slices.Compact(scopes)), lacking, nil
}

// withoutLacking leaves out the scope that the rules keep from every token.
func (t *Tenant) withoutLacking(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == t.rules.SignInLacks })
}

// consented lists the scopes to which an administrator has consented for
// everybody, or the account for itself. t.mu is held.
func (t *Tenant) consented(cl *client, who *account) []string {
	out := slices.Concat(t.signing.consents[cl.id], t.signing.consents[cl.id+" "+who.id])
	if cl.app != nil {
		for _, g := range cl.app.grants {
			if g.API == MicrosoftGraph && g.Kind == Delegated && g.revoked.IsZero() {
				out = append(out, g.Name)
			}
		}
	}
	return out
}

// canConsent tells whether the account can consent to the scopes: administrators
// of apps to anything delegated, other users to what needs no administrator.
func (t *Tenant) canConsent(who *account, scopes []string) bool {
	if who.administers() || who.has(PrivilegedRoleAdministrator) {
		return true
	}
	return !t.rules.AdminApprovalRequired && !slices.ContainsFunc(scopes, func(s string) bool {
		return !slices.Contains(userConsentable, s)
	})
}

// consent records the account's consent: for everybody if it is an
// administrator's, else for the account alone. t.mu is held.
func (t *Tenant) consent(cl *client, who *account, scopes []string) {
	key, forAll := cl.id, who.administers() || who.has(PrivilegedRoleAdministrator)
	if forAll && cl.app != nil {
		for _, s := range scopes {
			t.grant(cl.app, Permission{API: MicrosoftGraph, Kind: Delegated, Name: s})
		}
		return
	}
	if !forAll {
		key += " " + who.id
	}
	if t.signing.consents == nil {
		t.signing.consents = map[string][]string{}
	}
	t.signing.consents[key] = append(t.signing.consents[key], scopes...)
	for _, s := range scopes {
		t.logChange("grant %s %s/%s/%s", cl.id, MicrosoftGraph, Delegated, s)
	}
}
