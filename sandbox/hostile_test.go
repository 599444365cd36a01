package sandbox_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile is what somebody may give as a name, an address or a mail; its mark tells it from the pages' own words.
const (
	mark    = "zq"
	hostile = `"><script>zq()</script><b x=' onmouseover='zq()'>javascript:zq()`
	plain   = `A plain text zq`
)

var mailLinks = regexp.MustCompile(`href="/portal(/mail/[0-9a-f-]{36})"`)

// Whatever text comes from outside, every page has the elements and attributes
// that it has with a plain text, and no others.
func TestPagesHoldHostileTexts(t *testing.T) {
	want, got := tourOf(t, plain), tourOf(t, hostile)
	if len(want) != len(got) {
		t.Fatalf("%d pages with a plain text, and %d with a hostile one", len(want), len(got))
	}
	marks := 0
	for i, page := range got {
		if page.name != want[i].name || page.status != want[i].status {
			t.Errorf("%s (%d) instead of %s (%d)", page.name, page.status, want[i].name, want[i].status)
			continue
		}
		n := 0
		shape, plainShape := shapeOf(t, page, &n), shapeOf(t, want[i], new(int))
		if !slices.Equal(shape, plainShape) {
			t.Errorf("%s: a text from outside became markup:\n%s", page.name, page.body)
		}
		marks += n
	}
	if marks < 200 {
		t.Errorf("the text from outside stands in only %d places, so little was tried", marks)
	}
}

// shapeOf lists a page's elements and attributes, judges those that may carry
// a script, and counts where a text from outside stands.
func shapeOf(t *testing.T, page shown, marks *int) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page.body))
	if err != nil {
		t.Fatal(err)
	}
	var shape []string
	for n := range doc.Descendants() {
		switch n.Type {
		case html.TextNode:
			if strings.Contains(n.Data, mark) {
				*marks++
				if n.Parent.Data == "script" || n.Parent.Data == "style" {
					t.Errorf("%s: a text from outside in a %s: %s", page.name, n.Parent.Data, n.Data)
				}
			}
		case html.ElementNode:
			shape = append(shape, "<"+n.Data)
			for _, a := range n.Attr {
				shape = append(shape, a.Key)
				if strings.Contains(a.Val, mark) {
					*marks++
				}
				judge(t, page, n, a)
			}
		case html.CommentNode:
			t.Errorf("%s: a comment: %s", page.name, n.Data)
		}
	}
	return shape
}

// judge refuses attributes that a browser would run, or follow out of the pages.
func judge(t *testing.T, page shown, n *html.Node, a html.Attribute) {
	t.Helper()
	bad := false
	switch a.Key {
	case "href", "src", "action", "formaction":
		u, err := url.Parse(a.Val)
		bad = err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" && a.Val != "data:,"
		if n.Data == "a" {
			bad = bad || u.Host != "" || !strings.HasPrefix(a.Val, "/portal/") && a.Val != "#main"
		}
	case "nonce":
		bad = !strings.Contains(page.header.Get("Content-Security-Policy"), "'nonce-"+a.Val+"'")
	case "srcdoc":
		bad = !slices.Contains(n.Attr, html.Attribute{Key: "sandbox"})
	case "style":
		bad = true
	}
	if bad || strings.HasPrefix(a.Key, "on") {
		t.Errorf("%s: <%s %s=%q>", page.name, n.Data, a.Key, a.Val)
	}
	if (n.Data == "script" || n.Data == "style") && a.Key == "nonce" && a.Val == "" {
		t.Errorf("%s: a %s without a nonce", page.name, n.Data)
	}
}
