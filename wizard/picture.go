package wizard

// picture draws the lines of a picture, and nothing if it would not be whole: in
// a window that is too narrow, or without block characters.
func (p *pen) picture(lines []string, w int) []string {
	if len(lines) == 0 || p.ascii || cells(lines[0])+4 > w {
		return nil
	}
	var out []string
	for _, line := range lines {
		out = append(out, "    "+p.render(span{text: line, look: picture}))
	}
	return append(out, "")
}
