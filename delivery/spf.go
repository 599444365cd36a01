package delivery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	// It takes a context and a resolver, runs in two mail servers (chasquid, maddy), is looked after (v1.6.0 is of
	// August 2026), and needs nothing but the standard library. Its authors skip 31 of the 203 cases of the openspf
	// suite for RFC 7208, most of them about syntax errors that stand after a match; with badTerm in front, 197 cases
	// pass. The other six are a slash within a host name, the macro p, and the withdrawn record type SPF.
	// Looked at and left: wttw/spf links miekg/dns, 3 MB; mileusna/spf asks a public resolver unless told otherwise.
	"blitiri.com.ar/go/spf"
)

// spfRun is one evaluation of check_host() (RFC 7208 section 4). It answers the library's TXT questions, so that
// the grammar of every record is checked before any of it is evaluated, and keeps the details that
// the library's errors lack.
type spfRun struct {
	*asker
	instead string // evaluated as the domain's own record when set: a record that is not published

	badRecord, badTerm string // the name of the first record that breaks the grammar, and its term
	noRecord           string // an include or redirect that names a domain without an SPF record
	several            string // a name with more than one SPF record
	asked              []string
}

var _ spf.DNSResolver = (*spfRun)(nil)

func (r *spfRun) LookupTXT(ctx context.Context, name string) ([]string, error) {
	r.asked = append(r.asked, name)
	var texts []string
	if r.instead != "" && len(r.asked) == 1 {
		texts = []string{r.instead}
	} else {
		found := r.ask(ctx, "TXT", name)
		if found.err != nil {
			if notFound(found.err) {
				r.noRecord = name
			}
			return nil, found.err
		}
		texts = found.texts
	}
	records := spfRecords(texts)
	switch len(records) {
	case 0:
		r.noRecord = name
	case 1:
		if term := badTerm(records[0]); term != "" {
			r.badRecord, r.badTerm = name, term
			return nil, errSyntax
		}
	default:
		r.several = name
	}
	return texts, nil
}

var errSyntax = errors.New("the record breaks the grammar")

func (r *spfRun) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	found := r.ask(ctx, "MX", name)
	return found.mx, found.err
}

func (r *spfRun) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	found := r.ask(ctx, "A", name)
	return found.addrs, found.err
}

func (r *spfRun) LookupAddr(ctx context.Context, address string) ([]string, error) {
	found := r.ask(ctx, "PTR", address)
	return found.texts, found.err
}

// evaluate runs check_host() for an address. With instead set, that record is evaluated in place of the published one.
func (l look) evaluate(ctx context.Context, from netip.Addr, domain, instead string) (spf.Result, *spfRun, error) {
	run := &spfRun{asker: l.asker, instead: instead}
	result, err := spf.CheckHostWithSender(net.IP(from.AsSlice()), l.sender.EHLO, l.localPart()+"@"+domain,
		spf.WithContext(ctx), spf.WithResolver(run))
	return result, run, err
}

// localPart is the value of %{l}; some agencies allow mailboxes one by one with it. A bare domain asks for postmaster
// (RFC 7208 section 4.3).
func (l look) localPart() string {
	if i := strings.LastIndexByte(l.mailbox, '@'); i > 0 {
		return strings.TrimSpace(l.mailbox[:i])
	}
	return "postmaster"
}

// spfResult is the result of the SPF check.
type spfResult struct {
	item Item
	pass bool // receivers see a pass, even where the record is wrong for another reason
}

// addresses returns the addresses from which the cloud's own record lets mail be sent: the examples that it still
// lists, or else the beginning of its first network. The error says that DNS could not be asked for that record.
func (l look) addresses(ctx context.Context) ([]netip.Addr, error) {
	var good []netip.Addr
	own := "v=spf1 include:" + l.sender.SPFInclude + " -all"
	for _, address := range l.sender.Addresses {
		result, _, err := l.evaluate(ctx, address, l.sender.SPFInclude, own)
		if result == spf.TempError {
			return nil, err
		}
		if result == spf.Pass {
			good = append(good, address)
		}
	}
	if len(good) > 0 {
		return good, nil
	}
	found := l.ask(ctx, "TXT", l.sender.SPFInclude)
	if found.err != nil && !notFound(found.err) {
		return nil, found.err
	}
	for _, record := range spfRecords(found.texts) {
		for _, term := range strings.Fields(record) {
			block, err := netip.ParsePrefix(strings.TrimPrefix(strings.ToLower(term), "ip4:"))
			if err == nil {
				return []netip.Addr{block.Addr()}, nil
			}
		}
	}
	return nil, &net.DNSError{Err: "the DNS server does not know " + l.sender.SPFInclude, IsNotFound: true}
}

func (l look) spf(ctx context.Context) spfResult {
	found := l.ask(ctx, "TXT", l.domain)
	if found.err != nil && !notFound(found.err) {
		return spfResult{item: unknown(CheckSPF, "SPF", found.err)}
	}
	records := spfRecords(found.texts)
	item := Item{Check: CheckSPF, Who: DNSAdministrator}
	for _, r := range records {
		item.Records = append(item.Records, shown(l.domain, "TXT", r))
	}
	if len(records) == 0 {
		item.Verdict = Missing
		item.Line = l.domain + " has no SPF record. Receivers cannot tell that Exchange Online is allowed to send " +
			"for it."
		item.Publish = []Record{{Name: l.domain, Type: "TXT", Value: fresh(l.sender.SPFInclude)}}
		item.Remedy = []string{"If other systems send mail for " + l.domain + ", add them to the record as well."}
		return spfResult{item: item}
	}
	from, err := l.addresses(ctx)
	if err != nil {
		return spfResult{item: unknownWith(item, "SPF", err)}
	}
	return l.judgeSPF(ctx, item, records, from)
}

func (l look) judgeSPF(ctx context.Context, item Item, records []string, from []netip.Addr) spfResult {
	var missed []string
	for _, address := range from {
		result, run, err := l.evaluate(ctx, address, l.domain, "")
		switch {
		case result == spf.TempError:
			return spfResult{item: unknownWith(item, "SPF", err)}
		case result == spf.Pass && errors.Is(err, spf.ErrMatchedAll):
			item.Verdict = Wrong
			through := ""
			if last := run.asked[len(run.asked)-1]; last != l.domain {
				last = cut(last, 80)
				through = " through " + last
				item.Remedy = append(item.Remedy, "Remove the reference that leads to "+last+".")
			}
			item.Line = "The SPF record lets every server in the world send for " + l.domain + through +
				" (+all). Receivers distrust such a domain."
			l.repair(ctx, &item, from, records)
			return spfResult{item, true}
		case result == spf.Pass:
		case result == spf.PermError:
			item.Verdict = Wrong
			l.explainPermError(&item, records, err, run)
			l.repair(ctx, &item, from, records)
			return spfResult{item: item}
		default:
			missed = append(missed, address.String())
		}
	}
	switch {
	case len(missed) == 0:
		item.Verdict, item.Who = Right, ""
		item.Line = "The SPF record lets Exchange Online send for " + l.domain + "."
		return spfResult{item, true}
	case len(missed) < len(from):
		item.Line = "The SPF record lists only some of Exchange Online's servers, not " +
			strings.Join(missed, " and ") + ". Mail from the others fails SPF."
	case strings.Contains(strings.ToLower(strings.Join(records, " ")), ":spf.protection."):
		item.Line = "The SPF record includes another Microsoft cloud. This cloud's Exchange Online needs include:" +
			l.sender.SPFInclude + "."
	default:
		item.Line = "The SPF record does not let Exchange Online send for " + l.domain + ": include:" +
			l.sender.SPFInclude + " is missing."
	}
	item.Verdict = Wrong
	l.repair(ctx, &item, from, records)
	return spfResult{item: item}
}

// explainPermError says why receivers must refuse to evaluate the record (RFC 7208 section 2.6.7).
func (l look) explainPermError(item *Item, records []string, err error, run *spfRun) {
	const end = " Receivers stop there, and SPF fails for every mail."
	switch {
	case len(records) > 1:
		item.Line = l.domain + " has " + number(len(records)) + " SPF records; only one is allowed." + end
	case run.badRecord != "":
		item.Line = "The SPF record of " + cut(run.badRecord, 80) + " is not valid at “" +
			cut(run.badTerm, 60) + "”." + end
	case run.several != "":
		item.Line = "The SPF record refers to " + cut(run.several, 80) + ", which has more than one SPF record." + end
	case errors.Is(err, spf.ErrLookupLimitReached) && repeats(run.asked):
		item.Line = "The SPF record includes itself through " + cut(run.asked[len(run.asked)-1], 80) + "." + end
	case errors.Is(err, spf.ErrLookupLimitReached):
		item.Line = "The SPF record needs more than 10 DNS look-ups before it reaches Exchange Online." + end
		item.Remedy = append(item.Remedy, "Remove include, a, mx and exists entries that are no longer needed.")
	case errors.Is(err, spf.ErrVoidLookupLimitReached):
		item.Line = "The SPF record names more than 2 hosts that do not exist." + end
		item.Remedy = append(item.Remedy, "Remove the entries whose hosts no longer exist.")
	case errors.Is(err, spf.ErrTooManyMXRecords):
		item.Line = "The SPF record uses mx for a domain with more than 10 mail exchangers." + end
	case run.noRecord != "":
		item.Line = "The SPF record refers to " + cut(run.noRecord, 80) + ", which has no SPF record." + end
		item.Remedy = append(item.Remedy, "Remove the reference to "+cut(run.noRecord, 80)+", or correct its spelling.")
	default:
		item.Line = "The SPF record is not valid." + end
	}
}

// stranger is an address that no domain lists (RFC 5737).
var stranger = netip.MustParseAddr("203.0.113.77")

// repair offers a record in place of those published, once evaluating it lets all addresses send and a stranger not.
func (l look) repair(ctx context.Context, item *Item, from []netip.Addr, records []string) {
	record := repaired(records, l.sender.SPFInclude)
	good := record != ""
	for _, address := range from {
		result, _, _ := l.evaluate(ctx, address, l.domain, record)
		good = good && result == spf.Pass
	}
	if result, _, _ := l.evaluate(ctx, stranger, l.domain, record); !good || result == spf.Pass {
		item.Remedy = append(item.Remedy, "Correct the SPF record so that include:"+l.sender.SPFInclude+
			" stands first after v=spf1 and every other entry is valid.")
		return
	}
	item.Publish = []Record{{Name: l.domain, Type: "TXT", Value: record}}
	replace := "Replace the published SPF record with this one."
	if len(records) > 1 {
		replace = "Replace all " + number(len(records)) + " SPF records with this one."
	}
	if len(record) > 255 {
		replace += " It is longer than 255 characters: enter it as several quoted strings if the DNS server asks for " +
			"that."
	}
	item.Remedy = append([]string{replace}, item.Remedy...)
}

// fresh is the record for a domain without one. It ends in ~all: the domain may have other senders that nobody
// remembers, and DMARC treats ~all and -all alike.
func fresh(include string) string { return "v=spf1 include:" + include + " ~all" }

// repaired makes one valid record of those published: this cloud's include first, where receivers stop before
// they count further look-ups, then all entries once, with common slips corrected, and one end that is not +all.
func repaired(records []string, include string) string {
	terms := []string{"include:" + include}
	seen := map[string]bool{strings.ToLower(terms[0]): true}
	end, redirect := "", ""
	for _, record := range records {
		for _, term := range strings.Fields(record)[1:] {
			term = unslip(term)
			lower := strings.ToLower(term)
			switch {
			case strings.HasPrefix(lower, "redirect="):
				redirect = term
			case strings.TrimLeft(lower, "+-?~") == "all":
				if end == "" && lower != "all" && lower != "+all" {
					end = lower
				}
			case badTerm("v=spf1 "+term) == "" && !seen[lower]:
				seen[lower] = true
				terms = append(terms, term)
			case !seen[lower]:
				return "" // leaving out an entry that cannot be read could stop another system's mail
			}
		}
	}
	switch {
	case end == "" && redirect != "":
		end = redirect
	case end == "":
		end = "~all"
	}
	return "v=spf1 " + strings.Join(terms, " ") + " " + end
}

// unslip corrects common slips of spelling.
func unslip(term string) string {
	for _, slip := range []struct{ wrong, right string }{
		{"ipv4:", "ip4:"}, {"ipv6:", "ip6:"}, {"ip4=", "ip4:"}, {"ip6=", "ip6:"}, {"ip:", "ip4:"},
		{"include=", "include:"}, {"redirect:", "redirect="}, {"alll", "all"},
	} {
		sign := ""
		if term != "" && strings.IndexByte("+-?~", term[0]) >= 0 {
			sign, term = term[:1], term[1:]
		}
		if len(term) >= len(slip.wrong) && strings.EqualFold(term[:len(slip.wrong)], slip.wrong) {
			term = slip.right + term[len(slip.wrong):]
		}
		term = sign + term
	}
	return term
}

func repeats(names []string) bool {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[strings.ToLower(name)] {
			return true
		}
		seen[strings.ToLower(name)] = true
	}
	return false
}
