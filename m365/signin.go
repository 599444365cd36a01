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
	// signInLimit is how long a person may take; device codes live as long.
	signInLimit = 15 * time.Minute
	// anyTenant is Microsoft's name for the tenant of whoever signs in
	// (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
	anyTenant = "organizations"
)

// signIn is one sign-in on its way: MSAL as the token client, over our wire.
type signIn struct {
	client  *Client
	options SignInOptions
	msal    public.Client
	by      *userCarrier
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
	s := &signIn{client: c, options: o, by: &userCarrier{carrier: carrier{client: c}}}
	msal, err := public.New(o.ClientID,
		public.WithAuthority(c.cloud.Login+"/"+url.PathEscape(o.TenantID)),
		public.WithHTTPClient(s.by),
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
	ctx = s.by.hide(ctx)
	if ctx.Err() != nil {
		return s.client.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(s.client.cloud.Login)}, ctx.Err())
	}
	if a := &s.by.last; a.status == http.StatusOK && !isHTML(*a) {
		a.body = nil
	}
	f := s.by.failure(ctx, diagnose.StageSignIn, err)
	s.by.forget()
	return f
}

// failed is a failure that no answer has to do with.
func (c *Client) signInFailed(ctx context.Context, err error) *diagnose.Failure {
	return c.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(c.cloud.Login)}, err)
}

// finish makes an Admin of MSAL's result.
func (s *signIn) finish(ctx context.Context, r public.AuthResult) (*Admin, error) {
	s.by.forget()
	held, err := s.session(ctx, r)
	if err != nil {
		return nil, s.client.signInFailed(hiding(ctx, secret.New(r.AccessToken)), err)
	}
	renew := func(ctx context.Context) (session, *diagnose.Failure) {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		again, err := s.msal.AcquireTokenSilent(ctx, s.scopes(), public.WithSilentAccount(r.Account))
		if err != nil {
			return session{}, s.failure(ctx, err)
		}
		s.by.forget()
		next, err := s.session(ctx, again)
		if err != nil {
			return session{}, s.client.signInFailed(hiding(ctx, secret.New(again.AccessToken)), err)
		}
		return next, nil
	}
	return newAdmin(s.client, held, renew), nil
}

// session reads MSAL's result, and compares it with what was asked for.
func (s *signIn) session(ctx context.Context, r public.AuthResult) (session, error) {
	held := readSession(secret.New(r.AccessToken), r.ExpiresOn)
	held.account.Username = cmp.Or(held.account.Username, r.IDToken.PreferredUsername, r.IDToken.UPN, r.Account.PreferredUsername)
	held.account.Name = cmp.Or(held.account.Name, r.IDToken.Name)
	held.account.ObjectID = cmp.Or(held.account.ObjectID, r.IDToken.Oid)
	held.account.TenantID = cmp.Or(held.account.TenantID, r.IDToken.TenantID)
	return held, s.client.checkSession(ctx, held, s.options.TenantID)
}

// userCarrier is MSAL's HTTP client for one person's tokens: a carrier that
// knows what must not get out, and does not poll faster than it is asked to.
// It is used by one call at a time.
type userCarrier struct {
	carrier
	form []secret.Value // what the last form posted held
	poll *polling       // nil but for a device code
}

// Do makes one call for MSAL.
func (m *userCarrier) Do(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost {
		return m.carrier.Do(req)
	}
	m.form = secretsOf(req)
	req = req.WithContext(m.hide(req.Context()))
	if m.poll == nil {
		return m.carrier.Do(req)
	}
	return m.poll.do(req, &m.carrier)
}

func (m *userCarrier) hide(ctx context.Context) context.Context {
	for _, v := range m.form {
		ctx = hiding(ctx, v)
	}
	return ctx
}

// forget drops the last question and answer, which hold tokens.
func (m *userCarrier) forget() { m.last, m.err, m.form = answer{}, nil, nil }

// secretsOf returns what is secret in a form for the token endpoint.
func secretsOf(req *http.Request) []secret.Value {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(body, maxToken))
	_ = body.Close() // it is in memory
	if err != nil {
		return nil
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil
	}
	var found []secret.Value
	for _, key := range []string{"code", "code_verifier", "device_code", "refresh_token"} {
		if v := form.Get(key); v != "" {
			found = append(found, secret.New(v))
		}
	}
	return found
}

// session is an access token with whose it is.
type session struct {
	bearer  secret.Value
	expires time.Time
	account Account
	aud     string // empty where the token cannot be read
}

// readSession reads what an administrator's access token says about itself.
// Microsoft says that only Graph may rely on its form, so nothing is an
// error: what is missing stays empty, and unknown.
func readSession(raw secret.Value, expires time.Time) session {
	s := session{bearer: raw, expires: expires}
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
		s.aud = singleAudience(audience)
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

// checkSession compares a sign-in with what was asked for. A tenant asked for
// by domain cannot be compared.
func (c *Client) checkSession(ctx context.Context, s session, tenantID string) error {
	switch {
	case s.bearer.IsZero():
		return errors.New("the sign-in brought no token")
	case IsGUID(tenantID) && !strings.EqualFold(s.account.TenantID, tenantID):
		return fmt.Errorf("the sign-in is for the tenant %q, asked for was %q", clip(ctx, s.account.TenantID), tenantID)
	case s.aud != "" && !strings.EqualFold(strings.TrimRight(s.aud, "/"), c.cloud.Graph) && s.aud != GraphAppID:
		return fmt.Errorf("the sign-in is for %q, asked for was %q", clip(ctx, s.aud), c.cloud.Graph)
	}
	return nil
}

// random returns 256 bits that nobody can guess, in 43 characters as RFC 7636,
// section 4.1, wants them of a code verifier.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}
