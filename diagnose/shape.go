package diagnose

import (
	"strings"
	"unicode"
)

// The automaton finds letters and digits. A shape then says how they must be
// written: spaces can be wrapped, encoded or doubled and quotes can be of any
// kind, but other punctuation counts, an underscore above all, and a word
// must not be a part of a longer one.

// shape is one wording of the table.
type shape struct {
	symbols            string // its letters and digits, in lower case
	core               string // the wording from its first letter to its last
	lead, trail        string // punctuation before and after that
	openStart, openEnd bool   // it can be a part of a longer word there
}

// shapeOf reads a wording. A star at an end leaves the word open there.
func shapeOf(w string) shape {
	w = strings.TrimSpace(w)
	s := shape{openStart: strings.HasPrefix(w, "*"), openEnd: strings.HasSuffix(w, "*")}
	w = strings.Trim(w, "*")
	s.symbols = squeezed(w)
	first, last := strings.IndexFunc(w, isSymbol), strings.LastIndexFunc(w, isSymbol)
	s.lead, s.core, s.trail = w[:first], w[first:last+1], w[last+1:]
	return s
}

// isSymbol says whether the automaton sees r.
func isSymbol(r rune) bool { return r < 0x80 && class[r] >= 0 }

// gap is what stands between two letters.
type gap struct {
	marks   [8]rune // punctuation in its order
	n       int     // how much there is
	space   bool
	quotes  bool
	wrapped bool // by a line end
	foreign bool // letters outside ASCII, also such as an encoding error leaves
}

func (g *gap) add(r rune) {
	switch {
	case isQuote(r):
		g.quotes = true
	case r == '\n' || r == '\r':
		g.wrapped, g.space = true, true
	case unicode.IsSpace(r) || r == '+':
		g.space = true
	case g.wrapped && (r == '>' || r == '|'): // a quoted mail or a table
	case r >= 0x80:
		g.foreign = true
	case g.n < len(g.marks):
		g.marks[g.n] = r
		g.n++
	default:
		g.n = len(g.marks) + 1 // more than any wording has
	}
}

func isQuote(r rune) bool {
	switch r {
	case '\'', '"', '`', '’', '‘', '“', '”', '«', '»', '\\':
		return true
	}
	return false
}

// allows says whether g can stand where the table has want.
func (g *gap) allows(want *gap) bool {
	switch {
	case g.n != want.n || g.marks != want.marks:
		return false
	case g.n > 0:
		return true
	case want.space:
		return g.space || g.foreign
	case g.space && !g.wrapped:
		return false
	}
	return !g.foreign || want.foreign || want.quotes
}

// fits says whether text[from:to], whose letters are those of the shape, is
// written like it. startsWord says whether a word begins at from.
func (s *shape) fits(text string, from, to int, startsWord bool) bool {
	if s.lead == "" && !s.openStart && !startsWord || s.trail == "" && !s.openEnd && !wordEnds(text, to) {
		return false
	}
	if !s.fitsInside(text[from:to]) {
		return false
	}
	return (s.lead == "" || leads(text, from, s.lead)) && (s.trail == "" || trails(text, to, s.trail))
}

// longestGap is how many bytes stand at most between two letters of one
// wording: a line end and the indentation after it.
const longestGap = 200

// fitsInside walks through the wording and the text together, from letter to
// letter.
func (s *shape) fitsInside(written string) bool {
	core := s.core
	for {
		core, written = core[1:], afterSymbol(written)
		if core == "" {
			return true
		}
		var want, got gap
		core = core[gapIn(core, &want):]
		n := gapIn(written, &got)
		if n > longestGap || !got.allows(&want) {
			return false
		}
		written = written[n:]
	}
}

// afterSymbol is s without the letter it begins with, which can be encoded.
func afterSymbol(s string) string {
	if class[s[0]] >= 0 {
		return s[1:]
	}
	_, n := step(s, 0)
	return s[n:]
}

// gapIn reads what stands before the next letter in s and returns how long it
// is. What would be too long for a gap is not read to its end.
func gapIn(s string, g *gap) int {
	i := 0
	for i < len(s) && i <= longestGap && class[s[i]] < 0 {
		r, next := step(s, i)
		if r != nothing {
			if isSymbol(r) {
				break
			}
			g.add(r)
		}
		i = next
	}
	return i
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
