package sandbox_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"palmail/sandbox"
)

// consentAddress is the admin consent page of the office's app.
func (f *office) consentAddress(version string, pairs ...string) string {
	v := url.Values{"client_id": {f.app.ClientID}, "state": {"s-1"}, "redirect_uri": {redirect}}
	if version == "/v2.0" {
		v.Set("scope", f.scope)
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return f.login + "/" + f.tenant.ID() + version + "/adminconsent?" + v.Encode()
}

func TestAdminConsent(t *testing.T) {
	for _, version := range []string{"", "/v2.0"} {
		f := open(t, sandbox.Options{})
		f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
		v2 := version != ""
		s := f.browser().open(f.consentAddress(version)).press("signin", "account", "admin@agency.gov")
		if s.title() != "Permissions requested" ||
			!strings.Contains(s.body, "Microsoft Graph: Mail.Send (application permission)") {
			t.Fatalf("%s", s.body)
		}
		v := s.press("cancel").back()
		if v2 && (v.Get("error") != "consent_required" ||
			!strings.HasPrefix(v.Get("error_description"), "AADSTS65004") || v.Get("admin_consent") != "True") {
			t.Errorf("v2 cancelled: %v", v)
		}
		if !v2 && (v.Get("error") != "permission_denied" ||
			v.Get("error_description") != "The admin canceled the request" || v.Has("admin_consent")) {
			t.Errorf("v1 cancelled: %v", v)
		}
		if v.Get("state") != "s-1" || claimsOf(t, f.token())["roles"] != nil {
			t.Errorf("cancelled: %v", v)
		}
		s = f.browser().open(f.consentAddress(version)).press("signin", "account", "admin@agency.gov").press("accept")
		if v := s.back(); v.Get("admin_consent") != "True" || v.Get("tenant") != f.tenant.ID() ||
			v.Get("state") != "s-1" || v.Has("error") ||
			v2 != strings.Contains(v.Get("scope"), "https://graph.microsoft.com/Mail.Send") ||
			!strings.HasPrefix(s.header.Get("Location"), redirect+"?") {
			t.Errorf("accepted: %s", s.header.Get("Location"))
		}
		if r := f.send(noreply, f.token(), letter); r.status != 202 {
			t.Errorf("after consent: %d", r.status)
		}
		a, _ := f.tenant.AppWithID(f.app.ClientID)
		for _, p := range a.Permissions {
			if !p.Granted {
				t.Errorf("%v is not granted", p)
			}
		}
	}
}

func TestAdminConsentByOthers(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	refused := func(username string) {
		t.Helper()
		s := f.browser().open(f.consentAddress("/v2.0")).press("signin", "account", username)
		if s.title() != "Need admin approval" || !strings.Contains(s.body, "AADSTS90094") {
			t.Errorf("%s: %s", username, s.body)
		}
		if v := s.press("cancel").back(); v.Get("error") != "access_denied" || v.Get("admin_consent") != "True" {
			t.Errorf("%s: %v", username, v)
		}
	}
	refused("apps@agency.gov") // may consent to anything but app roles of Microsoft Graph
	refused("user@agency.gov")
	f.tenant.SetRules(sandbox.Rules{MayNotConsent: true})
	refused("admin@agency.gov")
	f.tenant.SetRules(sandbox.Rules{})
	if claimsOf(t, f.token())["roles"] != nil {
		t.Error("a refused consent granted something")
	}
	// Delegated scopes alone an application administrator may grant.
	s := f.browser().open(f.consentAddress("/v2.0", "scope", "https://graph.microsoft.com/User.Read")).press("signin",
		"account", "apps@agency.gov").press("accept")
	if v := s.back(); v.Get("admin_consent") != "True" || claimsOf(t, f.token())["roles"] != nil {
		t.Errorf("%v", v)
	}
}

func TestAdminConsentRevokesWhatIsNoLongerListed(t *testing.T) {
	f := ready(t, sandbox.Options{})
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Read"))
	admin := "Bearer " + f.signIn("admin@agency.gov")
	body := `{"requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000",
		"resourceAccess":[{"id":"810c84a8-4a9e-49e6-bf7d-12d183f40d01","type":"Role"}]}]}`
	if r := f.do("PATCH", f.graph+"/v1.0/applications/"+f.app.ObjectID, "application/json", admin,
		[]byte(body)); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	consent := func() {
		t.Helper()
		f.browser().open(f.consentAddress("")).press("signin", "account", "admin@agency.gov").press("accept").back()
		if roles := fmt.Sprint(claimsOf(t, f.token())["roles"]); roles != "[Mail.Read]" {
			t.Errorf("%v", roles)
		}
	}
	if roles := fmt.Sprint(claimsOf(t, f.token())["roles"]); roles != "[Mail.Send]" {
		t.Fatal(roles)
	}
	consent()
	f.must(f.tenant.DeleteServicePrincipal(f.app.ClientID)) // consent makes it anew
	consent()
	// The app may be gone by the time that the administrator accepts.
	s := f.browser().open(f.consentAddress("")).press("signin", "account", "admin@agency.gov")
	f.tenant.DeleteApp(f.app.ClientID)
	if s = s.press("accept"); !strings.Contains(s.body, "AADSTS700016") {
		t.Errorf("%s", s.body)
	}
}

func TestAdminConsentAddresses(t *testing.T) {
	f := open(t, sandbox.Options{})
	bare := f.tenant.RegisterApp("No redirect", sandbox.Web, "")
	for address, want := range map[string]string{
		f.consentAddress("", "client_id", bare.ClientID):                                                "AADSTS500113",
		f.consentAddress("", "redirect_uri", redirect+"x"):                                              "AADSTS50011",
		f.consentAddress("", "redirect_uri", "//evil.example"):                                          "AADSTS50011",
		f.consentAddress("/v2.0", "scope", "https://x.example/.default"):                                "AADSTS500011",
		strings.Replace(f.consentAddress(""), f.tenant.ID(), "%2F%2Fevil.example%2F", 1):                "AADSTS900023",
		strings.Replace(f.consentAddress(""), f.tenant.ID(), "c1e7a92d-36b8-4f05-9a4c-8b52d7f013e6", 1): "AADSTS700016",
	} {
		if s := f.browser().open(address); s.status != 400 || !strings.Contains(s.body, want) {
			t.Errorf("%s: %d %s", address, s.status, s.body)
		}
	}
	if s := f.browser().open(f.consentAddress("", "redirect_uri",
		"")).press("cancel"); !strings.HasPrefix(s.header.Get("Location"), redirect+"?") {
		t.Errorf("without a redirect URI the first one is taken: %v", s.header)
	}
	if r := f.do("PUT", f.consentAddress(""), "", "", nil); r.status != 404 {
		t.Errorf("%d", r.status)
	}
}
