package steps

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// obstacle is a transport that fails in its own way until it is cleared.
type obstacle struct {
	clear bool
	fail  func(*http.Request) (*http.Response, error)
	next  http.RoundTripper
}

func (o *obstacle) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.clear {
		return o.next.RoundTrip(r)
	}
	return o.fail(r)
}

// inspected is the error of a TLS handshake with an inspecting proxy.
func inspected(t *testing.T) error {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	name := pkix.Name{CommonName: "Agency Inspection CA", Organization: []string{"Agency"}}
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name,
	}, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.CertificateVerificationError{
		UnverifiedCertificates: []*x509.Certificate{cert}, Err: x509.UnknownAuthorityError{Cert: cert},
	}
}

// Where nobody can be asked at the start, palmail says so, names what stands in
// the way, and waits for another try; it does not speak of the tenant.
func TestNoNetworkAtTheStart(t *testing.T) {
	untrusted := inspected(t)
	for name, tc := range map[string]struct {
		fail  func(*http.Request) (*http.Response, error)
		cause diagnose.Cause
		names string
	}{
		"proxy 407": {func(*http.Request) (*http.Response, error) {
			return nil, &m365.ProxyError{Status: 407, Proxy: "proxy.agency.gov:8080"}
		}, diagnose.CauseProxyAuthRequired, "proxy.agency.gov:8080"},
		"inspection": {func(*http.Request) (*http.Response, error) { return nil, untrusted },
			diagnose.CauseTLSUntrusted, "CN=Agency Inspection CA,O=Agency"},
		"captive portal": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Request: r,
				Body: io.NopCloser(bytes.NewReader([]byte("<html><body>Welcome. Accept the terms.</body></html>"))),
			}, nil
		}, diagnose.CauseNotMicrosoft, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				o := &obstacle{fail: tc.fail, next: w.tenant.Transport()}
				w.over = o
				s := newScript(t).on("start", turn{practice: "Do it right"},
					turn{practice: "Do it right", do: func() { o.clear = true }})
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				if slices.Contains(s.seen, "tenant") || s.said("The tenant of") {
					t.Errorf("asks for the tenant: %v %+v", s.seen, s.verdict)
				}
				v := s.verdict[0]
				if v.State != Wrong || !strings.HasPrefix(v.Text, "Microsoft could not be asked") || v.Finding == nil ||
					v.Finding.Cause != tc.cause || !strings.Contains(v.Finding.Explanation, tc.names) {
					t.Errorf("said %+v, %+v", v, v.Finding)
				}
			})
		})
	}
}

// A sign-in app without the permission is told apart from a person without the
// role, and palmail offers another sign-in.
func TestSignInAppLacksScope(t *testing.T) {
	for _, scope := range []string{"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"} {
		t.Run(scope, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 6})
				w.tenant.SetRules(sandbox.Rules{SignInLacks: scope})
				s := signer(t, w, "admin@agency.gov").
					on("refused", turn{do: func() { w.tenant.SetRules(sandbox.Rules{}) }})
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				c := s.choices["refused"]
				if c.Finding == nil || c.Finding.Cause != diagnose.CauseTokenLacksScope ||
					!strings.Contains(c.Finding.Title, scope) || c.Options[c.Picked].Key != optionSignIn {
					t.Errorf("%+v %+v", c, c.Finding)
				}
				for _, screen := range []string{"may-not-register", "may-not-consent"} {
					if slices.Contains(s.seen, screen) {
						t.Errorf("blames the person's role: %v", s.seen)
					}
				}
				final(t, w, end.Setup)
			})
		})
	}
}

// A no on Microsoft's page is a cancelled sign-in.
func TestCancelledSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t).on("how", turn{pick: 0}).on("sign-in", turn{}, turn{pick: 2})
		s.device = func(code, url string) {
			go func() {
				if _, err := w.tenant.VisitAndCancel(t.Context(), url, code); err != nil {
					t.Log("cancelling:", err)
				}
			}()
		}
		if _, err := w.run(s); err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		f := s.choices["sign-in"].Finding
		if f == nil || f.Title != "The sign-in was cancelled" || f.Cause != diagnose.CauseSignInInterrupted {
			t.Errorf("said %+v", f)
		}
	})
	for body, want := range map[string]bool{
		`{"error":"access_denied","error_subcode":"cancel"}`:                                                  true,
		`{"error":"access_denied","error_description":"the user canceled the authentication"}`:                true,
		`{"error":"access_denied","error_description":"AADSTS65004: User declined to consent."}`:              true,
		`{"error":"authorization_declined","error_codes":[70018]}`:                                            true,
		`{"error":"expired_token","error_codes":[70020]}`:                                                     false,
		`{"error":"access_denied","error_description":"AADSTS90094: An administrator of X has set"}`:          false,
		`{"error":"access_denied","error_codes":[530035],"error_description":"AADSTS530035: Access blocked"}`: false,
	} {
		if got := m365.SignInCancelled(&diagnose.Failure{Stage: diagnose.StageSignIn, Body: body}); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// A refused way of signing in is named, and the next one is preselected; after
// the last one it is the portal.
func TestNextWayOfSigningIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.tenant.SetRules(sandbox.Rules{DeviceCodeForbidden: 530035})
		s := signer(t, w, "admin@agency.gov").on("sign-in", turn{}, turn{back: true}).
			on("how", turn{pick: 1})
		if _, err := w.run(s); err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		c := s.choices["sign-in"]
		if c.Options[c.Picked].Key != byBrowser.key || !strings.Contains(c.Text, byDevice.text) ||
			!strings.Contains(c.Text, "Security defaults") {
			t.Errorf("%q, preselected %+v", c.Text, c.Options[c.Picked])
		}
	})
	a := signInAttempts{byDevice.key: "no", byBrowser.key: ""}
	if next := a.next([]signInMethod{byDevice, byBrowser}); next != optionPortal {
		t.Errorf("after the last way: %s", next)
	}
}

// A Government tenant that was looked for in the public cloud: palmail finds
// its own cloud, and goes on there.
func TestSwitchesToTheTenantsCloud(t *testing.T) {
	for _, cloud := range []string{"gcc-high", "dod"} {
		t.Run(cloud, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Cloud: cloud, Seed: 8})
				x := store.Setup{
					Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app", TenantID: w.tenant.ID(),
					Cloud: m365.Commercial,
				}
				if err := w.store.Save(t.Context(), "default", &x); err != nil {
					t.Fatal(err)
				}
				s := signer(t, w, "admin@agency.gov")
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished || end.Setup.Cloud != cloud {
					t.Fatalf("%v in %s, %v", err, end.Setup.Cloud, s.seen)
				}
				if !slices.Contains(s.seen, "own-cloud") || !strings.Contains(s.choices["sign-in"].Text, "uses that cloud") {
					t.Errorf("%v, %q", s.seen, s.choices["sign-in"].Text)
				}
			})
		})
	}
}

// An app without an enterprise application is said within seconds.
func TestMissingServicePrincipalIsSaidSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
		if err := w.tenant.DeleteServicePrincipal(app.ClientID); err != nil {
			t.Fatal(err)
		}
		began := time.Time{}
		s := newScript(t).on("register",
			turn{fill: map[string]string{"client-id": app.ClientID}, do: func() { began = time.Now() }},
			turn{practice: "Do it right", do: func() {
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("said after %s", took)
				}
			}})
		if _, err := w.run(s); err != nil && !errors.Is(err, ErrLeave) {
			t.Fatalf("%v %v", err, s.seen)
		}
		if !s.said(string(diagnose.CauseAppWithoutServicePrincipal)) {
			t.Errorf("%+v", s.verdict)
		}
	})
}

// Where palmail has listed the permission, the screens do not tell the admin to do so.
func TestNoPortalTextsAfterSigningIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 9})
		w.tenant.SetRules(sandbox.Rules{MayNotConsent: true})
		s := signer(t, w, "admin@agency.gov").on("permission", turn{do: func() {
			go func() {
				time.Sleep(time.Minute)
				w.tenant.SetRules(sandbox.Rules{})
				if err := w.tenant.GrantConsent(w.tenant.Apps()[0].ClientID); err != nil {
					t.Error(err)
				}
			}()
		}})
		if _, err := w.run(s); err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		for _, portal := range []string{"Delegated", "in the portal first", "Add a permission"} {
			said := s.notices["consent-link"].Why
			for _, line := range s.pages["permission"].Guide(Answers{}) {
				said += line.Text + line.Note
			}
			if strings.Contains(said, portal) || s.said(portal) {
				t.Errorf("said %q", portal)
			}
		}
		if !s.said("palmail has listed Mail.Send") {
			t.Errorf("no hint about the consent: %+v", s.tasks)
		}
	})
}

// An end date that Microsoft finds impossible has its cause, the clock, and a remedy.
func TestRefusedEndDateNamesTheClock(t *testing.T) {
	s := newSession(Env{})
	f := s.explain(&diagnose.Failure{
		Stage: diagnose.StageSecret, Status: 400,
		Body: `{"error":{"code":"Request_BadRequest","message":"Key credential end date is invalid.",` +
			`"details":[{"code":"KeyCredentialsInvalidEndDate","message":"Key credential end date is invalid."}]}}`,
	}, time.Time{})
	if !strings.Contains(f.Title, "end date") || !strings.Contains(f.Explanation, "clock") ||
		f.Remedy[0] != strings.ReplaceAll(clockRemedy(), "`", "") {
		t.Errorf("%+v", f)
	}
}

// Every correction has a key of its own, which no page of the setup uses, and a word of its own.
func TestCorrectionsAreTold(t *testing.T) {
	seen := map[string]diagnose.Cause{}
	for cause, all := range corrections {
		for _, c := range all {
			if found, ok := correctionFor(c.action.Key); !ok || found.action != c.action {
				t.Errorf("%s: %s leads elsewhere", cause, c.action.Key)
			}
			if _, ok := seen[c.action.Key]; !ok {
				seen[c.action.Key] = cause
			}
		}
	}
	for _, taken := range []string{
		signInstead.Key, "ctrl+l", "ctrl+e", "ctrl+o", "ctrl+y", "ctrl+d", "ctrl+t", "ctrl+c", "ctrl+v", "ctrl+n", "ctrl+p",
	} {
		if cause, ok := seen[taken]; ok {
			t.Errorf("%s has the key %s, which means something else", cause, taken)
		}
	}
}

// In the portal's way, the finding of a wrong cloud has an action that takes
// the right one and goes on with the same page.
func TestSwitchesToTheTenantsCloudWhenGuided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Cloud: "gcc-high", Seed: 8})
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
		x := store.Setup{
			Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app", TenantID: w.tenant.ID(),
			Cloud: m365.Commercial, Mode: store.ModePortal,
		}
		if err := w.store.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		s := newScript(t).on("register", turn{fill: map[string]string{"client-id": app.ClientID}},
			turn{action: changeCloud.action.Key}, turn{fill: map[string]string{"client-id": app.ClientID}})
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished || end.Setup.Cloud != "gcc-high" {
			t.Fatalf("%v in %s, %v, %+v", err, end.Setup.Cloud, s.seen, s.verdict)
		}
		v := s.verdict[0]
		if len(v.Actions) == 0 || v.Actions[0] != changeCloud.action {
			t.Errorf("offered %+v for %+v", v.Actions, v.Finding)
		}
	})
}
