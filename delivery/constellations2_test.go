package delivery

import (
	"fmt"
	"strings"
)

// v6name is the %{ir} of 2a01:111:f403:c000::1.
const v6name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.3.0.4.f.1.1.1.0.1.0.a.2"

// hosts are n hosts of the agency with addresses of their own.
func hosts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "h%d.agency.gov A 192.0.2.%d\n", i+1, i+1)
	}
	return b.String()
}

var otherConstellations = []constellation{
	{name: "new DKIM targets", zone: spfRight + "selector1._domainkey.agency.gov CNAME " +
		"selector1-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft\nselector2._domainkey.agency.gov CNAME " +
		"selector2-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft\n" + dmarcRight + mxRight,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckDKIM, says: "Both DKIM keys",
		publish: "-", source: docsDKIM},
	{name: "DKIM missing", zone: spfRight + dmarcRight + mxRight, want: "right missing right right",
		outcome: OutcomeAccepted, check: CheckDKIM, says: "has no DKIM keys",
		publish: "(Selector1CNAME of Get-DkimSigningConfig -Identity agency.gov)", source: docsDKIM},
	{name: "only the first key", zone: spfRight + dkimRight1 + dmarcRight + mxRight, want: "right wrong right right",
		outcome: OutcomeAccepted, check: CheckDKIM, says: "The other key is in place",
		publish: "selector2._domainkey.agency.gov  CNAME  selector2-agency-gov._domainkey.agency.onmicrosoft.com",
		source:  docsDKIM + "#rotate-dkim-keys"},
	{name: "both keys point to selector1", zone: spfRight + dkimRight1 + "selector2._domainkey.agency.gov CNAME " +
		"selector1-agency-gov._domainkey.agency.onmicrosoft.com\n" + dmarcRight + mxRight,
		want: "right wrong right right", outcome: OutcomeAccepted, check: CheckDKIM, says: "another domain or selector",
		publish: "selector2._domainkey.agency.gov  CNAME  selector2-agency-gov._domainkey.agency.onmicrosoft.com",
		source:  docsDKIM},
	{name: "DKIM targets of the commercial cloud in GCC High", cloud: "gcc-high",
		zone: "agency.gov TXT v=spf1 include:spf.protection.office365.us -all\n" + dkimRight + dmarcRight +
			"agency.gov MX agency-gov.mail.protection.office365.us\n",
		want: "right wrong right right", outcome: OutcomeAccepted, check: CheckDKIM,
		says:    "does not lead to this cloud's Exchange Online",
		publish: "(Selector1CNAME of Get-DkimSigningConfig -Identity agency.gov)", source: docsDKIM},
	{name: "DKIM target published as TXT", zone: spfRight + "selector1._domainkey.agency.gov TXT " +
		"selector1-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft\nselector2._domainkey.agency.gov TXT " +
		"selector2-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft\n" + dmarcRight + mxRight,
		want: "right wrong right right", outcome: OutcomeAccepted, check: CheckDKIM, says: "published as TXT",
		publish: "selector1._domainkey.agency.gov  CNAME  " +
			"selector1-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft", source: docsDKIM},
	{name: "DKIM records without keys behind them", zone: spfRight +
		"selector1._domainkey.agency.gov CNAME selector1-agency-gov._domainkey.other.onmicrosoft.com\n" +
		"selector2._domainkey.agency.gov CNAME selector2-agency-gov._domainkey.other.onmicrosoft.com\n" + dmarcRight +
		mxRight,
		want: "right wrong right right", outcome: OutcomeAccepted, check: CheckDKIM, says: "Microsoft has no key there",
		publish: "-", source: "RFC 6376 section 3.6.2.2"},
	{name: "a withdrawn key", zone: spfRight + dkimRight2 + "selector1._domainkey.agency.gov CNAME " +
		"selector1-agency-gov._domainkey.old.onmicrosoft.com\n" +
		"selector1-agency-gov._domainkey.old.onmicrosoft.com TXT v=DKIM1; k=rsa; p=\n" + dmarcRight + mxRight,
		want: "right wrong right right", outcome: OutcomeAccepted, check: CheckDKIM, says: "has no key there",
		publish: "-", source: "RFC 6376 section 3.6.1"},
	{name: "DKIM SERVFAIL", zone: spfRight + "selector1._domainkey.agency.gov SERVFAIL\n" + dkimRight2 + dmarcRight +
		mxRight, want: "right unknown right right", outcome: OutcomeAccepted, check: CheckDKIM, publish: "-",
		source: "RFC 6376 section 6.1.2"},
	{name: "DMARC inherited", mailbox: "noreply@foia.agency.gov", zone: spfRight +
		"foia.agency.gov TXT v=spf1 include:spf.protection.outlook.com -all\n" + dmarcRight +
		"foia.agency.gov MX agency-gov.mail.protection.outlook.com\n", want: "right missing right right",
		outcome: OutcomeAccepted, check: CheckDMARC, says: "inherited from agency.gov", publish: "-",
		source: "RFC 9989 section 4.10.1, RFC 7489 section 6.6.3"},
	{name: "DMARC inherited with sp", mailbox: "noreply@foia.agency.gov", zone: "_dmarc.agency.gov TXT v=DMARC1; " +
		"p=reject; sp=none\nfoia.agency.gov TXT v=spf1 -all\n", want: "wrong missing right missing",
		outcome: OutcomeJunk, check: CheckDMARC, says: "p=none", publish: "-", source: "RFC 9989 section 4.7, sp"},
	{name: "p=none", zone: spfRight + dkimRight + "_dmarc.agency.gov TXT v=DMARC1; p=none\n" + mxRight,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckDMARC, says: "nothing special",
		publish: "-", source: "RFC 9989 section 4.7, p"},
	{name: "DMARC missing", zone: spfRight + dkimRight + mxRight, want: "right right missing right",
		outcome: OutcomeAccepted, check: CheckDMARC, says: "Neither agency.gov nor a domain above it",
		publish: "_dmarc.agency.gov  TXT  v=DMARC1; p=none", source: "RFC 9989 section 5.1.4"},
	{name: "two DMARC records", zone: spfRight + dkimRight + dmarcRight + "_dmarc.agency.gov TXT v=DMARC1; p=none\n" +
		mxRight, want: "right right wrong right", outcome: OutcomeAccepted, check: CheckDMARC,
		says: "has two DMARC records", publish: "_dmarc.agency.gov  TXT  v=DMARC1; p=reject",
		source: "RFC 9989 section 4.10 step 2"},
	{name: "DMARC version misspelt", zone: spfRight + dkimRight + "_dmarc.agency.gov TXT v=dmarc1; p=reject\n" +
		mxRight,
		want: "right right wrong right", outcome: OutcomeAccepted, check: CheckDMARC, says: "receivers ignore it",
		publish: "_dmarc.agency.gov  TXT  v=DMARC1; p=reject", source: "RFC 9989 section 4.7, v"},
	{name: "DMARC without p but with reports", zone: spfRight + dkimRight +
		"_dmarc.agency.gov TXT v=DMARC1; rua=mailto:d@agency.gov\n" + mxRight, want: "right right right right",
		outcome: OutcomeAccepted, check: CheckDMARC, says: "p=none", publish: "-", source: "RFC 9989 section 4.10.1"},
	{name: "DMARC without p and reports", zone: spfRight + dkimRight + "_dmarc.agency.gov TXT v=DMARC1; p=rejekt\n" +
		mxRight, want: "right right wrong right", outcome: OutcomeAccepted, check: CheckDMARC, says: "no valid policy",
		publish: "_dmarc.agency.gov  TXT  v=DMARC1; p=none", source: "RFC 9989 section 4.10.1"},
	{name: "t=y is one level lower for new receivers", zone: dkimRight +
		"_dmarc.agency.gov TXT v=DMARC1; p=reject; t=y\n" +
		mxRight, want: "missing right right right", outcome: OutcomeAccepted, check: CheckDMARC,
		says:   "newer ones (RFC 9989) apply p=quarantine of _dmarc.agency.gov, older ones (RFC 7489) p=reject",
		source: "RFC 9989 section 4.7, t"},
	{name: "pct=0 counts for old receivers only", zone: dkimRight +
		"_dmarc.agency.gov TXT v=DMARC1; p=reject; pct=0\n" +
		mxRight, want: "missing right right right", outcome: OutcomeAccepted, check: CheckDMARC,
		says:   "newer ones (RFC 9989) apply p=reject of _dmarc.agency.gov, older ones (RFC 7489) p=quarantine",
		source: "RFC 9989 appendix A.6, RFC 7489 section 6.6.4"},
	{name: "a record that only the tree walk finds", mailbox: "x@foia.dept.agency.gov",
		zone: "foia.dept.agency.gov TXT v=spf1 -all\n_dmarc.dept.agency.gov TXT v=DMARC1; p=quarantine; psd=n\n" +
			dmarcRight,
		want: "wrong missing right missing", outcome: OutcomeRefused, check: CheckDMARC,
		says:   "apply p=quarantine of _dmarc.dept.agency.gov, older ones (RFC 7489) p=reject of _dmarc.agency.gov",
		source: "RFC 9989 section 4.10.2 rule 1"},
	{name: "a policy of the public suffix", zone: spfRight + dkimRight + mxRight +
		"_dmarc.gov TXT v=DMARC1; p=reject; np=reject; psd=y; rua=mailto:r@gov.example\n",
		want:    "right right right right",
		outcome: OutcomeAccepted, check: CheckDMARC, says: "older ones (RFC 7489) no DMARC at all",
		source: "RFC 9989 section 4.10.1, public suffix domain"},
	{name: "MX to a gateway", zone: spfRight + dkimRight + dmarcRight + "agency.gov MX mx1.gateway.example\n",
		want: "right right right right", outcome: OutcomeAccepted, check: CheckMX, says: "fine for a mail gateway",
		publish: "-", source: "RFC 5321 section 5.1"},
	{name: "MX of the new kind", zone: spfRight + dkimRight + dmarcRight +
		"agency.gov MX agency-gov.n-v1.mx.microsoft\n",
		want: "right right right right", outcome: OutcomeAccepted, check: CheckMX, says: "goes to Exchange Online",
		publish: "-", source: "https://learn.microsoft.com/purview/how-smtp-dane-works"},
	{name: "MX missing", zone: spfRight + dkimRight + dmarcRight, want: "right right right missing",
		outcome: OutcomeAccepted, check: CheckMX, says: "has no MX record",
		publish: "agency.gov  MX  0 agency-gov.mail.protection.outlook.com", source: "RFC 5321 section 5.1"},
	{name: "null MX", zone: spfRight + dkimRight + dmarcRight + "agency.gov MX .\n", want: "right right right wrong",
		outcome: OutcomeAccepted, check: CheckMX, says: "receives no mail", source: "RFC 7505 sections 3 and 4.2"},
	{name: "MX of another Microsoft cloud", cloud: "gcc-high", zone: "agency.gov TXT v=spf1 " +
		"include:spf.protection.office365.us -all\n" + mxRight + dmarcRight, want: "right missing right wrong",
		outcome: OutcomeAccepted, check: CheckMX, says: "another Microsoft cloud",
		publish: "agency.gov  MX  0 agency-gov.mail.protection.office365.us", source: "design: one mailbox, one cloud"},
	{name: "split horizon: the inside view has no mail records", zone: "agency.gov A 10.1.2.3\n" +
		"agency.gov MX exchange.agency.gov\nexchange.agency.gov A 10.1.2.4\n", want: "missing missing missing right",
		outcome: OutcomeJunk, check: CheckSPF, says: "has no SPF record", source: "RFC 8499, split DNS"},
	{name: "China", cloud: "china", zone: "agency.gov TXT v=spf1 include:spf.protection.partner.outlook.cn -all\n" +
		dmarcRight + "agency.gov MX agency-gov.mail.protection.partner.outlook.cn\n", want: "right missing right right",
		outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: docsSPF},
}
