package sandbox

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
)

// PortalRoot is where the practice portal's pages are, below the address that serves them.
const PortalRoot = "/portal"

const (
	maxPortalForm = 64 << 10 // bytes
	portalCookie  = "practice_portal"
)

// Portal returns the tenant's small web portal: pages for a person with a
// browser, which do what the real portal's do with app registrations, and show
// the mailboxes and the tenant's settings. origins are the addresses at which
// browsers reach it, such as http://localhost:8443. Calls to other hosts are
// refused, so that no page from elsewhere gets in under a name of its own, and
// so are forms from other origins.
func (t *Tenant) Portal(origins ...string) http.Handler {
	p := &portal{tenant: t, origins: origins}
	mux := http.NewServeMux()
	for pattern, f := range map[string]func(*visit) error{
		"GET /{$}":                               p.list,
		"GET /{tenant}":                          p.list,
		"GET /link":                              p.link,
		"GET /new":                               p.newApp,
		"POST /new":                              p.register,
		"GET /app/{id}":                          p.overview,
		"GET /app/{id}/secrets":                  p.secrets,
		"GET /app/{id}/secrets/new":              p.newSecret,
		"POST /app/{id}/secrets":                 p.addSecret,
		"POST /app/{id}/secrets/delete":          p.deleteSecret,
		"GET /app/{id}/permissions":              p.permissions,
		"GET /app/{id}/permissions/add":          p.choosePermissions,
		"POST /app/{id}/permissions/add":         p.addPermissions,
		"POST /app/{id}/permissions/remove":      p.removePermission,
		"GET /app/{id}/permissions/consent":      p.confirmConsent,
		"POST /app/{id}/permissions/consent":     p.consent,
		"GET /app/{id}/authentication":           p.authentication,
		"POST /app/{id}/authentication":          p.addPlatform,
		"POST /app/{id}/authentication/platform": p.movePlatform,
		"GET /enterprise":                        p.enterprises,
		"GET /app/{id}/enterprise":               p.enterprise,
		"GET /app/{id}/enterprise/permissions":   p.enterprisePermissions,
		"POST /app/{id}/enterprise/permissions":  p.revokePermission,
		"POST /app/{id}/permissions/revoke":      p.revokeConsent,
		"GET /mail":                              p.mailboxes,
		"GET /mail/{id}":                         p.message,
		"GET /settings":                          p.settings,
		"POST /settings/{part}":                  p.change,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, f) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, func(*visit) error { return errNoPage })
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == PortalRoot {
			http.Redirect(w, r, PortalRoot+"/", http.StatusMovedPermanently)
			return
		}
		http.StripPrefix(PortalRoot, mux).ServeHTTP(w, r)
	})
}

type portal struct {
	tenant  *Tenant
	origins []string
}

// portalVisitor is one browser.
type portalVisitor struct {
	account string   // the account that is signed in to the portal
	forms   []string // one-time numbers of forms that were shown and not sent yet, the newest last
	shown   bool     // the last page showed a Value
}

// visit is one request for a page.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	tenant  *Tenant
	browser string // what its cookie says
	visitor *portalVisitor
	view    portalView
}

var (
	errNoPage = errors.New("there is no such page in the practice portal")
	errNoApp  = errors.New("there is no app registration with this ID in the practice tenant")
)

// errForeignForm is what is wrong with a form that was not shown to this browser.
var errForeignForm = errors.New("this form did not come from a page of the practice portal, or the page is from " +
	"before the program was started again. Open the page again")

func (p *portal) serve(w http.ResponseWriter, r *http.Request, page func(*visit) error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would make the Origin of forms "null"
	if !slices.ContainsFunc(p.origins, func(o string) bool {
		_, host, _ := strings.Cut(o, "://")
		return host == r.Host
	}) {
		http.Error(w, "The practice portal does not answer under this name.", http.StatusMisdirectedRequest)
		return
	}
	v := p.visit(w, r)
	if r.Method == http.MethodPost {
		if err := p.readForm(v); err != nil {
			v.view.Wrong = sentence(err)
			v.show(http.StatusForbidden, "This was not done", v.view.troublePage())
			return
		}
	}
	err := page(v)
	switch {
	case err == nil:
	case errors.Is(err, errNoPage), errors.Is(err, errNoApp):
		v.view.Wrong, v.view.App = sentence(err), nil
		v.show(http.StatusNotFound, "Not found", v.view.troublePage())
	default:
		v.view.Wrong = sentence(err)
		v.show(http.StatusBadRequest, "This was not done", v.view.troublePage())
	}
}

// readForm reads a bounded form, and refuses one from elsewhere.
func (p *portal) readForm(v *visit) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxPortalForm)
	if err := v.r.ParseForm(); err != nil {
		return errors.New("the form is too large, or is none")
	}
	if !slices.Contains(p.origins, v.r.Header.Get("Origin")) ||
		!hmac.Equal([]byte(v.r.PostForm.Get("check")), []byte(v.view.Check)) {
		return errForeignForm
	}
	return nil
}

// visit finds out which browser it is, and gives a new one its cookie.
func (p *portal) visit(w http.ResponseWriter, r *http.Request) *visit {
	t := p.tenant
	v := &visit{w: w, r: r, tenant: t}
	if c, err := r.Cookie(portalCookie); err == nil && len(c.Value) == 32 {
		v.browser = c.Value
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.browser == "" {
		v.browser = hex.EncodeToString(t.bytes(16))
		v.cookie(portalCookie, v.browser)
	}
	var known bool
	if v.visitor, known = t.visitors.get(v.browser); !known {
		v.visitor = &portalVisitor{account: t.accounts[0].Username}
		t.visitors.put(v.browser, v.visitor)
	}
	if v.visitor.shown {
		// Chromium keeps a page as it was left even though it must not be
		// stored, unless a cookie changes.
		v.visitor.shown = false
		v.cookie("practice_left", hex.EncodeToString(t.bytes(8)))
	}
	v.view = portalView{
		Org: t.org, Domain: t.domain, TenantID: t.id,
		Check: t.checkFor(v.browser, "portal"), Nonce: base64.RawStdEncoding.EncodeToString(t.bytes(16)),
	}
	if who := t.account(v.visitor.account); who != nil {
		v.view.Who = who.Admin
	}
	return v
}

func (v *visit) cookie(name, value string) {
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // on loopback there can be no TLS
		Name: name, Value: value, Path: PortalRoot, HttpOnly: true, Secure: v.r.TLS != nil,
		SameSite: http.SameSiteLaxMode,
	})
}

// maxForms is how many forms that can be sent only once a browser can have open.
const maxForms = 50

// number makes a number for a form that can be sent once only.
func (v *visit) number() string {
	v.tenant.mu.Lock()
	defer v.tenant.mu.Unlock()
	n := hex.EncodeToString(v.tenant.bytes(16))
	v.visitor.forms = append(v.visitor.forms, n)
	if len(v.visitor.forms) > maxForms {
		v.visitor.forms = v.visitor.forms[1:]
	}
	return n
}

// first says whether the form with this number is sent for the first time.
func (v *visit) first(number string) bool {
	v.tenant.mu.Lock()
	defer v.tenant.mu.Unlock()
	i := slices.Index(v.visitor.forms, number)
	if i < 0 {
		return false
	}
	v.visitor.forms = slices.Delete(v.visitor.forms, i, i+1)
	return true
}

// account returns the account that is signed in to the portal. t.mu is held.
func (v *visit) account() *account { return v.tenant.account(v.visitor.account) }

// app finds the app that the address names, for a page of a section.
func (v *visit) app(section string) error {
	a, ok := v.tenant.AppWithID(v.clientID())
	if !ok {
		return errNoApp
	}
	v.view.App, v.view.Section = &a, section
	return nil
}

// clientID is that of the app that the address names, by its client ID or the
// first eight characters of it, which are enough here and make for addresses
// that fit a line of a terminal.
func (v *visit) clientID() string {
	id := v.r.PathValue("id")
	if len(id) != shortID {
		return id
	}
	v.tenant.mu.Lock()
	defer v.tenant.mu.Unlock()
	for _, a := range v.tenant.apps {
		if strings.EqualFold(a.clientID[:shortID], id) {
			return a.clientID
		}
	}
	return id
}

// show renders a page around body.
func (v *visit) show(status int, title string, body g.Node) {
	v.view.Title = title
	out := rendered(v.view.html(body))
	h := v.w.Header()
	style := "'nonce-" + v.view.Nonce + "'"
	if v.view.HoldsMail {
		style = "'unsafe-inline'"
	}
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action "+
		"'self'; style-src "+style+
		"; script-src 'nonce-"+v.view.Nonce+"'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(out) // the browser may be gone; nobody is left to tell
	}
}

// page renders a page that nothing is wrong with.
func (v *visit) page(title string, body g.Node) error {
	v.show(http.StatusOK, title, body)
	return nil
}

// again renders a form again with what is wrong in it.
func (v *visit) again(title string, body g.Node, wrong string) error {
	v.view.Wrong = wrong
	v.show(http.StatusBadRequest, title, body)
	return nil
}

// to leads the browser to another page after a form.
func (v *visit) to(path ...string) error {
	//nolint:gosec // below our own root, whatever path says
	http.Redirect(v.w, v.r, portalPath(path...), http.StatusSeeOther)
	return nil
}

// sentence makes of an error what a page says.
func sentence(err error) string {
	s := strings.TrimPrefix(err.Error(), "practice tenant: ")
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// tooLong refuses a text that the directory would refuse.
func tooLong(label, text string, limit int) string {
	if len(text) > limit {
		return fmt.Sprintf("%s: at most %d characters.", label, limit)
	}
	return ""
}
