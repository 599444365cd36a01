package delivery

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	for file, want := range map[string]string{ // verdicts, and parts of the lines
		"gmail-pass": "spf=right dkim=right dmarc=right|signed by agency.gov",
		"gmail-unaligned": "spf=wrong dkim=wrong dmarc=wrong|(40.107.91.100)|agency.onmicrosoft.com, not for " +
			"agency.gov|junk",
		"outlook-fail": "spf=wrong dkim=missing dmarc=wrong spam=wrong|(192.0.2.75)|not signed|to reject|for " +
			"spoofing",
		"outlook-body-hash": "spf=right dkim=wrong dmarc=right spam=right|was changed on its way",
		"forwarded": "spf=wrong dkim=wrong dmarc=wrong|forwarder.example, not for agency.gov|Before the mail " +
			"was forwarded it had passed",
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "headers", file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			r := Headers(string(data))
			checkReading(t, r)
			said := verdicts(r)
			for i, part := range strings.Split(want, "|") {
				if i == 0 && part != said || i > 0 && !strings.Contains(lines(r), part) {
					t.Errorf("%q is not in %s\n%s", part, said, lines(r))
				}
			}
			if failed := strings.Contains(r.Summary, "Failed: "); failed != (file != "gmail-pass") {
				t.Errorf("summary %q", r.Summary)
			}
			if r.From != "agency.gov" {
				t.Errorf("from %q", r.From)
			}
			sameInOtherClothes(t, string(data), r)
		})
	}
}

// sameInOtherClothes: line ends, an indent, quoting, and text around the headers change nothing.
func sameInOtherClothes(t *testing.T, text string, want Reading) {
	t.Helper()
	for name, other := range map[string]string{
		"CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "tabs": strings.ReplaceAll(text, "\n ", "\n\t"),
		"indented": "    " + strings.ReplaceAll(text, "\n", "\n    "), "quoted": "> " +
			strings.ReplaceAll(text, "\n", "\n> "),
		"with a letter": "Hello,\nplease see below.\n\n" + text + "\n\nRegards",
	} {
		if got := Headers(other); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

func verdicts(r Reading) string {
	var list []string
	for _, item := range r.Items {
		list = append(list, item.Check+"="+string(item.Verdict))
	}
	return strings.Join(list, " ")
}

func lines(r Reading) string {
	var list []string
	for _, item := range r.Items {
		list = append(list, item.Line)
	}
	return strings.Join(list, "\n")
}

// The examples of RFC 8601 appendix B, and what a stranger may write there.
func TestResults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"example.org 1; none", "example.org []"},
		{"example.com; spf=pass smtp.mailfrom=example.net", "example.com [spf=pass smtp.mailfrom=example.net]"},
		{"i=1; mx.microsoft.com 1; spf=pass smtp.mailfrom=a.gov; dmarc=none",
			"mx.microsoft.com [spf=pass smtp.mailfrom=a.gov dmarc=none]"},
		{"foo.example.net (foobar) 1 (baz); dkim (Because) / 1 (One yay) = (wait for it) fail policy.expired=x",
			"foo.example.net [dkim=fail (Because One yay wait for it)]"},
		{"e.com; dkim=pass (a; b=c \\) d) header.d=x.example", "e.com [dkim=pass (a; b=c ) d) header.d=x.example]"},
		{`e.com; dkim=fail reason="bad; dmarc=pass" header.d=x.example`,
			"e.com [dkim=fail reason=bad; dmarc=pass header.d=x.example]"},
		{"e.com; spf = pass smtp.mailfrom = a.example", "e.com [spf=pass smtp.mailfrom=a.example]"},
		{"e.com; spf=fail (never closed; dmarc=pass header.from=bank.example",
			"e.com [spf=fail (never closed; dmarc=pass header.from=bank.example)]"},
	} {
		r := results("Authentication-Results", c.text)
		var list []string
		for _, m := range r.Methods {
			list = append(list, evidence(m))
		}
		if got := r.Server + " [" + strings.Join(list, " ") + "]"; got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestNothingToRead(t *testing.T) {
	for _, text := range []string{"", "Hello", "From: a@b.gov\nSubject: x", "AADSTS7000215: Invalid client secret"} {
		if r := Headers(text); r.Found() || len(r.Items) != 0 {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

// The receiver's words decide, not those that the message brought along.
func TestForgedResultsBelow(t *testing.T) {
	r := Headers("Authentication-Results: mx.real.example; spf=fail smtp.mailfrom=a.gov; dmarc=fail header.from=a.gov\n" +
		"Authentication-Results: mx.evil.example; dkim=pass header.d=a.gov\n")
	if got := verdicts(r); got != "spf=wrong dmarc=wrong" {
		t.Error(got)
	}
}

func checkReading(t *testing.T, r Reading) {
	t.Helper()
	for _, item := range r.Items {
		if item.Line == "" || item.Verdict == "" {
			t.Errorf("%+v", item)
		}
		if (item.Verdict == Wrong || item.Verdict == Missing) && (len(item.Remedy) == 0 || item.Who == "") {
			t.Errorf("nothing says what to do: %+v", item)
		}
	}
}

// What Exchange Online writes before it signs is not the receiver's judgement.
func TestSendersOwnStamp(t *testing.T) {
	const stamp = "authentication-results: dkim=none (message not signed)\n header.d=none;dmarc=none action=none " +
		"header.from=agency.gov;\n"
	if r := Headers(stamp); r.Found() {
		t.Errorf("%+v", r.Items)
	}
	r := Headers("Received-SPF: pass (receiver.example: sender listed)\n" + stamp)
	if got := verdicts(r); got != "spf=right" || !r.Found() {
		t.Error(got)
	}
}
