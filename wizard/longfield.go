package wizard

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
	"palmail/steps"
)

// editLong gives a key to a field of many lines, which is pasted as a rule:
// typing adds at the end, ctrl+u empties it.
func (f *field) editLong(k tea.KeyPressMsg) bool {
	before := f.long
	switch {
	case keyName(k) == "ctrl+u":
		f.long = ""
	case keyName(k) == "backspace":
		_, size := utf8.DecodeLastRuneInString(f.long)
		f.long = f.long[:len(f.long)-size]
	case len(f.long)+len(k.Text) <= steps.LongestText:
		f.long += clean.Text(k.Text)
	}
	return f.long != before
}

// pasteLong replaces the text: nobody means to add one error to another.
func (f *field) pasteLong(raw string) bool {
	if len(raw) > steps.LongestText {
		f.pasted = "That was " + itoa(utf8.RuneCountInString(raw)) +
			" characters. Save it to a file, and run palmail explain FILE."
		return false
	}
	text := strings.TrimSpace(clean.Text(raw))
	if text == "" {
		f.pasted = "There was no text on the clipboard. Copy it again."
		return false
	}
	f.long = text
	return true
}

// boxLong shows how much there is, and how it begins, within w cells.
func (f *field) boxLong(p *pen, w int) (line string, cursor int) {
	if f.long == "" {
		return p.say(dim, p.shorten(p.text(f.def.Hint), w)), 0
	}
	count := itoa(utf8.RuneCountInString(f.long)) + " characters"
	if lines := strings.Count(f.long, "\n") + 1; lines > 1 {
		count = itoa(lines) + " lines, " + count
	}
	// Only what can be seen is cleaned: this is drawn with every frame.
	begin := p.text(clean.Masked(clean.Line(f.long[:min(len(f.long), 4*w)])))
	room := w - ansi.StringWidth(count) - 4
	if room < 10 {
		return p.say(dim, p.shorten(count, w)), 0
	}
	begin = p.shorten(begin, room)
	return p.draw(span{text: begin}, span{text: "  " + count, look: dim}), ansi.StringWidth(begin)
}
