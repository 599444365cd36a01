package m365

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"palmail/diagnose"
)

// SignInBrowser signs an administrator in through the browser, with an
// authorization code and PKCE and a redirect to a port of this machine
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
//
// open receives the address of the sign-in page. It must return once it has
// started the browser or shown the address, or when its context ends, and must
// not stop the browser then. Its error ends the sign-in. It can also be the
// browser itself, and then has a second to finish after the sign-in.
//
// The person has 15 minutes. Errors are or wrap a *diagnose.Failure of the
// stage sign-in; SignInRefused says whether another way to sign in may work.
func (c *Client) SignInBrowser(ctx context.Context, o SignInOptions, open func(ctx context.Context,
	url string) error) (*Admin, error) {
	s, err := c.newSignIn(o)
	if err != nil {
		return nil, c.signInFailed(ctx, err)
	}
	state, verifier := randomText(), randomText()
	back, err := listenLoopback(ctx, state)
	if err != nil {
		return nil, c.signInFailed(ctx, err)
	}
	defer back.close()
	page, err := s.page(ctx, back, verifier)
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	form, err := waitForBrowser(ctx, back, page, open)
	back.close()
	if err != nil {
		return nil, c.signInFailed(ctx, err)
	}
	if f := s.refusedByPage(ctx, form); f != nil {
		return nil, f
	}
	bounded, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	result, err := s.msal.AcquireTokenByAuthCode(bounded, form.Get("code"), back.redirectURI(), s.scopes(),
		public.WithChallenge(verifier))
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	return s.finish(ctx, result)
}

// page returns the address of the sign-in page. MSAL sets state, challenge and
// response mode only for its own server, so they are added here.
func (s *signIn) page(ctx context.Context, back *loopback, verifier string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	scopes := append(s.scopes(), "openid", "profile")
	address, err := s.msal.AuthCodeURL(bounded, s.options.ClientID, back.redirectURI(), scopes,
		public.WithLoginHint(s.options.LoginHint))
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !s.client.cloud.isLoginHost(u.Host) {
		s.http.err = errors.New("the tenant's OpenID configuration sends the browser to a page that is not a login " +
			"host's of this cloud")
		return "", s.http.err
	}
	sum := sha256.Sum256([]byte(verifier))
	q := u.Query()
	q.Set("state", back.state)
	q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	q.Set("code_challenge_method", "S256")
	q.Set("response_mode", "form_post")
	if s.options.LoginHint == "" {
		// Administrators have several accounts, and the browser can be signed in with the wrong one.
		q.Set("prompt", "select_account")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

const browserGrace = time.Second

// waitForBrowser opens the page and waits for the callback.
func waitForBrowser(ctx context.Context, back *loopback, page string, open func(context.Context,
	string) error) (url.Values, error) {
	ctx, cancel := context.WithTimeout(ctx, signInTimeout)
	defer cancel()
	opened, openReturned := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(openReturned)
		opened <- open(ctx, page)
	}()
	defer func() { // nothing of the sign-in continues after it
		cancel()
		<-openReturned
	}()
	for {
		select {
		case form := <-back.callbacks:
			select { // it can still be reading the last page
			case <-openReturned:
			case <-time.After(browserGrace):
			}
			return form, nil
		case err := <-opened:
			if err != nil && len(back.callbacks) == 0 {
				return nil, fmt.Errorf("opening the browser: %w", err)
			}
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, fmt.Errorf("nobody came back from the browser in time: %w", ctx.Err())
			}
			return nil, ctx.Err()
		}
	}
}

// refusedByPage returns the error that the sign-in page redirected with, in the
// form of the token endpoint's errors; nil if it brought a code.
func (s *signIn) refusedByPage(ctx context.Context, form url.Values) error {
	said := form.Get("error")
	if said == "" && len(form["code"]) == 1 && form.Get("code") != "" {
		return nil
	}
	if said == "" {
		return s.client.signInFailed(ctx, errors.New("the sign-in page came back without a code"))
	}
	body, err := json.Marshal(map[string]string{
		"error": said, "error_description": form.Get("error_description"), "error_subcode": form.Get("error_subcode"),
	})
	if err != nil {
		return s.client.signInFailed(ctx, fmt.Errorf("reading the sign-in page's answer: %w", err))
	}
	return s.client.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(s.client.cloud.Login), body: body}, nil)
}
