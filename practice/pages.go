package practice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"palmail/desktop"
	"palmail/sandbox"
)

// Pages shows a practice tenant's own pages to a real browser on this computer,
// at an address on loopback that exists from the first use until Close.
type Pages struct {
	tenant *sandbox.Tenant
	once   sync.Once
	server *http.Server
	portal http.Handler
	base   string // e.g. http://localhost:41234
	// numeric is base with the address instead of the name.
	numeric string
	err     error
}

// errNoPortal is what opening a page amounts to that the practice tenant does not have.
var errNoPortal = errors.New("the practice portal has no page for this link")

// NewPages makes the pages of a tenant; nothing listens yet.
func NewPages(tenant *sandbox.Tenant) *Pages { return &Pages{tenant: tenant} }

// Base is where the pages are found, e.g. http://localhost:41234.
func (p *Pages) Base() (string, error) {
	p.once.Do(p.start)
	return p.base, p.err
}

// Open opens the practice page that stands for address, and nothing else:
// nobody who practises is led to the real portal.
func (p *Pages) Open(ctx context.Context, address string) error {
	here, err := p.Address(address)
	if err != nil {
		return err
	}
	return desktop.OpenURL(ctx, here)
}

// Address is where a browser on this computer finds the practice page that
// stands for address: one of the sign-in pages, or of the portal's.
func (p *Pages) Address(address string) (string, error) {
	if _, err := p.Base(); err != nil {
		return "", err
	}
	if strings.HasPrefix(address, p.base+"/") {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", errNoPortal
	}
	if signInPage(u) {
		return p.base + "/" + u.Host + u.RequestURI(), nil
	}
	if path := sandbox.PortalPath(address); path != "" {
		return p.base + path, nil
	}
	return "", errNoPortal
}

// signInPage says whether u is a page on which somebody signs in.
func signInPage(u *url.URL) bool {
	return strings.HasSuffix(u.Path, "/oauth2/v2.0/authorize") || strings.Contains(u.Path, "/devicelogin") ||
		strings.HasSuffix(u.Path, "/adminconsent")
}

func (p *Pages) start() {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.err = fmt.Errorf("showing the practice pages: %w", err)
		return
	}
	p.base = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	p.numeric = fmt.Sprintf("http://127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port)
	p.portal = p.tenant.Portal(p.base, p.numeric)
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = p.server.Serve(l) }() // until close
}

// Close ends the pages.
func (p *Pages) Close() {
	if p.server != nil {
		_ = p.server.Close()
	}
}

// ServeHTTP answers with the portal's pages or, as the practice host that the
// first part of the path or the cookie that it leaves names, with that host's.
//
// Another site's name that leads to this computer (DNS rebinding) gets nothing:
// its pages could otherwise read these and act in them.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if "http://"+r.Host != p.base && "http://"+r.Host != p.numeric {
		refuseHost(w)
		return
	}
	if r.URL.Path == sandbox.PortalRoot || strings.HasPrefix(r.URL.Path, sandbox.PortalRoot+"/") {
		p.portal.ServeHTTP(w, r)
		return
	}
	const cookie = "practice_host"
	host, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if strings.Contains(host, ".") && !ofTenant(rest) {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // loopback has no TLS
			Name: cookie, Value: host, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		r.URL.Path = "/" + rest
	} else if c, err := r.Cookie(cookie); err == nil {
		host = c.Value
	}
	if r.Header.Get("Origin") == p.base {
		r.Header.Set("Origin", "https://"+host)
	}
	r.Host = host
	p.tenant.ServeHTTP(&overLoopback{w, p.base}, r)
}

// refuseHost answers a request for a name that is not the practice tenant's.
func refuseHost(w http.ResponseWriter) {
	http.Error(w, "The practice tenant does not answer under this name.", http.StatusMisdirectedRequest)
}

// ofTenant says whether rest is what follows a tenant's name, which may be a
// domain too, in the path of a sign-in page.
func ofTenant(rest string) bool {
	return strings.HasPrefix(rest, "oauth2/") || strings.HasPrefix(rest, "v2.0/") || rest == "adminconsent"
}

// overLoopback leads the redirects of an answer to where the browser finds
// them. Cookies keep their Secure mark, which Chromium and Firefox honour on
// localhost without TLS.
type overLoopback struct {
	http.ResponseWriter
	base string
}

// WriteHeader implements http.ResponseWriter.
func (o *overLoopback) WriteHeader(status int) {
	h := o.Header()
	if to := h.Get("Location"); to != "" {
		if u, err := url.Parse(to); err == nil && signInPage(u) {
			h.Set("Location", o.base+"/"+u.Host+u.RequestURI())
		}
	}
	o.ResponseWriter.WriteHeader(status)
}
