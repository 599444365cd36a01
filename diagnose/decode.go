package diagnose

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Pasted errors arrive quoted: JSON inside JSON, percent-encoded, HTML-escaped,
// coloured, wrapped. Undoing that level by level would cost a pass for each and
// invite texts that unfold for ever, so one pass undoes any depth at once: a
// run of backslashes, of %25 or of &amp; counts as one.

// class gives a letter or digit its symbol, 0 to 35, without regard to case;
// everything else has -1.
var class = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = int8(c - '0')
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c] = int8(c-'a') + 10
		t[c-'a'+'A'] = int8(c-'a') + 10
	}
	return t
}()

// nothing is what step returns for bytes that stand for no character.
const nothing rune = -1

// step decodes what starts at s[i], which is no letter or digit, and returns
// the character it stands for and where the next one starts.
func step(s string, i int) (rune, int) {
	switch c := s[i]; {
	case c == '\\':
		return backslash(s, i)
	case c == '%':
		return percent(s, i)
	case c == '&':
		return entity(s, i)
	case c == '`' && strings.HasPrefix(s[i:], "`r`n"): // PowerShell's escapes
		return '\n', i + 4
	case c == 0x1b:
		return nothing, escapeEnd(s, i+1)
	case c == 0xc2 && i+1 < len(s) && s[i+1] == 0x9b: // the one-character form of ESC [
		return nothing, sequenceEnd(s, i+2)
	case c == 0:
		return nothing, i + 1
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(s[i:])
		return r, i + n
	default:
		return rune(c), i + 1
	}
}

func backslash(s string, i int) (rune, int) {
	j := i
	for j < len(s) && s[j] == '\\' {
		j++
	}
	rest := s[j:]
	switch {
	case rest == "":
		return nothing, j
	case rest[0] == 'n' || rest[0] == 'r':
		return '\n', j + 1
	case rest[0] == 't':
		return ' ', j + 1
	case strings.HasPrefix(rest, "x1b") || strings.HasPrefix(rest, "x1B") || strings.HasPrefix(rest, "033"):
		return nothing, escapeEnd(s, j+3)
	case strings.HasPrefix(rest, "e["):
		return nothing, escapeEnd(s, j+1)
	case rest[0] == 'u':
		v, ok := hex(rest[1:], 4)
		switch {
		case !ok:
			return '\\', j
		case v == 0x1b:
			return nothing, escapeEnd(s, j+5)
		}
		return v, j + 5
	case class[rest[0]] < 0 && rest[0] < utf8.RuneSelf && rest[0] != '%' && rest[0] != '&' && rest[0] != 0x1b:
		return rune(rest[0]), j + 1
	}
	return '\\', j
}

func percent(s string, i int) (rune, int) {
	j := i + 1
	for strings.HasPrefix(s[j:], "25") {
		j += 2
	}
	if v, ok := hex(s[j:], 2); ok {
		return v, j + 2
	}
	return '%', j
}

var entities = map[string]rune{"quot": '"', "apos": '\'', "lt": '<', "gt": '>', "nbsp": ' '}

func entity(s string, i int) (rune, int) {
	j := i + 1
	for strings.HasPrefix(s[j:], "amp;") {
		j += 4
	}
	end := strings.IndexByte(s[j:min(len(s), j+8)], ';')
	if end < 1 {
		return '&', j
	}
	name := s[j : j+end]
	if r, ok := entities[name]; ok {
		return r, j + end + 1
	}
	if name[0] != '#' {
		return '&', j
	}
	v, base := rune(0), rune(10)
	digits := name[1:]
	if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
		base, digits = 16, digits[1:]
	}
	for _, d := range []byte(digits) {
		n := rune(class[d])
		if n < 0 || n >= base {
			return '&', j
		}
		v = v*base + n
	}
	if v == 0 || v > utf8.MaxRune {
		return nothing, j + end + 1
	}
	return v, j + end + 1
}

func hex(s string, n int) (v rune, ok bool) {
	if len(s) < n {
		return 0, false
	}
	for _, c := range []byte(s[:n]) {
		d := rune(class[c])
		if d < 0 || d > 15 {
			return 0, false
		}
		v = v<<4 | d
	}
	return v, true
}

// escapeEnd returns where a terminal sequence ends; i is just after its ESC.
func escapeEnd(s string, i int) int {
	switch {
	case i >= len(s):
		return i
	case s[i] == '[':
		return sequenceEnd(s, i+1)
	case s[i] == ']':
		const longest = 2048
		for j := i + 1; j < min(len(s), i+longest); j++ {
			if s[j] == 0x07 {
				return j + 1
			}
			if s[j] == 0x1b {
				return min(len(s), j+2)
			}
		}
	}
	return i + 1
}

func sequenceEnd(s string, i int) int {
	for j := i; j < min(len(s), i+32); j++ {
		switch c := s[j]; {
		case c >= 0x40 && c <= 0x7e:
			return j + 1
		case c < 0x20:
			return j
		}
	}
	return i
}

// plain is s with all of its escapes undone. It is meant for a piece of a
// text, not for the whole of a large one.
func plain(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if class[s[i]] >= 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		r, next := step(s, i)
		if r != nothing {
			b.WriteRune(r)
		}
		i = next
	}
	return b.String()
}

// fromUTF16 turns text that was saved as UTF-16, as PowerShell's > does, into
// UTF-8; other text it returns as it is.
func fromUTF16(s string) string {
	if len(s) < 4 {
		return s
	}
	little := strings.HasPrefix(s, "\xff\xfe")
	big := strings.HasPrefix(s, "\xfe\xff")
	if !little && !big {
		var even, odd int
		look := s[:min(len(s), 512)]
		for i := 0; i < len(look); i++ {
			if look[i] == 0 && i%2 == 0 {
				even++
			} else if look[i] == 0 {
				odd++
			}
		}
		little, big = odd*3 > len(look), even*3 > len(look)
		if little == big {
			return s
		}
	}
	var b strings.Builder
	b.Grow(len(s) / 2)
	unit := func(i int) rune {
		if little {
			return rune(s[i]) | rune(s[i+1])<<8
		}
		return rune(s[i])<<8 | rune(s[i+1])
	}
	for i := 0; i+1 < len(s); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) && i+3 < len(s) {
			if both := utf16.DecodeRune(r, unit(i+2)); both != utf8.RuneError {
				r = both
				i += 2
			}
		}
		if r != 0xfeff {
			b.WriteRune(r)
		}
	}
	return b.String()
}
