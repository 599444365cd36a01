package m365

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"palmail/diagnose"
	"palmail/secret"
)

// Token is an app-only access token for Graph with its claims.
type Token struct {
	bearer secret.Value

	Roles    []string  // application permissions, e.g. Mail.Send; can be empty
	TenantID string    // tid
	AppID    string    // appid, the client ID
	Audience string    // aud
	Expires  time.Time // UTC
	// ServicePrincipalID is the object ID of the app's service principal, its
	// enterprise application (oid); empty if the token lacks it.
	ServicePrincipalID string
}

// HasMailSend says whether the application permission Mail.Send is in the token.
func (t Token) HasMailSend() bool { return slices.Contains(t.Roles, MailSend) }

// wrongSecret is used to find out whether an app exists. It is not the secret of
// any app, and explains itself to anyone who sees it.
const wrongSecret = "palmail-asks-whether-this-app-exists" //nolint:gosec // not a secret: wrong on purpose

// aboutTheSecret are the AADSTS codes for a secret that is wrong or has expired.
// The token endpoint checks it only after it has found the app
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
// 50012 is the former code for a wrong one.
var aboutTheSecret = []string{"7000215", "7000222", "50012"}

// ProveApp checks whether an app exists in the tenant and accepts secrets, by a
// token request with a wrong secret, which leaves one failed sign-in in the
// tenant's log. Every error is a *diagnose.Failure of the stage token, e.g.
// AADSTS700016 if the app does not exist or is not visible yet.
func (c *Client) ProveApp(ctx context.Context, tenantID, clientID string) error {
	_, f := c.requestToken(ctx, tenantID, clientID, secret.New(wrongSecret))
	if f == nil {
		return nil
	}
	codes := signInCodes(f.Body)
	for _, code := range aboutTheSecret {
		if codes[code] {
			return nil
		}
	}
	return f
}

// AppToken requests a new token. Tokens are not cached: their roles are those at
// the time of issue, and the setup waits for a new role. An app without any
// permission gets a token as well.
//
// Every error is a *diagnose.Failure of the stage token, also for a token that
// is for another tenant, app or resource than requested.
func (c *Client) AppToken(ctx context.Context, tenantID, clientID string, s secret.Value) (Token, error) {
	raw, f := c.requestToken(ctx, tenantID, clientID, s)
	if f != nil {
		return Token{}, f
	}
	t, err := decodeToken(raw)
	if err == nil {
		err = c.checkToken(ctx, t, tenantID, clientID)
	}
	if err != nil {
		return Token{}, c.wire.failure(ctx, diagnose.StageToken, answer{
			status: http.StatusOK, host: hostOf(c.cloud.Login),
		}, err)
	}
	return t, nil
}

// checkToken compares a token with the request. A tenant that was requested by
// its domain cannot be compared.
func (c *Client) checkToken(ctx context.Context, t Token, tenantID, clientID string) error {
	switch {
	case IsGUID(tenantID) && !strings.EqualFold(t.TenantID, tenantID):
		return fmt.Errorf("the token is for the tenant %q, asked for was %q", clip(ctx, t.TenantID), tenantID)
	case !strings.EqualFold(t.AppID, clientID):
		return fmt.Errorf("the token is for the app %q, asked for was %q", clip(ctx, t.AppID), clientID)
	case !strings.EqualFold(strings.TrimRight(t.Audience, "/"), c.cloud.Graph) && t.Audience != GraphAppID:
		return fmt.Errorf("the token is for %q, asked for was %q", clip(ctx, t.Audience), c.cloud.Graph)
	}
	return nil
}

const maxToken = 64 << 10 // bytes; Entra's stay far below

// tokenClaims are the claims of an app's access token that are read here
// (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
type tokenClaims struct {
	jwt.RegisteredClaims
	Tenant   string   `json:"tid"`
	App      string   `json:"appid"`
	AppParty string   `json:"azp"` // what version 2 tokens call appid
	Roles    []string `json:"roles"`
	Object   string   `json:"oid"`
}

// decodeToken reads the claims of an access token.
func decodeToken(raw secret.Value) (Token, error) {
	var claims tokenClaims
	if err := readClaims(raw, &claims); err != nil {
		return Token{}, err
	}
	t := Token{
		bearer: raw, Roles: claims.Roles, TenantID: claims.Tenant, AppID: cmp.Or(claims.App, claims.AppParty),
		Audience: singleAudience(claims.Audience),
	}
	if IsGUID(claims.Object) {
		t.ServicePrincipalID = strings.ToLower(claims.Object)
	}
	if end := claims.ExpiresAt; end != nil && end.Unix() > 0 && end.Unix() < 1<<40 {
		t.Expires = time.Unix(end.Unix(), 0).UTC()
	}
	return t, nil
}

// readClaims decodes the claims of a JSON Web Token. The signature is not
// verified: the token came from the token endpoint over TLS, Graph verifies it,
// and it only decides what the administrator is told.
//
// The parser's errors could quote a claim, so they are not wrapped.
func readClaims(raw secret.Value, claims jwt.Claims) error {
	text := raw.Reveal()
	if len(text) > maxToken {
		return errors.New("the access token is too long")
	}
	_, _, err := jwt.NewParser(jwt.WithPaddingAllowed()).ParseUnverified(text, claims)
	// An unknown algorithm does not matter here, and is reported after the
	// claims were read.
	if err != nil && !errors.Is(err, jwt.ErrTokenUnverifiable) {
		return errors.New("the access token is not a JSON Web Token, or its claims are not in the documented form")
	}
	return nil
}

// singleAudience returns the audience of a token, or "" if it has several
// (RFC 7519, section 4.1.3).
func singleAudience(all jwt.ClaimStrings) string {
	if len(all) != 1 {
		return ""
	}
	return all[0]
}
