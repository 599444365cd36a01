package proxy

import (
	"strings"
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
