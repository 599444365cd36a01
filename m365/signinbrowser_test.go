package m365

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/diagnose"
)

func TestSignInBrowser(t *testing.T) {
	d := &fakeSignIn{}
	a, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
		d.browser(t, successfulCallback))
	if err != nil {
		t.Fatal(err)
	}
	got := a.Account()
	if got.Username != "admin@agency.gov" || got.Name != "Ada Admin" || got.TenantID != testTenant ||
		got.ObjectID != testUser ||
		!slices.Equal(got.Roles, []string{roleGlobal, memberMarker}) ||
		!slices.Contains(got.Scopes, "Application.ReadWrite.All") {
		t.Errorf("%+v", got)
	}
	want := map[string]string{
		"client_id": AzureCLIAppID, "response_type": "code", "response_mode": "form_post",
		"code_challenge_method": "S256",
		"prompt":                "select_account", "login_hint": "",
		"scope": "https://graph.microsoft.com/.default openid profile",
	}
	for key, v := range want {
		if d.pageQuery.Get(key) != v {
			t.Errorf("%s is %q, want %q", key, d.pageQuery.Get(key), v)
		}
	}
	if len(d.pageQuery.Get("state")) != 43 || len(d.pageQuery.Get("code_challenge")) != 43 ||
		d.pageQuery.Get("state") == d.pageQuery.Get("code_challenge") {
		t.Errorf("asked with %v", d.pageQuery)
	}
	requireNobodyListens(t, d.pageQuery.Get("redirect_uri"))
	if d.count("GET", metadataPath) != 1 || d.count("POST", "/token") != 1 || len(d.requests) != 2 {
		t.Errorf("calls %v", d.requests)
	}
}

func TestEverySignInHasItsOwnStateAndVerifier(t *testing.T) {
	d := &fakeSignIn{}
	c := d.client(t, nil)
	found := map[string]bool{}
	for range 3 {
		if _, err := c.SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
			d.browser(t, successfulCallback)); err != nil {
			t.Fatal(err)
		}
		found[d.pageQuery.Get("state")], found[d.pageQuery.Get("code_challenge")] = true, true
	}
	if len(found) != 6 || d.count("GET", metadataPath) != 1 {
		t.Errorf("%d of 6 values, %d documents asked for", len(found), d.count("GET", metadataPath))
	}
}

func TestSignInOptions(t *testing.T) {
	d := &fakeSignIn{claims: map[string]any{"tid": testTenant}}
	_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{
		ClientID: testApp, LoginHint: "ada@agency.gov",
	}, d.browser(t, successfulCallback))
	if err != nil {
		t.Fatal(err)
	}
	if d.pageQuery.Get("client_id") != testApp || d.pageQuery.Get("login_hint") != "ada@agency.gov" ||
		d.pageQuery.Has("prompt") || d.count("GET", "/organizations/v2.0") != 1 {
		t.Errorf("asked with %v of %v", d.pageQuery, d.requests)
	}
	for id, want := range map[string]string{
		"": "Microsoft Azure CLI", AzureCLIAppID: "Microsoft Azure CLI", testApp: testApp,
		"14D82EEC-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
	} {
		if got := SignInAppName(id); got != want {
			t.Errorf("%q is %q", id, got)
		}
	}
}

// A stolen code is one with another verifier, and is refused.
func TestPKCEIsChecked(t *testing.T) {
	d := &fakeSignIn{}
	swapped := func(asked url.Values) url.Values {
		asked.Set("code_challenge", randomText())
		d.mu.Lock()
		d.pageQuery = asked
		d.mu.Unlock()
		return successfulCallback(asked)
	}
	_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant}, d.browser(t, swapped))
	if f := failureOf(t, err); !signInCodes(f.Body)["501481"] || f.Stage != diagnose.StageSignIn || f.Status != 400 ||
		f.CorrelationID != "corr-1" {
		t.Errorf("%+v", f)
	}
}

func TestForgedCallbackDuringSignIn(t *testing.T) {
	d := &fakeSignIn{}
	_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
		d.browser(t, func(asked url.Values) url.Values {
			for _, forged := range []url.Values{
				{"code": {"evil"}}, {"code": {"evil"}, "state": {randomText()}}, {"error": {"access_denied"}},
				{"error": {"server_error"}, "state": {"x"}},
			} {
				if status, text, _, err := callBack(asked.Get("redirect_uri"), forged); status != 400 || err != nil ||
					strings.Contains(text, asked.Get("state")) {
					t.Errorf("a forged callback got %d %q, %v", status, text, err)
				}
			}
			return successfulCallback(asked)
		}))
	if err != nil {
		t.Error(err)
	}
	if d.count("POST", "/token") != 1 {
		t.Error("a forged code was tried")
	}
}

func TestSignInPageRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		back   url.Values
		code   string
		next   bool
		says   string
		plain  bool
		reason string
	}{
		"declined": {
			back: url.Values{
				"error": {"access_denied"}, "error_subcode": {"cancel"}, "error_description": {
					"AADSTS65004: User declined to consent.",
				},
			}, code: "65004", says: `"error":"access_denied"`,
		},
		"Conditional Access": {
			back: url.Values{
				"error": {"access_denied"}, "error_description": {"AADSTS53003: Access has been blocked."},
			}, code: "53003", next: true, reason: "Conditional Access",
		},
		"managed device": {
			back: url.Values{
				"error": {"interaction_required"}, "error_description": {
					"AADSTS530003: Your device is required to be managed.",
				},
			}, code: "530003", next: true, reason: "managed device",
		},
		"not of the tenant": {
			back: url.Values{
				"error": {"invalid_request"}, "error_description": {
					"AADSTS50020: User account does not exist in tenant.",
				},
			}, code: "50020",
		},
		"neither":       {back: url.Values{}, plain: true, says: "without a code"},
		"an empty code": {back: url.Values{"code": {""}}, plain: true, says: "without a code"},
		"two codes":     {back: url.Values{"code": {testCode, "x"}}, plain: true, says: "without a code"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fakeSignIn{}
			_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
				d.browser(t, func(asked url.Values) url.Values {
					x.back.Set("state", asked.Get("state"))
					return x.back
				}))
			f := failureOf(t, err)
			reason, next := SignInRefused(fmt.Errorf("signing in: %w", err))
			if f.Stage != diagnose.StageSignIn || f.Host != hostCom || x.code != "" && !signInCodes(f.Body)[x.code] ||
				next != x.next ||
				!strings.Contains(reason, x.reason) || next != strings.Contains(reason, "AADSTS"+x.code) ||
				!strings.Contains(f.Body+fmt.Sprint(f.Err), x.says) || (f.Err != nil) != x.plain {
				t.Errorf("%q, %v: %+v", reason, next, f)
			}
			if d.count("POST", "/token") != 0 {
				t.Error("a token was asked for")
			}
			requireNobodyListens(t, d.pageQuery.Get("redirect_uri"))
		})
	}
}

func TestBrowserNeverComes(t *testing.T) {
	d := &fakeSignIn{}
	ctx, cancel := context.WithCancel(t.Context())
	var page *url.URL
	left := make(chan struct{})
	_, err := d.client(t, nil).SignInBrowser(ctx, SignInOptions{TenantID: testTenant}, func(ctx context.Context,
		address string) error {
		page, _ = url.Parse(address)
		cancel()
		<-ctx.Done()
		close(left)
		return nil
	})
	if f := failureOf(t, err); !errors.Is(err, context.Canceled) || f.Stage != diagnose.StageSignIn {
		t.Errorf("%+v", f)
	}
	select {
	case <-left:
	default:
		t.Error("the opener is still running")
	}
	requireNobodyListens(t, page.Query().Get("redirect_uri"))
}

func TestBrowserTooLate(t *testing.T) {
	d := &fakeSignIn{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := d.client(t, nil).SignInBrowser(ctx, SignInOptions{TenantID: testTenant}, func(context.Context,
		string) error {
		return nil
	})
	if failureOf(t, err); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}

func TestBrowserCannotBeOpened(t *testing.T) {
	d := &fakeSignIn{}
	var page string
	broken := errors.New("no display")
	_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant}, func(_ context.Context,
		address string) error {
		page = address
		return broken
	})
	if failureOf(t, err); !errors.Is(err, broken) {
		t.Error(err)
	}
	u, _ := url.Parse(page)
	requireNobodyListens(t, u.Query().Get("redirect_uri"))
}

func TestSignInForAnotherTenantOrCloud(t *testing.T) {
	for name, x := range map[string]struct {
		claims map[string]any
		says   string
	}{
		"tenant":   {map[string]any{"tid": testApp}, "for the tenant"},
		"resource": {map[string]any{"aud": "https://graph.microsoft.us"}, "graph.microsoft.us"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fakeSignIn{claims: x.claims}
			_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
				d.browser(t, successfulCallback))
			if f := failureOf(t, err); f.Stage != diagnose.StageSignIn || !strings.Contains(err.Error(), x.says) ||
				strings.Contains(err.Error(), "eyJ") {
				t.Error(err)
			}
		})
	}
}

func TestSignInPageElsewhere(t *testing.T) {
	d := &fakeSignIn{pages: "https://login.evil.example"}
	_, err := d.client(t, nil).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant}, func(context.Context,
		string) error {
		t.Error("the browser was sent there")
		return nil
	})
	if failureOf(t, err); !strings.Contains(err.Error(), "not a login host") {
		t.Error(err)
	}
}

func TestSignInWithoutNetwork(t *testing.T) {
	c := commercialClient(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := c.SignInBrowser(ctx, SignInOptions{TenantID: testTenant}, func(context.Context, string) error {
		t.Error("opened")
		return nil
	})
	if f := failureOf(t, err); f.Stage != diagnose.StageSignIn || f.Host != hostCom {
		t.Errorf("%+v", f)
	}
}

// Codes, verifiers and tokens are in memory only: no file is created, and no
// answer of the server makes errors or the log contain them.
func TestSignInLeavesNothingBehind(t *testing.T) {
	home := t.TempDir()
	for _, key := range []string{"HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"} {
		t.Setenv(key, home)
	}
	for name, token := range map[string]func(url.Values) (int, any){
		"well": nil,
		"echo": func(f url.Values) (int, any) {
			return 400, map[string]any{
				"error": "invalid_grant", "error_description": f.Get("code") + f.Get("code_verifier") + f.Encode(),
			}
		},
		"half": func(url.Values) (int, any) {
			return 200, map[string]any{"access_token": unsignedJWT(nil), "refresh_token": testRefresh}
		},
		"not enough": func(url.Values) (int, any) {
			return 200, map[string]any{"refresh_token": testRefresh, "id_token": unsignedJWT(nil)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			d := &fakeSignIn{token: token}
			a, err := d.client(t, &log).SignInBrowser(t.Context(), SignInOptions{TenantID: testTenant},
				d.browser(t, successfulCallback))
			if (err == nil) != (token == nil) {
				t.Fatal(err)
			}
			out := log.String() + fmt.Sprintf("%v %+v %#v", err, a, a)
			if err != nil {
				f := failureOf(t, err)
				out += fmt.Sprintf("%+v %#v %s", f, *f, f.Body)
			}
			verifier := ""
			for _, call := range d.requests {
				if v, err := url.ParseQuery(call.Body); err == nil && v.Has("code_verifier") {
					verifier = v.Get("code_verifier")
				}
			}
			for _, leak := range []string{"theValueOf", "eyJ", verifier} {
				if strings.Contains(out, leak) {
					t.Errorf("%q got out:\n%s", leak, out)
				}
			}
			if !strings.Contains(log.String(), "/oauth2/v2.0/token") {
				t.Error("nothing was logged at all")
			}
		})
	}
	err := filepath.WalkDir(home, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("the file %s appeared", path)
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
