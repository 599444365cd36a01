package sandbox

import (
	"bytes"
	"net/url"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// The pages are functions that return nodes, and no html/template: that looks
// methods up by name at run time, so the linker would have to keep every method
// of the program, which costs 3 MB. g.Text and every attribute escape what they
// are given. Nothing else does: g.Raw is for our own style sheets and scripts,
// and an address from outside goes through formAddress.

// rendered returns a page's HTML.
func rendered(n g.Node) []byte {
	var out bytes.Buffer
	if err := n.Render(&out); err != nil {
		panic("sandbox: " + err.Error()) // memory takes any text
	}
	return out.Bytes()
}

// head is what stands in the head of every page of ours.
func head(title, nonce, style string, more ...g.Node) g.Node {
	return h.Head(
		h.Meta(h.Charset("utf-8")),
		h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
		h.TitleEl(g.Text(title)),
		g.Group(more),
		h.StyleEl(nonceAttr(nonce), g.Raw(style)),
	)
}

// script is a script of ours. code is never made of anything from outside.
func script(nonce, code string) g.Node { return h.Script(nonceAttr(nonce), g.Raw(code)) }

// nonceAttr is what the page's Content-Security-Policy lets a style sheet or script run by.
func nonceAttr(nonce string) g.Node { return g.Attr("nonce", nonce) }

// hidden is a field that is sent along.
func hidden(name, value string) g.Node {
	return h.Input(h.Type("hidden"), h.Name(name), h.Value(value))
}

// formAddress lets a form go to a path of ours or to an app on the web, and
// nowhere else: an app may have javascript: among its redirect URIs.
func formAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && !strings.HasPrefix(s, "/") {
		return "#"
	}
	return s
}

// numbered is g.Map for nodes whose IDs are numbered.
func numbered[T any](list []T, node func(int, T) g.Node) g.Node {
	nodes := make(g.Group, 0, len(list))
	for i, x := range list {
		nodes = append(nodes, node(i, x))
	}
	return nodes
}
