package sandbox_test

import (
	"strings"
	"testing"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

// The enterprise application shows the service principal's Object ID, and what
// was granted can be revoked there and beside the configured permission.
func TestPortalEnterprise(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	v.open("/app/"+a.ClientID).says(200, "Managed application in local directory", "/app/"+a.ClientID+"/enterprise")
	v.open("/enterprise").says(200, "Enterprise applications", a.ServicePrincipalID, a.ClientID)
	v.open("/app/"+a.ClientID+"/enterprise").says(200, "PAL mail | Enterprise application", "Application ID",
		a.ClientID, "Object ID", a.ServicePrincipalID)
	if strings.Contains(v.body, a.ObjectID) {
		t.Error("the app registration's Object ID is there too")
	}
	const key = "Microsoft Graph|Application|Mail.Send"
	granted := func() bool {
		b, _ := tenant.AppWithID(a.ClientID)
		for _, p := range b.Permissions {
			if p.Name == "Mail.Send" {
				return p.Granted
			}
		}
		return false
	}
	grant := func() {
		t.Helper()
		if err := tenant.AddPermission(a.ClientID, sandbox.MicrosoftGraph, sandbox.Application,
			"Mail.Send"); err != nil {
			t.Fatal(err)
		}
		if err := tenant.GrantConsent(a.ClientID); err != nil {
			t.Fatal(err)
		}
	}
	base := "/app/" + a.ClientID[:8]
	v.open(base+"/enterprise/permissions").says(200, "No admin consented permissions found")
	grant()
	v.open(base+"/enterprise/permissions").says(200, "Admin consent", "Mail.Send", "Send mail as any user",
		"Revoke permission")
	v.send(base+"/enterprise/permissions", "permission", key).says(200, "User.Read")
	if granted() || strings.Contains(v.body, "Mail.Send") {
		t.Error("it was not revoked")
	}
	grant()
	v.open(base+"/permissions").says(200, "Revoke admin consent for Microsoft Graph Application Mail.Send")
	v.send(base+"/permissions/revoke", "permission", key).says(200, "Mail.Send", "Not granted for")
	if granted() {
		t.Error("it was not revoked")
	}
	grant()
	v.send("/settings/who", "who", "user@agency.gov").says(200)
	v.send(base+"/permissions/revoke", "permission", key).says(400, "takes a Cloud Application Administrator")
	if !granted() {
		t.Error("somebody without a role revoked it")
	}
	if err := tenant.DeleteServicePrincipal(a.ClientID); err != nil {
		t.Fatal(err)
	}
	v.open(base+"/enterprise").says(400, "no enterprise application")
}

// Over the wire a grant is revoked below the service principal that holds it
// or below the API's, and nowhere else. It takes less of a role than to grant.
func TestRevokeOverTheWire(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	admin, apps, user := f.desk("admin@agency.gov"), f.desk("apps@agency.gov"), f.desk("user@agency.gov")
	mine := "/servicePrincipals/" + f.app.ServicePrincipalID + "/appRoleAssignments"
	other := f.tenant.RegisterApp("Another", sandbox.Web, "")
	graph := admin.expect(200, "GET", "/servicePrincipals(appId='"+graphAppID+"')?$select=id", "").text(t, "id")
	id := admin.expect(200, "GET", mine, "").values(t)[0]["id"].(string)
	user.refused(403, "Authorization_RequestDenied", "DELETE", mine+"/"+id, "")
	apps.refused(404, "Request_ResourceNotFound", "DELETE", "/servicePrincipals/"+other.ServicePrincipalID+
		"/appRoleAssignments/"+id, "")
	apps.expect(204, "DELETE", mine+"/"+id, "")
	apps.refused(404, "Request_ResourceNotFound", "DELETE", mine+"/"+id, "")
	if claimsOf(t, f.token())["roles"] != nil {
		t.Error("a new token has the role")
	}
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	id = admin.expect(200, "GET", mine, "").values(t)[0]["id"].(string)
	apps.expect(204, "DELETE", "/servicePrincipals/"+graph+"/appRoleAssignedTo/"+id, "")
	if n := len(admin.expect(200, "GET", mine, "").values(t)); n != 0 {
		t.Errorf("%d grants are left", n)
	}
	contracttest.CheckAnswers(t, rec)
}
