package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"palmail/m365"
	"palmail/ptytest"
)

// person sits before two windows: the wizard in a terminal, and the browser
// that it opens.
type person struct {
	*browser
	wizard *ptytest.Terminal
	told   string // file with the address that the wizard gave to the browser
	app    string // address of the app's Overview
}

// newPerson starts the wizard in the practice tenant, and a browser. What the
// wizard starts as the browser writes down the address.
func newPerson(t *testing.T) *person {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the browser that writes down its address is a shell script")
	}
	p := &person{browser: newBrowser(t), told: filepath.Join(t.TempDir(), "address")}
	script := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$1\" > '"+p.told+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.wizard = onTerminal(t, bareEnv(t, "BROWSER="+script), calm...)
	return p
}

// follow presses ctrl+o in the wizard, and goes where that leads.
func (p *person) follow() {
	p.t.Helper()
	p.wizard.Press(ctrlO)
	for deadline := time.Now().Add(ptytest.Limit); ; time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(p.told); err == nil && strings.HasSuffix(string(b), "\n") {
			if err := os.Remove(p.told); err != nil {
				p.t.Fatal(err)
			}
			p.open(strings.TrimSpace(string(b)))
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the wizard opened no page:\n%s", p.wizard.Text())
		}
	}
}

// replace puts what was copied into the wizard's field, in place of what is there.
func (p *person) replace(text string) {
	p.wizard.Press(ctrlU)
	p.wizard.Paste(text + "\n")
}

// begin comes to the registration in the guided way.
func (p *person) begin() {
	p.t.Helper()
	p.wizard.Want(titles["start"])
	p.wizard.Press("noreply@agency.gov" + tab + "https://pal.agency.gov/app")
	p.wizard.Want("✓ Tenant 5f0c2e1b")
	wake(p.wizard, enter, titles["how"])
	chooseGuided(p.wizard)
}

// register fills the page in that the wizard opens.
func (p *person) register(platform string) {
	p.t.Helper()
	p.follow()
	p.fill("Name", "PAL mail")
	p.fill("Select a platform", platform)
	p.fill("Redirect URI", m365.RedirectURI("https://pal.agency.gov/app"))
	p.press("Register")
	p.app = does(p.browser, chromedp.Location())
}

// addSecret makes a secret on the page that the wizard opens, and leaves its Value there.
func (p *person) addSecret() {
	p.t.Helper()
	p.follow()
	p.press("New client secret")
	p.fill("Description", "PAL mail")
	p.fill("Expires", "Recommended: 180 days (6 months)")
	p.press("Add")
}

// addPermission adds Mail.Send of an API and a kind, and grants admin consent.
func (p *person) addPermission(api, kind string) {
	p.t.Helper()
	p.press("Add a permission")
	p.press(api)
	p.press(kind)
	p.fill("Select permissions", "Mail.Send")
	p.press("Search")
	p.tick("Mail.Send")
	p.press("Add permissions")
}

func (p *person) consent() {
	p.t.Helper()
	p.press("Grant admin consent for Example Agency")
	p.press("Yes")
}

// finish sends the test mail and reads it in the recipient's inbox.
func (p *person) finish() {
	p.t.Helper()
	s := p.wizard
	s.Want(titles["pal"])
	fillPAL(s)
	fillTest(s)
	base, _, _ := strings.Cut(p.app, "/app/")
	p.open(base + "/mail")
	if text := p.text(); !strings.Contains(text, "me@agency.gov: Inbox") ||
		!strings.Contains(text, "noreply@agency.gov: Sent Items") {
		p.t.Errorf("the mail is in no folder:\n%s", text)
	}
	subject := does(p.browser, chromedp.TextContent(chromedp.CSS(`main a[href*="/mail/"]`)))
	p.press(subject)
	if text := p.text(); !strings.Contains(text, "As HTML") || !strings.Contains(text, "As text") ||
		!strings.Contains(text, "noreply@agency.gov") {
		p.t.Errorf("the mail cannot be read:\n%s", text)
	}
	s.Press(enter)
	notLimited(s)
	if code := s.Exit(); code != exitDone {
		p.t.Errorf("ended with %d:\n%s", code, s.Text())
	}
	left(p.t, s)
}

// Somebody does the guided setup with the practice portal, by clicking and
// copying, and makes no mistake.
func TestPersonWithoutMistakes(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	s := p.wizard
	p.begin()
	p.register("Web")
	p.replace(p.read("#client-id"))
	s.Want("✓ The app is in your tenant.")
	s.Press(enter)

	s.Want(titles["secret"])
	p.addSecret()
	value := p.read("input.value")
	p.replace(value)
	s.Want("✓ The secret works.")
	s.Press(enter)

	s.Want(titles["permission"])
	p.follow()
	permissions := does(p.browser, chromedp.Location())
	does(p.browser, chromedp.Evaluate[chromedp.Void](`history.back()`))
	p.until("the page before", func() bool { return strings.Contains(p.text(), "| Certificates & secrets") })
	if strings.Contains(p.source(), value) {
		t.Error("going back in the browser shows the Value again")
	}
	p.open(permissions)
	p.addPermission("Microsoft Graph", "Application permissions")
	if text := p.text(); !strings.Contains(text, "Not granted for Example Agency") {
		t.Errorf("no status:\n%s", text)
	}
	p.consent()
	p.open(p.app + "/secrets")
	if strings.Contains(p.source(), value) {
		t.Error("the Value is shown again")
	}
	p.finish()
	if strings.Contains(string(s.Raw()), value) {
		t.Error("the secret was written to the terminal")
	}
}

// waited returns for how many seconds the wizard has been waiting for the permission.
func waited(s *ptytest.Terminal) int {
	var minutes, seconds int
	m := regexp.MustCompile(`(\d):(\d\d) of 5:00`).FindString(s.Text())
	if _, err := fmt.Sscanf(m, "%d:%d", &minutes, &seconds); err != nil {
		return 0
	}
	return 60*minutes + seconds
}

// Somebody makes five usual mistakes on the way. The wizard says of each what
// it is, and all of them are put right in the portal.
func TestPersonWithMistakes(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	s := p.wizard
	p.begin()

	// The wrong platform, and two wrong IDs of the three on the Overview.
	p.register("Mobile")
	p.replace(p.read("#tenant-id"))
	s.Want("✗ This is the Directory (tenant) ID. Copy the line above it, Application (client) ID.")
	p.replace(p.read("#object-id"))
	s.Want("▲ Not yet. If it stays so: is this the Application (client) ID, and not the Object ID?")
	p.replace(p.read("#client-id"))
	s.Want("✗ The app is registered as a desktop, mobile or single-page app")
	s.Want("Its redirect URI was put under a platform other than Web. Such an app is public: it cannot use a client " +
		"secret.")
	s.Want("Add a platform > Web")
	wake(s, ctrlD, "AADSTS700025")
	s.Press(esc)
	s.Gone("AADSTS700025")
	p.open(p.app + "/authentication")
	p.press("Delete")
	p.fill("Platform", "Web")
	p.fill("Redirect URI", m365.RedirectURI("https://pal.agency.gov/app"))
	p.press("Configure")
	s.Press(enter) // asks again, and goes on

	// The column beside the Value, and the Value without its end.
	s.Want(titles["secret"])
	p.addSecret()
	value := p.read("input.value")
	p.replace(p.read("input.secret-id"))
	s.Want("✗ This is the Secret ID. Copy the column to its left, Value.")
	p.replace(value[:28])
	s.Want("▲ Was its end lost in copying? A secret's Value has 40 characters as a rule; this has 28.")
	p.replace(value)
	s.Want("✓ The secret works.")
	s.Press(enter)

	s.Want(titles["permission"])
	p.follow()
	p.addPermission("Microsoft Graph", "Application permissions")
	p.consent()
	p.finish()
}

// Two more are made with the permission: the delegated one, and the right one
// without consent. The wizard waits for it meanwhile, so this takes its time.
func TestPersonWithPermissionMistakes(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	s := p.wizard
	walkTo(t, s, "permission")
	p.follow()
	p.app, _, _ = strings.Cut(does(p.browser, chromedp.Location()), "/permissions")
	p.addPermission("Microsoft Graph", "Delegated permissions")
	p.consent()
	const slips = "▲ Not there yet. The usual slips: Delegated instead of Application, no Grant admin consent, " +
		"another API than Microsoft Graph."
	s.Want(slips)
	p.addPermission("Microsoft Graph", "Application permissions")
	asked := waited(s)
	s.Until("asked again without consent", func(string) bool { return waited(s) > asked+10 })
	s.Want(slips)
	p.consent()
	p.finish()
}
