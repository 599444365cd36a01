package wizard

import (
	"strings"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
)

// findingBody draws the explanation, the remedies, the person and the link of a finding.
func (m *model) findingBody(f *diagnose.Finding, level density, w int) []string {
	p := m.pen
	out := p.paragraph(f.Explanation, plain, w, 2)
	for i, r := range f.Remedy {
		lead := p.render(span{text: "  "}, span{text: itoa(i + 1), look: accent}, span{text: "  "})
		for _, line := range wrap(p.spans(r, plain), w-5) {
			out = append(out, lead+p.render(line...))
			lead = "     "
		}
	}
	if f.Who != "" {
		out = append(out, p.paragraph("Who can do this: "+f.Who, dim, w, 2)...)
	}
	if link := clean.Line(f.Link); link != "" {
		// The address is the only sign of the link, so it is always written out.
		lines := p.address(link, w, 2, m.wholeAddresses || level < scrolling)
		if w >= 60 && len(lines) > 0 {
			if both, ok := sides(lines[len(lines)-1], p.styled(dim, "ctrl+o open"), w); ok {
				lines[len(lines)-1] = both
			}
		}
		out = append(out, lines...)
	}
	return out
}

// findingLines draws a finding with its headline.
func (m *model) findingLines(f *diagnose.Finding, level density, w int) []string {
	head := m.pen.headline(steps.Wrong, f.Title, w)
	return append(head, m.findingBody(f, level, w)...)
}

// supporter is implemented by a finding that writes its own text for a support ticket.
type supporter interface{ Support() string }

// supportText returns the text for a support ticket: everything known, and no secret.
func supportText(f *diagnose.Finding) string {
	if s, ok := any(f).(supporter); ok {
		return clean.Masked(clean.Text(s.Support()))
	}
	var b strings.Builder
	add := func(label, value string) {
		if value != "" {
			b.WriteString(label + ": " + value + "\n")
		}
	}
	add("Title", f.Title)
	add("Cause", string(f.Cause))
	add("Codes", strings.Join(f.Codes, ", "))
	add("Request ID", f.RequestID)
	add("Correlation ID", f.CorrelationID)
	add("Time (UTC)", f.Time)
	add("Text", f.Raw)
	return clean.Masked(clean.Text(b.String()))
}

// detailLines draws the details overlay.
func (m *model) detailLines(f *diagnose.Finding, w int) []string {
	p := m.pen
	var out []string
	row := func(label, value string) {
		if value == "" {
			return
		}
		column := 16
		lead := p.render(span{text: label + strings.Repeat(" ", max(column-len(label), 1)), look: dim})
		if w < 60 { // an ID fits into one line only below its label
			column = 2
			out = append(out, p.styled(dim, label))
			lead = strings.Repeat(" ", column)
		}
		for _, line := range wrap(p.spans(value, strong), w-column) {
			out = append(out, lead+p.render(line...))
			lead = strings.Repeat(" ", column)
		}
	}
	row("Cause", string(f.Cause))
	row("Codes", strings.Join(f.Codes, ", "))
	row("Request ID", f.RequestID)
	row("Correlation ID", f.CorrelationID)
	row("Time (UTC)", f.Time)
	if f.Raw != "" {
		raw := clean.Masked(clean.Text(f.Raw))
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, p.styled(dim, "What came back"))
		for line := range strings.SplitSeq(strings.TrimSpace(raw), "\n") {
			out = append(out, p.wrapped([]span{{text: p.text(line)}}, w, 0)...)
		}
	}
	return out
}
