package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// WarningDays are the days before a secret's end on which palmail warns.
var WarningDays = []int{30, 7, 1}

// Warning is what came of a warning mail.
type Warning struct {
	Sent      bool              `json:"sent"`
	To        string            `json:"to"`
	Threshold int               `json:"threshold_days"` // the one of WarningDays that is reached; 0 when none
	Detail    string            `json:"detail"`
	RequestID string            `json:"request_id"`
	Finding   *diagnose.Finding `json:"finding"` // why it could not be sent or noted
}

// CheckAddress says what is wrong with a mail address, as an *AddressError.
func CheckAddress(address string) error {
	if v := addressShape(address, Answers{}); v.State != Right {
		return &AddressError{address, v.Text}
	}
	return nil
}

// threshold is the tightest of the warning days that the secret has reached,
// or warnDays when it is the first to be; 0 when none is.
func threshold(x store.Secret, now time.Time, warnDays int) int {
	days := append(slices.DeleteFunc(slices.Clone(WarningDays), func(d int) bool { return d > warnDays }), warnDays)
	slices.Sort(days)
	for _, d := range days {
		if progress.DaysLeft(x, now) <= d {
			return d
		}
	}
	return 0
}

// noticeDue says which threshold is to be warned of now, or why none is.
func noticeDue(x *store.Setup, now time.Time, warnDays int) (days int, reason string) {
	last := x.LastNotice
	// not about a secret before this one
	about := !last.At.IsZero() && last.Days > 0 && progress.DaysLeft(x.Secret, last.At) <= last.Days
	switch {
	case progress.StatusOf("", x, now).State != progress.StateReady:
		return 0, "not warned: the setup is not finished"
	case x.Secret.Expires.IsZero():
		return 0, "not warned: the end of the secret is not known"
	case progress.DaysLeft(x.Secret, now) < 0:
		return 0, "the secret has expired, so no warning can be sent with it: palmail rotate renews it"
	}
	days = threshold(x.Secret, now, warnDays)
	switch {
	case days == 0:
		return 0, "nothing to warn of yet"
	case about && last.Days <= days:
		return days, fmt.Sprintf("warned on %s already", progress.Day(last.At))
	case progress.Midnight(last.At).Equal(progress.Midnight(now)):
		return days, "a warning was tried today already"
	}
	return days, ""
}

// NotifyOptions say what Notify warns of, and whom.
type NotifyOptions struct {
	M365     m365.Options
	To       string // a mail address
	WarnDays int    // before the secret's end
	Now      time.Time
}

// Notify sends the warning that the secret of a profile ends, through the
// mailbox that it is about: once for each threshold, and at most once a day
// (UTC). x is the profile as it was read; the store is only written when a
// warning is due. The day is noted before the mail leaves and the threshold
// after it, so that a run that is cut off tries again the next day.
func Notify(ctx context.Context, st Store, profile string, x *store.Setup, o NotifyOptions) Warning {
	n := Warning{To: o.To}
	if n.Threshold, n.Detail = noticeDue(x, o.Now, o.WarnDays); n.Detail != "" {
		return n
	}
	trouble := func(detail string, f diagnose.Finding) Warning {
		Orderly(&f)
		n.Detail, n.Finding = detail, &f
		return n
	}
	release, err := st.Claim(ctx, profile)
	if errors.Is(err, store.ErrInUse) {
		n.Detail = "not warned: another palmail is working on this profile; the next run tries again"
		return n
	}
	if err != nil {
		return trouble("not warned: what was sent could not be noted", StoreFinding(err, st.Place(), profile))
	}
	defer func() {
		// A claim that stays behind is taken over when this process has ended.
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = release(free)
	}()
	// Another run may have sent it since x was read.
	fresh, err := st.Load(ctx, profile)
	if err != nil {
		return trouble("not warned: the profile could not be read again", StoreFinding(err, st.Place(), profile))
	}
	if n.Threshold, n.Detail = noticeDue(&fresh, o.Now, o.WarnDays); n.Detail != "" {
		return n
	}
	before := fresh.LastNotice
	fresh.LastNotice.At = o.Now.UTC()
	if !before.At.IsZero() && progress.DaysLeft(fresh.Secret, before.At) > before.Days {
		fresh.LastNotice.Days = 0 // it was about another secret
	}
	if err := st.Save(ctx, profile, &fresh); err != nil {
		return trouble("not warned: what was sent could not be noted", StoreFinding(err, st.Place(), profile))
	}
	s := &session{Env: Env{M365: o.M365, Profile: profile, Now: func() time.Time { return o.Now }}, setup: fresh}
	id, err := s.sendWarning(ctx, o.To)
	if err != nil {
		n = trouble("the warning could not be sent", s.explain(err, time.Time{}))
		if m365.SendUnclear(err) {
			n.Detail = "the answer was lost: the warning may have left, and is tried again tomorrow"
			return n
		}
		fresh.LastNotice = before
		_ = st.Save(ctx, profile, &fresh) // if not, it is tried again tomorrow rather than with the next run
		return n
	}
	n.Sent, n.RequestID, n.Detail = true, id, "warned "+o.To
	fresh.LastNotice = store.Notice{At: o.Now.UTC(), Days: n.Threshold}
	if err := st.Save(ctx, profile, &fresh); err != nil {
		return trouble("warned "+o.To+", but that could not be noted: tomorrow's run warns again",
			StoreFinding(err, st.Place(), profile))
	}
	return n
}

func (s *session) sendWarning(ctx context.Context, to string) (requestID string, err error) {
	x := &s.setup
	t, err := s.appToken(ctx, x.Secret.Value)
	if err != nil {
		return "", err
	}
	accepted, err := s.client().SendMail(ctx, t, x.Mailbox, warningMail(s.setup, s.Profile, to, s.Now()))
	return shapedID(accepted.RequestID), err
}

const warningText = "" +
	"PAL's mail stops %[7]s.\n\n" +
	"The client secret with which PAL signs in as %[1]s ends on %[6]s. From that moment PAL sends no " +
	"mail: no letters to requesters, no links to log in. Nobody is told at the time.\n\n" +
	"What to do: on the computer where palmail is set up, run\n\n" +
	"    %[8]s\n\n" +
	"It leads through a new secret and into PAL's settings, in about ten minutes. The old secret works " +
	"until its end, so mail goes on meanwhile.\n\n" +
	"Mailbox  %[1]s\n" +
	"PAL      %[2]s\n" +
	"App      %[3]s (client ID %[4]s)\n" +
	"Secret   %[5]s\n\n" +
	"This mail was sent by palmail through that very mailbox. There is no secret in it.\n"

// warningHTML takes the same facts as warningText.
const warningHTML = "" +
	"<!DOCTYPE html>\n" +
	"<html lang=\"en\"><body style=\"font-family:Segoe " +
	"UI,Arial,sans-serif;font-size:15px;line-height:1.5;color:#1b1b1b;max-width:38em\">\n" +
	"<p><strong>PAL's mail stops %[7]s.</strong></p>\n" +
	"<p>The client secret with which PAL signs in as <strong>%[1]s</strong> ends on %[6]s. From that " +
	"moment PAL sends no mail: no letters to requesters, no links to log in. Nobody is told at the " +
	"time.</p>\n" +
	"<p><strong>What to do:</strong> on the computer where palmail is set up, run</p>\n" +
	"<pre>%[8]s</pre>\n" +
	"<p>It leads through a new secret and into PAL's settings, in about ten minutes. The old secret " +
	"works until its end, so mail goes on meanwhile.</p>\n" +
	"<table style=\"border-collapse:collapse;font-size:14px\">\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">Mailbox</td><td>%[1]s</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">PAL</td><td>%[2]s</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">App</td><td>%[3]s (client ID %[4]s)</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">Secret</td><td>%[5]s</td></tr>\n" +
	"</table>\n" +
	"<p>This mail was sent by palmail through that very mailbox. There is no secret in it.</p>\n" +
	"</body></html>\n"

// warningMail says which PAL, how many days, and what to do.
func warningMail(x store.Setup, profile, to string, now time.Time) m365.Mail {
	command := "palmail rotate"
	if profile != "default" {
		command += " --profile " + profile
	}
	left := stopsIn(progress.DaysLeft(x.Secret, now))
	text, page := mailBodies(warningText, warningHTML,
		x.Mailbox, cmp.Or(x.PALURL, "not named"), cmp.Or(x.AppName, "PAL's app"), x.ClientID,
		cmp.Or(x.Secret.Description, "without a description"),
		x.Secret.Expires.UTC().Format("2 January 2006 at 15:04 UTC"), left, command)
	return m365.Mail{
		To: to, Subject: fmt.Sprintf("PAL's mail from %s stops %s", x.Mailbox, left),
		Text: text, HTML: page,
		SaveToSentItems: true,
	}
}

func stopsIn(days int) string {
	switch days {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", days)
}
