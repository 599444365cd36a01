package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

// people are the ways to reach a tenant in which MSAL signs people in.
func people(t *testing.T, each func(t *testing.T, f *office, authority string)) {
	t.Run("listener", func(t *testing.T) {
		f, srv := serve(t, sandbox.Options{})
		each(t, f, srv.URL+"/agency.gov")
	})
	t.Run("in process", func(t *testing.T) {
		f := open(t, sandbox.Options{})
		each(t, f, "https://login.microsoftonline.com/organizations")
	})
	t.Run("GCC High", func(t *testing.T) {
		f := open(t, sandbox.Options{Cloud: "gcc-high"})
		f.moveTo("gcc-high")
		each(t, f, f.login+"/agency.gov")
	})
}

func (f *office) msal(authority string) public.Client {
	f.t.Helper()
	c, err := public.New(azure, public.WithAuthority(authority), public.WithHTTPClient(f.http),
		public.WithInstanceDiscovery(false))
	f.must(err)
	return c
}

func TestMSALInteractive(t *testing.T) {
	people(t, func(t *testing.T, f *office, authority string) {
		f = f.of(t)
		client := f.msal(authority)
		// walk is a person at the browser, up to the form that leads back to
		// MSAL's listener, which is sent over a real connection.
		walk := func(button string) func(string) error {
			return func(address string) error {
				s := f.browser().open(address).press(button, "account", "admin@agency.gov")
				r, err := http.NewRequestWithContext(t.Context(), "POST", s.action(),
					strings.NewReader(s.fields().Encode()))
				if err != nil {
					return err
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					return err
				}
				return res.Body.Close()
			}
		}
		got, err := client.AcquireTokenInteractive(t.Context(), []string{f.scope}, public.WithOpenURL(walk("signin")))
		if err != nil {
			t.Fatal(err)
		}
		if c := claimsOf(t, got.AccessToken); c["appid"] != azure || c["upn"] != "admin@agency.gov" ||
			got.Account.PreferredUsername != "admin@agency.gov" {
			t.Errorf("%v, account %v", c, got.Account)
		}
		again, err := client.AcquireTokenSilent(t.Context(), []string{f.scope}, public.WithSilentAccount(got.Account))
		if err != nil || again.AccessToken != got.AccessToken {
			t.Errorf("silently: %v", err)
		}
		// A claims challenge makes MSAL renew with the refresh token.
		fresh, err := client.AcquireTokenSilent(t.Context(), []string{f.scope}, public.WithSilentAccount(got.Account),
			public.WithClaims(`{"access_token":{"x":null}}`))
		if err != nil || fresh.AccessToken == got.AccessToken ||
			claimsOf(t, fresh.AccessToken)["upn"] != "admin@agency.gov" {
			t.Errorf("renewed: %v", err)
		}
		if _, err := client.AcquireTokenInteractive(t.Context(), []string{f.scope},
			public.WithOpenURL(walk("cancel"))); err == nil || !strings.Contains(err.Error(), "cancel") {
			t.Errorf("cancelled: %v", err)
		}
		f.tenant.SetRules(sandbox.Rules{BrowserForbidden: 53003})
		if _, err := client.AcquireTokenInteractive(t.Context(), []string{f.scope},
			public.WithOpenURL(walk("signin"))); err == nil || !strings.Contains(err.Error(), "AADSTS53003") {
			t.Errorf("forbidden: %v", err)
		}
	})
}

func TestMSALDeviceCode(t *testing.T) {
	people(t, func(t *testing.T, f *office, authority string) {
		f = f.of(t)
		client := f.msal(authority)
		sign := func(button string) (public.AuthResult, error) {
			code, err := client.AcquireTokenByDeviceCode(t.Context(), []string{f.scope})
			f.must(err)
			address := code.Result.VerificationURL
			if until := time.Until(code.Result.ExpiresOn); until < 14*time.Minute ||
				!strings.Contains(code.Result.Message, code.Result.UserCode) {
				t.Errorf("%v %s", until, code.Result.Message)
			}
			b := f.browser()
			s := b.open(address)
			if s.status == 302 {
				s = b.open(s.header.Get("Location"))
			}
			s.press("", "user_code", code.Result.UserCode).press(button, "account", "admin@agency.gov")
			return code.AuthenticationResult(t.Context())
		}
		got, err := sign("signin")
		if err != nil || claimsOf(t, got.AccessToken)["upn"] != "admin@agency.gov" {
			t.Fatalf("%v", err)
		}
		if _, err := client.AcquireTokenSilent(t.Context(), []string{f.scope},
			public.WithSilentAccount(got.Account)); err != nil {
			t.Error(err)
		}
		if _, err := sign("cancel"); err == nil || !strings.Contains(err.Error(), "authorization_declined") {
			t.Errorf("declined: %v", err)
		}
		f.tenant.SetRules(sandbox.Rules{DeviceCodeForbidden: 530035})
		if _, err := sign("signin"); err == nil || !strings.Contains(err.Error(), "AADSTS530035") {
			t.Errorf("forbidden: %v", err)
		}
	})
}
