package wizard

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/steps"
)

func itoa(n int) string { return strconv.Itoa(n) }

// View implements tea.Model. It only draws, and only once between two messages.
func (m *model) View() tea.View {
	if m.drawn == nil {
		v := m.draw()
		m.drawn = &v
	}
	return *m.drawn
}

func (m *model) draw() tea.View {
	p := m.compose()
	p.lines = p.lines[:min(len(p.lines), max(m.h, 0))]
	var content strings.Builder
	for i, line := range p.lines {
		if i > 0 {
			content.WriteByte('\n')
		}
		if line = strings.TrimRight(line, " "); line != "" {
			line = strings.Repeat(" ", margin) + line
		}
		if cells(line) > m.w {
			line = truncate(line, m.w)
		}
		content.WriteString(line)
	}
	v := tea.NewView(content.String())
	v.AltScreen = true
	v.WindowTitle = "palmail"
	if p.cursor != nil && p.cursor.y < len(p.lines) && p.cursor.x+margin < m.w {
		v.Cursor = tea.NewCursor(p.cursor.x+margin, p.cursor.y)
		v.Cursor.Shape = tea.CursorBar
	}
	return v
}

// compose lays the screen out: as airy as fits, scrolling where nothing fits.
func (m *model) compose() placed {
	if m.w <= 0 || m.h <= 0 || m.scr == nil && !m.stopping {
		return placed{}
	}
	if m.w < minWidth || m.h < minHeight {
		return placed{lines: m.pen.paragraphs("Please make the window larger (at least 40×10)", plain, max(m.w-2*margin, 1))}
	}
	w := min(m.w, maxText) - 2*margin
	if m.scr == nil {
		return placed{lines: []string{m.pen.say(plain, "Stopping…")}}
	}
	foot := m.foot(w)
	for lv := airy; lv <= dense; lv++ {
		if p, ok := flow(lv, m.head(lv, w), m.doc(lv, w), foot(lv), m.h); ok {
			return p
		}
	}
	return m.squeeze(m.head(tightly, w), m.doc(tightly, w), foot(tightly), w, m.h)
}

// doc is the overlay's, or else the screen's.
func (m *model) doc(lv level, w int) doc {
	if m.over != nil {
		return m.over.doc(m, w)
	}
	return m.scr.doc(m, lv, w)
}

// foot draws what is at the bottom: a passing line, and the keys.
func (m *model) foot(w int) func(level) []string {
	var items []keyItem
	switch {
	case m.stopping:
	case m.over != nil:
		items = m.over.keys()
	default:
		items = m.scr.keys(m)
	}
	keys := m.keysLine(items, w)
	if m.answered && m.now.Sub(m.answeredAt) > patience {
		keys = m.pen.draw(span{text: m.spinner() + " ", look: accent},
			span{text: "One moment" + m.pen.sym.ellipsis + "  ", look: dim}) +
			m.keysLine([]keyItem{m.leaveKey()}, w-16)
	}
	var flash []string
	if m.flash != "" {
		flash = m.pen.paragraph(m.flash, accent, w, 0)
		flash = flash[:min(len(flash), 3)]
	}
	if m.stopping {
		keys = m.pen.draw(span{text: m.spinner() + " ", look: accent},
			span{text: "Stopping" + m.pen.sym.ellipsis, look: strong})
		if w >= 60 {
			keys += m.pen.say(dim, " what is under way is being ended")
		}
		flash = nil
	}
	return func(lv level) []string {
		if lv < dense && len(flash) == 0 {
			return []string{"", keys}
		}
		return append(append([]string(nil), flash...), keys)
	}
}

func (m *model) spinner() string { return m.pen.sym.spin[m.beat%len(m.pen.sym.spin)] }

// head draws the line at the top and the line of phases.
func (m *model) head(lv level, w int) []string {
	f := m.scr.frame()
	left := m.pen.say(accentStrong, "palmail")
	phases := m.phases(f, w)
	if lv >= snug && phases != nil {
		left += m.pen.draw(span{text: " " + m.pen.sym.dot + " ", look: dim}, m.phaseCount(f))
		phases = nil
	}
	right := []span{{text: m.pen.text(f.Where), look: dim}}
	if m.o.Demo {
		right = []span{{text: "practice tenant", look: caution}}
		if f.Where != "" {
			right = append(right, span{text: " " + m.pen.sym.dot + " " + m.pen.text(f.Where), look: dim})
		}
	}
	room := w - cells(left) - 2
	line := left
	if room >= 8 && width(right) > 0 {
		line, _ = sides(left, ansi.Truncate(m.pen.draw(right...), room, m.pen.sym.ellipsis), w)
	}
	if phases == nil {
		return []string{line}
	}
	return []string{line, "", *phases}
}

// phaseCount is the short form of the line of phases.
func (m *model) phaseCount(f *steps.Frame) span {
	for i, ph := range steps.Phases {
		if ph == f.Phase {
			return span{text: itoa(i+1) + "/" + itoa(len(steps.Phases)) + " " + ph.String(), look: accentStrong}
		}
	}
	return span{}
}

// phases draws the line of phases, nil on screens outside the setup.
func (m *model) phases(f *steps.Frame, w int) *string {
	if f.Phase == steps.PhaseNone {
		return nil
	}
	var long, short []span
	for i, ph := range steps.Phases {
		sign, l, nameLook := m.pen.sym.open, dim, dim
		switch {
		case ph == f.Phase:
			sign, l, nameLook = m.pen.sym.now, accent, accentStrong
		case f.Done[ph]:
			sign, l, nameLook = m.pen.sym.right, good, good
		}
		if i > 0 {
			long = append(long, span{text: " " + m.pen.sym.dash + " ", look: dim})
		}
		long = append(long, span{text: sign, look: l}, span{text: " " + ph.String(), look: nameLook})
		short = append(short, span{text: sign, look: l}, span{text: " "})
	}
	if width(long) > w {
		long = append(append(short, span{text: " "}), m.phaseCount(f))
	}
	line := m.pen.draw(long...)
	return &line
}
