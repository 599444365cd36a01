// Package delivery says whether other mail servers will accept the mail that Exchange Online sends for a domain. It
// reads SPF, DKIM, DMARC and MX from DNS, and the results in a message's own headers.
//
// It asks DNS only, only when it is called, and never fails: if DNS does not answer, the verdict is unknown.
package delivery

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Deadline is how long Look takes at most. A caller's context can only shorten it.
const Deadline = 2 * time.Second

// Verdict is the result of a check.
type Verdict string

// The verdicts.
const (
	Right   Verdict = "right"
	Wrong   Verdict = "wrong"   // a record is there, but does not fit this mailbox
	Missing Verdict = "missing" // no record
	Unknown Verdict = "unknown" // DNS could not be asked
)

// The names of the checks, in the order of the items.
const (
	CheckDomain = "domain" // only when the mailbox is in a domain of Microsoft's own
	CheckSPF    = "spf"
	CheckDKIM   = "dkim"
	CheckDMARC  = "dmarc"
	CheckMX     = "mx"
	CheckSpam   = "spam" // the decision of the receiver's filter; only in a Reading
)

// Who can act on an item.
const (
	DNSAdministrator      = "DNS administrator"
	ExchangeAdministrator = "Exchange administrator"
)

// Record is a DNS record to publish. Its name is complete, without a trailing dot.
type Record struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"` // empty when only Microsoft knows it; From then says where it stands
	From  string `json:"from,omitempty"`
}

// String is the record as one line to copy.
func (r Record) String() string {
	value := r.Value
	if value == "" {
		value = "(" + r.From + ")"
	}
	return r.Name + "  " + r.Type + "  " + value
}

// Item is the result of one check, in words.
type Item struct {
	Check   string   `json:"check"`
	Verdict Verdict  `json:"verdict"`
	Line    string   `json:"line"`    // one or two sentences: the finding and its meaning
	Records []string `json:"records"` // as found in DNS, "name type value", cleaned and cut at 4096 characters
	Publish []Record `json:"publish"` // to publish instead, for the DNS administrator
	Remedy  []string `json:"remedy"`  // further steps, in order
	Who     string   `json:"who"`     // who can act; empty when nothing is to be done

	half bool // one of the two DKIM keys is in place, so DKIM may pass today
}

// Outcome is how receivers are expected to treat mail from the mailbox.
type Outcome string

// The outcomes.
const (
	OutcomeAccepted Outcome = "accepted" // SPF or DKIM passes for the domain itself
	OutcomeJunk     Outcome = "junk"     // neither passes: junk mail at best
	OutcomeRefused  Outcome = "refused"  // neither passes, and DMARC asks receivers to reject
	OutcomeLimited  Outcome = "limited"  // a domain of Microsoft's own, with a daily limit
	OutcomeUnknown  Outcome = "unknown"
)

// Report is the result of Look. Its items are in the order SPF, DKIM, DMARC, MX;
// for a domain of Microsoft's own there is one item, the domain.
type Report struct {
	Domain  string  `json:"domain"`
	Where   string  `json:"where"` // who was asked
	Outcome Outcome `json:"outcome"`
	Summary string  `json:"summary"` // one line
	Items   []Item  `json:"items"`
	Caution string  `json:"caution,omitempty"` // set when something is not right: why receivers may see other answers
}

// Item returns the item of a check.
func (r Report) Item(check string) (Item, bool) {
	for _, item := range r.Items {
		if item.Check == check {
			return item, true
		}
	}
	return Item{}, false
}

// Skipped says that nothing at all could be looked up.
func (r Report) Skipped() bool {
	for _, item := range r.Items {
		if item.Verdict != Unknown {
			return false
		}
	}
	return true
}

// look holds the question of one Look.
type look struct {
	*asker
	mailbox, domain string
	sender          Sender
}

// Look looks up whether receivers will accept mail from the mailbox when the sender's Exchange Online sends it. The
// mailbox is an address or a bare domain. All look-ups run side by side and end within Deadline.
func Look(ctx context.Context, r Resolver, mailbox string, s Sender) Report {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	domain := domainOf(mailbox)
	report := Report{Domain: domain, Where: where(r), Outcome: OutcomeUnknown}
	if why := badDomain(domain); why != "" {
		report.Summary = "Nothing was looked up: " + why
		for _, check := range []string{CheckSPF, CheckDKIM, CheckDMARC, CheckMX} {
			report.Items = append(report.Items, Item{Check: check, Verdict: Unknown, Line: report.Summary}.listed())
		}
		return report
	}
	if item, is := microsoftsOwn(domain); is {
		report.Items, report.Outcome, report.Summary = []Item{item.listed()}, OutcomeLimited, item.Line
		return report
	}
	l := look{newAsker(r), mailbox, domain, s}
	var spf spfResult
	var dmarc dmarcResult
	report.Items = make([]Item, 4)
	var wait sync.WaitGroup
	wait.Go(func() { spf = l.spf(ctx); report.Items[0] = spf.item })
	wait.Go(func() { report.Items[1] = l.dkim(ctx) })
	wait.Go(func() { dmarc = l.dmarc(ctx); report.Items[2] = dmarc.item })
	wait.Go(func() { report.Items[3] = l.mx(ctx) })
	outside := true
	wait.Go(func() { outside = l.seesOutside(ctx) })
	wait.Wait()
	if !outside {
		report.doubt(s.SPFInclude)
	}
	spf.item, dmarc.item = report.Items[0], report.Items[2]
	report.judge(spf, dmarc)
	for i := range report.Items {
		report.Items[i] = report.Items[i].listed()
	}
	return report
}

// listed is the item with empty lists in place of none, which JSON would show as null.
func (i Item) listed() Item {
	i.Records = append([]string{}, i.Records...)
	i.Publish = append([]Record{}, i.Publish...)
	i.Remedy = append([]string{}, i.Remedy...)
	return i
}

// seesOutside says that DNS knows this cloud's own SPF record, which every server on the Internet can find.
func (l look) seesOutside(ctx context.Context) bool {
	return l.sender.SPFInclude == "" || l.ask(ctx, "TXT", l.sender.SPFInclude).err == nil
}

// doubt withdraws the verdicts of a DNS server that knows only its own network, as in many DMZs. Such a server
// knows the agency's inner names at best, and receivers see other ones.
func (r *Report) doubt(include string) {
	for i, item := range r.Items {
		if item.Verdict == Wrong || item.Verdict == Missing {
			r.Items[i] = Item{
				Check: item.Check, Verdict: Unknown, Records: item.Records,
				Line: strings.ToUpper(item.Check) +
					" could not be judged: this DNS server does not know outside names " +
					"such as " + include + ". Run palmail check on a computer with access to the Internet's DNS.",
			}
		}
	}
}

// judge draws a conclusion from the four items together. DMARC passes when SPF or DKIM passes for
// the From domain (RFC 9989 section 4.4). Exchange Online puts the mailbox's own domain into MAIL
// FROM and, once DKIM is set up, into the signature, so both are aligned whenever they pass.
func (r *Report) judge(spf spfResult, dmarc dmarcResult) {
	dkim := r.Items[1].Verdict
	switch {
	case spf.pass || dkim == Right:
		r.Outcome = OutcomeAccepted
	case spf.item.Verdict == Unknown || dkim == Unknown || r.Items[1].half || dmarc.item.Verdict == Unknown:
		r.Outcome = OutcomeUnknown
	case dmarc.policy == "reject":
		r.Outcome = OutcomeRefused
	default:
		r.Outcome = OutcomeJunk
	}
	r.Summary = r.summary(spf.pass, dmarc)
	for _, item := range r.Items {
		if item.Verdict == Wrong || item.Verdict == Missing {
			r.Caution = "These are the answers of " + r.Where +
				". Inside an agency they can differ from the answers that receivers see."
		}
	}
}

func (r *Report) summary(spf bool, dmarc dmarcResult) string {
	count := map[Verdict]int{}
	var parts []string
	for _, item := range r.Items {
		count[item.Verdict]++
		if item.Check != CheckMX || item.Verdict == Wrong || item.Verdict == Missing {
			parts = append(parts, strings.ToUpper(item.Check)+" is "+string(item.Verdict))
		}
	}
	state := strings.Join(parts, ", ")
	switch {
	case count[Missing] == len(r.Items):
		return "DNS has no mail records at all for " + r.Domain + ". Check how the domain is spelled."
	case r.Outcome == OutcomeAccepted && count[Wrong]+count[Missing]+r.unknownBut(CheckMX) == 0:
		return fmt.Sprintf("%s lets Exchange Online send: SPF is right, the DKIM keys are published, and DMARC %s.",
			r.Domain, dmarc.asks())
	case r.Outcome == OutcomeAccepted && !spf:
		return "Receivers accept mail from " + r.Domain + " only while DKIM signing is switched on: " + state + "."
	case r.Outcome == OutcomeAccepted:
		return "Most receivers will accept mail from " + r.Domain + ", but not everything is right: " + state + "."
	case r.Outcome == OutcomeRefused:
		return "Receivers will refuse mail from " + r.Domain + ": " + state + ", and DMARC asks them to reject it."
	case r.Outcome == OutcomeJunk:
		return "Mail from " + r.Domain + " will often be treated as junk or refused: " + state + "."
	}
	return "Could not find out whether receivers accept mail from " + r.Domain + ": " + state + "."
}

// unknownBut counts the unknown items other than one.
func (r *Report) unknownBut(check string) int {
	n := 0
	for _, item := range r.Items {
		if item.Verdict == Unknown && item.Check != check {
			n++
		}
	}
	return n
}
