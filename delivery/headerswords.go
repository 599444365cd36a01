package delivery

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// seeRecord is where the exact records are.
const seeRecord = "Run palmail check: it shows the record to publish."

// judge reads the decision of each check. received is the topmost Received-SPF, for receivers that
// write no Authentication-Results.
func (r *Reading) judge(received string) []Item {
	if len(r.Results) == 0 && len(r.ARC) == 0 && received == "" && r.Antispam == nil {
		return nil
	}
	if m := r.of("dmarc"); len(m) > 0 {
		if from := domainOf(m[0].Props["header.from"]); from != "" && badDomain(from) == "" {
			r.From = from
		}
	}
	var items []Item
	for _, item := range []Item{r.spfItem(received), r.dkimItem(), r.dmarcItem(), r.spamItem()} {
		if item.Verdict != "" {
			items = append(items, item.listed())
		}
	}
	return items
}

func (r *Reading) summary() string {
	var failed []string
	filtered, checked := false, false
	for _, item := range r.Items {
		bad := item.Verdict == Wrong || item.Verdict == Missing
		checked = checked || item.Check != CheckSpam
		switch {
		case bad && item.Check == CheckSpam:
			filtered = true
		case bad:
			failed = append(failed, strings.ToUpper(item.Check))
		}
	}
	switch {
	case len(r.Items) == 0:
		return "The text has no results of SPF, DKIM or DMARC in it. Paste the whole headers of the mail."
	case len(failed) > 0:
		return "Failed: " + strings.Join(failed, ", ") + "."
	case filtered && checked:
		return "The sender was verified, but the receiver's filter took the mail for spam."
	case filtered:
		return "The receiver's filter took the mail for spam."
	}
	return "Nothing failed. If the mail is in junk, a rule or filter of the recipient put it there."
}

// of returns the results of a method: of the receiver's own fields, which are the topmost and those below it with
// the same server, or of the topmost ARC field when there are none.
func (r *Reading) of(method string) []Method {
	fields := r.Results
	if len(fields) == 0 {
		fields = r.ARC[:min(len(r.ARC), 1)]
	}
	for i, f := range fields {
		if !strings.EqualFold(f.Server, fields[0].Server) || i > 0 && f.Server == "" {
			break
		}
		var found []Method
		for _, m := range f.Methods {
			if m.Name == method {
				found = append(found, m)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func (r *Reading) spfItem(received string) Item {
	item := Item{Check: CheckSPF, Who: DNSAdministrator}
	m := r.of("spf")
	if len(m) == 0 {
		if received == "" {
			return Item{}
		}
		result, comment, _ := strings.Cut(received, " ")
		m = []Method{{Name: "spf", Result: cut(strings.ToLower(result), 40), Comment: cut(comment, 300)}}
	}
	spf := m[0]
	sender := domainOf(spf.Props["smtp.mailfrom"])
	item.Records = []string{evidence(spf)}
	by := ""
	if ip := addressIn(spf.Comment); ip != "" {
		by = " (" + ip + ")"
	}
	switch spf.Result {
	case "pass":
		item.Verdict, item.Who = Right, ""
		item.Line = "SPF passed."
		if sender != "" && r.From != "" && !aligned(sender, r.From) {
			item.Verdict, item.Who = Wrong, ExchangeAdministrator
			item.Line = "SPF passed for " + sender + ", not for " + r.From + ", so it does not count for DMARC."
			item.Remedy = []string{"Find out which system sent the mail as " + sender + ": a relay or a forwarder."}
		}
	case "fail", "softfail", "neutral":
		item.Verdict = Wrong
		item.Line = "SPF failed: the SPF record does not list the server that sent the mail" + by + "."
		item.Remedy = []string{seeRecord,
			"If that server is not Exchange Online, the mail was forwarded or relayed; then DKIM must pass."}
	case "none":
		item.Verdict = Missing
		item.Line = "SPF could not pass: the domain has no SPF record."
		item.Remedy = []string{seeRecord}
	case "permerror":
		item.Verdict = Wrong
		item.Line = "SPF could not be evaluated: the SPF record is not valid, or needs too many look-ups."
		item.Remedy = []string{seeRecord}
	default:
		item.Verdict, item.Who = Unknown, ""
		item.Line = "The receiver could not check SPF (" + spf.Result + "). Send another test mail."
	}
	return item
}

func (r *Reading) dkimItem() Item {
	item := Item{Check: CheckDKIM}
	methods := r.of("dkim")
	if len(methods) == 0 {
		return Item{}
	}
	var foreign, failed string
	var reason Method
	temporary := false
	for _, m := range methods {
		item.Records = append(item.Records, evidence(m))
		signer := signerOf(m)
		switch {
		case m.Result == "pass" && (r.From == "" || aligned(signer, r.From)):
			item.Verdict, item.Line = Right, "DKIM passed, signed by "+signer+"."
			if signer == "" {
				item.Line = "DKIM passed."
			}
			return item
		case m.Result == "pass":
			foreign = signer
		case m.Result == "temperror":
			temporary = true
		case m.Result != "none" && failed == "":
			failed, reason = m.Result, m
		}
	}
	item.Verdict, item.Who = Wrong, ExchangeAdministrator
	enable := "Switch DKIM signing on for " + orDomain(r.From) + " in Exchange Online PowerShell: " +
		"Set-DkimSigningConfig -Identity " + orDomain(r.From) + " -Enabled $true"
	comment := strings.ToLower(reason.Comment + " " + reason.Props["reason"])
	switch {
	case strings.Contains(comment, "body hash"):
		item.Line = "DKIM failed: the mail was changed on its way, after Exchange Online had signed it."
		item.Remedy = []string{"Find the gateway, disclaimer or scanner behind Exchange Online that changes mail."}
	case strings.Contains(comment, "no key") || failed == "permerror":
		item.Who = DNSAdministrator
		item.Line = "DKIM failed: the receiver found no key for the signature in DNS."
		item.Remedy = []string{seeRecord}
	case failed != "":
		item.Line = "DKIM failed: the signature does not match the mail."
		item.Remedy = []string{"Find out whether a gateway behind Exchange Online changes mail.", seeRecord}
	case foreign != "":
		item.Line = "DKIM passed for " + foreign + ", not for " + r.From + ", so it does not count for DMARC."
		item.Remedy = []string{seeRecord, enable}
	case temporary:
		item.Verdict, item.Who = Unknown, ""
		item.Line = "The receiver could not check DKIM (temperror). Send another test mail."
	default:
		item.Verdict = Missing
		item.Line = "The mail is not signed with DKIM."
		item.Remedy = []string{seeRecord, enable}
	}
	return item
}

func (r *Reading) dmarcItem() Item {
	m := r.of("dmarc")
	if len(m) == 0 {
		return Item{}
	}
	dmarc := m[0]
	item := Item{Check: CheckDMARC, Records: []string{evidence(dmarc)}, Who: DNSAdministrator}
	switch dmarc.Result {
	case "pass":
		item.Verdict, item.Who, item.Line = Right, "", "DMARC passed."
	case "bestguesspass", "none":
		item.Verdict = Missing
		item.Line = orDomain(r.From) + " has no DMARC record, so receivers use their own judgement."
		item.Remedy = []string{seeRecord}
	case "temperror":
		item.Verdict, item.Who = Unknown, ""
		item.Line = "The receiver could not check DMARC (temperror). Send another test mail."
	case "permerror":
		item.Verdict = Wrong
		item.Line = "The DMARC record of " + orDomain(r.From) + " is not valid."
		item.Remedy = []string{seeRecord}
	default:
		item.Verdict = Wrong
		item.Line = "DMARC failed: neither SPF nor DKIM passed for " + orDomain(r.From) + "." + done(dmarc)
		item.Remedy = []string{
			"Correct SPF or DKIM as said above; one of them is enough. Leave the DMARC record as it is.",
		}
		if r.forwarded() {
			item.Line += " Before the mail was forwarded it had passed."
		}
	}
	return item
}

// done describes the receiver's reaction to the failure of DMARC; oreject and quarantine are
// Microsoft's words, dis= Gmail's.
func done(dmarc Method) string {
	action := strings.ToLower(dmarc.Props["action"])
	comment := strings.ToLower(dmarc.Comment)
	switch {
	case action == "reject" || action == "oreject" || strings.Contains(comment, "dis=reject"):
		return " The domain asks receivers to reject such mail."
	case action == "quarantine" || strings.Contains(comment, "dis=quarantine"):
		return " The receiver put it into junk mail, as the domain asks."
	}
	return ""
}

// forwarded says that a forwarder vouches for a DMARC pass before it.
func (r *Reading) forwarded() bool {
	if len(r.Results) == 0 || len(r.Seals) == 0 || r.Seals[0] != "pass" {
		return false
	}
	return slices.ContainsFunc(r.ARC, func(a Results) bool {
		m, ok := a.method("dmarc")
		return ok && m.Result == "pass"
	})
}

// categories are the values of CAT and SFV that put mail aside
// (https://learn.microsoft.com/defender-office-365/message-headers-eop-mdo).
var categories = map[string]string{
	"SPM": "spam", "HSPM": "high confidence spam", "PHSH": "phishing", "HPHISH": "high confidence phishing",
	"HPHSH": "high confidence phishing", "SPOOF": "spoofing", "BULK": "bulk mail", "OSPM": "outbound spam",
	"MALW": "malware", "AMP": "malware", "SAP": "malware", "FTBP": "an attachment of a blocked type",
	"INTOS": "phishing within the organization", "BIMP": "impersonation of a brand",
	"DIMP": "impersonation of a domain", "UIMP": "impersonation of a user", "GIMP": "impersonation of a user",
}

// spamItem reads the decision of Microsoft's filter. The spam confidence level is -1 to 9; from 5 on it is spam.
func (r *Reading) spamItem() Item {
	composite := r.of("compauth")
	if r.Antispam == nil && len(composite) == 0 {
		return Item{}
	}
	item := Item{Check: CheckSpam}
	unproven := ""
	if len(composite) > 0 {
		item.Records = append(item.Records, evidence(composite[0]))
		if composite[0].Result == "fail" {
			unproven = " It also could not verify the sender (compauth=fail)."
		}
	}
	for _, key := range []string{"CAT", "SFV", "SCL", "SRV", "IPV"} {
		if v := r.Antispam[key]; v != "" {
			item.Records = append(item.Records, key+":"+v)
		}
	}
	level, err := strconv.Atoi(r.Antispam["SCL"])
	category := categories[strings.ToUpper(r.Antispam["CAT"])]
	switch verdict := strings.ToUpper(r.Antispam["SFV"]); {
	case verdict == "BLK" || verdict == "SKB":
		item.Verdict, item.Who = Wrong, "receiving administrator"
		item.Line = "The receiver blocks this sender by a list of its own (SFV:" + verdict + ")."
		item.Remedy = []string{"Ask the receiving administrator, or the recipient, to remove the sender from the list."}
	case verdict == "SKS":
		item.Verdict, item.Who = Wrong, "receiving administrator"
		item.Line = "A mail flow rule of the receiver marked the mail as spam (SFV:SKS)."
		item.Remedy = []string{"Ask the receiving administrator which rule applies."}
	case category != "" || verdict == "SPM" || err == nil && level >= 5:
		item.Verdict, item.Who = Wrong, ExchangeAdministrator
		item.Line = "The receiver's filter took the mail for " + orWord(category, "spam") + "." + unproven
		item.Remedy = []string{
			"Correct what failed above first; mail that passes SPF, DKIM and DMARC is rarely taken for spam.",
			"If all of them passed, ask the receiving administrator to report the mail to Microsoft as not junk.",
		}
	case unproven != "":
		item.Verdict, item.Who = Wrong, DNSAdministrator
		item.Line = "The receiver could not verify the sender (compauth=fail)."
		item.Remedy = []string{"Correct what failed above. " + seeRecord}
	case err == nil || verdict != "":
		item.Verdict, item.Line = Right, "The receiver's filter did not take the mail for spam."
	}
	return item
}

func orDomain(s string) string { return orWord(s, "the domain") }

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// evidence is a result as it stood in the headers.
func evidence(m Method) string {
	text := m.Name + "=" + m.Result
	if m.Comment != "" {
		text += " (" + m.Comment + ")"
	}
	for _, prop := range []string{"reason", "action", "smtp.mailfrom", "header.d", "header.i", "header.from"} {
		if v := m.Props[prop]; v != "" {
			text += " " + prop + "=" + v
		}
	}
	return cut(text, maxShown)
}

// signerOf is the domain that signed: header.d, or else that of header.i.
func signerOf(m Method) string {
	for _, prop := range []string{"header.d", "header.i"} {
		if d := domainOf(m.Props[prop]); d != "" && badDomain(d) == "" {
			return d
		}
	}
	return ""
}

// aligned is relaxed alignment by the public suffix list (RFC 7489 section 3.1). A tree walk would
// need DNS, and reading headers asks nobody.
func aligned(a, b string) bool {
	return a == b || a != "" && organizationOf(a) == organizationOf(b)
}

// addressIn returns the first IP address in a comment.
func addressIn(comment string) string {
	for _, word := range strings.Fields(comment) {
		if ip, err := netip.ParseAddr(strings.Trim(word, "[](),;.")); err == nil {
			return ip.String()
		}
	}
	return ""
}
