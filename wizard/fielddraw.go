package wizard

import (
	"strings"
	"unicode/utf8"

	"palmail/steps"
)

// drawLabel draws the field's label in a column of w cells.
func (f *field) drawLabel(p *pen, focused bool, w int) string {
	l := dim
	if focused {
		l = accent
	}
	text := p.shorten(p.text(f.def.Label), w)
	return p.render(span{text: text, look: l}) + strings.Repeat(" ", max(w-cells(text), 0))
}

// draw draws the content of the field in at most w cells and returns the cursor's
// column in it.
func (f *field) draw(p *pen, focused bool, w int) (line string, cursor int) {
	switch {
	case f.def.Kind == steps.PickField:
		return f.drawOptions(p, focused, w)
	case f.def.Kind == steps.LongField:
		return f.long.draw(p, f.def.Hint, w)
	case f.frozen > 0:
		return f.drawMasked(p, f.frozen, f.frozen, focused, w)
	case f.value == "":
		return p.styled(dim, p.shorten(p.text(f.def.Hint), w)), 0
	case f.def.Kind == steps.SecretField:
		return f.drawMasked(p, f.runes, f.editor.Position(), focused, w)
	case !focused:
		return p.shorten(f.value, w), 0
	}
	before, after := f.value, ""
	if pos := f.editor.Position(); pos < f.runes {
		at := len(string([]rune(f.value)[:pos]))
		before, after = f.value[:at], f.value[at:]
	}
	before = last(before, w-1)
	return before + first(after, w-cells(before)), cells(before)
}

// drawMasked draws one sign for each of n hidden characters, with the cursor
// before the one at pos.
func (f *field) drawMasked(p *pen, n, pos int, focused bool, w int) (line string, cursor int) {
	if !focused {
		return p.shorten(strings.Repeat(p.sym.mask, min(n, w+1)), w), 0
	}
	scrolled := max(pos-max(w-1, 0), 0) // signs to the left of the visible part
	return strings.Repeat(p.sym.mask, min(n-scrolled, w)), pos - scrolled
}

// last returns the end of s that takes at most w cells. It looks at no more of
// s than that, since it is called for each letter typed.
func last(s string, w int) string {
	from := len(s)
	for used := 0; from > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:from])
		if used += runeCells(r); used > w {
			break
		}
		from -= size
	}
	for cells(s[from:]) > w { // characters can be wider together than one by one
		_, size := utf8.DecodeRuneInString(s[from:])
		from += size
	}
	return s[from:]
}

// first returns the beginning of s that takes at most w cells, and looks at
// little more of s.
func first(s string, w int) string {
	used := 0
	for i, r := range s {
		if used += runeCells(r); used > w {
			return truncate(s[:i], w)
		}
	}
	return truncate(s, w)
}

func runeCells(r rune) int {
	if r < utf8.RuneSelf || narrow(r) {
		return 1
	}
	return cells(string(r))
}

// drawOptions draws the options, the selected one between marks, and only that
// one if not all fit.
func (f *field) drawOptions(p *pen, focused bool, w int) (line string, cursor int) {
	l := strong
	if focused {
		l = accentStrong
	}
	picked := func(o string) span { return span{text: p.sym.pickLeft + p.text(o) + p.sym.pickRight, look: l} }
	var spans []span
	for i, o := range f.def.Options {
		if i == f.selected {
			cursor = width(spans)
			spans = append(spans, picked(o), span{text: " "})
		} else {
			spans = append(spans, span{text: " " + p.text(o) + "  "})
		}
	}
	if width(spans) <= w || len(f.def.Options) == 0 {
		return p.render(spans...), cursor
	}
	count := "  " + itoa(f.selected+1) + " of " + itoa(len(f.def.Options))
	one := picked(f.def.Options[f.selected])
	one.text = p.shorten(one.text, max(w-len(count), 1))
	return truncate(p.render(one, span{text: count, look: dim}), w), 0
}
