package wizard

import (
	"fmt"
	"math"
	"strings"
	"time"

	"palmail/steps"
)

// shortTask is how long a task runs before it shows its time.
const shortTask = 2 * time.Second

// task is a task with its times.
type task struct {
	steps.Task
	started time.Time // first reported
	ended   time.Time // no longer Busy or Waiting; zero while it runs
}

// tasks is a list of tasks in the order of their first reports.
type tasks []task

// report adds t or replaces the task with its key.
func (l *tasks) report(t steps.Task, now time.Time) {
	for i := range *l {
		if o := &(*l)[i]; o.Key == t.Key {
			wasRunning := running(o.State)
			o.Task = t
			switch {
			case running(t.State):
				o.ended = time.Time{}
			case wasRunning:
				o.ended = now
			}
			return
		}
	}
	n := task{Task: t, started: now}
	if !running(t.State) {
		n.ended = now
	}
	*l = append(*l, n)
}

// end gives the tasks that still run the state s, in which their check ended.
func (l tasks) end(s steps.State, now time.Time) {
	for i := range l {
		if running(l[i].State) {
			l[i].State, l[i].ended = s, now
		}
	}
}

func running(s steps.State) bool { return s == steps.Busy || s == steps.Waiting }

func (l tasks) moving() bool {
	for _, t := range l {
		if running(t.State) {
			return true
		}
	}
	return false
}

// clock returns how long the task took or is taking, empty if that is too short to show.
func (t *task) clock(now time.Time) string {
	if !t.ended.IsZero() {
		d := t.ended.Sub(t.started)
		switch {
		case d < 50*time.Millisecond:
			return ""
		case d < 10*time.Second:
			return fmt.Sprintf("%.1f s", d.Seconds())
		}
		return minutes(d)
	}
	d := now.Sub(t.started)
	if !t.Since.IsZero() {
		d = now.Sub(t.Since)
	}
	if t.State == steps.Busy && d < shortTask {
		return "" // a call that is answered at once needs no limit
	}
	return clock(d, t.Limit)
}

// clock returns how long something has taken, and at most takes if there is a
// limit; empty for a short time without a limit.
func clock(d, limit time.Duration) string {
	switch {
	case limit > 0:
		return minutes(d) + " of " + minutes(limit)
	case d < shortTask:
		return ""
	}
	return minutes(d)
}

// waitingLine draws a wait since a time about which nothing else is known.
func (m *model) waitingLine(text string, since time.Time, w int) string {
	elapsed := clock(m.now.Sub(since), 0)
	text = m.pen.shorten(text+m.pen.sym.ellipsis, w-4-len(elapsed))
	line := m.pen.render(m.sign(steps.Busy)) + " " + m.pen.styled(dim, text)
	if elapsed != "" {
		line, _ = sides(line, m.pen.styled(dim, elapsed), w)
	}
	return line
}

// minutes writes d as m:ss.
func minutes(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// sign returns the sign of a state and its look.
func (m *model) sign(s steps.State) span {
	switch s {
	case steps.Right:
		return span{text: m.pen.sym.right, look: good}
	case steps.Warn:
		return span{text: m.pen.sym.warn, look: caution}
	case steps.Wrong:
		return span{text: m.pen.sym.wrong, look: bad}
	case steps.Busy, steps.Waiting:
		return span{text: m.spinner(), look: accent}
	}
	return span{text: m.pen.sym.open, look: dim}
}

// lines draws the list.
func (l tasks) lines(m *model, level density, w int) []string {
	var out []string
	for i := range l {
		t := &l[i]
		if i > 0 && level < dense && t.State == steps.Warn && l[i-1].State != steps.Warn {
			out = append(out, "") // a remark stands apart from the progress
		}
		out = append(out, l[i].lines(m, w)...)
	}
	return out
}

func (t *task) lines(m *model, w int) []string {
	p := m.pen
	clock := t.clock(m.now)
	room := w - 2
	if clock != "" {
		room -= cells(clock) + 2
	}
	text := p.spans(t.Text, plain)
	if t.State == steps.Wrong {
		text = p.spans(t.Text, bad)
	}
	lead := p.render(m.sign(t.State)) + " "
	var out []string
	for n, line := range wrap(text, room) {
		s := lead + p.render(line...)
		if n == 0 && clock != "" {
			s, _ = sides(s, p.styled(dim, clock), w)
		}
		out = append(out, s)
		lead = "  "
	}
	out = append(out, p.paragraph(t.Note, dim, w, 2)...)
	if running(t.State) && t.RetryAfter > 0 {
		seconds := itoa(int(math.Ceil(t.RetryAfter.Seconds())))
		out = append(out, p.paragraph("Microsoft asks to wait "+seconds+" s before the next try.", dim, w, 2)...)
	}
	return out
}

// headline draws a verdict: its sign and its text.
func (p *pen) headline(s steps.State, text string, w int) []string {
	var sign span
	l := plain
	switch s {
	case steps.Wrong:
		sign, l = span{text: p.sym.wrong, look: bad}, bad
	case steps.Warn, steps.Waiting:
		sign = span{text: p.sym.warn, look: caution}
	case steps.Right:
		sign = span{text: p.sym.right, look: good}
	default:
		return p.paragraph(text, dim, w, 2)
	}
	lead := p.render(sign) + " "
	var out []string
	for _, line := range wrap(p.spans(text, l), w-2) {
		out = append(out, lead+p.render(line...))
		lead = strings.Repeat(" ", 2)
	}
	return out
}
