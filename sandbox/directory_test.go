package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

const (
	mailSend   = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
	graphAppID = "00000003-0000-0000-c000-000000000000"
)

// TestWholeSetupOverGraph does everything that an automatic setup does, from
// the first look to a delivered mail, and takes it back.
func TestWholeSetupOverGraph(t *testing.T) {
	for _, cloud := range []string{"commercial", "gcc-high"} {
		f := open(t, sandbox.Options{Cloud: cloud})
		if cloud == "gcc-high" {
			f.moveTo("gcc-high")
		}
		rec := &contracttest.Recorder{}
		f.tenant.Observe(rec.Observe)
		before := len(f.tenant.Writes())
		d := f.desk("admin@agency.gov")
		org := d.expect(200, "GET", "/organization?$select=id,displayName,verifiedDomains", "").values(t)[0]
		if org["id"] != f.tenant.ID() || org["displayName"] != "Example Agency" || len(org) != 3 {
			t.Errorf("%v", org)
		}
		if me := d.expect(200, "GET", "/me", "").object(t); me["userPrincipalName"] != "admin@agency.gov" ||
			me["displayName"] != "Avery Admin" {
			t.Errorf("%v", me)
		}
		if found := d.expect(200, "GET", "/applications"+filter("displayName eq 'PAL''s mail'")+
			"&$select=id,appId,displayName", "").values(t); len(found) != 0 {
			t.Errorf("%v", found)
		}
		id, clientID := d.newApp("PAL's mail")
		if found := d.expect(200, "GET", "/applications"+filter("displayName eq 'pal''s mail'"),
			"").values(t); len(found) != 1 || found[0]["id"] != id {
			t.Errorf("%v", found)
		}
		principal := d.newPrincipal(clientID)
		graph := d.graphPrincipal()
		granted := d.expect(201, "POST", "/servicePrincipals/"+graph+"/appRoleAssignedTo", assignment(principal, graph,
			mailSend))
		secret := d.expect(200, "POST", "/applications/"+id+
			"/addPassword", `{"passwordCredential":{"displayName":"PAL mail","endDateTime":"`+
			time.Now().AddDate(0, 6, 0).UTC().Format(time.RFC3339)+`"}}`)
		value := secret.text(t, "secretText")
		if len(value) != 40 || secret.text(t, "hint") != value[:3] || secret.text(t, "displayName") != "PAL mail" {
			t.Errorf("%s", secret.body)
		}
		app := d.expect(200, "GET", "/applications/"+id, "").object(t)
		kept := app["passwordCredentials"].([]any)[0].(map[string]any)
		if kept["secretText"] != nil || kept["keyId"] != secret.text(t, "keyId") ||
			strings.Contains(fmt.Sprint(app), value) {
			t.Errorf("%v", kept)
		}
		if byClient := d.expect(200, "GET", "/applications(appId='"+clientID+
			"')?$select=id,web", "").object(t); byClient["id"] != id {
			t.Errorf("%v", byClient)
		}
		token := f.ask(f.tenant.ID(), f.form("client_id", clientID, "client_secret", value))
		if roles := fmt.Sprint(claimsOf(t, token.text(t, "access_token"))["roles"]); roles != "[Mail.Send]" {
			t.Error(roles)
		}
		if r := f.send(noreply, token.text(t, "access_token"), letter); r.status != 202 {
			t.Errorf("%d %s", r.status, r.body)
		}

		list := d.expect(200, "GET", "/servicePrincipals/"+principal+"/appRoleAssignments", "").values(t)
		if len(list) != 1 || list[0]["id"] != granted.text(t, "id") ||
			list[0]["resourceDisplayName"] != "Microsoft Graph" {
			t.Errorf("%v", list)
		}
		d.expect(204, "PATCH", "/applications/"+
			id, `{"displayName":"Renamed","web":{"redirectUris":["https://other.example/SMTP.aspx"]}}`)
		if a, _ := f.tenant.AppWithID(clientID); a.Name != "Renamed" ||
			a.RedirectURIs[0] != "https://other.example/SMTP.aspx" || len(a.Permissions) != 1 {
			t.Errorf("%+v", a)
		}
		d.expect(204, "DELETE", "/servicePrincipals/"+principal+"/appRoleAssignments/"+granted.text(t, "id"), "")
		d.expect(204, "POST", "/applications/"+id+"/removePassword", `{"keyId":"`+secret.text(t, "keyId")+`"}`)
		d.expect(204, "DELETE", "/applications/"+id, "")
		want := []string{
			"create application " + clientID + " PAL's mail", "create servicePrincipal " + clientID,
			"grant " + clientID + " Microsoft Graph/Application/Mail.Send", "add secret " + clientID + " " +
				secret.text(t, "keyId"),
			"update application " + clientID + " displayName,web", "revoke " + clientID +
				" Microsoft Graph/Application/Mail.Send",
			"remove secret " + clientID + " " + secret.text(t, "keyId"), "delete application " + clientID,
		}
		if got := f.tenant.Writes()[before:]; strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("changed:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		contracttest.Check(t, rec)
	}
}

func TestReads(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	d := f.desk("admin@agency.gov")
	for i := range 5 {
		f.tenant.RegisterApp(fmt.Sprintf("App %d", i), sandbox.SPA, "https://spa.example/")
	}
	f.tenant.RegisterApp("Phone", sandbox.MobileAndDesktop, "http://localhost")
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.ExchangeOnline, sandbox.Application, "Mail.Send"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	count := func(want int, path string) []map[string]any {
		t.Helper()
		got := d.expect(200, "GET", path, "").values(t)
		if len(got) != want {
			t.Errorf("%s: %d objects, want %d", path, len(got), want)
		}
		return got
	}
	count(7, "/applications")
	count(5, "/applications"+filter("startswith(displayName, 'app ')"))
	count(2, "/applications"+filter("displayName eq 'App 1' or displayName eq 'Phone'"))
	count(1, "/applications"+filter("appId eq '"+strings.ToUpper(f.app.ClientID)+"'"))
	count(0, "/applications"+filter("displayName eq ' or '"))
	count(9, "/servicePrincipals")
	count(1, "/servicePrincipals"+filter("displayName eq 'Microsoft Graph'"))
	count(1, "/servicePrincipals"+filter("appId eq '"+f.app.ClientID+"'")+"&$select=id,appId,appRoles")
	count(2, "/servicePrincipals/"+f.app.ServicePrincipalID+"/appRoleAssignments")
	count(1, "/servicePrincipals/"+d.graphPrincipal()+"/appRoleAssignedTo")
	count(1, "/me/memberOf")
	count(1, "/users/apps@agency.gov/transitiveMemberOf")
	count(0, "/users/user@agency.gov/memberOf/microsoft.graph.directoryRole")
	if grants := count(1, "/oauth2PermissionGrants"); grants[0]["scope"] != "User.Read" ||
		grants[0]["clientId"] != f.app.ServicePrincipalID {
		t.Errorf("%v", grants)
	}
	if roles := count(1, "/me/memberOf"); roles[0]["roleTemplateId"] != "62e90394-69f5-4237-9190-012177145e10" {
		t.Errorf("%v", roles)
	}
	// Pages lead on to each other until there are no more.
	seen, next := 0, f.graph+"/v1.0/applications?$top=3&$select=id"
	for next != "" {
		r := f.do("GET", next, "", d.auth, nil)
		seen += len(r.values(t))
		next = r.text(t, "@odata.nextLink")
	}
	if seen != 7 {
		t.Errorf("%d apps on all pages", seen)
	}
	graph := d.expect(200, "GET", "/servicePrincipals(appId='"+graphAppID+"')", "").object(t)
	found := false
	for _, r := range graph["appRoles"].([]any) {
		role := r.(map[string]any)
		found = found || role["value"] == "Mail.Send" && role["id"] == mailSend &&
			fmt.Sprint(role["allowedMemberTypes"]) == "[Application]"
	}
	other := open(t, sandbox.Options{TenantID: "0aaf1f2c-19fb-4b41-8d25-4f4f6d3f0c11"}).desk("admin@agency.gov")
	if !found || other.graphPrincipal() == graph["id"] {
		t.Errorf("Mail.Send offered: %v; the same service principal in another tenant: %v", found,
			other.graphPrincipal() == graph["id"])
	}
	d.expect(200, "GET", "/servicePrincipals/"+f.app.ServicePrincipalID, "")
	contracttest.Check(t, rec)
}

func TestUsers(t *testing.T) {
	f := open(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	d := f.desk("admin@agency.gov")
	f.tenant.SetMailbox("shared@agency.gov", sandbox.Mailbox{Shared: true})
	f.tenant.SetMailbox("plain@agency.gov", sandbox.Mailbox{})
	f.tenant.SetMailbox("off@agency.gov", sandbox.Mailbox{Licensed: true, Disabled: true})
	f.tenant.SetMailbox("guest@agency.gov", sandbox.Mailbox{Guest: true})
	f.must(f.tenant.AddAlias(noreply, "no-reply@agency.gov"))
	if f.tenant.AddAlias("nobody@agency.gov", "x@agency.gov") == nil {
		t.Error("an alias of nothing")
	}
	f.tenant.SetMailbox("all@agency.gov", sandbox.Mailbox{Licensed: true})
	f.tenant.AddGroup("All@agency.gov")
	look := func(name string) map[string]any {
		t.Helper()
		return d.expect(200, "GET", "/users/"+name+
			"?$select=id,userPrincipalName,mail,userType,accountEnabled,assignedPlans,proxyAddresses", "").object(t)
	}
	for name, want := range map[string]string{
		noreply:             "noreply@agency.gov Member true 1 [SMTP:noreply@agency.gov smtp:no-reply@agency.gov]",
		"shared@agency.gov": "shared@agency.gov Member false 0 [SMTP:shared@agency.gov]",
		"plain@agency.gov":  "<nil> Member true 0 []",
		"off@agency.gov":    "off@agency.gov Member false 1 [SMTP:off@agency.gov]",
		"guest@agency.gov":  "<nil> Guest true 0 []",
		"apps@agency.gov":   "<nil> Member true 0 []",
	} {
		u := look(name)
		plans := u["assignedPlans"].([]any)
		if got := strings.TrimSpace(fmt.Sprintln(u["mail"], u["userType"], u["accountEnabled"], len(plans),
			u["proxyAddresses"])); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if byID := look(u["id"].(string)); byID["userPrincipalName"] != name {
			t.Errorf("by ID: %v", byID)
		}
	}
	for _, name := range []string{
		"no-reply@agency.gov", "all@agency.gov", "nobody@agency.gov", "admin@fabrikam.com", "x",
	} {
		if m := d.refused(404, "Request_ResourceNotFound", "GET", "/users/"+name, ""); !strings.Contains(m,
			"Resource '"+name+"' does not exist") {
			t.Error(m)
		}
	}
	d.refused(400, "BadRequest", "GET", "/users/"+noreply+"?$select=favouriteColour", "")
	d.refused(403, "ErrorAccessDenied", "POST", "/me/sendMail", letter)
	// A shared mailbox sends without a licence.
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	if r := f.send("shared@agency.gov", f.token(), letter); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
	contracttest.CheckAnswers(t, rec)
}

func TestWrongRequests(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	d := f.desk("admin@agency.gov")
	writes := len(f.tenant.Writes())
	app, nobody, graph := "/applications/"+f.app.ObjectID, "11111111-2222-3333-4444-555555555555", d.graphPrincipal()
	for _, tc := range []struct {
		status             int
		code, method, path string
		body               string
	}{
		{400, "Request_BadRequest", "POST", "/applications", `{}`},
		{400, "Request_BadRequest", "POST", "/applications", `{"displayName":" "}`},
		{400, "RequestBodyRead", "POST", "/applications", `{"displayName":7}`},
		{400, "RequestBodyRead", "POST", "/applications", `{"displayName":"x","colour":"red"}`},
		{400, "RequestBodyRead", "POST", "/applications", `[]`},
		{400, "BadRequest", "POST", "/applications", `{`},
		{400, "BadRequest", "POST", "/applications", ""},
		{400, "Request_BadRequest", "POST", "/applications", `{"displayName":"x","appId":"y"}`},
		{400, "Request_BadRequest", "POST", "/applications", `{"displayName":"x","signInAudience":"Everybody"}`},
		{
			400, "Request_BadRequest", "POST", "/applications",
			`{"displayName":"x","passwordCredentials":[{"displayName":"p"}]}`,
		},
		{
			400, "Request_BadRequest", "POST", "/applications",
			`{"displayName":"x","web":{"redirectUris":["http://pal.example/"]}}`,
		},
		{
			400, "Request_BadRequest", "POST", "/applications",
			`{"displayName":"x","web":{"redirectUris":["https://pal.example/` + strings.Repeat("y", 250) + `"]}}`,
		},
		{400, "RequestBodyRead", "POST", "/applications", `{"displayName":"x","web":{"redirectUrls":[]}}`},
		{
			400, "Request_BadRequest", "POST", "/applications",
			`{"displayName":"x","requiredResourceAccess":[{"resourceAppId":"Graph"}]}`,
		},
		{
			400, "Request_BadRequest", "POST", "/applications",
			`{"displayName":"x","requiredResourceAccess":[{"resourceAppId":"` + graphAppID +
				`","resourceAccess":[{"id":"` + mailSend + `","type":"Application"}]}]}`,
		},
		{405, "Request_BadRequest", "PUT", "/applications", `{}`},
		{405, "Request_BadRequest", "GET", app + "/addPassword", ""},
		{400, "Request_BadRequest", "GET", app + "/owners/x", ""},
		{404, "Request_ResourceNotFound", "GET", "/applications/" + nobody, ""},
		{404, "Request_ResourceNotFound", "GET", "/applications/" + f.app.ClientID, ""},
		{404, "Request_ResourceNotFound", "GET", "/applications(appId='" + f.app.ObjectID + "')", ""},
		{404, "Request_ResourceNotFound", "PATCH", "/applications/" + nobody, `{}`},
		{400, "Request_UnsupportedQuery", "GET", "/applications" + filter("signInAudience eq 'x'"), ""},
		{400, "Request_UnsupportedQuery", "GET", "/applications" + filter("displayName eq x"), ""},
		{400, "Request_UnsupportedQuery", "GET", "/applications?$expand=owners", ""},
		{400, "Request_UnsupportedQuery", "GET", "/applications?$top=0", ""},
		{400, "BadRequest", "GET", app + "?$select=id,colour", ""},
		{400, "Request_BadRequest", "POST", app + "/removePassword", `{"keyId":"` + nobody + `"}`},
		{400, "RequestBodyRead", "POST", app + "/removePassword", `{"keyId":"x"}`},
		{
			400, "Request_BadRequest", "POST", app + "/addPassword",
			`{"passwordCredential":{"endDateTime":"2020-01-01T00:00:00Z"}}`,
		},
		{400, "RequestBodyRead", "POST", app + "/addPassword", `{"passwordCredential":{"endDateTime":"soon"}}`},
		{
			409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/servicePrincipals", `{"appId":"` +
				f.app.ClientID + `"}`,
		},
		{
			409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/servicePrincipals", `{"appId":"` + graphAppID +
				`"}`,
		},
		{400, "Request_BadRequest", "POST", "/servicePrincipals", `{"appId":"` + nobody + `"}`},
		{400, "Request_BadRequest", "POST", "/servicePrincipals", `{"displayName":"x"}`},
		{404, "Request_ResourceNotFound", "GET", "/servicePrincipals/" + nobody, ""},
		{404, "Request_ResourceNotFound", "GET", "/servicePrincipals(appId='" + nobody + "')", ""},
		{404, "Request_ResourceNotFound", "GET", "/servicePrincipals/" + nobody + "/appRoleAssignments", ""},
		{
			404, "Request_ResourceNotFound", "POST", "/servicePrincipals/" + graph + "/appRoleAssignedTo",
			assignment(nobody, graph, mailSend),
		},
		{
			404, "Request_ResourceNotFound", "POST", "/servicePrincipals/" + graph + "/appRoleAssignedTo",
			assignment(f.app.ServicePrincipalID, nobody, mailSend),
		},
		{
			400, "Request_BadRequest", "POST", "/servicePrincipals/" + graph + "/appRoleAssignedTo",
			assignment(f.app.ServicePrincipalID, graph, nobody),
		},
		{
			400, "RequestBodyRead", "POST", "/servicePrincipals/" + graph + "/appRoleAssignedTo",
			assignment(f.app.ServicePrincipalID, graph, "Mail.Send"),
		},
		{
			400, "Request_BadRequest", "POST", "/servicePrincipals/" + graph + "/appRoleAssignedTo",
			assignment(f.app.ServicePrincipalID, graph, mailSend),
		},
		{404, "Request_ResourceNotFound", "DELETE", "/servicePrincipals/" + graph + "/appRoleAssignedTo/x", ""},
		{405, "Request_BadRequest", "PUT", "/servicePrincipals/" + graph, `{}`},
		{403, "Authorization_RequestDenied", "DELETE", "/servicePrincipals/" + graph, ""},
		{403, "Authorization_RequestDenied", "GET", "/domains", ""},
		// Azure CLI's token lacks Policy.Read.All
		{403, "Authorization_RequestDenied", "GET", "/policies/defaultAppManagementPolicy", ""},
		{404, "ResourceNotFound", "GET", "/applications/a/b/c/d/e", ""},
	} {
		d.refused(tc.status, tc.code, tc.method, tc.path, tc.body)
	}
	if m := d.refused(400, "Request_BadRequest", "POST", "/servicePrincipals/"+f.app.ServicePrincipalID+
		"/appRoleAssignments", assignment(f.app.ServicePrincipalID, graph, mailSend)); m != "Permission being "+
		"assigned already exists on the object" {
		t.Error(m)
	}
	if got := f.tenant.Writes()[writes:]; len(got) != 0 {
		t.Errorf("a refused request changed something: %v", got)
	}
	if r := f.do("POST", f.graph+"/v1.0/applications", "application/json", d.auth, []byte(`{"displayName":"`+
		strings.Repeat("x", 70_000)+`"}`)); r.status != 413 {
		t.Errorf("a long body: %d", r.status)
	}
	contracttest.CheckAnswers(t, rec)
}
