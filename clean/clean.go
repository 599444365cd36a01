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

// Text keeps lines and drops escape sequences, control and hidden characters;
// tabs become spaces and every kind of line end a newline.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = escape.ReplaceAllString(s, "")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", "    ").Replace(s)
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

// What secrets and tokens look like. A client secret's shape is described by
// the gitleaks rule azure-ad-client-secret, and may have lost its beginning to
// whatever stood before it; a JSON Web Token starts with the base64 of `{"`.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`[A-Za-z0-9_~.\-]{0,3}[0-9]Q~[A-Za-z0-9_~.\-]{20,}`),
	regexp.MustCompile(`eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,4}`),
}

var named = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:client_?secret|client_assertion|secret_?text|access_token|refresh_token|id_token|device_code|code_verifier|user_code|password|assertion)["'\\]*\s*[=:]\s*["'\\]*)[^"'\\\s&,;<}]+`),
	regexp.MustCompile(`(?i)(\bauthorization["'\\]*\s*[=:]\s*["'\\]*(?:bearer|basic)\s+)[^"'\\\s,;<]+`),
	regexp.MustCompile(`(?i)(\bbearer\s+)[A-Za-z0-9_\-.~+/]{16,}=*`),
	regexp.MustCompile(`([?&]code=)[^&\s"'<]+`),
}

// Masked replaces what looks like a client secret, a token or a code by [secret].
func Masked(s string) string {
	for _, r := range secrets {
		s = r.ReplaceAllString(s, "[secret]")
	}
	for _, r := range named {
		s = r.ReplaceAllString(s, "${1}[secret]")
	}
	return s
}
