package sandbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// TestReplication walks through a setup at once after each change, and again
// when the delay is over.
func TestReplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{})
		d := f.desk("admin@agency.gov")
		graph := d.graphPrincipal()
		f.tenant.SetWeather(sandbox.Weather{AppDelay: 10 * time.Second})
		const notThere, bad = "Request_ResourceNotFound", "Request_BadRequest"

		id, clientID := d.newApp("Fresh")
		app := "/applications/" + id
		d.refused(404, notThere, "GET", app, "")
		d.refused(404, notThere, "GET", "/applications(appId='"+clientID+"')", "")
		d.refused(404, notThere, "PATCH", app, `{"notes":"x"}`)
		d.refused(404, notThere, "DELETE", app, "")
		if m := d.refused(404, notThere, "POST", app+"/addPassword", `{}`); m != "Resource '"+id+
			"' does not exist or one of its queried reference-property objects are not present." {
			t.Error(m)
		}
		if found := d.expect(200, "GET", "/applications"+filter("displayName eq 'Fresh'"),
			"").values(t); len(found) != 0 {
			t.Errorf("listed at once: %v", found)
		}
		newPrincipal := `{"appId":"` + clientID + `"}`
		if m := d.refused(400, bad, "POST", "/servicePrincipals", newPrincipal); !strings.Contains(m,
			"does not reference a valid application object") {
			t.Error(m)
		}
		if m := d.refused(403, "Authorization_RequestDenied", "POST", "/servicePrincipals",
			newPrincipal); !strings.Contains(m,
			"the backing application of the service principal being created must in the local tenant") {
			t.Error(m)
		}
		time.Sleep(10 * time.Second)
		d.expect(200, "GET", app, "")
		principal := d.newPrincipal(clientID)

		d.refused(404, notThere, "GET", "/servicePrincipals/"+principal, "")
		d.refused(404, notThere, "GET", "/servicePrincipals/"+principal+"/appRoleAssignments", "")
		if found := d.expect(200, "GET", "/servicePrincipals"+filter("appId eq '"+clientID+"'"),
			"").values(t); len(found) != 0 {
			t.Errorf("listed at once: %v", found)
		}
		// although no read finds it
		d.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/servicePrincipals", newPrincipal)
		give, to := assignment(principal, graph, mailSend), "/servicePrincipals/"+graph+"/appRoleAssignedTo"
		if m := d.refused(400, bad, "POST", to, give); m != "Not a valid reference update." {
			t.Error(m)
		}
		d.refused(404, notThere, "POST", to, give)
		time.Sleep(10 * time.Second)
		grant := d.expect(201, "POST", to, give).text(t, "id")

		given := "/servicePrincipals/" + principal + "/appRoleAssignments"
		if list := d.expect(200, "GET", given, "").values(t); len(list) != 0 {
			t.Errorf("listed at once: %v", list)
		}
		if m := d.refused(400, bad, "POST", to, give); m != "Permission being assigned already exists on the object" {
			t.Error(m)
		}
		key := d.expect(200, "POST", app+"/addPassword", `{}`).text(t, "keyId")
		secrets := func() int { return len(d.expect(200, "GET", app, "").object(t)["passwordCredentials"].([]any)) }
		if n := secrets(); n != 0 {
			t.Errorf("%d secrets at once", n)
		}
		remove := `{"keyId":"` + key + `"}`
		d.refused(409, "Directory_ConcurrencyViolation", "POST", app+"/removePassword", remove)
		time.Sleep(10 * time.Second)
		if list := d.expect(200, "GET", given, "").values(t); len(list) != 1 || secrets() != 1 {
			t.Errorf("after the delay: %v", list)
		}

		// Changes and removals are seen late as well.
		d.expect(204, "PATCH", app, `{"displayName":"Aged"}`)
		d.expect(204, "POST", app+"/removePassword", remove)
		d.expect(204, "DELETE", to+"/"+grant, "")
		name := func() any { return d.expect(200, "GET", app, "").object(t)["displayName"] }
		if list := d.expect(200, "GET", given, "").values(t); len(list) != 1 || secrets() != 1 || name() != "Fresh" {
			t.Errorf("at once: %v %d %v", list, secrets(), name())
		}
		d.refused(404, notThere, "DELETE", to+"/"+grant, "")
		time.Sleep(10 * time.Second)
		if list := d.expect(200, "GET", given, "").values(t); len(list) != 0 || secrets() != 0 || name() != "Aged" {
			t.Errorf("after the delay: %v %d %v", list, secrets(), name())
		}
		d.expect(204, "DELETE", app, "")
		d.expect(200, "GET", app, "") // a stale read
		d.refused(404, notThere, "POST", app+"/addPassword", `{}`)
		time.Sleep(10 * time.Second)
		d.refused(404, notThere, "GET", app, "")
		if found := d.expect(200, "GET", "/applications"+filter("appId eq '"+clientID+"'"),
			"").values(t); len(found) != 0 {
			t.Errorf("%v", found)
		}
	})
}

func TestReadsAreNotMonotonic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{})
		d := f.desk("admin@agency.gov")
		f.tenant.SetWeather(sandbox.Weather{AppDelay: 10 * time.Second, Flapping: true})
		id, clientID := d.newApp("Flapping")
		time.Sleep(10 * time.Second)
		var direct, listed []int // each way has its own good and stale reads
		for range 4 {
			direct = append(direct, d.call("GET", "/applications/"+id, "").status)
			listed = append(listed, len(d.expect(200, "GET", "/applications"+filter("appId eq '"+clientID+"'"),
				"").values(t)))
		}
		if fmt.Sprint(direct, listed) != "[200 404 200 404] [1 0 1 0]" {
			t.Errorf("%v %v", direct, listed)
		}
		time.Sleep(10 * time.Second)
		for range 4 {
			d.expect(200, "GET", "/applications/"+id, "")
		}
	})
}

func TestLostWrites(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	before := len(f.tenant.Apps())
	f.tenant.SetWeather(sandbox.Weather{LoseNth: 2, LoseOnly: "/applications"})
	for i := 1; i <= 4; i++ {
		_, err := d.tryCall("POST", "/applications", `{"displayName":"x"}`)
		if lost := errors.Is(err, syscall.ECONNRESET); lost != (i == 2) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if n := len(f.tenant.Apps()) - before; n != 4 {
		t.Errorf("%d apps: the lost one must be there", n)
	}
	f.tenant.SetWeather(sandbox.Calm())
	type asked struct {
		method string
		n      int
	}
	var calls []asked
	f.tenant.LoseCall(func(method, path string, n int) bool {
		calls = append(calls, asked{method, n})
		return method == "POST" && strings.HasSuffix(path, "/addPassword")
	})
	d.expect(200, "GET", "/applications/"+f.app.ObjectID, "")
	if _, err := d.tryCall("POST", "/applications/"+f.app.ObjectID+"/addPassword", `{}`); !errors.Is(err,
		syscall.ECONNRESET) {
		t.Error(err)
	}
	f.browser().open(f.request()) // pages are not counted
	d.expect(200, "GET", "/applications/"+f.app.ObjectID, "")
	if !slices.Equal(calls, []asked{{"GET", 1}, {"POST", 2}, {"GET", 3}}) {
		t.Errorf("%v", calls)
	}
	f.tenant.LoseCall(nil)
	if a, _ := f.tenant.AppWithID(f.app.ClientID); len(a.Secrets) != 2 {
		t.Errorf("%d secrets", len(a.Secrets))
	}
	d.expect(200, "POST", "/applications/"+f.app.ObjectID+"/addPassword", `{}`)
}

func TestFailedCalls(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	writes := len(f.tenant.Writes())
	for status, code := range map[int]string{
		429: "TooManyRequests", 503: "ServiceUnavailable", 500: "InternalServerError", 502: "InternalServerError",
		504: "InternalServerError",
		409: "Directory_ConcurrencyViolation", 403: "Authorization_RequestDenied", 404: "Request_ResourceNotFound",
		401: "InvalidAuthenticationToken", 400: "BadRequest",
	} {
		f.tenant.FailCall(func(string, string, int) int { return status })
		r := d.call("POST", "/applications", `{"displayName":"x"}`)
		got, _ := r.graphError(t)
		if wants := status == 429 || status == 503; r.status != status || got != code ||
			(r.header.Get("Retry-After") == "1") != wants {
			t.Errorf("%d: %d %s, Retry-After %q", status, r.status, got, r.header.Get("Retry-After"))
		}
		if r := f.ask(f.tenant.ID(), f.form()); r.status != status {
			t.Errorf("the token endpoint: %d, want %d", r.status, status)
		}
		if s := f.browser().open(f.request()); s.status != 200 {
			t.Errorf("a page: %d", s.status)
		}
	}
	f.tenant.FailCall(func(method, _ string, n int) int { return map[bool]int{true: 500}[n == 2] })
	d.expect(201, "POST", "/applications", `{"displayName":"x"}`)
	d.expect(500, "POST", "/applications", `{"displayName":"x"}`)
	d.expect(201, "POST", "/applications", `{"displayName":"x"}`)
	f.tenant.FailCall(nil)
	if got := f.tenant.Writes()[writes:]; len(got) != 2 {
		t.Errorf("a failed call was carried out: %v", got)
	}
}

func TestWritesAreBounded(t *testing.T) {
	f := open(t, sandbox.Options{})
	for range 600 {
		f.tenant.DeleteApp(f.tenant.RegisterApp("x", sandbox.Web, "").ClientID)
	}
	w := f.tenant.Writes()
	if len(w) != 1000 || !strings.HasPrefix(w[999], "delete application ") {
		t.Errorf("%d lines, the last %q", len(w), w[len(w)-1])
	}
}

func TestObservedSignIns(t *testing.T) {
	f := open(t, sandbox.Options{})
	var all strings.Builder
	f.tenant.Observe(func(e sandbox.Exchange) {
		fmt.Fprintln(&all, e.URL, e.RequestHeaders, e.RequestBody, e.ResponseHeaders, e.ResponseBody)
	})
	b := f.browser()
	s := b.open(f.request("response_mode", "form_post"))
	form := s.fields()
	done := s.press("signin", "account", "admin@agency.gov")
	r := f.ask("organizations", f.exchange(done.fields().Get("code")))
	query := f.browser().open(f.request()).press("signin", "account", "admin@agency.gov").back().Get("code")
	admin := desk{f, "Bearer " + r.text(t, "access_token")}
	secret := admin.expect(200, "POST", "/applications/"+f.app.ObjectID+"/addPassword", `{}`)
	for name, hidden := range map[string]string{
		"the code in a form": done.fields().Get("code"), "the code in an address": query, "the flow": form.Get("flow"),
		"the check":        form.Get("check"),
		"the access token": r.text(t, "access_token"), "the refresh token": r.text(t, "refresh_token"),
		"the ID token": r.text(t, "id_token"),
		"the verifier": verifier, "the secret": secret.text(t, "secretText"),
		"the cookie": strings.TrimPrefix(strings.Split(s.header.Get("Set-Cookie"), ";")[0], "__Host-practice="),
	} {
		if hidden == "" || strings.Contains(all.String(), hidden) {
			t.Errorf("%s is shown", name)
		}
	}
}
