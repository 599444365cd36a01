package plain

import (
	"context"
	"fmt"
	"strings"

	"palmail/clean"
	"palmail/steps"
)

// longText asks for a text of many lines, which ends with a line that holds
// only a full stop, or with the input.
func (p *prompter) longText(ctx context.Context, field steps.Field) (answer, error) {
	name := clean.Line(field.Label)
	p.line(name + ": paste the text, then type a line with only a full stop.")
	var b strings.Builder
	lines := 0
	for {
		line, err := p.lines.next(ctx, false)
		if err != nil {
			return answer{}, err
		}
		if line.err != nil && b.Len() == 0 {
			return answer{}, fmt.Errorf("%w to %q: the input ended", ErrNoAnswer, name)
		}
		if line.err != nil || strings.TrimSpace(line.text) == "." || b.Len() > steps.LongestText {
			p.line(fmt.Sprintf("Read %d lines.", lines))
			return answer{text: strings.TrimSpace(clean.Text(b.String()))}, nil
		}
		b.WriteString(line.text)
		b.WriteString("\n")
		lines++
	}
}
