package wizard

import (
	"context"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
	"palmail/steps"
)

// page is the screen with fields to fill in.
type page struct {
	question     *question
	def          *steps.Page
	fields       []*field
	focus        int // index into fields, -1 without any
	instructions guide

	// The check. revision counts the changes of the answers, so that the results
	// of an earlier check can be told from the current one's. At most one check
	// runs at a time.
	revision        int
	running         bool
	runningSince    time.Time
	scheduled       bool // starts after a pause in typing
	restart         bool // starts when the running one has ended
	submitWhenRight bool // enter was pressed: continue once the verdict is right
	submittedAt     time.Time
	cancel          context.CancelFunc
	tasks           tasks
	verdict         *steps.Verdict
}

func newPage(a *question) *page {
	s := &page{question: a, def: a.page, focus: -1}
	for i := range a.page.Fields {
		s.fields = append(s.fields, newField(&a.page.Fields[i]))
	}
	s.refresh()
	s.focus = s.firstUnfilled()
	return s
}

// firstUnfilled returns the first field without a right answer, or else the first field.
func (s *page) firstUnfilled() int {
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
func (s *page) guide() *guide              { return &s.instructions }

func (s *page) finding() *diagnose.Finding {
	if s.verdict == nil {
		return nil
	}
	return s.verdict.Finding
}

// typing returns whether printable keys go into a text field.
func (s *page) typing() bool {
	return s.focus >= 0 && s.fields[s.focus].def.Kind != steps.PickField
}

// moving returns whether a check is running, since its clock is drawn.
func (s *page) moving(m *model) bool { return !m.answered && (s.running || s.tasks.moving()) }

// busy returns whether a check is running or about to start.
func (s *page) busy() bool { return s.scheduled || s.restart || s.running }

// answers returns the answers of the visible fields, or of all.
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

// refresh updates everything that depends on the answers.
func (s *page) refresh() {
	all := s.answers(true)
	for _, f := range s.fields {
		f.shown = f.def.Shown == nil || f.def.Shown(all)
	}
	a := s.answers(false)
	s.question.hold(a)
	for _, f := range s.fields {
		if f.shown {
			f.judge(a)
		}
	}
	if s.def.Guide != nil {
		s.instructions.set(s.def.Guide(a))
	}
	if s.focus >= 0 && !s.fields[s.focus].shown {
		s.focus = s.firstUnfilled()
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

// submitLabel returns the label of enter.
func (s *page) submitLabel() string {
	switch {
	case s.verdict != nil && s.verdict.State == steps.Wrong:
		return "try again"
	case s.def.Submit != "":
		return s.def.Submit
	}
	return "continue"
}

// actions are the page's own and those of what the check found.
func (s *page) actions() []steps.Action {
	if s.verdict == nil {
		return s.def.Actions
	}
	return slices.Concat(s.verdict.Actions, s.def.Actions)
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
	for _, a := range s.actions() {
		out = append(out, keyItem{key: a.Key, label: a.Label, rank: 2, short: a.Word})
	}
	return append(out, m.commonKeys(true)...)
}

// content draws the page in parts.
func (s *page) content(m *model, level density, w int) content {
	p := m.pen
	d := content{
		title: p.paragraph(s.def.Title, strong, w, 0),
		why:   p.paragraph(s.def.Why, dim, w, 0),
		guide: s.instructions.lines(m, level, w, s.finding() == nil || s.finding().Link == "", true),
	}
	d.guide = append(p.picture(s.def.Picture, w), d.guide...)
	s.drawFields(m, level, w, &d)
	list := s.tasks.lines(m, level, w)
	if s.running && len(s.tasks) == 0 {
		list = s.lastTask(m, w)
	}
	if s.submitWhenRight && s.busy() {
		list = append(list, p.paragraph("Goes on by itself as soon as this is right.", dim, w, 2)...)
	}
	var head, body []string
	if v := s.verdict; v != nil {
		text := v.Text
		if text == "" && v.Finding != nil {
			text = v.Finding.Title
		}
		head = p.headline(v.State, text, w)
		if v.Finding != nil {
			body = m.findingBody(v.Finding, level, w)
		}
		var ways []string
		for _, a := range v.Actions {
			ways = append(ways, p.paragraph("**"+a.Key+"** "+a.Label, plain, w, 2)...)
		}
		if level == scrolling { // where little of the finding is in sight
			body = slices.Concat(ways, body)
		} else {
			body = slices.Concat(body, ways)
		}
	}
	if level == scrolling {
		d.results = blocks(false, list, body)
		d.status = head
		if len(head) == 0 && len(list) > 0 {
			d.status = s.lastTask(m, w)
			if len(list) == len(d.status) {
				d.results = nil // visible in the status already
			}
		}
		return d
	}
	d.results = blocks(level < dense, list, blocks(false, head, body))
	return d
}

// lastTask draws the first line of the last running task.
func (s *page) lastTask(m *model, w int) []string {
	for i := len(s.tasks) - 1; i >= 0; i-- {
		if running(s.tasks[i].State) {
			return s.tasks[i].lines(m, w)[:1]
		}
	}
	if s.running && len(s.tasks) == 0 {
		return []string{m.waitingLine("Checking", s.runningSince, w)}
	}
	return nil
}

// drawFields draws the fields and their verdicts.
func (s *page) drawFields(m *model, level density, w int, d *content) {
	p := m.pen
	column := 0
	for _, f := range s.fields {
		if f.shown {
			column = max(column, width([]span{{text: p.text(f.def.Label)}}))
		}
	}
	column += 2
	above := column > w/2 // long labels stand above their fields in a narrow window
	for i, f := range s.fields {
		if !f.shown {
			continue
		}
		if level < compact && len(d.pinned) > 0 {
			d.pinned = append(d.pinned, "")
		}
		from, indent := len(d.pinned), column
		if above {
			indent = 2
		}
		start := indent
		if f.def.Kind == steps.PickField {
			start-- // the mark stands left of the column, the options in line with the other fields
		}
		lead := strings.Repeat(" ", start)
		if above {
			d.pinned = append(d.pinned, f.drawLabel(p, i == s.focus, w))
		} else {
			lead = f.drawLabel(p, i == s.focus, start)
		}
		box, x := f.draw(p, i == s.focus, w-start)
		d.pinned = append(d.pinned, lead+box)
		if i == s.focus && !m.answered && m.overlay == nil && !m.stopping {
			d.cursor = &point{start + x, len(d.pinned) - 1}
		}
		if v := f.verdict(); v.Text != "" {
			at := indent
			if w-indent < 30 {
				at = 2
			}
			for _, line := range p.headline(v.State, v.Text, w-at) {
				d.pinned = append(d.pinned, strings.Repeat(" ", at)+line)
			}
		}
		if i == s.focus {
			d.focus = lineRange{from, len(d.pinned)}
		}
	}
}
