package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Windows answers, whatever is set: the shape of the calls is right.
func TestWindowsAnswers(t *testing.T) {
	c := currentUserConfig()
	t.Logf("this user: %+v; this computer: %+v", c, machineConfig())
	r, err := systemRoute(t.Context(), target{"graph.microsoft.com", "443"})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the way is %s", said(r))
	_, err = askAutoProxy("http://127.0.0.1:1/none.pac", target{"graph.microsoft.com", "443"})
	if err == nil || strings.Contains(err.Error(), "malformed") {
		t.Errorf("a PAC file that is not there: %v", err)
	}
}

func TestSSPI(t *testing.T) {
	for scheme, begin := range map[string]string{"NTLM": "NTLMSSP\x00", "Negotiate": ""} {
		s, err := systemLogin(scheme, "proxy.agency.gov")
		if err != nil {
			t.Logf("%s: %v", scheme, err) // a system without credentials says so
			continue
		}
		token, err := s.next(nil)
		t.Logf("%s: %d bytes, %v", scheme, len(token), err)
		if err == nil && !strings.HasPrefix(string(token), begin) {
			t.Errorf("%s: the token begins with %q", scheme, token[:8])
		}
		if _, err := s.next([]byte("no challenge")); err == nil {
			t.Errorf("%s: answered what is no challenge", scheme)
		}
		s.close()
	}
	if _, err := systemLogin("Basic", "proxy"); err == nil {
		t.Error("there is no package Basic")
	}
}

// Windows evaluates a PAC file for each host by itself.
func TestPACFile(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		_, _ = io.WriteString(w, `function FindProxyForURL(url, host) {
			if (dnsDomainIs(host, ".agency.gov")) return "DIRECT";
			if (shExpMatch(host, "graph.*")) return "PROXY p1.agency.gov:8080; PROXY p2.agency.gov:8080";
			return "PROXY p3.agency.gov:8080";
		}`)
	}))
	defer srv.Close()
	c := windowsConfig{pac: srv.URL + "/proxy.pac", windowsStatic: windowsStatic{source: "S"}}
	for host, want := range map[string]string{
		"graph.microsoft.com": "http://p1.agency.gov:8080 http://p2.agency.gov:8080",
		"lab.agency.gov":      "DIRECT", "login.microsoftonline.com": "http://p3.agency.gov:8080",
	} {
		r := c.route(target{host, "443"}, askAutoProxy)
		// Wine tells the first proxy of a list only.
		got, rest, _ := strings.Cut(said(r), "|")
		if !strings.HasPrefix(want, got) || rest != "S, by the PAC file "+srv.URL+"/proxy.pac|" {
			t.Errorf("%s: %s", host, said(r))
		}
	}
	t.Logf("the file was fetched %d times", asked.Load())
}
