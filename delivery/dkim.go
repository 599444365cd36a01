package delivery

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
)

// selectors are the two names under which Exchange Online publishes its keys. It signs with one and rotates to the
// other (https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure).
var selectors = []string{"selector1", "selector2"}

// selector is the state of one key in DNS.
type selector struct {
	name   string // selector1._domainkey.agency.gov
	target string // of the CNAME, "" when there is none
	texts  []string
	err    error // DNS could not be asked
	fault  fault
}

type fault int

const (
	keyGood    fault = iota
	keyAbsent        // no record at all
	keyAsTXT         // the target's name was published as text
	keyForeign       // the target is not this cloud's Exchange Online
	keyOther         // the target is another domain's or the other selector's
	keyUnmade        // the target is right, but Microsoft has published no key there
)

func (l look) dkim(ctx context.Context) Item {
	found := make([]selector, len(selectors))
	var wait sync.WaitGroup
	for i, prefix := range selectors {
		wait.Go(func() { found[i] = l.selector(ctx, prefix) })
	}
	wait.Wait()
	item := Item{Check: CheckDKIM}
	var good, bad []selector
	for _, s := range found {
		if s.target != "" {
			item.Records = append(item.Records, shown(s.name, "CNAME", s.target))
		}
		for _, t := range s.texts {
			item.Records = append(item.Records, shown(s.name, "TXT", t))
		}
		if s.err != nil {
			return unknownWith(item, "DKIM", s.err)
		}
		if s.fault == keyGood {
			good = append(good, s)
		} else {
			bad = append(bad, s)
		}
	}
	if len(bad) == 0 {
		item.Verdict = Right
		item.Line = "Both DKIM keys of " + l.domain +
			" are published. DNS cannot show whether signing is switched on; the headers of a test mail do."
		return item
	}
	l.explainDKIM(&item, good, bad)
	return item
}

func (l look) selector(ctx context.Context, prefix string) selector {
	s := selector{name: prefix + "._domainkey." + l.domain}
	var cname, key *answer
	var wait sync.WaitGroup
	wait.Go(func() { cname = l.ask(ctx, "CNAME", s.name) })
	wait.Go(func() { key = l.ask(ctx, "TXT", s.name) }) // follows the CNAME
	wait.Wait()
	for _, a := range []*answer{cname, key} {
		if a.err != nil && !notFound(a.err) {
			s.err = a.err
			return s
		}
	}
	if len(cname.texts) > 0 {
		s.target = cname.texts[0]
	}
	s.texts = key.texts
	s.fault = l.faultOf(prefix, s)
	return s
}

func (l look) faultOf(prefix string, s selector) fault {
	if s.target == "" {
		for _, text := range s.texts {
			if insideAny(text, l.sender.DKIMSuffixes) {
				return keyAsTXT
			}
		}
		if len(s.texts) == 0 {
			return keyAbsent
		}
		return keyForeign
	}
	switch {
	case !insideAny(s.target, l.sender.DKIMSuffixes) || badDomain(s.target) != "":
		return keyForeign
	case !targetOf(s.target, prefix, l.domain):
		return keyOther
	case !hasKey(s.texts):
		return keyUnmade
	}
	return keyGood
}

// targetOf says that a CNAME target is the key of this selector and domain: selector1-agency-gov._domainkey.… in
// both forms. The new form leaves out dashes within labels, cuts long names and appends some letters, for instance
// selector1-findchildarrangementoption-service-gov-uk01be2e for find-child-arrangement-option.service.gov.uk, so
// only the beginning is compared, without dashes.
func targetOf(target, prefix, domain string) bool {
	label, rest, _ := strings.Cut(strings.ToLower(target), ".")
	name, is := strings.CutPrefix(label, prefix+"-")
	if !is || !strings.HasPrefix(rest, "_domainkey.") {
		return false
	}
	plain := strings.NewReplacer("-", "", ".", "")
	name, domain = plain.Replace(name), plain.Replace(domain)
	n := min(len(name), len(domain), 30)
	return n > 0 && len(name) >= min(len(domain), 30) && name[:n] == domain[:n]
}

// hasKey says that a TXT record holds a public key: p= with base64 in it. An empty p= is a key that was withdrawn
// (RFC 6376 section 3.6.1).
func hasKey(texts []string) bool {
	for _, text := range texts {
		for tag := range strings.SplitSeq(text, ";") {
			name, value, _ := strings.Cut(tag, "=")
			if strings.TrimSpace(name) != "p" {
				continue
			}
			value = strings.Join(strings.Fields(value), "")
			key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
			if err == nil && len(key) > 0 {
				return true
			}
		}
	}
	return false
}

func (l look) explainDKIM(item *Item, good, bad []selector) {
	item.Verdict, item.Who = Wrong, DNSAdministrator
	first := bad[0]
	other := ""
	if len(good) > 0 {
		item.half = true
		other = " The other key is in place, so DKIM fails as soon as Microsoft switches keys."
	}
	switch first.fault {
	case keyAbsent:
		item.Line = "The DKIM key " + first.name + " is not published." + other
		if len(good) == 0 && len(bad) == len(selectors) && bad[1].fault == keyAbsent {
			item.Verdict = Missing
			item.Line = l.domain + " has no DKIM keys. Microsoft signs its mail with a domain of its own, " +
				"which does not count for " + l.domain + "."
		}
	case keyAsTXT:
		item.Line = "The DKIM key " + first.name + " was published as TXT; it must be a CNAME." + other
	case keyForeign:
		item.Line = "The DKIM key " + first.name + " does not lead to this cloud's Exchange Online." + other
	case keyOther:
		item.Line = "The DKIM key " + first.name + " leads to a key of another domain or selector." + other
	case keyUnmade:
		item.Who = ExchangeAdministrator
		item.Line = "The DKIM record " + first.name + " is right, but Microsoft has no key there." + other
		item.Remedy = append(item.Remedy,
			"Compare the record with Get-DkimSigningConfig -Identity "+l.domain+" in Exchange Online PowerShell.",
			"If that finds nothing, create the keys: New-DkimSigningConfig -DomainName "+l.domain+" -Enabled $false")
	}
	for _, s := range bad {
		if record, publish := l.keyRecord(s, good); publish {
			item.Publish = append(item.Publish, record)
		}
	}
	if len(good) == 0 {
		item.Remedy = append(item.Remedy, "Then switch signing on in Exchange Online PowerShell: "+
			"Set-DkimSigningConfig -Identity "+l.domain+" -Enabled $true")
	}
}

// keyRecord is the record to publish for a key that is not right. Its value follows from the other selector's when
// that is right; otherwise only Microsoft knows it, since it chooses a letter and a prefix.
func (l look) keyRecord(s selector, good []selector) (Record, bool) {
	if s.fault == keyUnmade {
		return Record{}, false
	}
	prefix, _, _ := strings.Cut(s.name, ".")
	record := Record{Name: s.name, Type: "CNAME"}
	for _, text := range s.texts {
		text = strings.TrimSuffix(strings.TrimSpace(text), ".")
		if s.fault == keyAsTXT && badDomain(text) == "" && targetOf(text, prefix, l.domain) {
			record.Value = text
			return record, true
		}
	}
	for _, g := range good {
		record.Value = prefix + g.target[len(prefix):] // both prefixes are selector and a digit
		return record, true
	}
	field := strings.ToUpper(prefix[:1]) + prefix[1:] + "CNAME"
	record.From = field + " of Get-DkimSigningConfig -Identity " + l.domain
	return record, true
}
