package m365

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"palmail/diagnose"
	"palmail/secret"
)

// requestToken asks the token endpoint, by the client credentials grant
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
//
// Each call makes its own confidential.Client, because that returns a cached
// token if it has one (v1.10.1, AcquireTokenByCredential); the OpenID
// configuration is cached here. Instance discovery is off: it would ask
// Microsoft's public host about every cloud that it does not know, which an
// air-gapped network cannot reach.
func (c *Client) requestToken(ctx context.Context, tenantID, clientID string,
	s secret.Value) (secret.Value, *diagnose.Failure) {
	// Without a deadline MSAL sets one that leaves no time for retries.
	ctx, cancel := context.WithTimeout(withHidden(ctx, s), CallTimeout)
	defer cancel()
	transport := &msalHTTP{client: c}
	result, err := c.acquireByMSAL(ctx, transport, tenantID, clientID, s)
	if err == nil {
		return secret.New(result), nil
	}
	return secret.Value{}, transport.failure(ctx, diagnose.StageToken, err)
}

func (c *Client) acquireByMSAL(ctx context.Context, http *msalHTTP, tenantID, clientID string,
	s secret.Value) (string, error) {
	if tenantID == "" || clientID == "" {
		return "", errors.New("the tenant ID or the client ID is empty")
	}
	cred, err := confidential.NewCredFromSecret(s.Reveal())
	if err != nil {
		return "", fmt.Errorf("taking the secret: %w", err)
	}
	msal, err := confidential.New(c.cloud.Login+"/"+url.PathEscape(tenantID), clientID, cred,
		confidential.WithHTTPClient(http),
		confidential.WithInstanceDiscovery(false),
		// A region in the environment (MSAL_FORCE_REGION) would switch discovery on.
		confidential.WithAzureRegion("DisableMsalForceRegion"))
	if err != nil {
		return "", fmt.Errorf("naming the authority: %w", err)
	}
	result, err := msal.AcquireTokenByCredential(ctx, []string{c.cloud.Scope()})
	if err != nil {
		return "", fmt.Errorf("asking for a token: %w", err)
	}
	return result.AccessToken, nil
}

// msalHTTP is MSAL's HTTP client for one token. It remembers the last answer,
// which MSAL's errors contain as text only, or not at all.
type msalHTTP struct {
	client *Client
	answer answer
	err    error
}

// Do makes one call for MSAL.
func (m *msalHTTP) Do(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		m.answer, m.err = m.client.wire.shared.metadata.get(req.Context(), m.client.wire, req)
	} else {
		m.answer, m.err = m.postForm(req)
	}
	if m.err != nil {
		return nil, m.err
	}
	return &http.Response{
		StatusCode: m.answer.status, Header: m.answer.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(m.answer.body)), ContentLength: int64(len(m.answer.body)),
	}, nil
}

// postForm posts the form with the secret or code. It checks that the endpoint,
// whose address comes from the OpenID configuration, is on a login host.
func (m *msalHTTP) postForm(req *http.Request) (answer, error) {
	if req.URL.Scheme != "https" || !m.client.cloud.isLoginHost(req.URL.Host) {
		const text = "the tenant's OpenID configuration sends what signs in to %s, which is not a login host of this " +
			"cloud"
		return answer{host: req.URL.Host}, fmt.Errorf(text, req.URL.Host)
	}
	return m.client.wire.roundTrip(req.Context(), req, retryIdempotent)
}

// failure describes a token request that failed. MSAL's errors contain the
// request with its form, so once there is an answer they are replaced.
func (m *msalHTTP) failure(ctx context.Context, stage diagnose.Stage, err error) *diagnose.Failure {
	a := m.answer
	switch {
	case m.err != nil:
		err = m.err
	case a.status != 0 && a.status != http.StatusOK:
		err = nil
	case a.status == http.StatusOK && isHTML(a):
		err = nil
	case a.status == http.StatusOK && strings.HasSuffix(a.path, metadataPath):
		err = errors.New("the tenant's OpenID configuration cannot be used")
	case a.status == http.StatusOK:
		err = errors.New("the token endpoint's answer is not a token")
	default:
		a.host = hostOf(m.client.cloud.Login)
	}
	return m.client.wire.failure(ctx, stage, a, err)
}

// CloseIdleConnections does nothing, because MSAL does not own the connections.
func (m *msalHTTP) CloseIdleConnections() {}
