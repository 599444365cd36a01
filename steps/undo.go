package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// Undo shows what palmail made in the tenant and removes it after the app's
// name was typed. What it did not make stays.
func Undo(ctx context.Context, env Env) (End, error) {
	s := newSession(env)
	release, err := s.open(ctx)
	if err != nil {
		return End{}, err
	}
	defer s.release(ctx, release)
	err = s.undo(ctx)
	return End{Setup: s.setup, Place: s.place()}, err
}

// madeByPalmail says whether palmail itself created a thing.
func madeByPalmail(x *store.Setup, thing string) bool {
	return strings.Contains(" "+x.Made+" ", " "+thing+" ")
}

// ownSecrets are the secrets that palmail made itself: their key IDs are known.
func ownSecrets(x *store.Setup) []store.Secret {
	var own []store.Secret
	for _, secret := range []store.Secret{x.Secret, x.Pending, x.Old} {
		if secret.KeyID != "" {
			own = append(own, secret)
		}
	}
	return own
}

// undoLines say what will be removed, one thing a line.
func undoLines(x *store.Setup) []string {
	if madeApp(x) {
		return []string{
			fmt.Sprintf("the app %s, client ID %s, with its enterprise application, its secrets and its permission",
				x.AppName, x.ClientID),
		}
	}
	var lines []string
	if begunApp(x) {
		lines = append(lines, fmt.Sprintf("the app %s that palmail began to register, if it exists: its unique name "+
			"is %s", x.Intent.Name, x.AppUniqueName))
	}
	if madeByPalmail(x, store.MadeGrant) {
		lines = append(lines, "the grant of Mail.Send to "+x.AppName)
	}
	for _, secret := range ownSecrets(x) {
		lines = append(lines, fmt.Sprintf("the secret %s (%s…)", secret.Description, secret.Hint))
	}
	if madeByPalmail(x, store.MadePrincipal) {
		lines = append(lines, "the enterprise application of "+x.AppName)
	}
	return lines
}

// begunApp says whether a registration was begun whose end is not known. Only
// an app with its unique name can be palmail's.
func begunApp(x *store.Setup) bool {
	return x.Intent.Kind == store.IntentApp && x.AppUniqueName != ""
}

func (s *session) undo(ctx context.Context) error {
	x := &s.setup
	lines, name := undoLines(x), x.AppName
	if begunApp(x) {
		name = x.Intent.Name
	}
	if len(lines) == 0 {
		return s.UI.Show(ctx, Notice{
			Frame: s.frame("nothing-to-undo", PhaseNone, ""), Title: "palmail made nothing in this tenant",
			Text: "What was done in the portal is removed there: Entra ID, App registrations, " + s.appName() +
				", Delete.\n\npalmail forget removes what is kept on this computer.", Submit: "leave",
		})
	}
	_, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("undo", PhaseNone, "An app that was deleted can be restored for 30 days: App registrations, "+
			"Deleted applications. Its secrets come back with it."),
		Title: "Remove from the tenant what palmail made there",
		Why:   "After this, PAL can no longer send mail.",
		Guide: staticGuide(undoGuide(x, lines)),
		Fields: []Field{{
			Key: "name", Label: "Type the app's name", Hint: name,
			Shape: func(text string, _ Answers) Verdict {
				if text == name {
					return Verdict{State: Right}
				}
				return unknown("Type %s to continue.", name)
			},
		}},
		Submit: "remove",
	})
	if err != nil {
		return ignoreBack(err)
	}
	admin, err := s.signIn(ctx)
	if errors.Is(err, errPortal) || errors.Is(err, ErrBack) {
		return ErrLeave
	}
	if err != nil {
		return err
	}
	return s.remove(ctx, admin)
}

func undoGuide(x *store.Setup, lines []string) []Instruction {
	var guide []Instruction
	for _, l := range lines {
		guide = append(guide, Instruction{Text: "Removes " + l})
	}
	if x.AppAdopted {
		guide = append(guide, Instruction{
			Text: "Leaves the app " + x.AppName + ", which was in the tenant before, with everything that palmail " +
				"did not make",
		})
	}
	if x.Limit.Stage != "" {
		guide = append(guide, Instruction{
			Text: "Leaves what was made in Exchange. Its script, to be written before this: **palmail limit --undo " +
				"--output palmail-limit-undo.ps1**",
		})
	}
	return guide
}

// remove takes the things out of the tenant, asking again what to do when one cannot be.
func (s *session) remove(ctx context.Context, admin *m365.Admin) error {
	if err := s.askAboutOthers(ctx, admin); err != nil {
		return err
	}
	for {
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("undoing", PhaseNone, ""), Title: "Removing",
			Run: func(ctx context.Context, report Report) error {
				ap := &applier{session: s, admin: admin, plan: &plan{}, report: report}
				return ap.removeAll(ctx)
			},
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return s.saveOrAsk(ctx)
		}
		if m365.SignedOut(err) {
			if admin, err = s.signIn(ctx); err != nil {
				return err
			}
			continue
		}
		again, err := s.askAfterFailure(ctx, "It could not all be removed", s.explain(err, time.Time{}))
		if errors.Is(err, errPortal) {
			err = ErrLeave
		}
		if !again {
			return err
		}
	}
}

// askAboutOthers names the secrets of the app that palmail does not know, before
// the app is deleted with them.
func (s *session) askAboutOthers(ctx context.Context, admin *m365.Admin) error {
	if !madeByPalmail(&s.setup, store.MadeApp) {
		return nil
	}
	var others []m365.AppSecret
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("undo-look", PhaseNone, ""), Title: "Looking at the app",
		Why: "Nothing is changed by that.",
		Run: func(ctx context.Context, report Report) error {
			return task(report, "The app's secrets", func(ctx context.Context) error {
				app, err := admin.AppByClientID(ctx, s.setup.ClientID)
				others = unknownSecrets(&s.setup, app.Secrets, s.Now())
				return err
			})(ctx)
		},
	})
	if err != nil || len(others) == 0 {
		if err != nil {
			s.Log.Info("the app cannot be read before it is deleted", "err", err)
		}
		return ctx.Err() // deleting it says what is wrong
	}
	c := Choice{
		Frame: s.frame("undo-others", PhaseNone, ""), Title: "The app has secrets that palmail does not know",
		Why: "Another program can use them. It stops working when the app is deleted.",
		Options: []Option{
			{Key: optionLeave, Text: "Leave", Note: "nothing is removed"},
			{Key: optionYes, Text: "Delete the app with these secrets"},
		},
	}
	for _, x := range others {
		c.Text += fmt.Sprintf("%s (%s…), until %s\n", x.Description, x.Hint, progress.Day(x.End))
	}
	picked, err := s.choose(ctx, c)
	if errors.Is(err, ErrBack) || err == nil && picked == optionLeave {
		return ErrLeave
	}
	return err
}

// unknownSecrets are the secrets that still work and are not in the record.
func unknownSecrets(x *store.Setup, rows []m365.AppSecret, now time.Time) (unknown []m365.AppSecret) {
	var known []string
	for _, own := range []store.Secret{x.Secret, x.Pending, x.Old} {
		if row, found := rowOfSecret(rows, own); found && !own.Value.IsZero() {
			known = append(known, row.KeyID)
		}
	}
	lost := progress.LostSecrets(x)
	for _, row := range rows {
		if row.End.After(now) && !slices.Contains(known, row.KeyID) && !slices.Contains(lost, row.Description) {
			unknown = append(unknown, row)
		}
	}
	return unknown
}

// removeAll removes in the order in which nothing is left hanging; what is gone already counts as removed.
func (ap *applier) removeAll(ctx context.Context) error {
	x := &ap.setup
	gone := func(text, done string, try func(context.Context) error, forget func(*store.Setup)) error {
		err := ap.untilReplicated(ctx, text, done, func(ctx context.Context) error {
			err := try(ctx)
			var invisible errNotVisible
			if errors.As(err, &invisible) {
				return invisible.error // tried again, since it can come to light
			}
			if m365.IsNotFound(err) {
				return nil
			}
			return err
		})
		if err != nil && !m365.IsNotFound(err) { // it did not come to light in all the time that it can take
			return err
		}
		return ap.saveChange(ctx, forget)
	}
	if begunApp(x) {
		name := x.Intent.Name
		err := gone("Deleting the app "+name, "Ended the registration of the app "+name, ap.removeBegun,
			func(x *store.Setup) { x.Intent, x.AppUniqueName = store.Intent{}, "" })
		if err != nil {
			return err
		}
	}
	if madeApp(x) {
		return gone("Deleting the app "+x.AppName, "Deleted the app "+x.AppName,
			ap.deleteApp,
			func(x *store.Setup) {
				x.ClientID, x.AppObjectID, x.ServicePrincipalID, x.GrantID = "", "", "", ""
				x.Made, x.Intent, x.AppUniqueName, x.Removing = "", store.Intent{}, "", ""
				x.Secret, x.Pending, x.Old, x.Mode = store.Secret{}, store.Secret{}, store.Secret{}, ""
				ap.forgetApp()
			})
	}
	if madeByPalmail(x, store.MadeGrant) && x.GrantID != "" {
		err := gone("Taking back Mail.Send", "Took back Mail.Send",
			func(ctx context.Context) error { return ap.admin.RevokeGrant(ctx, x.ServicePrincipalID, x.GrantID) },
			func(x *store.Setup) {
				x.GrantID, x.Made = "", without(x.Made, store.MadeGrant)
				ap.forgetPermission()
			})
		if err != nil {
			return err
		}
	}
	for _, secret := range ownSecrets(x) {
		err := gone("Removing the secret "+secret.Description, "Removed the secret "+secret.Description,
			func(ctx context.Context) error { return ap.admin.RemoveSecret(ctx, x.AppObjectID, secret.KeyID) },
			func(x *store.Setup) {
				for _, kept := range []*store.Secret{&x.Secret, &x.Pending, &x.Old} {
					if kept.KeyID == secret.KeyID {
						*kept = store.Secret{}
					}
				}
				x.SecretProved, x.Removing = time.Time{}, ""
				ap.forgetHandOff()
			})
		if err != nil {
			return err
		}
	}
	if madeByPalmail(x, store.MadePrincipal) && x.ServicePrincipalID != "" {
		return gone("Removing its enterprise application", "Removed its enterprise application",
			func(ctx context.Context) error { return ap.admin.DeleteServicePrincipal(ctx, x.ServicePrincipalID) },
			func(x *store.Setup) {
				x.ServicePrincipalID, x.Made = "", without(x.Made, store.MadePrincipal)
				ap.forgetPermission()
			})
	}
	return nil
}

// removeBegun deletes the app whose registration was begun, by its unique name,
// once it has become visible. palmail had not come to its secrets, so an app
// with secrets is in use by somebody else, and stays.
func (ap *applier) removeBegun(ctx context.Context) error {
	name := ap.setup.Intent.Name
	var app m365.App
	var last error
	_, err := ap.retry(ctx, ap.report, retryTask{
		task: "Looking for the app " + name, done: "Found the app " + name,
		failed: "The app " + name + " is not there", note: spreadNote, limit: searchTime,
		try: func(ctx context.Context) error {
			app, last = ap.admin.AppByUniqueName(ctx, ap.setup.AppUniqueName)
			return last
		},
		retryable: func(f diagnose.Finding) bool { return m365.NotReplicated(last) || f.Retry },
	})
	switch {
	case err != nil:
		return err
	case last != nil:
		return last
	case len(app.Secrets) > 0:
		ap.report(Task{
			Key: "begun", State: Warn,
			Text: "The app " + app.Name + " has secrets that palmail did not create. It stays.",
		})
		return nil
	}
	return ap.admin.DeleteApp(ctx, app.ObjectID)
}

// deleteApp deletes the app of the record. One that was created minutes ago can be
// missing from the directory that is asked, and then it is not gone: it is tried
// again unless it lies in Deleted applications.
func (ap *applier) deleteApp(ctx context.Context) error {
	x := &ap.setup
	err := ap.admin.DeleteApp(ctx, x.AppObjectID)
	if !m365.IsNotFound(err) || ap.Now().Sub(x.AppProved) > directoryBudget {
		return err
	}
	deleted, look := ap.admin.DeletedApps(ctx)
	if look == nil && slices.ContainsFunc(deleted, func(a m365.DeletedApp) bool { return a.ObjectID == x.AppObjectID }) {
		return nil
	}
	return errNotVisible{err}
}

// errNotVisible is the answer that there is no such thing, about one that can be
// too new to be seen.
type errNotVisible struct{ error }

// without returns made with one thing taken out.
func without(made, thing string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(" "+made+" ", " "+thing+" ", " ")), " ")
}
