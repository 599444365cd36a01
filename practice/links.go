package practice

import (
	"context"

	"palmail/diagnose"
	"palmail/steps"
)

// links stands between the steps and the front end in the practice
// tenant, and makes every link that is shown lead to the practice page. The
// steps go on making the real portal's links, so that they are tried out too,
// and neither they nor the wire know that somebody practises. A link without a
// practice page stays as it is, and is not opened.
type links struct {
	steps.UI
	pages *Pages
}

// Links makes every link that a flow shows lead to its practice page.
func (p *Pages) Links(flow func(context.Context, steps.UI) error) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) error { return flow(ctx, links{ui, p}) }
}

// Fill implements steps.UI.
func (l links) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	if guide := p.Guide; guide != nil {
		p.Guide = func(a steps.Answers) []steps.Instruction { return l.guide(guide(a)) }
	}
	if check := p.Check; check != nil {
		p.Check = func(ctx context.Context, a steps.Answers, report steps.Report) steps.Verdict {
			v := check(ctx, a, report)
			v.Finding = l.finding(v.Finding)
			return v
		}
	}
	return l.UI.Fill(ctx, p)
}

// Choose implements steps.UI.
func (l links) Choose(ctx context.Context, c steps.Choice) (int, error) {
	c.Finding = l.finding(c.Finding)
	if check := c.Check; check != nil {
		c.Check = func(ctx context.Context, report steps.Report) steps.Outlook {
			o := check(ctx, report)
			o.Finding = l.finding(o.Finding)
			return o
		}
	}
	return l.UI.Choose(ctx, c)
}

// Show implements steps.UI.
func (l links) Show(ctx context.Context, n steps.Notice) error {
	n.Guide, n.Finding = l.guide(n.Guide), l.finding(n.Finding)
	return l.UI.Show(ctx, n)
}

func (l links) guide(guide []steps.Instruction) []steps.Instruction {
	out := make([]steps.Instruction, len(guide))
	for i, in := range guide {
		in.Link = l.link(in.Link)
		out[i] = in
	}
	return out
}

func (l links) finding(f *diagnose.Finding) *diagnose.Finding {
	if f == nil {
		return nil
	}
	shown := *f
	shown.Link = l.link(f.Link)
	return &shown
}

func (l links) link(address string) string {
	if address == "" {
		return ""
	}
	if here, err := l.pages.Address(address); err == nil {
		return here
	}
	return address
}
