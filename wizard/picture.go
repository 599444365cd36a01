package wizard

import (
	"charm.land/lipgloss/v2"
)

// inkOnPaper draws a picture light on dark whatever the terminal's own
// colours are, since not every reader takes a code in negative.
var inkOnPaper = lipgloss.NewStyle().Foreground(lipgloss.Color("#ffffff")).Background(lipgloss.Color("#000000"))

// picture draws the lines of a picture, or none where it would not be whole:
// in a window that is too narrow, or without block characters.
func (p *pen) picture(lines []string, w int) []string {
	if len(lines) == 0 || p.ascii || cells(lines[0])+4 > w {
		return nil
	}
	var out []string
	for _, line := range lines {
		out = append(out, "    "+inkOnPaper.Render(line))
	}
	return append(out, "")
}
