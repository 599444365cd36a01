package diagnose

import (
	"strings"
	"unicode"
)

// The automaton finds letters and digits. A shape then says how they must be
// written: spaces may be wrapped, encoded or doubled and quotes may be of any
// kind, but other punctuation counts, an underscore above all, and a word
// must not be a part of a longer one.

// shape is one wording of the table.
type shape struct {
	symbols             string   // its letters and digits, in lower case
	gaps                []string // what stands between them, as gapOf gives it
	lead, trail         string   // punctuation before the first and after the last
	openStart, openEnd  bool     // it may be a part of a longer word there
	letterBefore, after bool     // its edges are letters or digits, so that they must be a word's
}

// shapeOf reads a wording. A star at an end leaves the word open there.
func shapeOf(w string) shape {
	w = strings.TrimSpace(w)
	s := shape{openStart: strings.HasPrefix(w, "*"), openEnd: strings.HasSuffix(w, "*")}
	w = strings.Trim(w, "*")
	s.symbols = squeezed(w)
	var gap []rune
	n := 0
	for _, r := range w {
		if r < 0x80 && class[r] >= 0 {
			switch g := string(gap); n {
			case 0:
				s.lead = g
			default:
				s.gaps = append(s.gaps, gapOf(gap).text)
			}
			gap = gap[:0]
			n++
			continue
		}
		gap = append(gap, r)
	}
	s.trail = string(gap)
	s.letterBefore, s.after = s.lead == "", s.trail == ""
	return s
}

// gap is what stands between two letters, without what does not count.
type gap struct {
	text    string // punctuation in its order, or one space, or nothing
	quotes  bool
	wrapped bool // by a line end
	foreign bool // only by letters outside ASCII, as when a text was saved in the wrong encoding
}

const longestGap = 48 // runes between two letters of one wording: a wrapped and indented line

func gapOf(runes []rune) gap {
	var out gap
	text := make([]rune, 0, len(runes))
	space := false
	for _, r := range runes {
		switch {
		case isQuote(r):
			out.quotes = true
		case r == '\n' || r == '\r':
			out.wrapped = true
			space = true
		case unicode.IsSpace(r) || r == '+':
			space = true
		case out.wrapped && (r == '>' || r == '|'): // a quoted mail or a table
		case r >= 0x80:
			out.foreign = true
		default:
			text = append(text, r)
		}
	}
	out.text = string(text)
	if out.text == "" && space {
		out.text = " "
	}
	return out
}

func isQuote(r rune) bool {
	switch r {
	case '\'', '"', '`', '’', '‘', '“', '”', '«', '»', '\\':
		return true
	}
	return false
}

// allows says whether g may stand where the table has want.
func (g gap) allows(want string) bool {
	switch {
	case g.text == want:
		return true
	case want == "" && g.wrapped:
		return g.text == " "
	case want == " ":
		return g.foreign && g.text == ""
	}
	return false
}

// fits says whether text[from:to], whose letters are those of the shape, is
// written like it. startsWord says whether a word begins at from.
func (s *shape) fits(text string, from, to int, startsWord bool) bool {
	if s.letterBefore && !s.openStart && !startsWord || s.after && !s.openEnd && !wordEnds(text, to) {
		return false
	}
	if !s.fitsInside(text[from:to]) {
		return false
	}
	return (s.lead == "" || leads(text, from, s.lead)) && (s.trail == "" || trails(text, to, s.trail))
}

func (s *shape) fitsInside(written string) bool {
	var (
		between [longestGap]rune
		n       int // letters so far
		m       int // runes since the last one
	)
	for i := 0; i < len(written); {
		r, next := rune(written[i]), i+1
		if class[written[i]] < 0 {
			r, next = step(written, i)
		}
		i = next
		switch {
		case r == nothing:
		case r < 0x80 && class[r] >= 0:
			if n > 0 && (m > 0 || s.gaps[n-1] != "") && !gapOf(between[:m]).allows(s.gaps[n-1]) {
				return false
			}
			n, m = n+1, 0
		case m == longestGap:
			return false
		default:
			between[m] = r
			m++
		}
	}
	return true
}

const beside = 32 // bytes in which the punctuation beside a wording is looked for

func leads(text string, from int, lead string) bool {
	before := plain(text[max(0, from-beside):from])
	return strings.HasSuffix(withoutSpace(before), withoutSpace(lead))
}

func trails(text string, to int, trail string) bool {
	after := plain(text[to:min(len(text), to+beside)])
	return strings.HasPrefix(withoutSpace(after), withoutSpace(trail))
}

func withoutSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// wordEnds says whether no letter, digit or underscore stands at i.
func wordEnds(text string, i int) bool {
	for i < len(text) {
		if class[text[i]] >= 0 {
			return false
		}
		r, next := step(text, i)
		if r != nothing {
			return !isWordRune(r)
		}
		i = next
	}
	return true
}

func isWordRune(r rune) bool {
	if r < 0x80 {
		return class[r] >= 0 || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// near says whether one of the normalised words stands shortly before or
// after a sign.
func near(text string, start, end int, words []string) bool {
	const before, after = 200, 500
	window := normal(plain(text[max(0, start-before):min(len(text), end+after)]))
	return containsAny(window, words)
}

func containsAny(window string, words []string) bool {
	for _, w := range words {
		if strings.Contains(window, w) {
			return true
		}
	}
	return false
}

// normal makes words comparable: lower case, and one space for everything
// that is no letter or digit, at both ends too.
func normal(s string) string {
	out := make([]byte, 0, len(s)+2)
	out = append(out, ' ')
	for i := range len(s) {
		c := s[i]
		switch {
		case class[c] >= 10:
			out = append(out, byte(class[c]-10)+'a')
		case class[c] >= 0:
			out = append(out, c)
		case isQuote(rune(c)) && i > 0 && i+1 < len(s) && class[s[i-1]] >= 0 && class[s[i+1]] >= 0: // can't
		case out[len(out)-1] != ' ':
			out = append(out, ' ')
		}
	}
	if out[len(out)-1] != ' ' {
		out = append(out, ' ')
	}
	return string(out)
}

// normalised makes wordings comparable with normal texts. A star at the end
// leaves the last word open.
func normalised(words ...string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		if n := normal(w); strings.HasSuffix(w, "*") {
			out[i] = strings.TrimRight(n, " ")
		} else {
			out[i] = n
		}
	}
	return out
}

// Encoded data (an attachment, a key) holds any letters in any order.
const (
	longestRun  = 200 // letters without a break; no prose and no code is written like that
	longestWord = 16  // on average, within such a run
)

// inEncodedRun says whether text[from:to] stands inside such data.
func inEncodedRun(text string, from, to int) bool {
	breaks, length := 1, to-from
	look := func(i, by int) {
		for n := 0; n <= 4*longestRun && i >= 0 && i < len(text); n++ {
			c := text[i]
			switch {
			case class[c] >= 0:
			case c == '+' || c == '/' || c == '-' || c == '_':
				breaks++
			case c == '=':
			default:
				return
			}
			length++
			i += by
		}
	}
	look(from-1, -1)
	look(to, 1)
	return length > longestRun && length/breaks > longestWord
}
