package lives

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"palmail/clean"
	"palmail/secret"
	"palmail/steps"
	"palmail/store"
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
	if try > 1 || missing(p) || len(p.Fields) == 0 {
		filled = h.practise(ctx, p.Practice, doItRight)
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

// submit does what a front end does with the fields of a page. ok means that
// the page was left by enter.
func (h *person) submit(ctx context.Context, p steps.Page, filled map[string]string,
	hurry bool) (a steps.Answers, v steps.Verdict, ok bool) {
	a = steps.Answers{Text: map[string]string{}, Secrets: map[string]secret.Value{}}
	texts := map[string]string{}
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
		texts[f.Key], a.Text[f.Key] = text, text
	}
	for _, f := range p.Fields {
		if f.Shown != nil && !f.Shown(a) {
			continue
		}
		if f.Kind == steps.SecretField {
			delete(a.Text, f.Key)
			a.Secrets[f.Key] = secret.New(texts[f.Key])
		}
		if f.Shape == nil {
			if texts[f.Key] == "" && !f.Optional {
				return a, steps.Verdict{}, false
			}
			continue
		}
		v := f.Shape(texts[f.Key], a)
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
	h.l.cover.finding(v.Finding)
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

// inTheMind is which option is the right one on which screen; what is not here
// is what the screen proposes.
func (h *person) sensible(c steps.Choice, proposed int) int {
	at := func(keys ...string) int {
		for _, key := range keys {
			for i, o := range c.Options {
				if o.Key == key {
					return i
				}
			}
		}
		return proposed
	}
	way := "sign-in"
	if h.l.mode == store.ModePortal {
		way = "portal"
	}
	if h.calm && h.seen.count(c.Name) > 4 && !slices.Contains([]string{"home", "change"}, c.Name) {
		return h.another(c, proposed)
	}
	switch c.Name {
	case "how", "rotate", "old-secret", "limit-back":
		return at(way)
	case "limit-consent":
		if proposed < len(c.Options) && c.Options[proposed].Key == "leave" {
			h.p.leaveFor = 3 * time.Hour
			return proposed
		}
		return at(way)
	case "sign-in":
		return at("device-code")
	case "rotate-sends", "rotate-sends-not":
		if h.palHasNew() {
			return at("yes")
		}
		return at("show", "no")
	case "arrived", "where-to-look":
		if h.arrived(c.Why + c.Text) {
			return at("yes")
		}
		return at("again")
	case "limit-offer":
		if h.goal == "limit" {
			return at("yes")
		}
		return at("no")
	case "in-use":
		return at("take-over", "retry")
	case "home":
		return h.atHome(c, proposed)
	case "forget":
		if h.goal == "forget" {
			return at("yes")
		}
		return at("no")
	case "limit", "limit-clear":
		return at("script-has-run")
	case "limit-home":
		if h.goal == "undo limit" {
			return at("undo")
		}
		return at("back")
	case "limit-undo":
		return at("yes")
	case "keyring", "not-kept", "rotate-not-kept", "secret-not-kept", "unreadable":
		return at("retry")
	}
	return proposed
}

// another is an option that was not tried yet on a screen that comes again and again.
func (h *person) another(c steps.Choice, proposed int) int {
	var all []int
	for i, o := range c.Options {
		if !slices.Contains([]string{"leave", "memory", "keep", "remove"}, o.Key) ||
			o.Key == "leave" && strings.Contains(c.Name, "kept") {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return proposed
	}
	return all[h.seen.count(c.Name)%len(all)]
}

// atHome does first what is urgent, then what the visit is for, and then leaves.
func (h *person) atHome(c steps.Choice, proposed int) int {
	find := func(key string) int {
		return slices.IndexFunc(c.Options, func(o steps.Option) bool { return o.Key == key })
	}
	for _, key := range []string{"finish-secret", "resume"} {
		if at := find(key); at >= 0 {
			return at
		}
	}
	goal := map[string]string{
		"rotate": "renew-secret", "limit": "limit", "undo limit": "limit", "forget": "forget", "check": "check",
		"report": "report", "test": "test", "pal": "pal", "change": "change",
	}[h.goal]
	if at := find(goal); at >= 0 && !h.done[h.goal] {
		h.done[h.goal] = true
		return at
	}
	if ok, _ := h.l.finished(); !ok {
		if h.seen.count("home") > 3 {
			for i, key := range []string{"renew-secret", "change", "pal", "resume", "test"} {
				if at := find(key); at >= 0 && h.seen.count("home")%5 == i {
					return at
				}
			}
		}
		return proposed
	}
	if at := find("delete-old"); at >= 0 && !h.done["delete-old"] {
		h.done["delete-old"] = true
		return at
	}
	return find("leave")
}

var references = regexp.MustCompile(`PAL test mail ([A-Z0-9 ]+?)[”"]`)

// arrived says whether the mail that a screen is about is in the inbox.
func (h *person) arrived(text string) bool {
	mails := h.l.tenant.Mails()
	m := references.FindStringSubmatch(text)
	if m == nil {
		return len(mails) > 0
	}
	for _, mail := range mails {
		if strings.Contains(mail.Subject, m[1]) {
			return true
		}
	}
	return false
}

// palHasNew says whether PAL sends with the new secret.
func (h *person) palHasNew() bool {
	x, ok := h.l.record()
	return ok && h.l.pal.secret == x.Pending.Value.Reveal() && h.l.cannotSend(h.l.pal) == ""
}

// prepare does in the portal what a choice is about, before saying that it is done.
func (h *person) prepare(ctx context.Context, c steps.Choice) {
	switch c.Name {
	case "rotate-discard", "limit", "limit-undo", "limit-clear":
		if c.Name == "rotate-discard" && h.l.mode == store.ModeSignIn && len(c.Options) > 1 &&
			c.Options[0].Key == "sign-in" {
			return
		}
		h.practise(ctx, c.Practice, doItRight)
	}
}

// noteChoice takes note of what the administrator has decided, and so cannot
// be held against palmail.
func (h *person) noteChoice(c steps.Choice, o steps.Option, against bool) {
	l := h.l
	h.l.say("%s: %s: %s", h.p.name, c.Name, o.Key)
	switch {
	case c.Name == "which-secret" && against:
		l.ledger.mu.Lock()
		l.ledger.picked[o.Key] = true
		l.ledger.mu.Unlock()
	case c.Name == "rotate-sends" && o.Key == "yes" || c.Name == "rotate-sends-not" && o.Key == "yes":
		if !h.palHasNew() {
			l.excuse("pal", "said that PAL sends, which it does not")
		}
	case o.Key == "forget", c.Name == "forget" && o.Key == "yes":
		if c.Name == "forget" {
			l.excuse("record", "the profile was forgotten")
		}
	case c.Name == "unreadable" && o.Key == "remove":
		l.excuse("record", "the record was removed")
	case o.Key == "memory":
		l.excuse("record", "goes on in memory")
	case c.Name == "which-app" && o.Key == "another":
		l.excuse("apps", "asked for another app")
		l.excuse("secrets", "asked for another app")
	case c.Name == "change" && (o.Key == "register" || o.Key == "start"):
		l.excuse("other app", "changed the answer")
	case c.Name == "old-secret" && o.Key == "keep", c.Name == "two-secrets" && o.Key == "no",
		c.Name == "row-still-works" && o.Key == "deleted", c.Name == "no-way-back":
		l.excuse("secrets", "keeps a secret")
		l.excuse("rows", "says that a row is deleted")
	case c.Name == "rotate-discard" && o.Key == "portal":
		l.excuse("secrets", "removes a secret in the portal")
	}
}
