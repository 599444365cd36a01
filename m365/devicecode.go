package m365

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"palmail/clean"
)

// DeviceCode is what a person needs to sign in on another device.
type DeviceCode struct {
	Code    string    // to enter on that page
	URL     string    // of the page, https
	Message string    // Microsoft's own instruction, with both
	Expires time.Time // UTC
}

// SignInDeviceCode signs an administrator in with a code that they enter in a
// browser on any device
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
// It calls show with the code, which must return immediately, and then waits
// until the sign-in succeeds, the code expires, or ctx ends.
//
// Errors are or wrap a *diagnose.Failure of the stage sign-in; SignInRefused
// says whether another way to sign in may work.
func (c *Client) SignInDeviceCode(ctx context.Context, o SignInOptions, show func(DeviceCode)) (*Admin, error) {
	s, err := c.newSignIn(o)
	if err != nil {
		return nil, c.signInFailed(ctx, err)
	}
	bounded, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	flow, err := s.msal.AcquireTokenByDeviceCode(bounded, s.scopes())
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	code, err := checkDeviceCode(flow.Result.UserCode, flow.Result.VerificationURL, flow.Result.Message)
	if err != nil {
		s.http.forget()
		return nil, c.signInFailed(ctx, err)
	}
	code.Expires = flow.Result.ExpiresOn
	show(code)
	s.http.devicePoll = newDevicePolling(flow.Result.Interval)
	result, err := flow.AuthenticationResult(ctx)
	s.http.devicePoll = nil
	if err != nil && ctx.Err() == nil && !time.Now().Before(code.Expires) && errors.Is(err, context.DeadlineExceeded) {
		return nil, c.signInFailed(ctx, errors.New("the device code has expired before anybody signed in with it"))
	}
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	return s.finish(ctx, result)
}

// checkDeviceCode checks a code and an address before a person is asked to use them.
func checkDeviceCode(code, address, message string) (DeviceCode, error) {
	const longest = 40 // Microsoft's have nine characters
	u, err := url.Parse(address)
	switch {
	case code == "" || len(code) > longest || clean.Line(code) != code:
		return DeviceCode{}, errors.New("the device code in the answer is none")
	case err != nil || u.Scheme != "https" || u.Host == "" || clean.Line(address) != address:
		return DeviceCode{}, fmt.Errorf("the address to type the device code into is none: %q",
			clean.Line(address[:min(len(address), maxID)]))
	}
	return DeviceCode{Code: code, URL: address, Message: clean.Line(message[:min(len(message), 10*maxID)])}, nil
}

const (
	defaultPollInterval = 5 * time.Second // RFC 8628, section 3.2, if the answer has none
	pollSlowDown        = 5 * time.Second // section 3.5
	maxFailedPolls      = 5               // failed polls in a row that are tolerated
)

// devicePolling polls no faster than the service asks. MSAL (v1.10.1) ignores
// the interval, starts with five polls within six seconds, and treats slow_down
// like authorization_pending. It also gives up at the first poll that fails,
// although the code is still valid.
type devicePolling struct {
	interval time.Duration
	last     time.Time
	failures int
}

func newDevicePolling(seconds int) *devicePolling {
	p := &devicePolling{interval: defaultPollInterval}
	if seconds > 0 {
		p.interval = min(time.Duration(seconds)*time.Second, time.Minute)
	}
	return p
}

func (p *devicePolling) do(req *http.Request, client *msalHTTP) (*http.Response, error) {
	ctx := req.Context()
	if !p.last.IsZero() {
		timer := time.NewTimer(time.Until(p.last.Add(p.interval)))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	resp, err := client.Do(req)
	p.last = time.Now()
	if ctx.Err() == nil && p.failures < maxFailedPolls &&
		(err != nil || client.answer.status >= http.StatusInternalServerError) {
		p.failures++
		p.interval += pollSlowDown
		return authorizationPending(req), nil
	}
	if err != nil {
		return nil, err
	}
	p.failures = 0
	var said struct {
		Error string `json:"error"`
	}
	if client.answer.status == http.StatusBadRequest && json.Unmarshal(client.answer.body, &said) == nil &&
		said.Error == "slow_down" {
		p.interval += pollSlowDown
	}
	return resp, nil
}

// authorizationPending is the answer after which MSAL polls again.
func authorizationPending(req *http.Request) *http.Response {
	body := []byte(`{"error":"authorization_pending"}`)
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{}, Request: req,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}
