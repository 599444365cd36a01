package cli

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The Value is there after Add, also after a double click on it, and never
// again after a reload or after leaving the page in any way; with scripts and
// without.
func TestValueOnceInChromium(t *testing.T) {
	t.Parallel()
	base, pages := portalTour(t)
	app, secrets := base+pages["overview"], base+pages["secrets"]
	b := newBrowser(t)
	rows := func() int {
		return does(b, chromedp.Evaluate[int](`document.querySelectorAll("input.secret-id").length`))
	}
	add := func(click chromedp.Action[chromedp.Void]) string {
		t.Helper()
		b.open(base + pages["newsecret"])
		b.fill("Description", "Once")
		does(b, chromedp.WaitEvent(page.LoadEventFired, nil, click))
		return b.read("input.value")
	}
	const button = `//main//button[normalize-space()="Add"]`
	click := chromedp.Click(chromedp.Search(button))
	hidden := func(how, value string, want int) {
		t.Helper()
		b.until(how, func() bool { return strings.Contains(b.text(), "| Certificates & secrets") })
		if n := rows(); strings.Contains(b.source(), value) || n != want {
			t.Errorf("%s: the Value is shown, or %d secrets stand there and not %d:\n%s", how, n, want, b.text())
		}
	}

	// Both clicks in one go: of a slower double click the second half may fall on the next page.
	value := add(chromedp.Evaluate[chromedp.Void](`{ const add = document.querySelector("main form button"); add.click(); add.click() }`))
	if n := rows(); n != 2 { // one is from before
		t.Errorf("a double click made %d secrets", n-1)
	}
	does(b, chromedp.Reload())
	hidden("a reload", value, 2)

	value = add(click)
	b.open(app)
	does(b, chromedp.Evaluate[chromedp.Void](`history.back()`))
	hidden("going back", value, 3)

	value = add(click)
	does(b, chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.until("the form", func() bool { return strings.Contains(b.text(), "| Add a client secret") })
	does(b, chromedp.Evaluate[chromedp.Void](`history.forward()`))
	hidden("going forward", value, 4)

	if _, err := chromedp.Call(b.tab, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	value = add(click)
	does(b, chromedp.Reload()) // sends the form again
	hidden("a reload without scripts", value, 5)
	value = add(click)
	b.open(app)
	does(b, chromedp.Evaluate[chromedp.Void](`history.back()`)) // Chromium then asks whether to send the form again
	b.until("the page before", func() bool { return does(b, chromedp.Location()) != app })
	if strings.Contains(b.source(), value) {
		t.Errorf("going back without scripts shows the Value again:\n%s", b.text())
	}
	b.open(secrets)
	hidden("opening the page without scripts", value, 6)
}
