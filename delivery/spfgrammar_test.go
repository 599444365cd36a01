package delivery

import "testing"

// The rows follow RFC 7208; those marked "suite" are cases of the openspf test suite for it (release 2014.04) that the
// SPF library skips.
func TestBadTerm(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{"v=spf1", ""},
		{"v=spf1 ", ""},
		{"V=SPF1   -ALL  ", ""},
		{"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip4:192.0.2.1 ip6:::1", ""},
		{"v=spf1 exists:%{ir}.%{v}._spf.%{d2} include:%{d} redirect=%{h}", ""},
		{"v=spf1 exists:%{L1r-}.x.example. unknown=%{l}%%%_%- unknown= op-en.1=x", ""},
		{"v=spf1 -all exp=explain._spf.%{d} -all", ""},
		{"v=spf1 -all ip4:", "ip4:"},                          // suite: errors after a match
		{"v=spf1 include:a.b =x", "=x"},                       // section 4.6.1
		{"v=spf1 a:museum", "a:museum"},                       // suite: a top-level domain alone
		{"v=spf1 a:foo.example.111", "a:foo.example.111"},     // suite: a numeric top label
		{"v=spf1 a:foo.example.xn--", "a:foo.example.xn--"},   // section 7.1
		{"v=spf1 a:x.example/33", "a:x.example/33"},           // section 5.6
		{"v=spf1 mx/024", "mx/024"},                           // section 12: no leading zero
		{"v=spf1 a/", "a/"},                                   // suite
		{"v=spf1 a:", "a:"},                                   // section 5.3
		{"v=spf1 ip4:192.0.2", "ip4:192.0.2"},                 // section 5.6
		{"v=spf1 ip4:2001:db8::1", "ip4:2001:db8::1"},         // section 5.6
		{"v=spf1 ip6:192.0.2.1", "ip6:192.0.2.1"},             // section 5.6
		{"v=spf1 ip6:fe80::1%25eth0", "ip6:fe80::1%25eth0"},   // section 5.6
		{"v=spf1 ip4:192.0.2.1/", "ip4:192.0.2.1/"},           // section 5.6
		{"v=spf1 all:x.example", "all:x.example"},             // section 5.1
		{"v=spf1 all.", "all."},                               // suite
		{"v=spf1 include", "include"},                         // section 5.2
		{"v=spf1 include: -all", "include:"},                  // section 5.2
		{"v=spf1 exists:%{x}.example", "exists:%{x}.example"}, // section 7.2
		{"v=spf1 exists:%{c}.example", "exists:%{c}.example"}, // suite: c, r, t in exp only
		{"v=spf1 exists:%{i.example", "exists:%{i.example"},   // section 7.1
		{"v=spf1 exists:%.example", "exists:%.example"},       // section 7.1
		{"v=spf1 A:/}", "A:/}"},                               // section 7.1: a bracket is no macro
		{"v=spf1 a:x} -all", "a:x}"},
		{"v=spf1 a:%{l/}.%{o}/24//64 a:%{d}//64 a:%{l/} a:%%/24", ""},
		{"v=spf1 a:%{d}/33", "a:%{d}/33"},
		{"v=spf1 exists:x.example%", "exists:x.example%"},    // section 7.1
		{"v=spf1 redirect=a.b redirect=c.d", "redirect=c.d"}, // section 6
		{"v=spf1 exp=a.b exp=a.b", "exp=a.b"},                // section 6
		{"v=spf1 redirect=", "redirect="},                    // section 6.1
		{"v=spf1 ?redirect=a.b", "?redirect=a.b"},            // suite: a modifier takes no sign
		{"v=spf1 ipv4:192.0.2.1", "ipv4:192.0.2.1"},          // section 5
		{"v=spf1 mx\t-all", "mx\t-all"},                      // suite: spaces only
		{"v=spf1 a:bücher.example", "a:bücher.example"},      // suite: 7-bit ASCII
		{"v=spf1 --all", "--all"},                            // section 4.6.2
		{"v=spf1 -", "-"},                                    // section 4.6.2
	} {
		if !isSPF(c.record) {
			t.Errorf("%q is no SPF record", c.record)
		} else if got := badTerm(c.record); got != c.want {
			t.Errorf("badTerm(%q) = %q, want %q", c.record, got, c.want)
		}
	}
}

func TestIsSPF(t *testing.T) {
	for text, want := range map[string]bool{
		"v=spf1": true, "V=sPf1 -all": true, "v=spf10 -all": false, "v=spf1\t": false, " v=spf1": false, "v=spf": false,
		"spf2.0/pra": false, "": false,
	} {
		if isSPF(text) != want {
			t.Errorf("isSPF(%q) is %v", text, !want)
		}
	}
}

func TestRepaired(t *testing.T) {
	const ours = "v=spf1 include:x.example "
	for record, want := range map[string]string{
		"v=spf1 -all": ours + "-all", "v=spf1 +all": ours + "~all", "v=spf1 all": ours + "~all", "v=spf1": ours +
			"~all",
		"v=spf1 MX include:X.example ?all":     ours + "MX ?all",
		"v=spf1 mx redirect=r.example":         ours + "mx redirect=r.example",
		"v=spf1 mx redirect=r.example ~all":    ours + "mx ~all",
		"v=spf1 include=y.example ip4=1.2.3.4": ours + "include:y.example ip4:1.2.3.4 ~all",
		"v=spf1 -ipv6:2001:db8::1 -alll":       ours + "-ip6:2001:db8::1 -all",
		"v=spf1 mx mx a:??? -all":              "",
	} {
		if got := repaired([]string{record}, "x.example"); got != want {
			t.Errorf("%q became %q, want %q", record, got, want)
		}
	}
}
