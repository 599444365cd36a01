package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"palmail/clean"
)

const (
	maxRaw   = 8 << 10 // bytes of text that a Finding keeps
	hostLine = "Host: "
)

// Support is what to put into a ticket: title, cause, codes, ids, time and the
// cleaned text, which names the host where one is known. It holds no secret.
func (f Finding) Support() string {
	if f.Cause == "" {
		return ""
	}
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			b.WriteString(label + ": " + hide(clean.Line(value)) + "\n")
		}
	}
	b.WriteString(hide(clean.Line(f.Title)) + "\n")
	line("Cause", string(f.Cause))
	line("Codes", strings.Join(f.Codes, ", "))
	line("Request ID", f.RequestID)
	line("Correlation ID", f.CorrelationID)
	line("Time", f.Time)
	if raw := strings.TrimSpace(hide(clean.Text(f.Raw))); raw != "" {
		b.WriteString("\n" + raw + "\n")
	}
	return b.String()
}

// rawAround is the text around at: cleaned, masked and bounded. What must be
// masked can begin before the piece, so the piece is cut from a larger one
// and what could be the rest of a cut secret is left out.
func rawAround(text string, at int) string {
	const before, after = maxRaw, 2 * maxRaw
	from, to := max(0, at-before), min(len(text), at+after)
	if from > 0 {
		from += cutToken(text[from:to])
	}
	piece := hide(clean.Text(text[from:to]))
	if to < len(text) {
		piece = piece[:len(piece)-lastToken(piece)]
	}
	lead := len(hide(clean.Text(text[from:max(from, at)])))
	if len(piece) > maxRaw {
		start := max(0, min(lead-maxRaw/4, len(piece)-maxRaw))
		for start > 0 && start < len(piece) && !utf8.RuneStart(piece[start]) {
			start++
		}
		piece = piece[start:]
	}
	return strings.TrimSpace(bounded(piece, maxRaw))
}

// cutToken is how much at the start of s can be the end of something longer:
// up to the first line end, or else the first white space.
func cutToken(s string) int {
	if n := strings.IndexByte(s[:min(len(s), maxRaw/2)], '\n'); n >= 0 {
		return n + 1
	}
	if n := strings.IndexAny(s, " \t\n"); n >= 0 {
		return n + 1
	}
	return len(s)
}

func lastToken(s string) int {
	return len(s) - 1 - strings.LastIndexAny(s, " \n\"'")
}

// bounded cuts s to at most n bytes, between characters.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// codedShape is a way to write a secret that clean.Masked cannot see.
type codedShape struct {
	substrings []string // one of these is in every match
	match      *regexp.Regexp
}

// coded are a secret whose name is followed by an encoded = or :, and values
// and tokens that a line end cuts.
var coded = sync.OnceValue(func() []codedShape {
	const (
		name = `(?i)((?:client_?secret|client_assertion|secret_?text|access_token|` +
			`refresh_token|id_token|device_code|password)`
		quote = `(?:%(?:25)*2[27]|&(?:amp;)*(?:quot|#34|#39);|\\*u002[27]|["'\\\s])*`
		sign  = `(?:%(?:25)*3[ad]|\\*u003[ad]|[:=])`
	)
	return []codedShape{
		{
			[]string{"secret", "token", "assertion", "device_code", "password"},
			regexp.MustCompile(name + quote + sign + quote + `)[^\s"'&<,;%\\\[][^\s"'&<,;]*`),
		},
		{
			[]string{"Q~"},
			regexp.MustCompile(`()[A-Za-z0-9_~.\-]{0,3}[0-9]Q~[A-Za-z0-9_~.\-]{0,60}\n[ \t>|]*[A-Za-z0-9_~.\-]+`),
		},
		{[]string{"eyJ"}, regexp.MustCompile(`()eyJ[A-Za-z0-9_.\-]{8,}(?:\n[ \t>|]*[A-Za-z0-9_.\-]{20,})+`)},
	}
})

// hide masks secrets, encoded and wrapped ones too.
func hide(s string) string {
	for _, shape := range coded() {
		if slices.ContainsFunc(shape.substrings, func(sub string) bool { return clean.ContainsFold(s, sub) }) {
			s = shape.match.ReplaceAllString(s, "${1}[secret]")
		}
	}
	return clean.Masked(s)
}
