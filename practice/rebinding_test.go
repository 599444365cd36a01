package practice

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"palmail/sandbox"
)

// asked answers a GET of path under a Host header.
func asked(h http.Handler, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A site whose name leads to this computer (DNS rebinding) reaches neither the
// sign-in pages of --demo nor anything of the served practice tenant.
func TestForeignHostsAreRefused(t *testing.T) {
	data, err := os.ReadFile("testdata/foreign-hosts.txt")
	if err != nil {
		t.Fatal(err)
	}
	pages := NewPages(sandbox.New(sandbox.Options{}))
	defer pages.Close()
	base, err := pages.Base()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	served, err := Listen(t.Context(), sandbox.New(sandbox.Options{}), ServerOptions{
		Address: "localhost:0", Dir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	_, port, err := net.SplitHostPort(served.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		handler http.Handler
		port    string
		paths   []string
	}{
		"demo": {pages, u.Port(), []string{
			"/login.microsoftonline.com/common/oauth2/v2.0/authorize", "/microsoft.com/devicelogin", sandbox.PortalRoot + "/",
		}},
		"served": {served.handler(), port, []string{
			"/common/oauth2/v2.0/authorize", "/common/v2.0/.well-known/openid-configuration", "/v1.0/users", "/",
			sandbox.PortalRoot + "/",
		}},
	} {
		for _, path := range x.paths {
			if w := asked(x.handler, "localhost:"+x.port, path); w.Code == http.StatusMisdirectedRequest {
				t.Errorf("%s: its own name is refused for %s", name, path)
			}
			for host := range strings.Lines(string(data)) {
				host = strings.ReplaceAll(strings.TrimSpace(host), "PORT", x.port)
				w := asked(x.handler, host, path)
				// Software that is led here instead of to Microsoft gets the wire, and no page.
				if name == "served" && microsoftHost(host) {
					if strings.HasPrefix(path, sandbox.PortalRoot) && w.Code != http.StatusNotFound {
						t.Errorf("the portal under the name %q: %d", host, w.Code)
					}
					continue
				}
				if w.Code != http.StatusMisdirectedRequest || len(w.Result().Cookies()) != 0 ||
					w.Header().Get("Location") != "" {
					t.Errorf("%s: %s under the name %q: %d", name, path, host, w.Code)
				}
			}
		}
	}
}
