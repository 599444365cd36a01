package wizard

import (
	"context"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
	"palmail/steps"
)

// page is the screen of questions.
type page struct {
	ask    *ask
	def    *steps.Page
	fields []*field
	focus  int // index into fields, -1 without any
	steps  guide

	// The check. run counts the states of the answers; what comes from an
	// earlier one is stale. At most one check runs: a newer one is due until
	// the one before has ended.
	run      int
	running  bool
	pending  bool // starts when the typing has rested
	due      bool // starts when the one before has ended
	queued   bool // go on when it turns out right
	queuedAt time.Time
	cancel   context.CancelFunc
	list     tasks
	verdict  *steps.Verdict
}

func newPage(a *ask) *page {
	s := &page{ask: a, def: a.page, focus: -1}
	for i := range a.page.Fields {
		s.fields = append(s.fields, newField(&a.page.Fields[i]))
	}
	s.refresh()
	s.focus = s.firstOpen()
	return s
}

// firstOpen returns the first field that is still to be filled, or else the first.
func (s *page) firstOpen() int {
	first := -1
	for i, f := range s.fields {
		if !f.shown {
			continue
		}
		if !f.ready() {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

func (s *page) frame() *steps.Frame        { return &s.def.Frame }
func (s *page) practice() []steps.Practice { return s.def.Practice }
func (s *page) guide() *guide              { return &s.steps }

func (s *page) finding() *diagnose.Finding {
	if s.verdict == nil {
		return nil
	}
	return s.verdict.Finding
}

// typing says whether printable keys belong to a text field.
func (s *page) typing() bool {
	return s.focus >= 0 && s.fields[s.focus].def.Kind != steps.PickField
}

// moving says whether a check is at work.
func (s *page) moving(m *model) bool { return !m.answered && (s.running || s.list.moving()) }

// busy says whether a check is running or about to.
func (s *page) busy() bool { return s.pending || s.due || s.running }

// answers returns what is filled in; with all, hidden fields too.
func (s *page) answers(all bool) steps.Answers {
	a := steps.Answers{Text: map[string]string{}, Secrets: map[string]secret.Value{}}
	for _, f := range s.fields {
		if !f.shown && !all {
			continue
		}
		if f.def.Kind == steps.SecretField {
			a.Secrets[f.def.Key] = secret.New(f.text())
		} else {
			a.Text[f.def.Key] = f.text()
		}
	}
	return a
}

// refresh works out again what hangs on the answers.
func (s *page) refresh() {
	all := s.answers(true)
	for _, f := range s.fields {
		f.shown = f.def.Shown == nil || f.def.Shown(all)
	}
	a := s.answers(false)
	s.ask.hold(a)
	for _, f := range s.fields {
		if f.shown {
			f.judge(a)
		}
	}
	if s.def.Guide != nil {
		s.steps.items = s.def.Guide(a)
	}
	if s.focus >= 0 && !s.fields[s.focus].shown {
		s.focus = s.firstOpen()
	}
}

// ready says whether every shown field looks right.
func (s *page) ready() bool {
	for _, f := range s.fields {
		if f.shown && !f.ready() {
			return false
		}
	}
	return true
}

// submitLabel says what enter does.
func (s *page) submitLabel() string {
	switch {
	case s.verdict != nil && s.verdict.State == steps.Wrong:
		return "try again"
	case s.def.Submit != "":
		return s.def.Submit
	}
	return "continue"
}

// keys lists the page's keys.
func (s *page) keys(m *model) []keyItem {
	var out []keyItem
	shown, picks := 0, false
	for i, f := range s.fields {
		if f.shown {
			shown++
			picks = picks || i == s.focus && f.def.Kind == steps.PickField
		}
	}
	if shown > 0 || !s.busy() {
		out = append(out, keyItem{key: "enter", label: s.submitLabel()})
	}
	if picks {
		out = append(out, keyItem{key: "←→", label: "pick", rank: 3})
	}
	if shown > 1 {
		out = append(out, keyItem{key: "tab", label: "next", rank: 3})
	}
	for _, a := range s.def.Actions {
		out = append(out, keyItem{key: a.Key, label: a.Label, rank: 2, short: a.Word})
	}
	return append(out, m.commonKeys(true)...)
}

// doc draws the page in parts.
func (s *page) doc(m *model, lv level, w int) doc {
	p := m.pen
	d := doc{
		title: p.para(p.mark(s.def.Title, strong), w, 0),
		why:   p.para(p.mark(s.def.Why, dim), w, 0),
		guide: s.steps.lines(m, lv, w, s.finding() == nil || s.finding().Link == "", true),
	}
	d.guide = append(p.picture(s.def.Picture, w), d.guide...)
	s.drawFields(m, lv, w, &d)
	list := s.list.lines(m, lv, w)
	if s.running && len(s.list) == 0 {
		list = []string{p.draw(m.sign(steps.Busy)) + " " + p.say(dim, "Checking…")}
	}
	if s.queued && s.busy() {
		list = append(list, p.para(p.mark("Goes on by itself as soon as this is right.", dim), w, 2)...)
	}
	var head, body []string
	if v := s.verdict; v != nil {
		text := v.Text
		if text == "" && v.Finding != nil {
			text = v.Finding.Title
		}
		head = p.headline(v.State, text, w)
		if v.Finding != nil {
			body = m.findingBody(v.Finding, lv, w)
		}
	}
	if lv == tightly {
		d.news = blocks(false, list, body)
		d.status = head
		if len(head) == 0 && len(list) > 0 {
			d.status = s.lastTask(m, w)
			if len(list) == len(d.status) {
				d.news = nil // seen already
			}
		}
		return d
	}
	d.news = blocks(lv < dense, list, blocks(false, head, body))
	return d
}

// lastTask draws the task at work, for where the list is out of sight.
func (s *page) lastTask(m *model, w int) []string {
	for i := len(s.list) - 1; i >= 0; i-- {
		if running(s.list[i].State) {
			return s.list[i].lines(m, w)[:1]
		}
	}
	return nil
}

// drawFields draws the fields with what is to be said about each.
func (s *page) drawFields(m *model, lv level, w int, d *doc) {
	p := m.pen
	column := 0
	for _, f := range s.fields {
		if f.shown {
			column = max(column, width([]span{{text: p.text(f.def.Label)}}))
		}
	}
	column += 2
	above := column > w/2 // long labels in a narrow window stand above their field
	for i, f := range s.fields {
		if !f.shown {
			continue
		}
		if lv < snug && len(d.fixed) > 0 {
			d.fixed = append(d.fixed, "")
		}
		from, indent := len(d.fixed), column
		if above {
			indent = 2
		}
		start := indent
		if f.def.Kind == steps.PickField {
			start-- // the marks hang, so that the options stand in line with the other fields
		}
		lead := strings.Repeat(" ", start)
		if above {
			d.fixed = append(d.fixed, f.label(p, i == s.focus, w))
		} else {
			lead = f.label(p, i == s.focus, start)
		}
		box, x := f.box(p, i == s.focus, w-start)
		d.fixed = append(d.fixed, lead+box)
		if i == s.focus && !m.answered && m.over == nil && !m.stopping {
			d.cursor = &point{start + x, len(d.fixed) - 1}
		}
		if v := f.verdict(); v.Text != "" {
			at := indent
			if w-indent < 30 {
				at = 2
			}
			for _, line := range p.headline(v.State, v.Text, w-at) {
				d.fixed = append(d.fixed, strings.Repeat(" ", at)+line)
			}
		}
		if i == s.focus {
			d.focus = [2]int{from, len(d.fixed)}
		}
	}
}
