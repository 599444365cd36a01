package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"palmail/practice"
	"palmail/ptytest"
	"palmail/sandbox"
)

// browser is a real Chromium with one tab.
type browser struct {
	t   *testing.T
	tab context.Context
}

// browsers bounds how many run at a time: with more of them everything else
// stands still on a small machine.
var browsers = make(chan struct{}, 3)

// needChromium returns where Chromium is. The tests in it take as long as all
// others together, so they are skipped unless PALMAIL_BROWSER_TESTS asks for
// them: with 1, or with require for everything that belongs to them, axe-core too.
func needChromium(t *testing.T) (path string) {
	t.Helper()
	if os.Getenv("PALMAIL_BROWSER_TESTS") == "" {
		t.Skip("takes Chromium and a minute: PALMAIL_BROWSER_TESTS=1 runs it")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is needed: ", err)
	}
	return path
}

// newBrowser starts Chromium.
func newBrowser(t *testing.T, flags ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path := needChromium(t)
	browsers <- struct{}{}
	t.Cleanup(func() { <-browsers })
	ctx, cancel := context.WithTimeout(t.Context(), 6*ptytest.Limit)
	t.Cleanup(cancel)
	alloc, stop := chromedp.NewExecAllocator(ctx, append(append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-quic", true)), flags...)...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil { // starts it, for as long as tab lives
		t.Fatal(err)
	}
	return &browser{t: t, tab: tab}
}

// does runs one action, and returns what it came to.
func does[T any](b *browser, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, 2*ptytest.Limit)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		at, _ := chromedp.Run(b.tab, chromedp.Location())
		text, _ := chromedp.Run(b.tab, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
		b.t.Fatalf("%v at %s:\n%s", err, at, text)
	}
	return v
}

func (b *browser) open(address string) {
	b.t.Helper()
	does(b, chromedp.Navigate(address))
}

// press clicks on the link or button that says text, as a person does who
// reads the page, and waits for the next page.
func (b *browser) press(text string) {
	b.t.Helper()
	q := chromedp.Search(`//main//*[self::a or self::button][normalize-space()="` + text + `"]`)
	does(b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(q)))
}

// tick clicks on the label that begins with text.
func (b *browser) tick(text string) {
	b.t.Helper()
	does(b, chromedp.Click(chromedp.Search(`//main//label[starts-with(normalize-space(), "`+text+`")]`)))
}

// fill types into the field, or picks in the list, with this label.
func (b *browser) fill(label, text string) {
	b.t.Helper()
	q := chromedp.Search(`//label[normalize-space()="` + label + `"]`)
	id := does(b, chromedp.AttributeValue(q, "for"))
	does(b, chromedp.SendKeys(chromedp.CSS("#"+id.Value), text))
}

// read returns what the read-only field that sel selects says.
func (b *browser) read(sel string) string {
	b.t.Helper()
	value := does(b, chromedp.Value(chromedp.CSS(sel)))
	if value == "" {
		b.t.Fatalf("%s is empty", sel)
	}
	return value
}

func (b *browser) text() string {
	b.t.Helper()
	return b.says(`document.body?.innerText ?? ""`)
}

// says returns what an expression amounts to, once no page is going and the
// next one coming.
func (b *browser) says(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, 2*ptytest.Limit)
	defer cancel()
	for {
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		switch {
		case err == nil:
			return text
		case strings.Contains(err.Error(), "navigated or closed"),
			strings.Contains(err.Error(), "context was destroyed"), strings.Contains(err.Error(), "Cannot find"):
		default:
			b.t.Fatal(err)
		}
	}
}

// until waits for something in the browser that comes without an event to wait for.
func (b *browser) until(what string, so func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(ptytest.Limit); !so(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s did not come:\n%s", what, b.text())
		}
	}
}

// source returns the page's HTML, with what stands in its fields.
func (b *browser) source() string {
	b.t.Helper()
	return b.says(`document.documentElement.outerHTML + [...document.querySelectorAll("input")].map(i => i.value).join()`)
}

// portalTour serves a tenant with something on every page, and lists the pages.
func portalTour(t *testing.T) (base string, pages map[string]string) {
	t.Helper()
	tenant := sandbox.New(sandbox.Options{})
	p := practice.NewPages(tenant)
	t.Cleanup(p.Close)
	base, err := p.Base()
	if err != nil {
		t.Fatal(err)
	}
	a := tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
	secret, err := tenant.AddSecret(a.ClientID, "PAL mail 2026-11", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.AddPermission(a.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"); err != nil {
		t.Fatal(err)
	}
	if err := tenant.GrantConsent(a.ClientID); err != nil {
		t.Fatal(err)
	}
	if err := tenant.AllowByExchange(a.ClientID, "noreply@agency.gov"); err != nil {
		t.Fatal(err)
	}
	if err := tenant.AddPermission(a.ClientID, sandbox.ExchangeOnline, sandbox.Application, "Mail.Send"); err != nil {
		t.Fatal(err)
	}
	sendPractice(t, tenant, a, secret)
	app := "/app/" + a.ClientID
	pages = map[string]string{
		"list": "/", "new": "/new", "overview": app, "authentication": app + "/authentication", "secrets": app +
			"/secrets", "newsecret": app + "/secrets/new",
		"permissions": app + "/permissions", "api": app + "/permissions/add", "kind": app +
			"/permissions/add?api=Microsoft+Graph",
		"choose": app + "/permissions/add?api=Microsoft+Graph&kind=Application", "consent": app +
			"/permissions/consent",
		"mail": "/mail", "settings": "/settings", "missing": "/app/none",
	}
	return base + sandbox.PortalRoot, pages
}

// Every page passes axe-core's rules in a real browser and fits a narrow
// window, also with something wrong or done on it, and with a Value shown.
func TestPortalPagesInChromium(t *testing.T) {
	t.Parallel()
	base, pages := portalTour(t)
	b, axe := newBrowser(t), axeScript(t)
	for name, path := range pages {
		b.open(base + path)
		b.look(axe, name)
	}
	b.open(base + "/mail")
	b.press("Practice mail")
	b.look(axe, "message")

	wrong := func(name, says string) {
		t.Helper()
		if text := b.text(); !strings.Contains(text, "Not done: "+says) {
			t.Errorf("%s does not say what is wrong:\n%s", name, text)
		}
		b.look(axe, name+"-wrong")
	}
	b.open(base + "/new")
	b.fill("Name", "Second")
	b.fill("Select a platform", "Web")
	b.fill("Redirect URI", "http://pal.agency.gov")
	b.press("Register")
	wrong("new", "")
	b.open(base + pages["newsecret"])
	b.fill("Expires", "Custom")
	b.press("Add")
	wrong("newsecret", "End: give the date on which the secret ends.")
	b.open(base + pages["choose"])
	b.press("Add permissions")
	wrong("choose", "Tick at least one permission.")
	b.open(base + pages["authentication"])
	b.fill("Platform", "Web")
	b.fill("Redirect URI", "nonsense")
	b.press("Configure")
	wrong("authentication", "")
	b.open(base + "/settings")
	b.fill("New mailbox", "records@elsewhere.example")
	b.press("Make the mailbox")
	wrong("settings", "The mailbox is an address of agency.gov")
	b.press("Set the rules")
	b.look(axe, "settings-done")
	b.fill("Account", "Casey") // a Cloud Application Administrator, who may not consent
	b.press("Sign in")
	b.open(base + pages["consent"])
	b.press("Yes")
	wrong("consent", "Grant consent failed.")

	b.open(base + pages["newsecret"])
	b.fill("Description", "Shown")
	b.press("Add")
	b.read("input.value")
	b.look(axe, "value")

	// The real portal's form of a link, as a cloud file makes it.
	id, _, _ := strings.Cut(strings.TrimPrefix(pages["secrets"], "/app/"), "/")
	b.open(base +
		"/5f0c2e1b-8d47-4a93-b6de-27c9410e3fa8#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/" +
		"~/Credentials/appId/" + id + "/isMSAApp~/false")
	b.until("the link's page", func() bool { return strings.Contains(b.text(), "PAL mail | Certificates & secrets") })
}

// sendPractice sends a mail as any client would.
func sendPractice(t *testing.T, tenant *sandbox.Tenant, a sandbox.App, secret sandbox.Secret) {
	t.Helper()
	client := &http.Client{Transport: tenant.Transport()}
	resp, err := client.PostForm("https://login.microsoftonline.com/"+tenant.ID()+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {a.ClientID}, "client_secret": {secret.Value},
		"scope": {"https://graph.microsoft.com/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	mail := `{"message":{"subject":"Practice mail","body":{"contentType":"HTML",` +
		`"content":"<p style=\"color:#b00020\">Hello <b>there</b></p><script>document.title = 1</script>"},` +
		`"toRecipients":[{"emailAddress":{"address":"me@agency.gov"}}]}}`
	r, err := http.NewRequest("POST", "https://graph.microsoft.com/v1.0/users/noreply@agency.gov/sendMail",
		strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+got.AccessToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, err = client.Do(r); err != nil || resp.StatusCode != 202 {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}
