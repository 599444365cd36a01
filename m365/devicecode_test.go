package m365

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
)

// deviceAnswer is what the token endpoint says to the polls, in order; the
// last one stays. "" lets the person in, a number is a gateway's error.
func deviceAnswer(script ...string) func(url.Values) (int, any) {
	polls := 0
	return func(form url.Values) (int, any) {
		if form.Get("grant_type") != grantDeviceCode {
			return 0, nil
		}
		say := script[min(polls, len(script)-1)]
		polls++
		if say == "" {
			return 0, nil
		}
		code := map[string]int{
			"authorization_pending": 70016, "authorization_declined": 65004, "expired_token": 70020,
			"access_denied": 530035,
		}[say]
		return refusedGrant(say, code, "What it is.")
	}
}

func byDeviceCode(t *testing.T, d *fakeSignIn, log *bytes.Buffer) (shown []DeviceCode, a *Admin, err error) {
	t.Helper()
	var to io.Writer
	if log != nil {
		to = log
	}
	a, err = d.client(t, to).SignInDeviceCode(t.Context(), SignInOptions{TenantID: testTenant},
		func(c DeviceCode) { shown = append(shown, c) })
	return shown, a, err
}

func TestDeviceCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := &fakeSignIn{token: deviceAnswer("authorization_pending", "authorization_pending", "")}
		started := time.Now()
		shown, a, err := byDeviceCode(t, d, &log)
		if err != nil || a.Account().Username != "admin@agency.gov" {
			t.Fatal(err)
		}
		want := DeviceCode{
			Code: "HJKL4567X", URL: "https://login.microsoft.com/device", Message: "To sign in, use a web browser.",
			Expires: started.Add(900 * time.Second).UTC(),
		}
		if len(shown) != 1 || shown[0] != want {
			t.Errorf("shown %+v", shown)
		}
		if took := time.Since(started); d.count("POST", "/token") != 3 || took < 10*time.Second ||
			took > 20*time.Second {
			t.Errorf("%d polls in %s", d.count("POST", "/token"), took)
		}
		if out := log.String() + fmt.Sprintf("%+v %#v", a, a); strings.Contains(out, "theValueOf") ||
			strings.Contains(out, "eyJ") {
			t.Errorf("it got out:\n%s", out)
		}
	})
}

func TestDeviceCodeIsNotPolledFasterThanAsked(t *testing.T) {
	for name, x := range map[string]struct {
		interval int
		script   []string
		least    time.Duration // for all polls
	}{
		"every second": {
			1, []string{"authorization_pending", "authorization_pending", "authorization_pending", ""}, 3 * time.Second,
		},
		"not named": {0, []string{"authorization_pending", "authorization_pending", ""}, 10 * time.Second},
		"slow down": {
			2, []string{"authorization_pending", "slow_down", "authorization_pending", ""}, 2*time.Second +
				2*7*time.Second,
		},
		"slower twice":  {5, []string{"slow_down", "slow_down", ""}, 10*time.Second + 15*time.Second},
		"beyond reason": {86400, []string{"authorization_pending", ""}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &fakeSignIn{token: deviceAnswer(x.script...), device: map[string]any{"interval": x.interval}}
				started := time.Now()
				_, _, err := byDeviceCode(t, d, nil)
				if took := time.Since(started); err != nil || took < x.least || took > x.least+30*time.Second ||
					d.count("POST", "/token") != len(x.script) {
					t.Errorf("%d polls in %s, at least %s asked for: %v", d.count("POST", "/token"), took, x.least, err)
				}
			})
		})
	}
}

func TestDeviceCodeEnds(t *testing.T) {
	for name, x := range map[string]struct {
		script []string
		code   string
		next   bool
	}{
		"declined":          {[]string{"authorization_pending", "authorization_declined"}, "65004", false},
		"expired":           {[]string{"authorization_pending", "expired_token"}, "70020", false},
		"bad code":          {[]string{"bad_verification_code"}, "0", false},
		"security defaults": {[]string{"access_denied"}, "530035", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &fakeSignIn{token: deviceAnswer(x.script...)}
				_, _, err := byDeviceCode(t, d, nil)
				f := failureOf(t, err)
				if _, next := SignInRefused(err); f.Stage != diagnose.StageSignIn || f.Status != 400 ||
					!signInCodes(f.Body)[x.code] || next != x.next || f.RequestID != "trace-1" {
					t.Errorf("next %v: %+v", next, f)
				}
				if d.count("POST", "/token") != len(x.script) {
					t.Errorf("%d polls", d.count("POST", "/token"))
				}
			})
		})
	}
}

func TestDeviceCodeRunsOutUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{token: deviceAnswer("authorization_pending"), device: map[string]any{"expires_in": 60}}
		started := time.Now()
		_, _, err := byDeviceCode(t, d, nil)
		f := failureOf(t, err)
		if took := time.Since(started); took != time.Minute ||
			!strings.Contains(err.Error(), "the device code has expired") || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %s", err, took)
		}
		if got := diagnose.Explain(f,
			diagnose.Context{Stage: diagnose.StageSignIn}); got.Cause != diagnose.CauseSignInCodeExpired {
			t.Errorf("explained as %s", got.Cause)
		}
	})
}

func TestDeviceCodeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{token: deviceAnswer("authorization_pending")}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(7 * time.Second); cancel() }()
		started := time.Now()
		_, err := d.client(t, nil).SignInDeviceCode(ctx, SignInOptions{TenantID: testTenant}, func(DeviceCode) {})
		if f := failureOf(t, err); !errors.Is(err, context.Canceled) || time.Since(started) != 7*time.Second ||
			f.Body != "" {
			t.Errorf("after %s: %+v", time.Since(started), f)
		}
	})
}

// A short network failure does not end the sign-in.
func TestDeviceCodeOutlivesTheNetwork(t *testing.T) {
	for name, x := range map[string]struct {
		broken int // polls in a row
		ok     bool
	}{"away": {3, true}, "away for good": {1000, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &fakeSignIn{token: deviceAnswer("authorization_pending", "")}
				polls := 0
				cloud, _ := CloudNamed(Commercial)
				c := New(cloud, Options{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/token") {
						if polls++; polls > 1 && polls <= 1+x.broken {
							return nil, errors.New("no route to host")
						}
					}
					return inMemory(d.ServeHTTP)(r)
				})})
				_, err := c.SignInDeviceCode(t.Context(), SignInOptions{TenantID: testTenant}, func(DeviceCode) {})
				if (err == nil) != x.ok || polls > 3+maxFailedPolls+1 {
					t.Errorf("after %d polls: %v", polls, err)
				}
				if err != nil && !strings.Contains(failureOf(t, err).Err.Error(), "no route") {
					t.Error(err)
				}
			})
		})
	}
}

func TestDeviceCodeThatIsNone(t *testing.T) {
	for name, device := range map[string]map[string]any{
		"no code":     {"user_code": ""},
		"escapes":     {"user_code": "\x1b[31mABC"},
		"long":        {"user_code": strings.Repeat("A", 50)},
		"no address":  {"verification_uri": ""},
		"not https":   {"verification_uri": "http://login.microsoft.com/device"},
		"a script":    {"verification_uri": "javascript:alert(1)"},
		"with colour": {"verification_uri": "https://x/\u202e"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fakeSignIn{device: device}
			shown, _, err := byDeviceCode(t, d, nil)
			if f := failureOf(t, err); len(shown) != 0 || f.Stage != diagnose.StageSignIn ||
				d.count("POST", "/token") != 0 || strings.Contains(err.Error(), "theValueOf") {
				t.Errorf("%+v, shown %v", f, shown)
			}
		})
	}
}

func TestDeviceCodeForbidden(t *testing.T) {
	c := commercialClient(t, inMemory(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/devicecode") {
			signInError(w, 400, "access_denied", 530035, "Access has been blocked by security defaults.")
			return
		}
		(&fakeSignIn{}).ServeHTTP(w, r)
	}))
	_, err := c.SignInDeviceCode(t.Context(), SignInOptions{TenantID: testTenant}, func(DeviceCode) {
		t.Error("shown")
	})
	reason, next := SignInRefused(err)
	if !next || !strings.Contains(reason, "Security defaults") || failureOf(t, err).Status != 400 {
		t.Errorf("%q %v %v", reason, next, err)
	}
}

// Each code is in one row only; otherwise the reason would depend on the order.
func TestRefusalsAreDistinct(t *testing.T) {
	var all []string
	for _, r := range signInRefusals {
		all = append(all, r.codes...)
		if !strings.HasSuffix(r.reason, ".") {
			t.Errorf("%q is no sentence", r.reason)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error(all)
	}
	for _, err := range []error{
		nil, errors.New("AADSTS53003"), &diagnose.Failure{
			Stage: diagnose.StageToken, Body: "AADSTS53003",
		}, &diagnose.Failure{Stage: diagnose.StageSignIn, Body: "AADSTS65004"},
	} {
		if reason, next := SignInRefused(err); next || reason != "" {
			t.Errorf("%v: %q", err, reason)
		}
	}
}
