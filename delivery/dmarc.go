package delivery

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// dmarcTags are the tags of a DMARC policy record that decide about a message.
type dmarcTags struct {
	p, sp, np string
	t, psd    string
	pct       string // RFC 7489 only
	rua       bool   // asks for reports with at least one address
}

// parseDMARC reads a record by the grammar of RFC 9989 section 4.8. The version must come first and its value is
// case-sensitive; unknown tags and other syntax errors are ignored.
func parseDMARC(text string) (dmarcTags, bool) {
	var tags dmarcTags
	first := true
	for tag := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(tag, "=")
		name, value = strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, " \t")
		if first {
			if name != "v" || value != "DMARC1" {
				return dmarcTags{}, false
			}
			first = false
			continue
		}
		lower := strings.ToLower(value)
		switch name {
		case "p":
			tags.p = lower
		case "sp":
			tags.sp = lower
		case "np":
			tags.np = lower
		case "t":
			tags.t = lower
		case "psd":
			tags.psd = lower
		case "pct":
			tags.pct = lower
		case "rua":
			scheme, rest, _ := strings.Cut(value, ":")
			tags.rua = tags.rua || scheme != "" && rest != ""
		}
	}
	return tags, !first
}

func policyWord(s string) bool { return s == "none" || s == "quarantine" || s == "reject" }

// policy is the treatment that the tags ask for when mail fails: the policy of the domain itself,
// or with below set of an existing domain below it. Both RFCs (9989 section 4.10.1, 7489 section
// 6.6.3) ask receivers to read a record without a valid policy as none when it asks for reports,
// and to ignore it otherwise; then it is "".
func (d dmarcTags) policy(below, newer bool) string {
	valid := policyWord(d.p) && (d.sp == "" || policyWord(d.sp)) && (!newer || d.np == "" || policyWord(d.np))
	policy := d.p
	switch {
	case !valid && d.rua:
		return "none"
	case !valid:
		return ""
	case below && d.sp != "":
		policy = d.sp
	}
	// RFC 9989 section 4.7: t=y asks for one level lower. RFC 7489 section 6.6.4: so does pct=0, for all mail.
	if newer && d.t == "y" || !newer && d.pct == "0" {
		policy = map[string]string{"reject": "quarantine", "quarantine": "none", "none": "none"}[policy]
	}
	return policy
}

// dmarcAt is the TXT answer at _dmarc of a domain.
type dmarcAt struct {
	domain  string
	records []string // those whose version is right
	almost  []string // those that were meant to be DMARC records and are ignored
	err     error    // DNS could not be asked
}

func (l look) dmarcAt(ctx context.Context, domain string) dmarcAt {
	at := dmarcAt{domain: domain}
	found := l.ask(ctx, "TXT", "_dmarc."+domain)
	if found.err != nil {
		if !notFound(found.err) {
			at.err = found.err
		}
		return at
	}
	for _, text := range found.texts {
		start := strings.ToLower(text[:min(len(text), 20)])
		if _, ok := parseDMARC(text); ok {
			at.records = append(at.records, text)
		} else if strings.Contains(start, "dmarc") {
			at.almost = append(at.almost, text)
		}
	}
	return at
}

// walkNames are the domains that a DNS tree walk asks about, at most eight (RFC 9989 section 4.10).
func walkNames(domain string) []string {
	const most = 8
	labels := strings.Split(domain, ".")
	names := []string{domain}
	labels = labels[max(1, len(labels)-(most-1)):]
	for ; len(labels) > 0; labels = labels[1:] {
		names = append(names, strings.Join(labels, "."))
	}
	return names
}

// dmarcFound is the policy record that applies to a domain by one of the RFCs.
type dmarcFound struct {
	at     dmarcAt // where it stands; its domain is "" when no record applies
	tags   dmarcTags
	policy string // none, quarantine or reject; "" when receivers do not apply DMARC
	err    error  // DNS could not be asked, so it is not known
}

// byTreeWalk finds the record as RFC 9989 sections 4.10 and 4.10.1 say. The answers are those at walkNames.
func byTreeWalk(answers []dmarcAt) dmarcFound {
	domain := answers[0].domain
	var found []dmarcFound
	for _, at := range answers {
		if at.err != nil && len(found) == 0 {
			return dmarcFound{err: at.err}
		}
		if len(at.records) != 1 { // several are all discarded
			continue
		}
		tags, _ := parseDMARC(at.records[0])
		f := dmarcFound{at: at, tags: tags, policy: tags.policy(at.domain != domain, true)}
		if at.domain == domain {
			return f
		}
		found = append(found, f)
		if tags.psd == "y" || tags.psd == "n" {
			break
		}
	}
	for _, at := range answers {
		if at.err != nil {
			return dmarcFound{err: at.err}
		}
	}
	if len(found) == 0 {
		return dmarcFound{}
	}
	// The record of the organizational domain, or else of the public suffix domain: psd=n marks the first, psd=y the
	// domain above it, and without either the shortest name counts. All of them end the walk, so it is the last
	// one, except that psd=y may have the organizational domain's own record right below it.
	last := found[len(found)-1]
	if last.tags.psd == "y" && len(found) > 1 {
		below := found[len(found)-2]
		if strings.Count(below.at.domain, ".") == strings.Count(last.at.domain, ".")+1 {
			return below
		}
	}
	return last
}

// bySuffixList finds the record as RFC 7489 section 6.6.3 says: at the domain, else at its organizational domain by
// the public suffix list. Two records end the search without any.
func bySuffixList(answers []dmarcAt, organization string) dmarcFound {
	domain := answers[0].domain
	for _, name := range []string{domain, organization} {
		for _, at := range answers {
			switch {
			case at.domain != name:
			case at.err != nil:
				return dmarcFound{err: at.err}
			case len(at.records) > 1:
				return dmarcFound{}
			case len(at.records) == 1:
				tags, _ := parseDMARC(at.records[0])
				return dmarcFound{at: at, tags: tags, policy: tags.policy(name != domain, false)}
			}
		}
	}
	return dmarcFound{}
}

// organizationOf is the domain that was registered, by the public suffix list; the domain itself when it is a suffix.
func organizationOf(domain string) string {
	organization, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return organization
}

// dmarcAnswers asks at every name of the tree walk and at the organizational domain, side by side.
func (l look) dmarcAnswers(ctx context.Context) []dmarcAt {
	names := walkNames(l.domain)
	answers := make([]dmarcAt, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { answers[i] = l.dmarcAt(ctx, name) })
	}
	wait.Wait()
	return answers
}
