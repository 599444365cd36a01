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
// administrator signs in by default: it is in every tenant, needs no consent
// of its own, and what <Graph>/.default gives it covers all that the setup does.
const AzureCLIAppID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// SignInAppName returns the name under which a sign-in with the client ID
// appears in the tenant's sign-in log. Of apps that are not Microsoft's only
// the ID is known, so that is returned.
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

// SignInOptions say where and as what an administrator signs in.
type SignInOptions struct {
	TenantID  string // or a domain; empty: the account's own tenant
	ClientID  string // empty: AzureCLIAppID
	LoginHint string // the account proposed by the sign-in page; may be empty
}

const (
	// signInTimeout is how long a person may take; device codes live as long.
	signInTimeout = 15 * time.Minute
	// anyTenant is Microsoft's name for the tenant of whoever signs in
	// (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
	anyTenant = "organizations"
)

// signIn is one sign-in on its way: MSAL as the token client, over our wire.
type signIn struct {
	client  *Client
	options SignInOptions
	msal    public.Client
	http    *userMSALHTTP
}

// newSignIn makes the client of one sign-in. Its cache is MSAL's own, which
// is in memory unless one is handed to it, and none is.
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

// failure tells what is known about a sign-in that came to nothing. An answer
// of 200 holds tokens and is left out, unless it is a page.
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

// failed is a failure that no answer has to do with.
func (c *Client) signInFailed(ctx context.Context, err error) *diagnose.Failure {
	return c.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(c.cloud.Login)}, err)
}

// finish makes an Admin of MSAL's result.
func (s *signIn) finish(ctx context.Context, r public.AuthResult) (*Admin, error) {
	s.http.forget()
	token, err := s.adminToken(ctx, r)
	if err != nil {
		return nil, s.client.signInFailed(withHidden(ctx, secret.New(r.AccessToken)), err)
	}
	return newAdmin(s.client, token, nil), nil
}

// adminToken reads MSAL's result, and compares it with what was asked for.
func (s *signIn) adminToken(ctx context.Context, r public.AuthResult) (adminToken, error) {
	held := readAdminToken(secret.New(r.AccessToken), r.ExpiresOn)
	held.account.Username = cmp.Or(held.account.Username, r.IDToken.PreferredUsername, r.IDToken.UPN, r.Account.PreferredUsername)
	held.account.Name = cmp.Or(held.account.Name, r.IDToken.Name)
	held.account.ObjectID = cmp.Or(held.account.ObjectID, r.IDToken.Oid)
	held.account.TenantID = cmp.Or(held.account.TenantID, r.IDToken.TenantID)
	return held, s.client.checkAdminToken(ctx, held, s.options.TenantID)
}

// userMSALHTTP is MSAL's HTTP client for one person's tokens: an msalHTTP that
// knows what must not get out, and does not poll faster than it is asked to.
// It is used by one call at a time.
type userMSALHTTP struct {
	msalHTTP
	formSecrets []secret.Value // what the last form posted held
	devicePoll  *devicePolling // nil but for a device code
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

// takeForm notes what is secret in a form for the token or device code
// endpoint, and takes the scope offline_access out of it. MSAL (v1.10.1,
// AppendDefaultScopes) always asks for that, and nothing here needs what it
// brings: a refresh token, which would outlive the sign-in by months
// (https://learn.microsoft.com/entra/identity-platform/scopes-oidc).
func (m *userMSALHTTP) takeForm(req *http.Request) (*http.Request, error) {
	text, err := io.ReadAll(io.LimitReader(req.Body, maxToken))
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, errors.New("reading the form: it is none") // the text of err may hold a part of it
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

// forget drops the last question and answer, which hold tokens.
func (m *userMSALHTTP) forget() { m.answer, m.err, m.formSecrets = answer{}, nil, nil }

// secretsIn returns what is secret in a form for the token endpoint.
func secretsIn(form url.Values) []secret.Value {
	var found []secret.Value
	for _, key := range []string{"code", "code_verifier", "device_code", "refresh_token"} {
		if v := form.Get(key); v != "" {
			found = append(found, secret.New(v))
		}
	}
	return found
}

// adminToken is an access token with whose it is.
type adminToken struct {
	bearer   secret.Value
	expires  time.Time
	account  Account
	audience string // empty where the token cannot be read
}

// readAdminToken reads what an administrator's access token says about itself.
// Microsoft says that only Graph may rely on its form, so nothing is an
// error: what is missing stays empty, and unknown.
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

// checkAdminToken compares a sign-in with what was asked for. A tenant asked for
// by domain cannot be compared.
func (c *Client) checkAdminToken(ctx context.Context, s adminToken, tenantID string) error {
	switch {
	case s.bearer.IsZero():
		return errors.New("the sign-in brought no token")
	case IsGUID(tenantID) && !strings.EqualFold(s.account.TenantID, tenantID):
		return fmt.Errorf("the sign-in is for the tenant %q, asked for was %q", clip(ctx, s.account.TenantID), tenantID)
	case s.audience != "" && !strings.EqualFold(strings.TrimRight(s.audience, "/"), c.cloud.Graph) && s.audience != GraphAppID:
		return fmt.Errorf("the sign-in is for %q, asked for was %q", clip(ctx, s.audience), c.cloud.Graph)
	}
	return nil
}

// randomText returns 256 bits that nobody can guess, in 43 characters as RFC 7636,
// section 4.1, wants them of a code verifier.
func randomText() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}
