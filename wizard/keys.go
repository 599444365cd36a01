package wizard

import (
	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// key decides what a key press means: leaving first, then the overlay, then
// what every screen has, then the screen's own.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	switch name {
	case "ctrl+c":
		return m.leave()
	case "ctrl+z":
		if suspendable() {
			return tea.Suspend
		}
		return nil
	}
	if m.deaf() {
		return nil
	}
	if n, ok := m.scr.(*notice); ok && name != "r" && name != "ctrl+r" {
		n.hide() // whatever else is done, a shown secret does not stay
	}
	if m.over != nil {
		return m.overKey(name)
	}
	switch name {
	case "f1":
		return m.openHelp()
	case "?":
		if !m.scr.typing() {
			return m.openHelp()
		}
	case "ctrl+t":
		if m.o.Demo && len(m.scr.practice()) > 0 {
			return m.openPractice()
		}
	case "ctrl+d":
		if m.scr.finding() != nil {
			return m.openDetails()
		}
	case "ctrl+o":
		if link := m.nextLink(); link != "" {
			return m.open(link)
		}
	case "pgdown", "pgup":
		m.page(name == "pgdown")
		return nil
	}
	return m.scr.key(m, k)
}

// keyName names a key press; keys that mean the same get the same name.
func keyName(k tea.KeyPressMsg) string {
	switch name := k.String(); name {
	case "ctrl+j", "ctrl+m", "kpenter":
		return "enter"
	default:
		return name
	}
}

// page scrolls by a page.
func (m *model) page(down bool) {
	p := m.compose()
	step := max(p.window-1, 1)
	if !down {
		step = -step
	}
	m.scroll = min(max(p.at+step, 0), p.scrollMax)
	m.follow = nothing
}

// clampScroll keeps the scroll within what there is.
func (m *model) clampScroll() {
	if m.scroll > 0 {
		m.scroll = min(m.scroll, m.compose().scrollMax)
	}
}

// practiceKeys lists the practice tenant's key where it does something.
func (m *model) practiceKeys() []keyItem {
	if !m.o.Demo || len(m.scr.practice()) == 0 {
		return nil
	}
	return []keyItem{{key: "ctrl+t", label: "practice", rank: 2}}
}

// keyItem is one entry of the keys line. The lower its rank, the longer it
// stays when the line is too narrow; enter and leaving have rank 0.
type keyItem struct {
	key, label string
	rank       int
	short      string // instead of label where the line is too narrow
}

// commonKeys are the keys that every screen with a question has.
func (m *model) commonKeys(backs bool) []keyItem {
	var out []keyItem
	if m.scr.finding() != nil {
		out = append(out, keyItem{key: "ctrl+d", label: "details", rank: 2})
	}
	out = append(out, m.practiceKeys()...)
	if backs {
		out = append(out, keyItem{key: "esc", label: "back", rank: 1})
	}
	help := "?"
	if m.scr.typing() {
		help = "f1"
	}
	return append(out, keyItem{key: help, label: "help", rank: 4}, m.leaveKey())
}

func (m *model) leaveKey() keyItem {
	if m.o.Kept != nil && m.o.Kept() {
		return keyItem{key: "ctrl+c", label: "leave, progress is kept", short: "leave"}
	}
	return keyItem{key: "ctrl+c", label: "leave"}
}

// keysLine draws the keys within w cells. What leads on and what leads out is
// never cut: longer words go first, then the dots between, then the middle.
func (m *model) keysLine(items []keyItem, w int) string {
	items = append([]keyItem(nil), items...)
	for i := range items {
		if items[i].key == "↑↓" {
			items[i].key = m.pen.sym.upDown
		}
		items[i].key, items[i].label = m.pen.text(items[i].key), m.pen.text(items[i].label)
	}
	between := " " + m.pen.sym.dot + " "
	for i := range items {
		if items[i].short != "" && lineWidth(items, between) > w {
			items[i].label = items[i].short
		}
	}
	for lineWidth(items, between) > w {
		if w < 60 && between != "  " {
			between = "  "
			continue
		}
		worst := -1
		for i, it := range items {
			if it.rank > 0 && (worst < 0 || it.rank >= items[worst].rank) {
				worst = i
			}
		}
		if worst < 0 { // even the last two are too long: the first's words give way
			over := lineWidth(items, between) - w
			items[0].label = m.pen.shorten(items[0].label, max(cells(items[0].label)-over, 0))
			break
		}
		items = append(items[:worst], items[worst+1:]...)
	}
	var spans []span
	for i, it := range items {
		if i > 0 {
			spans = append(spans, span{text: between, look: dim})
		}
		spans = append(spans, span{text: it.key, look: strong}, span{text: " " + it.label, look: dim})
	}
	return m.pen.draw(spans...)
}

func lineWidth(items []keyItem, between string) int {
	n := 0
	for i, it := range items {
		if i > 0 {
			n += cells(between)
		}
		n += cells(it.key) + 1 + cells(it.label)
	}
	return n
}

// moveKey reads the keys that go up and down a list.
func moveKey(name string) (step int, ok bool) {
	switch name {
	case "up", "k", "ctrl+p", "shift+tab":
		return -1, true
	case "down", "j", "ctrl+n", "tab":
		return 1, true
	case "home":
		return -1 << 20, true
	case "end":
		return 1 << 20, true
	}
	return 0, false
}

// back answers that the admin wants the page before this one.
func (m *model) back() tea.Cmd {
	m.answer(reply{err: steps.ErrBack}, m.now)
	return nil
}
