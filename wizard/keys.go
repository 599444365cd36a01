package wizard

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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
		return tea.Suspend
	}
	if m.deaf() {
		return nil
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
	m.scroll = min(max(m.scroll+step, 0), p.scrollMax)
}

// clampScroll keeps the scroll within what there is.
func (m *model) clampScroll() { m.scroll = min(m.scroll, m.compose().scrollMax) }

// scrollToNews brings what has just been found into sight.
func (m *model) scrollToNews() {
	p := m.compose()
	m.scroll = min(p.newsAt, p.scrollMax)
}

// practiceKeys lists the practice tenant's key where it does something.
func (m *model) practiceKeys() []keyItem {
	if !m.o.Demo || len(m.scr.practice()) == 0 {
		return nil
	}
	return []keyItem{{"ctrl+t", "practice", 4}}
}

// keyItem is one entry of the keys line. The lower its rank, the longer it
// stays when the line is too narrow; enter and leaving have rank 0.
type keyItem struct {
	key, label string
	rank       int
}

// commonKeys are the keys that every screen with a question has.
func (m *model) commonKeys(backs bool) []keyItem {
	var out []keyItem
	if m.scr.finding() != nil {
		out = append(out, keyItem{"ctrl+d", "details", 2})
	}
	out = append(out, m.practiceKeys()...)
	if backs {
		out = append(out, keyItem{"esc", "back", 1})
	}
	help := "?"
	if m.scr.typing() {
		help = "f1"
	}
	return append(out, keyItem{help, "help", 3}, m.leaveKey())
}

func (m *model) leaveKey() keyItem {
	if m.o.Kept != nil && m.o.Kept() {
		return keyItem{"ctrl+c", "leave, progress is kept", 0}
	}
	return keyItem{"ctrl+c", "leave", 0}
}

// keysLine draws the keys within w cells. What leads on and what leads out is
// never cut: the middle goes first.
func (m *model) keysLine(items []keyItem, w int) string {
	items = append([]keyItem(nil), items...)
	if lineWidth(items) > w {
		for i := range items {
			if items[i].key == "ctrl+c" {
				items[i].label, _, _ = strings.Cut(items[i].label, ",")
			}
		}
	}
	for lineWidth(items) > w {
		worst := -1
		for i, it := range items {
			if it.rank > 0 && (worst < 0 || it.rank >= items[worst].rank) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		items = append(items[:worst], items[worst+1:]...)
	}
	var spans []span
	for i, it := range items {
		if i > 0 {
			spans = append(spans, span{text: " " + m.pen.sym.dot + " ", look: dim})
		}
		key := it.key
		if key == "↑↓" {
			key = m.pen.sym.upDown
		}
		spans = append(spans, span{text: key, look: strong}, span{text: " " + m.pen.text(it.label), look: dim})
	}
	if width(spans) > w { // even the last two are too long: labels give way to keys
		spans = nil
		for i, it := range items {
			if i > 0 {
				spans = append(spans, span{text: " " + m.pen.sym.dot + " ", look: dim})
			}
			label, _, _ := strings.Cut(it.label, " ")
			spans = append(spans, span{text: it.key, look: strong}, span{text: " " + m.pen.text(label), look: dim})
		}
	}
	return m.pen.draw(spans...)
}

func lineWidth(items []keyItem) int {
	n := 0
	for i, it := range items {
		if i > 0 {
			n += 3
		}
		n += ansi.StringWidth(it.key) + 1 + ansi.StringWidth(it.label)
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
