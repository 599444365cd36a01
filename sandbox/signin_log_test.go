package sandbox_test

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// The beta's sign-in log tells which secret an app used last; version 1.0 lists
// people only.
func TestSignInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := ready(t, sandbox.Options{Weather: sandbox.Weather{SignInLogDelay: 2 * time.Minute}})
		d := f.desk("admin@agency.gov")
		log := func(version, filter string) reply {
			t.Helper()
			return d.do("GET", d.graph+"/"+version+"/auditLogs/signIns?$top=10&$filter="+url.QueryEscape(filter), "",
				d.auth, nil)
		}
		apps := "(signInEventTypes/any(t: t eq 'servicePrincipal')) and appId eq '" + f.app.ClientID + "'"
		old := f.secret
		f.token()
		time.Sleep(time.Minute)
		f.secret = f.addSecret(time.Now().AddDate(0, 6, 0))
		f.token()
		f.ask(f.tenant.ID(), f.form("client_secret", "wrong"))
		if n := len(log("beta", apps).values(t)); n != 0 {
			t.Errorf("%d lines at once", n)
		}
		time.Sleep(2 * time.Minute)
		lines := log("beta", apps).values(t)
		if len(lines) != 3 {
			t.Fatalf("%d lines: %v", len(lines), lines)
		}
		for i, want := range []string{"", f.secret.ID, old.ID} { // the newest first
			if lines[i]["servicePrincipalCredentialKeyId"] != want ||
				lines[i]["servicePrincipalId"] != f.app.ServicePrincipalID {
				t.Errorf("line %d: %v, want the key %q", i, lines[i], want)
			}
		}
		if code := lines[0]["status"].(map[string]any)["errorCode"]; code != 7000215.0 {
			t.Errorf("%v", code)
		}
		since := apps + " and createdDateTime ge " + time.Now().Add(-150*time.Second).UTC().Format(time.RFC3339)
		if n := len(log("beta", since).values(t)); n != 2 {
			t.Errorf("%d lines since then", n)
		}
		if r := log("v1.0", apps); r.status != 400 {
			t.Errorf("v1.0 knows no event types: %d", r.status)
		}
		people := log("v1.0", "id eq '"+lines[0]["id"].(string)+"'").values(t)
		if len(people) != 0 {
			t.Errorf("v1.0 shows an app: %v", people)
		}
		if r := log("beta", "servicePrincipalCredentialKeyId eq 'x'"); r.status != 400 {
			t.Errorf("it cannot be filtered by the key: %d", r.status)
		}
	})
}

func TestSignInLogRefusals(t *testing.T) {
	f := open(t, sandbox.Options{})
	const path = "/auditLogs/signIns"
	f.desk("admin@agency.gov").expect(200, "GET", path, "")
	f.desk("apps@agency.gov").refused(403, "Authentication_RequestFromUnsupportedUserRole", "GET", path, "")
	f.must(f.tenant.AddAdmin(sandbox.Admin{
		Username: "apps@agency.gov", Roles: []string{sandbox.CloudApplicationAdministrator, sandbox.ReportsReader},
	}))
	f.desk("apps@agency.gov").expect(200, "GET", path, "")
	f.tenant.SetRules(sandbox.Rules{NoPremiumLicence: true})
	f.desk("admin@agency.gov").refused(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "GET", path, "")
	f.tenant.SetRules(sandbox.Rules{SignInLacks: "AuditLog.Read.All"})
	f.desk("admin@agency.gov").refused(403, "Authentication_MSGraphPermissionMissing", "GET", path, "")
}
