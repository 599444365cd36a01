package sandbox_test

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

func TestTokenClaims(t *testing.T) {
	f := open(t, sandbox.Options{})
	r := f.ask("agency.gov", f.form("scope", scope+" openid offline_access profile"))
	o := r.object(t)
	if r.status != 200 || o["token_type"] != "Bearer" || o["expires_in"] != 3599.0 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	c := claimsOf(t, r.text(t, "access_token"))
	for k, want := range map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + f.tenant.ID() + "/",
		"tid":   f.tenant.ID(),
		"appid": f.app.ClientID, "oid": f.app.ServicePrincipalID, "sub": f.app.ServicePrincipalID, "idtyp": "app",
		"ver": "1.0",
	} {
		if c[k] != want {
			t.Errorf("%s: %v, want %v", k, c[k], want)
		}
	}
	if _, has := c["roles"]; has {
		t.Errorf("roles without a permission: %v", c["roles"])
	}
	if exp := time.Unix(int64(c["exp"].(float64)), 0); time.Until(exp).Round(time.Minute) != time.Hour {
		t.Errorf("expires %v", exp)
	}
	head, err := base64.RawURLEncoding.DecodeString(strings.Split(r.text(t, "access_token"), ".")[0])
	if h := (reply{body: head}).object(t); err != nil || h["typ"] != "JWT" || h["alg"] != "RS256" {
		t.Errorf("head %s", head)
	}
}

// Every request is wrong in everything from its own fault on, so each row
// shows that its fault is judged before those below it.
func TestTokenOrderOfChecks(t *testing.T) {
	f := open(t, sandbox.Options{})
	disabled := f.tenant.RegisterApp("disabled", sandbox.MobileAndDesktop, redirect)
	f.must(f.tenant.SetEnabled(disabled.ClientID, false))
	bare := f.tenant.RegisterApp("bare", sandbox.MobileAndDesktop, redirect)
	f.must(f.tenant.SetEnabled(bare.ClientID, false))
	f.must(f.tenant.DeleteServicePrincipal(bare.ClientID))
	public := f.tenant.RegisterApp("public", sandbox.MobileAndDesktop, redirect)
	spa := f.tenant.RegisterApp("spa", sandbox.SPA, redirect)
	expired := f.addSecret(time.Now().Add(-time.Hour))

	nobody := "11111111-2222-3333-4444-555555555555"
	id := f.tenant.ID()
	for _, tc := range []struct {
		name, tenant string
		form         url.Values
		status       int
		kind         string
		code         int
	}{
		{"tenant malformed", "not a tenant", url.Values{}, 400, "invalid_request", 900023},
		{"tenant unknown", "unknown.example", url.Values{}, 400, "invalid_tenant", 90002},
		{"no grant type", id, url.Values{}, 400, "invalid_request", 900144},
		{"other grant type", id, f.form("grant_type", "magic"), 400, "unsupported_grant_type", 70003},
		{"no client id", id, f.form("client_id", "-", "scope", "-"), 400, "invalid_request", 900144},
		{"client id unknown", id, f.form("client_id", nobody, "scope", "nonsense"), 400, "unauthorized_client", 700016},
		{"object id for client id", id, f.form("client_id", f.app.ObjectID), 400, "unauthorized_client", 700016},
		{"app of another tenant", "fabrikam.com", f.form(), 400, "unauthorized_client", 700016},
		{"shared endpoint", "common", f.form(), 400, "invalid_request", 50194},
		{"no scope", id, f.form("scope", "-", "client_secret", "-"), 400, "invalid_request", 900144},
		{
			"two scopes", id, f.form("scope", scope+" https://outlook.office365.com/.default", "client_secret", "-"),
			400, "invalid_scope", 70011,
		},
		{
			"named scope", id, f.form("scope", "https://graph.microsoft.com/Mail.Send", "client_secret", "-"), 400,
			"invalid_scope", 1002012,
		},
		{
			"unknown resource", id, f.form("scope", "https://foo.microsoft.com/.default", "client_secret", "-"), 400,
			"invalid_resource", 500011,
		},
		{
			"another cloud's Graph", id, f.form("scope", "https://graph.microsoft.us/.default", "client_secret", "-"),
			400, "invalid_resource", 500011,
		},
		{"no secret", id, f.form("client_id", bare.ClientID, "client_secret", "-"), 401, "invalid_client", 7000216},
		{"no service principal", id, f.form("client_id", bare.ClientID), 401, "invalid_client", 7000229},
		{"disabled", id, f.form("client_id", disabled.ClientID), 400, "unauthorized_client", 7000112},
		{"public client", id, f.form("client_id", public.ClientID), 401, "invalid_client", 700025},
		{"single page", id, f.form("client_id", spa.ClientID), 401, "invalid_client", 700025},
		{"wrong secret", id, f.form("client_secret", "wrong"), 401, "invalid_client", 7000215},
		{"secret id", id, f.form("client_secret", f.secret.ID), 401, "invalid_client", 7000215},
		{"cut short", id, f.form("client_secret", f.secret.Value[:39]), 401, "invalid_client", 7000215},
		{"expired", id, f.form("client_secret", expired.Value), 401, "invalid_client", 7000222},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := f.ask(url.PathEscape(tc.tenant), tc.form)
			e := r.refusal(t)
			if r.status != tc.status || e.Error != tc.kind || e.Codes[0] != tc.code {
				t.Errorf("%d %s", r.status, r.body)
			}
			if strings.Contains(string(r.body), f.secret.Value) {
				t.Error("the answer repeats the secret")
			}
		})
	}
	if r := f.ask(id, f.form()); r.status != 200 {
		t.Errorf("the right request: %d %s", r.status, r.body)
	}
}

func TestTokenRequestForms(t *testing.T) {
	f := open(t, sandbox.Options{})
	address := f.login + "/" + f.tenant.ID() + "/oauth2/v2.0/token"
	formType := "application/x-www-form-urlencoded"
	for _, tc := range []struct {
		name, method, kind, body string
		code                     int
	}{
		{"get", "GET", "", "", 900561},
		{"json", "POST", "application/json", `{"grant_type":"client_credentials"}`, 900144},
		{"bad escape", "POST", formType, "grant_type=%zz", 9002313},
		{"twice", "POST", formType, f.form().Encode() + "&scope=x", 9002313},
		{"too long", "POST", formType, f.form().Encode() + "&x=" + strings.Repeat("y", 70_000), 9002313},
	} {
		if r := f.do(tc.method, address, tc.kind, "", []byte(tc.body)); r.status != 400 ||
			r.refusal(t).Codes[0] != tc.code {
			t.Errorf("%s: %d %s", tc.name, r.status, r.body)
		}
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(f.app.ClientID)+":"+
		url.QueryEscape(f.secret.Value)))
	body := f.form("client_id", "-", "client_secret", "-").Encode()
	if r := f.do("POST", address, formType, basic, []byte(body)); r.status != 200 {
		t.Errorf("basic authentication: %d %s", r.status, r.body)
	}
}

func TestTokenAcrossClouds(t *testing.T) {
	f := open(t, sandbox.Options{Cloud: "gcc-high"})
	f.scope = "https://graph.microsoft.us/.default"
	if e := f.ask(f.tenant.ID(), f.form()).refusal(t); e.Codes[0] != 900382 {
		t.Errorf("at the commercial host: %v", e.Codes)
	}
	f.login = "https://login.partner.microsoftonline.cn"
	if e := f.ask(f.tenant.ID(), f.form()).refusal(t); e.Codes[0] != 90002 {
		t.Errorf("at the Chinese host: %v", e.Codes)
	}
	f.login = "https://login.microsoftonline.us"
	for _, s := range []string{"https://graph.microsoft.us/.default", "https://dod-graph.microsoft.us/.default"} {
		if r := f.ask(f.tenant.ID(), f.form("scope", s)); r.status != 200 {
			t.Errorf("%s: %d %s", s, r.status, r.body)
		}
	}
	if e := f.ask(f.tenant.ID(), f.form("scope", scope)).refusal(t); e.Codes[0] != 500011 {
		t.Errorf("commercial Graph: %v", e.Codes)
	}
}

func TestTokenRoles(t *testing.T) {
	f := open(t, sandbox.Options{})
	id := f.app.ClientID
	roles := func() any { return claimsOf(t, f.token())["roles"] }
	f.must(f.tenant.AddPermission(id, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	f.must(f.tenant.AddPermission(id, sandbox.ExchangeOnline, sandbox.Application, "Mail.ReadWrite"))
	f.must(f.tenant.AddPermission(id, sandbox.MicrosoftGraph, sandbox.Delegated, "Mail.Read"))
	if got := roles(); got != nil {
		t.Errorf("before consent: %v", got)
	}
	f.must(f.tenant.GrantConsent(id))
	if got, ok := roles().([]any); !ok || len(got) != 1 || got[0] != "Mail.Send" {
		t.Errorf("after consent: %v", got)
	}
	f.must(f.tenant.AddPermission(id, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Read"))
	if got, ok := roles().([]any); !ok || len(got) != 1 {
		t.Errorf("added after consent: %v", got)
	}
	f.must(f.tenant.RevokeConsent(id))
	if got := roles(); got != nil {
		t.Errorf("after revoking: %v", got)
	}
	if err := f.tenant.AddPermission(id, sandbox.ExchangeOnline, sandbox.Application, "Mail.Fly"); err == nil {
		t.Error("a permission that nobody offers was added")
	}
}

func TestSecretShape(t *testing.T) {
	f := open(t, sandbox.Options{Seed: 7})
	shape := regexp.MustCompile(`^[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}$`)
	first := map[bool]int{}
	for range 200 {
		s := f.addSecret(time.Now().AddDate(1, 0, 0))
		if !shape.MatchString(s.Value) || len(s.Value) != 40 || s.Hint != s.Value[:3] {
			t.Fatalf("%q, hint %q", s.Value, s.Hint)
		}
		first[strings.ContainsAny(s.Value[:1], "~._")]++
	}
	if first[true] < 20 || first[false] < 100 {
		t.Errorf("first characters: %v", first)
	}
	if _, err := f.tenant.AddSecret(f.app.ClientID, "long", time.Now().AddDate(2, 0, 2)); err == nil {
		t.Error("more than 24 months were allowed")
	}
	if a, _ := f.tenant.AppNamed("PAL mail"); len(a.Secrets) != 201 || a.Secrets[0].Value != "" {
		t.Errorf("%d secrets shown, the first with the value %q", len(a.Secrets), a.Secrets[0].Value)
	}
}

func TestSeedRepeats(t *testing.T) {
	a, b := open(t, sandbox.Options{Seed: 3}), open(t, sandbox.Options{Seed: 3})
	c := open(t, sandbox.Options{Seed: 4})
	if a.secret.Value != b.secret.Value || a.app.ClientID != b.app.ClientID || a.secret.Value == c.secret.Value {
		t.Error("ids do not follow the seed")
	}
}

func TestRemovedSecret(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.must(f.tenant.RemoveSecret(f.app.ClientID, f.secret.ID))
	if e := f.ask(f.tenant.ID(), f.form()).refusal(t); e.Codes[0] != 7000215 {
		t.Errorf("%v", e.Codes)
	}
	if f.tenant.RemoveSecret(f.app.ClientID, f.secret.ID) == nil {
		t.Error("removed twice")
	}
}
