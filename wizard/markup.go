package wizard

import (
	"slices"
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

// text makes a page's text safe for this terminal: one line, without control
// characters and signs that its font is likely to lack.
func (p *pen) text(s string) string {
	if !harmless(s) {
		s = strings.ReplaceAll(clean.Text(s), "\n", " ")
	}
	if p.ascii && !printableASCII(s) {
		s = fold.Replace(s)
	}
	return s
}

// harmless says whether s has only characters that clean.Text keeps as they
// are, as most texts do.
func harmless(s string) bool {
	for _, r := range s {
		if (r < ' ' || r >= 0x7f) && !narrow(r) {
			return false
		}
	}
	return true
}

// spans splits s at its **bold** parts; the rest has the look base.
func (p *pen) spans(s string, base look) []span {
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

// render draws spans on one line.
func (p *pen) render(spans ...span) string {
	if len(spans) == 1 && spans[0].look == plain && spans[0].link == "" {
		return spans[0].text
	}
	var b strings.Builder
	for _, s := range spans {
		if s.link != "" {
			b.WriteString(ansi.SetHyperlink(s.link))
		}
		if on := p.on[s.look]; on == "" {
			b.WriteString(s.text)
		} else {
			b.WriteString(on)
			b.WriteString(s.text)
			b.WriteString(ansi.ResetStyle)
		}
		if s.link != "" {
			b.WriteString(ansi.ResetHyperlink())
		}
	}
	return b.String()
}

// styled draws one short text in one look.
func (p *pen) styled(l look, s string) string { return p.render(span{text: p.text(s), look: l}) }

// wrapped wraps spans to w cells, each line behind an indent of blanks.
func (p *pen) wrapped(spans []span, w, indent int) []string {
	var out []string
	blanks := strings.Repeat(" ", max(indent, 0))
	for _, line := range wrap(spans, w-indent) {
		out = append(out, blanks+p.render(line...))
	}
	return out
}

// drawnText says which text was drawn how.
type drawnText struct {
	text          string
	look          look
	width, indent int
	paragraphs    bool
}

// mostDrawn is how many texts a pen remembers, enough for any one screen.
const mostDrawn = 100

// remember returns the lines of a text that was drawn before, or else draws
// them: a screen is drawn at several densities, and again for each key.
func (p *pen) remember(t drawnText, draw func() []string) []string {
	lines, ok := p.drawn[t]
	if !ok {
		if p.drawn == nil || len(p.drawn) >= mostDrawn {
			p.drawn = map[drawnText][]string{}
		}
		lines = slices.Clip(draw())
		p.drawn[t] = lines
	}
	return lines
}

// paragraph draws a text with its bold parts in w cells. It must hold no
// secret, since it is remembered, and its lines must not be changed.
func (p *pen) paragraph(s string, base look, w, indent int) []string {
	if s == "" {
		return nil
	}
	return p.remember(drawnText{s, base, w, indent, false}, func() []string {
		return p.wrapped(p.spans(s, base), w, indent)
	})
}

// paragraphs draws text of several lines, with signs at the start of a line or
// after a wide gap in their colours. An empty line stays one. What paragraph
// asks of its text holds here too.
func (p *pen) paragraphs(s string, base look, w int) []string { //nolint:unparam // as paragraph has it
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return p.remember(drawnText{s, base, w, 0, true}, func() []string {
		var out []string
		for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
			if strings.TrimSpace(line) == "" {
				out = append(out, "")
				continue
			}
			head := line[:hang(line)]
			lines := p.wrapped(p.colourSigns(p.spans(line[len(head):], base)), w, len(head))
			if len(lines) > 0 {
				lines[0] = p.styled(base, head) + lines[0][len(head):]
			}
			out = append(out, lines...)
		}
		return out
	})
}

// hang is how many bytes, all of them one cell wide, an item of a list has
// before its text: "  1  " of "  1  Begin", or "  -  ". Its further lines begin below the text.
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

// colourSigns gives the signs ✓ ▲ ✗ in running text their colours.
func (p *pen) colourSigns(spans []span) []span {
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

// signAt returns where sign stands as a word of its own, at the start or after
// two blanks; -1 if it does not.
func signAt(s, sign string) int {
	if strings.HasPrefix(s, sign+" ") {
		return 0
	}
	if i := strings.Index(s, "  "+sign+" "); i >= 0 {
		return i + 2
	}
	return -1
}

// sides puts right at the right edge of w cells if both fit.
func sides(left, right string, w int) (string, bool) {
	gap := w - cells(left) - cells(right)
	if right == "" || gap < 2 {
		return left, right == ""
	}
	return left + strings.Repeat(" ", gap) + right, true
}
