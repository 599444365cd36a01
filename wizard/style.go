package wizard

import (
	"runtime"
	"strings"

	"charm.land/lipgloss/v2"
)

// look is the emphasis of a piece of text. A terminal can lack colours, so no
// meaning rests on a look alone.
type look int

const (
	plain        look = iota
	dim               // can be skipped
	strong            // to be typed or clicked letter for letter
	accent            // where the admin is
	accentStrong      // the same, bold
	good
	caution
	cautionStrong
	bad
	badStrong
	linked
	picture // light on dark whatever the terminal's own colours are, since not every reader takes a code in negative
	looks   // how many there are
)

// pen draws text: the control sequences that switch each look on, for the
// terminal's background, and the symbols its font is likely to have. It is
// replaced when the background becomes known.
type pen struct {
	on    [looks]string // "" for no look; ansi.ResetStyle switches each off
	sym   symbols
	ascii bool
	drawn map[drawnText][]string
}

// newPen makes the pen for a dark or light background.
func newPen(dark, ascii bool) *pen {
	p := &pen{sym: unicodeSymbols, ascii: ascii}
	if ascii {
		p.sym = asciiSymbols
	}
	for l, style := range styles(dark) {
		p.on[l], _, _ = strings.Cut(style.Render("x"), "x")
	}
	return p
}

// styles are the looks for a dark or light background.
func styles(dark bool) [looks]lipgloss.Style {
	pick := lipgloss.LightDark(dark)
	colour := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	return [looks]lipgloss.Style{
		plain:         lipgloss.NewStyle(),
		dim:           colour("242", "245"),
		strong:        lipgloss.NewStyle().Bold(true),
		accent:        colour("26", "75"),
		accentStrong:  colour("26", "75").Bold(true),
		good:          colour("28", "114"),
		caution:       colour("94", "221"),
		cautionStrong: colour("94", "221").Bold(true),
		bad:           colour("160", "210"),
		badStrong:     colour("160", "210").Bold(true),
		linked:        lipgloss.NewStyle().Underline(true),
		picture:       lipgloss.NewStyle().Foreground(lipgloss.Color("#ffffff")).Background(lipgloss.Color("#000000")),
	}
}

// symbols are the signs on the screens; asciiSymbols replace them where the font
// lacks them.
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

// fold replaces the signs in pages' texts by ASCII.
var fold = strings.NewReplacer("…", "...", "·", "-", "›", ">", "‹", "<", "—", "-", "–", "-",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "•", "*", "━", "=", "─", "-", "→", "->",
	"✓", "+", "✗", "x", "▲", "!", "❯", ">", "●", "*", "○", "o", "↑", "^", "↓", "v", "←", "<", "×", "x")

// Signs returns the characters beyond ASCII that the screens draw, for whoever asks a font whether it has them.
func Signs() string {
	s := unicodeSymbols
	return s.right + s.warn + s.wrong + s.now + s.open + s.dash + s.marker + s.dot + s.mask + s.ellipsis +
		s.pickLeft + s.pickRight + s.upDown + s.full + s.thin + strings.Join(s.spin, "")
}

// valueOf returns a variable of an environment; the last one counts, as in os/exec.
func valueOf(env []string, name string) string {
	value := ""
	for _, e := range env {
		if k, v, _ := strings.Cut(e, "="); k == name {
			value = v
		}
	}
	return value
}

// wantsASCII says whether the terminal is unlikely to show more than ASCII:
// the Linux console's font lacks the signs, and a locale without UTF-8 garbles them.
func wantsASCII(env []string) bool {
	get := func(name string) string { return valueOf(env, name) }
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
