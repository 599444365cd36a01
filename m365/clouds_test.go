package m365

import (
	"net/url"
	"strings"
	"testing"
)

func TestCloudsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Clouds() {
		if seen[c.Name] || c.Custom || c.Label == "" || c.ExchangeEnvironment == "" {
			t.Errorf("%+v is not whole, or is there twice", c)
		}
		seen[c.Name] = true
		for _, a := range []string{c.Login, c.Graph, c.Portal, c.Entra} {
			if u, err := url.Parse(a); err != nil || u.Scheme != "https" || u.Path != "" {
				t.Errorf("%s: %q is not a base address", c.Name, a)
			}
		}
		if got, ok := CloudNamed(c.Name); !ok || got != c {
			t.Errorf("CloudNamed(%q) = %+v, %v", c.Name, got, ok)
		}
		if c.Scope() != c.Graph+"/.default" {
			t.Errorf("%s: scope %q", c.Name, c.Scope())
		}
	}
	if _, ok := CloudNamed("auto"); ok || len(seen) != 5 {
		t.Errorf("the clouds are %v", seen)
	}
}

// The values of Connect-ExchangeOnline's -ExchangeEnvironmentName; GCC is in
// the default one. A cloud file names none, and none is assumed
// (https://learn.microsoft.com/powershell/module/exchangepowershell/connect-exchangeonline).
func TestExchangeEnvironments(t *testing.T) {
	for name, want := range map[string]string{
		Commercial: "O365Default", GCC: "O365Default", GCCHigh: "O365USGovGCCHigh", DoD: "O365USGovDoD",
		China: "O365China",
	} {
		if c, _ := CloudNamed(name); c.ExchangeEnvironment != want {
			t.Errorf("%s: %q", name, c.ExchangeEnvironment)
		}
	}
	lab, err := CustomCloud("lab", "https://login.example", "https://graph.example", "https://portal.example")
	if err != nil || lab.ExchangeEnvironment != "" {
		t.Errorf("%+v, %v", lab, err)
	}
}

func TestSecretsGoToTheCloudsOwnHosts(t *testing.T) {
	gov, _ := CloudNamed(GCCHigh)
	lab, err := CustomCloud("lab", "https://login.example:8443", "https://graph.example", "https://portal.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		c    Cloud
		host string
		want bool
	}{
		{gov, "login.microsoftonline.us", true}, {gov, "login.microsoftonline.com", true},
		{gov, "login.example:8443", false},
		{lab, "login.example:8443", true}, {lab, "login.example", false}, {lab, "login.microsoftonline.com", false},
	} {
		if got := x.c.isLoginHost(x.host); got != x.want {
			t.Errorf("%s may issue at %s: %v", x.c.Name, x.host, got)
		}
	}
}

func TestLinks(t *testing.T) {
	gov, _ := CloudNamed(GCCHigh)
	l := gov.Links(testTenant, testApp)
	for got, want := range map[string]string{
		l.Registrations: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
		l.Overview: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/" + testApp + "/isMSAApp~/false",
		l.Secrets: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/" + testApp +
			"/isMSAApp~/false",
		l.Permissions: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/" + testApp + "/isMSAApp~/false",
		l.Authentication: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Authentication/appId/" + testApp +
			"/isMSAApp~/false",
		l.AdminConsent: "https://login.microsoftonline.us/" + testTenant + "/adminconsent?client_id=" + testApp,
		gov.NewRegistrationLink(testTenant): "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false",
		l.EnterpriseApp: "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/appId/" + testApp,
		gov.EnterpriseAppLink(testTenant, "sp", testApp): "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/objectId/sp/appId/" + testApp,
		gov.EnterprisePermissionsLink(testTenant, "sp", testApp): "https://portal.azure.us/" + testTenant +
			"#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/sp/appId/" + testApp,
		gov.EnterpriseAppsLink(""): "https://entra.microsoft.us/" +
			"#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview/menuId~/null",
		gov.NewRegistrationLink(""): "https://entra.microsoft.us/" +
			"#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false",
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if l.ServiceHealth != "" {
		t.Errorf("service health of GCC High is %q", l.ServiceHealth)
	}
	lab, _ := CustomCloud("lab", "https://login.example", "https://graph.example", "https://portal.example/base/")
	l = lab.Links("", "")
	if l.Registrations != "https://portal.example/base/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade" ||
		l.Secrets != "" || l.AdminConsent != "" {
		t.Errorf("links without IDs: %+v", l)
	}
}

func TestAdminConsentLink(t *testing.T) {
	gov, _ := CloudNamed(DoD)
	u, err := url.Parse(gov.AdminConsentLink(testTenant, testApp, "https://pal.agency.gov/connectors/SMTP.aspx", "s t"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != "login.microsoftonline.us" || u.Path != "/"+testTenant+"/v2.0/adminconsent" ||
		q.Get("client_id") != testApp || q.Get("scope") != "https://dod-graph.microsoft.us/.default" ||
		q.Get("redirect_uri") != "https://pal.agency.gov/connectors/SMTP.aspx" || q.Get("state") != "s t" {
		t.Errorf("%s", u)
	}
}

const labFile = `{"name":"lab","login":"https://login.example/","graph":"https://graph.example:8443",` +
	`"portal":"https://portal.example"}`

func TestParseCloudFile(t *testing.T) {
	for _, in := range []string{labFile, "\ufeff" + labFile + "\r\n"} {
		c, err := ParseCloudFile([]byte(in))
		want := Cloud{
			Name: "lab", Label: "custom cloud lab (login.example)", Login: "https://login.example", Graph: "https://graph.example:8443",
			Portal: "https://portal.example", Custom: true,
		}
		if err != nil || c != want {
			t.Errorf("%+v, %v", c, err)
		}
	}
	with := func(old, new string) string { return strings.Replace(labFile, old, new, 1) }
	for in, says := range map[string]string{
		"":                                    "empty or cut off",
		labFile[:40]:                          "empty or cut off",
		"[]":                                  "cannot unmarshal",
		labFile + "{}":                        "more than one",
		with(`"name"`, `"nmae"`):              "unknown field",
		with(`"lab"`, `""`):                   "name is missing",
		with(`"lab"`, `"gcc-high"`):           "read like GCC",
		with(`"lab"`, `"auto"`):               "auto",
		with(`"lab"`, `"a\u001bb"`):           "one line",
		with("https://login", "http://login"): "login must begin with https://",
		with(`"graph":"https://graph.example:8443",`, ""):          "graph is missing",
		with("graph.example:8443", "graph.example/v1.0"):           "without a path",
		with("login.example/", "user:hunter2@login.example/"):      "login must not hold a user name",
		with("login.example/", "login.example/?x=1"):               "query",
		with("portal.example", "portal.example/#x"):                "fragment",
		with("https://portal.example", "https://"):                 "portal has no host",
		with("https://portal.example", "portal.example"):           "portal must begin",
		with("portal.example", "portal.example:x"):                 "portal is not an address",
		with("lab", strings.Repeat("x", 41)):                       "at most 40",
		with(`"lab"`, `"`+strings.Repeat(" ", maxCloudFile+1)+`"`): "at most 65536",
	} {
		_, err := ParseCloudFile([]byte(in))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.80q: %v, want %q", in, err, says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is in %q", err)
		}
	}
}

func FuzzParseCloudFile(f *testing.F) {
	f.Add([]byte(labFile))
	f.Add([]byte(`{"name":"lab","login":"https://[::1]:1","graph":"HTTPS://g/","portal":"https://p/%2e"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseCloudFile(in)
		if err != nil {
			return
		}
		if !c.Custom || c.Name == "" {
			t.Fatalf("%q gave %+v", in, c)
		}
		for _, a := range []string{c.Login, c.Graph, c.Portal} {
			u, err := url.Parse(a)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.HasSuffix(a, "/") ||
				strings.ContainsAny(a, "?#\x1b\n") {
				t.Fatalf("%q gave the address %q (%v)", in, a, err)
			}
		}
		again, err := CustomCloud(c.Name, c.Login, c.Graph, c.Portal)
		if err != nil || again != c {
			t.Fatalf("%+v is not stable: %+v, %v", c, again, err)
		}
	})
}
