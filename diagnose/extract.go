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
			if count[id] >= maxHits {
				continue
			}
			s := &c.signs[id]
			first := (n - c.lengths[id]) % ring
			if s.atStart && !edge[first] || s.atEnd && !wordEnds(text, to) {
				continue
			}
			if s.anchorsCode {
				numbers := c.numbersAfter(text, to, s.word == "aadsts", int(at[first]))
				if len(numbers) > 0 {
					count[id]++
				}
				found = append(found, numbers...)
				continue
			}
			if s.isCode && !asName(s.word, text[at[first]:to]) {
				continue
			}
			if !strings.Contains(text[at[first]:to+closing(text, to)], s.literal) {
				continue
			}
			if s.with != "" {
				if looked[id] >= maxLooks || !near(text, int(at[first]), to, s.with) {
					looked[id] = min(looked[id]+1, maxLooks)
					continue
				}
			}
			count[id]++
			found = append(found, hit{*s, int(at[first]), to})
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
		case r == nothing || r >= 0x80:
		case class[r] >= 0:
			feed(class[r], i, next)
		default:
			newWord = true
		}
		i = next
	}
	return found
}

// asName says whether the squeezed name is written as one word: neither
// "error":"invalid_request" is ErrorInvalidRequest nor access_denied AccessDenied.
func asName(name, written string) bool {
	if !strings.Contains(name, "_") && strings.Contains(written, "_") {
		return false
	}
	if strings.Contains(written, " ") && !strings.ContainsAny(written, "\r\n") { // a line end may cut a name, a space may not
		return false
	}
	return !strings.ContainsAny(written, "\":=,'")
}

// closing is 1 where a bracket closes the word that ends at i.
func closing(text string, i int) int {
	if i < len(text) && text[i] == ')' {
		return 1
	}
	return 0
}

// near says whether the squeezed word stands shortly before or after a sign.
func near(text string, start, end int, word string) bool {
	const before, after = 200, 500
	return strings.Contains(squeezed(plain(text[max(0, start-before):min(len(text), end+after)])), word)
}

func wordEnds(text string, i int) bool {
	if i >= len(text) {
		return true
	}
	if class[text[i]] >= 0 {
		return false
	}
	r, _ := step(text, i)
	return r < 0 || r >= 0x80 || class[r] < 0
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
