package delivery

import (
	"net/netip"
	"slices"
	"strings"
)

// Sender is how one cloud's Exchange Online appears to a receiver.
type Sender struct {
	// Addresses are examples of the servers that send. One that the cloud's own SPF record no longer lists is left
	// out; when none is left, the beginning of its first network is used.
	Addresses    []netip.Addr
	EHLO         string   // the name those servers give, e.g. GCC02-DM3-obe.outbound.protection.outlook.com
	SPFInclude   string   // the name to include in SPF records, e.g. spf.protection.outlook.com
	DKIMSuffixes []string // ends of the DKIM targets, old and new, e.g. onmicrosoft.com, dkim.mail.microsoft
	MXSuffixes   []string // ends of the mail exchangers' names, e.g. mail.protection.outlook.com
}

// newDKIM is the end of DKIM targets created since May 2025; in front of it stands PREFIX.X-v1 with a letter X that
// Microsoft chooses (https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure).
const newDKIM = "dkim.mail.microsoft"

// newMX is the end of the names of mail exchangers with DNSSEC
// (https://learn.microsoft.com/purview/how-smtp-dane-works).
const newMX = "mx.microsoft"

// SenderOf returns the sender of a known cloud: commercial, gcc, gcc-high, dod or china. The includes are those of
// https://learn.microsoft.com/defender-office-365/email-authentication-spf-configure; addresses and EHLO names
// were read in Received fields of public mailing lists, 2020 to 2026. For DoD none were found: it shares GCC High's
// include, so GCC High's addresses stand for it.
func SenderOf(cloud string) (Sender, bool) {
	switch cloud {
	case "commercial", "gcc":
		return Sender{
			Addresses:    addresses("40.107.91.100", "52.100.0.1", "2a01:111:f403:c000::1"),
			EHLO:         "GCC02-DM3-obe.outbound.protection.outlook.com",
			SPFInclude:   "spf.protection.outlook.com",
			DKIMSuffixes: []string{"onmicrosoft.com", newDKIM},
			MXSuffixes:   []string{"mail.protection.outlook.com", newMX},
		}, true
	case "gcc-high", "dod":
		return Sender{
			Addresses:    addresses("23.103.208.43", "23.103.209.74"),
			EHLO:         "USG02-BN3-obe.outbound.protection.office365.us",
			SPFInclude:   "spf.protection.office365.us",
			DKIMSuffixes: []string{"onmicrosoft.us", newDKIM},
			MXSuffixes:   []string{"mail.protection.office365.us", newMX},
		}, true
	case "china":
		return Sender{
			Addresses:    addresses("139.219.146.105", "139.219.17.126"),
			EHLO:         "CHN02-SH0-obe.outbound.protection.partner.outlook.cn",
			SPFInclude:   "spf.protection.partner.outlook.cn",
			DKIMSuffixes: []string{"partner.onmschina.cn", newDKIM},
			MXSuffixes:   []string{"mail.protection.partner.outlook.cn", newMX},
		}, true
	}
	return Sender{}, false
}

func addresses(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, t := range texts {
		list = append(list, netip.MustParseAddr(t))
	}
	return list
}

// initialDomains are the domains in which Microsoft creates a tenant's first name.
var initialDomains = []string{"onmicrosoft.com", "onmicrosoft.us", "partner.onmschina.cn"}

// MicrosoftsOwn says that a mailbox or domain is in a domain of Microsoft's own, such as agency.onmicrosoft.com.
// Exchange Online limits those senders to 100 external recipients an organization in any 24 hours, then answers
// 550 5.7.236 (Exchange team blog, "Limiting Onmicrosoft Domain Usage for Sending Emails", in force for every
// tenant since June 2026). It needs no look-up.
func MicrosoftsOwn(mailbox string) bool {
	domain := domainOf(mailbox)
	return slices.ContainsFunc(initialDomains, func(d string) bool { return inside(domain, d) })
}

func microsoftsOwn(domain string) (Item, bool) {
	if !MicrosoftsOwn(domain) {
		return Item{}, false
	}
	return Item{
		Check: CheckDomain, Verdict: Wrong,
		Line: domain + " is one of Microsoft's own domains. From there Exchange Online sends to at most 100 " +
			"external recipients a day for the whole organization, then returns mail with 550 5.7.236.",
		Remedy: []string{
			"Use a mailbox in a domain of the agency, such as noreply@agency.gov.",
			"If the agency's domain is not in Microsoft 365 yet, add it in the Microsoft 365 admin center under " +
				"Settings > Domains.",
		},
		Who: ExchangeAdministrator,
	}, true
}

// domainOf returns the domain of an address or a bare domain, in lower case without a trailing dot.
func domainOf(mailbox string) string {
	domain := mailbox[strings.LastIndexByte(mailbox, '@')+1:]
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
}

// badDomain says why a domain cannot be looked up (RFC 1035 section 2.3.4, RFC 5321 section 4.1.2).
func badDomain(domain string) string {
	labels := strings.Split(domain, ".")
	switch {
	case domain == "":
		return "the mailbox has no domain."
	case len(domain) > 240: // leaves room for selector1._domainkey
		return "the domain is too long."
	case len(labels) < 2:
		return "the domain has no dot, so no outside server can find it."
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "the domain is not valid."
		}
		for _, c := range []byte(label) {
			if c > 0x7F {
				return "the domain has letters outside ASCII. Write it in its ASCII form, which begins with xn--."
			}
			if !letterOrDigit(c) && c != '-' && c != '_' {
				return "the domain is not valid."
			}
		}
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return "the domain is an IP address."
	}
	return ""
}

func letterOrDigit(c byte) bool { return digit(c) || letter(c) }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// inside says that name is domain or below it; a trailing dot and the case of letters do not count.
func inside(name, domain string) bool {
	name, domain = domainOf(name), domainOf(domain)
	return domain != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

// insideAny says that name is one of the domains or below one.
func insideAny(name string, domains []string) bool {
	return slices.ContainsFunc(domains, func(d string) bool { return inside(name, d) })
}
