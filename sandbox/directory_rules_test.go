package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

func TestNamesAreNotUnique(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	a, _ := d.newApp("Twin")
	b, _ := d.newApp("Twin")
	if found := d.expect(200, "GET", "/applications"+filter("displayName eq 'Twin'"), "").values(t); len(found) != 2 ||
		a == b {
		t.Errorf("%v", found)
	}
}

func TestRolesAndScopes(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.must(f.tenant.AddAdmin(sandbox.Admin{
		Username: "privileged@agency.gov", Roles: []string{sandbox.PrivilegedRoleAdministrator},
	}))
	admin := f.desk("admin@agency.gov")
	graph := admin.graphPrincipal()
	exchange := admin.expect(200, "GET", "/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')",
		"").text(t, "id")
	grant := func(resource, role string) string {
		return assignment(f.app.ServicePrincipalID, resource, role)
	}
	app, toGraph, toExchange := "/applications/"+f.app.ObjectID, "/servicePrincipals/"+graph+
		"/appRoleAssignedTo", "/servicePrincipals/"+exchange+"/appRoleAssignedTo"
	secret := `{"passwordCredential":{"displayName":"x"}}`
	const no = "Authorization_RequestDenied"
	for _, tc := range []struct {
		who                                        string
		create, change, grantGraph, grantElsewhere bool
	}{
		{"admin@agency.gov", true, true, true, true},
		{"privileged@agency.gov", false, false, true, true},
		{"apps@agency.gov", true, true, false, true},
		{"developer@agency.gov", true, false, false, false},
		{"user@agency.gov", false, false, false, false},
		{"admin@fabrikam.com", false, false, false, false},
	} {
		t.Run(tc.who, func(t *testing.T) {
			d := f.of(t).desk(tc.who)
			for _, try := range []struct {
				name, path, body string
				ok               bool
				status           int
			}{
				{"create", "/applications", `{"displayName":"x"}`, tc.create, 201},
				{"secret", app + "/addPassword", secret, tc.change, 200},
				{"grant of Graph", toGraph, grant(graph, mailSend), tc.grantGraph, 201},
				{
					"grant elsewhere", toExchange, grant(exchange, "dc50a0fb-09a3-484d-be87-e023b12c6440"),
					tc.grantElsewhere, 201,
				},
			} {
				if !try.ok {
					d.refused(403, no, "POST", try.path, try.body)
					continue
				}
				r := d.expect(try.status, "POST", try.path, try.body)
				if try.status == 201 && strings.Contains(try.path, "appRole") {
					d.expect(204, "DELETE", try.path+"/"+r.text(t, "id"), "")
				}
			}
		})
	}
	// Who registered an app may change it, and make its service principal.
	dev := f.desk("developer@agency.gov")
	id, clientID := dev.newApp("Mine")
	dev.newPrincipal(clientID)
	dev.expect(200, "POST", "/applications/"+id+"/addPassword", secret)
	dev.expect(204, "PATCH", "/applications/"+id, `{"notes":"mine"}`)
	other, otherClient := admin.newApp("Theirs")
	dev.refused(403, no, "DELETE", "/applications/"+other, "")
	dev.refused(403, no, "POST", "/servicePrincipals", `{"appId":"`+otherClient+`"}`)
	dev.expect(204, "DELETE", "/applications/"+id, "")

	// The role alone is not enough: the token must carry the scope.
	const tools = sandbox.GraphCommandLineTools
	reader := desk{f, "Bearer " + f.signInTo("admin@agency.gov", tools, "https://graph.microsoft.com/User.Read")}
	reader.expect(200, "GET", "/me", "")
	reader.expect(200, "GET", "/organization", "")
	for _, path := range []string{
		"/applications", app, "/servicePrincipals", "/users/" + noreply, "/servicePrincipals/" + graph +
			"/appRoleAssignedTo", "/oauth2PermissionGrants",
	} {
		reader.refused(403, no, "GET", path, "")
	}
	reader.refused(403, no, "POST", "/applications", `{"displayName":"x"}`)
	reader.refused(403, no, "DELETE", app, "")
	reader.refused(403, no, "DELETE", "/servicePrincipals/"+f.app.ServicePrincipalID, "")
	reader.refused(403, no, "POST", "/servicePrincipals", `{"appId":"`+otherClient+`"}`)
	reader.refused(403, no, "DELETE", toGraph+"/x", "")
	policy := desk{f, "Bearer " + f.signInTo("admin@agency.gov", tools, "https://graph.microsoft.com/Policy.Read.All")}
	policy.expect(200, "GET", "/policies/defaultAppManagementPolicy", "")

	// Granting needs two permissions, taking back one of them.
	granted := admin.expect(201, "POST", toGraph, grant(graph, mailSend)).text(t, "id")
	f.must(f.tenant.AddAdmin(sandbox.Admin{Username: "half@agency.gov", Roles: []string{sandbox.GlobalAdministrator}}))
	half := desk{f, "Bearer " + f.signInTo("half@agency.gov", own(f, "AppRoleAssignment.ReadWrite.All"), scope)}
	half.refused(403, no, "POST", toGraph, grant(graph, "810c84a8-4a9e-49e6-bf7d-12d183f40d01"))
	half.expect(204, "DELETE", toGraph+"/"+granted, "")

	// An app on its own goes by its roles.
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Application.Read.All"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	alone := desk{f, "Bearer " + f.token()}
	alone.expect(200, "GET", app, "")
	alone.refused(403, no, "PATCH", app, `{"notes":"x"}`)
	alone.refused(403, no, "GET", "/users/"+noreply, "")
	alone.refused(400, "BadRequest", "GET", "/me", "")
}

// own registers a sign-in app of the agency's, for use from any tenant's
// address, with one delegated permission, and returns its client ID.
func own(f *office, permission string) string {
	d := f.desk("admin@agency.gov")
	r := d.expect(201, "POST", "/applications",
		`{"displayName":"Own","signInAudience":"AzureADMultipleOrgs",
			"publicClient":{"redirectUris":["http://localhost"]}}`)
	f.must(f.tenant.AddPermission(r.text(f.t, "appId"), sandbox.MicrosoftGraph, sandbox.Delegated, permission))
	return r.text(f.t, "appId")
}

func TestPolicies(t *testing.T) {
	f := open(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	d := f.desk("admin@agency.gov")
	add := func(days int) string {
		return `{"passwordCredential":{"displayName":"x","startDateTime":"2026-11-23T00:00:00Z","endDateTime":"` +
			time.Date(2026, 11, 23+days, 0, 0, 0, 0, time.UTC).Format(time.RFC3339) + `"}}`
	}
	path := "/applications/" + f.app.ObjectID + "/addPassword"
	f.tenant.SetRules(sandbox.Rules{SecretMaxDays: 181})
	d.expect(200, "POST", path, add(180))
	if m := d.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "POST", path, add(181)); !strings.HasPrefix(m,
		"Credential lifetime exceeds the max value allowed as per assigned policy '") {
		t.Error(m)
	}
	d.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "POST", path, `{}`) // two years, when no end is given
	policy := desk{
		f, "Bearer " +
			f.signInTo("admin@agency.gov", sandbox.GraphCommandLineTools,
				"https://graph.microsoft.com/Policy.Read.All"),
	}
	if r := policy.expect(200, "GET", "/policies/defaultAppManagementPolicy", ""); !strings.Contains(string(r.body),
		`"maxLifetime":"P181D"`) {
		t.Errorf("%s", r.body)
	}
	f.tenant.SetRules(sandbox.Rules{SecretsForbidden: true})
	d.refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", path, add(1))
	if r := policy.expect(200, "GET", "/policies/defaultAppManagementPolicy", ""); !strings.Contains(string(r.body),
		`"restrictionType":"passwordAddition"`) {
		t.Errorf("%s", r.body)
	}
	f.tenant.SetRules(sandbox.Rules{MayNotRegister: true, MayNotConsent: true})
	d.refused(403, "Authorization_RequestDenied", "POST", "/applications", `{"displayName":"x"}`)
	graph := d.graphPrincipal()
	d.refused(403, "Authorization_RequestDenied", "POST", "/servicePrincipals/"+graph+
		"/appRoleAssignedTo", assignment(f.app.ServicePrincipalID, graph, mailSend))
	f.tenant.SetRules(sandbox.Rules{UsersMayRegister: true})
	user := f.desk("user@agency.gov")
	id, _ := user.newApp("A user's")
	user.expect(204, "DELETE", "/applications/"+id, "")
	contracttest.CheckAnswers(t, rec)
}

func TestAnotherTenantsDirectory(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@fabrikam.com")
	if org := d.expect(200, "GET", "/organization", "").values(t)[0]; org["id"] == f.tenant.ID() ||
		org["displayName"] != "Fabrikam" {
		t.Errorf("%v", org)
	}
	if me := d.expect(200, "GET", "/me", "").object(t); me["userPrincipalName"] != "admin@fabrikam.com" {
		t.Errorf("%v", me)
	}
	d.refused(403, "Authorization_RequestDenied", "GET", "/applications", "")
	d.refused(403, "Authorization_RequestDenied", "GET", "/users/"+noreply, "")
}

func TestPlatformsOverGraph(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	id, clientID := d.newApp("Moved")
	d.newPrincipal(clientID)
	secret := d.expect(200, "POST", "/applications/"+id+"/addPassword", `{}`).text(t, "secretText")
	code := func() int {
		r := f.ask(f.tenant.ID(), f.form("client_id", clientID, "client_secret", secret))
		if r.status == http.StatusOK {
			return 0
		}
		return r.refusal(t).Codes[0]
	}
	if c := code(); c != 0 {
		t.Errorf("web: %d", c)
	}
	d.expect(204, "PATCH", "/applications/"+
		id, `{"web":{"redirectUris":[]},"publicClient":{"redirectUris":["http://localhost"]}}`)
	if c := code(); c != 700025 {
		t.Errorf("mobile and desktop: %d", c)
	}
	d.expect(204, "PATCH", "/applications/"+id, `{"web":{"redirectUris":["`+redirect+`"]}}`)
	if c := code(); c != 0 {
		t.Errorf("both: %d", c)
	}
}
