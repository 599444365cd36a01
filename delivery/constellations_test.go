package delivery

// The clouds' own records, as published (read in public copies of 2025 and 2026; GCC High and China are shortened).
const microsoft = `
spf.protection.outlook.com TXT v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip4:104.47.0.0/17 ` +
	`ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 ip6:2a01:111:f403:c000::/51 -all
spf.protection.office365.us TXT v=spf1 ip4:23.103.191.0/24 ip4:23.103.208.0/21 -all
spf.protection.partner.outlook.cn TXT v=spf1 ip4:139.219.0.0/16 -all
agency-gov.mail.protection.outlook.com A 104.47.1.1
agency-gov.mail.protection.office365.us A 23.103.191.1
selector1-agency-gov._domainkey.agency.onmicrosoft.com TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN; n=1024
selector2-agency-gov._domainkey.agency.onmicrosoft.com TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN; n=1024
selector1-agency-gov._domainkey.agency.onmicrosoft.us TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN
selector2-agency-gov._domainkey.agency.onmicrosoft.us TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN
selector1-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN
selector2-agency-gov0e._domainkey.agency.n-v1.dkim.mail.microsoft TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN
`

// The parts of a domain that is right, to be left out or replaced.
const (
	spfRight   = "agency.gov TXT v=spf1 include:spf.protection.outlook.com -all\n"
	dkimRight1 = "selector1._domainkey.agency.gov CNAME selector1-agency-gov._domainkey.agency.onmicrosoft.com\n"
	dkimRight2 = "selector2._domainkey.agency.gov CNAME selector2-agency-gov._domainkey.agency.onmicrosoft.com\n"
	dkimRight  = dkimRight1 + dkimRight2
	dmarcRight = "_dmarc.agency.gov TXT v=DMARC1; p=reject; rua=mailto:dmarc@agency.gov\n"
	mxRight    = "agency.gov MX agency-gov.mail.protection.outlook.com\n"
	othersDKIM = dkimRight + dmarcRight + mxRight
)

const (
	docsSPF  = "https://learn.microsoft.com/defender-office-365/email-authentication-spf-configure"
	docsDKIM = "https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure"
)

// constellation is one state of the DNS, and what is to be said about it.
type constellation struct {
	name, zone string
	cloud      string // commercial when empty
	mailbox    string // noreply@agency.gov when empty
	want       string // verdicts of SPF, DKIM, DMARC and MX
	outcome    Outcome
	check      string // whose line and records are looked at
	says       string // part of its line
	publish    string // a record to publish, as Record.String; "-" for none
	source     string
}

var spfConstellations = []constellation{
	{name: "all right", zone: spfRight + othersDKIM, want: "right right right right", outcome: OutcomeAccepted,
		check: CheckSPF, says: "lets Exchange Online send", publish: "-", source: docsSPF},
	{name: "GCC uses the commercial include", cloud: "gcc", zone: spfRight + othersDKIM,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: docsSPF},
	{name: "SPF missing", zone: "agency.gov TXT MS=ms12345678\n" + othersDKIM, want: "missing right right right",
		outcome: OutcomeAccepted, check: CheckSPF, says: "has no SPF record",
		publish: "agency.gov  TXT  v=spf1 include:spf.protection.outlook.com ~all", source: "RFC 7208 section 4.5"},
	{name: "two SPF records", zone: spfRight + "agency.gov TXT v=spf1 include:sendgrid.example ip4:192.0.2.7 ~all\n" +
		"sendgrid.example TXT v=spf1 ip4:198.51.100.0/24 ~all\n" + othersDKIM,
		want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF, says: "has two SPF records",
		publish: "agency.gov  TXT  v=spf1 include:spf.protection.outlook.com include:sendgrid.example ip4:192.0.2.7 " +
			"-all",
		source: "RFC 7208 section 4.5"},
	{name: "not included", zone: "agency.gov TXT v=spf1 mx ip4:192.0.2.0/24 -all\n" + mxRight + dmarcRight,
		want: "wrong missing right right", outcome: OutcomeRefused, check: CheckSPF,
		says:    "include:spf.protection.outlook.com is missing",
		publish: "agency.gov  TXT  v=spf1 include:spf.protection.outlook.com mx ip4:192.0.2.0/24 -all",
		source:  docsSPF},
	{name: "include loop", zone: "agency.gov TXT v=spf1 include:a.agency.gov -all\n" +
		"a.agency.gov TXT v=spf1 include:b.agency.gov -all\nb.agency.gov TXT v=spf1 include:a.agency.gov -all\n" +
		othersDKIM,
		want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF, says: "includes itself",
		publish: "include:spf.protection.outlook.com include:a.agency.gov -all",
		source:  "RFC 7208 sections 4.6.4 and 11.1"},
	{name: "11 look-ups before Exchange Online", zone: "agency.gov TXT v=spf1 a:h1.agency.gov a:h2.agency.gov " +
		"a:h3.agency.gov a:h4.agency.gov a:h5.agency.gov a:h6.agency.gov a:h7.agency.gov a:h8.agency.gov " +
		"a:h9.agency.gov a:h10.agency.gov include:spf.protection.outlook.com -all\n" + hosts(10) + othersDKIM,
		want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF, says: "more than 10 DNS look-ups",
		publish: "v=spf1 include:spf.protection.outlook.com a:h1.agency.gov", source: "RFC 7208 section 4.6.4"},
	{name: "10 look-ups are allowed", zone: "agency.gov TXT v=spf1 a:h1.agency.gov a:h2.agency.gov a:h3.agency.gov " +
		"a:h4.agency.gov a:h5.agency.gov a:h6.agency.gov a:h7.agency.gov a:h8.agency.gov a:h9.agency.gov " +
		"include:spf.protection.outlook.com -all\n" + hosts(10) + othersDKIM,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-",
		source: "RFC 7208 section 4.6.4"},
	{name: "three hosts that do not exist", zone: "agency.gov TXT v=spf1 a:x1.agency.gov a:x2.agency.gov " +
		"a:x3.agency.gov include:spf.protection.outlook.com -all\n" + othersDKIM,
		want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF, says: "more than 2 hosts",
		publish: "v=spf1 include:spf.protection.outlook.com a:x1.agency.gov", source: "RFC 7208 section 4.6.4"},
	{name: "+all", zone: "agency.gov TXT v=spf1 ip4:192.0.2.1 +all\n" + othersDKIM, want: "wrong right right right",
		outcome: OutcomeAccepted, check: CheckSPF, says: "every server in the world",
		publish: "agency.gov  TXT  v=spf1 include:spf.protection.outlook.com ip4:192.0.2.1 ~all",
		source:  "RFC 7208 section 5.1"},
	{name: "an include that has +all", zone: "agency.gov TXT v=spf1 include:loose.example -all\n" +
		"loose.example TXT v=spf1 all\n" + othersDKIM, want: "wrong right right right", outcome: OutcomeAccepted,
		check: CheckSPF, says: "every server in the world",
		publish: "-", source: "RFC 7208 section 5.2"},
	{name: "GCC High with the commercial include", cloud: "gcc-high", zone: spfRight + dmarcRight +
		"agency.gov MX agency-gov.mail.protection.office365.us\n",
		want: "wrong missing right right", outcome: OutcomeRefused, check: CheckSPF, says: "another Microsoft cloud",
		publish: "v=spf1 include:spf.protection.office365.us include:spf.protection.outlook.com -all", source: docsSPF},
	{name: "GCC High right", cloud: "gcc-high",
		zone: "agency.gov TXT v=spf1 include:spf.protection.office365.us -all\n" +
			"selector1._domainkey.agency.gov CNAME selector1-agency-gov._domainkey.agency.onmicrosoft.us\n" +
			"selector2._domainkey.agency.gov CNAME selector2-agency-gov._domainkey.agency.onmicrosoft.us\n" +
			dmarcRight +
			"agency.gov MX agency-gov.mail.protection.office365.us\n",
		want: "right right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: docsSPF},
	{name: "redirect", zone: "agency.gov TXT v=spf1 redirect=_spf.agency.gov\n_spf.agency.gov TXT v=spf1 " +
		"include:spf.protection.outlook.com -all\n" + othersDKIM, want: "right right right right",
		outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: "RFC 7208 section 6.1"},
	{name: "redirect to nothing", zone: "agency.gov TXT v=spf1 redirect=_spf.agency.gov\n" + othersDKIM,
		want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF,
		says:    "refers to _spf.agency.gov, which has no SPF record",
		publish: "v=spf1 include:spf.protection.outlook.com redirect=_spf.agency.gov", source: "RFC 7208 section 6.1"},
	{name: "macros of a hosted SPF service",
		zone: "agency.gov TXT v=spf1 include:%{ir}.%{v}.%{d}.spf.host.example -all\n" +
			"100.91.107.40.in-addr.agency.gov.spf.host.example TXT v=spf1 ip4:40.107.91.100 -all\n" +
			"1.0.100.52.in-addr.agency.gov.spf.host.example TXT v=spf1 ip4:52.100.0.1 -all\n" +
			v6name + ".ip6.agency.gov.spf.host.example TXT v=spf1 ip6:2a01:111:f403:c000::1 -all\n" + othersDKIM,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-",
		source: "RFC 7208 section 7.2"},
	{name: "mailboxes allowed one by one", zone: "agency.gov TXT v=spf1 exists:%{l}._allowed.%{d} -all\n" +
		"noreply._allowed.agency.gov A 127.0.0.2\n" + othersDKIM, want: "right right right right",
		outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: "RFC 7208 section 7.2, local part"},
	{name: "a term with a slip",
		zone: "agency.gov TXT v=spf1 include:spf.protection.outlook.com ipv4:192.0.2.1 -all\n" +
			othersDKIM, want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF,
		says:    "not valid at “ipv4:192.0.2.1”",
		publish: "agency.gov  TXT  v=spf1 include:spf.protection.outlook.com ip4:192.0.2.1 -all",
		source:  "RFC 7208 section 4.6: syntax errors anywhere in the record"},
	{name: "addresses copied by hand", zone: "agency.gov TXT v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 -all\n" +
		othersDKIM, want: "wrong right right right", outcome: OutcomeAccepted, check: CheckSPF,
		says:    "only some of Exchange Online's servers",
		publish: "v=spf1 include:spf.protection.outlook.com ip4:40.92.0.0/15", source: docsSPF},
	{name: "64 KB of TXT", zone: "agency.gov TXT 64KB v=spf1 include:spf.protection.outlook.com\n" + othersDKIM,
		want: "right right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-",
		source: "RFC 1035 section 4.2.2, RFC 7208 section 3.4: large answers come by TCP"},
	{name: "SERVFAIL", zone: "agency.gov SERVFAIL\n" + dkimRight + dmarcRight, want: "unknown right right unknown",
		outcome: OutcomeAccepted, check: CheckSPF, says: "could not be looked up", publish: "-",
		source: "RFC 7208 section 4.4"},
	{name: "REFUSED", zone: "agency.gov REFUSED\n" + dmarcRight, want: "unknown missing right unknown",
		outcome: OutcomeUnknown, check: CheckSPF, says: "could not be looked up", publish: "-",
		source: "RFC 7208 section 4.4: any RCODE but 0 and 3"},
	{name: "SERVFAIL in an include", zone: "agency.gov TXT v=spf1 include:broken.example " +
		"include:spf.protection.outlook.com -all\nbroken.example SERVFAIL\n" + othersDKIM,
		want: "unknown right right right", outcome: OutcomeAccepted, check: CheckSPF, publish: "-",
		source: "RFC 7208 section 5.2"},
	{name: "truncated answers and no TCP", zone: "agency.gov TRUNCATED\n" + dkimRight + dmarcRight,
		want: "unknown right right unknown", outcome: OutcomeAccepted, check: CheckSPF, publish: "-",
		source: "RFC 7766 section 5"},
	{name: "NXDOMAIN", zone: "gov SOA x\n", want: "missing missing missing missing", outcome: OutcomeJunk,
		check: CheckSPF, says: "has no SPF record", source: "RFC 7208 section 4.3"},
	{name: "a server that knows only its own network", zone: "agency.gov A 10.1.2.3\n" +
		"spf.protection.outlook.com REFUSED\n", want: "unknown unknown unknown unknown", outcome: OutcomeUnknown,
		check: CheckDKIM, says: "does not know outside names", publish: "-",
		source: "delivery facts: a server in a DMZ"},
	{name: "Exchange Online's own record cannot be asked for", zone: "agency.gov TXT v=spf1 -all\n" +
		"spf.protection.outlook.com SERVFAIL\n" + othersDKIM, want: "unknown right right right",
		outcome: OutcomeAccepted, check: CheckSPF, publish: "-", source: "RFC 7208 section 4.4"},
}
