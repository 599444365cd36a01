package sandbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// What was changed just before the practice tenant was stopped still spreads
// when it runs again.
func TestLagAcrossRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{})
		d := f.desk("admin@agency.gov")
		f.tenant.SetWeather(sandbox.Weather{AppDelay: 30 * time.Second})
		at := "/applications/" + f.app.ObjectID
		d.expect(404, "GET", at, "")
		time.Sleep(30 * time.Second)
		d.expect(204, "PATCH", at, `{"displayName":"Renamed"}`)
		d.expect(204, "POST", at+"/removePassword", `{"keyId":"`+f.secret.ID+`"}`)
		fresh, _ := d.newApp("Fresh")
		time.Sleep(10 * time.Second)
		kept, err := f.tenant.State()
		f.must(err)
		f.tenant, err = sandbox.Restore(sandbox.Options{}, kept)
		f.must(err)
		f.http.Transport = f.tenant.Transport()
		d = f.desk("admin@agency.gov")
		secrets := func() int { return len(d.expect(200, "GET", at, "").object(t)["passwordCredentials"].([]any)) }
		if name := d.expect(200, "GET", at, "").text(t, "displayName"); name != "PAL mail" || secrets() != 1 {
			t.Errorf("%s, %d secrets", name, secrets())
		}
		d.expect(404, "GET", "/applications/"+fresh, "")
		time.Sleep(20 * time.Second)
		if name := d.expect(200, "GET", at, "").text(t, "displayName"); name != "Renamed" || secrets() != 0 {
			t.Errorf("%s, %d secrets", name, secrets())
		}
		d.expect(200, "GET", "/applications/"+fresh, "")
	})
}

// Another program's secret is the first row, and PAL's is not.
func TestForeignSecret(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	other, err := f.tenant.AddForeignSecret(f.app.ClientID, "Backup job", time.Time{})
	f.must(err)
	rows := d.expect(200, "GET", "/applications/"+f.app.ObjectID, "").object(t)["passwordCredentials"].([]any)
	if len(rows) != 2 || rows[0].(map[string]any)["keyId"] != other.ID ||
		rows[1].(map[string]any)["keyId"] != f.secret.ID {
		t.Errorf("%v", rows)
	}
	f.secret = other
	f.token()
	if _, err := f.tenant.AddForeignSecret("nobody", "x", time.Time{}); err == nil {
		t.Error("an app that is not there got a secret")
	}
}

// A sign-in works, and its token cannot do what it is for.
func TestSignInLacks(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.tenant.SetRules(sandbox.Rules{SignInLacks: "Application.ReadWrite.All"})
	d := f.desk("admin@agency.gov")
	scp, _ := claimsOf(t, strings.TrimPrefix(d.auth, "Bearer "))["scp"].(string)
	if strings.Contains(scp, "Application.ReadWrite.All") || !strings.Contains(scp, "AppRoleAssignment.ReadWrite.All") {
		t.Error(scp)
	}
	d.refused(403, "Authorization_RequestDenied", "POST", "/applications", `{"displayName":"x"}`)
	f.tenant.SetRules(sandbox.Rules{})
	f.desk("admin@agency.gov").expect(201, "POST", "/applications", `{"displayName":"x"}`)
}

// A mailbox on the agency's own server is in the directory, and cannot send.
func TestOnPremisesMailbox(t *testing.T) {
	f := ready(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	f.tenant.SetMailbox(noreply, sandbox.Mailbox{OnPremises: true})
	user := d.expect(200, "GET", "/users/"+noreply+"?$select=mail,onPremisesSyncEnabled,assignedPlans", "").object(t)
	if user["mail"] != noreply || user["onPremisesSyncEnabled"] != true || len(user["assignedPlans"].([]any)) != 0 {
		t.Errorf("%v", user)
	}
	if code, _ := f.send(noreply, f.token(), probe).graphError(t); code != "MailboxNotEnabledForRESTAPI" {
		t.Error(code)
	}
	f.tenant.RemoveMailbox(noreply)
	d.refused(404, "Request_ResourceNotFound", "GET", "/users/"+noreply, "")
	if code, _ := f.send(noreply, f.token(), probe).graphError(t); code != "ErrorInvalidUser" {
		t.Error(code)
	}
}

// The harsh settings are on the practice page too.
func TestHarshSettingsOnThePage(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	v.open("/settings").send("/settings/delays", "log-delay", "60", "throttle-seconds", "12", "fault-seconds", "3",
		"create-faults", "4",
		"create-faults-done", "on", "damage", "5").says(200, "Saved.")
	want := sandbox.Weather{
		SignInLogDelay: time.Minute, ThrottleSeconds: 12, FaultSeconds: 3, CreateFaults: 4, CreateFaultsDone: true,
		DamageEvery: 5,
	}
	if w := tenant.Weather(); w != want {
		t.Errorf("%+v", w)
	}
	v.send("/settings/rules", "secret-max-days", "0", "sign-in-lacks", "AuditLog.Read.All", "no-premium", "on",
		"unique-name", "405").says(200)
	if r := tenant.Rules(); r != (sandbox.Rules{
		SignInLacks: "AuditLog.Read.All", NoPremiumLicence: true, UniqueNameRefused: 405,
	}) {
		t.Errorf("%+v", r)
	}
	v.send("/settings/clock", "ahead", "-540").says(200, `Saved.`)
	v.send("/settings/clock", "ahead", "x").says(400, "number of seconds")
	if tenant.ClockAhead() != -9*time.Minute {
		t.Error(tenant.ClockAhead())
	}
	v.send("/settings/mailbox", "address", noreply, "on-premises", "on").says(200, "own Exchange server")
	v.send("/settings/principal", "app", a.ClientID, "principal", "disabled").says(200)
	if now, _ := tenant.AppWithID(a.ClientID); now.Enabled {
		t.Error("the enterprise application is enabled")
	}
	v.send("/settings/principal", "app", a.ClientID, "principal", "deleted").says(200)
	if now, _ := tenant.AppWithID(a.ClientID); now.ServicePrincipalID != "" {
		t.Error("the enterprise application is there")
	}
	v.send("/settings/principal", "app", a.ClientID).says(400, "what to do with the enterprise application")
	v.send("/settings/secret", "app", a.ClientID, "description", "Backup job").says(200)
	v.send("/settings/secret", "app", a.ClientID, "description", "").says(400, "1 to 64 characters")
	if now, _ := tenant.AppWithID(a.ClientID); len(now.Secrets) != 1 || now.Secrets[0].Description != "Backup job" {
		t.Errorf("%+v", now.Secrets)
	}
}
