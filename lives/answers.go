package lives

import (
	"context"
	"slices"
	"strings"
	"time"

	"palmail/clean"
	"palmail/secret"
	"palmail/steps"
)

// doItRight is the label of what does a screen's part in the portal as it should be done.
const doItRight = "Do it right"

// answers is what the person fills into a page.
func (h *person) answers(ctx context.Context, p steps.Page, verb, object string, try int) (map[string]string, error) {
	filled := map[string]string{}
	switch verb {
	case "do":
		return h.practise(ctx, p.Practice, object), ctx.Err()
	case "nonsense":
		for _, f := range p.Fields {
			filled[f.Key] = h.l.one(h.p.name+"/"+p.Name+"/nonsense "+f.Key, "x\x1b[2Jy", "noreply@agency.gov",
				"https://pal.agency.gov/app/connectors/SMTP.aspx", "11111111-2222-3333-4444-555555555555",
				"\u202eabc", "admin@agency.gov", "2031-02-03", strings.Repeat("a1Q~", 10))
		}
		return filled, nil
	case "empty":
		for _, f := range p.Fields {
			filled[f.Key] = ""
		}
		return filled, nil
	}
	h.signIn(ctx, p)
	if try > 1 || missing(p) || len(p.Fields) == 0 || p.Name == "start" && h.l.wrongMailbox {
		filled = h.practise(ctx, p.Practice, doItRight)
	}
	if p.Name == "start" && h.calm {
		h.l.wrongMailbox = false
	}
	for _, f := range p.Fields {
		if _, ok := filled[f.Key]; ok {
			continue
		}
		switch f.Key {
		case "to":
			filled[f.Key] = "admin@" + h.l.tenant.Domain()
		case "mailbox":
			filled[f.Key] = "noreply@" + h.l.tenant.Domain()
		case "other-mailbox":
			filled[f.Key] = "admin@" + h.l.tenant.Domain()
		case "tenant":
			filled[f.Key] = h.l.tenant.ID()
		case "hint":
			filled[f.Key] = f.Hint
			h.noteLeaked(f.Hint)
		case "name":
			filled[f.Key] = f.Hint
			h.l.excuse("removal", "the app's name was typed")
			h.l.excuse("pal", "the app's name was typed")
		case "cloud":
			filled[f.Key] = h.cloudOption(f)
		case "file":
			filled[f.Key] = f.Value
		case "pal-url":
			filled[f.Key] = "https://pal." + h.l.tenant.Domain() + "/app"
		}
	}
	return filled, nil
}

// cloudOption is the option that names the tenant's cloud.
func (h *person) cloudOption(f steps.Field) string {
	return map[string]string{
		"commercial": f.Options[0], "gcc": labelled(f.Options, "GCC"), "gcc-high": labelled(f.Options, "GCC High"),
		"dod": labelled(f.Options, "DoD"), "china": labelled(f.Options, "China"),
	}[h.l.tenant.Cloud()]
}

func labelled(options []string, what string) string {
	for _, o := range options {
		if o == what {
			return o
		}
	}
	for _, o := range options {
		if strings.Contains(o, what) {
			return o
		}
	}
	return options[0]
}

func missing(p steps.Page) bool {
	for _, f := range p.Fields {
		if f.Value == "" && f.Secret.IsZero() && !f.Optional && f.Shown == nil {
			return true
		}
	}
	return false
}

// collect is what the fields of a page hold once something was filled in.
func (h *person) collect(p steps.Page, filled map[string]string) steps.Answers {
	a := steps.Answers{Text: map[string]string{}, Secrets: map[string]secret.Value{}}
	for _, f := range p.Fields {
		text, given := filled[f.Key]
		if !given {
			text = f.Value + f.Secret.Reveal()
		}
		if text = clean.Pasted(text); f.Tidy != nil {
			text = f.Tidy(text)
		}
		if f.Kind == steps.PickField && !slices.Contains(f.Options, text) {
			text = f.Value
		}
		if f.Kind == steps.SecretField {
			a.Secrets[f.Key] = secret.New(text)
		} else {
			a.Text[f.Key] = text
		}
	}
	return a
}

// submit does what a front end does with the fields of a page. ok means that
// the page was left by enter.
func (h *person) submit(ctx context.Context, p steps.Page, filled map[string]string,
	hurry bool) (a steps.Answers, v steps.Verdict, ok bool) {
	a = h.collect(p, filled)
	for _, f := range p.Fields {
		text := a.Text[f.Key] + a.Secrets[f.Key].Reveal()
		switch {
		case f.Shown != nil && !f.Shown(a):
			continue
		case f.Shape == nil && text == "" && !f.Optional:
			return a, steps.Verdict{}, false
		case f.Shape == nil:
			continue
		}
		v := f.Shape(text, a)
		h.l.watchText("the field "+f.Key+" of "+p.Name, v.Text, false)
		if v.State == steps.Wrong || v.State == steps.Unknown {
			return a, steps.Verdict{}, false
		}
	}
	if p.Guide != nil {
		h.l.watchText("the guide of "+p.Name, strings.Join(guideText(p.Guide(a)), "\n"), false)
	}
	if p.Check == nil {
		return a, v, true
	}
	if hurry {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, 1300*time.Millisecond)
		defer stop()
	}
	h.supervise(p.Name, func(report steps.Report) { v = p.Check(ctx, a, report) })
	h.learn(v.Finding)
	h.l.watchText("the verdict of "+p.Name, strings.Join(append(findingText(v.Finding), v.Text), "\n"), false)
	if v.Text != "" && v.State != steps.Right {
		h.l.say("%s: %s %v", h.p.name, v.Text, v.Actions)
	}
	return a, v, v.State != steps.Wrong && ctx.Err() == nil
}

// signIn signs in at Microsoft's page where a page shows a code.
func (h *person) signIn(ctx context.Context, p steps.Page) {
	if p.Name != "sign-in-code" || p.Guide == nil {
		return
	}
	code, link := "", ""
	for _, i := range p.Guide(steps.Answers{}) {
		if i.Copy != "" && code == "" {
			code = i.Copy
		}
		if i.Link != "" && link == "" {
			link = i.Link
		}
	}
	who := "admin@" + h.l.tenant.Domain()
	if !h.calm {
		switch h.l.pick(h.p.name+"/"+h.seen.next("signs in as"), h.l.temper, "apps", "developer", "user", "stranger",
			"nobody") {
		case "apps":
			who = "apps@" + h.l.tenant.Domain()
		case "developer":
			who = "developer@" + h.l.tenant.Domain()
		case "user":
			who = "user@" + h.l.tenant.Domain()
		case "stranger":
			who = "admin@fabrikam.com"
		case "nobody":
			return
		}
	}
	go func() {
		timer := time.NewTimer(2 * time.Second)
		defer timer.Stop()
		select {
		case <-timer.C:
			_, _ = h.l.tenant.Visit(ctx, link, code, who)
		case <-ctx.Done():
		}
	}()
}

// practise does a screen's part in the portal.
func (h *person) practise(ctx context.Context, all []steps.Practice, label string) map[string]string {
	for _, o := range all {
		if o.Label == label {
			fill, said, err := o.Do(ctx)
			if err != nil {
				h.l.say("%s: in the portal: %v", h.p.name, err)
			}
			h.l.say("%s: %s", h.p.name, said)
			if fill != nil {
				return fill
			}
		}
	}
	return map[string]string{}
}
