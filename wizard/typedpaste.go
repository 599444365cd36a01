package wizard

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// pasteGap is the longest time between two keys of a paste. A held key repeats every 33 ms at most, and nobody
// types two different keys within it.
const pasteGap = 20 * time.Millisecond

// typedPaste recognises a paste that the terminal sends as keys. Without it, a line end in a paste would be the
// enter key, and would go through one page after the other.
type typedPaste struct {
	typed   bool      // pastes can come as keys
	lastKey time.Time // when the last key came, on whatever screen
	newLine bool      // the paste had a line end, and no text after it yet
}

// key takes note of a key, and returns whether it is part of a paste.
func (t *typedPaste) key(now time.Time, name, text string) bool {
	if !t.typed {
		return false
	}
	within := !t.lastKey.IsZero() && now.Sub(t.lastKey) < pasteGap
	t.lastKey = now
	if !within {
		t.newLine = false
	}
	return within && (text != "" || name == "enter" || name == "tab")
}

// pasted handles a key of a paste: text goes into a text field and nowhere else, and a line end within it becomes
// a space, as it does in a paste with brackets.
func (m *model) pasted(name string, k tea.KeyPressMsg) tea.Cmd {
	if m.ignoresKeys() || m.overlay != nil || !m.screen.typing() {
		return nil
	}
	p, ok := m.screen.(*page)
	if !ok || p.focused() == nil {
		return nil
	}
	long := p.focused().def.Kind == steps.LongField
	switch {
	case name == "enter" && long:
		k = tea.KeyPressMsg{Text: "\n"}
	case name == "enter":
		m.pastes.newLine = true
		return m.notify("Pasted lines do not press enter. Press enter to continue.")
	case name == "tab":
		k = tea.KeyPressMsg{Code: ' ', Text: " "}
	}
	if m.pastes.newLine && !long {
		m.pastes.newLine = false
		p.key(m, tea.KeyPressMsg{Code: ' ', Text: " "})
	}
	return p.key(m, k)
}

// bracketsPastes says whether the terminal that the environment names puts brackets around a paste: the Linux
// console and serial terminals do not.
func bracketsPastes(env []string) bool {
	term := valueOf(env, "TERM")
	return term != "linux" && term != "ansi" && term != "cons25" && !strings.HasPrefix(term, "vt")
}
