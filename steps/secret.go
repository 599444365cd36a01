package steps

import (
	"context"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

const secretHelp = "" +
	"PAL proves with this secret that it is the app. The portal shows its Value once, right after it is " +
	"made: copy it before you leave that page. Beside it stands the Secret ID, which is no secret and of " +
	"no use here.\n\n" +
	"A secret lives at most 24 months. Mail stops on the day it ends, so palmail keeps the date. Many " +
	"agencies allow 180 days at most; a longer secret is then refused when you choose Add.\n\n" +
	"The value goes into this computer's keyring and into PAL, nowhere else."

// lifetime is one of the portal's choices under Expires.
type lifetime struct {
	days   int
	pick   string // in palmail
	portal string // in the portal, letter for letter
}

// lifetimes are the portal's choices; 730 days are its maximum
// (https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials).
var lifetimes = []lifetime{
	{90, "90", "90 days (3 months)"},
	{180, "180", "Recommended: 180 days (6 months)"},
	{365, "365", "365 days (12 months)"},
	{545, "545", "545 days (18 months)"},
	{730, "730", "730 days (24 months)"},
}

const anotherDate = "another date"

// dateLayouts are the ways in which a date may be typed; the first is the one asked for.
var dateLayouts = []string{"2006-01-02", "2 January 2006", "2 Jan 2006", "January 2, 2006", "Jan 2, 2006", "01/02/2006"}

func parseDate(text string) (time.Time, bool) {
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// expiry returns the end that was chosen, and what to pick in the portal.
func expiry(a Answers, now time.Time) (time.Time, string) {
	for _, l := range lifetimes {
		if l.pick == a.Get("expires") {
			return now.AddDate(0, 0, l.days).UTC(), l.portal
		}
	}
	t, _ := parseDate(a.Get("date"))
	return t, "Custom"
}

// secret leads through a new client secret, keeps it at once and proves it
// with a token. It is for a setup that does not send yet; rotate puts a new one
// in the place of one that does.
func (s *session) secret(ctx context.Context) error {
	opened, offset := s.Now(), time.Duration(s.clockOffset.Load())
	shown := s.setup.Pending
	if shown.Value.IsZero() && !s.setup.SecretProved.IsZero() {
		shown = s.setup.Secret
	}
	description := s.proposedDescription(shown)
	var proved time.Time
	app, link := s.appName(), s.links().Secrets
	page := Page{
		Frame: s.frame("secret", PhaseSecret, portalHelp(secretHelp, secretLabels)),
		Title: "Create a client secret",
		Why: s.sentTo("PAL signs in with it. Microsoft shows the value only once, " +
			"so paste it here before you leave that page."),
		Guide: func(a Answers) []Instruction { return secretGuide(a, description, app, link, opened) },
		Fields: []Field{
			expiresField(shown),
			{Key: "date", Label: "End date", Hint: opened.AddDate(0, 0, 180).Format(dateLayouts[0]),
				Value: dateOf(shown), Shape: dateShape(opened),
				Shown: func(a Answers) bool { return a.Get("expires") == anotherDate }},
			{
				Key: "secret", Label: "Secret value", Hint: "paste the Value here", Kind: SecretField,
				Secret: shown.Value, Shape: s.secretShape,
			},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			s.holdSecret(a, shown, opened)
			s.trySave(ctx)
			var v Verdict
			v, proved = s.proveSecret(ctx, a.Secret("secret"), report)
			return v
		},
		Actions:  []Action{signInstead},
		Practice: s.practiceSecret(description, opened),
	}
	a, err := s.fill(ctx, page)
	if err != nil || a.Action != "" {
		s.withdrawSecret(ctx, a, !proved.IsZero())
	}
	if err != nil {
		return err
	}
	if a.Action != "" {
		if done, err := s.switchedTo(ctx, progress.Secret); done || err != nil {
			return err
		}
		return s.secret(ctx)
	}
	s.followClock(a, opened, offset)
	if proved.IsZero() {
		// Nobody could be asked. The next steps use what was typed, and prove it.
		if !s.setup.Pending.Value.IsZero() {
			s.setup.SecretProved = time.Time{}
			s.forgetHandOff()
		}
		return nil
	}
	if !s.setup.Pending.Value.IsZero() {
		s.forgetHandOff()
	}
	s.takeSecret(proved)
	return nil
}

// sentTo adds to why a page asks for a secret the host that palmail sends it
// to, which is the one thing that tells a custom cloud from Microsoft's.
func (s *session) sentTo(why string) string {
	host := s.cloud().LoginHost()
	switch {
	case host == "":
		return why
	case s.cloud().Custom:
		return why + " palmail sends it only to " + host + ", which is not one of Microsoft's clouds."
	}
	return why + " palmail sends it only to " + host + "."
}

// newest is the secret of a setup that is not being rotated: the one that was
// proved, or else the one that was filled in last.
func (s *session) newest() store.Secret {
	if s.setup.SecretProved.IsZero() && !s.setup.Pending.Value.IsZero() {
		return s.setup.Pending
	}
	return s.setup.Secret
}

// takeSecret makes the secret that was filled in the setup's own, now that a
// sign-in with it was accepted at the time proved.
func (s *session) takeSecret(proved time.Time) {
	s.setup.SecretProved = proved
	if s.setup.Pending.Value.IsZero() {
		return
	}
	// The one before is remembered while it lives: it has to be removed by its row some day.
	if old := s.setup.Secret; !old.Value.IsZero() {
		s.setup.Old = old
	}
	s.setup.Secret, s.setup.Pending = s.setup.Pending, store.Secret{}
	s.note(store.EventProved, "", "")
}

// secretAccepted follows a sign-in with secretInUse that Microsoft accepted.
func (s *session) secretAccepted() {
	if s.rotation == nil && s.setup.SecretProved.IsZero() && !s.newest().Value.IsZero() {
		s.takeSecret(s.Now().UTC())
	}
}

// followClock corrects the dates of a secret that were computed before the
// server's time was known.
func (s *session) followClock(a Answers, opened time.Time, offset time.Duration) {
	shift := time.Duration(s.clockOffset.Load()) - offset
	x := &s.setup.Pending
	if shift == 0 || x.Value.IsZero() || !x.Created.Equal(opened.UTC()) {
		return
	}
	x.Created = x.Created.Add(shift)
	if a.Get("expires") != anotherDate {
		x.Expires = x.Expires.Add(shift)
	}
}

// holdSecret puts what was filled in into the setup: as pending beside the
// current secret, unless it is the current secret itself.
func (s *session) holdSecret(a Answers, shown store.Secret, opened time.Time) {
	value := a.Secret("secret")
	until, _ := expiry(a, opened)
	x := shown
	x.Value, x.Hint, x.Expires = value, value.Hint(), until
	if !shown.Value.Equal(value) {
		x.Created, x.KeyID, x.Description = opened.UTC(), "", s.proposedDescription(shown)
	} else if sameDay(until, shown.Expires) || until.Sub(opened) == shown.Expires.Sub(shown.Created) {
		x.Expires = shown.Expires
	}
	if value.Equal(s.setup.Secret.Value) {
		s.setup.Secret, s.setup.Pending = x, store.Secret{}
		return
	}
	s.setup.Pending = x
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(dateLayouts[0]) == b.UTC().Format(dateLayouts[0])
}

// proposedDescription is what to type for a secret that is created in the portal.
// The name of one that palmail created itself is never proposed: if the answer to
// such a creation is lost, palmail deletes the secret of that name.
func (s *session) proposedDescription(shown store.Secret) string {
	if shown.Description == "" || shown.KeyID != "" {
		return s.newDescription()
	}
	return shown.Description
}

// newDescription names a secret after the month, and after the day when the month's name is taken.
func (s *session) newDescription() string {
	d := "PAL mail " + s.Now().Format("2006-01")
	if d == s.setup.Secret.Description || d == s.setup.Old.Description {
		d = "PAL mail " + s.Now().Format("2006-01-02")
	}
	return d
}

func secretGuide(a Answers, description, app, link string, now time.Time) []Instruction {
	until, portal := expiry(a, now)
	choice := Instruction{Text: "Expires **" + portal + "**"}
	switch {
	case until.IsZero():
		choice.Note = "with the end date below"
	case portal == "Custom":
		choice.Text += ", end **" + progress.Day(until) + "**"
	default:
		choice.Text += ","
		choice.Note = "until " + progress.Day(until)
	}
	return []Instruction{
		{Text: "Open", LinkText: "Certificates & secrets", Link: link, Note: "of " + app},
		{Text: "Choose **New client secret**"},
		{Text: "Description", Copy: description},
		choice,
		{Text: "Choose **Add**, then copy the column **Value**"},
	}
}

func expiresField(shown store.Secret) Field {
	f := Field{Key: "expires", Label: "Expires in days", Kind: PickField, Value: "180"}
	for _, l := range lifetimes {
		f.Options = append(f.Options, l.pick)
	}
	f.Options = append(f.Options, anotherDate)
	if !shown.Expires.IsZero() {
		f.Value = anotherDate
		for _, l := range lifetimes {
			if shown.Expires.Equal(shown.Created.AddDate(0, 0, l.days)) {
				f.Value = l.pick
			}
		}
	}
	f.Shape = func(text string, _ Answers) Verdict {
		for _, l := range lifetimes {
			if l.pick == text && l.days > 180 {
				return warn("Many agencies allow 180 days at most.")
			}
		}
		return Verdict{State: Right}
	}
	return f
}

func dateOf(x store.Secret) string {
	if x.Expires.IsZero() {
		return ""
	}
	return x.Expires.Format(dateLayouts[0])
}

func dateShape(now time.Time) func(string, Answers) Verdict {
	return func(text string, _ Answers) Verdict {
		t, ok := parseDate(text)
		switch {
		case !ok && strings.Trim(text, "0123456789-/ ,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
			return wrong("A date looks like 2027-05-22.")
		case !ok:
			return unknown("A date looks like 2027-05-22.")
		case !t.After(now):
			return wrong("This date has passed.")
		case t.After(now.AddDate(0, m365.SecretMaxMonths, 0)):
			return wrong("A secret lives at most 24 months, until %s.",
				progress.Day(now.AddDate(0, m365.SecretMaxMonths, 0)))
		case t.After(now.AddDate(0, 0, 181)):
			return warn("Many agencies allow 180 days at most.")
		}
		return Verdict{State: Right}
	}
}

// secretShape refuses what is certainly not the Value. The Value is documented
// only as 16 to 64 characters, so an unusual one is allowed with a remark.
func (s *session) secretShape(text string, _ Answers) Verdict {
	if _, ok := m365.ParseGUID(text); ok {
		if id := tidyGUID(text); id == s.setup.ClientID || id == s.setup.TenantID {
			return wrong("This is an ID from the app's Overview. Copy the column **Value** of the secret.")
		}
		return wrong("This is the Secret ID. Copy the column to its left, **Value**.")
	}
	switch {
	case strings.Contains(text, "://"), strings.Contains(text, "@"):
		return wrong("This is not the Value of a secret.")
	case strings.Contains(text, " "):
		return wrong("A secret has no spaces or line ends inside. Copy the column **Value** alone.")
	case strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…"), strings.Contains(text, "***"):
		return wrong("The portal hides it by now. Make a new secret and copy its **Value** at once.")
	case m365.LooksLikeSecret(text):
		return Verdict{State: Right}
	case len(text) < 16:
		return unknown("A secret's Value has 40 characters as a rule; this has %d.", len(text))
	case m365.LooksCutShort(text):
		return warn("Was its end lost in copying? A secret's Value has 40 characters as a rule; this has %d. It is "+
			"tried all the same.", len(text))
	case len(text) > 64:
		return wrong("This is too long for a secret's Value: %d characters.", len(text))
	}
	return warn("This does not look like a secret's Value, which has 40 characters as a rule. " +
		"It is tried all the same.")
}

// proveSecret asks for a token with the secret until it works, and returns when it did.
func (s *session) proveSecret(ctx context.Context, value secret.Value, report Report) (Verdict, time.Time) {
	f, err := s.retry(ctx, report, retryTask{
		task: "Signing in with the secret", done: "Signed in with the secret",
		failed: "Signing in with the secret failed",
		limit:  replicationTime, changed: s.Now(),
		note: "A new secret can take up to 2 minutes to start working.",
		try:  func(ctx context.Context) error { return s.tokenWith(ctx, value) },
		retryable: func(f diagnose.Finding) bool {
			return f.Retry || f.Cause == diagnose.CauseSecretWrong || f.Cause == diagnose.CauseAppUnknown
		},
		hint: "Not yet. If it stays so: is this the whole **Value**, and of this app?", hintAfter: 25 * time.Second,
	})
	switch {
	case err != nil:
		return Verdict{}, time.Time{}
	case f == nil:
		now := s.Now().UTC()
		s.setup.AppProved = now
		return right("The secret works."), now
	case offline(*f):
		v := warn("%s. The secret is kept, and proved when Microsoft can be reached.", f.Title)
		v.Finding = f
		return v, time.Time{}
	}
	return verdict(f), time.Time{}
}

func (s *session) tokenWith(ctx context.Context, value secret.Value) error {
	if s.rotation != nil && value.Equal(s.setup.Old.Value) {
		s.rotation.oldTried = append(s.rotation.oldTried, s.Now())
	}
	_, err := s.newToken(ctx, value)
	return err
}

// practiceSecret hands the description and the end that were chosen to the practice portal.
func (s *session) practiceSecret(description string, opened time.Time) []Practice {
	if s.Portal == nil {
		return nil
	}
	return s.Portal.Options("secret", map[string]string{
		"client-id": s.setup.ClientID, "tenant-id": s.setup.TenantID, "description": description,
		"expires": opened.AddDate(0, 0, 180).UTC().Format(time.RFC3339),
	})
}
