package diagnose

import "strings"

// hit is a sign found in a text.
type hit struct {
	sign
	start, end int // in the text
}

// A log says the same again and again.
const (
	maxHits  = 64  // how often one sign is noted
	maxLooks = 200 // how often the words that a sign needs beside it are looked for in vain
)

// hits finds every sign of the table in text, in one pass over it.
func (c *catalogue) hits(text string) []hit {
	const ring = 256 // longer than any word of the table
	var (
		found   []hit
		state   uint16
		count   = make([]uint8, len(c.signs))
		looked  = make([]uint8, len(c.signs))
		at      [ring]int32 // where the last letters and digits stood
		edge    [ring]bool  // whether a word began there
		n       int
		newWord = true
	)
	feed := func(symbol int8, from, to int) {
		at[n%ring], edge[n%ring] = int32(from), newWord
		newWord = false
		n++
		state = c.find.next[int(state)*symbols+int(symbol)]
		for _, id := range c.find.ends[state] {
			s := &c.signs[id]
			if count[id] >= maxHits || looked[id] >= maxLooks {
				continue
			}
			first := (n - len(s.shape.symbols)) % ring
			start := int(at[first])
			if !s.shape.fits(text, start, to, edge[first]) || inEncodedRun(text, start, to) {
				continue
			}
			if s.with != nil && !near(text, start, to, s.with) {
				looked[id]++
				continue
			}
			more := c.read(s, text, start, to)
			if len(more) > 0 {
				count[id]++
			}
			found = append(found, more...)
		}
	}
	for i := 0; i < len(text); {
		if s := class[text[i]]; s >= 0 {
			feed(s, i, i+1)
			i++
			continue
		}
		r, next := step(text, i)
		switch {
		case r == nothing:
		case r < 0x80 && class[r] >= 0:
			feed(class[r], i, next)
		default:
			newWord = !isWordRune(r)
		}
		i = next
	}
	return found
}

// read makes hits of a sign that was found.
func (c *catalogue) read(s *sign, text string, start, end int) []hit {
	switch {
	case s.anchorsCode:
		return c.numbersAfter(text, end, s.word == "AADSTS", start)
	case s.anchorsMail:
		return authenticationResults(text, start, end)
	}
	return []hit{{*s, start, end}}
}

// numbersAfter reads the codes that follow an anchor: one after AADSTS, a list
// after error_codes. A number that is in no entry counts only after AADSTS.
func (c *catalogue) numbersAfter(text string, i int, sts bool, start int) []hit {
	var out []hit
	const most = 8
	for len(out) < most {
		number, end := c.number(text, i)
		if number == "" {
			break
		}
		s, ok := c.numbers[number]
		if !ok {
			if !sts {
				break
			}
			s = sign{word: number, cause: CauseUnknown, weight: newCodeWeight, isCode: true}
		}
		out = append(out, hit{s, start, end})
		for _, d := range c.details[number] {
			if near(text, start, end, d.with) {
				out = append(out, hit{d, start, end})
			}
		}
		i = end
		if sts {
			break
		}
	}
	return out
}

// number reads the next number of 5 to 9 digits, if nothing but punctuation
// stands before it. A number cut by a line end is read whole where that makes
// a code of the table, or one that a colon follows.
func (c *catalogue) number(text string, i int) (string, int) {
	const far = 40
	var digits []byte
	var cut string // the digits before a line end
	cutEnd, end := i, i
	for from := i; i < len(text) && (len(digits) > 0 || i-from < far); {
		r, next := rune(text[i]), i+1
		if class[text[i]] < 0 {
			r, next = step(text, i)
		}
		switch {
		case r >= '0' && r <= '9' && len(digits) < 10:
			digits = append(digits, byte(r))
			end = next
		case r == nothing || r == '_' && len(digits) > 0:
		case len(digits) == 0 && (r >= 0x80 || class[r] < 0):
		case len(digits) > 0 && cut == "" && (r == '\n' || r == '\r') && i-end < 2:
			cut, cutEnd = string(digits), end
		case cut != "" && len(digits) == len(cut) && strings.ContainsRune(" \t\r\n>|", r) && i-end < far:
		default:
			i = len(text)
			continue
		}
		i = next
	}
	whole := string(digits)
	if cut != "" && cut != whole {
		_, wholeKnown := c.numbers[whole]
		_, cutKnown := c.numbers[cut]
		if !wholeKnown || cutKnown && !strings.HasPrefix(text[end:], ":") {
			whole, end = cut, cutEnd
		}
	}
	if len(whole) < 5 || len(whole) > 9 {
		return "", i
	}
	return whole, end
}

// same says whether h and o are one find.
func (h hit) same(o hit) bool { return h.word == o.word && h.start == o.start && h.cause == o.cause }
