package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// shown is a page as the browser got it.
type shown struct {
	name   string
	status int
	header http.Header
	body   string
}

// tour opens every page in every state, with the same text wherever one can be
// given from outside.
type tour struct {
	t     testing.TB
	text  string
	pages []shown
}

// tourOf makes the whole tour. With the same text it is the same every time.
func tourOf(t testing.TB, text string) []shown {
	t.Helper()
	r := &tour{t: t, text: text}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	options := sandbox.Options{Seed: 7, Organisation: "Agency " + text, Now: func() time.Time { return now }}
	r.portalPages(sandbox.New(options), &now)
	r.signInPages(options)
	return r.pages
}

func (r *tour) saw(name string, v *visitor) {
	r.pages = append(r.pages, shown{"portal: " + name, v.status, v.header, v.raw})
}

func (r *tour) portalPages(tenant *sandbox.Tenant, now *time.Time) {
	v := newVisitor(r.t, tenant)
	get := func(name, path string) { r.saw(name, v.open(path)) }
	send := func(name, path string, fields ...string) { r.saw(name, v.send(path, fields...)) }
	get("no apps", "/")
	get("settings without apps", "/settings")
	get("no mail", "/mail")
	get("another tenant", "/"+url.PathEscape("other.example"))
	get("no such tenant", "/"+url.PathEscape(r.text))
	get("no such page", "/link?to="+url.QueryEscape(r.text))
	get("new", "/new")
	send("new, wrong", "/new", "name", r.text, "audience", r.text, "platform", r.text, "redirect", r.text)
	send("new, platform", "/new", "name", r.text, "audience", "AzureADMultipleOrgs", "platform", "Web", "redirect",
		r.text)
	send("overview", "/new", "name", r.text, "audience", "AzureADandPersonalMicrosoftAccount", "platform", "Web",
		"redirect", redirect)
	a, ok := tenant.AppNamed(r.text)
	if !ok {
		r.t.Fatal("not registered")
	}
	path := "/app/" + a.ClientID
	get("no secrets", path+"/secrets")
	get("new secret", path+"/secrets/new")
	send("new secret, wrong", path+"/secrets", "description", r.text, "expires", r.text, "end", r.text)
	send("new secret, end", path+"/secrets", "description", r.text, "expires", "0", "end", "2026-01-01")
	send("fresh secret", path+"/secrets", "description", r.text, "expires", "90")
	get("overview, one secret", path)
	get("another secret", path+"/secrets/new")
	send("two secrets", path+"/secrets", "description", "", "expires", "180")
	*now = now.AddDate(0, 0, 100)
	get("expired secret", path+"/secrets")
	get("overview, two secrets", path)
	r.authentication(v, tenant, a)
	r.permissions(v, tenant, a)
	r.settings(v, tenant, a)
	r.mail(v, tenant, a)
	get("apps", "/")
	v.check = r.text
	send("forged form", path+"/secrets", "description", r.text)
	if err := tenant.SetEnabled(a.ClientID, false); err != nil {
		r.t.Fatal(err)
	}
	get("overview, disabled", path)
	if err := tenant.DeleteServicePrincipal(a.ClientID); err != nil {
		r.t.Fatal(err)
	}
	get("overview, without an enterprise application", path)
}

func (r *tour) authentication(v *visitor, tenant *sandbox.Tenant, a sandbox.App) {
	path := "/app/" + a.ClientID + "/authentication"
	r.saw("authentication", v.open(path))
	r.saw("authentication, wrong platform", v.send(path, "platform", r.text, "redirect", r.text))
	r.saw("authentication, wrong redirect", v.send(path, "platform", "Mobile and desktop applications", "redirect",
		"x:"+r.text+"*"))
	bare := tenant.RegisterApp("Bare "+r.text, sandbox.MobileAndDesktop, "javascript:"+r.text)
	r.saw("authentication, any scheme", v.open("/app/"+bare.ClientID+"/authentication"))
	r.saw("authentication, none", v.send("/app/"+bare.ClientID+"/authentication/platform",
		"platform", string(sandbox.MobileAndDesktop), "redirect", "javascript:"+r.text))
	r.saw("overview, no redirect", v.open("/app/"+bare.ClientID))
	r.saw("no such redirect", v.send("/app/"+bare.ClientID+"/authentication/platform", "platform", r.text, "redirect",
		r.text))
	v.send(path, "platform", "Single-page application", "redirect", "https://pal.agency.gov/b")
	r.saw("authentication, two platforms", v.send(path, "platform", "Web", "redirect",
		"https://pal.agency.gov/b?c=1&d=2"))
	r.saw("overview, two platforms", v.open("/app/"+a.ClientID))
}

func (r *tour) permissions(v *visitor, tenant *sandbox.Tenant, a sandbox.App) {
	path := "/app/" + a.ClientID + "/permissions"
	add := path + "/add"
	r.saw("permissions", v.open(path))
	for _, query := range []string{
		"", "?api=Microsoft+Graph", "?api=Office+365+Exchange+Online&kind=Application", "?api=" +
			url.QueryEscape(r.text),
		"?api=Microsoft+Graph&kind=Delegated&search=mail", "?api=Microsoft+Graph&kind=Application&search=" +
			url.QueryEscape(r.text),
	} {
		r.saw("add a permission", v.open(add+query))
	}
	r.saw("none ticked", v.send(add, "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "search", r.text))
	r.saw("nonsense ticked", v.send(add, "api", r.text, "kind", r.text, "search", r.text, "permission", r.text))
	r.saw("not granted", v.send(add, "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission",
		"Mail.Send"))
	r.saw("consent", v.open(path+"/consent"))
	v.open("/settings")
	v.send("/settings/who", "who", "user@agency.gov")
	r.saw("consent refused", v.send(path+"/consent", "answer", "yes"))
	r.saw("change refused", v.send(path+"/remove", "permission", r.text))
	v.send("/settings/who", "who", "admin@agency.gov")
	r.saw("granted", v.send(path+"/consent", "answer", "yes"))
	enterprise := "/app/" + a.ClientID + "/enterprise"
	r.saw("enterprise applications", v.open("/enterprise"))
	r.saw("enterprise application", v.open(enterprise))
	r.saw("enterprise permissions", v.open(enterprise+"/permissions"))
	r.saw("revoked", v.send(enterprise+"/permissions", "permission", "Microsoft Graph|Application|Mail.Send"))
	r.saw("revoke nonsense", v.send(path+"/revoke", "permission", r.text))
	r.saw("granted again", v.send(path+"/consent", "answer", "yes"))
	v.send(path+"/remove", "permission", "Microsoft Graph|Delegated|User.Read")
	r.saw("no permissions", v.send(path+"/remove", "permission", "Microsoft Graph|Application|Mail.Send"))
	r.saw("consent to nothing", v.open(path+"/consent"))
	v.send(add, "api", sandbox.MicrosoftGraph, "kind", sandbox.Application, "permission", "Mail.Send")
	v.send(path+"/consent", "answer", "yes")
}

func (r *tour) settings(v *visitor, tenant *sandbox.Tenant, a sandbox.App) {
	set := func(part string, fields ...string) { r.saw("set "+part, v.send("/settings/"+part, fields...)) }
	r.saw("settings", v.open("/settings"))
	for _, w := range []string{"usual", "rough", "calm", r.text} {
		set("weather", "weather", w)
	}
	set("delays", "latency", "0.25", "app-delay", "1", "secret-delay", "2.5", "consent-delay", "3", "exchange-delay",
		"7", "exchange-delay-active", "7200", "policy-delay", "9", "throttle", "4", "fault", "5", "lose", "6",
		"flapping", "on")
	set("delays", "latency", r.text)
	set("weather", "weather", "calm")
	set("rules", "secret-max-days", "181", "device-code", "53003", "browser", "530033", "mfa", "on", "admin-approval",
		"on", "secrets-forbidden", "on",
		"users-may-register", "on", "may-not-register", "on", "may-not-consent", "on")
	set("rules", "secret-max-days", r.text)
	set("rules", "secret-max-days", "0", "device-code", r.text, "browser", r.text)
	set("cloud", "cloud", "gcc-high")
	set("cloud", "cloud", r.text)
	set("cloud", "cloud", "commercial")
	set("mailbox", "address", r.text)
	set("mailbox", "address", "new@agency.gov", "licensed", "on", "shared", "on", "blocked", "on", "disabled", "on",
		"guest", "on")
	set("exchange", "app", a.ClientID, "mailbox", "noreply@agency.gov", "limit", "rbac")
	set("exchange", "app", a.ClientID, "mailbox", "new@agency.gov", "limit", "policy")
	set("exchange", "app", r.text, "mailbox", r.text, "limit", r.text)
	set("exchange", "app", a.ClientID, "mailbox", "noreply@agency.gov", "limit", r.text)
	v.send("/app/"+a.ClientID+"/permissions/remove", "permission", "Microsoft Graph|Application|Mail.Send")
	r.saw("limited and not granted", v.open("/settings"))
	r.saw("set nothing", v.send("/settings/"+url.PathEscape(r.text)))
	tenant.SetMailbox(r.text+"@agency.gov", sandbox.Mailbox{})
	if err := tenant.AddAdmin(sandbox.Admin{Username: r.text + "@agency.gov", Name: r.text}); err != nil {
		r.t.Fatal(err)
	}
	set("who", "who", r.text)
	set("who", "who", strings.ToLower(r.text)+"@agency.gov")
	set("who", "who", "admin@agency.gov")
}

func (r *tour) mail(v *visitor, tenant *sandbox.Tenant, a sandbox.App) {
	f := open(r.t, sandbox.Options{})
	f.tenant, f.app, f.http = tenant, a, &http.Client{Transport: tenant.Transport()}
	f.must(tenant.AddPermission(a.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	f.must(tenant.GrantConsent(a.ClientID))
	secret, err := tenant.AddSecret(a.ClientID, "mail", time.Time{})
	f.must(err)
	f.secret = secret
	token := f.token()
	for _, m := range []struct{ subject, kind, content string }{
		{r.text, "Text", r.text + "\n  two  spaces\n\nend"}, {r.text, "HTML", "<p>Hello</p>" + r.text},
		{"", "HTML", `<a href="https://example.org/?a=1&amp;b=2">x</a>`},
	} {
		body, err := json.Marshal(map[string]any{"message": map[string]any{
			"subject": m.subject, "body": map[string]string{"contentType": m.kind, "content": m.content},
			"toRecipients": []any{
				map[string]any{"emailAddress": map[string]string{"address": "pat@example.org"}},
				map[string]any{"emailAddress": map[string]string{"address": "kim@example.org"}},
			},
		}})
		f.must(err)
		if got := f.send(noreply, token, string(body)); got.status != 202 {
			r.t.Fatalf("%d %s", got.status, got.body)
		}
	}
	v.open("/mail")
	r.saw("mail", v)
	for _, at := range mailLinks.FindAllStringSubmatch(v.raw, 3) {
		r.saw("message", v.open(at[1]))
	}
	r.saw("no such message", v.open("/mail/"+url.PathEscape(r.text)))
}

func (r *tour) signInPages(o sandbox.Options) {
	f := open(r.t, o)
	see := func(name string, s seen) seen {
		r.t.Helper()
		r.pages = append(r.pages, shown{"sign-in: " + name, s.status, s.header, s.body})
		return s
	}
	f.must(f.tenant.AddAdmin(sandbox.Admin{Username: r.text + "@agency.gov", Name: r.text}))
	b := f.browser()
	admin := []string{"account", "admin@agency.gov"}
	see("trouble", b.open(f.request("client_id", r.text)))
	see("trouble, redirect", b.open(f.request("redirect_uri", r.text)))
	see("trouble, tenant", b.open(f.login+"/"+url.PathEscape(r.text)+"/oauth2/v2.0/authorize?client_id="+azure))
	s := see("pick", b.open(f.request("login_hint", "apps@agency.gov")))
	see("pick, wrong", s.press("signin", "account", r.text))
	see("expired", b.post(s.action(), url.Values{"flow": {r.text}, "check": {r.text}}))
	see("posted", b.open(f.request("response_mode", "form_post", "state", r.text)).press("signin", admin...))
	app := f.tenant.RegisterApp(r.text, sandbox.MobileAndDesktop, "javascript:"+r.text)
	own := func(pairs ...string) string {
		q := append([]string{
			"client_id", app.ClientID, "redirect_uri", "javascript:" + r.text, "response_mode", "form_post", "scope",
			f.scope,
		}, pairs...)
		return strings.Replace(f.request(q...), "organizations", "agency.gov", 1)
	}
	s = see("own app", b.open(own()))
	see("own app, posted", s.press("cancel"))
	f.tenant.SetRules(sandbox.Rules{MFARequired: true})
	s = see("second factor", b.open(own("scope", "https://graph.microsoft.com/Mail.Send")).press("signin", admin...))
	see("consent", s.press("approve"))
	f.tenant.SetRules(sandbox.Rules{AdminApprovalRequired: true})
	see("stuck", b.open(own("scope", "https://graph.microsoft.com/User.Read")).press("signin", "account",
		"user@agency.gov"))
	f.tenant.SetRules(sandbox.Rules{BrowserForbidden: 53003, BrowserStops: true})
	see("blocked", b.open(f.request()).press("signin", admin...))
	f.tenant.SetRules(sandbox.Rules{})
	r.device(f, see)
	f.app = app
	f.must(f.tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	s = see("admin consent", b.open(f.consentAddress("", "redirect_uri", "javascript:"+r.text)))
	see("admin consent asked", s.press("signin", admin...))
	see("admin consent, stuck", b.open(f.consentAddress("/v2.0", "redirect_uri", "javascript:"+r.text)).press("signin",
		"account", "user@agency.gov"))
	see("admin consent, trouble", b.open(f.consentAddress("", "client_id", r.text)))
}

func (r *tour) device(f *office, see func(string, seen) seen) {
	b := f.browser()
	at := "https://login.microsoftonline.com/common/oauth2/deviceauth"
	s := see("code", b.open(at))
	see("code, wrong", s.press("", "user_code", r.text))
	s = see("device", s.press("", "user_code", f.device().text(r.t, "user_code")))
	see("device, done", s.press("signin", "account", "admin@agency.gov"))
	see("device, cancelled", b.open(at).press("", "user_code", f.device().text(r.t, "user_code")).press("cancel"))
}
