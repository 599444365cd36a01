package m365

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"palmail/diagnose"
	"palmail/secret"
)

// requestToken asks the token endpoint, by the client credentials grant
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
func (c *Client) requestToken(ctx context.Context, tenantID, clientID string, s secret.Value) (secret.Value, *diagnose.Failure) {
	ctx = hiding(ctx, s)
	failed := func(a answer, err error) (secret.Value, *diagnose.Failure) {
		return secret.Value{}, c.wire.failure(ctx, diagnose.StageToken, a, err)
	}
	none := answer{host: hostOf(c.cloud.Login)}
	if tenantID == "" || clientID == "" || s.IsZero() {
		return failed(none, errors.New("the tenant ID, the client ID or the secret is empty"))
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {c.cloud.Scope()},
		"client_id": {clientID}, "client_secret": {s.Reveal()},
	}
	address := c.cloud.Login + "/" + url.PathEscape(tenantID) + "/oauth2/v2.0/token"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return failed(none, errors.New("the token request cannot be made"))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	a, err := c.wire.exchange(ctx, req, repeatable)
	if err != nil || a.status != http.StatusOK {
		return failed(a, err)
	}
	var token struct {
		Bearer string `json:"access_token"`
	}
	if json.Unmarshal(a.body, &token) != nil || token.Bearer == "" {
		if !isHTML(a) {
			err = errors.New("the token endpoint's answer is not a token")
		}
		return failed(a, err)
	}
	return secret.New(token.Bearer), nil
}
