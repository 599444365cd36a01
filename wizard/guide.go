package wizard

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
	"palmail/steps"
)

// guide is the numbered things to do. The keys that open and copy take its
// links and values in turn; the hint stands where the next one is.
type guide struct {
	items []steps.Instruction
	link  int // how many links were opened
	copy  int // how many values were copied
}

// nth returns the index of the item whose turn it is among those that have
// what pick returns, or -1.
func (g *guide) nth(turn int, pick func(steps.Instruction) string) int {
	var have []int
	for i, it := range g.items {
		if pick(it) != "" {
			have = append(have, i)
		}
	}
	if len(have) == 0 {
		return -1
	}
	return have[turn%len(have)]
}

func linkOf(it steps.Instruction) string { return clean.Line(it.Link) }
func copyOf(it steps.Instruction) string { return it.Copy }

// nextLink returns the link whose turn it is: a finding's, then the guide's.
func (m *model) nextLink() string {
	if f := m.scr.finding(); f != nil && f.Link != "" {
		return clean.Line(f.Link)
	}
	g := m.scr.guide()
	i := g.nth(g.link, linkOf)
	if i < 0 {
		return ""
	}
	g.link++
	return linkOf(g.items[i])
}

// nextCopy returns the value whose turn it is.
func (g *guide) nextCopy() string {
	i := g.nth(g.copy, copyOf)
	if i < 0 {
		return ""
	}
	g.copy++
	return g.items[i].Copy
}

// lines draws the guide. hints says which keys are shown beside their item.
func (g *guide) lines(m *model, lv level, w int, linkHint, copyHint bool) []string {
	const indent = 4
	p := m.pen
	link, value := -1, -1
	if linkHint && w >= 60 {
		link = g.nth(g.link, linkOf)
	}
	if copyHint && w >= 60 {
		value = g.nth(g.copy, copyOf)
	}
	var out []string
	for i, it := range g.items {
		hint := ""
		switch {
		case i == link && i == value: //nolint:gocritic // the one line may hold both
			hint = p.say(dim, "ctrl+o open "+p.sym.dot+" ctrl+y copy")
		case i == link:
			hint = p.say(dim, "ctrl+o open")
		case i == value:
			hint = p.say(dim, "ctrl+y copy")
		}
		room := w - indent
		if hint != "" {
			room -= ansi.StringWidth(hint) + 2
		}
		number := itoa(i + 1)
		lead := strings.Repeat(" ", max(2-len(number), 0)) + p.say(accent, number) + "  "
		for n, line := range wrap(p.instruction(it), room) {
			text := lead + p.draw(line...)
			if n == 0 && hint != "" {
				text, _ = sides(text, hint, w)
			}
			out = append(out, text)
			lead = strings.Repeat(" ", indent)
		}
		out = append(out, m.address(linkOf(it), lv, w, indent)...)
	}
	return out
}

// instruction makes one sentence of an instruction.
func (p *pen) instruction(it steps.Instruction) []span {
	parts := [][]span{p.mark(it.Text, plain), nil, nil, p.mark(it.Note, dim)}
	if it.LinkText != "" {
		parts[1] = []span{{p.text(it.LinkText), linked, linkOf(it)}}
	}
	if it.Copy != "" {
		parts[2] = []span{{text: p.text(it.Copy), look: strong}}
	}
	var out []span
	for i, part := range parts {
		if len(part) == 0 {
			continue
		}
		if len(out) > 0 && (i < 3 || !strings.HasPrefix(part[0].text, ",") && !strings.HasPrefix(part[0].text, ".")) {
			out = append(out, span{text: " "})
		}
		out = append(out, part...)
	}
	return out
}

// address writes a link out: whole where no browser could be opened, on one
// line where there is room.
func (m *model) address(link string, lv level, w, indent int) []string {
	if link == "" || lv > airy && !m.urls {
		return nil
	}
	blanks := strings.Repeat(" ", indent)
	var out []string
	rest := m.pen.text(link)
	for rest != "" {
		line := ansi.Truncate(rest, max(w-indent, 1), "")
		if line == "" {
			break
		}
		rest = rest[len(line):]
		if !m.urls && rest != "" {
			line = ansi.Truncate(line, max(w-indent-ansi.StringWidth(m.pen.sym.ellipsis), 1), "") + m.pen.sym.ellipsis
			rest = ""
		}
		out = append(out, blanks+m.pen.draw(span{line, dim, link}))
	}
	return out
}
