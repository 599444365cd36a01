package delivery

import (
	"context"
	"strings"
)

// dmarcResult is the result of the DMARC check.
type dmarcResult struct {
	item   Item
	policy string // the stricter of the policies by the two RFCs; "" when there is none
}

// asks describes the treatment of forged mail, as the end of a sentence about DMARC.
func (d dmarcResult) asks() string {
	switch d.policy {
	case "reject":
		return "rejects mail of others"
	case "quarantine":
		return "sends mail of others to junk"
	}
	return "only watches"
}

func (l look) dmarc(ctx context.Context) dmarcResult {
	answers := l.dmarcAnswers(ctx)
	organization := organizationOf(l.domain)
	walk, list := byTreeWalk(answers), bySuffixList(answers, organization)
	item := Item{Check: CheckDMARC, Who: DNSAdministrator}
	for _, at := range answers {
		for _, record := range append(at.records, at.almost...) {
			item.Records = append(item.Records, shown("_dmarc."+at.domain, "TXT", record))
		}
	}
	if walk.err != nil {
		return dmarcResult{item: unknownWith(item, "DMARC", walk.err)}
	}
	switch own := answers[0]; {
	case len(own.records) > 1:
		item.Verdict = Wrong
		item.Line = "_dmarc." + l.domain + " has " + number(len(own.records)) +
			" DMARC records. Receivers ignore all of them; keep one."
		item.Remedy = []string{"Keep this record, or another of them, and delete the rest."}
		item.Publish = []Record{dmarcRecord(l.domain, own.records[0])}
	case len(own.records) == 0 && len(own.almost) > 0:
		item.Verdict = Wrong
		item.Line = "The record at _dmarc." + l.domain + " does not begin with v=DMARC1, so receivers ignore it."
		item.Remedy = []string{"Replace the published record with this one."}
		item.Publish = []Record{mendedDMARC(l.domain, own.almost[0])}
	case walk.at.domain == "" && list.at.domain == "":
		item.Verdict = Missing
		item.Line = "Neither " + l.domain + " nor a domain above it has a DMARC record. Gmail, Yahoo and Outlook.com " +
			"trust such a domain less."
		item.Publish = []Record{{Name: "_dmarc." + organization, Type: "TXT", Value: "v=DMARC1; p=none"}}
		item.Remedy = federal(l.domain, "")
	case walk.at.domain != "" && walk.policy == "":
		item.Verdict = Wrong
		item.Line = "The DMARC record at _dmarc." + walk.at.domain + " has no valid policy, so receivers ignore it."
		item.Publish = []Record{dmarcRecord(walk.at.domain, "v=DMARC1; p=none")}
	default:
		l.explainDMARC(&item, walk, list)
	}
	return dmarcResult{item, stricter(walk.policy, list.policy)}
}

// explainDMARC is for a record that applies.
func (l look) explainDMARC(item *Item, walk, list dmarcFound) {
	item.Verdict, item.Who = Right, ""
	used := walk
	if used.at.domain == "" {
		used = list
	}
	from := ""
	if used.at.domain != l.domain {
		from = ", inherited from " + used.at.domain
	}
	switch used.policy {
	case "reject":
		item.Line = "DMARC asks receivers to reject mail of " + l.domain +
			" for which neither SPF nor DKIM passes" + from + "."
	case "quarantine":
		item.Line = "DMARC asks receivers to treat mail of " + l.domain +
			" as junk when neither SPF nor DKIM passes" + from + "."
	default:
		item.Line = "DMARC asks receivers to do nothing special with mail that fails (p=none)" + from +
			". That does not stop delivery, and does not stop forgery either."
	}
	if differ := difference(walk, list); differ != "" {
		item.Line += " " + differ
	}
	if used.tags.p != "reject" || used.policy == "none" {
		item.Remedy = federal(l.domain, used.policy)
	}
}

// difference says where receivers by RFC 9989 and receivers by RFC 7489 disagree about a domain.
func difference(walk, list dmarcFound) string {
	name := func(f dmarcFound) string {
		if f.policy == "" {
			return "no DMARC at all"
		}
		return "p=" + f.policy + " of _dmarc." + f.at.domain
	}
	switch {
	case list.err != nil || walk.policy == list.policy && walk.at.domain == list.at.domain:
		return ""
	case walk.policy == list.policy:
		return "Newer receivers (RFC 9989) find it at _dmarc." + walk.at.domain +
			", older ones (RFC 7489) at _dmarc." + list.at.domain + ", with the same effect."
	}
	return "Receivers differ: newer ones (RFC 9989) apply " + name(walk) + ", older ones (RFC 7489) " + name(list) + "."
}

// federal reminds of the policy that civilian federal agencies of the United States must publish.
// DNS does not tell a federal .gov domain from a state's or a city's
// (https://www.cisa.gov/news-events/directives/bod-18-01).
func federal(domain, policy string) []string {
	if !inside(domain, "gov") || policy == "reject" {
		return nil
	}
	return []string{"Federal civilian agencies must publish p=reject (BOD 18-01). Do so after SPF and DKIM are right."}
}

func stricter(a, b string) string {
	for _, policy := range []string{"reject", "quarantine", "none"} {
		if a == policy || b == policy {
			return policy
		}
	}
	return ""
}

func dmarcRecord(domain, value string) Record {
	return Record{Name: "_dmarc." + domain, Type: "TXT", Value: shown("", "", value)}
}

// mendedDMARC is a record with the right version in front and every tag as it was.
func mendedDMARC(domain, text string) Record {
	const version = "DMARC1"
	rest := ""
	for i := 0; i+len(version) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(version)], version) {
			rest = strings.Trim(text[i+len(version):], "; \t")
			break
		}
	}
	value := "v=DMARC1; " + rest
	if tags, ok := parseDMARC(value); !ok || tags.policy(false, true) == "" {
		value = "v=DMARC1; p=none"
	}
	return dmarcRecord(domain, value)
}
