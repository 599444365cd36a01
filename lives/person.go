package lives

import (
	"context"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/steps"
)

// mostScreens is how many screens a visit has before its person gives up.
const mostScreens = 100

// thinking is how long a person looks at a screen.
const thinking = 5 * time.Second

// person is the administrator, who acts through steps.UI. What no event says
// otherwise, they do as the screen asks.
type person struct {
	*watch
	l      *life
	p      *process
	goal   string // what the visit is for, by its kind
	done   map[string]bool
	seen   numbered
	total  int
	calm   bool // cooperates from here on
	since  int  // screens since then
	from   string
	before string // the screen before this one
}

// turn is what the person makes of a screen, "" for what it asks for.
func (h *person) turn(ctx context.Context, screen string, ways ...string) (verb, object string, err error) {
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	l := h.l
	h.total++
	l.steps++
	if h.calm {
		h.since++
	}
	l.cover.screen(h.before, screen)
	h.before = screen
	nth := h.seen.next(screen)
	time.Sleep(thinking)
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	l.say("%s: %s", h.p.name, nth)
	if h.total > mostScreens && !h.calm {
		h.p.leave()
		return "", "", context.Canceled
	}
	if h.calm {
		if h.since > mostScreens {
			l.violate(WayOut, "%d screens from %s on in calm weather, and not at the end, going round %s", h.since,
				h.from, h.circle())
			h.p.leave()
			return "", "", context.Canceled
		}
		return "", "", nil
	}
	ways = append(ways, times(2, "back", "leave")...)
	ways = append(ways, "lunch", "weekend", "colleague", "other session", "calm")
	choice := l.pick(h.p.name+"/"+nth, l.temper, ways...)
	verb, object = cut(choice)
	if verb != "" {
		l.say("%s: %s: %s", h.p.name, nth, choice)
	}
	switch verb {
	case "leave":
		h.p.leave()
		return "", "", ctx.Err()
	case "lunch":
		time.Sleep(95 * time.Minute)
	case "weekend":
		time.Sleep(62 * time.Hour)
	case "colleague":
		l.colleague(h.p.name+"/"+nth+"/colleague", 1, h.p.name)
	case "other session":
		if !strings.Contains(h.p.name, "beside") {
			l.visit(h.p.name+" beside "+nth, "wizard")
		}
	case "calm":
		h.cooperate(screen)
	default:
		return verb, object, nil
	}
	return "", "", nil
}

// circle names the screens that came again and again.
func (h *person) circle() string {
	h.seen.mu.Lock()
	defer h.seen.mu.Unlock()
	var often []string
	for name, n := range h.seen.n {
		if n > 8 && !strings.HasPrefix(name, "work ") {
			often = append(often, name)
		}
	}
	slices.Sort(often)
	return strings.Join(often, ", ")
}

// cooperate begins calm weather: nothing goes wrong any more, the colleagues
// put right what only they can, and the person does what the screens ask for.
func (h *person) cooperate(screen string) {
	h.calm, h.from, h.since, h.p.calm = true, screen, 0, true
	h.goal = "finish"
	h.l.calmDown()
}

// Fill implements steps.UI.
func (h *person) Fill(ctx context.Context, p steps.Page) (a steps.Answers, err error) {
	err = h.watched(ctx, p.Name, func() error {
		h.l.watchText("the page "+p.Name, pageText(p), false)
		h.l.draw(p)
		a, err = h.fill(ctx, p)
		return err
	})
	return a, err
}

func (h *person) fill(ctx context.Context, p steps.Page) (a steps.Answers, err error) {
	var ways []string
	for _, o := range p.Practice {
		if o.Label != doItRight {
			ways = append(ways, times(2, "do:"+o.Label)...)
		}
	}
	for _, a := range p.Actions {
		ways = append(ways, "action:"+a.Key)
	}
	ways = append(ways, "nonsense", "impatient", "empty")
	a = h.collect(p, nil)
	var offered []steps.Action // by the verdict that was seen last
	for try := 1; ; try++ {
		more := slices.Clone(ways)
		for _, a := range offered {
			more = append(more, times(4, "action:"+a.Key)...)
		}
		verb, object, err := h.turn(ctx, p.Name, more...)
		switch {
		case err != nil:
			return a, err
		case verb == "back":
			return a, steps.ErrBack
		case verb == "action":
			a.Action = object
			return a, nil
		case !h.calm && h.seen.count(p.Name) > 9:
			h.p.leave()
			return a, ctx.Err()
		case !h.calm && try > 3:
			return a, steps.ErrBack
		case h.calm && try > 2 && len(offered) > 0:
			a.Action = offered[h.corrected(p.Name)%len(offered)].Key
			return a, nil
		case h.lost(p.Name) && len(p.Actions) > 0 && try%4 == 0:
			a.Action = p.Actions[h.seen.count(p.Name)/4%len(p.Actions)].Key
			return a, nil
		case h.lost(p.Name) && try%5 == 0:
			return a, steps.ErrBack
		}
		filled, err := h.answers(ctx, p, verb, object, try)
		if err != nil {
			return a, err
		}
		var v steps.Verdict
		var ok bool
		a, v, ok = h.submit(ctx, p, filled, verb == "impatient")
		offered = v.Actions
		switch {
		case ctx.Err() != nil:
			return a, ctx.Err()
		case verb == "impatient":
			return a, steps.ErrBack
		case ok:
			return a, nil
		}
	}
}

// corrected counts how often the person has followed a finding from this page.
func (h *person) corrected(screen string) int {
	h.seen.next("corrected " + screen)
	return h.seen.count("corrected "+screen) - 1
}

// lost says whether the person has been here so often that they try something else.
func (h *person) lost(screen string) bool { return h.calm && h.seen.count(screen) > 3 }

// Choose implements steps.UI.
func (h *person) Choose(ctx context.Context, c steps.Choice) (at int, err error) {
	err = h.watched(ctx, c.Name, func() error {
		h.l.watchText("the choice "+c.Name, choiceText(c), false)
		h.finding(c.Finding)
		h.l.draw(c)
		at, err = h.choose(ctx, c)
		return err
	})
	return at, err
}

func (h *person) choose(ctx context.Context, c steps.Choice) (int, error) {
	var ways []string
	for _, o := range c.Options {
		if o.Key != "browser" && o.Key != "azure-cli" { // a listener and a program: neither is in a bubble
			ways = append(ways, "pick:"+o.Key)
		}
	}
	for _, o := range c.Practice {
		if o.Label != doItRight {
			ways = append(ways, "do:"+o.Label)
		}
	}
	verb, object, err := h.turn(ctx, c.Name, ways...)
	if err != nil {
		return 0, err
	}
	proposed := c.Picked
	if c.Check != nil {
		var o steps.Outlook
		h.supervise(c.Name, func(report steps.Report) { o = c.Check(ctx, report) })
		if o.Picked >= 0 && o.Picked < len(c.Options) {
			proposed = o.Picked
		}
		h.finding(o.Finding)
		h.judgeHome(c, o)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if verb == "back" {
		return 0, steps.ErrBack
	}
	if !h.calm && verb == "" && c.Name != "home" && h.seen.count(c.Name) > 4 {
		h.p.leave() // nobody tries for ever
		return 0, ctx.Err()
	}
	at := h.sensible(c, proposed)
	if verb == "pick" {
		for i, o := range c.Options {
			if o.Key == object {
				at = i
			}
		}
	}
	if verb == "do" {
		h.practise(ctx, c.Practice, object)
	} else if at == h.sensible(c, proposed) {
		h.prepare(ctx, c)
	}
	h.noteChoice(c, c.Options[at], verb == "pick")
	return at, nil
}

// Work implements steps.UI.
func (h *person) Work(ctx context.Context, w steps.Work) error {
	return h.watched(ctx, w.Name, func() error {
		h.l.watchText("the work "+w.Name, strings.Join(append(frameText(w.Frame), w.Title, w.Why), "\n"), false)
		h.l.draw(w)
		nth := h.seen.next("work " + w.Name)
		h.l.cover.screen(h.before, w.Name)
		h.before = w.Name
		h.l.steps++
		h.l.say("%s: %s", h.p.name, nth)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		stop := ""
		if !h.calm {
			stop = h.l.pick(h.p.name+"/"+nth, h.l.temper/2, "leave after 0.3s", "leave after 5s", "leave after 40s")
		}
		if stop != "" {
			after, _ := time.ParseDuration(strings.TrimPrefix(stop, "leave after "))
			defer time.AfterFunc(after, h.p.leave).Stop()
		}
		var err error
		h.supervise(w.Name, func(report steps.Report) { err = w.Run(ctx, report) })
		return err
	})
}

// Show implements steps.UI.
func (h *person) Show(ctx context.Context, n steps.Notice) error {
	return h.watched(ctx, n.Name, func() error {
		h.l.watchText("the notice "+n.Name, noticeText(n), false)
		h.finding(n.Finding)
		h.l.draw(n)
		ways := []string{}
		if handsOver(n) {
			ways = append(ways, times(3, "not saved")...)
		}
		for _, o := range n.Practice {
			if o.Label != doItRight {
				ways = append(ways, "do:"+o.Label)
			}
		}
		verb, object, err := h.turn(ctx, n.Name, ways...)
		switch {
		case err != nil:
			return err
		case verb == "back":
			return steps.ErrBack
		case verb == "do" && !handsOver(n):
			h.practise(ctx, n.Practice, object)
		case verb == "not saved":
			h.l.say("%s: PAL's form is not saved", h.p.name)
			if n.Name == "rotate-back" { // the one hand-over that only the administrator's word ends
				h.l.excuse("pal", "confirmed that PAL has the old secret, which it has not")
			}
		case handsOver(n):
			h.savePAL(n)
		default:
			h.practise(ctx, n.Practice, doItRight)
		}
		h.judgeNotice(n)
		return ctx.Err()
	})
}

// learn takes note of what a finding says is wrong.
func (h *person) learn(f *diagnose.Finding) {
	h.l.cover.finding(f)
	if f != nil && h.calm && strings.HasPrefix(string(f.Cause), "mailbox-") {
		h.l.wrongMailbox = true
	}
}

// finding takes note of a finding that is shown.
func (h *person) finding(f *diagnose.Finding) {
	if f != nil {
		h.learn(f)
		h.l.say("%s: it says: %s (%s)", h.p.name, f.Title, f.Cause)
	}
}
