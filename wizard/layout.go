package wizard

import (
	"slices"
	"strings"
)

const (
	minWidth  = 40
	minHeight = 10
	maxText   = 100 // the most columns that text takes
	margin    = 1
)

// density is how much a screen leaves out to fit into the window; each density
// leaves out what those before it do.
type density int

const (
	spacious    density = iota // addresses written out, blank lines everywhere
	comfortable                // links without their addresses
	compact                    // header and line of phases on one line
	dense                      // blank lines only if there is room
	scrolling                  // the middle scrolls; title, fields, verdict and keys stay
)

// point is a place on the screen or in a block of lines.
type point struct{ x, y int }

// lineRange is a range of lines; end is the one after the last.
type lineRange struct{ from, end int }

// content is a screen in parts, drawn for a width.
type content struct {
	title   []string
	why     []string
	guide   []string  // can scroll out of sight
	pinned  []string  // fields, options, values: always visible
	focus   lineRange // the lines of pinned that must be visible
	cursor  *point    // in pinned
	results []string  // tasks, verdict, finding: can scroll
	status  []string  // the part of the results that stays visible when the rest scrolls
}

// layout is a screen line by line.
type layout struct {
	lines     []string
	cursor    *point
	scrollMax int
	visible   int // how many lines of the scrolling part are visible
	resultsAt int // the line of the scrolling part where the results begin
	offset    int // how far it is scrolled
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

// stack lays a screen out from top to bottom and returns whether it fits. If
// there is no room for all blank lines, those around the fields stay.
func stack(level density, header []string, d content, footer []string, h int) (layout, bool) {
	parts := []struct {
		lines  []string
		cursor *point // in lines
		gap    bool   // a blank line before them
	}{
		{lines: header}, {lines: append(slices.Clip(d.title), d.why...)}, {lines: d.guide},
		{lines: d.pinned, cursor: d.cursor}, {lines: d.results},
	}
	room := h - len(footer)
	spare := room
	for _, part := range parts {
		spare -= len(part.lines)
	}
	if spare < 0 {
		return layout{}, false
	}
	for i := range slices.Backward(parts[1:]) {
		part := &parts[1+i]
		if len(part.lines) == 0 {
			continue
		}
		if spare == 0 && level < dense {
			return layout{}, false
		}
		if spare > 0 {
			part.gap = true
			spare--
		}
	}
	var l layout
	for _, part := range parts {
		if part.gap {
			l.lines = append(l.lines, "")
		}
		if part.cursor != nil {
			l.cursor = &point{part.cursor.x, part.cursor.y + len(l.lines)}
		}
		l.lines = append(l.lines, part.lines...)
	}
	for len(l.lines) < room {
		l.lines = append(l.lines, "")
	}
	l.lines = append(l.lines, footer...)
	return l, true
}

// scrolled lays a screen out that does not fit: guide, reason and results scroll
// between the title and the pinned lines.
func (m *model) scrolled(header []string, d content, footer []string, w, h int) layout {
	title := d.title[:min(len(d.title), 2)]
	region := blocks(false, d.guide, d.why) // instructions come before the reason
	var p layout
	if len(d.results) > 0 && len(region) > 0 {
		p.resultsAt = len(region) + 1
	}
	region = blocks(true, region, d.results)
	room := max(h-len(header)-len(title)-len(footer), 0)
	status := d.status[:min(len(d.status), 2)]
	room -= len(status)
	least := min(len(region), 3)
	if focus := d.focus.end - d.focus.from; focus > room-least { // what is being picked is read before the rest
		least = min(least, max(room-focus, 2))
	}
	fixedRoom := min(len(d.pinned), max(room-least, min(3, room)))
	fixed, from := m.clip(d.pinned, d.focus, fixedRoom, w)
	p.visible = max(room-len(fixed), 0)
	more := len(region) > p.visible && p.visible > 1
	if more {
		p.visible--
	}
	p.scrollMax = max(len(region)-p.visible, 0)
	p.offset = min(m.scroll, p.scrollMax)
	switch m.follow {
	case followResults:
		p.offset = min(p.resultsAt, p.scrollMax)
	case followEnd:
		p.offset = p.scrollMax
	}
	at := p.offset
	end := min(at+p.visible, len(region))
	shown := append([]string(nil), region[at:end]...)
	if more {
		shown = append(shown, m.moreLine(at, len(region)-end))
	}
	lines := blocks(false, header, title, shown)
	for len(lines) < h-len(footer)-len(status)-len(fixed) {
		lines = append(lines, "")
	}
	if d.cursor != nil && d.cursor.y >= from && d.cursor.y < from+len(fixed) {
		p.cursor = &point{d.cursor.x, d.cursor.y - from + len(lines)}
	}
	p.lines = blocks(false, lines, fixed, status, footer)
	return p
}

// clip cuts lines to h so that the lines of focus are visible; signs on the
// right point to lines above and below.
func (m *model) clip(lines []string, focus lineRange, h, w int) (shown []string, from int) {
	if len(lines) <= h {
		return lines, 0
	}
	if h <= 0 {
		return nil, 0
	}
	from = min(max(focus.end-h, 0), focus.from)
	from = min(from, len(lines)-h)
	shown = append([]string(nil), lines[from:from+h]...)
	hint := func(i int, sign string) {
		shown[i] = truncate(shown[i], w-2)
		shown[i] += strings.Repeat(" ", max(w-1-cells(shown[i]), 1)) + m.pen.styled(dim, sign)
	}
	if from > 0 {
		hint(0, m.pen.sym.up)
	}
	if from+h < len(lines) {
		hint(h-1, m.pen.sym.down)
	}
	return shown, from
}

// moreLine draws how many lines are out of sight.
func (m *model) moreLine(above, below int) string {
	var parts []string
	if below > 0 {
		parts = append(parts, m.pen.sym.down+" "+itoa(below)+" more "+m.pen.sym.dot+" pgdn")
	}
	if above > 0 {
		parts = append(parts, m.pen.sym.up+" "+itoa(above)+" "+m.pen.sym.dot+" pgup")
	}
	return m.pen.styled(dim, strings.Join(parts, "   "))
}
