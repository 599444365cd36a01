package diagnose

import (
	"regexp"
	"strings"
	"time"
)

// nearIDs are what a support ticket needs, and the ids that the message names.
type nearIDs struct {
	request, correlation, time string
	app, directory             string
	mailbox                    string // whose address a call named
	missingMailbox             bool   // the resource that does not exist is a mail address
}

var (
	lineEnd = regexp.MustCompile(`[\r\n]+[ \t>|]*`)
	idLabel = regexp.MustCompile(`(?i)client[-_ +]?request[-_ +]?id|` +
		`correlation[-_ +]?id|request[-_ +]?id|trace[-_ +]?id`)
	// The token endpoint says "Timestamp: 2022-06-18 03:16:39Z", Graph
	// "date": "2020-10-12T20:26:23", both in UTC
	// (https://learn.microsoft.com/graph/errors).
	timeLabel = regexp.MustCompile(`(?i)(?:timestamp|\bdate|utc)["'\\ +]*[:=]?["'\\ +]*` +
		`(\d{4}-\d\d-\d\d)[Tt +]*(\d\d:\d\d:\d\d)`)
	headerTime = regexp.MustCompile(`(?i)\bdate\W{1,6}` +
		`((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)`)
	appNamed = regexp.MustCompile(`(?i)(?:application with identifier|application|app)[\s+'"(]*` +
		`([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)
	mailboxNamed = regexp.MustCompile(`(?i)\bresource\s+'?[^\s'@]+@[^\s']+'?\s+does\s+not\s+exist`)
	callNamed    = regexp.MustCompile(`(?i)/users/([a-z0-9._'+-]{1,64}@[a-z0-9.-]{3,255}\.[a-z]{2,24})/`)
	guid         = regexp.MustCompile(`^(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	tenantNamed  = regexp.MustCompile(`(?i)(?:director(?:y|ies)|tenant)[\s+'"(]*` +
		`([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)
)

// idsNear reads ids out of what follows a sign, and else out of what comes
// before it.
func idsNear(before, after string) nearIDs {
	after = plain(after)
	out := idsIn(after)
	if out.request != "" && out.correlation != "" && out.time != "" {
		return out
	}
	earlier := idsIn(plain(before))
	earlier.app, earlier.directory, earlier.mailbox = "", "", ""
	out.fill(earlier)
	return out
}

// idsIn looks twice: the second time with the lines joined, for labels and
// times that a line end cuts.
func idsIn(s string) nearIDs {
	out := idsInLines(s)
	if (out.request == "" || out.correlation == "" || out.time == "") && strings.Contains(s, "\n") {
		out.fill(idsInLines(lineEnd.ReplaceAllString(s, "")))
	}
	return out
}

func (n *nearIDs) fill(from nearIDs) {
	for _, p := range []struct{ to, from *string }{
		{&n.request, &from.request}, {&n.correlation, &from.correlation}, {&n.time, &from.time},
		{&n.app, &from.app}, {&n.directory, &from.directory}, {&n.mailbox, &from.mailbox},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
}

func idsInLines(s string) (out nearIDs) {
	for _, at := range idLabel.FindAllStringIndex(s, 32) {
		to := &out.request
		switch s[at[0]] {
		case 'c', 'C':
			to = &out.correlation
		}
		if *to == "" {
			*to = guidAfter(s[at[1]:])
		}
	}
	if m := timeLabel.FindStringSubmatch(s); m != nil {
		out.time = rfc3339("2006-01-02T15:04:05", m[1]+"T"+m[2])
	} else if m := headerTime.FindStringSubmatch(s); m != nil {
		out.time = rfc3339(time.RFC1123, m[1])
	}
	if m := appNamed.FindStringSubmatch(s); m != nil {
		out.app = strings.ToLower(m[1])
	}
	if m := tenantNamed.FindStringSubmatch(s); m != nil {
		out.directory = strings.ToLower(m[1])
	}
	if m := callNamed.FindStringSubmatch(s); m != nil {
		out.mailbox = m[1]
	}
	out.missingMailbox = mailboxNamed.MatchString(s)
	return out
}

func rfc3339(layout, s string) string {
	t, err := time.Parse(layout, s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// guidAfter reads the GUID that follows a label, even where a line end cuts it.
func guidAfter(s string) string {
	const far = 16 // bytes between the label and its value
	i := 0
	for i < len(s) && i < far && class[s[i]] < 0 {
		i++
	}
	out := make([]byte, 0, 36)
	for skipped := 0; i < len(s) && len(out) < 36 && skipped < 40; i++ {
		c := s[i]
		n := len(out)
		dash := n == 8 || n == 13 || n == 18 || n == 23
		switch {
		case dash && c == '-', !dash && class[c] >= 0 && class[c] < 16:
			out = append(out, c)
		case strings.IndexByte("\r\n\t >|", c) >= 0:
			skipped++
		default:
			return ""
		}
	}
	if len(out) < 36 {
		return ""
	}
	return strings.ToLower(string(out))
}

// outsideID returns an id that came in a header when it has the shape of one, a
// GUID, and else nothing: whatever else stands there is not read out to support.
func outsideID(s string) string {
	const longest = 100
	if s = strings.TrimSpace(bounded(s, longest)); !guid.MatchString(s) {
		return ""
	}
	return s
}

var codeField = regexp.MustCompile(`(?i)\b(?:error_?)?code["']?\s*[:=]\s*["']?([A-Za-z][A-Za-z]+(?:[_.][A-Za-z]+)*)`)

// unlistedCodes are codes that no table knows, as the answer names them.
func (r *reading) unlistedCodes(i *incident) []string {
	var out []string
	for _, m := range codeField.FindAllStringSubmatch(plain(r.text[i.from:i.to]), 4) {
		const longest = 80
		if len(m[1]) > 4 && len(m[1]) <= longest && isName(m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
