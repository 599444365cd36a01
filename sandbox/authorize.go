package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authCode is an authorization code: good once, for ten minutes.
type authCode struct {
	session           session
	redirect          string
	challenge, method string
	used              bool
	blocked           *loginError
}

const codeLife = 10 * time.Minute

// authorize is the authorization endpoint. What is wrong with the app or its
// redirect URI is shown on the page; any other error is sent to the app.
func (t *Tenant) authorize(c *call, tenant string) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := c.url.Query()
	switch c.method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		q = formOf(c)
		if q.Has("flow") {
			return t.continueFlow(c, q)
		}
	default:
		return loginNotFound()
	}
	f := &flow{
		purpose: forCode, action: "/" + url.PathEscape(tenant) + "/oauth2/v2.0/authorize",
		redirect: q.Get("redirect_uri"),
		state:    q.Get("state"), hint: q.Get("login_hint"), challenge: q.Get("code_challenge"),
		method: q.Get("code_challenge_method"),
	}
	var refusal *loginError
	if f.d, f.s.client, refusal = t.tenantAndClient(c, tenant, q.Get("client_id")); refusal != nil {
		return t.troublePage(c, refusal)
	}
	switch cl := f.s.client; {
	case f.redirect == "":
		return t.troublePage(c, missing("redirect_uri"))
	case !cl.allowsRedirect(f.redirect):
		return t.troublePage(c, refuse(http.StatusBadRequest, "invalid_request", 50011,
			"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the "+
				"application '%s'. Make sure the redirect URI sent in the request matches one added to your "+
				"application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more "+
				"about how to troubleshoot this error.",
			f.redirect, cl.id))
	}
	f.s.nonce = q.Get("nonce")
	if refusal = t.readRequest(c, f, q); refusal != nil {
		return t.fail(c, f, refusal)
	}
	return t.startFlow(c, f)
}

// tenantAndClient finds the tenant and the app of a sign-in. t.mu is held.
func (t *Tenant) tenantAndClient(c *call, tenant, clientID string) (tenantKind, *client, *loginError) {
	d, refusal := t.tenantOf(c, tenant)
	if refusal != nil {
		return d, nil, refusal
	}
	cl, refusal := t.client(d, tenant, clientID)
	if refusal != nil {
		return d, nil, refusal
	}
	switch {
	case strings.EqualFold(tenant, "consumers"):
		return d, nil, refuse(http.StatusBadRequest, "invalid_request", 9002332,
			"Application '%s'(%s) is configured for use by Azure Active Directory users only. Please do not use the "+
				"/consumers endpoint to serve this request.", cl.id, cl.name)
	case d != sharedEndpoint: // elsewhere the account that signs in decides which cloud it is
		if refusal := t.wrongCloud(c, tenant); refusal != nil {
			return d, nil, refusal
		}
	}
	return d, cl, nil
}

// wrongCloud is the refusal of a sign-in at another cloud's host: a Government
// tenant's on the public one, or any other
// (entra-docs reference-error-codes.md and
// "AADSTS900439 - USGClientNotSupportedOnPublicEndpoint" of learn.microsoft.com/troubleshoot/entra).
func (t *Tenant) wrongCloud(c *call, tenant string) *loginError {
	home := t.home()
	switch {
	case c.side == foreign || c.cloud.login == home.login:
		return nil
	case strings.HasSuffix(home.login, ".us"):
		return refuse(http.StatusBadRequest, "invalid_request", 900439, "USGClientNotSupportedOnPublicEndpoint.")
	}
	return refuse(http.StatusBadRequest, "invalid_request", 90038,
		"The specified tenant '%s' belongs to the National Cloud '%s'. Current cloud instance '%s' does not federate "+
			"with %s. A cloud redirect error is returned.",
		tenant, home.instance, c.cloud.instance, home.instance)
}

// readRequest reads what is left of an authorization request once it is clear
// where an error can go.
func (t *Tenant) readRequest(c *call, f *flow, q url.Values) (refusal *loginError) {
	f.mode = q.Get("response_mode")
	switch f.mode {
	case "":
		f.mode = "query"
	case "query", "form_post", "fragment":
	default:
		f.mode = "query"
		return refuse(http.StatusBadRequest, "invalid_request", 90023,
			"Invalid STS request: the value of 'response_mode' is not supported.")
	}
	switch {
	case q.Get("response_type") == "":
		return missing("response_type")
	case q.Get("response_type") != "code":
		return refuse(http.StatusBadRequest, "unsupported_response_type", 700054,
			"response_type '%s' is not enabled for the application.", q.Get("response_type"))
	}
	if f.s.scopeRequest, refusal = t.readScopes(c, q.Get("scope")); refusal != nil {
		return refusal
	}
	if f.challenge != "" || f.method != "" {
		size := len(f.challenge)
		if f.method == "" {
			f.method = "plain"
		}
		if f.method != "S256" && f.method != "plain" || size < 43 || size > 128 || f.method == "S256" && size != 43 {
			return refuse(http.StatusBadRequest, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
		}
	}
	switch prompt := q.Get("prompt"); {
	case prompt == "none":
		return refuse(http.StatusBadRequest, "login_required", 50058,
			"A silent sign-in request was sent but no user is signed in.")
	case !slices.Contains([]string{"", "login", "consent", "select_account"}, prompt):
		return refuse(http.StatusBadRequest, "invalid_request", 90023,
			"Invalid STS request: unsupported 'prompt' value.")
	}
	return nil
}

// redeem exchanges an authorization code. t.mu is held.
func (t *Tenant) redeemCode(cl *client, form url.Values) (*session, *loginError) {
	if form.Get("code") == "" {
		return nil, missing("code")
	}
	code, ok := t.signing.codes.get(form.Get("code"))
	switch {
	case !ok || code.session.client.id != cl.id:
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 70000,
			"The provided value for the 'code' parameter is not valid.")
	case code.used:
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 54005,
			"OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "+
				"refresh token.")
	case t.now().Sub(code.session.at) >= codeLife:
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 70008,
			"The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "+
				"authorization request for this user and resource.")
	case form.Get("redirect_uri") != code.redirect:
		return nil, refuse(http.StatusBadRequest, "invalid_client", 500112,
			"The reply address '%s' does not match the reply address '%s' provided when requesting "+
				"Authorization code.", form.Get("redirect_uri"), code.redirect)
	case !code.proves(form.Get("code_verifier")):
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 501481,
			"The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	code.used = true
	if code.blocked != nil {
		return nil, code.blocked
	}
	s := code.session
	return &s, nil
}

// proves checks the proof key (RFC 7636).
func (code *authCode) proves(verifier string) bool {
	if code.challenge == "" {
		return verifier == ""
	}
	got := verifier
	if code.method == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		got = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(code.challenge)) == 1
}

// opaque makes a token that means nothing to its bearer. t.mu is held.
func (t *Tenant) opaque(n int) string { return base64.RawURLEncoding.EncodeToString(t.bytes(n)) }
