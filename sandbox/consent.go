package sandbox

import (
	"html"
	"net/http"
	"slices"
)

// adminConsent is the page at which an administrator consents, as far as it
// can be seen without signing in: who asks, or what is wrong with the address.
func (t *Tenant) adminConsent(c *call, tenant string) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return loginNotFound()
	}
	d, refusal := t.whose(c, tenant)
	q := c.url.Query()
	clientID, redirect := q.Get("client_id"), q.Get("redirect_uri")
	var a *app
	switch {
	case refusal != nil:
	case clientID == "":
		refusal = missing("client_id")
	default:
		if d == shared { // the account that signs in decides which tenant it is
			d = ours
		}
		a, refusal = t.appSeen(d, tenant, clientID)
	}
	if refusal == nil {
		switch {
		case len(a.redirects) == 0:
			refusal = refuse(http.StatusBadRequest, "invalid_request", 500113, "No reply address is registered for the application.")
		case redirect != "" && !slices.Contains(a.redirects, redirect):
			refusal = refuse(http.StatusBadRequest, "invalid_request", 50011,
				"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'.", redirect, a.clientID)
		}
	}
	if refusal != nil {
		return t.loginPage(http.StatusBadRequest, "Sorry, but we’re having trouble signing you in.", t.pageText(c, refusal))
	}
	return t.loginPage(http.StatusOK, "Sign in to "+t.org, "to consent to what "+a.name+" asks for.")
}

func (t *Tenant) loginPage(status int, title, text string) answer {
	a := newAnswer(status)
	a.set("Content-Type", "text/html; charset=utf-8")
	a.body = []byte("<!DOCTYPE html><html><head><title>" + html.EscapeString(title) + "</title></head><body><h1>" +
		html.EscapeString(title) + "</h1><p>" + html.EscapeString(text) + "</p></body></html>")
	return a
}
