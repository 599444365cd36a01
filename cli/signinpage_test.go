package cli

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"palmail/m365"
	"palmail/practice"
	"palmail/ptytest"
	"palmail/sandbox"
)

// A real browser clicks through the practice tenant's sign-in page, MSAL
// redeems the code, and the browser ends on our own plain page.
func TestSignInPageInChromium(t *testing.T) {
	path := needChromium(t)
	tenant := sandbox.New(sandbox.Options{})
	pages := practice.NewPages(tenant)
	defer pages.Close()
	ctx, cancel := context.WithTimeout(t.Context(), ptytest.Limit)
	defer cancel()
	alloc, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-quic", true))...)
	defer stop()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()

	cloud, _ := m365.CloudNamed(m365.Commercial)
	client := m365.New(cloud, m365.Options{Transport: tenant.Transport()})
	var ended string
	admin, err := client.SignInBrowser(ctx, m365.SignInOptions{TenantID: tenant.ID()}, func(_ context.Context,
		address string) error {
		at, err := pages.Address(address)
		if err != nil {
			return err
		}
		if err := chromedp.Do(tab,
			chromedp.Navigate(at),
			chromedp.Click(`input[value="admin@agency.gov"]`),
			chromedp.Click(`button[value=signin]`),
			chromedp.WaitNotPresent(`button[value=signin]`),
		); err != nil {
			return err
		}
		ended, err = chromedp.Run(tab, chromedp.Text(`body`))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := admin.Account(); a.Username != "admin@agency.gov" || a.TenantID != tenant.ID() || len(a.Roles) == 0 {
		t.Errorf("signed in as %+v", a)
	}
	if ended == "" {
		t.Error("the browser ended on an empty page")
	}
	org, err := admin.Organization(ctx)
	if err != nil || org.DisplayName != "Example Agency" {
		t.Errorf("%+v, %v", org, err)
	}
}

// The sign-in pages pass axe-core's rules and fit a narrow window, in every
// state that a person may meet.
func TestSignInPagesWithAxe(t *testing.T) {
	t.Parallel()
	tenant := sandbox.New(sandbox.Options{})
	pages := practice.NewPages(tenant)
	t.Cleanup(pages.Close)
	base, err := pages.Base()
	if err != nil {
		t.Fatal(err)
	}
	b, axe := newBrowser(t), axeScript(t)
	app := tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
	if err := tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"); err != nil {
		t.Fatal(err)
	}
	own := tenant.RegisterApp("Own sign-in", sandbox.MobileAndDesktop, "http://localhost")
	at := func(path string) { b.open(base + "/login.microsoftonline.com/" + path) }
	see := func(name, says string) {
		t.Helper()
		if text := b.text(); !strings.Contains(text, says) ||
			!strings.Contains(text, "Practice tenant of Example Agency") {
			t.Errorf("%s does not say %q:\n%s", name, says, text)
		}
		b.look(axe, "signin-"+name)
	}
	authorize := func(client string) {
		at("agency.gov/oauth2/v2.0/authorize?" + url.Values{
			"client_id": {client}, "response_type": {"code"}, "redirect_uri": {"http://localhost:9"},
			"scope": {"https://graph.microsoft.com/.default"},
			"state": {"s"}, "code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
		}.Encode())
	}
	const azure = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	consent := "agency.gov/v2.0/adminconsent?" + url.Values{
		"client_id": {app.ClientID}, "scope": {
			"https://graph.microsoft.com/.default",
		}, "redirect_uri": {"https://pal.agency.gov/app/connectors/SMTP.aspx"}, "state": {"s"},
	}.Encode()

	authorize("11111111-2222-4333-8444-555555555555")
	see("trouble", "AADSTS700016")
	authorize(azure)
	see("pick", "Sign in to Example Agency")
	at("common/oauth2/deviceauth")
	see("code", "Code")
	b.fill("Code", "WRONGCODE")
	does(b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(`main button[type=submit]`)))
	see("code-wrong", "")
	at(consent)
	see("consent-pick", "to see what PAL mail asks for.")
	b.press("Sign in")
	see("consent", "Permissions requested")
	tenant.SetRules(sandbox.Rules{MFARequired: true})
	authorize(azure)
	b.press("Sign in")
	see("second-factor", "Approve the sign-in request")
	tenant.SetRules(sandbox.Rules{BrowserForbidden: 53003, BrowserStops: true})
	authorize(azure)
	b.press("Sign in")
	see("blocked", "AADSTS53003")
	tenant.SetRules(sandbox.Rules{AdminApprovalRequired: true})
	authorize(own.ClientID)
	does(b, chromedp.Click(`input[value="user@agency.gov"]`))
	b.press("Sign in")
	see("stuck", "Need admin approval")
}
