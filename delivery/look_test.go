package delivery

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConstellations(t *testing.T) {
	all := slices.Concat(spfConstellations, otherConstellations)
	if len(all) < 40 {
		t.Fatalf("%d constellations", len(all))
	}
	for _, c := range all {
		t.Run(strings.ReplaceAll(c.name, "/", " "), func(t *testing.T) {
			if c.source == "" {
				t.Fatal("no source")
			}
			checkConstellation(t, c)
		})
	}
}

func checkConstellation(t *testing.T, c constellation) {
	z := parseZone(t, microsoft)
	for name, records := range parseZone(t, c.zone) {
		z[name] = records // a name's records replace those of the base
	}
	if c.cloud == "" {
		c.cloud = "commercial"
	}
	if c.mailbox == "" {
		c.mailbox = "noreply@agency.gov"
	}
	sender, ok := SenderOf(c.cloud)
	if !ok {
		t.Fatal("no such cloud")
	}
	resolver, _ := serveDNS(t, z)
	report := Look(t.Context(), resolver, c.mailbox, sender)
	var got []string
	for _, item := range report.Items {
		got = append(got, string(item.Verdict))
	}
	if strings.Join(got, " ") != c.want {
		t.Errorf("verdicts %v, want %s", got, c.want)
	}
	if report.Outcome != c.outcome {
		t.Errorf("outcome %s, want %s", report.Outcome, c.outcome)
	}
	item, _ := report.Item(c.check)
	if !strings.Contains(item.Line, c.says) {
		t.Errorf("says %q, want %q", item.Line, c.says)
	}
	var publish []string
	for _, r := range item.Publish {
		publish = append(publish, r.String())
	}
	text := strings.Join(publish, "\n")
	if c.publish == "-" && text != "" || c.publish != "-" && !strings.Contains(text, c.publish) {
		t.Errorf("publish %q, want %q", text, c.publish)
	}
	wrong := strings.Contains(c.want, "wrong") || strings.Contains(c.want, "missing")
	if wrong != (report.Caution != "") || report.Caution != "" && !strings.Contains(report.Caution, "127.0.0.1") {
		t.Errorf("caution %q", report.Caution)
	}
	checkReport(t, report)
	if t.Failed() {
		t.Logf("source: %s\nsummary: %s\n%+v", c.source, report.Summary, report.Items)
	}
}

// checkReport: every item can stand on a screen as it is.
func checkReport(t *testing.T, r Report) {
	t.Helper()
	for _, item := range append(r.Items, Item{Verdict: Right, Line: r.Summary}) {
		if item.Line == "" || !strings.HasSuffix(item.Line, ".") || len(item.Line) > 500 {
			t.Errorf("line %q", item.Line)
		}
		todo := len(item.Publish) + len(item.Remedy)
		if (item.Verdict == Wrong || item.Verdict == Missing) && (todo == 0 || item.Who == "") {
			t.Errorf("%s is %s, and nothing says what to do: %+v", item.Check, item.Verdict, item)
		}
		for _, record := range item.Records {
			if len([]rune(record)) > maxShown {
				t.Errorf("a record of %d characters", len(record))
			}
		}
	}
}

// A silent server costs the deadline once, and says nothing about the domain.
func TestSilentServer(t *testing.T) {
	resolver, _ := serveDNS(t, parseZone(t, "agency.gov DROP\n_dmarc.agency.gov DROP\n_dmarc.gov DROP\n"+
		"selector1._domainkey.agency.gov DROP\nselector2._domainkey.agency.gov DROP\n"))
	sender, _ := SenderOf("commercial")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	report := Look(ctx, resolver, "noreply@agency.gov", sender)
	if !report.Skipped() || report.Outcome != OutcomeUnknown || report.Caution != "" {
		t.Errorf("%+v", report)
	}
	checkReport(t, report)
}

// A server in a DMZ often has no DNS at all.
func TestNoServer(t *testing.T) {
	sender, _ := SenderOf("commercial")
	report := Look(t.Context(), At("127.0.0.1:1"), "noreply@agency.gov", sender)
	if !report.Skipped() {
		t.Errorf("%+v", report)
	}
	checkReport(t, report)
}

func TestMicrosoftsOwnDomain(t *testing.T) {
	for mailbox, want := range map[string]bool{
		"pal@agency.onmicrosoft.com": true, "pal@AGENCY.ONMICROSOFT.US.": true, "agency.partner.onmschina.cn": true,
		"pal@agency.mail.onmicrosoft.com": true, "pal@agency.gov": false, "pal@notonmicrosoft.com": false,
	} {
		if MicrosoftsOwn(mailbox) != want {
			t.Errorf("MicrosoftsOwn(%q) is %v", mailbox, !want)
		}
	}
	resolver, asked := serveDNS(t, zone{})
	sender, _ := SenderOf("commercial")
	report := Look(t.Context(), resolver, "pal@agency.onmicrosoft.com", sender)
	if report.Outcome != OutcomeLimited || !strings.Contains(report.Summary, "100") || asked.Load() != 0 {
		t.Errorf("%+v, %d questions", report, asked.Load())
	}
	checkReport(t, report)
}

func TestBadDomains(t *testing.T) {
	resolver, asked := serveDNS(t, zone{})
	for _, mailbox := range []string{"", "@", "a@localhost", "a@agency..gov", "a@192.0.2.1", "a@bücher.example",
		"a@" + strings.Repeat("x", 64) + ".gov", "a@agency.gov\x00", "a@ag ency.gov", "a@-x.gov"} {
		report := Look(t.Context(), resolver, mailbox, Sender{})
		if !report.Skipped() || report.Outcome != OutcomeUnknown {
			t.Errorf("%q: %+v", mailbox, report)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d questions about domains that cannot be", asked.Load())
	}
}

// Every question is asked once, with its whole name: search domains never take part.
func TestQuestions(t *testing.T) {
	names := &nameKeeper{Resolver: At("127.0.0.1:1")}
	sender, _ := SenderOf("commercial")
	Look(t.Context(), names, "noreply@agency.gov", sender)
	if len(names.asked) == 0 {
		t.Fatal("nothing was asked")
	}
	slices.Sort(names.asked)
	for i, name := range names.asked {
		if !strings.HasSuffix(name, ".") || i > 0 && name == names.asked[i-1] {
			t.Errorf("asked %q", names.asked)
		}
	}
}

// deaf ignores its context, as Go's resolver for Windows does, until the test ends.
type deaf struct {
	Resolver
	end chan struct{}
}

func (d deaf) LookupTXT(context.Context, string) ([]string, error) {
	<-d.end
	return nil, nil
}

func TestDeafResolver(t *testing.T) {
	d := deaf{At("127.0.0.1:1"), make(chan struct{})}
	defer close(d.end)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	sender, _ := SenderOf("commercial")
	if report := Look(ctx, d, "noreply@agency.gov", sender); !report.Skipped() {
		t.Errorf("%+v", report)
	}
}

type panicky struct{ Resolver }

func (panicky) LookupTXT(context.Context, string) ([]string, error) {
	panic("slice bounds out of range")
}

func TestPanickyResolver(t *testing.T) {
	sender, _ := SenderOf("commercial")
	report := Look(t.Context(), panicky{At("127.0.0.1:1")}, "noreply@agency.gov", sender)
	if item, _ := report.Item(CheckSPF); item.Verdict != Unknown || !strings.Contains(item.Line, "cannot be read") {
		t.Errorf("%+v", item)
	}
}
