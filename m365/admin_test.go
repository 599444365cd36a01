package m365

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/secret"
)

// emptyOrganization answers GET /organization.
func emptyOrganization(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, 200, map[string]any{
		"value": []any{map[string]any{"id": testTenant, "displayName": "Agency", "verifiedDomains": []any{}}},
	})
}

func adminWith(t *testing.T, d *fakeSignIn) *Admin {
	t.Helper()
	d.graph = emptyOrganization
	a, err := d.client(t, nil).SignInDeviceCode(t.Context(), SignInOptions{TenantID: testTenant}, func(DeviceCode) {})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// palmail requests no refresh token, so a sign-in ends when its token expires.
func TestSignInEndsWithItsToken(t *testing.T) {
	for name, signIn := range map[string]func(*testing.T, *fakeSignIn) (*Admin, error){
		"device code": func(t *testing.T, d *fakeSignIn) (*Admin, error) {
			return d.client(t, nil).SignInDeviceCode(t.Context(), SignInOptions{TenantID: testTenant},
				func(DeviceCode) {})
		},
		"browser": func(t *testing.T, d *fakeSignIn) (*Admin, error) {
			return d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
				d.browser(t, successfulCallback))
		},
	} {
		t.Run(name, func(t *testing.T) {
			// The browser uses real sockets, which do not work in fake time, so the token is shortened.
			d := &fakeSignIn{graph: emptyOrganization}
			a, err := signIn(t, d)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range d.requests {
				if strings.Contains(r.Body, "offline_access") || strings.Contains(r.URL, "offline_access") {
					t.Errorf("asked for a refresh token: %s %s", r.URL, r.Body)
				}
				if form, _ := url.ParseQuery(r.Body); r.Method == "POST" &&
					form.Get("scope") != "https://graph.microsoft.com/.default openid profile" {
					t.Errorf("asked for %q", form.Get("scope"))
				}
			}
			a.current.expires = time.Now().Add(time.Minute)
			if _, err := a.Organization(t.Context()); err != nil {
				t.Errorf("a token that is still good was not used: %v", err)
			}
			before := len(d.requests)
			a.current.expires = time.Now().Add(lastMoment - time.Second)
			_, err = a.Organization(t.Context())
			if f := failureOf(t, err); !errors.Is(err, ErrSignInEnded) || !SignedOut(err) ||
				f.Stage != diagnose.StageSignIn || Unclear(err) {
				t.Errorf("%+v", f)
			}
			if got := diagnose.Explain(err, diagnose.Context{}); got.Cause != diagnose.CauseSignInInterrupted {
				t.Errorf("explained as %s", got.Cause)
			}
			if len(d.requests) != before {
				t.Errorf("asked %v", d.requests[before:])
			}
		})
	}
}

// renewer gives new tokens, as the Azure CLI does.
type renewer struct {
	issued  int
	life    time.Duration
	object  string // whose they are
	failure *diagnose.Failure
}

func (r *renewer) renew(context.Context) (adminToken, *diagnose.Failure) {
	r.issued++
	raw := unsignedJWT(map[string]any{"tid": testTenant, "oid": r.object, "number": r.issued})
	return readAdminToken(secret.New(raw), time.Now().Add(r.life)), r.failure
}

// admin is an Admin whose tokens are renewed, and the calls that it made.
func (r *renewer) admin(t *testing.T) (*Admin, *fakeSignIn) {
	d := &fakeSignIn{graph: emptyOrganization}
	current, _ := r.renew(t.Context())
	return newAdmin(d.client(t, nil), current, r.renew), d
}

func TestTokenIsRenewedSilentlyAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{life: time.Hour, object: testUser}
		a, d := r.admin(t)
		for range 3 {
			if _, err := a.Organization(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if r.issued != 1 {
			t.Errorf("%d tokens for three calls in a row", r.issued)
		}
		time.Sleep(time.Hour - time.Minute)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if _, err := a.Organization(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if r.issued != 2 {
			t.Errorf("%d tokens, want one more", r.issued)
		}
		last := d.requests[len(d.requests)-1].Header.Get("Authorization")
		if last == "" || last == d.requests[0].Header.Get("Authorization") {
			t.Error("the calls are not made with the new token")
		}
	})
}

func TestShortLivedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{life: 4 * time.Minute, object: testUser}
		a, _ := r.admin(t)
		for range 4 {
			if _, err := a.Organization(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second)
		}
		if r.issued != 2 {
			t.Errorf("%d tokens", r.issued)
		}
	})
}

func TestRenewalRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{life: time.Hour, object: testUser}
		a, _ := r.admin(t)
		_, body := refusedGrant("invalid_grant", 50173, "The provided grant has expired due to it being revoked.")
		text, _ := json.Marshal(body)
		r.failure = &diagnose.Failure{Stage: diagnose.StageSignIn, Status: 400, Body: string(text)}
		time.Sleep(time.Hour - time.Minute)
		if _, err := a.Organization(t.Context()); err != nil {
			t.Errorf("a token that is still good was not used: %v", err)
		}
		time.Sleep(2 * time.Minute)
		_, err := a.Organization(t.Context())
		if f := failureOf(t, err); !signInCodes(f.Body)["50173"] || !SignedOut(err) {
			t.Errorf("%+v", f)
		}
	})
}

func TestRenewalForSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{life: time.Hour, object: testUser}
		a, _ := r.admin(t)
		r.object = testApp
		time.Sleep(2 * time.Hour)
		if _, err := a.Organization(t.Context()); !errors.Is(err, errSomebodyElse) ||
			failureOf(t, err).Stage != diagnose.StageSignIn {
			t.Error(err)
		}
	})
}

// A call that waits while another one renews the token can be cancelled.
func TestWaitingForARenewalCanBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{}
		a := adminWith(t, d)
		a.renewing <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.Organization(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-a.renewing
	})
}

func TestRoles(t *testing.T) {
	for name, x := range map[string]struct {
		wids                                 any
		consentKnown, consent, regKnown, reg bool
	}{
		"global":               {[]string{memberMarker, roleGlobal}, true, true, true, true},
		"privileged":           {[]string{rolePrivileged}, true, true, false, false},
		"application":          {[]string{roleApplication}, true, false, true, true},
		"cloud application":    {[]string{strings.ToUpper(roleCloudApp)}, true, false, true, true},
		"developer":            {[]string{roleDeveloper, memberMarker}, true, false, true, true},
		"a member without any": {[]string{memberMarker}, true, false, false, false},
		"empty":                {[]string{}, false, false, false, false},
		"absent":               {nil, false, false, false, false},
		"a text":               {roleGlobal, false, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fakeSignIn{claims: map[string]any{"wids": x.wids}}
			a := adminWith(t, d)
			known, may := a.MayConsent()
			if known != x.consentKnown || may != x.consent {
				t.Errorf("MayConsent is %v, %v", known, may)
			}
			if known, may = a.MayRegister(); known != x.regKnown || may != x.reg {
				t.Errorf("MayRegister is %v, %v", known, may)
			}
		})
	}
}

// If the access token cannot be read, the account comes from the ID token.
func TestUnreadableToken(t *testing.T) {
	d := &fakeSignIn{}
	d.token = func(f url.Values) (int, any) {
		d.token = nil
		d.mu.Unlock()
		status, answer := d.answer(f)
		d.mu.Lock()
		answer.(map[string]any)["access_token"] = "opaqueTheValueOfAToken"
		return status, answer
	}
	a := adminWith(t, d)
	if got := a.Account(); got.Username != "admin@agency.gov" || got.TenantID != testTenant ||
		got.ObjectID != testUser || got.Roles != nil {
		t.Errorf("%+v", got)
	}
	if known, _ := a.MayConsent(); known {
		t.Error("roles out of nothing")
	}
	if _, err := a.Organization(t.Context()); err != nil ||
		d.requests[len(d.requests)-1].Header.Get("Authorization") != "Bearer opaqueTheValueOfAToken" {
		t.Error(err)
	}
}

func TestAccountIsCleanAndACopy(t *testing.T) {
	d := &fakeSignIn{claims: map[string]any{"name": "Ada\x1b[31m\u202e\nAdmin " + strings.Repeat("x", 5000)}}
	a := adminWith(t, d)
	got := a.Account()
	if !strings.HasPrefix(got.Name, "Ada Admin x") || len(got.Name) > maxCleanName {
		t.Errorf("%q", got.Name)
	}
	got.Roles[0] = "changed"
	if a.Account().Roles[0] != roleGlobal {
		t.Error("the account can be changed from outside")
	}
}
