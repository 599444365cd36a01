package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"palmail/m365"
	"palmail/sandbox"
)

// A real browser clicks through the practice tenant's sign-in page, MSAL
// redeems the code, and the browser ends on our own plain page.
func TestSignInPageInChromium(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("PALMAIL_BROWSER_TESTS") == "require" {
			t.Fatal("chromium is needed: ", err)
		}
		t.Skip("no chromium here: ", err)
	}
	tenant := sandbox.New(sandbox.Options{})
	pages := &practicePages{tenant: tenant}
	if pages.once.Do(pages.start); pages.err != nil {
		t.Fatal(pages.err)
	}
	defer pages.close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	alloc, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-quic", true))...)
	defer stop()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()

	cloud, _ := m365.CloudNamed(m365.Commercial)
	client := m365.New(cloud, m365.Options{Transport: tenant.Transport()})
	var ended string
	admin, err := client.SignInBrowser(ctx, m365.SignInOptions{TenantID: tenant.ID()}, func(_ context.Context, address string) error {
		at, err := pages.address(address)
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
