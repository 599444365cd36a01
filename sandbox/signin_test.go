package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

func TestSignInByCode(t *testing.T) {
	f := open(t, sandbox.Options{})
	s := f.browser().open(f.request("nonce", "n-1", "login_hint", "apps@agency.gov"))
	if s.status != 200 || s.title() != "Sign in to Example Agency" ||
		!strings.Contains(s.body, "Microsoft Azure CLI") ||
		!strings.Contains(s.body, "not Microsoft’s sign-in page") ||
		!strings.Contains(s.body, `value="apps@agency.gov" checked`) {
		t.Fatalf("%d %s", s.status, s.body)
	}
	back := s.press("signin", "account", "admin@agency.gov").back()
	if back.Get("state") != "s-1" || back.Get("code") == "" {
		t.Fatalf("%v", back)
	}
	r := f.ask("organizations", f.exchange(back.Get("code")))
	o := r.object(t)
	if r.status != 200 || o["token_type"] != "Bearer" || o["expires_in"] != 3599.0 || o["refresh_token"] == nil ||
		!strings.Contains(r.text(t, "scope"), "https://graph.microsoft.com/Application.ReadWrite.All") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	c := claimsOf(t, r.text(t, "access_token"))
	for k, want := range map[string]any{
		"aud": "https://graph.microsoft.com", "tid": f.tenant.ID(), "appid": azure, "idtyp": "user",
		"upn": "admin@agency.gov", "name": "Avery Admin",
		"scp": "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All AuditLog.Read.All " +
			"DelegatedPermissionGrant.ReadWrite.All Directory.AccessAsUser.All Group.ReadWrite.All User.Read.All " +
			"User.ReadWrite.All",
	} {
		if c[k] != want {
			t.Errorf("%s: %v, want %v", k, c[k], want)
		}
	}
	if wids := fmt.Sprint(c["wids"]); !strings.Contains(wids, "62e90394-69f5-4237-9190-012177145e10") ||
		c["roles"] != nil {
		t.Errorf("wids %v, roles %v", wids, c["roles"])
	}
	id := claimsOf(t, r.text(t, "id_token"))
	if id["preferred_username"] != "admin@agency.gov" || id["nonce"] != "n-1" || id["aud"] != azure ||
		id["oid"] != c["oid"] ||
		id["iss"] != f.login+"/"+f.tenant.ID()+"/v2.0" {
		t.Errorf("%v", id)
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.text(t, "client_info"))
	var info map[string]string
	if err != nil || json.Unmarshal(raw, &info) != nil || info["uid"] != c["oid"] || info["utid"] != f.tenant.ID() {
		t.Errorf("client_info %s", raw)
	}
	again := f.ask("organizations", f.exchange(back.Get("code")))
	if e := again.refusal(t); again.status != 400 || e.Error != "invalid_grant" || e.Codes[0] != 54005 {
		t.Errorf("the same code again: %s", again.body)
	}
}

func TestAnswerByForm(t *testing.T) {
	f := open(t, sandbox.Options{})
	s := f.browser().open(f.request("response_mode", "form_post")).press("signin", "account", "admin@agency.gov")
	if v := s.fields(); s.status != 200 || s.action() != localhost || v.Get("code") == "" || v.Get("state") != "s-1" ||
		v.Get("check") != "" {
		t.Errorf("%d %s %v", s.status, s.action(), v)
	}
	if !strings.Contains(s.body, "Continue</button>") ||
		!strings.Contains(s.header.Get("Content-Security-Policy"), "form-action 'self' "+localhost) {
		t.Errorf("without scripts: %v\n%s", s.header, s.body)
	}
	v := f.browser().open(f.request("response_mode", "fragment")).press("cancel")
	if !strings.HasPrefix(v.header.Get("Location"), localhost+"#") || v.back().Get("error") != "access_denied" {
		t.Errorf("%v", v.header)
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	f := open(t, sandbox.Options{})
	own := f.tenant.RegisterApp("Own sign-in", sandbox.MobileAndDesktop, "http://localhost/cb")
	for _, tc := range []struct {
		name    string
		request string
		page    string // on the page, going no further
		back    string // to the app
		code    string
	}{
		{"no client", f.request("client_id", "-"), "AADSTS900144", "", ""},
		{"unknown client", f.request("client_id", "11111111-2222-3333-4444-555555555555"), "AADSTS700016", "", ""},
		{"no redirect", f.request("redirect_uri", "-"), "AADSTS900144", "", ""},
		{"127.0.0.1", f.request("redirect_uri", "http://127.0.0.1:49152"), "AADSTS50011", "", ""},
		{"https localhost", f.request("redirect_uri", "https://localhost:49152"), "AADSTS50011", "", ""},
		{"localhost by suffix", f.request("redirect_uri", "http://localhost.example:49152"), "AADSTS50011", "", ""},
		{"localhost as user", f.request("redirect_uri", "http://localhost@evil.example/"), "AADSTS50011", "", ""},
		{"script", f.request("redirect_uri", "javascript:alert(1)"), "AADSTS50011", "", ""},
		{"another path", f.request("redirect_uri", localhost+"/x"), "AADSTS50011", "", ""},
		{
			"own app, another path", strings.Replace(f.request("client_id", own.ClientID, "redirect_uri", localhost),
				"organizations", "agency.gov", 1), "AADSTS50011", "", "",
		},
		{
			"own app on a shared endpoint", f.request("client_id", own.ClientID, "redirect_uri",
				"http://localhost/cb"), "AADSTS50194", "", "",
		},
		{"consumers", strings.Replace(f.request(), "organizations", "consumers", 1), "AADSTS9002332", "", ""},
		{"unknown tenant", strings.Replace(f.request(), "organizations", "unknown.example", 1), "AADSTS90002", "", ""},
		{"no scope", f.request("scope", "-"), "", "invalid_request", "AADSTS900144"},
		{
			"another resource", f.request("scope", "https://foo.microsoft.com/.default"), "", "invalid_resource",
			"AADSTS500011",
		},
		{
			"default and named", f.request("scope", scope+" https://graph.microsoft.com/User.Read"), "",
			"invalid_scope", "AADSTS70011",
		},
		{"response type", f.request("response_type", "token"), "", "unsupported_response_type", "AADSTS700054"},
		{"no response type", f.request("response_type", "-"), "", "invalid_request", "AADSTS900144"},
		{"response mode", f.request("response_mode", "smoke"), "", "invalid_request", "AADSTS90023"},
		{"short challenge", f.request("code_challenge", "short"), "", "invalid_request", "AADSTS501491"},
		{"challenge method", f.request("code_challenge_method", "S1"), "", "invalid_request", "AADSTS501491"},
		{"silent", f.request("prompt", "none"), "", "login_required", "AADSTS50058"},
		{"prompt", f.request("prompt", "nicely"), "", "invalid_request", "AADSTS90023"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := f.of(t).browser().open(tc.request)
			if tc.page != "" {
				if s.status != 400 || !strings.Contains(s.body, tc.page+":") || s.header.Get("Location") != "" {
					t.Errorf("%d %v\n%s", s.status, s.header, s.body)
				}
				return
			}
			if v := s.back(); v.Get("error") != tc.back || !strings.HasPrefix(v.Get("error_description"), tc.code+
				":") || v.Get("state") != "s-1" {
				t.Errorf("%v", v)
			}
		})
	}
	own2 := f.browser().open(strings.Replace(f.request("client_id", own.ClientID, "redirect_uri",
		"http://localhost:7/cb"), "organizations", "agency.gov", 1))
	if own2.title() != "Sign in to Example Agency" {
		t.Errorf("own app, any port: %s", own2.body)
	}
}

func TestRedeemRefusals(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := open(t, sandbox.Options{Now: func() time.Time { return now }})
	code := func() string {
		return f.browser().open(f.request()).press("signin", "account", "admin@agency.gov").back().Get("code")
	}
	good := code()
	for _, tc := range []struct {
		name string
		form url.Values
		code int
	}{
		{"no code", f.exchange("-", "code", "-"), 900144},
		{"no such code", f.exchange("1.nothing"), 70000},
		{"another app", f.exchange(good, "client_id", sandbox.GraphCommandLineTools), 70000},
		{"another redirect", f.exchange(good, "redirect_uri", "http://localhost:1"), 500112},
		{"no verifier", f.exchange(good, "code_verifier", "-"), 501481},
		{"wrong verifier", f.exchange(good, "code_verifier", strings.Repeat("x", 43)), 501481},
		{"with a secret", f.exchange(good, "client_secret", "x"), 700025},
		{"unknown app", f.exchange(good, "client_id", f.app.ObjectID), 700016},
		{"confidential app", f.exchange(good, "client_id", f.app.ClientID), 7000218},
		{"refresh without a token", f.exchange(good, "grant_type", "refresh_token"), 900144},
		{"refresh with rubbish", f.exchange(good, "grant_type", "refresh_token", "refresh_token", "x"), 9002313},
	} {
		r := f.ask("agency.gov", tc.form)
		if e := r.refusal(t); e.Codes[0] != tc.code || strings.Contains(string(r.body), good) {
			t.Errorf("%s: %s", tc.name, r.body)
		}
	}
	if r := f.ask("agency.gov", f.exchange(good)); r.status != 200 {
		t.Errorf("the right request: %s", r.body)
	}
	late := code()
	now = now.Add(10 * time.Minute)
	if e := f.ask("agency.gov", f.exchange(late)).refusal(t); e.Codes[0] != 70008 {
		t.Errorf("after ten minutes: %v", e.Codes)
	}
	plain := f.browser().open(f.request("code_challenge", verifier, "code_challenge_method", "plain")).press("signin",
		"account", "admin@agency.gov").back()
	if r := f.ask("agency.gov", f.exchange(plain.Get("code"))); r.status != 200 {
		t.Errorf("plain: %s", r.body)
	}
}

func TestRefresh(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := open(t, sandbox.Options{Now: func() time.Time { return now }})
	s := f.browser().open(f.request()).press("signin", "account", "admin@agency.gov")
	first := f.ask("organizations", f.exchange(s.back().Get("code")))
	renew := func(token string, pairs ...string) reply {
		return f.ask("organizations", f.exchange("-", append([]string{
			"grant_type", "refresh_token", "code", "-", "refresh_token", token,
		}, pairs...)...))
	}
	now = now.Add(89 * 24 * time.Hour)
	second := renew(first.text(t, "refresh_token"))
	if second.status != 200 || second.text(t, "refresh_token") == first.text(t, "refresh_token") ||
		claimsOf(t, second.text(t, "access_token"))["upn"] != "admin@agency.gov" {
		t.Fatalf("%s", second.body)
	}
	if e := renew(second.text(t, "refresh_token"), "scope",
		"https://graph.microsoft.com/User.Read").refusal(t); e.Codes[0] != 65002 {
		t.Errorf("a named scope: %v", e.Codes)
	}
	f.tenant.SetRules(sandbox.Rules{MFARequired: true})
	if r := renew(second.text(t, "refresh_token")); r.refusal(t).Codes[0] != 50076 ||
		r.refusal(t).Sub != "basic_action" {
		t.Errorf("without a second factor: %s", r.body)
	}
	f.tenant.SetRules(sandbox.Rules{})
	now = now.Add(91 * 24 * time.Hour)
	if e := renew(second.text(t, "refresh_token")).refusal(t); e.Codes[0] != 700082 {
		t.Errorf("after 91 days: %v", e.Codes)
	}
}

func TestCancelling(t *testing.T) {
	f := open(t, sandbox.Options{})
	b := f.browser()
	s := b.open(f.request())
	v := s.press("cancel").back()
	if v.Get("error") != "access_denied" || v.Get("error_subcode") != "cancel" || v.Get("state") != "s-1" ||
		v.Get("code") != "" {
		t.Errorf("%v", v)
	}
	if again := b.post(s.action(), s.fields()); again.title() != "This page has expired" {
		t.Errorf("the form again: %s", again.body)
	}
}

func TestFormsFromElsewhere(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := open(t, sandbox.Options{Now: func() time.Time { return now }})
	mine, theirs := f.browser(), f.browser()
	s := mine.open(f.request())
	cookie := s.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-practice=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	form := s.fields()
	form.Set("action", "signin")
	form.Set("account", "admin@agency.gov")
	theirs.open(f.request()) // has a cookie of its own
	for name, got := range map[string]seen{
		"another browser": theirs.post(s.action(), form),
		"no cookie":       f.browser().post(s.action(), form),
		"no check": mine.post(s.action(), url.Values{
			"flow": form["flow"], "action": {"signin"}, "account": {"admin@agency.gov"},
		}),
		"another flow": mine.post(s.action(), url.Values{"flow": {"x"}, "check": form["check"], "action": {"signin"}}),
	} {
		if got.status != 400 || got.title() != "This page has expired" {
			t.Errorf("%s: %d %s", name, got.status, got.title())
		}
	}
	for name, action := range map[string]string{
		"accept before signing in": "accept", "approve before signing in": "approve", "no action": "",
	} {
		v := url.Values{
			"flow": form["flow"], "check": form["check"], "action": {action}, "account": {"admin@agency.gov"},
		}
		if got := mine.post(s.action(), v); got.title() != "This page has expired" {
			t.Errorf("%s: %s", name, got.title())
		}
	}
	if got := mine.post(s.action(), url.Values{
		"flow": form["flow"], "check": form["check"], "action": {"signin"}, "account": {"nobody@agency.gov"},
	}); !strings.Contains(got.body, "Choose an account.") {
		t.Errorf("%s", got.body)
	}
	now = now.Add(31 * time.Minute)
	if got := mine.post(s.action(), form); got.title() != "This page has expired" {
		t.Errorf("after 31 minutes: %s", got.title())
	}
}

func TestNothingIsReflectedUnescaped(t *testing.T) {
	f := open(t, sandbox.Options{})
	const evil = `"><script>alert(1)</script>`
	f.tenant.RegisterApp(evil, sandbox.Web, redirect)
	named, _ := f.tenant.AppNamed(evil)
	for _, s := range []seen{
		f.browser().open(f.request("state", evil, "login_hint", evil, "nonce", evil)),
		f.browser().open(f.request("state", evil, "response_mode", "form_post")).press("cancel"),
		f.browser().open(f.request("client_id", evil)),
		f.browser().open(f.request("redirect_uri", evil)),
		f.browser().open(f.request("scope", evil, "response_mode", "form_post")),
		f.browser().open(strings.Replace(f.request(), "organizations", url.PathEscape(evil), 1)),
		f.browser().open(f.login + "/organizations/adminconsent?client_id=" + named.ClientID),
		f.browser().open(f.login + "/organizations/adminconsent?client_id=" + url.QueryEscape(evil)),
		f.browser().open(f.login+"/common/oauth2/deviceauth").press("", "user_code", evil),
		f.browser().open(f.request()).press("signin", "account", evil),
	} {
		if strings.Contains(s.body, "<script>") || !strings.HasPrefix(s.header.Get("Content-Type"), "text/html") ||
			!strings.Contains(s.header.Get("Content-Security-Policy"), "default-src 'none'") ||
			s.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v\n%s", s.at, s.header, s.body)
		}
	}
}

func TestBodiesOfPagesAreBounded(t *testing.T) {
	f := open(t, sandbox.Options{})
	b := f.browser()
	s := b.open(f.request())
	v := s.fields()
	v.Set("action", "cancel")
	v.Set("x", strings.Repeat("y", 70_000))
	if got := b.post(s.action(), v); got.status != 400 {
		t.Errorf("%d", got.status)
	}
	// Ever more sign-ins push the oldest one out, and nothing grows.
	for range 510 {
		f.browser().open(f.request())
	}
	v.Del("x")
	if got := b.post(s.action(), v); got.title() != "This page has expired" {
		t.Errorf("the oldest of 511: %s", got.title())
	}
}

func TestLabelsBelongToFields(t *testing.T) {
	f := open(t, sandbox.Options{})
	for _, s := range []seen{f.browser().open(f.request()), f.browser().open(f.login + "/common/oauth2/deviceauth")} {
		ids, labels := 0, 0
		for _, part := range strings.Split(s.body, "<input ")[1:] {
			if tag, _, _ := strings.Cut(part, ">"); !strings.Contains(tag, `type="hidden"`) {
				ids++
				_, id, _ := strings.Cut(tag, `id="`)
				id, _, _ = strings.Cut(id, `"`)
				if strings.Contains(s.body, `<label for="`+id+`">`) {
					labels++
				}
			}
		}
		if ids == 0 || ids != labels || !strings.Contains(s.body, `<html lang="en">`) {
			t.Errorf("%s: %d fields, %d labels", s.at, ids, labels)
		}
	}
}
