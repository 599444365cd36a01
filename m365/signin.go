package m365

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"github.com/golang-jwt/jwt/v5"

	"palmail/diagnose"
	"palmail/secret"
)

// AzureCLIAppID is the client ID of Microsoft's Azure CLI, with which an
// administrator signs in by default. It exists in every tenant, needs no consent
// of its own, and <Graph>/.default gives it every permission that the setup needs.
const AzureCLIAppID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// SignInAppName returns the name under which a sign-in with the client ID appears
// in the tenant's sign-in log. For an app that is not Microsoft's it returns the ID.
func SignInAppName(clientID string) string {
	switch strings.ToLower(clientID) {
	case "", AzureCLIAppID:
		return "Microsoft Azure CLI"
	case "14d82eec-204b-4c2f-b7e8-296a70dab67e":
		return "Microsoft Graph Command Line Tools"
	case "1950a258-227b-4e31-a9cf-717495945fc2":
		return "Microsoft Azure PowerShell"
	}
	return clientID
}

// SignInOptions say to which tenant and with which client an administrator signs in.
type SignInOptions struct {
	TenantID  string // or a domain; empty: the account's own tenant
	ClientID  string // empty: AzureCLIAppID
	LoginHint string // the account proposed by the sign-in page; may be empty
}

const (
	// signInTimeout is how long a person can take, which is the lifetime of device codes.
	signInTimeout = 15 * time.Minute
	// anyTenant stands for the tenant of the account that signs in
	// (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
	anyTenant = "organizations"
)

// signIn is one sign-in in progress, with MSAL as the token client.
type signIn struct {
	client  *Client
	options SignInOptions
	msal    public.Client
	http    *userMSALHTTP
}

// newSignIn makes the MSAL client of one sign-in. MSAL caches tokens in memory
// only, because it is given no other cache.
func (c *Client) newSignIn(o SignInOptions) (*signIn, error) {
	if o.ClientID == "" {
		o.ClientID = AzureCLIAppID
	}
	if o.TenantID == "" {
		o.TenantID = anyTenant
	}
	s := &signIn{client: c, options: o, http: &userMSALHTTP{msalHTTP: msalHTTP{client: c}}}
	msal, err := public.New(o.ClientID,
		public.WithAuthority(c.cloud.Login+"/"+url.PathEscape(o.TenantID)),
		public.WithHTTPClient(s.http),
		public.WithInstanceDiscovery(false))
	if err != nil {
		return nil, fmt.Errorf("naming the authority: %w", err)
	}
	s.msal = msal
	return s, nil
}

func (s *signIn) scopes() []string { return []string{s.client.cloud.Scope()} }

// failure describes a sign-in that failed. An answer of 200 contains tokens and
// is left out, unless it is an HTML page.
func (s *signIn) failure(ctx context.Context, err error) *diagnose.Failure {
	ctx = s.http.withFormHidden(ctx)
	if ctx.Err() != nil {
		return s.client.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(s.client.cloud.Login)}, ctx.Err())
	}
	if a := &s.http.answer; a.status == http.StatusOK && !isHTML(*a) {
		a.body = nil
	}
	f := s.http.failure(ctx, diagnose.StageSignIn, err)
	s.http.forget()
	return f
}

// signInFailed is a failure of the stage sign-in without an answer.
func (c *Client) signInFailed(ctx context.Context, err error) *diagnose.Failure {
	return c.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(c.cloud.Login)}, err)
}

// finish makes an Admin from MSAL's result.
func (s *signIn) finish(ctx context.Context, r public.AuthResult) (*Admin, error) {
	s.http.forget()
	token, err := s.adminToken(ctx, r)
	if err != nil {
		return nil, s.client.signInFailed(withHidden(ctx, secret.New(r.AccessToken)), err)
	}
	return newAdmin(s.client, token, nil), nil
}

// adminToken reads MSAL's result and compares it with the request.
func (s *signIn) adminToken(ctx context.Context, r public.AuthResult) (adminToken, error) {
	held := readAdminToken(secret.New(r.AccessToken), r.ExpiresOn)
	held.account.Username = cmp.Or(held.account.Username, r.IDToken.PreferredUsername, r.IDToken.UPN,
		r.Account.PreferredUsername)
	held.account.Name = cmp.Or(held.account.Name, r.IDToken.Name)
	held.account.ObjectID = cmp.Or(held.account.ObjectID, r.IDToken.Oid)
	held.account.TenantID = cmp.Or(held.account.TenantID, r.IDToken.TenantID)
	return held, s.client.checkAdminToken(ctx, held, s.options.TenantID)
}

// userMSALHTTP is MSAL's HTTP client for one person's tokens: an msalHTTP that
// masks the form's secrets in failures and respects the polling interval. It
// serves one call at a time.
type userMSALHTTP struct {
	msalHTTP
	formSecrets []secret.Value // secrets in the last form that was posted
	devicePoll  *devicePolling // nil unless signing in with a device code
}

// Do makes one call for MSAL.
func (m *userMSALHTTP) Do(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost {
		return m.msalHTTP.Do(req)
	}
	req, err := m.takeForm(req)
	if err != nil {
		return nil, err
	}
	if m.devicePoll == nil {
		return m.msalHTTP.Do(req)
	}
	return m.devicePoll.do(req, &m.msalHTTP)
}

// takeForm remembers the secrets in a form for the token or device code endpoint
// and removes the scope offline_access from it. MSAL (v1.10.1,
// AppendDefaultScopes) always requests that scope. It would bring a refresh
// token, which is not needed and would stay valid for months
// (https://learn.microsoft.com/entra/identity-platform/scopes-oidc).
func (m *userMSALHTTP) takeForm(req *http.Request) (*http.Request, error) {
	text, err := io.ReadAll(io.LimitReader(req.Body, maxToken))
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, errors.New("reading the form: it is none") // the text of err can quote a part of it
	}
	m.formSecrets = secretsIn(form)
	scopes := slices.DeleteFunc(strings.Fields(form.Get("scope")), func(s string) bool { return s == "offline_access" })
	form.Set("scope", strings.Join(scopes, " "))
	out := req.Clone(m.withFormHidden(req.Context()))
	body := form.Encode()
	out.Body, out.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return out, nil
}

func (m *userMSALHTTP) withFormHidden(ctx context.Context) context.Context {
	for _, v := range m.formSecrets {
		ctx = withHidden(ctx, v)
	}
	return ctx
}

// forget drops the last form and answer, which contain tokens.
func (m *userMSALHTTP) forget() { m.answer, m.err, m.formSecrets = answer{}, nil, nil }

// secretsIn returns the secrets in a form for the token endpoint.
func secretsIn(form url.Values) []secret.Value {
	var found []secret.Value
	for _, key := range []string{"code", "code_verifier", "device_code", "refresh_token"} {
		if v := form.Get(key); v != "" {
			found = append(found, secret.New(v))
		}
	}
	return found
}

// adminToken is an access token with the account that it belongs to.
type adminToken struct {
	bearer   secret.Value
	expires  time.Time
	account  Account
	audience string // empty if the token cannot be read
}

// readAdminToken reads the claims of an administrator's access token. Only Graph
// can rely on their form, so a missing or unreadable claim is not an error: it
// stays empty, which means unknown.
func readAdminToken(raw secret.Value, expires time.Time) adminToken {
	s := adminToken{bearer: raw, expires: expires}
	claims := jwt.MapClaims{}
	if readClaims(raw, claims) != nil {
		return s
	}
	text := func(names ...string) string {
		for _, name := range names {
			if v, ok := claims[name].(string); ok && v != "" {
				return v
			}
		}
		return ""
	}
	if audience, err := claims.GetAudience(); err == nil {
		s.audience = singleAudience(audience)
	}
	s.account = Account{
		Username: text("upn", "preferred_username", "unique_name"), Name: text("name"),
		TenantID: text("tid"), ObjectID: text("oid"), Scopes: strings.Fields(text("scp")),
	}
	if roles, ok := claims["wids"].([]any); ok {
		for _, role := range roles {
			if id, ok := role.(string); ok {
				s.account.Roles = append(s.account.Roles, id)
			}
		}
	}
	return s
}

// checkAdminToken compares a token with the request. A tenant that was requested
// by its domain cannot be compared.
func (c *Client) checkAdminToken(ctx context.Context, s adminToken, tenantID string) error {
	switch {
	case s.bearer.IsZero():
		return errors.New("the sign-in brought no token")
	case IsGUID(tenantID) && !strings.EqualFold(s.account.TenantID, tenantID):
		return fmt.Errorf("the sign-in is for the tenant %q, asked for was %q", clip(ctx, s.account.TenantID), tenantID)
	case s.audience != "" && !strings.EqualFold(strings.TrimRight(s.audience, "/"), c.cloud.Graph) &&
		s.audience != GraphAppID:
		return fmt.Errorf("the sign-in is for %q, asked for was %q", clip(ctx, s.audience), c.cloud.Graph)
	}
	return nil
}

// randomText returns 256 random bits in 43 characters, the form of a code
// verifier (RFC 7636, section 4.1).
func randomText() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}
