package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"palmail/sandbox"
)

// What the roles and rules forbid is refused on the pages too.
func TestPortalRules(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	app := "/app/" + a.ClientID
	as := func(who string) {
		t.Helper()
		v.open("/settings").send("/settings/who", "who", who+"@agency.gov").says(200, "Signed in as "+who)
	}
	v.send(app+"/permissions/add", "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission",
		"Mail.Send")

	as("user")
	v.send("/new", "name", "Mine", "audience", "AzureADMyOrg").says(400,
		"You do not have permission to register applications")
	v.addSecret(app, "description", "x", "expires", "180").says(400, "user@agency.gov is not allowed to change it")
	v.send(app+"/permissions/remove", "permission", "Microsoft Graph|Application|Mail.Send").says(400,
		"not allowed to change it")
	v.send(app+"/authentication", "platform", "Web", "redirect", "https://x.example").says(400,
		"not allowed to change it")
	as("apps")
	v.send(app+"/permissions/consent", "answer", "yes").says(400, "Grant consent failed",
		"Privileged Role Administrator")
	as("developer")
	v.send("/new", "name", "Mine", "audience", "AzureADMyOrg").says(200, "Mine")
	mine, _ := tenant.AppNamed("Mine")
	v.addSecret("/app/"+mine.ClientID, "description", "x", "expires", "180").says(200, "Secret ID")
	as("admin")
	rules := []string{"secret-max-days", "181", "device-code", "53003", "browser", "0"}
	v.send("/settings/rules", rules...).says(200, "Saved.")
	if r := tenant.Rules(); r.SecretMaxDays != 181 || r.DeviceCodeForbidden != 53003 {
		t.Errorf("%+v", r)
	}
	v.addSecret(app, "description", "x", "expires", "365").says(400, "lifetime exceeds the max value")
	v.addSecret(app, "description", "x", "expires", "180").says(200)
	v.send("/settings/rules", append(rules, "secrets-forbidden", "on", "may-not-register", "on", "may-not-consent",
		"on")...).says(200)
	v.addSecret(app, "description", "x", "expires", "90").says(400, "type not allowed")
	v.send("/new", "name", "No", "audience", "AzureADMyOrg").says(400, "permission")
	v.send(app+"/permissions/consent", "answer", "yes").says(400, "Grant consent failed")
	v.send("/settings/rules", "secret-max-days", "-1").says(400, "number of days")
}

// The settings reach the wire: weather, cloud, mailboxes, and what Exchange allows.
func TestPortalSettings(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	v.open("/settings").says(200, "Commercial", "GCC High", "DoD", "Licensed for Exchange Online")
	v.send("/settings/weather", "weather", "rough").says(200, "Saved.")
	if tenant.Weather() != sandbox.Rough() {
		t.Errorf("%+v", tenant.Weather())
	}
	v.send("/settings/weather", "weather", "hail").says(400, "Pick a weather")
	v.send("/settings/delays", "latency", "0.5", "app-delay", "1", "secret-delay", "2", "consent-delay", "3",
		"exchange-delay", "7", "exchange-delay-active", "7200", "policy-delay", "9", "throttle", "4", "fault", "0",
		"lose", "0").says(200)
	if w := tenant.Weather(); w.Latency.Milliseconds() != 500 || w.ConsentDelay.Seconds() != 3 ||
		w.ExchangeDelayActive.Hours() != 2 || w.PolicyDelay.Seconds() != 9 || w.ThrottleEvery != 4 || w.Flapping {
		t.Errorf("%+v", w)
	}
	v.send("/settings/delays", "latency", "NaN").says(400, "between 0 and 7200")
	v.send("/settings/cloud", "cloud", "gcc-high").says(200)
	v.send("/settings/cloud", "cloud", "moon").says(400)
	tenant.SetWeather(sandbox.Calm())
	get := func(u string) string {
		resp, err := (&http.Client{Transport: tenant.Transport()}).Get(u)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	doc := get("https://login.microsoftonline.com/agency.gov/v2.0/.well-known/openid-configuration")
	if !strings.Contains(doc, "DODCON") || tenant.Cloud() != "gcc-high" {
		t.Errorf("%s: %s", tenant.Cloud(), doc)
	}
	v.send("/settings/mailbox", "address", "records@agency.gov").says(200, "records@agency.gov")
	v.send("/settings/mailbox", "address", "records@elsewhere.example").says(400, "an address of agency.gov")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "rbac").says(200,
		"PAL mail: can send as noreply@agency.gov by RBAC for Applications")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "policy").says(200,
		"application access policy")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "none").says(200)
	if strings.Contains(v.body, "PAL mail: ") {
		t.Error("what Exchange said stays")
	}
}

// The real portal's links have a practice page each.
func TestPortalPath(t *testing.T) {
	const id = "11111111-2222-4333-8444-555555555555"
	const app = "https://portal.azure.us/t#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/"
	const iam = "https://portal.azure.com/x#view/Microsoft_AAD_IAM/"
	const registered = "https://portal.azure.com/x#view/Microsoft_AAD_RegisteredApps/"
	for address, want := range map[string]string{
		"https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade": "/portal/",
		registered + "CreateApplicationBlade/quickStartType~/null/isMSAApp~/false":             "/portal/new",
		app + "Overview/appId/" + id +
			"/isMSAApp~/false": "/portal/app/11111111",
		app + "Credentials/appId/" + id +
			"/isMSAApp~/false": "/portal/app/11111111/secrets",
		app + "CallAnAPI/appId/" + id +
			"/isMSAApp~/false": "/portal/app/11111111/permissions",
		app + "Authentication/appId/" + id +
			"/isMSAApp~/false": "/portal/app/11111111/authentication",
		iam + "ManagedAppMenuBlade/~/Overview/appId/" +
			id: "/portal/app/11111111",
		iam + "ManagedAppMenuBlade/~/Overview/objectId/o/appId/" +
			id: "/portal/app/11111111/enterprise",
		iam + "ManagedAppMenuBlade/~/Permissions/objectId/o/appId/" +
			id: "/portal/app/11111111/enterprise/permissions",
		iam + "ManagedAppMenuBlade/~/Owners/objectId/o/appId/" +
			id: "",
		iam + "StartboardApplicationsMenuBlade/~/AppAppsPreview/menuId~/null": "/portal/enterprise",
		app + "Branding/appId/" + id:                                          "",
		app + "Overview/appId/../../x":                                        "",
		"https://admin.microsoft.com/AdminPortal/Home#/servicehealth":         "",
		"://": "",
	} {
		if got := sandbox.PortalPath(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	v := newVisitor(t, sandbox.New(sandbox.Options{}))
	v.open("/link?to="+
		url.QueryEscape("view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null")).says(200,
		"Register an application")
	v.open("/link?to=" + url.QueryEscape("https://evil.example")).says(404)
	v.open("/c1e7a92d-36b8-4f05-9a4c-8b52d7f013e6").says(200, "The link names the tenant c1e7a92d")
	v.open("/app/"+"11111111-2222-4333-8444-555555555555").says(404, "no app registration")
	v.open("/nowhere/at/all").says(404)
	a := v.register("PAL mail")
	v.open("/app/"+a.ClientID[:8]+"/secrets").says(200, "PAL mail | Certificates & secrets")
	v.addSecret("/app/"+a.ClientID[:8], "description", "x", "expires", "90").says(200, "Secret ID")
}
