package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeRun judges the page and gives back what axe-core found, as JSON.
const axeRun = `axe.run(document, {iframes: false}).then(r => JSON.stringify({
	rules: r.passes.length,
	violations: r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html + " " + n.failureSummary)]),
}))`

// axeScript returns axe-core, which PALMAIL_AXE names the axe.min.js of.
// Without it pages are looked at by width only, and the test fails where
// browser tests are required.
func axeScript(t *testing.T) string {
	t.Helper()
	path := os.Getenv("PALMAIL_AXE")
	if path == "" {
		if os.Getenv("PALMAIL_BROWSER_TESTS") == "require" {
			t.Fatal("axe-core is needed: PALMAIL_AXE does not name its axe.min.js")
		}
		t.Log("without axe-core: PALMAIL_AXE does not name its axe.min.js")
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// look holds the page as it stands to axe-core's rules, in a narrow light and
// a wide dark window. 320 pixels is what 400 % zoom leaves of 1280, and there
// nothing may need scrolling sideways. PALMAIL_SHOTS is a directory for
// pictures of what was looked at.
func (b *browser) look(axe, name string) {
	b.t.Helper()
	for _, w := range []struct {
		width  int64
		scheme string
	}{{320, "light"}, {1280, "dark"}} {
		does(b, chromedp.EmulateViewport(w.width, 900))
		if _, err := chromedp.Call(b.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: w.scheme}},
		}); err != nil {
			b.t.Fatal(err)
		}
		const beyond = `document.documentElement.scrollWidth - document.documentElement.clientWidth`
		if over := does(b, chromedp.Evaluate[int](beyond)); over > 0 {
			b.t.Errorf("%s at %d pixels scrolls sideways by %d", name, w.width, over)
		}
		if dir := os.Getenv("PALMAIL_SHOTS"); dir != "" {
			writeFile(b.t, filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, w.scheme, w.width)),
				does(b, chromedp.FullScreenshot(100)))
		}
		if axe == "" {
			continue
		}
		does(b, chromedp.Evaluate[chromedp.Void](axe))
		found := does(b, chromedp.Evaluate[string](axeRun, chromedp.EvalAwaitPromise))
		var saw struct {
			Rules      int
			Violations []any
		}
		if err := json.Unmarshal([]byte(found), &saw); err != nil {
			b.t.Fatal(err)
		}
		if saw.Rules < 10 || len(saw.Violations) > 0 { // fewer rules apply to no page of ours
			b.t.Errorf("%s at %d pixels, %s: %s", name, w.width, w.scheme, found)
		}
	}
}
