package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// A storm of failed creates: every status, with and without Retry-After, done
// and not done.
func TestCreateFaults(t *testing.T) {
	for _, done := range []bool{false, true} {
		for _, seconds := range []int{0, 7} {
			f := open(t, sandbox.Options{})
			d := f.desk("admin@agency.gov")
			before := len(f.tenant.Apps())
			f.tenant.SetWeather(sandbox.Weather{CreateFaults: 4, CreateFaultsDone: done, FaultSeconds: seconds})
			var statuses []int
			for range 5 {
				r := d.call("POST", "/applications", `{"displayName":"x"}`)
				d.expect(200, "GET", "/applications?$top=1", "") // reads are spared
				statuses = append(statuses, r.status)
				if r.status == 201 {
					continue
				}
				r.graphError(t)
				if got := r.header.Get("Retry-After"); (got == "7") != (seconds == 7) {
					t.Errorf("%d: Retry-After %q", r.status, got)
				}
			}
			made := len(f.tenant.Apps()) - before
			if !slices.Equal(statuses, []int{500, 502, 503, 504, 201}) ||
				made != map[bool]int{false: 1, true: 5}[done] {
				t.Errorf("done %v: %v, %d apps", done, statuses, made)
			}
		}
	}
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	for _, create := range []func() int{
		func() int { return d.upsert("x", `{"displayName":"x"}`).status },
		func() int { return d.call("POST", "/servicePrincipals", `{}`).status },
		func() int { return d.call("POST", "/applications/"+f.app.ObjectID+"/addPassword", `{}`).status },
		func() int { return d.call("POST", "/servicePrincipals/x/appRoleAssignedTo", `{}`).status },
	} {
		f.tenant.SetWeather(sandbox.Weather{CreateFaults: 1})
		if status := create(); status != 500 {
			t.Errorf("%d", status)
		}
	}
}

// A successful read may arrive unusable, in every way.
func TestDamagedAnswers(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	f.tenant.SetWeather(sandbox.Weather{DamageEvery: 1})
	kinds := map[string]int{}
	for range 6 {
		r := d.expect(200, "GET", "/applications", "")
		switch {
		case len(r.body) == 0:
			kinds["empty"]++
		case strings.HasPrefix(r.header.Get("Content-Type"), "text/html"):
			kinds["HTML"]++
		case !json.Valid(r.body):
			kinds["cut"]++
		}
		if want := fmt.Sprint(len(r.body)); r.header.Get("Content-Length") != want {
			t.Errorf("Content-Length %s, %s bytes", r.header.Get("Content-Length"), want)
		}
	}
	if fmt.Sprint(kinds) != "map[HTML:2 cut:2 empty:2]" {
		t.Errorf("%v", kinds)
	}
	d.expect(201, "POST", "/applications", `{"displayName":"x"}`).text(t, "id") // writes are spared
	f.tenant.SetWeather(sandbox.Calm())
	f.tenant.Intercept(func(sandbox.Call) sandbox.Outcome { return sandbox.Outcome{Damage: sandbox.Severed} })
	if _, err := d.tryCall("GET", "/applications", ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("severed in the process: %v", err)
	}
	srv := httptest.NewTLSServer(f.tenant)
	defer srv.Close()
	f.http, f.login = srv.Client(), srv.URL
	if _, err := f.try("GET", srv.URL+"/agency.gov/v2.0/.well-known/openid-configuration", "", "",
		nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("severed on the network: %v", err)
	}
}

func TestIntercept(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	var calls []sandbox.Call
	outcome := sandbox.Outcome{}
	f.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
		calls = append(calls, c)
		return outcome
	})
	d.expect(200, "GET", "/applications?$top=1", "")
	if len(calls) != 1 || calls[0] != (sandbox.Call{Method: "GET", Path: "/v1.0/applications", Query: "$top=1", N: 1}) {
		t.Errorf("%+v", calls)
	}
	outcome = sandbox.Outcome{Status: 429, RetryAfter: "Thu, 01 Jan 2032 00:00:00 GMT"}
	for _, r := range []reply{d.call("GET", "/applications", ""), f.ask(f.tenant.ID(), f.form())} {
		if r.status != 429 || r.header.Get("Retry-After") != outcome.RetryAfter {
			t.Errorf("%d, Retry-After %q", r.status, r.header.Get("Retry-After"))
		}
	}
	outcome = sandbox.Outcome{Status: 504, Done: true}
	made := len(f.tenant.Apps())
	if r := d.call("POST", "/applications", `{"displayName":"x"}`); r.status != 504 || len(f.tenant.Apps()) != made+1 {
		t.Errorf("%d", r.status)
	}
	outcome = sandbox.Outcome{Status: 502, Done: true, Lost: true}
	if _, err := d.tryCall("POST", "/applications", `{"displayName":"x"}`); err == nil ||
		len(f.tenant.Apps()) != made+2 {
		t.Error("an answer that was lost arrived")
	}
	f.tenant.Intercept(nil)
	d.expect(200, "GET", "/applications", "")
}

// The tenant's clock is its own: every time it shows comes from there.
func TestClockAhead(t *testing.T) {
	for _, ahead := range []time.Duration{-9 * time.Minute, 9 * time.Minute, 3 * 365 * 24 * time.Hour} {
		f := open(t, sandbox.Options{ClockAhead: ahead})
		d := f.desk("admin@agency.gov")
		near := func(name, text, layout string) {
			t.Helper()
			at, err := time.Parse(layout, text)
			if off := time.Until(at) - ahead; err != nil || off.Abs() > time.Minute {
				t.Errorf("%v ahead: %s is %q, %v off (%v)", ahead, name, text, off, err)
			}
		}
		r := d.expect(201, "POST", "/applications", `{"displayName":"x"}`)
		near("Date", r.header.Get("Date"), http.TimeFormat)
		near("createdDateTime", r.text(t, "createdDateTime"), time.RFC3339)
		secret := d.call("POST", "/applications/"+f.app.ObjectID+
			"/addPassword", `{"passwordCredential":{"endDateTime":"`+
			time.Now().AddDate(0, 6, 0).UTC().Format(time.RFC3339)+`"}}`)
		if late := ahead > 365*24*time.Hour; late != (secret.status == 400) ||
			late && !strings.Contains(string(secret.body), "KeyCredentialsInvalidEndDate") {
			t.Errorf("%v ahead: %d %s", ahead, secret.status, secret.body)
		}
		kept, err := f.tenant.State()
		f.must(err)
		again, err := sandbox.Restore(sandbox.Options{}, kept)
		f.must(err)
		if again.ClockAhead() != ahead {
			t.Errorf("after a restart: %v", again.ClockAhead())
		}
	}
}
