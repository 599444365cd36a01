package sandbox

import (
	"bytes"
	"net/url"
	"strings"

	g "maragu.dev/gomponents"
)

// The pages are functions that return nodes, and no html/template: that looks
// methods up by name at run time, so the linker would have to keep every method
// of the program, which costs 3 MB. text, say and attr escape what they are
// given. g.Raw does not, and is for our own style sheets and scripts only. An
// address from outside goes through formAddress.

// el is an element with its attributes and what is in it. Like attr, flag and
// text it is kept from being inlined, and stands for package html's functions
// of one element each: every place would get its own copy of what renders an
// element, 600 KB in all.
//
//go:noinline
func el(name string, children ...g.Node) g.Node { return g.El(name, children...) }

// attr is an attribute, escaped.
//
//go:noinline
func attr(name, value string) g.Node { return g.Attr(name, value) }

// flag is an attribute without a value.
//
//go:noinline
func flag(name string) g.Node { return g.Attr(name) }

// text is escaped text.
//
//go:noinline
func text(s string) g.Node { return g.Text(s) }

// say is an element with nothing but text in it.
func say(name, words string) g.Node { return el(name, text(words)) }

// input is a field. more are further attributes.
//
//go:noinline
func input(kind, id, name string, more ...g.Node) g.Node {
	return el("input", attr("type", kind), attr("id", id), attr("name", name), g.Group(more))
}

// choose is a list of options to choose from.
//
//go:noinline
func choose(id, name string, more ...g.Node) g.Node {
	return el("select", attr("id", id), attr("name", name), g.Group(more))
}

// rendered returns a page's HTML.
func rendered(n g.Node) []byte {
	var out bytes.Buffer
	out.WriteString("<!doctype html>")
	if err := n.Render(&out); err != nil {
		panic("sandbox: " + err.Error()) // memory takes any text
	}
	return out.Bytes()
}

// head is what stands in the head of every page of ours.
func head(title, nonce, style string, more ...g.Node) g.Node {
	return el("head",
		el("meta", attr("charset", "utf-8")),
		el("meta", attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")),
		el("title", text(title)),
		g.Group(more),
		el("style", nonceAttr(nonce), g.Raw(style)),
	)
}

// script is a script of ours. code is never made of anything from outside.
func script(nonce, code string) g.Node { return el("script", nonceAttr(nonce), g.Raw(code)) }

// nonceAttr is what the page's Content-Security-Policy lets a style sheet or script run by.
func nonceAttr(nonce string) g.Node { return attr("nonce", nonce) }

// hidden is a field that is sent along.
func hidden(name, value string) g.Node {
	return el("input", attr("type", "hidden"), attr("name", name), attr("value", value))
}

// formAddress lets a form go to a path of ours or to an app on the web, and
// nowhere else: an app can have javascript: among its redirect URIs.
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
