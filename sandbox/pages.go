package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// page is what a person at the browser sees. The pages work without scripts;
// none has the look of Microsoft's.
type page struct {
	Title string
	Wrong string   // what is wrong, as the service words it
	Text  []string // paragraphs
	List  []string
	Form  *form

	Organisation, Nonce string // set by show
}

type form struct {
	Action   string // a path of ours, or where an app is reached
	Hidden   []field
	Accounts []choice
	Code     bool // asks for a device's code
	Buttons  []button
	Sends    bool // sends itself where scripts run
}

type field struct{ Name, Value string }

type choice struct {
	Name, Username, Roles string
	Chosen                bool
}

type button struct {
	Name, Label string
	Skips       bool // needs no field filled in
}

// isPage tells whether the call is for a page that a person clicks through.
func (c *call) isPage() bool {
	if c.side == graphSide || c.side == foreign && isGraphPath(c.url.Path) {
		return false
	}
	path := strings.TrimSuffix(c.url.Path, "/")
	return strings.HasSuffix(path, "/oauth2/v2.0/authorize") || strings.HasSuffix(path, "/adminconsent") ||
		isDevicePage(c)
}

// browserCookie ties a sign-in to the browser it began in. The prefix makes
// browsers insist on TLS and on this very host.
const browserCookie = "__Host-practice"

// browser returns the call's browser by its cookie, "" without one.
func (c *call) browser() string {
	k, err := (&http.Request{Header: c.header}).Cookie(browserCookie)
	if err != nil || len(k.Value) != 32 {
		return ""
	}
	return k.Value
}

// checkFor proves that a form was shown to this browser. t.mu is held.
func (t *Tenant) checkFor(browser, flow string) string {
	m := hmac.New(sha256.New, t.key)
	m.Write([]byte("page|" + browser + "|" + flow))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// genuine tells whether a form comes from the page that was shown to this browser.
func (t *Tenant) genuine(c *call, form url.Values) bool {
	return c.browser() != "" && hmac.Equal([]byte(form.Get("check")), []byte(t.checkFor(c.browser(), form.Get("flow"))))
}

// show renders a page. Its form, if it goes to one of our own pages, gets the
// flow's name and a proof against forms from elsewhere. to is an address
// outside that the form can lead to. t.mu is held.
func (t *Tenant) show(c *call, status int, p page, flow, to string) answer {
	a := newAnswer(status)
	p.Organisation, p.Nonce = t.org, base64.RawStdEncoding.EncodeToString(t.bytes(16))
	if p.Form != nil && strings.HasPrefix(p.Form.Action, "/") {
		browser := c.browser()
		if browser == "" {
			browser = hex.EncodeToString(t.bytes(16))
			k := http.Cookie{
				Name: browserCookie, Value: browser, Path: "/", Secure: true, HttpOnly: true,
				SameSite: http.SameSiteLaxMode,
			}
			a.set("Set-Cookie", k.String())
		}
		p.Form.Hidden = append(p.Form.Hidden, field{"flow", flow}, field{"check", t.checkFor(browser, flow)})
	}
	a.body = rendered(p.html())
	a.set("Content-Type", "text/html; charset=utf-8")
	a.set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'nonce-"+
		p.Nonce+
		"'; script-src 'nonce-"+p.Nonce+"'; form-action 'self'"+originOf(to))
	a.set("X-Frame-Options", "DENY")
	a.set("Referrer-Policy", "no-referrer")
	return a
}

// originOf returns the origin of an address as a further source for a policy.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
		strings.ContainsAny(u.Host, "; ,'\"*\r\n") {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}

// trouble is the page about a refusal that no app is told of.
func (t *Tenant) troublePage(c *call, e *loginError) answer {
	return t.show(c, http.StatusBadRequest, page{
		Title: "Sorry, but we’re having trouble signing you in.", Wrong: t.pageText(c, e),
	}, "", "")
}

// stale is the page for a form that is too old or from elsewhere.
func (t *Tenant) stalePage(c *call) answer {
	return t.show(c, http.StatusBadRequest, page{
		Title: "This page has expired", Text: []string{
			"It was open for too long, was used before, or was opened in another browser. Go back to the app and " +
				"start again.",
		},
	}, "", "")
}

// formOf reads a page's form. A body that is none counts as empty.
func formOf(c *call) url.Values {
	form, refusal := readForm(c)
	if refusal != nil {
		return url.Values{}
	}
	return form
}
