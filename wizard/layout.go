package wizard

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	minWidth  = 40
	minHeight = 10
	maxText   = 100 // columns that text takes at most
	margin    = 1
)

// level is how much a screen gives up to fit; each level keeps what the ones
// after it keep.
type level int

const (
	airy    level = iota // addresses written out, blank lines everywhere
	calm                 // addresses only behind their links
	snug                 // header and phases on one line
	dense                // blank lines only as far as there is room
	tightly              // the middle scrolls; title, fields, verdict and keys stay
)

// point is a place on the screen or in a block of lines.
type point struct{ x, y int }

// doc is a screen in parts, rendered for a width.
type doc struct {
	title  []string
	why    []string
	guide  []string // may scroll away
	fixed  []string // fields, options, values: stay visible
	focus  [2]int   // the lines of fixed that must be seen, first and behind the last
	cursor *point   // in fixed
	news   []string // tasks, verdict, finding; may scroll
	status []string // what of the news must be seen when the rest scrolls
}

// placed is a screen as it will be drawn.
type placed struct {
	lines     []string
	cursor    *point
	scrollMax int
	window    int // lines that scroll
	newsAt    int // where the news starts in what scrolls
	at        int // how far it is scrolled
}

// blocks joins blocks of lines, with a blank line between them when gaps is set.
func blocks(gaps bool, parts ...[]string) []string {
	var out []string
	for _, p := range parts {
		if len(p) == 0 {
			continue
		}
		if gaps && len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, p...)
	}
	return out
}

// flow lays a screen out from top to bottom; ok says whether it fits. When not
// every blank line has room, those around the fields stay longest.
func flow(lv level, head []string, d doc, foot []string, h int) (placed, bool) {
	parts := [][]string{head, append(append([]string(nil), d.title...), d.why...), d.guide, d.fixed, d.news}
	room := h - len(foot)
	spare := room
	for _, p := range parts {
		spare -= len(p)
	}
	if spare < 0 {
		return placed{}, false
	}
	var gap [5]bool
	for i := len(parts) - 1; i > 0; i-- {
		if len(parts[i]) == 0 {
			continue
		}
		if spare == 0 && lv < dense {
			return placed{}, false
		}
		if spare > 0 {
			gap[i] = true
			spare--
		}
	}
	var lines []string
	at := 0
	for i, p := range parts {
		if gap[i] {
			lines = append(lines, "")
		}
		if i == 3 {
			at = len(lines)
		}
		lines = append(lines, p...)
	}
	for len(lines) < room {
		lines = append(lines, "")
	}
	p := placed{lines: append(lines, foot...)}
	if d.cursor != nil {
		p.cursor = &point{d.cursor.x, d.cursor.y + at}
	}
	return p, true
}

// squeeze lays a screen out that does not fit: why, guide and news scroll
// between the title and what stays.
func (m *model) squeeze(head []string, d doc, foot []string, w, h int) placed {
	title := d.title[:min(len(d.title), 2)]
	region := blocks(false, d.guide, d.why) // what to do comes before why
	var p placed
	if len(d.news) > 0 && len(region) > 0 {
		p.newsAt = len(region) + 1
	}
	region = blocks(true, region, d.news)
	room := max(h-len(head)-len(title)-len(foot), 0)
	status := d.status[:min(len(d.status), 2)]
	room -= len(status)
	least := min(len(region), 3)
	if focus := d.focus[1] - d.focus[0]; focus > room-least { // what is being picked is read before the rest
		least = min(least, max(room-focus, 2))
	}
	fixedRoom := min(len(d.fixed), max(room-least, min(3, room)))
	fixed, from := m.window(d.fixed, d.focus, fixedRoom, w)
	p.window = max(room-len(fixed), 0)
	more := len(region) > p.window && p.window > 1
	if more {
		p.window--
	}
	p.scrollMax = max(len(region)-p.window, 0)
	p.at = min(m.scroll, p.scrollMax)
	switch m.follow {
	case news:
		p.at = min(p.newsAt, p.scrollMax)
	case newest:
		p.at = p.scrollMax
	}
	at := p.at
	end := min(at+p.window, len(region))
	shown := append([]string(nil), region[at:end]...)
	if more {
		shown = append(shown, m.moreLine(at, len(region)-end))
	}
	lines := blocks(false, head, title, shown)
	for len(lines) < h-len(foot)-len(status)-len(fixed) {
		lines = append(lines, "")
	}
	if d.cursor != nil && d.cursor.y >= from && d.cursor.y < from+len(fixed) {
		p.cursor = &point{d.cursor.x, d.cursor.y - from + len(lines)}
	}
	p.lines = blocks(false, lines, fixed, status, foot)
	return p
}

// window cuts lines to h so that the lines of focus are seen; what is above or
// below is hinted at on the right.
func (m *model) window(lines []string, focus [2]int, h, w int) (shown []string, from int) {
	if len(lines) <= h {
		return lines, 0
	}
	if h <= 0 {
		return nil, 0
	}
	from = min(max(focus[1]-h, 0), focus[0])
	from = min(from, len(lines)-h)
	shown = append([]string(nil), lines[from:from+h]...)
	hint := func(i int, sign string) {
		shown[i] = ansi.Truncate(shown[i], w-2, "")
		shown[i] += strings.Repeat(" ", max(w-1-ansi.StringWidth(shown[i]), 1)) + m.pen.say(dim, sign)
	}
	if from > 0 {
		hint(0, m.pen.sym.up)
	}
	if from+h < len(lines) {
		hint(h-1, m.pen.sym.down)
	}
	return shown, from
}

// moreLine says how many lines are out of sight.
func (m *model) moreLine(above, below int) string {
	var parts []string
	if below > 0 {
		parts = append(parts, m.pen.sym.down+" "+itoa(below)+" more "+m.pen.sym.dot+" pgdn")
	}
	if above > 0 {
		parts = append(parts, m.pen.sym.up+" "+itoa(above)+" "+m.pen.sym.dot+" pgup")
	}
	return m.pen.say(dim, strings.Join(parts, "   "))
}
