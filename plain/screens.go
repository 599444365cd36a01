package plain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/clean"
	"palmail/steps"
)

// Choose implements steps.UI.
func (p *prompter) Choose(ctx context.Context, c steps.Choice) (int, error) {
	defer p.idle.question()()
	s := &screen{frame: c.Frame}
	if c.Check != nil {
		if err := p.lookUp(ctx, &c); err != nil {
			return c.Picked, err
		}
	}
	labels := make([]string, len(c.Options))
	for i, o := range c.Options {
		labels[i] = o.Text
	}
	s.again = func() {
		p.heading(c.Frame, c.Title, c.Why)
		if c.Headline.Text != "" {
			p.line(stateWord(c.Headline.State) + asSentence(c.Headline.Text))
		}
		if c.Bar.Of > 0 {
			p.say("", c.Bar.Text)
		}
		p.paragraphs(c.Text)
		p.finding(c.Finding, "")
		p.say("", c.Footer)
		for i, o := range c.Options {
			p.say(fmt.Sprintf("%d. ", i+1), withNote(o.Text, o.Note))
		}
	}
	if c.Finding != nil {
		s.link = c.Finding.Link
	}
	if p.o.Demo && len(c.Practice) > 0 {
		s.practice = c.Practice
	}
	s.again()
	picked := min(max(0, c.Picked), max(0, len(c.Options)-1))
	q := question{prompt: fmt.Sprintf("Number [%d]: ", picked+1), name: c.Title}
	for {
		i, a, err := p.pick(ctx, s, q, labels, picked)
		switch {
		case c.Optional && errors.Is(err, ErrNoAnswer):
			return picked, nil
		case err != nil:
			return picked, err
		}
		if a.fill == nil {
			p.o.Log.Debug("plain pick", "screen", c.Name, "option", i)
			return i, nil
		}
	}
}

// lookUpDeadline bounds the check of a choice, since the question waits for it.
const lookUpDeadline = 10 * time.Second

// lookUp runs the check of a choice before the question is asked: a later
// result would interrupt the line that is being typed.
func (p *prompter) lookUp(ctx context.Context, c *steps.Choice) error {
	ctx, cancel := context.WithTimeout(ctx, lookUpDeadline)
	defer cancel()
	look := wait{text: "Looking this up", limit: lookUpDeadline, enter: "continue without it"}
	return p.during(ctx, look, func(ctx context.Context, report steps.Report) {
		o := c.Check(ctx, report)
		if o.Finding != nil {
			c.Finding = o.Finding
		}
		if o.Picked >= 0 && o.Picked < len(c.Options) {
			c.Picked = o.Picked
		}
	}).err
}

// Work implements steps.UI. Run has ended when it returns, also when ctx was
// cancelled. An admin who stops it goes back.
func (p *prompter) Work(ctx context.Context, w steps.Work) error {
	defer p.idle.question()()
	if err := ctx.Err(); err != nil {
		return err
	}
	p.heading(w.Frame, w.Title, w.Why)
	var err error
	ended := p.during(ctx, wait{text: asWords(w.Title), enter: "stop and go back"},
		func(ctx context.Context, report steps.Report) { err = w.Run(ctx, report) })
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case ended.err != nil:
		return ended.err
	case ended.stopped && errors.Is(err, context.Canceled):
		p.line("Note: It was stopped.")
		return steps.ErrBack
	}
	return err
}

// Show implements steps.UI.
func (p *prompter) Show(ctx context.Context, n steps.Notice) error {
	defer p.idle.question()()
	p.remember(n.Values)
	guide, items := guideLines(n.Guide)
	s := &screen{frame: n.Frame, items: items}
	for _, v := range n.Values {
		s.items = append(s.items, numberedItem{label: clean.Line(v.Label), text: v.Text, secret: v.Secret})
	}
	if n.Finding != nil {
		s.link = n.Finding.Link
	}
	if p.o.Demo && len(n.Practice) > 0 {
		s.practice = n.Practice
	}
	s.again = func() {
		p.heading(n.Frame, n.Title, n.Why)
		p.finding(n.Finding, "")
		p.paragraphs(n.Text)
		for _, line := range guide {
			p.line(line)
		}
		for i, v := range n.Values {
			p.value(len(guide)+i+1, v)
		}
	}
	s.again()
	for {
		a, err := p.pass(ctx, s, n.Title, n.Submit, true)
		if err != nil || a.fill == nil {
			return err
		}
	}
}

// value writes a value with its number. Nothing follows a value on its line,
// so that it can be selected.
func (p *prompter) value(n int, v steps.Value) {
	label := fmt.Sprintf("%d. %s: ", n, strings.TrimRight(clean.Line(v.Label), ": "))
	switch {
	case !v.Secret.IsZero() && p.o.Copy != nil:
		p.line(label + fmt.Sprintf("hidden. copy %d copies it, show %d shows it.", n, n))
	case !v.Secret.IsZero():
		p.line(label + fmt.Sprintf("hidden. show %d shows it.", n))
	case strings.Contains(strings.TrimSpace(v.Text), "\n"):
		p.line(strings.TrimSpace(label))
		p.write(strings.TrimRight(v.Text, "\n") + "\n")
	default:
		p.write(label + strings.TrimSpace(v.Text) + "\n")
	}
}

// guideLines turns instructions into numbered sentences and, under the same
// numbers, items to open and copy. An address follows on a line of its own.
func guideLines(guide []steps.Instruction) (lines []string, items []numberedItem) {
	for i, in := range guide {
		n := i + 1
		words := in.Text
		if in.LinkText != "" && !strings.Contains(words, in.LinkText) {
			words += " " + in.LinkText
		}
		value := clean.Line(in.Copy)
		apart := strings.Contains(in.Copy, "\n") || strings.Contains(value, `"`)
		if value != "" && !apart && !strings.Contains(words, "**"+in.Copy+"**") {
			words += " **" + value + "**"
		}
		words = withNote(words, in.Note)
		line := fmt.Sprintf("%d. %s", n, asSentence(words))
		if apart {
			line += "\n" + strings.TrimSpace(clean.Text(in.Copy))
		}
		if in.Link != "" && !strings.Contains(in.Text, in.Link) {
			line += "\nAddress: " + clean.Line(in.Link)
		}
		lines = append(lines, line)
		items = append(items, numberedItem{label: fmt.Sprintf("the value of line %d", n), text: in.Copy, link: in.Link})
	}
	return lines, items
}
