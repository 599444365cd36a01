package wizard

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
)

// span is a run of text in one look, perhaps a link.
type span struct {
	text string
	look look
	link string
}

// text makes what a page says safe for this terminal: no control characters,
// one line, and no signs the font may lack.
func (p *pen) text(s string) string {
	safe := true
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			safe = false
			break
		}
	}
	if safe {
		return s
	}
	s = strings.ReplaceAll(clean.Text(s), "\n", " ")
	if p.ascii {
		s = fold.Replace(s)
	}
	return s
}

// mark reads **bold** in s; the rest has the look base.
func (p *pen) mark(s string, base look) []span {
	var out []span
	inside := base
	switch base {
	case plain, dim:
		inside = strong
	case bad:
		inside = badStrong
	case caution:
		inside = cautionStrong
	case accent:
		inside = accentStrong
	}
	parts := strings.Split(p.text(s), "**")
	if len(parts)%2 == 0 { // an unpaired mark is text
		parts[len(parts)-2] += "**" + parts[len(parts)-1]
		parts = parts[:len(parts)-1]
	}
	for i, part := range parts {
		if part == "" {
			continue
		}
		l := base
		if i%2 == 1 {
			l = inside
		}
		out = append(out, span{text: part, look: l})
	}
	return out
}

// draw renders spans on one line.
func (p *pen) draw(spans ...span) string {
	var b strings.Builder
	for _, s := range spans {
		switch {
		case s.link != "":
			b.WriteString(p.styles[s.look].Hyperlink(s.link).Render(s.text))
		case s.look == plain:
			b.WriteString(s.text)
		default:
			b.WriteString(p.styles[s.look].Render(s.text))
		}
	}
	return b.String()
}

// say renders one short text in one look.
func (p *pen) say(l look, s string) string { return p.draw(span{text: p.text(s), look: l}) }

// width returns the cells that spans take.
func width(spans []span) int {
	n := 0
	for _, s := range spans {
		n += ansi.StringWidth(s.text)
	}
	return n
}

// wrap breaks spans into lines of at most w cells, at spaces where it can.
// Runs of spaces stay as they are inside a line.
func wrap(spans []span, w int) [][]span {
	w = max(w, 1)
	var lines [][]span
	var line, word, gap []span
	flush := func() {
		if len(word) == 0 {
			return
		}
		if len(line) > 0 && width(line)+width(gap)+width(word) > w {
			lines = append(lines, line)
			line, gap = nil, nil
		}
		if len(line) > 0 || len(lines) == 0 {
			line = append(line, gap...)
		}
		gap = nil
		for width(line)+width(word) > w { // longer than a whole line
			head, tail := cut(word, w-width(line))
			if len(head) == 0 && len(line) == 0 {
				break // a single character wider than the line: the last cut is drawn away later
			}
			lines = append(lines, append(line, head...))
			line, word = nil, tail
		}
		line = append(line, word...)
		word = nil
	}
	for _, s := range spans {
		for rest := s.text; rest != ""; {
			n := strings.IndexByte(rest, ' ')
			if n == 0 {
				flush()
				n = len(rest) - len(strings.TrimLeft(rest, " "))
				gap = append(gap, span{rest[:n], s.look, s.link})
			} else {
				if n < 0 {
					n = len(rest)
				}
				word = append(word, span{rest[:n], s.look, s.link})
			}
			rest = rest[n:]
		}
	}
	flush()
	if len(line) > 0 {
		lines = append(lines, line)
	}
	return lines
}

// cut parts spans after w cells.
func cut(spans []span, w int) (head, tail []span) {
	for i, s := range spans {
		n := ansi.StringWidth(s.text)
		if n <= w {
			head, w = append(head, s), w-n
			continue
		}
		front := ansi.Truncate(s.text, max(w, 0), "")
		if front != "" {
			head = append(head, span{front, s.look, s.link})
		}
		tail = append(tail, span{s.text[len(front):], s.look, s.link})
		return head, append(tail, spans[i+1:]...)
	}
	return head, nil
}

// para wraps spans to w cells, each line behind an indent of blanks.
func (p *pen) para(spans []span, w, indent int) []string {
	var out []string
	blanks := strings.Repeat(" ", max(indent, 0))
	for _, line := range wrap(spans, w-indent) {
		out = append(out, blanks+p.draw(line...))
	}
	return out
}

// paras renders text of several lines, its signs at the start of a line or
// after a wide gap in their colours. An empty line stays one.
func (p *pen) paras(s string, base look, w int) []string { //nolint:unparam // as para has it
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var out []string
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			out = append(out, "")
			continue
		}
		head := line[:hang(line)]
		cells := ansi.StringWidth(head)
		lines := p.para(p.signs(p.mark(line[len(head):], base)), w, cells)
		if len(lines) > 0 {
			lines[0] = p.say(base, head) + lines[0][cells:]
		}
		out = append(out, lines...)
	}
	return out
}

// hang is how many bytes an item of a list has before its text: "  1  " of
// "  1  Begin", or "  -  ". Its further lines begin below the text.
func hang(line string) int {
	text := strings.TrimLeft(line, " ")
	if len(text) == len(line) {
		return 0
	}
	if item := strings.TrimLeft(text, "0123456789"); len(item) < len(text) && strings.HasPrefix(item, " ") {
		text = strings.TrimLeft(item, " ")
	} else if item, ok := strings.CutPrefix(text, "- "); ok {
		text = strings.TrimLeft(item, " ")
	}
	return len(line) - len(text)
}

// signs gives ✓ ▲ ✗ and their like their colours in running text.
func (p *pen) signs(spans []span) []span {
	var out []span
	for _, s := range spans {
		rest := s.text
		for {
			at, sign, l := -1, "", plain
			for _, c := range []struct {
				sign string
				look look
			}{{p.sym.right, good}, {p.sym.warn, caution}, {p.sym.wrong, bad}} {
				if i := signAt(rest, c.sign); i >= 0 && (at < 0 || i < at) {
					at, sign, l = i, c.sign, c.look
				}
			}
			if at < 0 {
				break
			}
			if at > 0 {
				out = append(out, span{rest[:at], s.look, s.link})
			}
			out = append(out, span{sign, l, ""})
			rest = rest[at+len(sign):]
		}
		if rest != "" {
			out = append(out, span{rest, s.look, s.link})
		}
	}
	return out
}

// signAt finds sign as a word of its own at the start or after two blanks.
func signAt(s, sign string) int {
	if strings.HasPrefix(s, sign+" ") {
		return 0
	}
	if i := strings.Index(s, "  "+sign+" "); i >= 0 {
		return i + 2
	}
	return -1
}

// shorten cuts s to w cells with an ellipsis.
func (p *pen) shorten(s string, w int) string {
	if ansi.StringWidth(s) <= w {
		return s
	}
	if w <= ansi.StringWidth(p.sym.ellipsis) {
		return ansi.Truncate(s, max(w, 0), "")
	}
	return ansi.Truncate(s, w, p.sym.ellipsis)
}

// sides puts right at the right edge of w cells if both fit.
func sides(left, right string, w int) (string, bool) {
	gap := w - ansi.StringWidth(left) - ansi.StringWidth(right)
	if right == "" || gap < 2 {
		return left, right == ""
	}
	return left + strings.Repeat(" ", gap) + right, true
}
