package proxy

import "testing"

func TestNoProxy(t *testing.T) {
	for _, c := range []struct {
		list, host string
		want       bool
	}{
		{"", "graph.microsoft.com", false},
		{"*", "graph.microsoft.com", true},
		{"microsoft.com", "graph.microsoft.com", true},
		{"a.example, .microsoft.com", "graph.microsoft.com", true},
		{"*.microsoft.com", "graph.microsoft.com", true},
		{".microsoft.com", "microsoft.com", false},
		{"microsoft.com", "notmicrosoft.com", false},
		{"graph.Microsoft.com:443", "graph.microsoft.com", true},
		{"graph.microsoft.com:8443", "graph.microsoft.com", false},
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.1.2.3", "10.1.2.3", true},
		{"10.1.2.4", "10.1.2.3", false},
		{"fe80::/10", "fe80::1", true},
		{"[2001:db8::1]:443", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8::1", true},
	} {
		if got := exemptByNoProxy(c.list, target{c.host, "443"}); got != c.want {
			t.Errorf("NO_PROXY=%q for %s is %v", c.list, c.host, got)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		list, host string
		want       bool
	}{
		{"<local>", "intranet", true},
		{"<local>", "intranet.agency.gov", false},
		{"<local>", "2001:db8::1", false},
		{"*.agency.gov;<local>", "lab.agency.gov", true},
		{"*.agency.gov", "agency.gov", false},
		{"agency.gov", "lab.agency.gov", false},
		{"10.*; 192.168.*", "192.168.7.8", true},
		{"https://lab.agency.gov", "lab.agency.gov", true},
		{"http://lab.agency.gov", "lab.agency.gov", false},
		{"LAB*.agency.GOV:443", "lab7.agency.gov", true},
		{"lab*.agency.gov:8443", "lab7.agency.gov", false},
		{"login.*.us", "login.microsoftonline.us", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"ab*ba", "aba", false},
		{"169.254/16", "169.254.9.9", true},
		{"<-loopback>", "lab.agency.gov", false},
	} {
		if got := exemptByPatterns(splitWindowsList(c.list), target{c.host, "443"}); got != c.want {
			t.Errorf("%q for %s is %v", c.list, c.host, got)
		}
	}
}
