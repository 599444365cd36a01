package wizard

import (
	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// key handles a key press: keys that end the program first, then the overlay's,
// the keys of every screen, and the screen's own.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	name := keyName(k)
	if m.pastes.key(m.now, name, k.Text) {
		return m.pasted(name, k)
	}
	switch name {
	case "ctrl+c":
		return m.leave()
	case "ctrl+z":
		if suspendable() {
			return tea.Suspend
		}
		return nil
	}
	if m.ignoresKeys() {
		return nil
	}
	if n, ok := m.screen.(*notice); ok && name != "r" && name != "ctrl+r" {
		n.hide() // any other key hides a shown secret
	}
	if m.overlay != nil {
		return m.overlayKey(name)
	}
	switch name {
	case "f1":
		return m.openHelp()
	case "?":
		if !m.screen.typing() {
			return m.openHelp()
		}
	case "ctrl+t":
		if m.o.Demo && len(m.screen.practice()) > 0 {
			return m.openPractice()
		}
	case "ctrl+d":
		if m.screen.finding() != nil {
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
	return m.screen.key(m, k)
}

// keyName returns the name of a key press; keys with the same meaning have the same name.
func keyName(k tea.KeyPressMsg) string {
	switch name := k.String(); name {
	case "ctrl+j", "ctrl+m", "kpenter":
		return "enter"
	default:
		return name
	}
}

// page scrolls by one page.
func (m *model) page(down bool) {
	p := m.compose()
	step := max(p.visible-1, 1)
	if !down {
		step = -step
	}
	m.scroll = min(max(p.offset+step, 0), p.scrollMax)
	m.follow = followNothing
}

// clampScroll keeps the scroll within the content.
func (m *model) clampScroll() {
	if m.scroll > 0 {
		m.scroll = min(m.scroll, m.compose().scrollMax)
	}
}

// practiceKeys returns the practice tenant's key, on screens where it has an effect.
func (m *model) practiceKeys() []keyItem {
	if !m.o.Demo || len(m.screen.practice()) == 0 {
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

// commonKeys returns the keys of every screen that waits for an answer.
func (m *model) commonKeys(backs bool) []keyItem {
	var out []keyItem
	if m.screen.finding() != nil {
		out = append(out, keyItem{key: "ctrl+d", label: "details", rank: 2})
	}
	out = append(out, m.practiceKeys()...)
	if backs {
		out = append(out, keyItem{key: "esc", label: "back", rank: 1})
	}
	help := "?"
	if m.screen.typing() {
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

// keysLine draws the keys in at most w cells. The keys that continue and leave
// always stay: long labels go first, then the dots, then the other keys.
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
		if worst < 0 { // even the last two are too long: the first label is cut
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
	return m.pen.render(spans...)
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

// moveKey returns how far a key moves in a list.
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

// back goes to the page before this one.
func (m *model) back() tea.Cmd {
	m.answer(reply{err: steps.ErrBack}, m.now)
	return nil
}
