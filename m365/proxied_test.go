package m365

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"palmail/diagnose"
	"palmail/m365/proxy"
	"palmail/m365/proxy/proxytest"
	"palmail/secret"
)

func setting(t *testing.T, text string) proxy.Setting {
	t.Helper()
	s, err := proxy.ParseSetting(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func directly(t *testing.T) proxy.Setting { return setting(t, "direct") }

// behindProxy returns a Client of a cloud that is reached through a proxy only.
func behindProxy(t *testing.T, o proxytest.Options, h http.Handler, user string) (*Client, *proxytest.Server) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	p := proxytest.Start(t, o)
	transport := newSystemTransport(proxy.NewDialer(setting(t, "http://"+user+p.Addr()), func(string) string { return "" }))
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	t.Cleanup(transport.CloseIdleConnections)
	cloud, err := CustomCloud("lab", srv.URL, srv.URL, "https://portal.example")
	if err != nil {
		t.Fatal(err)
	}
	return New(cloud, Options{Transport: transport}), p
}

func TestThroughAProxy(t *testing.T) {
	s := &fakeService{roles: []string{MailSend}}
	c, p := behindProxy(t, proxytest.Options{Schemes: []string{"Basic"}, Basic: "me:hunter2"}, s, "me:hunter2@")
	tokenFor(t, c)
	report := c.Network(t.Context())
	if err := report.Err(); err != nil || len(p.Requests()) == 0 {
		t.Fatal(err)
	}
	for _, h := range report.Hosts {
		if h.Proxy != p.URL() || h.Route != "through the proxy "+p.URL()+" (from --proxy)" || len(h.Addresses) != 0 {
			t.Errorf("%+v", h)
		}
	}
}

func TestProxyWantsSignIn(t *testing.T) {
	c, p := behindProxy(t, proxytest.Options{Schemes: []string{"Negotiate", "NTLM"}}, &fakeService{}, "")
	_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
	f := failureOf(t, err)
	var refused *ProxyError
	if !errors.As(err, &refused) || refused.Status != 407 || f.Status != 407 || refused.Proxy != p.Addr() {
		t.Fatalf("%+v", f)
	}
	if got := strings.Join(f.ProxyAuthenticate, " "); got != "Negotiate NTLM" {
		t.Errorf("it wants %s", got)
	}
	found := diagnose.Explain(err, diagnose.Context{})
	if found.Cause != diagnose.CauseProxyAuthRequired || !strings.Contains(found.Explanation, "Negotiate") ||
		!strings.Contains(strings.Join(found.Remedy, " "), "Px") ||
		!strings.Contains(found.Explanation, p.URL()+" (from --proxy)") {
		t.Errorf("%+v", found)
	}
}

// The details of every network finding name the proxy, not only those of a refusal.
func TestDeadProxyIsNamed(t *testing.T) {
	c, _ := behindProxy(t, proxytest.Options{Raw: "no HTTP"}, &fakeService{}, "me:hunter2@")
	report := c.Network(t.Context())
	found := diagnose.Explain(report.Err(), diagnose.Context{})
	text := found.Explanation + found.Support()
	if !strings.Contains(text, "(from --proxy)") || strings.Contains(text, "hunter2") {
		t.Errorf("%s", text)
	}
	for _, h := range report.Hosts {
		if h.Err == nil || !neverSent(h.Err) {
			t.Errorf("%+v", h)
		}
	}
}
