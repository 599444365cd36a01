package m365

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

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

// decodeToken reads what an access token says. Its signature is not verified:
// the token came straight from the token endpoint over TLS, it is Graph's to
// verify, and nothing but what we tell the admin is decided by it. The claims
// are those of https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
func decodeToken(raw secret.Value) (Token, error) {
	text := raw.Reveal()
	parts := strings.Split(text, ".")
	if len(text) > maxToken || len(parts) != 3 {
		return Token{}, errors.New("the access token is not a JSON Web Token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Token{}, errors.New("the access token's claims are not base64")
	}
	var claims struct {
		Tenant   string          `json:"tid"`
		App      string          `json:"appid"`
		Party    string          `json:"azp"` // what version 2 tokens call appid
		Roles    []string        `json:"roles"`
		Object   string          `json:"oid"`
		Audience json.RawMessage `json:"aud"`
		Expires  float64         `json:"exp"` // seconds; RFC 7519 allows fractions
	}
	// The decoder's own error could quote a claim, so it is not passed on.
	if json.Unmarshal(payload, &claims) != nil {
		return Token{}, errors.New("the access token's claims are not what they should be")
	}
	t := Token{
		bearer: raw, Roles: claims.Roles, TenantID: claims.Tenant, AppID: first(claims.App, claims.Party),
		Audience: audience(claims.Audience),
	}
	if IsGUID(claims.Object) {
		t.ServicePrincipalID = strings.ToLower(claims.Object)
	}
	if claims.Expires > 0 && claims.Expires < 1<<40 {
		t.Expires = time.Unix(int64(claims.Expires), 0).UTC()
	}
	return t, nil
}

// audience is a text or a list of them (RFC 7519, section 4.1.3); a token for
// several is for none in particular.
func audience(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var several []string
	if json.Unmarshal(raw, &several) == nil && len(several) == 1 {
		return several[0]
	}
	return ""
}
