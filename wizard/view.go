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

// compose lays the screen out at the first density that fits.
func (m *model) compose() layout {
	if m.w <= 0 || m.h <= 0 || m.screen == nil && !m.stopping {
		return layout{}
	}
	if m.w < minWidth || m.h < minHeight {
		return layout{
			lines: m.pen.paragraphs("Please make the window larger (at least 40×10)", plain, max(m.w-2*margin, 1)),
		}
	}
	w := min(m.w, maxText) - 2*margin
	if m.screen == nil {
		return layout{lines: []string{m.pen.styled(plain, "Stopping…")}}
	}
	footer := m.footer(w)
	lay := func(level density) (layout, bool) {
		header, content := m.header(level, w), m.content(level, w)
		if level == scrolling {
			return m.scrolled(header, content, footer(level), w, m.h), true
		}
		return stack(level, header, content, footer(level), m.h)
	}
	// What fitted last mostly fits again. A screen that fits also fits when it is denser.
	p, fits := lay(m.density)
	for ; !fits; p, fits = lay(m.density) {
		m.density++
	}
	for m.density > spacious {
		looser, fits := lay(m.density - 1)
		if !fits {
			break
		}
		p, m.density = looser, m.density-1
	}
	return p
}

// content returns the overlay's content, or else the screen's.
func (m *model) content(level density, w int) content {
	if m.overlay != nil {
		return m.overlay.content(m, w)
	}
	return m.screen.content(m, level, w)
}

// footer draws the bottom of the screen: a message, and the keys.
func (m *model) footer(w int) func(density) []string {
	var items []keyItem
	switch {
	case m.stopping:
	case m.overlay != nil:
		items = m.overlay.keys()
	default:
		items = m.screen.keys(m)
	}
	keys := m.keysLine(items, w)
	if thinking := m.now.Sub(m.answeredAt); m.answered && thinking > thinkingDelay {
		text := "One moment" + m.pen.sym.ellipsis + "  "
		if c := clock(thinking, 0); c != "" {
			text += c + "  "
		}
		keys = m.pen.render(span{text: m.spinner() + " ", look: accent}, span{text: text, look: dim}) +
			m.keysLine([]keyItem{m.leaveKey()}, w-3-cells(text))
	}
	var flash []string
	if m.message != "" {
		flash = m.pen.paragraph(m.message, accent, w, 0)
		flash = flash[:min(len(flash), 3)]
	}
	if m.stopping {
		keys = m.pen.render(span{text: m.spinner() + " ", look: accent},
			span{text: "Stopping" + m.pen.sym.ellipsis, look: strong})
		if d := m.now.Sub(m.stoppingSince); d >= shortTask {
			keys += m.pen.styled(dim, " "+clock(d, m.o.StopLimit))
		}
		if w >= 60 {
			keys += m.pen.styled(dim, " what is under way is being ended")
		}
		flash = nil
	}
	return func(level density) []string {
		if level < dense && len(flash) == 0 {
			return []string{"", keys}
		}
		return append(append([]string(nil), flash...), keys)
	}
}

func (m *model) spinner() string { return m.pen.sym.spin[m.frame%len(m.pen.sym.spin)] }

// header draws the line at the top and the line of phases.
func (m *model) header(level density, w int) []string {
	f := m.screen.frame()
	left := m.pen.styled(accentStrong, "palmail")
	phases := m.phases(f, w)
	if level >= compact && phases != nil {
		left += m.pen.render(span{text: " " + m.pen.sym.dot + " ", look: dim}, m.phaseCount(f))
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
		line, _ = sides(left, ansi.Truncate(m.pen.render(right...), room, m.pen.sym.ellipsis), w)
	}
	if phases == nil {
		return []string{line}
	}
	return []string{line, "", *phases}
}

// phaseCount returns the short form of the line of phases.
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
	line := m.pen.render(long...)
	return &line
}
