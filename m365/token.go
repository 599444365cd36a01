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

// Token is an app-only access token for Graph with what it says about itself.
type Token struct {
	bearer secret.Value

	Roles    []string  // application permissions, e.g. Mail.Send; none is possible
	TenantID string    // tid
	AppID    string    // appid, the client ID
	Audience string    // aud
	Expires  time.Time // UTC
	// ServicePrincipalID is the object ID of the app's service principal, its
	// enterprise application (oid); empty when the token does not say.
	ServicePrincipalID string
}

// HasMailSend says whether the application permission Mail.Send is in the token.
func (t Token) HasMailSend() bool { return slices.Contains(t.Roles, MailSend) }

// wrongSecret is no app's secret. It is asked with where only the app's
// existence is of interest, and says so to whoever reads a sign-in log.
const wrongSecret = "palmail-asks-whether-this-app-exists" //nolint:gosec // it is no secret: it is wrong on purpose

// What the token endpoint answers about the secret only after it has found
// the app: it is wrong, or past its end
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
// 50012 is what the first was until some years ago.
var aboutTheSecret = []string{"7000215", "7000222", "50012"}

// ProveApp asks for a token with a deliberately wrong secret, which leaves one
// failed sign-in in the tenant's log. nil means that the app exists in the
// tenant and takes secrets; everything else is a *diagnose.Failure of the
// stage token, e.g. AADSTS700016 where the app does not exist (or not yet).
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

// AppToken asks the server for a new token; none is ever kept, because a
// token's roles are those of the moment it was issued, and the setup waits for
// roles to appear. A token is issued to an app without any permission, too.
//
// Errors are *diagnose.Failure of the stage token. A token for another tenant,
// app or resource than was asked for is one of them.
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
		return Token{}, c.wire.failure(ctx, diagnose.StageToken, answer{status: http.StatusOK, host: hostOf(c.cloud.Login)}, err)
	}
	return t, nil
}

// checkToken compares a token with what was asked for. A tenant asked for by
// domain cannot be compared.
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

// readClaims reads what a JSON Web Token says into claims. Its signature is
// not verified: the token came from the token endpoint over TLS, Graph
// verifies it, and it decides only what the administrator is told.
//
// The parser's own errors could quote a claim, so they are not passed on.
func readClaims(raw secret.Value, claims jwt.Claims) error {
	text := raw.Reveal()
	if len(text) > maxToken {
		return errors.New("the access token is too long")
	}
	_, _, err := jwt.NewParser(jwt.WithPaddingAllowed()).ParseUnverified(text, claims)
	// An unknown algorithm does not matter to who does not verify, and is
	// complained about after the claims were read.
	if err != nil && !errors.Is(err, jwt.ErrTokenUnverifiable) {
		return errors.New("the access token is not a JSON Web Token, or its claims are not in the documented form")
	}
	return nil
}

// singleAudience is the one audience of a token. A token for several
// (RFC 7519, section 4.1.3) is for none in particular.
func singleAudience(all jwt.ClaimStrings) string {
	if len(all) != 1 {
		return ""
	}
	return all[0]
}
