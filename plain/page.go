package plain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"palmail/clean"
	"palmail/secret"
	"palmail/steps"
)

// form is a page while it is being filled in.
type form struct {
	page     steps.Page
	screen   *screen
	answers  steps.Answers
	answered map[string]bool   // fields that have a right answer
	fill     map[string]string // values from the practice tenant, not yet entered
	guide    []string          // as last said
}

// Fill implements steps.UI.
func (p *prompter) Fill(ctx context.Context, page steps.Page) (steps.Answers, error) {
	defer p.idle.question()()
	f := p.form(page)
	p.heading(page.Frame, page.Title, page.Why)
	p.guide(f)
	if len(f.shown()) == 0 {
		action := page.Submit
		if page.Check != nil {
			action = "check it" // what enter submits comes after that
		}
		if done, err := p.enter(ctx, f, action, true); done || err != nil {
			return f.answers, err
		}
	}
	for {
		if done, err := p.fields(ctx, f); done || err != nil {
			return f.answers, err
		}
		if page.Check == nil {
			return f.answers, ctx.Err()
		}
		v, stopped, err := p.check(ctx, f)
		if err != nil {
			return f.answers, err
		}
		var done bool
		switch {
		case stopped, v.State == steps.Wrong:
			done, err = p.retry(ctx, f)
		case v.State == steps.Warn:
			done, err = p.enter(ctx, f, "continue all the same", true)
			done = done || len(f.unanswered()) == 0
		default:
			done = true
		}
		if done || err != nil {
			return f.answers, err
		}
	}
}

func (p *prompter) form(page steps.Page) *form {
	f := &form{
		page:     page,
		answered: map[string]bool{},
		fill:     map[string]string{},
		answers: steps.Answers{
			Text:    map[string]string{},
			Secrets: map[string]secret.Value{},
		},
	}
	for _, field := range page.Fields {
		switch {
		case field.Kind == steps.SecretField:
			f.answers.Secrets[field.Key] = field.Secret
			p.hide(field.Secret)
		case field.Kind == steps.PickField && len(field.Options) > 0 && !slices.Contains(field.Options, field.Value):
			f.answers.Text[field.Key] = field.Options[0]
		default:
			f.answers.Text[field.Key] = field.Value
		}
	}
	f.screen = &screen{frame: page.Frame, actions: page.Actions, page: len(page.Fields) > 0}
	if p.o.Demo && len(page.Practice) > 0 {
		f.screen.practice = page.Practice
	}
	f.screen.again = func() {
		f.guide = nil
		p.heading(page.Frame, page.Title, page.Why)
		p.guide(f)
	}
	return f
}

// shown returns the fields that are asked, given the answers so far.
func (f *form) shown() []steps.Field {
	var shown []steps.Field
	for _, field := range f.page.Fields {
		if field.Shown == nil || field.Shown(f.answers) {
			shown = append(shown, field)
		}
	}
	return shown
}

// unanswered returns the shown fields that have no right answer yet.
func (f *form) unanswered() []steps.Field {
	return slices.DeleteFunc(f.shown(), func(field steps.Field) bool { return f.answered[field.Key] })
}

// fields asks until every shown field is right. done says that an action ended the page.
func (p *prompter) fields(ctx context.Context, f *form) (done bool, err error) {
	for {
		open := f.unanswered()
		if len(open) == 0 {
			return false, nil
		}
		field := open[0]
		var a answer
		if text, ok := f.fill[field.Key]; ok {
			delete(f.fill, field.Key)
			a.text = clean.Pasted(text)
			p.filled(field, a.text)
		} else if a, err = p.field(ctx, f, field); err != nil {
			return false, err
		}
		if ended, done := f.ends(a); ended {
			if done {
				return true, nil
			}
			continue
		}
		p.accept(f, field, a)
		p.guide(f)
	}
}

// ends handles an answer that is no text: an action's word ends the page; edit
// and the practice tenant's values change which field is asked next.
func (f *form) ends(a answer) (ended, done bool) {
	switch {
	case a.fill != nil:
		maps.Copy(f.fill, a.fill)
		for key := range a.fill {
			delete(f.answered, key)
		}
		return true, false
	case a.word == "edit":
		clear(f.answered)
		return true, false
	case a.word == "clear" || a.word == "":
		return false, false
	}
	for _, action := range f.screen.actions {
		if strings.EqualFold(action.Word, a.word) {
			f.answers.Action = action.Key
		}
	}
	return true, true
}

// field puts the question of one field.
func (p *prompter) field(ctx context.Context, f *form, field steps.Field) (answer, error) {
	now := f.answers.Text[field.Key]
	name := strings.TrimRight(clean.Line(field.Label), ": ")
	q := question{name: name, flag: flagFor(field), prompt: asWords(name)}
	if field.Kind == steps.PickField {
		p.line(asWords(name) + ":")
		for i, option := range field.Options {
			p.say(fmt.Sprintf("%d. ", i+1), option)
		}
		at := max(0, slices.Index(field.Options, now))
		q.prompt += fmt.Sprintf(", number [%d]: ", at+1)
		at, a, err := p.pick(ctx, f.screen, q, field.Options, at)
		if err == nil && a.word == "" && a.fill == nil && at < len(field.Options) {
			a.text = field.Options[at]
		}
		return a, err
	}
	if field.Kind == steps.LongField {
		return p.longText(ctx, field)
	}
	if hint := clean.Line(field.Hint); hint != "" && now == "" {
		q.prompt += " (" + asWords(hint) + ")"
	}
	if field.Optional && now == "" {
		q.prompt += ", may stay empty"
	}
	if field.Kind == steps.SecretField {
		q.hidden = true
		if !f.answers.Secrets[field.Key].IsZero() {
			q.prompt += " [hidden, enter keeps it]"
		}
		switch {
		case p.o.Terminal && p.o.ReadSecret == nil:
			p.line("Note: What you type now can be seen on this terminal.")
		case p.o.Terminal:
			q.prompt += ", nothing shows while you type"
		}
	} else if now != "" {
		q.prompt += " [" + clean.Line(now) + "]"
	}
	q.prompt += ": "
	f.screen.clear = (field.Optional && now != "") ||
		field.Kind == steps.SecretField && !f.answers.Secrets[field.Key].IsZero()
	defer func() { f.screen.clear = false }()
	return p.ask(ctx, f.screen, q)
}

// flagFor names the flag that answers a field in advance, if there is one.
func flagFor(field steps.Field) string {
	switch field.Key {
	case "mailbox", "pal-url", "tenant-id", "client-id":
		return "--" + field.Key
	}
	return ""
}

// filled announces a value from the practice tenant.
func (p *prompter) filled(field steps.Field, text string) {
	if field.Kind == steps.SecretField {
		text = "(hidden)"
	}
	p.line("Filled in: " + clean.Line(field.Label) + ": " + text)
}

// accept judges an answer, writes the verdict, and keeps the answer if it is right.
func (p *prompter) accept(f *form, field steps.Field, a answer) {
	if a.word == "clear" && field.Kind == steps.SecretField {
		f.answers.Secrets[field.Key] = secret.Value{}
		f.answered[field.Key] = field.Optional
		p.line("Removed.")
		return
	}
	kept := f.answers.Text[field.Key]
	keptSecret := f.answers.Secrets[field.Key]
	hidden := field.Kind == steps.SecretField
	text := a.text
	if text == "" && a.word != "clear" {
		text = kept
		if hidden {
			text = keptSecret.Reveal()
		}
	}
	if field.Tidy != nil && text != "" {
		tidy := field.Tidy(text)
		if tidy != text && !hidden {
			p.line("Taken as " + tidy)
		}
		text = tidy
	}
	if hidden {
		f.answers.Secrets[field.Key] = secret.New(text)
		p.hide(f.answers.Secrets[field.Key])
	} else {
		f.answers.Text[field.Key] = text
	}
	v := f.judge(field, text)
	if v.State == steps.Right || v.State == steps.Warn {
		if v.Text != "" {
			p.say(stateWord(v.State), v.Text)
		}
		f.answered[field.Key] = true
		p.o.Log.Debug("plain answer", "field", field.Key)
		return
	}
	if v.Text != "" {
		p.say("Wrong: ", v.Text)
	}
	p.finding(v.Finding, v.Text)
	if v.Finding != nil {
		f.screen.link = v.Finding.Link
	}
	f.answers.Text[field.Key], f.answers.Secrets[field.Key] = kept, keptSecret
	if hidden {
		delete(f.answers.Text, field.Key)
		// A refused secret can be a Tenant ID or the like, which other lines
		// have to be able to say.
		p.unhide(secret.New(text))
	} else {
		delete(f.answers.Secrets, field.Key)
	}
}

// judge asks the field's Shape. An incomplete answer is wrong here, since its
// line has ended.
func (f *form) judge(field steps.Field, text string) steps.Verdict {
	name := strings.TrimRight(clean.Line(field.Label), ": ")
	if text == "" {
		if field.Optional {
			return steps.Verdict{State: steps.Right}
		}
		return steps.Verdict{State: steps.Wrong, Text: name + " is needed"}
	}
	if field.Shape == nil {
		return steps.Verdict{State: steps.Right}
	}
	v := field.Shape(text, f.answers)
	if v.State != steps.Right && v.State != steps.Warn && v.Text == "" && v.Finding == nil {
		v.Text = name + " is not complete"
	}
	return v
}

// guide writes the instructions for the portal; after the first time, only those that changed.
func (p *prompter) guide(f *form) {
	if f.page.Guide == nil {
		return
	}
	lines, items := guideLines(f.page.Guide(f.answers))
	f.screen.items = items
	before := f.guide
	f.guide = lines
	if len(before) != 0 && len(before) != len(lines) {
		p.line("The instructions are now:")
		before = nil
	}
	for i, line := range lines {
		switch {
		case before == nil:
			p.line(line)
		case before[i] != line:
			p.line("Changed: " + line)
		}
	}
}

// check runs the page's check and writes its verdict, unless the admin stopped it.
func (p *prompter) check(ctx context.Context, f *form) (v steps.Verdict, stopped bool, err error) {
	w := p.during(ctx, wait{text: "Checking", enter: "stop waiting", on: f.screen}, func(ctx context.Context, report steps.Report) {
		v = f.page.Check(ctx, f.answers, report)
	})
	if err := ctx.Err(); err != nil {
		return v, false, err
	}
	if w.err != nil {
		return v, false, w.err
	}
	if w.stopped && v.State != steps.Right {
		p.line("Note: The check was stopped.")
		return v, true, nil
	}
	p.o.Log.Debug("plain check", "screen", f.page.Name, "state", int(v.State))
	if line := stateWord(v.State) + asSentence(v.Text); v.Text != "" && line != w.last {
		p.line(line)
	}
	f.screen.actions = slices.Concat(v.Actions, f.page.Actions)
	f.screen.link = ""
	if v.Finding != nil {
		p.finding(v.Finding, v.Text)
		f.screen.link = v.Finding.Link
	}
	for _, a := range v.Actions {
		p.line("Type " + a.Word + " to " + a.Label + ".")
	}
	return v, false, nil
}

// retry asks how to continue after a failed check. A page with a secret, or with
// one field only, asks that field again; enter repeats the check with the same answer.
func (p *prompter) retry(ctx context.Context, f *form) (done bool, err error) {
	shown := f.shown()
	if len(shown) == 0 {
		return p.enter(ctx, f, "try again, or type back or leave", false)
	}
	if i := slices.IndexFunc(shown, func(s steps.Field) bool { return s.Kind == steps.SecretField }); i >= 0 {
		shown = shown[i : i+1]
	}
	if len(shown) == 1 {
		delete(f.answered, shown[0].Key)
		clearing := ""
		if shown[0].Kind == steps.SecretField {
			clearing = "clear, "
		}
		p.line("Press enter to try again, or give another " +
			asWords(strings.TrimRight(clean.Line(shown[0].Label), ": ")) + ". " + clearing + "back and leave work too.")
		return false, nil
	}
	return p.enter(ctx, f, "try again, or type edit to change an answer, back or leave", false)
}

// enter waits for enter or for a command that changes what is asked.
func (p *prompter) enter(ctx context.Context, f *form, action string, skippable bool) (done bool, err error) {
	a, err := p.pass(ctx, f.screen, f.page.Title, action, skippable)
	if err != nil {
		return false, err
	}
	_, done = f.ends(a)
	return done, nil
}
