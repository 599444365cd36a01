package sandbox_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"palmail/sandbox"
)

// visitor is a person at the practice portal, with a browser without scripts.
type visitor struct {
	t      testing.TB
	tenant *sandbox.Tenant
	base   string
	http   *http.Client
	check  string // of the last page
	number string // of the last form that can be sent once
	path   string // where the browser is
	status int
	header http.Header
	body   string // without its escapes
	raw    string // as it came
}

func newVisitor(t testing.TB, tenant *sandbox.Tenant) *visitor {
	t.Helper()
	v := &visitor{t: t, tenant: tenant}
	var portal http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { portal.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	portal = tenant.Portal(srv.URL)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.base, v.http = srv.URL, &http.Client{Jar: jar}
	return v
}

var (
	checkField  = regexp.MustCompile(`name="check" value="([^"]+)"`)
	numberField = regexp.MustCompile(`name="number" value="([^"]+)"`)
)

func (v *visitor) do(r *http.Request) *visitor {
	v.t.Helper()
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.path, v.status, v.header = resp.Request.URL.Path, resp.StatusCode, resp.Header
	v.body, v.raw = html.UnescapeString(string(b)), string(b)
	if m := checkField.FindStringSubmatch(v.body); m != nil {
		v.check = m[1]
	}
	if m := numberField.FindStringSubmatch(v.body); m != nil {
		v.number = m[1]
	}
	return v
}

// open opens a page, given below the portal's root.
func (v *visitor) open(path string) *visitor {
	v.t.Helper()
	r, err := http.NewRequest("GET", v.base+sandbox.PortalRoot+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(r)
}

// send sends a form as the browser does that was shown it.
func (v *visitor) send(path string, fields ...string) *visitor {
	v.t.Helper()
	return v.do(v.request(path, fields...))
}

func (v *visitor) request(path string, fields ...string) *http.Request {
	v.t.Helper()
	form := url.Values{"check": {v.check}, "number": {v.number}}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest("POST", v.base+sandbox.PortalRoot+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.base)
	return r
}

// says checks that the page answered with the status and says all of texts.
func (v *visitor) says(status int, texts ...string) *visitor {
	v.t.Helper()
	if v.status != status {
		v.t.Errorf("%s answered %d, want %d:\n%s", v.path, v.status, status, v.body)
	}
	for _, want := range append(texts, "Practice tenant.", "this is not Microsoft’s portal") {
		if !strings.Contains(v.body, want) {
			v.t.Errorf("%s does not say %q:\n%s", v.path, want, v.body)
		}
	}
	return v
}

// addSecret opens the form for a new secret of an app, given by its path, and sends it.
func (v *visitor) addSecret(app string, fields ...string) *visitor {
	v.t.Helper()
	return v.do(v.newSecret(app, fields...))
}

func (v *visitor) newSecret(app string, fields ...string) *http.Request {
	v.t.Helper()
	return v.open(app+"/secrets/new").request(app+"/secrets", fields...)
}

func (v *visitor) register(name string) sandbox.App {
	v.t.Helper()
	v.open("/new").says(200)
	v.send("/new", "name", name, "audience", "AzureADMyOrg", "platform", "Web", "redirect", redirect).says(200)
	a, ok := v.tenant.AppNamed(name)
	if !ok {
		v.t.Fatalf("not registered:\n%s", v.body)
	}
	return a
}

// The whole of the guided setup, page by page, with the portal's labels letter for letter.
func TestPortalSetup(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	v.open("").says(200, "App registrations", "New registration", "No applications yet")
	v.open("/new").says(200, "Register an application", ">Name<", "Supported account types",
		"Accounts in this organizational directory only (Example Agency only - Single tenant)",
		"Accounts in any organizational directory<",
		"and personal Microsoft accounts", "Personal Microsoft accounts<", "Redirect URI (optional)",
		"Select a platform", ">Web<", ">Register<")
	a := v.register("PAL mail")
	if v.path != "/portal/app/"+a.ClientID || a.Platform != sandbox.Web ||
		!slices.Equal(a.RedirectURIs, []string{redirect}) {
		t.Fatalf("at %s with %+v", v.path, a)
	}
	v.says(200, "Essentials", "Application (client) ID", "Object ID", "Directory (tenant) ID", a.ClientID, a.ObjectID,
		tenant.ID(), "Add a certificate or secret")
	v.open("/"+tenant.ID()).says(200, "PAL mail")

	v.open("/app/"+a.ClientID+"/secrets").says(200, "Certificates & secrets", "Client secrets", "New client secret")
	v.open("/app/"+a.ClientID+"/secrets/new").says(200, ">Description<", ">Expires<",
		"Recommended: 180 days (6 months)", "90 days (3 months)",
		"365 days (12 months)", "545 days (18 months)", "730 days (24 months)", ">Custom<", ">Add<")
	v.addSecret("/app/"+a.ClientID, "description", "PAL", "expires", "180").says(200, ">Description<", ">Expires<",
		">Value<", ">Secret ID<")
	value := regexp.MustCompile(`aria-label="Value of PAL" value="([^"]{40})"`).FindStringSubmatch(v.body)
	if value == nil {
		t.Fatalf("no Value:\n%s", v.body)
	}
	a, _ = tenant.AppWithID(a.ClientID)
	v.says(200, a.Secrets[0].ID)

	v.open("/app/"+a.ClientID+"/permissions").says(200, "Microsoft Graph: User.Read", "Add a permission",
		"Grant admin consent for Example Agency")
	add := "/app/" + a.ClientID + "/permissions/add"
	v.open(add).says(200, "Microsoft Graph", "Office 365 Exchange Online")
	v.open(add+"?api=Microsoft+Graph").says(200, "Delegated permissions", "Application permissions")
	v.open(add+"?api=Microsoft+Graph&kind=Application&search=mail.s").says(200, "Mail.Send", ">Add permissions<")
	if strings.Contains(v.body, "Mail.ReadWrite") {
		t.Error("the filter filters nothing")
	}
	v.send(add, "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission", "Mail.Send").says(200,
		"Not granted for Example Agency")
	v.open("/app/"+a.ClientID+"/permissions/consent").says(200, "Grant admin consent confirmation", ">Yes<", ">No<")
	v.send("/app/"+a.ClientID+"/permissions/consent", "answer", "no").says(200, "Not granted for Example Agency")
	v.send("/app/"+a.ClientID+"/permissions/consent", "answer", "yes").says(200, "Granted for Example Agency")

	// What was copied from the pages works on the wire.
	f := open(t, sandbox.Options{})
	f.tenant, f.app, f.secret.Value, f.http = tenant, a, value[1], &http.Client{Transport: tenant.Transport()}
	if r := f.send(noreply, f.token(), letter); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	v.open("/mail").says(200, "noreply@agency.gov: Sent Items", ": Inbox")
	at := regexp.MustCompile(`/portal(/mail/[0-9a-f-]{36})`).FindStringSubmatch(v.body)
	if at == nil {
		t.Fatal("no mail is listed")
	}
	v.open(at[1]).says(200, "As text", tenant.Mails()[0].Subject)
}

// The Value stands on the page after Add, and on no page ever after.
func TestPortalShowsValueOnce(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	other := newVisitorOf(v)
	other.open("")
	v.addSecret("/app/"+a.ClientID, "description", "PAL", "expires", "90")
	value := regexp.MustCompile(`aria-label="Value of PAL" value="([^"]{40})"`).FindStringSubmatch(v.body)
	if value == nil {
		t.Fatalf("no Value:\n%s", v.body)
	}
	if got := v.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %s", got)
	}
	// A form sent again, as by a reload, makes no further secret and shows none.
	number := v.number
	for name, again := range map[string]*http.Request{
		"sent again": v.request("/app/"+a.ClientID+"/secrets", "description", "Again", "expires", "90"),
		"without a number": func() *http.Request {
			v.number = ""
			return v.request("/app/"+a.ClientID+"/secrets", "description", "Again", "expires", "90")
		}(),
		"another browser's number": func() *http.Request {
			v.number = other.open("/app/" + a.ClientID + "/secrets/new").number
			return v.request("/app/"+a.ClientID+"/secrets", "description", "Again", "expires", "90")
		}(),
	} {
		if v.do(again).says(200, ">Secret ID<"); strings.Contains(v.body, value[1]) ||
			strings.Contains(v.body, `class="value"`) {
			t.Errorf("%s: a Value is shown:\n%s", name, v.body)
		}
		if now, _ := tenant.AppWithID(a.ClientID); len(now.Secrets) != 1 {
			t.Errorf("%s: %d secrets", name, len(now.Secrets))
		}
	}
	if v.open("/app/" + a.ClientID + "/secrets/new"); v.number == number {
		t.Error("two forms have the same number")
	}
	for _, who := range []*visitor{v, other} {
		for _, page := range []string{
			"", "/app/" + a.ClientID, "/app/" + a.ClientID + "/secrets", "/app/" + a.ClientID + "/secrets/new",
			"/settings",
		} {
			if strings.Contains(who.open(page).body, value[1]) {
				t.Errorf("%s shows the Value again", page)
			}
		}
	}
	v.open("/app/"+a.ClientID+"/secrets").says(200, value[1][:3]+"***")
}

// newVisitorOf is another browser at the same portal.
func newVisitorOf(v *visitor) *visitor {
	o := *v
	o.http, o.check = &http.Client{}, ""
	o.http.Jar, _ = cookiejar.New(nil)
	return &o
}

// Forms from elsewhere do nothing, whatever is missing.
func TestPortalRefusesForeignForms(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	v.open("/new")
	good := func() *http.Request { return v.request("/new", "name", "Forged", "audience", "AzureADMyOrg") }
	stranger := newVisitorOf(v)
	stranger.open("/new")
	for name, spoil := range map[string]func(*http.Request) *http.Request{
		"another origin": func(r *http.Request) *http.Request {
			r.Header.Set("Origin", "https://evil.example")
			return r
		},
		"origin null": func(r *http.Request) *http.Request { r.Header.Set("Origin", "null"); return r },
		"no origin":   func(r *http.Request) *http.Request { r.Header.Del("Origin"); return r },
		"no check": func(*http.Request) *http.Request {
			c := v.check
			v.check = ""
			r := good()
			v.check = c
			return r
		},
		"another's check": func(*http.Request) *http.Request {
			c := v.check
			v.check = stranger.check
			r := good()
			v.check = c
			return r
		},
		"too large": func(*http.Request) *http.Request {
			return v.request("/new", "name", strings.Repeat("x", 1<<20), "audience", "AzureADMyOrg")
		},
	} {
		if v.do(spoil(good())); v.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, v.status)
		}
	}
	r := good()
	r.Host = "evil.example"
	if v.do(r); v.status != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", v.status)
	}
	if n := len(tenant.Apps()); n != 0 {
		t.Errorf("%d apps were registered", n)
	}
	if v.do(good()); v.status != 200 || len(tenant.Apps()) != 1 {
		t.Errorf("the portal's own form: %d", v.status)
	}
	for _, c := range v.http.Jar.Cookies(mustURL(t, v.base+"/portal/")) {
		if c.Value != "" && strings.Contains(v.check, c.Value) {
			t.Error("the form's token is the cookie")
		}
	}
	set := newVisitorOf(v).open("").header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/portal"} {
		if !strings.Contains(set, want) {
			t.Errorf("the cookie lacks %s: %s", want, set)
		}
	}
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Nothing that was given comes back as markup.
func TestPortalEscapes(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	const evil = `"><script>alert(1)</script>`
	raw := func(r *http.Request) string {
		resp, err := v.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") ||
			strings.Contains(csp, "script-src 'unsafe") {
			t.Errorf("%s: %s", r.URL, csp)
		}
		return string(b)
	}
	v.open("/new")
	raw(v.request("/new", "name", evil, "audience", "AzureADMyOrg"))
	a, _ := tenant.AppNamed(evil)
	if a.ClientID == "" {
		t.Fatal("not registered")
	}
	app := "/app/" + a.ClientID
	for _, r := range []*http.Request{
		v.request("/new", "name", evil, "audience", evil),
		v.newSecret(app, "description", evil, "expires", "0", "end", evil),
		v.newSecret(app, "description", evil, "expires", "180"),
		v.request(app+"/authentication", "platform", evil, "redirect", evil),
		v.request(app+"/permissions/add", "api", evil, "kind", evil, "search", evil),
		v.request("/settings/mailbox", "address", evil),
		v.request("/settings/who", "who", evil),
		v.request("/settings/" + url.PathEscape(evil)),
		v.get(""), v.get(app), v.get(app + "/secrets"), v.get(app + "/permissions"), v.get("/settings"),
		v.get(app + "/permissions/add?api=Microsoft+Graph&kind=Application&search=" + url.QueryEscape(evil)),
		v.get("/" + url.PathEscape(evil)), v.get("/mail/" + url.PathEscape(evil)),
		v.get("/link?to=" + url.QueryEscape("//evil.example")),
	} {
		if body := raw(r); strings.Contains(body, "<script>alert") {
			t.Errorf("%s %s: unescaped:\n%s", r.Method, r.URL, body)
		}
	}
}

func (v *visitor) get(path string) *http.Request {
	r, err := http.NewRequest("GET", v.base+sandbox.PortalRoot+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return r
}
