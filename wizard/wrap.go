package wizard

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cells returns how many cells s takes, without its control sequences. ASCII and
// the screens' own signs are counted without the width tables.
func cells(s string) int {
	n := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= ' ' && c < 0x7f:
			n++
			i++
		case c == ansi.ESC:
			end := sequence(s[i:])
			if end == 0 {
				return ansi.StringWidth(s)
			}
			i += end
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !narrow(r) {
				return ansi.StringWidth(s)
			}
			n++
			i += size
		}
	}
	return n
}

// sequence returns the length of the style or hyperlink that s begins with, 0
// for any other control sequence.
func sequence(s string) int {
	switch {
	case strings.HasPrefix(s, "\x1b["):
		end := 2 + len(s[2:]) - len(strings.TrimLeft(s[2:], "0123456789;:"))
		if end < len(s) && s[end] == 'm' {
			return end + 1
		}
	case strings.HasPrefix(s, "\x1b]8;"):
		return strings.IndexByte(s, ansi.BEL) + 1
	}
	return 0
}

// narrow returns whether r is one of the common characters that always take one
// cell, whatever stands beside them.
func narrow(r rune) bool {
	switch {
	case r >= 0xa1 && r <= 0xff: // Latin-1
		return r != 0xad
	case r >= 0x2500 && r <= 0x257f: // box drawing
		return true
	case r >= 0x2800 && r <= 0x28ff: // braille patterns, of the spinner
		return true
	}
	return strings.ContainsRune("…•✓✗▲❯●○‹›—–‘’“”→←↑↓", r)
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// truncate cuts s to w cells.
func truncate(s string, w int) string {
	w = max(w, 0)
	if printableASCII(s) {
		return s[:min(len(s), w)]
	}
	return ansi.Truncate(s, w, "")
}

// shorten cuts s to w cells with an ellipsis.
func (p *pen) shorten(s string, w int) string {
	if cells(s) <= w {
		return s
	}
	if w <= cells(p.sym.ellipsis) {
		return truncate(s, w)
	}
	return ansi.Truncate(s, w, p.sym.ellipsis)
}

// width returns the cells that spans take.
func width(spans []span) int {
	n := 0
	for _, s := range spans {
		n += cells(s.text)
	}
	return n
}

// place is a position in spans: a byte of one of them.
type place struct{ span, byte int }

// wrap breaks spans into lines of at most w cells, at spaces where it can.
// Runs of spaces stay as they are inside a line and at the start of the first.
func wrap(spans []span, w int) [][]span {
	w = max(w, 1)
	var lines [][]span
	var from, at place // the line begins at from; everything before at is read
	used := 0          // cells of the line before at
	empty := true
	for {
		gap := at
		word, gapWidth := skip(spans, gap, true)
		end, wordWidth := skip(spans, word, false)
		if end == word {
			break
		}
		if !empty && used+gapWidth+wordWidth > w {
			lines = append(lines, between(spans, from, gap))
			empty = true
		}
		switch {
		case !empty:
			used += gapWidth
		case len(lines) == 0:
			from, used = gap, gapWidth
		default:
			from, used = word, 0
		}
		at = word
		for used+wordWidth > w { // longer than a whole line
			next := advance(spans, at, w-used)
			line := between(spans, from, next)
			if len(line) == 0 {
				break // a single character wider than the line, which View cuts off
			}
			lines = append(lines, line)
			from, at, used = next, next, 0
			_, wordWidth = skip(spans, at, false)
		}
		at, used, empty = end, used+wordWidth, from == end
	}
	if !empty {
		lines = append(lines, between(spans, from, at))
	}
	return lines
}

// skip goes past a run of spaces, or past one of other characters, and returns
// its end and its cells.
func skip(spans []span, at place, spaces bool) (end place, n int) {
	for at.span < len(spans) {
		rest := spans[at.span].text[at.byte:]
		run := len(rest)
		if spaces {
			run -= len(strings.TrimLeft(rest, " "))
		} else if i := strings.IndexByte(rest, ' '); i >= 0 {
			run = i
		}
		n += cells(rest[:run])
		if run < len(rest) {
			return place{at.span, at.byte + run}, n
		}
		at = place{at.span + 1, 0}
	}
	return at, n
}

// advance goes over at most n cells.
func advance(spans []span, at place, n int) place {
	for at.span < len(spans) {
		rest := spans[at.span].text[at.byte:]
		if c := cells(rest); c <= n {
			at, n = place{at.span + 1, 0}, n-c
			continue
		}
		return place{at.span, at.byte + len(truncate(rest, n))}
	}
	return at
}

// between returns the part of spans between two places.
func between(spans []span, from, to place) []span {
	part := make([]span, 0, to.span-from.span+1)
	for i := from.span; i <= to.span && i < len(spans); i++ {
		s := spans[i]
		if i == to.span {
			s.text = s.text[:to.byte]
		}
		if i == from.span {
			s.text = s.text[from.byte:]
		}
		if s.text != "" {
			part = append(part, s)
		}
	}
	return part
}
