package delivery

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func reportOf(t *testing.T, text, mailbox string) Report {
	t.Helper()
	z := parseZone(t, microsoft)
	for name, records := range parseZone(t, text) {
		z[name] = records
	}
	resolver, _ := serveDNS(t, z)
	sender, _ := SenderOf("commercial")
	return Look(t.Context(), resolver, mailbox, sender)
}

func TestSummaries(t *testing.T) {
	const noSPF = "agency.gov TXT v=spf1 -all\n"
	for _, c := range []struct {
		name, zone string
		outcome    Outcome
		says       string
	}{
		{
			"right", spfRight + othersDKIM, OutcomeAccepted,
			"SPF is right, the DKIM keys are published, and DMARC rejects",
		},
		{"no mail records", "gov SOA x\n", OutcomeJunk, "DNS has no mail records at all for agency.gov."},
		{"DKIM alone", noSPF + othersDKIM, OutcomeAccepted, "only while DKIM signing is switched on"},
		{"MX missing", spfRight + dkimRight + dmarcRight, OutcomeAccepted, "MX is missing"},
		{"neither, reject", noSPF + dmarcRight + mxRight, OutcomeRefused, "Receivers will refuse mail from agency.gov"},
		{"neither, quarantine", noSPF + "_dmarc.agency.gov TXT v=DMARC1; p=quarantine\n" + mxRight, OutcomeJunk,
			"will often be treated as junk"},
		{"one DKIM key may or may not be the one in use", noSPF + dkimRight1 + dmarcRight + mxRight, OutcomeUnknown,
			"Could not find out"},
		{"DMARC not known", noSPF + "_dmarc.agency.gov SERVFAIL\n" + mxRight, OutcomeUnknown, "DMARC is unknown"},
		{"quarantine by one RFC, reject by the other", noSPF + "_dmarc.agency.gov TXT v=DMARC1; p=reject; t=y\n" +
			mxRight,
			OutcomeRefused, "Receivers will refuse"},
	} {
		report := reportOf(t, c.zone, "noreply@agency.gov")
		if report.Outcome != c.outcome || !strings.Contains(report.Summary, c.says) {
			t.Errorf("%s: %s: %s", c.name, report.Outcome, report.Summary)
		}
		checkReport(t, report)
	}
}

func TestDMARCLines(t *testing.T) {
	for zone, want := range map[string]string{ // of a.example.net
		"_dmarc.a.example.net TXT v=DMARC1; p=reject; sp=none\n": "asks receivers to reject",
		"_dmarc.example.net TXT v=DMARC1; p=reject\n_dmarc.net TXT v=DMARC1; p=reject\n": "Newer receivers (RFC 9989) " +
			"find it at _dmarc.net, older ones (RFC 7489) at _dmarc.example.net, with the same effect.",
	} {
		report := reportOf(t, zone, "x@a.example.net")
		item, _ := report.Item(CheckDMARC)
		if item.Verdict != Right || !strings.Contains(item.Line, want) {
			t.Errorf("%+v", item)
		}
	}
	none := "_dmarc.%s TXT v=DMARC1; p=none\n"
	for domain, federal := range map[string]bool{"agency.gov": true, "agency.example": false} {
		report := reportOf(t, strings.ReplaceAll(none, "%s", domain), "x@"+domain)
		item, _ := report.Item(CheckDMARC)
		if strings.Contains(strings.Join(item.Remedy, " "), "BOD 18-01") != federal {
			t.Errorf("%s: %+v", domain, item)
		}
	}
}

// Without a deadline of the caller's, Look ends after its own.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deaf{At("127.0.0.1:1"), make(chan struct{})}
		defer close(d.end)
		sender, _ := SenderOf("commercial")
		start := time.Now()
		report := Look(t.Context(), silent{d}, "noreply@agency.gov", sender)
		if took := time.Since(start); took != Deadline || !report.Skipped() {
			t.Errorf("took %s: %+v", took, report)
		}
	})
}

// Microsoft moves its servers; what it publishes counts, not the addresses that were known when this was built.
func TestMovedServers(t *testing.T) {
	const moved = "spf.protection.outlook.com TXT v=spf1 ip4:198.51.100.0/24 -all\n"
	for zone, want := range map[string]Verdict{
		moved + spfRight: Right, moved + "agency.gov TXT v=spf1 ip4:40.107.0.0/16 ip4:52.100.0.0/15 -all\n": Wrong,
		"spf.protection.outlook.com TXT v=spf1 exists:%{i}.x.example -all\n" + spfRight: Unknown,
	} {
		if item, _ := reportOf(t, zone, "x@agency.gov").Item(CheckSPF); item.Verdict != want {
			t.Errorf("%s: %+v", zone, item)
		}
	}
}
