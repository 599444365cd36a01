package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"palmail/practice"
	"palmail/sandbox"
)

// typist is somebody who has a keyboard and no mouse.
type typist struct{ *browser }

func (k typist) keys(keys string) {
	k.t.Helper()
	does(k.browser, chromedp.KeyEvent(keys))
}

// focused is where the focus is.
type focused struct {
	Name, Tag   string // what a screen reader calls it
	Number      int    // of the element on the page, -1 when none has the focus
	Main        bool   // it is in the page's own part
	Shown, Ring bool   // it lies in the window, and has a visible outline
	Value       string
	Marked      bool // all of its text is selected
}

const whereFocus = `(() => {
	const e = document.activeElement, none = !e || e === document.body
	const all = [...document.querySelectorAll("*")], r = none ? null : e.getBoundingClientRect(), s = none ? null : getComputedStyle(e)
	return JSON.stringify(none ? {Number: -1} : {
		Name: (e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.title || e.innerText || "").trim().replace(/\s+/g, " "),
		Tag: e.tagName, Number: all.indexOf(e), Main: document.querySelector("main").contains(e),
		Shown: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
		Ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2, Value: e.value || "",
		Marked: !!e.value && e.selectionStart === 0 && e.selectionEnd === e.value.length,
	})
})()`

func (k typist) focus() focused {
	k.t.Helper()
	var f focused
	if err := json.Unmarshal([]byte(does(k.browser, chromedp.Evaluate[string](whereFocus))), &f); err != nil {
		k.t.Fatal(err)
	}
	return f
}

// tab goes one stop on, where the focus must be seen.
func (k typist) tab() focused {
	k.t.Helper()
	before := k.focus()
	k.keys(kb.Tab)
	f := k.focus()
	if does(k.browser, chromedp.Evaluate[bool](`document.querySelector("iframe") != null`)) {
		// A frame is a process of its own: the focus passes it a little later.
		for deadline := time.Now().Add(3 * time.Second); (f.Number < 0 || f.Tag == "IFRAME" ||
			f.Number == before.Number) && time.Now().Before(deadline); {
			f = k.focus()
		}
	}
	if f.Number >= 0 && (!f.Shown || !f.Ring) {
		k.t.Errorf("the focus on %s %q cannot be seen: %+v", f.Tag, f.Name, f)
	}
	return f
}

// to goes by Tab to the stop of this name in the page's own part.
func (k typist) to(name string) focused {
	k.t.Helper()
	for range 120 {
		if f := k.tab(); f.Main && f.Name == name {
			return f
		}
	}
	k.t.Fatalf("Tab does not lead to %q on:\n%s", name, k.text())
	return focused{}
}

// enter presses Enter on the link or button of this name, and waits for the next page.
func (k typist) enter(name string) {
	k.t.Helper()
	k.to(name)
	does(k.browser, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.KeyEvent(kb.Enter)))
}

// tour goes through the page's stops once around, and fails when the focus
// comes back before all were reached, or does not leave one.
func (k typist) tour() {
	k.t.Helper()
	want := does(k.browser, chromedp.Evaluate[int](`(() => {
		const radios = new Set()
		return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, [tabindex='0']")].filter(e => {
			if (e.type !== "radio") return true
			const group = e.form.action + e.name, first = !radios.has(group)
			radios.add(group)
			return first
		}).length
	})()`))
	for range 200 { // to the end, from where Tab begins anew
		if k.tab().Number < 0 {
			break
		}
	}
	seen := map[int]bool{}
	last, inside := -1, 0
	for {
		f := k.tab()
		if f.Number < 0 || seen[f.Number] && f.Number != last {
			break
		}
		if f.Tag == "IFRAME" { // a long mail is scrolled from within, a short one is passed
			continue
		}
		if f.Number != last {
			inside = 0
		} else if inside++; inside > 3 { // a date has three fields and a button inside
			k.t.Fatalf("the focus does not leave %s %q", f.Tag, f.Name)
		}
		seen[f.Number], last = true, f.Number
	}
	if len(seen) != want {
		k.t.Errorf("Tab came by %d of %d stops on %s", len(seen), want, does(k.browser, chromedp.Location()))
	}
}

// The setup's part in the portal by key presses alone: the focus is always to
// be seen, nothing holds it, and the Value is selected when one comes to it.
func TestPortalByKeyboard(t *testing.T) {
	t.Parallel()
	tenant := sandbox.New(sandbox.Options{})
	p := practice.NewPages(tenant)
	t.Cleanup(p.Close)
	base, err := p.Base()
	if err != nil {
		t.Fatal(err)
	}
	k := typist{newBrowser(t)}
	k.open(base + sandbox.PortalRoot + "/")

	// Past what stands on every page, by the first link of it.
	if f := k.tab(); f.Name != "Skip to the page" {
		t.Errorf("the first stop is %q", f.Name)
	}
	k.keys(kb.Enter)
	if f := k.tab(); !f.Main || f.Name != "New registration" {
		t.Errorf("after skipping the stop is %+v", f)
	}
	k.tour()
	k.enter("New registration")
	k.tour()
	k.to("Name")
	k.keys("PAL mail")
	f := k.tab()
	k.keys(kb.ArrowDown + kb.ArrowUp) // through the account types, and back
	if back := k.focus(); !strings.Contains(f.Name, "Single tenant") || back != f {
		t.Errorf("the arrows led from %+v to %+v", f, back)
	}
	k.to("Select a platform")
	k.keys("Web")
	k.to("Redirect URI")
	k.keys("https://pal.agency.gov/app/connectors/SMTP.aspx")
	k.enter("Register")
	k.tour()
	app, ok := tenant.AppNamed("PAL mail")
	if f := k.to("Application (client) ID"); !ok || f.Value != app.ClientID || !f.Marked {
		t.Errorf("the client ID is not there to be copied: %+v", f)
	}
	if !strings.Contains(k.text(), "Web: 1") {
		t.Errorf("the redirect URI is not there:\n%s", k.text())
	}

	k.enter("Add a certificate or secret")
	k.enter("New client secret")
	k.tour()
	k.to("Description")
	k.keys("PAL")
	k.to("Expires")
	k.keys(kb.ArrowDown)
	k.enter("Add")
	value := k.to("Value of PAL")
	if len(value.Value) != 40 || !value.Marked {
		t.Fatalf("the Value is not there to be copied: %+v", value)
	}
	if f := k.tab(); f.Name != "Secret ID of PAL" || !f.Marked {
		t.Errorf("beside the Value is %+v", f)
	}
	k.tour()

	k.permissions(app)
	app, _ = tenant.AppWithID(app.ClientID)
	sendPractice(t, tenant, app, sandbox.Secret{Value: value.Value})
	k.mail()
}

// permissions adds Mail.Send and grants consent.
func (k typist) permissions(app sandbox.App) {
	k.t.Helper()
	k.open(does(k.browser, chromedp.Evaluate[string](`location.origin`)) + sandbox.PortalRoot + "/app/" + app.ClientID)
	k.above("API permissions")
	k.tour()
	k.enter("Add a permission")
	k.enter("Microsoft Graph")
	k.enter("Application permissions")
	k.to("Select permissions")
	k.keys("Mail.Send")
	does(k.browser, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.KeyEvent(kb.Enter)))
	k.tour()
	k.to("Mail.Send – Send mail as any user (admin consent required)")
	k.keys(" ")
	k.enter("Add permissions")
	k.enter("Grant admin consent for Example Agency")
	k.tour()
	k.enter("Yes")
	if !strings.Contains(k.text(), "✓ Granted for Example Agency") {
		k.t.Errorf("not granted:\n%s", k.text())
	}
}

// above follows a link of those that stand on every page.
func (k typist) above(name string) {
	k.t.Helper()
	for range 40 {
		if f := k.tab(); !f.Main && f.Name == name {
			does(k.browser, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.KeyEvent(kb.Enter)))
			return
		}
	}
	k.t.Fatalf("Tab does not lead to %q", name)
}

// mail reads the mail.
func (k typist) mail() {
	k.t.Helper()
	k.above("Mail")
	k.tour()
	k.enter("Practice mail")
	k.tour()
	k.enter("Mail") // past the mail's frame, which must not hold the focus
	if !strings.Contains(k.text(), "me@agency.gov: Inbox") {
		k.t.Errorf("did not come back to the mailboxes:\n%s", k.text())
	}
}
