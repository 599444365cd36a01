package steps

import (
	"context"
	"slices"
	"strings"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
)

// revisitError is returned by a step that needs the answer of another one
// changed first: the sequence goes on from there.
type revisitError struct{ stage progress.Stage }

// Error names the stage.
func (e *revisitError) Error() string { return "back to the answer of " + string(e.stage) }

// correction leads to an earlier answer that can be the cause of a finding.
type correction struct {
	action Action
	stage  progress.Stage // that asks for the answer
	apply  func(*session, context.Context, correction) error
}

var (
	changeMailbox = correction{
		Action{Key: "ctrl+b", Word: "mailbox", Label: "change the mailbox"}, progress.Start, (*session).revisit,
	}
	changePALURL = correction{
		Action{Key: "ctrl+w", Word: "address", Label: "change PAL's address"}, progress.Start, (*session).revisit,
	}
	changeTenant = correction{
		Action{Key: "ctrl+k", Word: "tenant", Label: "change the tenant"}, progress.Start, (*session).revisitTenant,
	}
	changeCloud = correction{
		Action{Key: "ctrl+x", Word: "cloud", Label: "use the tenant's own cloud"}, progress.Start,
		(*session).switchCloud,
	}
	changeClientID = correction{
		Action{Key: "ctrl+r", Word: "app", Label: "change the client ID"}, progress.Register, (*session).revisit,
	}
	changeSecret = correction{
		Action{Key: "ctrl+s", Word: "secret", Label: "change the secret"}, progress.Secret, (*session).revisit,
	}
	changePermission = correction{
		Action{Key: "ctrl+f", Word: "permission", Label: "go back to the permission"}, progress.Permission,
		(*session).revisit,
	}
)

// corrections are the answers that can be behind each cause, the likeliest first.
var corrections = map[diagnose.Cause][]correction{
	diagnose.CauseMailboxUnknown:             {changeMailbox},
	diagnose.CauseMailboxNotInExchangeOnline: {changeMailbox},
	diagnose.CauseMailboxOutOfScope:          {changeMailbox},
	diagnose.CauseMailboxBlocked:             {changeMailbox},
	diagnose.CauseSendAsDenied:               {changeMailbox},
	diagnose.CauseTenantUnknown:              {changeTenant},
	diagnose.CauseTenantMalformed:            {changeTenant},
	diagnose.CauseTenantInactive:             {changeTenant},
	diagnose.CauseUserNotInTenant:            {changeTenant},
	diagnose.CauseWrongCloud:                 {changeCloud},
	diagnose.CauseTokenForOtherAudience:      {changeCloud},
	// A token service that does not know the address of Graph is another cloud's.
	diagnose.CauseScopeWrong:                 {changeCloud},
	diagnose.CauseResourceNotInTenant:        {changeCloud},
	diagnose.CauseAppUnknown:                 {changeClientID, changeTenant},
	diagnose.CauseAppIDIsTenantID:            {changeClientID},
	diagnose.CauseAppWithoutServicePrincipal: {changeClientID},
	diagnose.CauseAppDisabled:                {changeClientID},
	diagnose.CauseAppIsPublicClient:          {changeClientID},
	diagnose.CauseAppObjectFull:              {changeClientID},
	diagnose.CauseSecretWrong:                {changeSecret, changeClientID},
	diagnose.CauseSecretExpired:              {changeSecret},
	diagnose.CauseSecretMissing:              {changeSecret},
	diagnose.CauseMailSendNotGranted:         {changePermission},
	diagnose.CauseRedirectURIMissing:         {changePALURL},
	diagnose.CauseRedirectURIMismatch:        {changePALURL},
	diagnose.CauseRedirectURINotHTTPS:        {changePALURL},
}

// correctionsOf are the answers behind a finding that were given before the
// present step; its own page has its own fields. Outside the sequence there is
// nothing to go back to.
func (s *session) correctionsOf(f *diagnose.Finding) []correction {
	if f == nil || s.at == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(corrections[f.Cause]), func(c correction) bool {
		return placeOf(c.stage) >= placeOf(s.at)
	})
}

// fitToSetup changes what a finding advises to what can be done from the present screen.
func (s *session) fitToSetup(f *diagnose.Finding) {
	if endDateRefused(f) {
		explainEndDate(f)
	}
	if s.at == "" {
		return
	}
	for i, advice := range f.Remedy {
		if strings.Contains(advice, "palmail rotate") {
			f.Remedy[i] = "Go back to the page of the secret, create a new one, and paste its Value there."
		}
	}
}

func (s *session) revisit(_ context.Context, c correction) error { return &revisitError{c.stage} }

// revisitTenant opens the page that asks for the tenant itself.
func (s *session) revisitTenant(_ context.Context, c correction) error {
	s.askTenant = true
	return &revisitError{c.stage}
}

// switchCloud takes the cloud that the tenant is in, and goes on with the same
// step. Where the tenant cannot be found, or is in the present cloud, it asks.
func (s *session) switchCloud(ctx context.Context, c correction) error {
	switched, err := s.useOwnCloud(ctx)
	switch {
	case err != nil:
		return err
	case !switched:
		return s.revisitTenant(ctx, c)
	}
	return &revisitError{s.at}
}

// useOwnCloud asks which cloud the tenant is in, and takes that one if it is
// another than the present one.
func (s *session) useOwnCloud(ctx context.Context) (switched bool, err error) {
	var t m365.Tenant
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("own-cloud", PhaseNone, tenantHelp), Title: "Finding the tenant's cloud",
		Run: func(ctx context.Context, report Report) error {
			line := Task{Key: "cloud", State: Busy, Text: "Asking Microsoft which cloud the tenant is in"}
			report(line)
			var err error
			if t, err = m365.Discover(ctx, s.setup.TenantID, nil, s.M365); err != nil {
				line.State, line.Text = Warn, "Microsoft did not say which cloud the tenant is in"
				report(line)
				return ctx.Err()
			}
			line.State, line.Text = Right, "The tenant is in "+t.Cloud.Label
			report(line)
			return nil
		},
	})
	if err != nil || t.ID == "" || t.Cloud.Name == s.setup.Cloud || s.cloud().Custom {
		return false, err
	}
	s.Log.Info("switched the cloud", "from", s.setup.Cloud, "to", t.Cloud.Name)
	s.useTenant(t.ID, t.Cloud)
	s.admin = nil // signed in to the other cloud
	return true, nil
}

// fill shows a page. Its findings get actions that lead to the answers behind
// them, and a page that was gone back to waits for a key.
func (s *session) fill(ctx context.Context, p Page) (Answers, error) {
	s.readClock()
	returned := s.returning
	s.returning = false
	if check := p.Check; check != nil {
		p.Check = func(ctx context.Context, a Answers, report Report) Verdict {
			v := check(ctx, a, report)
			v.Auto = v.Auto && !returned
			v.Actions = s.actionsFor(v.Finding, p.Actions)
			return v
		}
	}
	a, err := s.UI.Fill(ctx, p)
	s.readClock()
	if err != nil || a.Action == "" {
		return a, err
	}
	if c, ok := correctionFor(a.Action); ok && !hasAction(p.Actions, a.Action) {
		return a, c.apply(s, ctx, c)
	}
	return a, nil
}

// actionsFor are the actions of the corrections of f, without those whose key
// the page has for something else.
func (s *session) actionsFor(f *diagnose.Finding, taken []Action) []Action {
	var all []Action
	for _, c := range s.correctionsOf(f) {
		if !hasAction(taken, c.action.Key) {
			all = append(all, c.action)
		}
	}
	return all
}

func hasAction(actions []Action, key string) bool {
	return slices.ContainsFunc(actions, func(a Action) bool { return a.Key == key })
}

// correctionFor finds the correction by the key of its action, which no other has.
func correctionFor(key string) (correction, bool) {
	for _, c := range []correction{
		changeMailbox, changePALURL, changeTenant, changeCloud, changeClientID, changeSecret, changePermission,
	} {
		if c.action.Key == key {
			return c, true
		}
	}
	return correction{}, false
}

// hasCorrection says whether a cause can come from the answer that c changes.
func hasCorrection(cause diagnose.Cause, c correction) bool {
	return slices.ContainsFunc(corrections[cause], func(x correction) bool { return x.action.Key == c.action.Key })
}

// withCorrections adds an option for each answer behind the choice's finding.
func (s *session) withCorrections(c Choice) Choice {
	for _, fix := range s.correctionsOf(c.Finding) {
		if optionAt(c.Options, fix.action.Key) < 0 {
			c.Options = append(slices.Clone(c.Options), Option{
				Key: fix.action.Key, Text: strings.ToUpper(fix.action.Label[:1]) + fix.action.Label[1:],
			})
		}
	}
	return c
}
