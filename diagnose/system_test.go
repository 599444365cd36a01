package diagnose

import (
	"crypto/x509"
	"regexp"
	"strings"
	"testing"
)

func TestRemedyOfThisSystem(t *testing.T) {
	for goos, words := range map[string]struct{ has, hasNot []string }{
		"windows": {[]string{"certlm.msc"}, []string{"SSL_CERT_FILE", "Linux", "macOS"}},
		"linux":   {[]string{"SSL_CERT_FILE"}, []string{"certlm.msc", "Windows", "macOS"}},
		"darwin":  {[]string{"trust store"}, []string{"certlm.msc", "SSL_CERT_FILE", "Windows", "Linux"}},
		"":        {[]string{"certlm.msc", "SSL_CERT_FILE"}, nil},
	} {
		f := Explain(x509.UnknownAuthorityError{}, Context{System: goos})
		if f.Cause != CauseTLSUntrusted {
			t.Fatal(f.Cause)
		}
		text := strings.Join(f.Remedy, "\n")
		for _, w := range words.has {
			if !strings.Contains(text, w) {
				t.Errorf("%q: no %s in:\n%s", goos, w, text)
			}
		}
		for _, w := range words.hasNot {
			if strings.Contains(text, w) {
				t.Errorf("%q: %s in:\n%s", goos, w, text)
			}
		}
	}
}

// What names a system in a remedy is written so that it can be left out on another: at the beginning of a sentence.
func TestRemediesNameSystemsAtTheBeginning(t *testing.T) {
	named := regexp.MustCompile(`\b[Oo]n (Windows|Linux|macOS)[,:]|\b(Windows|Linux|macOS): `)
	for _, goos := range []string{"windows", "linux", "darwin", "plan9"} {
		for _, e := range Causes() {
			lists := [][]string{e.Remedy}
			for _, s := range e.Situations {
				lists = append(lists, s.Remedy)
			}
			for _, remedy := range lists {
				for _, line := range remedy {
					left := ofSystem(line, goos)
					for _, found := range named.FindAllString(left, -1) {
						if !strings.Contains(strings.ToLower(found), strings.Replace(goos, "darwin", "macos", 1)) {
							t.Errorf("%s on %s: %q", e.Cause, goos, left)
						}
					}
				}
			}
		}
	}
}
