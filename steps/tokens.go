package steps

import (
	"context"
	"errors"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
)

// tokenReuse is how long a token counts as a proof of the secret that it was
// issued for: meanwhile the secret can be deleted, and the token still works.
const tokenReuse = 10 * time.Minute

// issuedToken is the newest token of the app.
type issuedToken struct {
	mu     sync.Mutex
	token  m365.Token
	tenant string // it was asked for by this tenant ID
	secret secret.Value
	at     time.Time // zero: there is none
	// withRole says that the token that was requested last carries Mail.Send.
	withRole bool
}

// appToken requests a token for the app.
func (s *session) appToken(ctx context.Context, value secret.Value) (m365.Token, error) {
	token, err := s.client().AppToken(ctx, s.setup.TenantID, s.setup.ClientID, value)
	s.issued.mu.Lock()
	defer s.issued.mu.Unlock()
	s.issued.withRole = err == nil && token.HasMailSend()
	return token, err
}

// newToken requests a token for the app, and keeps it for recentToken.
func (s *session) newToken(ctx context.Context, value secret.Value) (m365.Token, error) {
	tenant := s.setup.TenantID
	token, err := s.appToken(ctx, value)
	if err != nil {
		s.dropToken()
		return m365.Token{}, err
	}
	s.issued.mu.Lock()
	defer s.issued.mu.Unlock()
	s.issued.token, s.issued.tenant, s.issued.secret, s.issued.at = token, tenant, value, s.Now()
	return token, nil
}

// keptToken returns the token that was issued a moment ago for this secret, if
// it carries Mail.Send. A token without that role is of no further use: roles
// are fixed when a token is issued. Where Exchange limits the app, a role in
// an old token would hide that, so that none is used again.
func (s *session) keptToken(value secret.Value) (token m365.Token, ok bool) {
	i := &s.issued
	i.mu.Lock()
	defer i.mu.Unlock()
	age := s.Now().Sub(i.at)
	if i.at.IsZero() || age < 0 || age > tokenReuse || s.setup.LimitedByExchange || !i.token.HasMailSend() ||
		!i.secret.Equal(value) || i.tenant != s.setup.TenantID || i.token.AppID != s.setup.ClientID {
		return m365.Token{}, false
	}
	return i.token, true
}

// recentToken returns the kept token, or else a new one.
func (s *session) recentToken(ctx context.Context, value secret.Value) (m365.Token, error) {
	if token, ok := s.keptToken(value); ok {
		return token, nil
	}
	return s.newToken(ctx, value)
}

// sentWithRole says whether err is about a mail that was sent with a token that
// carries Mail.Send: then the consent is not what is missing.
func (s *session) sentWithRole(err error) bool {
	var f *diagnose.Failure
	if !errors.As(err, &f) || f.Stage != diagnose.StageSend {
		return false
	}
	s.issued.mu.Lock()
	defer s.issued.mu.Unlock()
	return s.issued.withRole
}

// dropToken has the next call ask for a new token: the one that is kept was
// of no use, or something has changed.
func (s *session) dropToken() {
	s.issued.mu.Lock()
	defer s.issued.mu.Unlock()
	s.issued.at = time.Time{}
}
