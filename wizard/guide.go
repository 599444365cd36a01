package wizard

import (
	"slices"
	"strings"

	"palmail/clean"
	"palmail/steps"
)

// guide is the numbered list of instructions. The keys that open and copy take
// its links and values in turn; a hint stands beside the next one.
type guide struct {
	given  []steps.Instruction // as the page has them
	items  []steps.Instruction // with clean links
	opened int                 // how many links
	copied int                 // how many values

	drawn [2]drawnGuide // with its addresses written out, and without
}

// drawnGuide is the lines of a guide as they were drawn last.
type drawnGuide struct {
	guideStyle
	lines []string
}

// guideStyle is everything that the lines of a guide depend on besides its items.
type guideStyle struct {
	pen           *pen
	addresses     bool // links are written out,
	whole         bool // each on as many lines as it needs
	width         int
	opens, copies int // the items with the hints, -1 for none
}

// set replaces the instructions.
func (g *guide) set(items []steps.Instruction) {
	if slices.Equal(items, g.given) {
		return
	}
	g.given, g.items, g.drawn = items, slices.Clone(items), [2]drawnGuide{}
	for i := range g.items {
		g.items[i].Link = clean.Line(g.items[i].Link)
	}
}

// next returns the index of the item whose turn it is among those with a link or
// a value, as text selects; -1 if there are none.
func (g *guide) next(turn int, text func(steps.Instruction) string) int {
	var having []int
	for i, it := range g.items {
		if text(it) != "" {
			having = append(having, i)
		}
	}
	if len(having) == 0 {
		return -1
	}
	return having[turn%len(having)]
}

func linkOf(it steps.Instruction) string { return it.Link }
func copyOf(it steps.Instruction) string { return it.Copy }

// nextLink returns the link to open next: the finding's, or else the guide's.
func (m *model) nextLink() string {
	if f := m.screen.finding(); f != nil && f.Link != "" {
		return clean.Line(f.Link)
	}
	g := m.screen.guide()
	i := g.next(g.opened, linkOf)
	if i < 0 {
		return ""
	}
	g.opened++
	return g.items[i].Link
}

// nextCopy returns the value to copy next.
func (g *guide) nextCopy() string {
	i := g.next(g.copied, copyOf)
	if i < 0 {
		return ""
	}
	g.copied++
	return g.items[i].Copy
}

// lines draws the guide. linkHint and copyHint show the keys beside the next link and value.
func (g *guide) lines(m *model, level density, w int, linkHint, copyHint bool) []string {
	style := guideStyle{pen: m.pen, width: w, opens: -1, copies: -1}
	style.addresses, style.whole = level == spacious || m.wholeAddresses, m.wholeAddresses
	if linkHint && w >= 60 {
		style.opens = g.next(g.opened, linkOf)
	}
	if copyHint && w >= 60 {
		style.copies = g.next(g.copied, copyOf)
	}
	d := &g.drawn[0]
	if !style.addresses {
		d = &g.drawn[1]
	}
	if d.guideStyle != style {
		d.guideStyle, d.lines = style, nil
		for i, it := range g.items {
			d.lines = append(d.lines, style.item(i, it)...)
		}
	}
	return slices.Clip(d.lines)
}

// item draws one instruction.
func (style guideStyle) item(i int, it steps.Instruction) []string {
	const indent = 4
	p := style.pen
	var keys []string
	if i == style.opens {
		keys = append(keys, "ctrl+o open")
	}
	if i == style.copies {
		keys = append(keys, "ctrl+y copy")
	}
	hint := ""
	if len(keys) > 0 {
		hint = p.styled(dim, strings.Join(keys, " "+p.sym.dot+" "))
	}
	room := style.width - indent
	if hint != "" {
		room -= cells(hint) + 2
	}
	number := itoa(i + 1)
	lead := strings.Repeat(" ", max(2-len(number), 0)) + p.styled(accent, number) + "  "
	var out []string
	for n, line := range wrap(p.instruction(it), room) {
		text := lead + p.render(line...)
		if n == 0 && hint != "" {
			text, _ = sides(text, hint, style.width)
		}
		out = append(out, text)
		lead = strings.Repeat(" ", indent)
	}
	if !style.addresses {
		return out
	}
	return append(out, p.address(it.Link, style.width, indent, style.whole)...)
}

// instruction joins the parts of an instruction into one sentence.
func (p *pen) instruction(it steps.Instruction) []span {
	out := p.spans(it.Text, plain)
	add := func(part ...span) {
		if len(out) > 0 {
			out = append(out, span{text: " "})
		}
		out = append(out, part...)
	}
	if it.LinkText != "" {
		add(span{p.text(it.LinkText), linked, it.Link})
	}
	if it.Copy != "" {
		add(span{text: p.text(it.Copy), look: strong})
	}
	switch note := p.spans(it.Note, dim); {
	case len(note) == 0:
	case strings.HasPrefix(note[0].text, ","), strings.HasPrefix(note[0].text, "."):
		out = append(out, note...)
	default:
		add(note...)
	}
	return out
}

// address draws a link's address, whole or cut to one line.
func (p *pen) address(link string, w, indent int, whole bool) []string {
	blanks := strings.Repeat(" ", indent)
	var out []string
	rest := p.text(link)
	for rest != "" {
		line := truncate(rest, max(w-indent, 1))
		if line == "" {
			break
		}
		rest = rest[len(line):]
		if !whole && rest != "" {
			line = truncate(line, max(w-indent-cells(p.sym.ellipsis), 1)) + p.sym.ellipsis
			rest = ""
		}
		out = append(out, blanks+p.render(span{line, dim, link}))
	}
	return out
}
