package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

// prefer is call with a Prefer header.
func (d desk) prefer(preference, method, path, body string) (reply, error) {
	g := *d.office
	g.more = map[string]string{"Prefer": preference}
	return desk{&g, d.auth}.tryCall(method, path, body)
}

// upsert registers an app under a unique name, or changes the one there is.
func (d desk) upsert(name, body string) reply {
	d.t.Helper()
	r, err := d.prefer("create-if-missing", "PATCH", "/applications(uniqueName='"+name+"')", body)
	d.must(err)
	return r
}

// The documentation's own examples, in its order.
func TestUpsertAsDocumented(t *testing.T) {
	lines, err := os.ReadFile("testdata/application-upsert.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	for scanner := bufio.NewScanner(bytes.NewReader(lines)); scanner.Scan(); {
		var e struct {
			Source, Method, URL string
			Headers             map[string]string
			Body, Answer        json.RawMessage
			Status              int
		}
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		g := *f
		g.more = e.Headers
		r := g.do(e.Method, e.URL, e.Headers["Content-Type"], d.auth, e.Body)
		if r.status != e.Status {
			t.Errorf("%s: %d %s", e.Source, r.status, r.body)
			continue
		}
		if e.Answer == nil {
			if len(r.body) > 0 {
				t.Errorf("%s: %s, want no body", e.Source, r.body)
			}
			continue
		}
		var want any
		if err := json.Unmarshal(e.Answer, &want); err != nil {
			t.Fatal(err)
		}
		for _, fault := range unlike("", want, any(r.object(t))) {
			t.Errorf("%s: %s", e.Source, fault)
		}
	}
}

// unlike says where got lacks what want has. "*" is any value, and got may have
// more: the documentation shortens its answers.
func unlike(path string, want, got any) (faults []string) {
	if want == "*" {
		return nil
	}
	w, isObject := want.(map[string]any)
	if !isObject {
		if want == nil && got == false { // isFallbackPublicClient before anybody has set it
			return nil
		}
		if !reflect.DeepEqual(want, got) {
			faults = append(faults, fmt.Sprintf("%s is %v, want %v", path, got, want))
		}
		return faults
	}
	g, _ := got.(map[string]any)
	for name, value := range w {
		if _, has := g[name]; !has {
			faults = append(faults, path+"/"+name+" is missing")
			continue
		}
		faults = append(faults, unlike(path+"/"+name, value, g[name])...)
	}
	return faults
}

// However often the client asks, and whatever gets lost, there is one app.
func TestUpsertMakesOneApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{})
		d := f.desk("admin@agency.gov")
		before := len(f.tenant.Apps())
		f.tenant.SetWeather(sandbox.Weather{AppDelay: 30 * time.Second, LoseNth: 1})
		const body, at = `{"displayName":"PAL mail"}`, "/applications(uniqueName='palmail-1')"
		if _, err := d.prefer("create-if-missing", "PATCH", at, body); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		d.refused(404, "Request_ResourceNotFound", "GET", at, "") // the copy that reads see lags
		d.refused(404, "Request_ResourceNotFound", "PATCH", at, body)
		r := d.upsert("palmail-1", body)
		if _, message := r.graphError(t); r.status != 400 ||
			message != "Another object with the same value for property uniqueName already exists." {
			t.Errorf("at once: %d %s", r.status, message)
		}
		if r := d.upsert("palmail-1", body); r.status != 204 || len(r.body) != 0 {
			t.Errorf("the primary knows it: %d %s", r.status, r.body)
		}
		time.Sleep(30 * time.Second)
		found := d.expect(200, "GET", at+"?$select=id,uniqueName", "")
		if found.text(t, "uniqueName") != "palmail-1" {
			t.Errorf("%s", found.body)
		}
		if r := d.upsert("palmail-1", `{"displayName":"Renamed"}`); r.status != 204 {
			t.Errorf("%d %s", r.status, r.body)
		}
		if n := len(f.tenant.Apps()) - before; n != 1 {
			t.Errorf("%d apps", n)
		}
	})
}

// A deleted app keeps its name for 30 days, also across a restart.
func TestUniqueNameOfDeletedApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{})
		d := f.desk("admin@agency.gov")
		id := d.upsert("palmail-1", `{"displayName":"PAL mail"}`).text(t, "id")
		d.expect(204, "DELETE", "/applications/"+id, "")
		d.refused(404, "Request_ResourceNotFound", "GET", "/applications(uniqueName='palmail-1')", "")
		if r := d.upsert("palmail-1", `{"displayName":"PAL mail"}`); r.status != 400 {
			t.Errorf("%d %s", r.status, r.body)
		}
		kept, err := f.tenant.State()
		f.must(err)
		if f.tenant, err = sandbox.Restore(sandbox.Options{}, kept); err != nil {
			t.Fatal(err)
		}
		f.http.Transport = f.tenant.Transport()
		d = f.desk("admin@agency.gov")
		if r := d.upsert("palmail-1", `{"displayName":"PAL mail"}`); r.status != 400 {
			t.Errorf("after a restart: %d %s", r.status, r.body)
		}
		list := d.expect(200, "GET",
			"/directory/deletedItems/microsoft.graph.application?$select=id,displayName,uniqueName,deletedDateTime",
			"").values(t)
		if len(list) != 1 || list[0]["id"] != id || list[0]["uniqueName"] != "palmail-1" ||
			list[0]["deletedDateTime"] == nil {
			t.Errorf("%v", list)
		}
		d.expect(200, "GET", "/directory/deletedItems/"+id, "")
		d.expect(200, "POST", "/directory/deletedItems/"+id+"/restore", "")
		if r := d.upsert("palmail-1", `{"displayName":"PAL mail"}`); r.status != 204 {
			t.Errorf("restored: %d %s", r.status, r.body)
		}
		d.expect(204, "DELETE", "/applications(uniqueName='palmail-1')", "")
		time.Sleep(30 * 24 * time.Hour)
		d = f.desk("admin@agency.gov")
		d.refused(404, "Request_ResourceNotFound", "GET", "/directory/deletedItems/"+id, "")
		if r := d.upsert("palmail-1", `{"displayName":"PAL mail"}`); r.status != 201 {
			t.Errorf("after 30 days: %d %s", r.status, r.body)
		}
	})
}

func TestUniqueNameRules(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	id := d.upsert("it''s", `{"displayName":"Quoted","uniqueName":"it's"}`).text(t, "id")
	if name := d.expect(200, "GET", "/applications/"+id, "").text(t, "uniqueName"); name != "it's" {
		t.Error(name)
	}
	for _, body := range []string{`{"uniqueName":"other"}`, `{"uniqueName":null}`} {
		d.refused(400, "Request_BadRequest", "PATCH", "/applications/"+id, body)
	}
	d.refused(400, "Request_BadRequest", "POST", "/applications", `{"displayName":"x","uniqueName":"y"}`)
	if a, _ := f.tenant.AppNamed("Quoted"); a.UniqueName != "it's" {
		t.Errorf("%+v", a)
	}

	user, developer := f.desk("user@agency.gov"), f.desk("developer@agency.gov")
	if r := user.upsert("mine", `{"displayName":"x"}`); r.status != 403 {
		t.Errorf("without a role: %d", r.status)
	}
	if r := developer.upsert("it''s", `{"displayName":"x"}`); r.status != 403 {
		t.Errorf("somebody else's app: %d", r.status)
	}
	if r := developer.upsert("mine", `{"displayName":"x"}`); r.status != 201 {
		t.Errorf("a developer: %d", r.status)
	}
	if r := developer.upsert("mine", `{"displayName":"y"}`); r.status != 204 {
		t.Errorf("the owner: %d", r.status)
	}
	for status, code := range map[int]string{
		404: "ResourceNotFound", 405: "Request_BadRequest", 501: "NotImplemented",
	} {
		f.tenant.SetRules(sandbox.Rules{UniqueNameRefused: status})
		r := d.upsert("later", `{"displayName":"x"}`)
		if got, _ := r.graphError(t); r.status != status || got != code {
			t.Errorf("%d %s, want %d %s", r.status, got, status, code)
		}
		d.refused(status, code, "GET", "/applications(uniqueName='mine')", "")
		d.expect(201, "POST", "/applications", `{"displayName":"the other way"}`)
	}
}

// Apps can be found by their redirect URI, with what Graph asks for such a filter.
func TestFilterByRedirectURI(t *testing.T) {
	f := open(t, sandbox.Options{})
	d := f.desk("admin@agency.gov")
	f.tenant.RegisterApp("Other", sandbox.Web, "https://other.example/x")
	by := func(f string) string {
		return "/applications" + filter("web/redirectUris/any(u:"+f+")") + "&$count=true&$select=id,displayName"
	}
	d.refused(400, "Request_UnsupportedQuery", "GET", by("u eq '"+redirect+"'"), "")
	g := *f
	g.more = map[string]string{"ConsistencyLevel": "eventual"}
	e := desk{&g, d.auth}
	for _, f := range []string{"u eq '" + strings.ToUpper(redirect) + "'", "startswith(u,'https://pal.')"} {
		r := e.expect(200, "GET", by(f), "")
		if list := r.values(t); len(list) != 1 || list[0]["displayName"] != "PAL mail" ||
			r.object(t)["@odata.count"] != 1.0 {
			t.Errorf("%s: %s", f, r.body)
		}
	}
	e.refused(400, "Request_UnsupportedQuery", "GET", by("x eq '"+redirect+"'"), "")
	e.refused(400, "Request_UnsupportedQuery", "GET", "/servicePrincipals"+filter("web/redirectUris/any(u:u eq 'x')")+
		"&$count=true", "")
}
