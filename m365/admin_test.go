package m365

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
)

// emptyOrganization answers GET /organization.
func emptyOrganization(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": testTenant, "displayName": "Agency", "verifiedDomains": []any{}}}})
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

func TestTokenIsRenewedSilentlyAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{}
		a := adminWith(t, d)
		for range 3 {
			if _, err := a.Organization(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.count("POST", "/token"); n != 1 {
			t.Errorf("%d tokens for three calls in a row", n)
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
		if n := d.count("POST", "/token"); n != 2 {
			t.Errorf("%d tokens, want one more", n)
		}
		last := d.requests[len(d.requests)-1].Header.Get("Authorization")
		if d.issued != 2 || last == "" || last == d.requests[3].Header.Get("Authorization") {
			t.Error("the calls are not made with the new token")
		}
		// The refresh token changes each time, and the last one counts.
		time.Sleep(2 * time.Hour)
		if _, err := a.Organization(t.Context()); err != nil || d.count("POST", "/token") != 3 || d.count("GET", metadataPath) != 1 {
			t.Errorf("%d tokens, %d documents: %v", d.count("POST", "/token"), d.count("GET", metadataPath), err)
		}
	})
}

func TestShortLivedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{life: 240} // MSAL keeps none below five minutes
		a := adminWith(t, d)
		for range 4 {
			if _, err := a.Organization(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second)
		}
		if n := d.count("POST", "/token"); n != 2 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestRenewalRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{}
		a := adminWith(t, d)
		d.token = func(url.Values) (int, any) {
			return refusedGrant("invalid_grant", 50173, "The provided grant has expired due to it being revoked.")
		}
		time.Sleep(time.Hour - time.Minute)
		if _, err := a.Organization(t.Context()); err != nil {
			t.Errorf("a token that is still good was not used: %v", err)
		}
		time.Sleep(2 * time.Minute)
		_, err := a.Organization(t.Context())
		f := failureOf(t, err)
		if f.Stage != diagnose.StageSignIn || !signInCodes(f.Body)["50173"] || !SignedOut(err) || strings.Contains(fmt.Sprintf("%+v", f), "theValueOf") {
			t.Errorf("%+v", f)
		}
	})
}

func TestRenewalForSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeSignIn{}
		a := adminWith(t, d)
		d.claims = map[string]any{"oid": testApp}
		time.Sleep(2 * time.Hour)
		if _, err := a.Organization(t.Context()); !errors.Is(err, errSomebodyElse) || failureOf(t, err).Stage != diagnose.StageSignIn {
			t.Error(err)
		}
	})
}

// Whoever waits for somebody else's renewal can still leave.
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

// A token that cannot be read is no obstacle: the ID token says who it is.
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
	if got := a.Account(); got.Username != "admin@agency.gov" || got.TenantID != testTenant || got.ObjectID != testUser || got.Roles != nil {
		t.Errorf("%+v", got)
	}
	if known, _ := a.MayConsent(); known {
		t.Error("roles out of nothing")
	}
	if _, err := a.Organization(t.Context()); err != nil || d.requests[len(d.requests)-1].Header.Get("Authorization") != "Bearer opaqueTheValueOfAToken" {
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
