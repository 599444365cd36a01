package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

// serve puts a tenant behind a TLS listener, where sign-in and Graph share the host.
func serve(t *testing.T, o sandbox.Options) (*office, *httptest.Server) {
	f := ready(t, o)
	srv := httptest.NewTLSServer(f.tenant)
	t.Cleanup(srv.Close)
	f.http, f.login, f.graph, f.scope = srv.Client(), srv.URL, srv.URL, srv.URL+"/.default"
	return f, srv
}

func TestListener(t *testing.T) {
	f, srv := serve(t, sandbox.Options{})
	rec := &contracttest.Recorder{Next: srv.Client().Transport}
	f.http = &http.Client{Transport: rec}
	doc := f.do("GET", srv.URL+"/agency.gov/v2.0/.well-known/openid-configuration", "", "", nil).object(t)
	if doc["issuer"] != srv.URL+"/"+f.tenant.ID()+"/v2.0" || doc["token_endpoint"] != srv.URL+"/"+f.tenant.ID()+
		"/oauth2/v2.0/token" {
		t.Errorf("%v", doc)
	}
	token := f.token()
	if c := claimsOf(t, token); c["aud"] != srv.URL {
		t.Errorf("audience %v", c["aud"])
	}
	if e := f.ask(f.tenant.ID(), f.form("scope", scope)).refusal(t); e.Codes[0] != 500011 {
		t.Errorf("Microsoft's Graph as the scope: %v", e.Codes)
	}
	if r := f.send(noreply, token, letter); r.status != 202 || r.header.Get("Content-Length") != "0" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	if r := f.send("nobody@agency.gov", token, letter); r.status != 404 {
		t.Errorf("%d %s", r.status, r.body)
	}
	f.tenant.SetWeather(sandbox.Weather{LoseEvery: 1})
	if r, err := f.try("POST", srv.URL+"/v1.0/users/"+noreply+"/sendMail", "application/json", "Bearer "+
		token, []byte(letter)); err == nil {
		t.Errorf("a lost answer arrived: %d", r.status)
	}
	if n := len(f.tenant.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
	contracttest.Check(t, rec)
}

func BenchmarkSendMail(b *testing.B) {
	f := ready(b, sandbox.Options{})
	token := f.token()
	for b.Loop() {
		if r := f.send(noreply, token, letter); r.status != 202 {
			b.Fatal(r.status)
		}
	}
}
