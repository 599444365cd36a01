package diagnose

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"palmail/clean"
)

// Explain says what err means, usually something that wraps a *Failure. What
// is in no table has the cause "unknown", with the cleaned text, the codes and
// the ids. A context.Canceled is not a failure: its Finding is empty.
func Explain(err error, c Context) Finding {
	if err == nil || errors.Is(err, context.Canceled) {
		return Finding{}
	}
	var f *Failure
	if !errors.As(err, &f) || f == nil {
		f = &Failure{Err: err}
	}
	if c.Stage == "" {
		c.Stage = f.Stage
	}
	return f.complete(f.explain(c), c)
}

// explain reads the failure from its surest part to its least sure one.
func (f *Failure) explain(c Context) Finding {
	said := reading{
		text: fromUTF16(f.Body), status: f.Status, contentType: f.ContentType, proxyWants: f.ProxyAuthenticate,
		context: c,
	}
	if f.Status == statusProxyAuthRequired {
		return said.finding(CauseProxyAuthRequired)
	}
	if strings.TrimSpace(f.Body) != "" {
		if found, _ := said.root(); found.Cause != CauseUnknown || f.Err == nil {
			return found
		}
	}
	if f.Err == nil {
		cause, likely := said.byStatus()
		found := said.finding(cause)
		return found.markLikely(likely)
	}
	below := reading{text: f.Err.Error(), status: f.Status, proxyWants: f.ProxyAuthenticate, context: c}
	if cause := ofGoError(f.Err); cause != "" {
		return below.finding(cause)
	}
	found, _ := below.root()
	if found.Cause == CauseUnknown && f.Body != "" {
		return said.finding(CauseUnknown)
	}
	return found
}

// complete adds what the text itself did not tell.
func (f *Failure) complete(to Finding, c Context) Finding {
	first := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	to.RequestID = first(to.RequestID, outsideID(f.RequestID))
	to.CorrelationID = first(to.CorrelationID, outsideID(f.CorrelationID))
	when := f.Time
	if when.IsZero() && f.Err != nil {
		when = c.Now
	}
	if to.Time == "" && !when.IsZero() {
		to.Time = when.UTC().Format(time.RFC3339)
	}
	if to.Cause.network() {
		f.nameWay(&to)
	}
	if f.Host != "" && !strings.Contains(to.Raw, f.Host) {
		to.Raw = bounded(hostLine+clean.Line(f.Host)+"\n"+to.Raw, maxRaw)
	}
	return to
}

// nameWay adds the proxy and the certificate's issuer, by which the network
// team recognises what stands in the way.
func (f *Failure) nameWay(to *Finding) {
	if issuer := clean.Line(f.Issuer); issuer != "" {
		to.Explanation += " The certificate was issued by " + issuer + "."
	}
	if proxy := clean.Line(f.Proxy); proxy != "" {
		to.Explanation += " The request went through the proxy " + proxy + "."
	}
	if note := clean.Line(f.ProxyNote); note != "" {
		to.Explanation += " About the proxy settings: " + note + "."
	}
}

// network says whether the cause lies on the way to Microsoft.
func (c Cause) network() bool {
	return c == CauseNotMicrosoft || slices.ContainsFunc(networkEntries, func(e Entry) bool { return e.Cause == c })
}

// ExplainText finds the failures in any text, of up to 10 MB in under a
// second: the root one first, then the others.
func ExplainText(text string, c Context) (root Finding, others []Finding) {
	r := reading{text: fromUTF16(text), context: c}
	return r.all()
}

// reading is one text with what is known about it.
type reading struct {
	text        string
	status      int
	contentType string
	proxyWants  []string // the Proxy-Authenticate headers
	context     Context
}

const maxOthers = 9

// all finds the root failure and the others.
func (r *reading) all() (Finding, []Finding) {
	root, rest := r.root()
	return root, r.others(rest, root.Cause)
}

// root finds the root failure. rest are the incidents of which the others are
// made: none when nothing was recognised.
func (r *reading) root() (root Finding, rest []*incident) {
	found := r.hits()
	if page := r.page(); page != nil {
		found = append(found, *page)
	}
	list := incidents(r.text, found)
	for _, i := range list {
		i.judge(r.context, sync.OnceValue(func() int {
			if r.status != 0 {
				return r.status
			}
			return statusIn(r.text[i.from:i.to])
		}))
	}
	slices.SortStableFunc(list, func(a, b *incident) int { return a.rank() - b.rank() })
	if len(list) == 0 || list[0].best.cause == CauseUnknown {
		return r.undecided(list), nil
	}
	if list[0].likely { // the status says more than a hint does
		if cause, likely := r.byStatus(); cause != CauseUnknown && cause != CauseServiceFault {
			list[0].best.cause, list[0].likely = cause, likely
		}
	}
	return r.report(list[0], list[0].best), list
}

// hits are all signs in the text.
func (r *reading) hits() []hit {
	return append(known().hits(r.text), mailHits(r.text, r.context.Stage == StageBounce)...)
}

// undecided reports by the status, keeping what codes and ids there are.
func (r *reading) undecided(list []*incident) Finding {
	i := &incident{to: min(len(r.text), idReach), best: hit{}}
	if len(list) > 0 {
		i = list[0]
	}
	i.best.cause, i.likely = r.byStatus()
	f := r.report(i, i.best)
	if len(f.Codes) == 0 {
		f.Codes = r.unlistedCodes(i)
	}
	if status := statusIn(r.text); f.Cause == CauseUnknown && r.context.Stage == "" && status >= 400 {
		f.Explanation = onlyStatus(status)
		f.Remedy = append([]string{
			"Run palmail explain again with --during and what was being done, for example: palmail explain --during " +
				"send FILE",
		}, f.Remedy...)
	}
	return f
}

// others are the remaining failures, each cause once.
func (r *reading) others(list []*incident, root Cause) []Finding {
	seen := map[Cause]bool{root: true, CauseUnknown: true, "": true}
	var out []Finding
	for n, i := range list {
		for _, h := range i.hits {
			strong := h.weight >= codeWeight && h.isCode && i.best.weight < detailWeight || n > 0 && h.same(i.best)
			if seen[h.cause] || !strong || len(out) == maxOthers {
				continue
			}
			seen[h.cause] = true
			f := r.report(i, h)
			if h.isCode {
				f.Codes = (&incident{hits: []hit{h}}).codes()
			}
			if f.Cause == "" || f.Cause == root {
				continue
			}
			out = append(out, f)
		}
	}
	return out
}

// finding reports a cause that the text itself did not have to tell.
func (r *reading) finding(cause Cause) Finding {
	list := incidents(r.text, r.hits())
	i := &incident{to: min(len(r.text), idReach)}
	if len(list) > 0 {
		i = list[0]
	}
	return r.report(i, hit{sign: sign{cause: cause}, start: i.start, end: i.end})
}

// report makes the Finding of one incident.
func (r *reading) report(i *incident, h hit) Finding {
	ids := idsNear(r.text[i.from:i.start], r.text[i.start:i.to])
	cause := r.decide(h, ids)
	e := known().entries[cause].in(r.context.Stage, h, r.around(i))
	f := Finding{
		Cause: e.Cause, Title: e.Title, Explanation: e.Explanation, Remedy: slices.Clone(e.Remedy),
		Who: e.Who, Link: r.link(e.Link, ids), Retry: e.Retry,
		Codes: i.codes(), RequestID: ids.request, CorrelationID: ids.correlation, Time: ids.time,
		Raw: rawAround(r.text, i.start),
	}
	if len(f.Codes) == 0 {
		f.Codes = r.unlistedCodes(i)
	}
	if h.note != "" {
		f.Explanation += " " + h.note
	}
	f = r.byAge(f, h)
	fill := r.blanks(&f, ids)
	f.Explanation = fill.Replace(f.Explanation)
	for n, step := range f.Remedy {
		f.Remedy[n] = fill.Replace(step)
	}
	return f.markLikely(i.likely)
}

// around is the normalised text of an incident, for its situations.
func (r *reading) around(i *incident) string {
	const reach = 600
	text := r.text[max(i.from, i.start-reach):min(i.to, max(i.end, i.start)+reach)]
	if r.proxyWants != nil {
		text += " proxy-authenticate: " + strings.Join(r.proxyWants, ", ")
	}
	return normal(plain(text))
}

// markLikely says in words too that the stage decided.
func (f Finding) markLikely(likely bool) Finding {
	if likely && f.Cause != CauseUnknown {
		f.Likely = true
		f.Explanation = "This is the likely cause: the text itself does not name it. " + f.Explanation
	}
	return f
}

// decide returns the cause after a look at what only the context can tell.
func (r *reading) decide(h hit, ids nearIDs) Cause {
	cause := h.cause
	if cause == "" {
		cause = CauseUnknown
	}
	if cause == CauseNotReplicatedYet && ids.missingMailbox {
		return CauseMailboxUnknown
	}
	if (cause == CauseAppUnknown || cause == CauseAppWithoutServicePrincipal) && r.appIsTenant(ids) {
		return CauseAppIDIsTenantID
	}
	return cause
}

func (r *reading) appIsTenant(ids nearIDs) bool {
	c := r.context
	same := func(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
	return same(c.TenantID, c.ClientID) || same(ids.app, c.TenantID) || same(ids.app, ids.directory)
}
