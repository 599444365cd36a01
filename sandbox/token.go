package sandbox

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxForm is the most that the token endpoint reads.
const maxForm = 64 << 10

const (
	graphAppID    = "00000003-0000-0000-c000-000000000000"
	exchangeAppID = "00000002-0000-0ff1-ce00-000000000000"
)

// token is the token endpoint.
func (t *Tenant) token(c *call, tenant string) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.method != http.MethodPost {
		return t.loginRefusal(c, refuse(http.StatusBadRequest, "invalid_request", 900561,
			"The endpoint only accepts POST requests. Received a %s request.", c.method))
	}
	d, refusal := t.tenantOf(c, tenant)
	if refusal != nil {
		return t.loginRefusal(c, refusal)
	}
	form, refusal := readForm(c)
	if refusal == nil {
		switch grant := form.Get("grant_type"); grant {
		case "":
			refusal = missing("grant_type")
		case "client_credentials":
			var a answer
			if a, refusal = t.clientCredentials(c, d, tenant, form); refusal == nil {
				return a
			}
		case "authorization_code", "refresh_token", deviceGrant, "device_code":
			var a answer
			if a, refusal = t.userToken(c, tenant, form); refusal == nil {
				return a
			}
		default:
			refusal = refuse(http.StatusBadRequest, "unsupported_grant_type", 70003,
				"The app requested an unsupported grant type '%s'.", grant)
		}
	}
	return t.loginRefusal(c, refusal)
}

func missing(parameter string) *loginError {
	return refuse(http.StatusBadRequest, "invalid_request", 900144,
		"The request body must contain the following parameter: '%s'.", parameter)
}

// readForm decodes the body. A body of another type counts as an empty form,
// as it does at the service.
func readForm(c *call) (url.Values, *loginError) {
	malformed := refuse(http.StatusBadRequest, "invalid_request", 9002313,
		"Invalid request. Request is malformed or invalid.")
	if c.tooLarge || len(c.body) > maxForm {
		return nil, malformed
	}
	if kind, _, err := mime.ParseMediaType(c.header.Get("Content-Type")); err != nil ||
		kind != "application/x-www-form-urlencoded" {
		return url.Values{}, nil
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, malformed
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, malformed
		}
	}
	return form, nil
}

// clientCredentials judges in Entra's order: the tenant, the app, the scope,
// the resource, whether there is a secret at all, the enterprise application,
// the kind of app, and last the secret itself.
func (t *Tenant) clientCredentials(c *call, d tenantKind, tenant string, form url.Values) (answer, *loginError) {
	clientID, secret := credentials(c, form)
	if clientID == "" {
		return answer{}, missing("client_id")
	}
	if d == homeTenant && c.side != foreign && c.cloud.login != t.home().login {
		return answer{}, refuse(http.StatusBadRequest, "invalid_request", 900382,
			"Confidential Client is not supported in Cross Cloud request.")
	}
	a, refusal := t.appSeen(d, tenant, clientID)
	if refusal != nil {
		return answer{}, refusal
	}
	aud, api, refusal := t.resource(c, form.Get("scope"))
	if refusal != nil {
		return answer{}, refusal
	}
	if secret == "" {
		return answer{}, refuse(http.StatusUnauthorized, "invalid_client", 7000216,
			"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	}
	if a.spID == "" || !t.hasSpread("principal "+a.clientID, a.spCreated, t.weather.AppDelay) {
		return answer{}, refuse(http.StatusUnauthorized, "invalid_client", 7000229,
			"The client application %s is missing service principal in the tenant %s. See instructions here: "+
				"https://go.microsoft.com/fwlink/?linkid=2225119", a.clientID, t.id)
	}
	if a.disabled {
		return answer{}, refuse(http.StatusBadRequest, "unauthorized_client", 7000112,
			"Application '%s'(%s) is disabled.", a.clientID, a.name)
	}
	if a.platform == MobileAndDesktop || a.platform == SPA {
		return answer{}, refuse(http.StatusUnauthorized, "invalid_client", 700025,
			"Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
	}
	used, refusal := t.secretSeen(a, secret)
	t.logSignIn(c, a, api, used, refusal)
	if refusal != nil {
		return answer{}, refusal
	}
	return jsonAnswer(http.StatusOK, loginJSON, struct {
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
		Ext     int    `json:"ext_expires_in"`
		Token   string `json:"access_token"`
	}{"Bearer", int(tokenLife / time.Second), int(tokenLife / time.Second), t.sign(t.appClaims(c, a, aud, api))}), nil
}

// credentials returns the client ID and secret, from the form or from basic
// authentication, which the discovery document offers too.
func credentials(c *call, form url.Values) (id, secret string) {
	id, secret = form.Get("client_id"), form.Get("client_secret")
	r := http.Request{Header: c.header}
	if user, pass, ok := r.BasicAuth(); ok && secret == "" {
		// RFC 6749 section 2.3.1: both are form-encoded inside basic authentication.
		u, err1 := url.QueryUnescape(user)
		p, err2 := url.QueryUnescape(pass)
		if err1 == nil && err2 == nil && (id == "" || id == u) {
			return u, p
		}
	}
	return id, secret
}

// appSeen finds the app, if its creation has spread to the token servers. t.mu is held.
func (t *Tenant) appSeen(d tenantKind, tenant, clientID string) (*app, *loginError) {
	a := t.app(clientID)
	org := t.org
	switch d {
	case neighbourTenant:
		a, org = nil, t.neighbour.org
	case sharedEndpoint:
		if a != nil {
			return nil, refuse(http.StatusBadRequest, "invalid_request", 50194,
				"Application '%s'(%s) is not configured as a multi-tenant application. Usage of the /%s endpoint is "+
					"not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or "+
					"configure the application to be multi-tenant.",
				a.clientID, a.name, tenant)
		}
		org = tenant
	}
	if a == nil || !t.hasSpread("app "+a.clientID, a.created, t.weather.AppDelay) {
		return nil, refuse(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the "+
				"application has not been installed by the administrator of the tenant or consented to by any user "+
				"in the tenant. You may have sent your authentication request to the wrong tenant.",
			clientID, org)
	}
	return a, nil
}

// resource reads the scope of a client credentials request: it returns the
// audience of the token and the API whose roles go into it.
func (t *Tenant) resource(c *call, scope string) (aud, api string, _ *loginError) {
	if scope == "" {
		return "", "", missing("scope")
	}
	// Client libraries add these; for an app they mean nothing.
	scopes := slices.DeleteFunc(strings.Fields(scope), func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "offline_access", "email"}, s)
	})
	if len(scopes) != 1 {
		return "", "", refuse(http.StatusBadRequest, "invalid_scope", 70011,
			"The provided request must include a 'scope' input parameter. The provided value for the input parameter "+
				"'scope' is not valid. The scope %s is not valid.", scope)
	}
	name, ok := strings.CutSuffix(scopes[0], "/.default")
	if !ok {
		return "", "", refuse(http.StatusBadRequest, "invalid_scope", 1002012,
			"The provided value for scope %s is not valid. Client credential flows must have a scope value with "+
				"/.default suffixed to the resource identifier (application ID URI).", scopes[0])
	}
	switch key := strings.TrimSuffix(strings.ToLower(name), "/"); {
	case key == graphAppID, key == "https://"+strings.ToLower(t.graphHost(c)), c.side != foreign && t.sisterGraph(key):
		return strings.TrimSuffix(name, "/"), MicrosoftGraph, nil
	case key == exchangeAppID, key == "https://outlook.office365.com", key == "https://outlook.office.com",
		key == "https://outlook.office365.us":
		return strings.TrimSuffix(name, "/"), ExchangeOnline, nil
	}
	return "", "", refuse(http.StatusBadRequest, "invalid_resource", 500011,
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application "+
			"has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You might have sent your authentication request to the wrong tenant.", name, t.org)
}

// sisterGraph tells whether key is the Graph of a cloud with which ours shares
// its sign-in host: GCC High and DoD cannot be told apart by asking for a
// token, the wrong Graph host fails only there.
func (t *Tenant) sisterGraph(key string) bool {
	return slices.ContainsFunc(clouds, func(c cloud) bool {
		return c.login == t.home().login && key == "https://"+c.graph
	})
}

// secretSeen judges a secret by what has spread to the token servers, and returns
// its key ID, "" for a value that no secret has. t.mu is held.
func (t *Tenant) secretSeen(a *app, value string) (keyID string, _ *loginError) {
	for _, s := range a.secrets {
		if !s.is(value) {
			continue
		}
		if !s.removed.IsZero() && t.hasSpread("removal "+s.ID, s.removed, t.weather.SecretDelay) {
			break
		}
		if !t.hasSpread("secret "+s.ID, s.made, t.weather.SecretDelay) {
			break
		}
		if !s.Expires.After(t.now()) {
			return s.ID, refuse(http.StatusUnauthorized, "invalid_client", 7000222,
				"The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys "+
					"for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for "+
					"added security: https://aka.ms/certCreds.", a.clientID)
		}
		return s.ID, nil
	}
	return "", refuse(http.StatusUnauthorized, "invalid_client", 7000215,
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "+
			"the client secret ID, for a secret added to app '%s'.", a.clientID)
}

// roles are those of the app's token: what was granted for api and has spread to
// the token servers. t.mu is held.
func (t *Tenant) roles(a *app, api string) []string {
	var out []string
	for _, g := range a.grants {
		if g.API != api || g.Kind != Application {
			continue
		}
		key := a.clientID + " " + g.API + " " + g.Name
		if !g.revoked.IsZero() && t.hasSpread("revocation "+key, g.revoked, t.weather.ConsentDelay) {
			continue
		}
		if t.hasSpread("grant "+key, g.at, t.weather.ConsentDelay) && !slices.Contains(out, g.Name) {
			out = append(out, g.Name)
		}
	}
	slices.Sort(out)
	return out
}
