package m365

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"palmail/secret"
)

// agencyTenant is a tenant that is asked for by its domain, for tokens of an
// app and of an administrator, and as Graph.
func agencyTenant() (http.HandlerFunc, *fakeService, *fakeSignIn) {
	app, admin := &fakeService{roles: []string{MailSend}}, &fakeSignIn{graph: emptyOrganization}
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/agency.gov/"):
			app.requests = append(app.requests, recordedRequest{Method: r.Method, URL: r.URL.String()})
			tenantDocument(map[string]any{
				"authorization_endpoint": "https://" + r.Host + "/" + testTenant + "/oauth2/v2.0/authorize",
			})(w, r)
		case strings.HasSuffix(r.URL.Path, "/sendMail"):
			app.ServeHTTP(w, r)
		case strings.HasSuffix(r.URL.Path, "/devicecode"), strings.HasPrefix(r.URL.Path, "/v1.0/"):
			admin.ServeHTTP(w, r)
		case r.Method == http.MethodPost && r.FormValue("client_secret") == "":
			r2 := r.Clone(r.Context())
			r2.Body = http.NoBody
			body := r.PostForm.Encode()
			r2.Body = readCloser(body)
			admin.ServeHTTP(w, r2)
		case r.Method == http.MethodPost:
			r.Body = readCloser(r.PostForm.Encode())
			app.ServeHTTP(w, r)
		default:
			app.ServeHTTP(w, r)
		}
	}, app, admin
}

// From the mailbox's domain to a mail sent, the tenant's OpenID configuration
// is read once: Discover's answer serves MSAL too.
func TestOneMetadataReadInAWholeSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, app, admin := agencyTenant()
		o := Options{Transport: inMemory(h), Shared: NewShared()}
		tenant, err := Discover(t.Context(), "agency.gov", nil, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // another Client, as another page makes one
			c := New(tenant.Cloud, o)
			a, err := c.SignInDeviceCode(t.Context(), SignInOptions{TenantID: tenant.ID}, func(DeviceCode) {})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Organization(t.Context()); err != nil {
				t.Error(err)
			}
			if err := c.ProveApp(t.Context(), tenant.ID, testApp); err != nil {
				t.Error(err)
			}
			if _, err := c.SendMail(t.Context(), tokenFor(t, c), testMailbox, testMail); err != nil {
				t.Error(err)
			}
		}
		if n := app.count("GET", metadataPath) + admin.count("GET", metadataPath); n != 1 {
			t.Errorf("read %d times", n)
		}
		time.Sleep(metadataAge)
		tokenFor(t, New(tenant.Cloud, o))
		if n := app.count("GET", metadataPath); n != 2 {
			t.Errorf("a configuration of %s ago is still used: read %d times", metadataAge, n)
		}
	})
}

// A configuration is used only for its own tenant and login host.
func TestMetadataIsOfOneTenantAtOneHost(t *testing.T) {
	for name, x := range map[string]map[string]any{
		"another issuer": {"issuer": "https://login.microsoftonline.us/" + testTenant + "/v2.0"},
		"another token endpoint": {
			"token_endpoint": "https://login.microsoftonline.us/" + testTenant + "/oauth2/v2.0/token",
		},
		"no token endpoint": {"token_endpoint": ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, shared := &fakeService{}, NewShared()
			o := Options{Shared: shared, Transport: inMemory(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/agency.gov/") {
					tenantDocument(x)(w, r)
					return
				}
				s.ServeHTTP(w, r)
			})}
			tenant, err := Discover(t.Context(), "agency.gov", nil, o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := New(tenant.Cloud, o).AppToken(t.Context(), tenant.ID, testApp,
				secret.New(testSecret)); err != nil {
				t.Error(err)
			}
			if n := s.count("GET", metadataPath); n != 1 {
				t.Errorf("the tenant itself was asked %d times", n)
			}
		})
	}
	s, shared := &fakeService{}, NewShared()
	c, _ := CloudNamed(Commercial)
	client := New(c, Options{Transport: inMemory(s.ServeHTTP), Shared: shared})
	for _, tenant := range []string{testTenant, testApp, testTenant} {
		_ = client.ProveApp(t.Context(), tenant, testApp)
	}
	if n := s.count("GET", metadataPath); n != 2 {
		t.Errorf("two tenants were asked %d times", n)
	}
}

// Failures are not cached, and a cached configuration does not hide one.
func TestMetadataHidesNoTrouble(t *testing.T) {
	s := &fakeService{}
	var trouble error
	status := 0
	c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		if trouble != nil {
			return nil, trouble
		}
		if status != 0 && r.Method == http.MethodGet {
			return answeringWith(status, nil)(1, r)
		}
		return inMemory(s.ServeHTTP)(r)
	}))
	ask := func() error {
		_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
		return err
	}
	trouble = &ProxyError{Status: 407, Proxy: "proxy.agency.gov:8080"}
	if f := failureOf(t, ask()); f.Status != 407 {
		t.Errorf("%+v", f)
	}
	trouble, status = nil, 404
	if f := failureOf(t, ask()); f.Status != 404 {
		t.Errorf("%+v", f)
	}
	status = 0
	if err := ask(); err != nil {
		t.Error(err)
	}
	trouble = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	if err := ask(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the network is gone, and nobody says so: %v", err)
	}
}

// Only a 200 is cached, even if the body of another answer looks right.
func TestOnlyAnsweredMetadataIsKept(t *testing.T) {
	const body = `{"issuer":"https://login.microsoftonline.com/x/v2.0","token_endpoint":"https://login.microsoftonline.com/x"}`
	for status, want := range map[int]bool{200: true, 203: false, 404: false, 503: false} {
		if _, ok := essentialMetadata(answer{status: status, body: []byte(body)}); ok != want {
			t.Errorf("%d is kept: %v", status, ok)
		}
	}
}

func TestMetadataCacheIsBounded(t *testing.T) {
	var c metadataCache
	for i := range 10 * maxMetadata {
		c.entry(string(rune('a' + i)))
	}
	if n := len(c.entries); n > maxMetadata {
		t.Errorf("%d entries", n)
	}
}

// After an answer of the token endpoint or Graph the server's time is known, even
// if this machine's clock is wrong.
func TestServerTime(t *testing.T) {
	server := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s, header := &fakeService{}, http.Header{}
	date := func(at time.Time) { header.Set("Date", at.Format(http.TimeFormat)) }
	cloud, _ := CloudNamed(Commercial)
	local := server.Add(9 * time.Minute)
	c := New(cloud, Options{Now: func() time.Time {
		return local
	}, Transport: inMemory(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		s.ServeHTTP(w, r)
	})})
	if now, known := c.ServerTime(); known || !now.Equal(local) {
		t.Errorf("%s, %v before any answer", now, known)
	}
	date(server)
	tok := tokenFor(t, c)
	if now, known := c.ServerTime(); !known || !now.Equal(server) {
		t.Errorf("%s, %v after a token", now, known)
	}
	// Graph's answers count too. The last answer wins.
	date(server.Add(time.Minute))
	_ = c.ProbeSend(t.Context(), tok, testMailbox)
	if offset, known := c.ClockOffset(); !known || offset != -8*time.Minute {
		t.Errorf("%s, %v after a probe", offset, known)
	}
	for name, spoil := range map[string]func(){
		"a page": func() {
			s.graph = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(403)
			}
		},
		"a gateway": func() {
			s.graph = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }
		},
		"a cache": func() { s.graph = nil; header.Set("Age", "600") },
		"no date": func() { s.graph = nil; header.Del("Age"); header.Del("Date") },
		"no sense": func() {
			s.graph = nil
			header.Del("Age")
			header.Set("Date", "yesterday")
		},
	} {
		date(server.Add(time.Hour))
		spoil()
		synctest.Test(t, func(t *testing.T) { _ = c.ProbeSend(t.Context(), tok, testMailbox) })
		if offset, known := c.ClockOffset(); !known || offset != -8*time.Minute {
			t.Errorf("%s sets the clock: %s, %v", name, offset, known)
		}
	}
}

// A date in Retry-After is compared with the server's Date, not with this machine's clock.
func TestRetryDateIsByTheServersClock(t *testing.T) {
	server := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	h := http.Header{
		"Date": {server.Format(http.TimeFormat)}, "Retry-After": {server.Add(12 * time.Second).Format(http.TimeFormat)},
	}
	for _, local := range []time.Time{server, server.Add(-9 * time.Minute), server.Add(9 * time.Minute)} {
		if got := retryAfter(h, local); got != 12*time.Second {
			t.Errorf("by a clock that says %s: wait %s", local, got)
		}
	}
}
