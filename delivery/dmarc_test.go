package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// The names are those of RFC 9989 sections 4.10 and 5.1.8.
func TestWalkNames(t *testing.T) {
	for domain, want := range map[string]string{
		"a.b.c.d.e.f.g.h.i.j.mail.example.com": "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com " +
			"h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com example.com com",
		"mail.a.b.c.d.e.f.g.example.com": "mail.a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com " +
			"e.f.g.example.com f.g.example.com g.example.com example.com com",
		"b.c.d.e.f.g.example.com": "b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com " +
			"e.f.g.example.com f.g.example.com g.example.com example.com com",
		"a.mail.example.com": "a.mail.example.com mail.example.com example.com com",
		"agency.gov":         "agency.gov gov",
	} {
		if got := strings.Join(walkNames(domain), " "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", domain, got, want)
		}
	}
}

// found runs both ways of finding a policy over records at "_dmarc." of names.
func found(domain string, records map[string]string) (walk, list dmarcFound) {
	var answers []dmarcAt
	for _, name := range walkNames(domain) {
		at := dmarcAt{domain: name}
		switch r := records[name]; r {
		case "":
		case "SERVFAIL":
			at.err = errors.New("no answer")
		default:
			at.records = strings.Split(r, " | ")
		}
		answers = append(answers, at)
	}
	return byTreeWalk(answers), bySuffixList(answers, organizationOf(domain))
}

func TestPolicyDiscovery(t *testing.T) {
	for _, c := range []struct {
		name, domain string
		records      map[string]string
		walk, list   string // "policy at", or "" for none, or "error"
	}{
		{"own record", "a.mail.example.com", map[string]string{"a.mail.example.com": "v=DMARC1; p=reject",
			"example.com": "v=DMARC1; p=none"}, "reject a.mail.example.com", "reject a.mail.example.com"},
		{"4.10.2, first example: the shortest name", "a.mail.example.com", map[string]string{
			"mail.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=reject; sp=quarantine"},
			"quarantine example.com", "quarantine example.com"},
		{"4.10.2, second example: psd=n", "a.mail.example.com", map[string]string{
			"mail.example.com": "v=DMARC1; p=none; psd=n", "example.com": "v=DMARC1; p=reject"},
			"none mail.example.com", "reject example.com"},
		{"4.10.2, last example: only the suffix, psd=y", "a.mail.example.com", map[string]string{
			"com": "v=DMARC1; p=reject; sp=none; psd=y"}, "none com", ""},
		{"the organizational domain is right below psd=y", "a.mail.example.com", map[string]string{
			"mail.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=quarantine",
			"com": "v=DMARC1; p=reject; psd=y"},
			"quarantine example.com", "quarantine example.com"},
		{"a record between is not that of the organization", "a.mail.example.com", map[string]string{
			"mail.example.com": "v=DMARC1; p=none", "com": "v=DMARC1; p=reject; psd=y"}, "reject com", ""},
		{"a suffix of the list that publishes a record of its own", "foia.agency.co.uk", map[string]string{
			"agency.co.uk": "v=DMARC1; p=reject", "co.uk": "v=DMARC1; p=none"}, "none co.uk", "reject agency.co.uk"},
		{"two records are none for the walk, and end the other search", "a.example.com", map[string]string{
			"a.example.com": "v=DMARC1; p=none | v=DMARC1; p=reject", "example.com": "v=DMARC1; p=quarantine"},
			"quarantine example.com", ""},
		{"an error above the own record does not matter", "a.example.com", map[string]string{
			"a.example.com": "v=DMARC1; p=reject", "example.com": "SERVFAIL"}, "reject a.example.com",
			"reject a.example.com"},
		{"an error above hides what applies", "a.example.com", map[string]string{"example.com": "SERVFAIL"},
			"error", "error"},
		{"np is for names that do not exist", "a.example.com", map[string]string{
			"example.com": "v=DMARC1; p=quarantine; np=reject"}, "quarantine example.com", "quarantine example.com"},
		{"np that is not valid counts for the new RFC only", "a.example.com", map[string]string{
			"example.com": "v=DMARC1; p=reject; np=maybe; rua=mailto:x@example.com"}, "none example.com",
			"reject example.com"},
	} {
		walk, list := found(c.domain, c.records)
		for i, f := range []dmarcFound{walk, list} {
			got := strings.TrimSpace(f.policy + " " + f.at.domain)
			if f.err != nil {
				got = "error"
			}
			if want := []string{c.walk, c.list}[i]; got != want {
				t.Errorf("%s: way %d found %q, want %q", c.name, i, got, want)
			}
		}
	}
}

func TestParseDMARC(t *testing.T) {
	for text, want := range map[string]bool{
		"v=DMARC1": true, "v=DMARC1;": true, " v = DMARC1 ; p=none": true, "V=DMARC1; p=none": true,
		"v=dmarc1; p=none": false,
		"v=DMARC1 p=none":  false, "p=none; v=DMARC1": false, "": false, "v=spf1 -all": false,
		"v=DMARC10; p=none": false,
	} {
		if _, got := parseDMARC(text); got != want {
			t.Errorf("parseDMARC(%q) is %v", text, got)
		}
	}
	tags, _ := parseDMARC("v=DMARC1; P = Reject ; sp=None;np=quarantine; t=Y; psd=n; x=y; rua=mailto:a@b,; pct=20; =;;")
	if tags != (dmarcTags{p: "reject", sp: "none", np: "quarantine", t: "y", psd: "n", pct: "20", rua: true}) {
		t.Errorf("%+v", tags)
	}
}

func TestMendedDMARC(t *testing.T) {
	for text, want := range map[string]string{
		"v=dmarc1; p=reject; rua=mailto:a@b": "v=DMARC1; p=reject; rua=mailto:a@b",
		"v=DMARC1 p=none":                    "v=DMARC1; p=none",
		"DMARC1; p=quarantine":               "v=DMARC1; p=quarantine", "dmarc": "v=DMARC1; p=none",
		"p=reject; v=DMARC1": "v=DMARC1; p=none",
	} {
		if got := mendedDMARC("x.gov", text).Value; got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// The walk asks at every name at once, not one after another.
func TestWalkAsksAtOnce(t *testing.T) {
	const names = 4
	arrived, all := make(chan string), make(chan struct{})
	go func() {
		var seen []string
		for len(seen) < names {
			if name := <-arrived; !slices.Contains(seen, name) {
				seen = append(seen, name)
			}
		}
		close(all)
	}()
	l := look{asker: newAsker(waiting{nil, arrived, all}), domain: "a.b.agency.gov"}
	for _, at := range l.dmarcAnswers(t.Context()) {
		if at.err != nil {
			t.Error(at.err)
		}
	}
}

// waiting answers when all questions have been asked.
type waiting struct {
	Resolver
	arrived chan string
	all     chan struct{}
}

func (w waiting) LookupTXT(ctx context.Context, name string) ([]string, error) {
	select {
	case w.arrived <- name:
		<-w.all
		return []string{"x"}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
