package delivery

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"blitiri.com.ar/go/spf"
)

// oneAnswer answers every question with what it has.
type oneAnswer struct {
	texts  []string
	target string
}

func (o oneAnswer) LookupTXT(context.Context, string) ([]string, error) { return o.texts, nil }
func (o oneAnswer) LookupCNAME(context.Context, string) (string, error) { return o.target, nil }
func (o oneAnswer) LookupMX(context.Context, string) ([]*net.MX, error) {
	return []*net.MX{{Host: o.target}}, nil
}
func (o oneAnswer) LookupAddr(context.Context, string) ([]string, error) {
	return []string{o.target}, nil
}
func (o oneAnswer) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return []net.IPAddr{{IP: net.IPv4(192, 0, 2, 1)}}, nil
}

// FuzzLook: whatever DNS answers, the report is whole, short and safe to print.
func FuzzLook(f *testing.F) {
	f.Add("v=spf1 include:%{d1r+}.spf.%{h} a/24//64 mx exists:%{ir}.x.example redirect=_spf.%{o} -all", "a.example")
	f.Add("v=DMARC1; p=reject; sp=none; np=quarantine; t=y; psd=y; pct=0; rua=mailto:x@y",
		"selector1-agency-gov._domainkey.x.onmicrosoft.com")
	f.Add("v=spf1 \x1b]8;;https://x\x07 ip4:\u202e1.2.3.4 +all", "\x1b[31m")
	f.Add("v=spf1 "+strings.Repeat("include:agency.gov ", 40), "selector2-")
	f.Add("v=DKIM1; k=rsa; p=MIGf", strings.Repeat("x.", 200))
	sender, _ := SenderOf("commercial")
	f.Fuzz(func(t *testing.T, text, target string) {
		report := Look(t.Context(), oneAnswer{
			[]string{text, "v=DMARC1; " + text}, target,
		}, "noreply@foia.agency.gov", sender)
		for _, item := range report.Items {
			if item.Verdict == "" || item.Line == "" {
				t.Fatalf("incomplete: %+v", item)
			}
			safe(t, item)
		}
		safe(t, Item{Line: report.Summary + report.Caution})
	})
}

// FuzzSPFGrammar: a record that the library calls invalid for its own syntax is one that badTerm refuses, apart from
// what only shows once macros have their values; so nothing that receivers refuse passes here.
func FuzzSPFGrammar(f *testing.F) {
	for _, c := range spfConstellations {
		for _, line := range strings.Split(c.zone, "\n") {
			if _, record, ok := strings.Cut(line, " TXT "); ok && isSPF(record) {
				f.Add(strings.TrimPrefix(record, "v=spf1 "))
			}
		}
	}
	f.Fuzz(func(t *testing.T, terms string) {
		record := "v=spf1 " + terms
		if len(record) > 4096 || badTerm(record) != "" {
			return
		}
		_, err := spf.CheckHostWithSender(net.IPv4(192, 0, 2, 9), "h.example", "u@a.example",
			spf.WithResolver(oneAnswer{texts: []string{record}, target: "x.example"}))
		switch err {
		case spf.ErrUnknownField, spf.ErrInvalidIP, spf.ErrInvalidMask:
			t.Fatalf("badTerm accepts %q: %v", record, err)
		}
	})
}

// FuzzHeaders: whatever is pasted, what comes out is whole, bounded and safe to print.
func FuzzHeaders(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "headers", "*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatal("no headers", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("Authentication-Results: ((((\"\\\\;;;===\x00\nARC-Seal: cv=;cv=\u202ex\nX-Forefront-Antispam-Report: " +
		"SCL:;:;SCL:99")
	f.Fuzz(func(t *testing.T, text string) {
		r := Headers(text)
		if len(r.Results)+len(r.ARC)+len(r.Seals)+len(r.Antispam) > 4*maxFields {
			t.Fatalf("%d, %d, %d and %d", len(r.Results), len(r.ARC), len(r.Seals), len(r.Antispam))
		}
		checkReading(t, r)
		for _, item := range r.Items {
			safe(t, item)
		}
		for k, v := range r.Antispam {
			safe(t, Item{Line: k + v})
		}
		for _, res := range append(r.Results, r.ARC...) {
			safe(t, Item{Line: res.Server + res.Instance})
			for _, m := range res.Methods {
				safe(t, Item{Line: evidence(m)})
			}
		}
		safe(t, Item{Line: r.From + strings.Join(r.Seals, "")})
	})
}

// safe fails when something of an item could command a terminal or fill it.
func safe(t *testing.T, item Item) {
	t.Helper()
	texts := append(append([]string{item.Line}, item.Remedy...), item.Records...)
	for _, r := range item.Publish {
		texts = append(texts, r.String())
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || len(s) > 5*maxShown {
			t.Fatalf("%d bytes, or not UTF-8: %q", len(s), s)
		}
		for _, c := range s {
			if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
				t.Fatalf("%U in %q", c, s)
			}
		}
	}
}
