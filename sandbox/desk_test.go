package sandbox_test

import (
	"fmt"
	"net/url"
	"testing"
)

// desk is somebody who is signed in and calls Graph.
type desk struct {
	*office
	auth string
}

func (f *office) desk(username string) desk {
	f.t.Helper()
	return desk{f, "Bearer " + f.signIn(username)}
}

// call sends a request with a JSON body, if there is one.
func (d desk) call(method, path, body string) reply {
	d.t.Helper()
	r, err := d.tryCall(method, path, body)
	d.must(err)
	return r
}

func (d desk) tryCall(method, path, body string) (reply, error) {
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	return d.try(method, d.graph+"/v1.0"+path, kind, d.auth, []byte(body))
}

// expect is call for an answer that must have this status.
func (d desk) expect(status int, method, path, body string) reply {
	d.t.Helper()
	r := d.call(method, path, body)
	if r.status != status {
		d.t.Fatalf("%s %s: %d, want %d\n%s", method, path, r.status, status, r.body)
	}
	return r
}

// refused is call for a refusal with this status and code.
func (d desk) refused(status int, code, method, path, body string) string {
	d.t.Helper()
	r := d.call(method, path, body)
	got, message := r.graphError(d.t)
	if r.status != status || got != code {
		d.t.Errorf("%s %s: %d %s, want %d %s", method, path, r.status, got, status, code)
	}
	return message
}

// values are the objects of a list.
func (r reply) values(t testing.TB) []map[string]any {
	t.Helper()
	list, ok := r.object(t)["value"].([]any)
	if !ok {
		t.Fatalf("no list: %s", r.body)
	}
	var out []map[string]any
	for _, x := range list {
		out = append(out, x.(map[string]any))
	}
	return out
}

func (d desk) newApp(name string) (objectID, clientID string) {
	d.t.Helper()
	r := d.expect(201, "POST", "/applications", `{"displayName":"`+name+
		`","signInAudience":"AzureADMyOrg","web":{"redirectUris":["`+redirect+`"]},
		"requiredResourceAccess":[{"resourceAppId":"`+graphAppID+`","resourceAccess":[{"id":"`+mailSend+
		`","type":"Role"}]}]}`)
	return r.text(d.t, "id"), r.text(d.t, "appId")
}

func (d desk) newPrincipal(clientID string) string {
	d.t.Helper()
	return d.expect(201, "POST", "/servicePrincipals", `{"appId":"`+clientID+`"}`).text(d.t, "id")
}

func (d desk) graphPrincipal() string {
	d.t.Helper()
	return d.expect(200, "GET", "/servicePrincipals(appId='"+graphAppID+"')?$select=id,appRoles", "").text(d.t, "id")
}

func assignment(principal, resource, role string) string {
	return fmt.Sprintf(`{"principalId":%q,"resourceId":%q,"appRoleId":%q}`, principal, resource, role)
}

func filter(f string) string { return "?$filter=" + url.QueryEscape(f) }
