// Package clean makes text from outside safe to look at: no control characters, no hidden ones, no secrets.
//
// It is a room of its own because what servers say (diagnose), what is pasted
// (wizard) and what is logged (main) need the same cleaning.
package clean

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden says whether r is invisible or changes the direction of text: it
// must neither reach the terminal nor count as part of a pasted value.
// The bidirectional controls are those of Unicode TR9, section 2.
func hidden(r rune) bool {
	switch {
	case r == 0x00AD, r == 0x061C, r == 0x180E, r == 0xFEFF, r == utf8.RuneError:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF, r >= 0xFFF9 && r <= 0xFFFB:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

// escape matches what terminals take for commands: CSI and OSC (and the other
// string) sequences, and two-character escapes (ECMA-48).
var escape = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]|" +
	"(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)|" +
	"\x1b[ -/]*[0-~]")

// escapeStarts are the characters one of which begins every escape.
const escapeStarts = "\x1b\u009b\u009d\u0090\u0098\u009e\u009f"

// Text keeps lines and drops escape sequences, control and hidden characters;
// tabs become spaces and every kind of line end a newline.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "")
	if strings.ContainsAny(s, escapeStarts) {
		s = escape.ReplaceAllString(s, "")
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t",
		"    ").Replace(s)
	return strings.Map(func(r rune) rune {
		if r == '\n' || !hidden(r) {
			return r
		}
		return -1
	}, s)
}

// Line is Text on one line, with runs of white space made one space.
func Line(s string) string { return strings.Join(strings.Fields(Text(s)), " ") }

// quotes are the characters that people copy along with a value.
const quotes = "\"'`<>“”‘’«»‹›„‚"

// Pasted cleans what was typed or pasted into a field that holds one line: it
// drops escape sequences, hidden characters and line ends, and the white space
// and quotes around the value. It does not touch what is inside, except that
// inner white space of any kind becomes one space, so that the field can name it.
func Pasted(s string) string {
	return strings.Trim(Line(s), quotes+" ")
}

// secretShape is one way in which secrets are written. Its substring test
// comes first: most texts hold no secret, and the search for a substring costs
// a hundredth of the regular expression.
type secretShape struct {
	substrings []string // one of these is in every match; letters in lower case stand for both cases
	match      *regexp.Regexp
	masked     string
}

// What secrets and tokens look like. A client secret's shape is described by
// the gitleaks rule azure-ad-client-secret, and can have lost its beginning to
// the text before it; a JSON Web Token starts with the base64 of `{"`.
var secretShapes = []secretShape{
	{[]string{"Q~"}, regexp.MustCompile(`[A-Za-z0-9_~.\-]{0,3}[0-9]Q~[A-Za-z0-9_~.\-]{20,}`), "[secret]"},
	{[]string{"eyJ"}, regexp.MustCompile(`eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,4}`), "[secret]"},
	{
		[]string{"secret", "token", "assertion", "device_code", "code_verifier", "user_code", "password"},
		regexp.MustCompile(`(?i)((?:client_?secret|client_assertion|secret_?text|access_token|refresh_token|id_token|` +
			`device_code|code_verifier|user_code|password|assertion)["'\\]*\s*[=:]\s*["'\\]*)[^"'\\\s&,;<}]+`),
		"${1}[secret]",
	},
	{
		[]string{"authorization"},
		regexp.MustCompile(`(?i)(\bauthorization["'\\]*\s*[=:]\s*["'\\]*(?:bearer|basic)\s+)[^"'\\\s,;<]+`),
		"${1}[secret]",
	},
	{[]string{"bearer"}, regexp.MustCompile(`(?i)(\bbearer\s+)[A-Za-z0-9_\-.~+/]{16,}=*`), "${1}[secret]"},
	{[]string{"?code=", "&code="}, regexp.MustCompile(`([?&]code=)[^&\s"'<]+`), "${1}[secret]"},
}

// errorPage is Microsoft's description of a code: the number in its address is
// no sign-in code (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
var errorPage = regexp.MustCompile(`(/error\?)code=(\d{4,9})\b`)

// kept takes the place of code= in such an address while a text is masked.
const kept = "\x00code="

// Masked replaces what looks like a client secret, a token or a code by [secret].
func Masked(s string) string {
	pages := strings.Contains(s, "/error?code=") && !strings.Contains(s, kept)
	if pages {
		s = errorPage.ReplaceAllString(s, "${1}"+kept+"${2}")
	}
	for _, shape := range secretShapes {
		if shape.possible(s) {
			s = shape.match.ReplaceAllString(s, shape.masked)
		}
	}
	if pages {
		s = strings.ReplaceAll(s, kept, "code=")
	}
	return s
}

func (shape *secretShape) possible(s string) bool {
	for _, sub := range shape.substrings {
		if ContainsFold(s, sub) {
			return true
		}
	}
	return false
}

// ContainsFold is strings.Contains where a lower-case first letter of sub
// makes all of its letters stand for both cases, and s and k also for the two
// letters outside ASCII that a regular expression without regard to case takes
// for them (ſ, K). It is the cheap test before such an expression.
func ContainsFold(s, sub string) bool {
	first := sub[0]
	if first < 'a' || first > 'z' {
		return strings.Contains(s, sub)
	}
	pair := string([]byte{first, first - 'a' + 'A'})
	if first == 's' {
		pair += "ſ"
	}
	for {
		i := strings.IndexAny(s, pair)
		if i < 0 {
			return false
		}
		if hasFoldedPrefix(s[i:], sub) {
			return true
		}
		s = s[i+1:]
	}
}

func hasFoldedPrefix(s, sub string) bool {
	for i := range len(sub) {
		switch {
		case s == "":
			return false
		case s[0]|0x20 == sub[i] && sub[i] >= 'a' && sub[i] <= 'z', s[0] == sub[i]:
			s = s[1:]
		case sub[i] == 's' && strings.HasPrefix(s, "ſ"):
			s = s[len("ſ"):]
		case sub[i] == 'k' && strings.HasPrefix(s, "\u212a"):
			s = s[len("\u212a"):]
		default:
			return false
		}
	}
	return true
}
