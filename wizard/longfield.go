package wizard

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/steps"
)

// longText is the content of a field of many lines, usually pasted. It can be
// a megabyte, so nothing but a change looks at all of it.
type longText struct {
	text         string
	runes, lines int

	drawn longStart
}

// longStart is the beginning of a long text as it was drawn last.
type longStart struct {
	pen          *pen
	text, masked string
}

func (l *longText) set(text string) {
	l.text, l.runes, l.lines = text, utf8.RuneCountInString(text), strings.Count(text, "\n")+1
}

// add puts typed text at the end.
func (l *longText) add(text string) {
	l.text += text
	l.runes += utf8.RuneCountInString(text)
	l.lines += strings.Count(text, "\n")
}

// removeLast takes the last character away.
func (l *longText) removeLast() {
	r, size := utf8.DecodeLastRuneInString(l.text)
	l.text = l.text[:len(l.text)-size]
	l.runes -= min(size, 1)
	if r == '\n' {
		l.lines--
	}
}

// editLong gives a key to a field of many lines: typing adds at the end, and
// ctrl+u empties it.
func (f *field) editLong(k tea.KeyPressMsg) bool {
	before := len(f.long.text)
	switch {
	case keyName(k) == "ctrl+u":
		f.long.set("")
	case keyName(k) == "backspace":
		f.long.removeLast()
	case before+len(k.Text) <= steps.LongestText:
		if !harmless(k.Text) {
			k.Text = clean.Text(k.Text)
		}
		f.long.add(k.Text)
	}
	return len(f.long.text) != before
}

// pasteLong replaces the text: nobody means to add one error to another.
func (f *field) pasteLong(raw string) bool {
	if len(raw) > steps.LongestText {
		f.pasteError = "That was " + itoa(utf8.RuneCountInString(raw)) +
			" characters. Save it to a file, and run palmail explain FILE."
		return false
	}
	text := strings.TrimSpace(clean.Text(raw))
	if text == "" {
		f.pasteError = "There was no text on the clipboard. Copy it again."
		return false
	}
	f.long.set(text)
	return true
}

// draw shows how long the text is, and how it begins, within w cells.
func (l *longText) draw(p *pen, hint string, w int) (line string, cursor int) {
	if l.text == "" {
		return p.styled(dim, p.shorten(p.text(hint), w)), 0
	}
	count := itoa(l.runes) + " characters"
	if l.lines > 1 {
		count = itoa(l.lines) + " lines, " + count
	}
	start := l.text[:min(len(l.text), 4*w)]
	if l.drawn.pen != p || l.drawn.text != start {
		l.drawn = longStart{p, start, p.text(clean.Masked(clean.Line(start)))}
	}
	room := w - cells(count) - 4
	if room < 10 {
		return p.styled(dim, p.shorten(count, w)), 0
	}
	begin := p.shorten(l.drawn.masked, room)
	return p.render(span{text: begin}, span{text: "  " + count, look: dim}), cells(begin)
}
