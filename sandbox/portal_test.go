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
	v.path, v.status, v.header, v.body, v.raw = resp.Request.URL.Path, resp.StatusCode, resp.Header, html.UnescapeString(string(b)), string(b)
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
		"Accounts in this organizational directory only (Example Agency only - Single tenant)", "Accounts in any organizational directory<",
		"and personal Microsoft accounts", "Personal Microsoft accounts<", "Redirect URI (optional)", "Select a platform", ">Web<", ">Register<")
	a := v.register("PAL mail")
	if v.path != "/portal/app/"+a.ClientID || a.Platform != sandbox.Web || !slices.Equal(a.RedirectURIs, []string{redirect}) {
		t.Fatalf("at %s with %+v", v.path, a)
	}
	v.says(200, "Essentials", "Application (client) ID", "Object ID", "Directory (tenant) ID", a.ClientID, a.ObjectID, tenant.ID(), "Add a certificate or secret")
	v.open("/"+tenant.ID()).says(200, "PAL mail")

	v.open("/app/"+a.ClientID+"/secrets").says(200, "Certificates & secrets", "Client secrets", "New client secret")
	v.open("/app/"+a.ClientID+"/secrets/new").says(200, ">Description<", ">Expires<", "Recommended: 180 days (6 months)", "90 days (3 months)",
		"365 days (12 months)", "545 days (18 months)", "730 days (24 months)", ">Custom<", ">Add<")
	v.addSecret("/app/"+a.ClientID, "description", "PAL", "expires", "180").says(200, ">Description<", ">Expires<", ">Value<", ">Secret ID<")
	value := regexp.MustCompile(`aria-label="Value of PAL" value="([^"]{40})"`).FindStringSubmatch(v.body)
	if value == nil {
		t.Fatalf("no Value:\n%s", v.body)
	}
	a, _ = tenant.AppWithID(a.ClientID)
	v.says(200, a.Secrets[0].ID)

	v.open("/app/"+a.ClientID+"/permissions").says(200, "Microsoft Graph: User.Read", "Add a permission", "Grant admin consent for Example Agency")
	add := "/app/" + a.ClientID + "/permissions/add"
	v.open(add).says(200, "Microsoft Graph", "Office 365 Exchange Online")
	v.open(add+"?api=Microsoft+Graph").says(200, "Delegated permissions", "Application permissions")
	v.open(add+"?api=Microsoft+Graph&kind=Application&search=mail.s").says(200, "Mail.Send", ">Add permissions<")
	if strings.Contains(v.body, "Mail.ReadWrite") {
		t.Error("the filter filters nothing")
	}
	v.send(add, "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission", "Mail.Send").says(200, "Not granted for Example Agency")
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
		if v.do(again).says(200, ">Secret ID<"); strings.Contains(v.body, value[1]) || strings.Contains(v.body, `class="value"`) {
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
		for _, page := range []string{"", "/app/" + a.ClientID, "/app/" + a.ClientID + "/secrets", "/app/" + a.ClientID + "/secrets/new", "/settings"} {
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
		"another origin": func(r *http.Request) *http.Request { r.Header.Set("Origin", "https://evil.example"); return r },
		"origin null":    func(r *http.Request) *http.Request { r.Header.Set("Origin", "null"); return r },
		"no origin":      func(r *http.Request) *http.Request { r.Header.Del("Origin"); return r },
		"no check":       func(*http.Request) *http.Request { c := v.check; v.check = ""; r := good(); v.check = c; return r },
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
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src 'unsafe") {
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
		v.get("/" + url.PathEscape(evil)), v.get("/mail/" + url.PathEscape(evil)), v.get("/link?to=" + url.QueryEscape("//evil.example")),
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

// What the roles and rules forbid is refused on the pages too.
func TestPortalRules(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	app := "/app/" + a.ClientID
	as := func(who string) {
		t.Helper()
		v.open("/settings").send("/settings/who", "who", who+"@agency.gov").says(200, "Signed in as "+who)
	}
	v.send(app+"/permissions/add", "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission", "Mail.Send")

	as("user")
	v.send("/new", "name", "Mine", "audience", "AzureADMyOrg").says(400, "You do not have permission to register applications")
	v.addSecret(app, "description", "x", "expires", "180").says(400, "user@agency.gov may not change it")
	v.send(app+"/permissions/remove", "permission", "Microsoft Graph|Application|Mail.Send").says(400, "may not change it")
	v.send(app+"/authentication", "platform", "Web", "redirect", "https://x.example").says(400, "may not change it")
	as("apps")
	v.send(app+"/permissions/consent", "answer", "yes").says(400, "Grant consent failed", "Privileged Role Administrator")
	as("developer")
	v.send("/new", "name", "Mine", "audience", "AzureADMyOrg").says(200, "Mine")
	mine, _ := tenant.AppNamed("Mine")
	v.addSecret("/app/"+mine.ClientID, "description", "x", "expires", "180").says(200, "Secret ID")
	as("admin")
	rules := []string{"secret-max-days", "181", "device-code", "53003", "browser", "0"}
	v.send("/settings/rules", rules...).says(200, "Saved.")
	if r := tenant.Rules(); r.SecretMaxDays != 181 || r.DeviceCodeForbidden != 53003 {
		t.Errorf("%+v", r)
	}
	v.addSecret(app, "description", "x", "expires", "365").says(400, "lifetime exceeds the max value")
	v.addSecret(app, "description", "x", "expires", "180").says(200)
	v.send("/settings/rules", append(rules, "secrets-forbidden", "on", "may-not-register", "on", "may-not-consent", "on")...).says(200)
	v.addSecret(app, "description", "x", "expires", "90").says(400, "type not allowed")
	v.send("/new", "name", "No", "audience", "AzureADMyOrg").says(400, "permission")
	v.send(app+"/permissions/consent", "answer", "yes").says(400, "Grant consent failed")
	v.send("/settings/rules", "secret-max-days", "-1").says(400, "number of days")
}

// The settings reach the wire: weather, cloud, mailboxes, and what Exchange allows.
func TestPortalSettings(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	v := newVisitor(t, tenant)
	a := v.register("PAL mail")
	v.open("/settings").says(200, "Commercial", "GCC High", "DoD", "Licensed for Exchange Online")
	v.send("/settings/weather", "weather", "rough").says(200, "Saved.")
	if tenant.Weather() != sandbox.Rough() {
		t.Errorf("%+v", tenant.Weather())
	}
	v.send("/settings/weather", "weather", "hail").says(400, "Pick a weather")
	v.send("/settings/delays", "latency", "0.5", "app-delay", "1", "secret-delay", "2", "consent-delay", "3", "exchange-delay", "7", "exchange-delay-active", "7200", "policy-delay", "9", "throttle", "4", "fault", "0", "lose", "0").says(200)
	if w := tenant.Weather(); w.Latency.Milliseconds() != 500 || w.ConsentDelay.Seconds() != 3 || w.ExchangeDelayActive.Hours() != 2 || w.PolicyDelay.Seconds() != 9 || w.ThrottleEvery != 4 || w.Flapping {
		t.Errorf("%+v", w)
	}
	v.send("/settings/delays", "latency", "NaN").says(400, "between 0 and 7200")
	v.send("/settings/cloud", "cloud", "gcc-high").says(200)
	v.send("/settings/cloud", "cloud", "moon").says(400)
	tenant.SetWeather(sandbox.Calm())
	get := func(u string) string {
		resp, err := (&http.Client{Transport: tenant.Transport()}).Get(u)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	if doc := get("https://login.microsoftonline.com/agency.gov/v2.0/.well-known/openid-configuration"); !strings.Contains(doc, "DODCON") || tenant.Cloud() != "gcc-high" {
		t.Errorf("%s: %s", tenant.Cloud(), doc)
	}
	v.send("/settings/mailbox", "address", "records@agency.gov").says(200, "records@agency.gov")
	v.send("/settings/mailbox", "address", "records@elsewhere.example").says(400, "an address of agency.gov")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "rbac").says(200, "PAL mail: may send as noreply@agency.gov by RBAC for Applications")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "policy").says(200, "application access policy")
	v.send("/settings/exchange", "app", a.ClientID, "mailbox", noreply, "limit", "none").says(200)
	if strings.Contains(v.body, "PAL mail: ") {
		t.Error("what Exchange said stays")
	}
}

// The real portal's links have a practice page each.
func TestPortalPath(t *testing.T) {
	const id = "11111111-2222-4333-8444-555555555555"
	const app = "https://portal.azure.us/t#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/"
	for address, want := range map[string]string{
		"https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade":                                     "/portal/",
		"https://portal.azure.com/x#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false": "/portal/new",
		app + "Overview/appId/" + id + "/isMSAApp~/false":                                                                          "/portal/app/11111111",
		app + "Credentials/appId/" + id + "/isMSAApp~/false":                                                                       "/portal/app/11111111/secrets",
		app + "CallAnAPI/appId/" + id + "/isMSAApp~/false":                                                                         "/portal/app/11111111/permissions",
		app + "Authentication/appId/" + id + "/isMSAApp~/false":                                                                    "/portal/app/11111111/authentication",
		"https://portal.azure.com/x#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/appId/" + id:                             "/portal/app/11111111",
		"https://portal.azure.com/x#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/objectId/o/appId/" + id:                  "/portal/app/11111111/enterprise",
		"https://portal.azure.com/x#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/o/appId/" + id:               "/portal/app/11111111/enterprise/permissions",
		"https://portal.azure.com/x#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Owners/objectId/o/appId/" + id:                    "",
		"https://portal.azure.com/x#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview/menuId~/null":          "/portal/enterprise",
		app + "Branding/appId/" + id:                                  "",
		app + "Overview/appId/../../x":                                "",
		"https://admin.microsoft.com/AdminPortal/Home#/servicehealth": "",
		"://": "",
	} {
		if got := sandbox.PortalPath(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	v := newVisitor(t, sandbox.New(sandbox.Options{}))
	v.open("/link?to="+url.QueryEscape("view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null")).says(200, "Register an application")
	v.open("/link?to=" + url.QueryEscape("https://evil.example")).says(404)
	v.open("/c1e7a92d-36b8-4f05-9a4c-8b52d7f013e6").says(200, "The link names the tenant c1e7a92d")
	v.open("/app/"+"11111111-2222-4333-8444-555555555555").says(404, "no app registration")
	v.open("/nowhere/at/all").says(404)
	a := v.register("PAL mail")
	v.open("/app/"+a.ClientID[:8]+"/secrets").says(200, "PAL mail | Certificates & secrets")
	v.addSecret("/app/"+a.ClientID[:8], "description", "x", "expires", "90").says(200, "Secret ID")
}
