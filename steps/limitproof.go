package steps

import (
	"context"
	"errors"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/store"
)

// limitProbe is what Microsoft answered to one test of the limit.
type limitProbe struct {
	role       bool  // a fresh token carries Mail.Send, so the consent in Entra stands
	own, other error // of the two questions without a recipient; nil: allowed
}

// holds says whether the app can send as its mailbox and as no other, because
// of Exchange's grant alone.
func (x limitProbe) holds() bool { return !x.role && x.own == nil && isRefusal(x.other) }

// askBoth asks with one fresh token whether the app can send as its mailbox and
// as the other one. It fails when there is no token.
func (s *session) askBoth(ctx context.Context, other string) (limitProbe, error) {
	t, err := s.appToken(ctx, s.secretInUse())
	if err != nil {
		return limitProbe{}, err
	}
	return s.askBothWith(ctx, t, other), nil
}

func (s *session) askBothWith(ctx context.Context, t m365.Token, other string) limitProbe {
	x := limitProbe{role: t.HasMailSend()}
	asked := make(chan struct{})
	go func() { // independent of the other question
		defer close(asked)
		x.other = s.client().ProbeSend(ctx, t, other)
	}()
	x.own = s.client().ProbeSend(ctx, t, s.setup.Mailbox)
	<-asked
	return x
}

// isRefusal says whether Microsoft refused to let the app send, rather than that
// something else is wrong.
func isRefusal(err error) bool {
	if err == nil {
		return false
	}
	switch diagnose.Explain(err, diagnose.Context{}).Cause {
	case diagnose.CauseMailSendNotGranted, diagnose.CauseMailboxOutOfScope, diagnose.CauseConsentMissing:
		return true
	}
	return false
}

// olderPolicy says whether an application access policy was the reason
// (https://learn.microsoft.com/graph/auth-limit-mailbox-access).
func olderPolicy(err error) bool {
	var f *diagnose.Failure
	return errors.As(err, &f) && strings.Contains(f.Body, "[RAOP]")
}

// limitFinding says why the limit does not hold, and whether waiting helps.
// since is how long ago something was changed that Exchange has to hear of.
func (s *session) limitFinding(x limitProbe, since time.Duration) diagnose.Finding {
	own, other, young := s.setup.Mailbox, s.setup.Limit.Other, since < exchangeCacheTTL
	switch f := s.explain(x.other, time.Time{}); {
	case x.role:
		return s.consentStands(since)
	case x.own != nil && !isRefusal(x.own):
		return s.explain(x.own, time.Time{})
	case olderPolicy(x.own):
		f := s.explain(x.own, time.Time{})
		f.Explanation = "An older Application Access Policy of Exchange leaves " + own + " out. " + f.Explanation
		return f
	case x.own != nil:
		return s.ownRefused(young)
	case x.other == nil:
		return otherAllowed(own, other, young, s.setup.ClientID)
	case !isRefusal(x.other) && f.Cause == diagnose.CauseMailboxUnknown:
		f.Remedy = []string{
			"Take another second mailbox: go back to that page. A refusal proves something only of a mailbox that is " +
				"there.",
		}
		return f
	default:
		return f
	}
}

// consentStands: new tokens still carry the role.
func (s *session) consentStands(since time.Duration) diagnose.Finding {
	f := diagnose.Finding{
		Cause: diagnose.CauseMailSendNotLimited, Title: "The consent in Entra still stands",
		Explanation: "A token that was issued just now carries Mail.Send, so the app may send as any mailbox, " +
			"whatever Exchange says.",
		Remedy: []string{
			"Revoke it: Enterprise applications, the app, **Permissions**, Mail.Send, **Revoke permission**. palmail " +
				"limit leads there, or does it. Removing Mail.Send from the list under API permissions is not enough.",
		},
		Who:  "A Privileged Role Administrator or Global Administrator",
		Link: s.cloud().EnterprisePermissionsLink(s.setup.TenantID, s.setup.ServicePrincipalID, s.setup.ClientID),
	}
	if f.Retry = since < 10*time.Minute; f.Retry {
		f.Remedy = append([]string{"If it was taken back just now, wait some minutes."}, f.Remedy...)
	}
	return f
}

// ownRefused: the mailbox itself is refused, so PAL's mail is too.
func (s *session) ownRefused(young bool) diagnose.Finding {
	x := &s.setup
	f := diagnose.Finding{
		Cause: diagnose.CauseMailboxOutOfScope, Title: "Exchange does not let the app send as " + x.Mailbox,
		Explanation: "The consent in Entra is gone, and Exchange's own grant is not at work: PAL's mail is refused.",
		Remedy: []string{
			"If mail must go on now, put the consent back. Nothing else is needed for that.",
			"In Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity " + x.ClientID +
				" -Resource " + x.Mailbox + " - InScope must be True.",
			"Get-ServicePrincipal must show the app with the Object ID " + x.ServicePrincipalID +
				". Another one, such as that of the app registration, is never recognised, and the test above does " +
				"not notice.",
			"A scope by group counts direct members only.",
		},
		Who: "An Exchange Administrator", Retry: young,
		Link: "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
	}
	if young {
		f.Explanation += " It may take up to two hours, and then comes by itself."
	}
	return f
}

// otherAllowed: the second mailbox is not refused.
func otherAllowed(own, other string, young bool, clientID string) diagnose.Finding {
	f := diagnose.Finding{
		Cause: diagnose.CauseMailSendNotLimited, Title: "The app may still send as " + other,
		Explanation: "The consent in Entra is gone, so Exchange allows it: by a scope that has more than " + own +
			" in it, or by another role assignment.",
		Remedy: []string{
			"In Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity " + clientID +
				" -Resource " + other + " - it names the scope.",
			"Remove that role assignment (Remove-ManagementRoleAssignment), or narrow its scope, and run palmail's " +
				"script again.",
		},
		Who: "An Exchange Administrator", Retry: young,
		Link: "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
	}
	if young {
		f.Explanation = "The consent in Entra is gone. Exchange goes by what it knew before for up to two hours; " +
			"this then ends by itself."
	}
	return f
}

// putBack ends the proof and gives the consent again.
var putBackAction = Action{Key: "ctrl+b", Word: "consent", Label: "put the consent back"}

// errConsentBack says that the consent in Entra was given again, so that it has
// to be taken back before the limit can be proved.
var errConsentBack = errors.New("the consent was put back")

// proveLimit waits until both proofs hold. It returns errConsentBack when the
// consent was put back.
func (s *session) proveLimit(ctx context.Context) error {
	x := &s.setup
	changed := x.Limit.At
	if x.Limit.Stage == store.LimitProved {
		changed = time.Time{}
	}
	for {
		proved := false
		a, err := s.fill(ctx, Page{
			Frame: s.frame("limit-proof", PhaseNone, limitHelp),
			Title: "Proving the limit",
			Why:   "Two questions without a recipient: nothing is delivered.",
			Guide: staticGuide([]Instruction{
				{Text: "As **" + x.Mailbox + "** the app must be allowed to send"},
				{Text: "As **" + x.Limit.Other + "** it must be refused"},
			}),
			Check: func(ctx context.Context, _ Answers, report Report) Verdict {
				v := s.waitForLimit(ctx, changed, report)
				proved = v.State == Right
				changed = s.Now() // looked at again after something was put right
				return v
			},
			Actions:  []Action{putBackAction},
			Practice: s.practiceLimit("limit-consent"),
		})
		switch {
		case err != nil:
			return err
		case a.Action != "":
			err := s.putBack(ctx, store.LimitGranted)
			if err == nil {
				err = errConsentBack
			}
			if errors.Is(err, ErrBack) {
				s.returning = true
				continue
			}
			return err
		case proved:
			return s.limitProved(ctx)
		}
		return nil
	}
}

// waitForLimit probes until the limit holds, or Exchange has had time to act on
// the last change. It probes seldom: an app that calls often stays in Exchange's
// cache longer.
func (s *session) waitForLimit(ctx context.Context, changed time.Time, report Report) Verdict {
	begun := s.Now()
	report(Task{Key: "role", State: Busy, Text: "Checking what a new token allows"})
	budget := exchangeCacheTTL + 15*time.Minute - begun.Sub(changed)
	for wait := 10 * time.Second; ; wait = min(wait*3/2, 5*time.Minute) {
		since := s.Now().Sub(changed)
		asking := Task{Key: "ask", State: Busy, Text: "Asking as both mailboxes", Limit: time.Minute}
		report(asking)
		x, err := s.askBoth(ctx, s.setup.Limit.Other)
		if ctx.Err() != nil {
			return Verdict{}
		}
		var f diagnose.Finding
		switch {
		case err != nil:
			f = s.explain(err, time.Time{})
		case x.holds():
			asking.State, asking.Text, asking.Limit = Right, "Asked as both mailboxes", 0
			report(asking)
			s.reportProbe(x, report, 0)
			return Verdict{State: Right, Text: "The limit holds.", Auto: true}
		default:
			s.noteConsentGone(ctx, x)
			f = s.limitFinding(x, since)
		}
		if !f.Retry || s.Now().Sub(begun)+wait > budget {
			asking.State, asking.Text, asking.Limit = Right, "Asked as both mailboxes", 0
			if err == nil {
				s.reportProbe(x, report, 0)
			} else {
				asking.State, asking.Text = Wrong, f.Title
			}
			report(asking)
			f.Retry = false
			return verdict(&f)
		}
		if err == nil {
			asking.State, asking.Text, asking.Limit = Right, "Asked as both mailboxes", 0
			s.reportProbe(x, report, budget)
		} else { // nothing was seen, so nothing is said of the limit
			asking.State, asking.Text, asking.Limit = Waiting, f.Title, budget
		}
		report(asking)
		if pause(ctx, wait) != nil {
			return Verdict{}
		}
	}
}

// noteConsentGone records when the consent is seen to be gone: from then on a token
// without the role is what there has to be.
func (s *session) noteConsentGone(ctx context.Context, x limitProbe) {
	if x.role || s.setup.LimitedByExchange {
		return
	}
	s.setup.LimitedByExchange = true
	s.trySave(ctx)
}

// reportProbe reports what was seen, one line a fact. budget is how long it is
// waited for what is not so yet; 0 when nothing is waited for.
func (s *session) reportProbe(x limitProbe, report Report, budget time.Duration) {
	tell := func(key string, ok bool, right, not, note string) {
		t := Task{Key: key, State: Right, Text: right}
		if !ok {
			t.State, t.Text, t.Note = Wrong, not, note
			if budget > 0 {
				t.State, t.Limit = Waiting, budget
			}
		}
		report(t)
	}
	byItself := ""
	if budget > 0 {
		byItself = "This goes on by itself. You can leave with ctrl+c; palmail goes on from here."
	}
	own, other := s.setup.Mailbox, s.setup.Limit.Other
	tell("role", !x.role, "New tokens do not carry Mail.Send any more", "New tokens still carry Mail.Send", byItself)
	tell("own", x.own == nil, own+" is allowed", own+" is refused: PAL's mail is, too",
		"Putting the consent back (ctrl+b) ends that.")
	tell("other", isRefusal(x.other), other+" is refused", other+" is not refused yet", byItself)
}

// limitProved notes that both proofs held, and says what that means.
func (s *session) limitProved(ctx context.Context) error {
	s.setup.LimitedByExchange = true
	s.setup.PermissionProved = s.Now().UTC()
	s.limitAt(store.LimitProved, store.EventLimited)
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	s.proved = proofs{}
	return ignoreBack(s.UI.Show(ctx, Notice{
		Frame: s.frame("limit-proved", PhaseNone, limitHelp), Title: "Limited to " + s.setup.Mailbox,
		Why: "Whoever holds the secret can send as this mailbox and as no other.",
		Text: "✓ " + s.setup.Mailbox + " may send\n✓ " + s.setup.Limit.Other +
			" may not\n✓ the consent in Entra is gone\n\n" +
			"From now on **palmail check** proves this too, and the home screen says so if it ends. palmail report " +
			"has it for the change record.",
		Submit: "go back",
	}))
}

// checkLimit makes the proof of the limit for `palmail check`, once it has
// held: own is what came of the question as the mailbox itself.
func (c *checking) checkLimit(ctx context.Context, t m365.Token, own error) {
	if c.setup.Limit.Stage != store.LimitProved || ctx.Err() != nil {
		return
	}
	x := limitProbe{role: t.HasMailSend(), own: own, other: c.client().ProbeSend(ctx, t, c.setup.Limit.Other)}
	if x.holds() {
		c.limit.pass("%s is allowed, %s is refused", c.setup.Mailbox, c.setup.Limit.Other)
		return
	}
	c.limit.fail(c.limitFinding(x, 2*exchangeCacheTTL))
}
