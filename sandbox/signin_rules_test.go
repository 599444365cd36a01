package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"palmail/sandbox"
)

func TestSignInRules(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.tenant.SetRules(sandbox.Rules{BrowserForbidden: 53003})
	v := f.browser().open(f.request()).press("signin", "account", "admin@agency.gov").back()
	r := f.ask("organizations", f.exchange(v.Get("code")))
	if e := r.refusal(t); r.status != 400 || e.Error != "invalid_grant" || e.Codes[0] != 53003 {
		t.Errorf("%s", r.body)
	}
	f.tenant.SetRules(sandbox.Rules{BrowserForbidden: 530033, BrowserStops: true})
	s := f.browser().open(f.request()).press("signin", "account", "admin@agency.gov")
	if s.header.Get("Location") != "" || !strings.Contains(s.body, "AADSTS530033") ||
		s.title() != "You don’t have access to this" {
		t.Errorf("%s", s.body)
	}
	f.tenant.SetRules(sandbox.Rules{MFARequired: true})
	s = f.browser().open(f.request()).press("signin", "account", "admin@agency.gov")
	if s.title() != "Approve the sign-in request" {
		t.Fatalf("%s", s.body)
	}
	r = f.ask("organizations", f.exchange(s.press("approve").back().Get("code")))
	if amr := fmt.Sprint(claimsOf(t, r.text(t, "access_token"))["amr"]); amr != "[pwd mfa]" {
		t.Error(amr)
	}
	f.tenant.SetRules(sandbox.Rules{})
	f.must(f.tenant.AddAdmin(sandbox.Admin{Username: "gone@agency.gov"}))
	f.tenant.SetMailbox("gone@agency.gov", sandbox.Mailbox{Disabled: true})
	if s := f.browser().open(f.request()).press("signin", "account", "gone@agency.gov"); !strings.Contains(s.body,
		"AADSTS50057") {
		t.Errorf("%s", s.body)
	}
	if (f.tenant.Rules() != sandbox.Rules{}) {
		t.Error(f.tenant.Rules())
	}
}

func TestConsentToASignInApp(t *testing.T) {
	f := open(t, sandbox.Options{})
	const tools = sandbox.GraphCommandLineTools
	wanted := "https://graph.microsoft.com/Application.ReadWrite.All Policy.Read.All openid offline_access"
	ask := f.request("client_id", tools, "scope", wanted)
	s := f.browser().open(ask).press("signin", "account", "user@agency.gov")
	if s.title() != "Need admin approval" || !strings.Contains(s.body, "AADSTS90094") {
		t.Fatalf("%s", s.body)
	}
	if v := s.press("cancel").back(); v.Get("error") != "access_denied" ||
		!strings.HasPrefix(v.Get("error_description"), "AADSTS90094") {
		t.Errorf("%v", v)
	}
	s = f.browser().open(ask).press("signin", "account", "apps@agency.gov")
	if s.title() != "Permissions requested" || !strings.Contains(s.body, "Policy.Read.All") {
		t.Fatalf("%s", s.body)
	}
	if v := s.press("cancel").back(); v.Get("error") != "access_denied" ||
		!strings.HasPrefix(v.Get("error_description"), "AADSTS65004") {
		t.Errorf("%v", v)
	}
	f.signInTo("apps@agency.gov", tools, wanted)
	// Once an administrator has consented, nobody else is asked.
	c := claimsOf(t, f.signInTo("user@agency.gov", tools, scope+" openid"))
	if c["scp"] != "Application.ReadWrite.All Policy.Read.All openid profile" {
		t.Errorf("scp %v", c["scp"])
	}
	// What needs no administrator anybody may consent to, for themselves.
	f.signInTo("user@agency.gov", tools, "https://graph.microsoft.com/User.Read")
	if s := f.browser().open(f.request("client_id", tools, "scope",
		"https://graph.microsoft.com/User.Read")).press("signin", "account",
		"developer@agency.gov"); s.title() != "Permissions requested" {
		t.Errorf("%s", s.title())
	}
	f.tenant.SetRules(sandbox.Rules{AdminApprovalRequired: true})
	if s := f.browser().open(f.request("client_id", tools, "scope",
		"https://graph.microsoft.com/User.Read")).press("signin", "account",
		"developer@agency.gov"); s.title() != "Need admin approval" {
		t.Errorf("%s", s.title())
	}
	f.signIn("developer@agency.gov") // Azure CLI is approved in advance
	if v := f.browser().open(f.request("client_id", tools, "scope",
		"https://graph.microsoft.com/No.Such")).press("signin", "account",
		"admin@agency.gov").back(); !strings.HasPrefix(v.Get("error_description"), "AADSTS650053") {
		t.Errorf("%v", v)
	}
	if v := f.browser().open(f.request("scope", "https://graph.microsoft.com/User.Read")).press("signin", "account",
		"admin@agency.gov").back(); !strings.HasPrefix(v.Get("error_description"), "AADSTS65002") {
		t.Errorf("%v", v)
	}
}

func TestAgencysOwnSignInApp(t *testing.T) {
	f := open(t, sandbox.Options{})
	own := f.tenant.RegisterApp("Agency sign-in", sandbox.MobileAndDesktop, "http://localhost")
	for _, p := range []string{"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"} {
		f.must(f.tenant.AddPermission(own.ClientID, sandbox.MicrosoftGraph, sandbox.Delegated, p))
	}
	request := func(pairs ...string) string {
		return strings.Replace(f.request(append([]string{"client_id", own.ClientID}, pairs...)...), "organizations",
			f.tenant.ID(), 1)
	}
	s := f.browser().open(request()).press("signin", "account", "admin@agency.gov").press("accept")
	r := f.ask(f.tenant.ID(), f.exchange(s.back().Get("code"), "client_id", own.ClientID))
	if scp := claimsOf(t, r.text(t, "access_token"))["scp"]; scp != "AppRoleAssignment.ReadWrite.All "+
		"Application.ReadWrite.All User.Read openid profile" {
		t.Errorf("scp %v: %s", scp, r.body)
	}
	if a, _ := f.tenant.AppWithID(own.ClientID); slices.ContainsFunc(a.Permissions,
		func(p sandbox.Permission) bool { return !p.Granted }) {
		t.Errorf("%v", a.Permissions)
	}
	web := f.tenant.RegisterApp("Web sign-in", sandbox.Web, "http://localhost")
	s = f.browser().open(strings.Replace(request(), own.ClientID, web.ClientID, 1)).press("signin", "account",
		"admin@agency.gov").press("accept")
	if e := f.ask(f.tenant.ID(), f.exchange(s.back().Get("code"), "client_id", web.ClientID)); e.status != 401 ||
		e.refusal(t).Codes[0] != 7000218 {
		t.Errorf("%s", e.body)
	}
	bare := f.tenant.RegisterApp("Bare", sandbox.MobileAndDesktop, "http://localhost")
	f.must(f.tenant.RemovePermission(bare.ClientID, sandbox.MicrosoftGraph, sandbox.Delegated, "User.Read"))
	if v := f.browser().open(strings.Replace(request(), own.ClientID, bare.ClientID, 1)).press("signin", "account",
		"admin@agency.gov").back(); !strings.HasPrefix(v.Get("error_description"), "AADSTS650056") {
		t.Errorf("%v", v)
	}
	f.must(f.tenant.SetEnabled(own.ClientID, false))
	if s := f.browser().open(request()); !strings.Contains(s.body, "AADSTS7000112") {
		t.Errorf("%s", s.body)
	}
}

func TestAnotherTenantsAdmin(t *testing.T) {
	f := open(t, sandbox.Options{})
	c := claimsOf(t, f.signIn("admin@fabrikam.com"))
	if c["tid"] == f.tenant.ID() || c["upn"] != "admin@fabrikam.com" ||
		strings.Contains(fmt.Sprint(c["iss"]), f.tenant.ID()) {
		t.Errorf("%v", c)
	}
	here := f.browser().open(strings.Replace(f.request(), "organizations", "agency.gov", 1))
	if strings.Contains(here.body, "fabrikam.com") {
		t.Error("offered where the address names the tenant")
	}
	there := f.browser().open(strings.Replace(f.request(), "organizations", "fabrikam.com", 1)).press("signin",
		"account", "admin@agency.gov")
	if !strings.Contains(there.body, "AADSTS50020") {
		t.Errorf("%s", there.body)
	}
}

func TestAdmins(t *testing.T) {
	f := open(t, sandbox.Options{})
	for _, bad := range []sandbox.Admin{
		{Username: "x"}, {Username: "@agency.gov"}, {Username: "x@agency.gov", Roles: []string{"King"}},
	} {
		if f.tenant.AddAdmin(bad) == nil {
			t.Errorf("%v was added", bad)
		}
	}
	f.must(f.tenant.AddAdmin(sandbox.Admin{
		Username: "User@agency.gov", Name: "U", Roles: []string{sandbox.PrivilegedRoleAdministrator},
	}))
	var names []string
	for _, a := range f.tenant.Admins() {
		names = append(names, a.Username)
	}
	if strings.Join(names, " ") != "admin@agency.gov apps@agency.gov developer@agency.gov user@agency.gov "+
		"admin@fabrikam.com" {
		t.Error(names)
	}
	if wids := fmt.Sprint(claimsOf(t,
		f.signIn("user@agency.gov"))["wids"]); wids != "[e8611ab8-c189-46e8-94e1-60213ab1f814 "+
		"b79fbf4d-3ef9-4689-8143-76b194e85509]" {
		t.Error(wids)
	}
}
