package wizard

import (
	"runtime"
	"strings"

	"charm.land/lipgloss/v2"
)

// look is how a piece of text is meant; the colours behind it may be missing,
// so no look is the only carrier of a meaning.
type look int

const (
	plain        look = iota
	dim               // may be skipped
	strong            // to be typed or clicked letter for letter
	accent            // where the admin is
	accentStrong      // the same, louder
	good
	caution
	cautionStrong
	bad
	badStrong
	linked
	looks // how many there are
)

// pen draws text: the styles for the terminal's background and the symbols its
// font is likely to have. It is made once and again when the background is known.
type pen struct {
	styles [looks]lipgloss.Style
	sym    symbols
	ascii  bool
}

// newPen makes the pen for a dark or light background.
func newPen(dark, ascii bool) *pen {
	pick := lipgloss.LightDark(dark)
	colour := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	p := &pen{sym: unicodeSymbols, ascii: ascii}
	if ascii {
		p.sym = asciiSymbols
	}
	p.styles[plain] = lipgloss.NewStyle()
	p.styles[dim] = colour("242", "245")
	p.styles[strong] = lipgloss.NewStyle().Bold(true)
	p.styles[accent] = colour("26", "75")
	p.styles[accentStrong] = p.styles[accent].Bold(true)
	p.styles[good] = colour("28", "114")
	p.styles[caution] = colour("94", "221")
	p.styles[cautionStrong] = p.styles[caution].Bold(true)
	p.styles[bad] = colour("160", "210")
	p.styles[badStrong] = p.styles[bad].Bold(true)
	p.styles[linked] = lipgloss.NewStyle().Underline(true)
	return p
}

// symbols are the signs on the screens, each with a twin for fonts without it.
type symbols struct {
	right, warn, wrong          string
	now, open, dash             string
	marker, dot, mask, ellipsis string
	pickLeft, pickRight         string
	up, down, upDown            string
	full, thin                  string // of a bar
	spin                        []string
}

var unicodeSymbols = symbols{
	right: "✓", warn: "▲", wrong: "✗",
	now: "●", open: "○", dash: "──",
	marker: "❯", dot: "·", mask: "•", ellipsis: "…",
	pickLeft: "‹", pickRight: "›",
	up: "↑", down: "↓", upDown: "↑↓",
	full: "━", thin: "─",
	spin: []string{"⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"},
}

var asciiSymbols = symbols{
	right: "+", warn: "!", wrong: "x",
	now: "*", open: "o", dash: "--",
	marker: ">", dot: "-", mask: "*", ellipsis: "...",
	pickLeft: "<", pickRight: ">",
	up: "^", down: "v", upDown: "up/down",
	full: "=", thin: "-",
	spin: []string{"|", "/", "-", `\`},
}

// fold writes the signs that pages use with letters every font has.
var fold = strings.NewReplacer("…", "...", "·", "-", "›", ">", "‹", "<", "—", "-", "–", "-",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "•", "*", "━", "=", "─", "-", "→", "->",
	"✓", "+", "✗", "x", "▲", "!", "❯", ">", "●", "*", "○", "o", "↑", "^", "↓", "v", "←", "<", "×", "x")

// wantsASCII says whether the terminal is unlikely to show more than ASCII:
// the Linux console's font lacks the signs, and a locale without UTF-8 garbles them.
func wantsASCII(env []string) bool {
	get := func(name string) string {
		value := ""
		for _, e := range env {
			if k, v, _ := strings.Cut(e, "="); k == name {
				value = v // the last one counts, as in os/exec
			}
		}
		return value
	}
	if get("TERM") == "linux" {
		return true
	}
	if runtime.GOOS == "windows" {
		return false // no locale in the environment; consoles take UTF-8
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(get(name)); v != "" {
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return true
}
