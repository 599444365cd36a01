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

// DeviceCode is what somebody needs to sign in on another device.
type DeviceCode struct {
	Code    string    // to be typed there
	URL     string    // where, https
	Message string    // Microsoft's own sentence with both
	Expires time.Time // UTC
}

// SignInDeviceCode signs an administrator in with a code that is typed into a
// browser anywhere (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
// show is given the code and must return at once; the wait ends with the
// sign-in, the code's expiry, or ctx.
//
// Errors are or wrap a *diagnose.Failure of the stage sign-in; SignInRefused
// says whether another way may work.
func (c *Client) SignInDeviceCode(ctx context.Context, o SignInOptions, show func(DeviceCode)) (*Admin, error) {
	s, err := c.newSignIn(o)
	if err != nil {
		return nil, c.signInFailed(ctx, err)
	}
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
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

// checkDeviceCode judges what is about to be shown large and opened.
func checkDeviceCode(code, address, message string) (DeviceCode, error) {
	const longest = 40 // Microsoft's have nine characters
	u, err := url.Parse(address)
	switch {
	case code == "" || len(code) > longest || clean.Line(code) != code:
		return DeviceCode{}, errors.New("the device code in the answer is none")
	case err != nil || u.Scheme != "https" || u.Host == "" || clean.Line(address) != address:
		return DeviceCode{}, fmt.Errorf("the address to type the device code into is none: %q", clean.Line(address[:min(len(address), maxID)]))
	}
	return DeviceCode{Code: code, URL: address, Message: clean.Line(message[:min(len(message), 10*maxID)])}, nil
}

const (
	defaultPollInterval = 5 * time.Second // RFC 8628, section 3.2, where none is named
	pollSlowDown        = 5 * time.Second // section 3.5
	maxFailedPolls      = 5               // polls in a row that may come to nothing
)

// devicePolling asks no faster than it is told to: MSAL (v1.10.1) does not look at
// the interval, begins with five polls within six seconds, and takes
// slow_down for "not yet". It also ends the sign-in at the first poll that
// does not get through, although the code stays good.
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
	if ctx.Err() == nil && p.failures < maxFailedPolls && (err != nil || client.answer.status >= http.StatusInternalServerError) {
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
	if client.answer.status == http.StatusBadRequest && json.Unmarshal(client.answer.body, &said) == nil && said.Error == "slow_down" {
		p.interval += pollSlowDown
	}
	return resp, nil
}

// authorizationPending is the answer that makes MSAL ask again.
func authorizationPending(req *http.Request) *http.Response {
	body := []byte(`{"error":"authorization_pending"}`)
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Request: req, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
}
