package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// device asks for a device code and returns the answer.
func (f *office) device(pairs ...string) reply {
	f.t.Helper()
	v := url.Values{"client_id": {azure}, "scope": {f.scope + " openid offline_access profile"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return f.do("POST", f.login+"/organizations/oauth2/v2.0/devicecode", "application/x-www-form-urlencoded", "",
		[]byte(v.Encode()))
}

func (f *office) poll(code string, pairs ...string) reply {
	f.t.Helper()
	v := url.Values{
		"client_id": {azure}, "grant_type": {
			"urn:ietf:params:oauth:grant-type:device_code",
		}, "device_code": {code}, "client_info": {"1"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return f.ask("organizations", v)
}

func TestSignInByDeviceCode(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := open(t, sandbox.Options{Now: func() time.Time { return now }})
	r := f.device()
	o := r.object(t)
	user, code := r.text(t, "user_code"), r.text(t, "device_code")
	if r.status != 200 || o["expires_in"] != 900.0 || o["interval"] != 5.0 ||
		o["verification_uri"] != "https://microsoft.com/devicelogin" ||
		o["message"] != "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter "+
			"the code "+user+" to authenticate." || len(user) != 9 || len(o) != 6 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	expect := func(code, kind string, number int) {
		t.Helper()
		if r := f.poll(code); r.status != 400 || r.refusal(t).Error != kind || r.refusal(t).Codes[0] != number {
			t.Errorf("want %s: %d %s", kind, r.status, r.body)
		}
	}
	expect(code, "authorization_pending", 70016)
	expect(code, "slow_down", 70016)
	now = now.Add(5 * time.Second)
	expect(code, "authorization_pending", 70016)
	expect("nonsense", "bad_verification_code", 70000)
	if e := f.poll(code, "client_id", sandbox.GraphCommandLineTools).refusal(t); e.Error != "bad_verification_code" {
		t.Errorf("another app: %v", e)
	}

	b := f.browser()
	s := b.open("https://microsoft.com/devicelogin")
	if s.status == 302 { // as far as this browser follows; a real one goes on by itself
		s = b.open(s.header.Get("Location"))
	}
	if s.title() != "Enter code" || s.at.Host != "login.microsoftonline.com" {
		t.Fatalf("%s %s", s.at, s.body)
	}
	if wrong := s.press("", "user_code", "ABCDEFGHJ"); !strings.Contains(wrong.body, "That code did not work") {
		t.Errorf("%s", wrong.body)
	}
	if forged := b.post(s.action(), url.Values{"user_code": {user}}); forged.title() != "This page has expired" {
		t.Errorf("a form from elsewhere: %s", forged.title())
	}
	s = s.press("", "user_code", " "+strings.ToLower(user[:4])+"-"+user[4:]+" ")
	if s.title() != "Sign in to Example Agency" || !strings.Contains(s.body, "Microsoft Azure CLI") ||
		!strings.Contains(s.body, user) {
		t.Fatalf("%s", s.body)
	}
	now = now.Add(5 * time.Second)
	expect(code, "authorization_pending", 70016)
	if done := s.press("signin", "account", "apps@agency.gov"); done.title() != "You have signed in" {
		t.Fatalf("%s", done.body)
	}
	r = f.poll(code)
	if r.status != 200 || claimsOf(t, r.text(t, "access_token"))["upn"] != "apps@agency.gov" ||
		r.text(t, "refresh_token") == "" || r.text(t, "client_info") == "" {
		t.Errorf("%d %s", r.status, r.body)
	}
	expect(code, "bad_verification_code", 70000)
	if again := b.open(f.login+"/common/oauth2/deviceauth").press("", "user_code", user); !strings.Contains(again.body,
		"That code did not work") {
		t.Errorf("the code again: %s", again.title())
	}

	declined := f.device()
	s = b.open(f.login+"/common/oauth2/deviceauth").press("", "user_code",
		declined.text(t, "user_code")).press("cancel")
	if s.title() != "You have not signed in" {
		t.Errorf("%s", s.body)
	}
	expect(declined.text(t, "device_code"), "authorization_declined", 70018)

	late := f.device()
	now = now.Add(15 * time.Minute)
	expect(late.text(t, "device_code"), "expired_token", 70020)
	if s := b.open(f.login+"/common/oauth2/deviceauth").press("", "user_code",
		late.text(t, "user_code")); !strings.Contains(s.body, "That code did not work") {
		t.Errorf("an expired code: %s", s.title())
	}
}

func TestDeviceCodeRules(t *testing.T) {
	f := open(t, sandbox.Options{})
	for code, kind := range map[int]string{
		50199: "interaction_required", 530035: "invalid_grant", 53003: "invalid_grant", 50105: "invalid_grant",
		99: "invalid_grant",
	} {
		f.tenant.SetRules(sandbox.Rules{DeviceCodeForbidden: code})
		r := f.device()
		s := f.browser().open(f.login+"/common/oauth2/deviceauth").press("", "user_code",
			r.text(t, "user_code")).press("signin", "account", "admin@agency.gov")
		if s.title() != "You don’t have access to this" {
			t.Errorf("%d: %s", code, s.body)
		}
		if e := f.poll(r.text(t, "device_code")).refusal(t); e.Codes[0] != code || e.Error != kind {
			t.Errorf("%d: %v", code, e)
		}
	}
}

func TestDeviceCodeRefusals(t *testing.T) {
	f := open(t, sandbox.Options{})
	for name, tc := range map[string]struct {
		r    reply
		code int
	}{
		"get":            {f.do("GET", f.login+"/organizations/oauth2/v2.0/devicecode", "", "", nil), 900561},
		"no client":      {f.device("client_id", ""), 900144},
		"unknown client": {f.device("client_id", f.app.ObjectID), 700016},
		"no scope":       {f.device("scope", " "), 900144},
		"other resource": {f.device("scope", "https://foo.microsoft.com/.default"), 500011},
		"no code":        {f.poll(""), 900144},
		"malformed": {
			f.do("POST", f.login+"/organizations/oauth2/v2.0/devicecode", "application/x-www-form-urlencoded", "",
				[]byte("%zz")), 9002313,
		},
	} {
		if tc.r.status != 400 || tc.r.refusal(t).Codes[0] != tc.code {
			t.Errorf("%s: %d %s", name, tc.r.status, tc.r.body)
		}
	}
	// A named scope is found out once somebody has signed in.
	r := f.device("scope", "https://graph.microsoft.com/User.Read")
	f.browser().open(f.login+"/common/oauth2/deviceauth").press("", "user_code",
		r.text(t, "user_code")).press("signin", "account", "admin@agency.gov")
	if e := f.poll(r.text(t, "device_code")).refusal(t); e.Codes[0] != 65002 {
		t.Errorf("%v", e)
	}
	if r, err := f.try("GET", "https://microsoft.com/organizations/oauth2/v2.0/devicecode", "", "", nil); err != nil ||
		r.status != 404 {
		t.Errorf("microsoft.com has only the short addresses: %v %d", err, r.status)
	}
}

func TestDeviceAddressPerCloud(t *testing.T) {
	for cloud, want := range map[string]string{
		"gcc-high": "https://microsoft.com/deviceloginus", "china": "https://microsoft.com/deviceloginchina",
	} {
		f := open(t, sandbox.Options{Cloud: cloud})
		f.login = map[string]string{
			"gcc-high": "https://login.microsoftonline.us", "china": "https://login.partner.microsoftonline.cn",
		}[cloud]
		f.scope = map[string]string{
			"gcc-high": "https://graph.microsoft.us/.default",
			"china":    "https://microsoftgraph.chinacloudapi.cn/.default",
		}[cloud]
		r := f.device()
		if r.text(t, "verification_uri") != want {
			t.Errorf("%s: %s", cloud, r.body)
		}
		b := f.browser()
		s := b.open(want)
		if s.status == 302 {
			s = b.open(s.header.Get("Location"))
		}
		if s.title() != "Enter code" || !strings.HasPrefix(f.login, "https://"+s.at.Host) {
			t.Errorf("%s: %s %s", cloud, s.at, s.title())
		}
		if c := claimsOf(t, f.signIn("admin@agency.gov")); c["aud"] != strings.TrimSuffix(f.scope, "/.default") {
			t.Errorf("%s: %v", cloud, c["aud"])
		}
	}
	f := open(t, sandbox.Options{Cloud: "gcc-high"}) // asked at the commercial host
	f.scope = "https://graph.microsoft.us/.default"
	if s := f.browser().open(strings.Replace(f.request(), "/organizations/", "/agency.gov/",
		1)); !strings.Contains(s.body, "AADSTS900439") {
		t.Errorf("a Government tenant by name: %s", s.body)
	}
	s := f.browser().open(f.request()).press("signin", "account", "admin@agency.gov")
	if q := s.back(); !strings.Contains(q.Get("error_description"), "AADSTS900439") || q.Get("code") != "" {
		t.Errorf("a Government account: %v", q)
	}
	f = open(t, sandbox.Options{Cloud: "china"})
	f.scope = "https://microsoftgraph.chinacloudapi.cn/.default"
	if s := f.browser().open(strings.Replace(f.request(), "/organizations/", "/agency.gov/",
		1)); !strings.Contains(s.body, "AADSTS90038") {
		t.Errorf("a tenant in China: %s", s.body)
	}
}
