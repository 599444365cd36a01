package diagnose

import (
	"regexp"
	"slices"
	"strings"
)

// incident is one failure in a text: the signs that belong together.
type incident struct {
	hits       []hit
	best       hit
	likely     bool // the stage decided
	start, end int
	from, to   int // how far away its ids can stand
}

const (
	maxIncidents = 512
	reach        = 700  // bytes between two signs of one incident
	idReach      = 3000 // bytes between a sign and its ids
)

// incidents groups what was found. Signs belong together unless they stand
// far apart or a new record of a log begins between them.
func incidents(text string, found []hit) []*incident {
	slices.SortStableFunc(found, func(a, b hit) int { return a.start - b.start })
	var out []*incident
	for _, h := range found {
		if n := len(out); n > 0 {
			last := out[n-1]
			if h.start <= last.end || h.start-last.end < reach && !recordBetween(text[last.end:h.start]) {
				last.hits = append(last.hits, h)
				last.end = max(last.end, h.end)
				continue
			}
		}
		if len(out) == maxIncidents {
			break
		}
		out = append(out, &incident{hits: []hit{h}, start: h.start, end: h.end})
	}
	out = slices.DeleteFunc(out, func(i *incident) bool { // an address alone is no failure
		return !slices.ContainsFunc(i.hits, func(h hit) bool { return h.weight > contextWeight })
	})
	for i, o := range out {
		o.from, o.to = max(0, o.start-idReach), min(len(text), o.end+idReach)
		if i > 0 {
			o.from = max(o.from, out[i-1].end)
		}
		if i+1 < len(out) {
			o.to = min(o.to, out[i+1].start)
		}
	}
	return out
}

// record is how a line of a log, or a new JSON document, begins.
var record = regexp.MustCompile(`\n(?:[\[(]?\d{4}[-/]\d\d[-/]\d\d|[\[(]?\d\d:\d\d:\d\d|` +
	`\[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|` +
	`level=|time=|\{|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d)`)

func recordBetween(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 && record.MatchString(s)
}

// judge picks the sign that decides: the strongest, and among equals the
// first. A hint needs a second sign, or the stage, which makes it likely only.
func (i *incident) judge(c Context, status func() int) {
	best := -1
	for n := range i.hits {
		h := &i.hits[n]
		if r, ok := staged[stageSign{c.Stage, h.word}]; ok {
			h.cause = r
		}
		if c.MailSendInToken && h.cause == CauseMailSendNotGranted {
			h.cause = CauseMailboxOutOfScope
		}
		if h.weight == hintWeight && contradicts(h.cause, status) {
			continue
		}
		if h.weight > contextWeight && (best < 0 || h.weight > i.hits[best].weight) {
			best = n
		}
	}
	if best < 0 {
		i.best = hit{sign: sign{cause: CauseUnknown}, start: i.start, end: i.end}
		return
	}
	i.best = i.hits[best]
	if i.best.weight != hintWeight || i.supported() {
		return
	}
	if c.Stage == "" {
		i.best.cause = CauseUnknown
		return
	}
	i.likely = true
}

// contradicts says whether an HTTP status rules out what a hint names: a
// server that answers has been reached, and a 4xx is not its own fault.
func contradicts(cause Cause, status func() int) bool {
	switch {
	case networkWords[cause]:
		return status() >= 400
	case cause == CauseServiceFault:
		return status() >= 400 && status() < statusInternalServerError
	}
	return false
}

// networkWords are causes of a connection that did not come about.
var networkWords = map[Cause]bool{
	CauseConnectionRefused: true, CauseTimeout: true, CauseDNSFailed: true, CauseTLSUntrusted: true,
	CauseTLSTooOld: true,
}

// supported says whether another sign stands beside a hint: one of the same
// cause, or one that shows that the text is about Microsoft 365.
func (i *incident) supported() bool {
	return slices.ContainsFunc(i.hits, func(h hit) bool {
		other := h.start >= i.best.end || h.end <= i.best.start
		return other && !strings.EqualFold(h.word, i.best.word) &&
			(h.cause == i.best.cause || h.weight == contextWeight)
	})
}

// codes are the incident's codes as Microsoft writes them, each once.
func (i *incident) codes() []string {
	var out []string
	for _, h := range i.hits {
		if !h.isCode {
			continue
		}
		name := h.word
		if isNumber(name) {
			name = "AADSTS" + name
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return slices.DeleteFunc(slices.Clone(out), func(name string) bool { // Request_ResourceNotFound holds NotFound
		return slices.ContainsFunc(out, func(o string) bool { return o != name && strings.HasSuffix(o, name) })
	})
}

// followUps are causes that follow from others, or that pass by themselves: in a
// text with several failures they are not the root.
var followUps = map[Cause]bool{
	CauseSignInPending: true, CauseThrottled: true, CauseTimeout: true, CauseServiceFault: true,
	CauseConflictRetry: true, CauseNotReplicatedYet: true, CauseAlreadyGranted: true, CauseUnknown: true,
	CauseTokenInvalid: true, CauseRequestMalformed: true, CauseDeliveryDelayed: true,
}

// rank orders incidents: what decides first, then what comes first.
func (i *incident) rank() int {
	r := 0
	switch w := i.best.weight; {
	case w < pageWeight:
		r = 4
	case w < textWeight:
		r = 2
	}
	if followUps[i.best.cause] {
		r++
	}
	return r
}
