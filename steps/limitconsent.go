package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// takeConsent takes the consent in Entra back, which while it stands lets the
// app send as any mailbox. Before Exchange acts on its own grant nothing would
// let the app send, so the admin is asked to wait as long as that takes at most.
func (s *session) takeConsent(ctx context.Context) error {
	for {
		gone, err := s.consentGone(ctx)
		if err != nil {
			return err
		}
		if gone {
			return s.consentTaken(ctx)
		}
		c := s.consentChoice()
		picked, err := s.choose(ctx, c)
		if err != nil {
			return err
		}
		switch picked {
		case optionLeave:
			return ErrLeave
		case optionBack:
			return ErrBack
		case optionSignIn:
			err = s.revokeSigned(ctx)
		default:
			err = errPortal
		}
		if errors.Is(err, errPortal) {
			err = s.revokeInPortal(ctx)
		}
		switch {
		case err == nil:
			return s.consentTaken(ctx)
		case !errors.Is(err, ErrBack):
			return err
		}
	}
}

// consentTaken notes that the consent is said to be gone; the proof sees whether it is.
func (s *session) consentTaken(context.Context) error {
	if s.setup.Limit.Stage != store.LimitAlone {
		s.limitAt(store.LimitAlone, store.EventConsentGone)
	}
	return nil
}

// consentGone says whether a fresh token carries no Mail.Send. What cannot be
// asked is taken to stand.
func (s *session) consentGone(ctx context.Context) (gone bool, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("limit-token", PhaseNone, limitHelp), Title: "Looking at the consent",
		Run: func(ctx context.Context, report Report) error {
			err := task(report, "What a fresh token carries", func(ctx context.Context) error {
				t, err := s.appToken(ctx, s.secretInUse())
				gone = err == nil && !t.HasMailSend()
				return err
			})(ctx)
			if err != nil {
				s.Log.Warn("the consent could not be looked at", "err", err)
			}
			return ctx.Err()
		},
	})
	return gone, err
}

// consentChoice asks how to take the consent back. While Exchange may not act
// on its new grant yet, the first option is to leave.
func (s *session) consentChoice() Choice {
	until := s.setup.Limit.At.Add(exchangeCacheTTL)
	c := Choice{
		Frame: s.frame("limit-consent", PhaseNone, limitHelp),
		Title: "Take the consent in Entra back",
		Why:   "While it stands the app may send as any mailbox: what Entra and Exchange grant adds up.",
		Text: "Exactly this goes: Mail.Send of Microsoft Graph, granted to " + s.appName() +
			". If mail breaks after that, one key puts it back.",
		Options: []Option{
			{
				Key: optionSignIn, Text: "Sign in and let palmail take it back",
				Note: "needs a Privileged Role Administrator",
			},
			{Key: optionPortal, Text: "Take it back in the portal", Note: "palmail says where"},
			{Key: optionBack, Text: "Back to the script"},
		},
		Practice: s.practiceLimit("limit-consent"),
	}
	switch {
	case s.Now().Before(until):
		when := until.Local().Format("15:04")
		c.Text = "**Exchange may take until " + when +
			" to act on its new grant**: 30 minutes, up to two hours for an app in use. " +
			"If the consent goes before that, PAL's mail may be refused in between.\n\n" + c.Text
		c.Options = append([]Option{
			{Key: optionLeave, Text: "Leave, and come back after " + when, Note: "palmail goes on from here"},
		}, c.Options...)
	case s.setup.Mode == store.ModePortal:
		c.prefer(optionPortal)
	}
	return c
}

// revokeSigned deletes the one app role assignment with an administrator's account, after a yes.
func (s *session) revokeSigned(ctx context.Context) error {
	for {
		admin, err := s.administrator(ctx)
		if err != nil {
			return err
		}
		sp, grant, err := s.findGrant(ctx, admin)
		if err == nil && grant.ID != "" {
			if err = s.confirmRevoke(ctx, admin, sp, grant); err != nil {
				return err
			}
			err = s.revoke(ctx, admin, sp, grant)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return s.forgetGrant(ctx)
		case errors.Is(err, ErrBack):
			return err
		case m365.SignedOut(err):
			s.admin = nil
			continue
		}
		again, err := s.askAfterFailure(ctx, "The consent was not taken back", s.explain(err, time.Time{}))
		if !again {
			return err
		}
	}
}

// findGrant looks for the app's Mail.Send of Microsoft Graph; the zero Grant is none.
func (s *session) findGrant(ctx context.Context,
	admin *m365.Admin) (sp m365.ServicePrincipal, grant m365.Grant, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("limit-grant", PhaseNone, limitHelp), Title: "Looking for the consent",
		Why: "Nothing is changed by that.",
		Run: func(ctx context.Context, report Report) error {
			var graph m365.ServicePrincipal
			err := concurrently(ctx,
				task(report, "The enterprise application", func(ctx context.Context) (err error) {
					sp, err = admin.ServicePrincipal(ctx, s.setup.ClientID)
					return err
				}),
				task(report, "Microsoft Graph in this tenant", func(ctx context.Context) (err error) {
					graph, err = admin.GraphServicePrincipal(ctx)
					return err
				}))
			if err != nil {
				return err
			}
			return task(report, "What is granted to the app", func(ctx context.Context) error {
				grants, err := admin.Grants(ctx, sp.ID)
				for _, g := range grants {
					if g.ResourceID == graph.ID && g.RoleID == graph.MailSendRole {
						grant = g
					}
				}
				return err
			})(ctx)
		},
	})
	return sp, grant, err
}

func (s *session) confirmRevoke(ctx context.Context, admin *m365.Admin, sp m365.ServicePrincipal,
	grant m365.Grant) error {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("limit-revoke", PhaseNone, limitHelp),
		Title: "This is what palmail will do",
		Why: fmt.Sprintf("In the tenant %s (%s), as %s.", s.setup.TenantID, s.cloud().Label,
			admin.Account().Username),
		Text: fmt.Sprintf("Will be done:\n  1  delete the app role assignment of **Mail.Send** (Microsoft Graph) to "+
			"%s\n     %s\n     granted %s\n\nNothing else in the tenant is touched. The app, its secrets and its "+
			"other permissions stay.",
			sp.Name, grant.ID, progress.DayUTC(grant.Created)),
		Options: []Option{{Key: optionYes, Text: "Yes, delete it"}, {Key: optionNo, Text: "No"}},
	})
	if err == nil && picked == optionNo {
		err = ErrBack
	}
	return err
}

func (s *session) revoke(ctx context.Context, admin *m365.Admin, sp m365.ServicePrincipal, grant m365.Grant) error {
	return s.UI.Work(ctx, Work{
		Frame: s.frame("limit-revoking", PhaseNone, limitHelp), Title: "Taking the consent back",
		Run: func(ctx context.Context, report Report) error {
			ap := &applier{session: s, admin: admin, plan: &plan{}, report: report}
			return ap.untilReplicated(ctx, "Deleting the app role assignment", "Deleted the app role assignment",
				func(ctx context.Context) error {
					if err := admin.RevokeGrant(ctx, sp.ID, grant.ID); err != nil && !m365.IsNotFound(err) {
						return err
					}
					s.dropToken() // it may still carry what was revoked
					return nil
				})
		},
	})
}

// forgetGrant: palmail has nothing granted there any more that it could undo.
func (s *session) forgetGrant(ctx context.Context) error {
	s.setup.GrantID, s.setup.Made = "", without(s.setup.Made, store.MadeGrant)
	if err := s.saveBetweenScreens(ctx); err != nil {
		s.Log.Warn("could not keep yet that the consent is gone", "err", err)
	}
	return ctx.Err()
}

// revokeInPortal says where the consent is taken back.
func (s *session) revokeInPortal(ctx context.Context) error {
	x := &s.setup
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("limit-portal", PhaseNone, limitHelp),
		Title: "Take the consent back in the portal",
		Guide: []Instruction{
			{
				Text: "Open", LinkText: "Permissions",
				Link: s.cloud().EnterprisePermissionsLink(x.TenantID, x.ServicePrincipalID, x.ClientID),
				Note: "of " + s.appName() + ", under Enterprise applications",
			},
			{Text: "Under **Admin consent**, find **Mail.Send** of Microsoft Graph, type Application"},
			{Text: "Choose **…**, **Revoke permission**, and confirm"},
		},
		Text: "Removing Mail.Send from the list under API permissions is not enough: what was granted stays " +
			"granted.",
		Submit:   "say that it is revoked",
		Practice: s.practiceLimit("limit-consent"),
	})
	if err != nil {
		return err
	}
	return s.forgetGrant(ctx)
}

// putBack gives the consent in Entra again, and waits until a token carries
// it. A limit that was begun is at stage then.
func (s *session) putBack(ctx context.Context, stage string) error {
	stay := "Go on waiting"
	if stage == store.LimitUndoing {
		stay = "Keep the limit"
	}
	c := Choice{
		Frame: s.frame("limit-back", PhaseNone, limitHelp),
		Title: "Put the consent in Entra back",
		Why:   "The app may then send as any mailbox again, as before.",
		Options: []Option{
			{
				Key: optionSignIn, Text: "Sign in and let palmail grant it",
				Note: "needs a Privileged Role Administrator",
			},
			{Key: optionPortal, Text: "Grant it in the portal", Note: "palmail waits for it"},
			{Key: optionBack, Text: stay},
		},
		Practice: s.practice("permission"),
	}
	if s.setup.Mode == store.ModePortal {
		c.prefer(optionPortal)
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return err
	case picked == optionBack:
		return ErrBack
	case picked == optionSignIn:
		err = s.grantSigned(ctx)
	}
	if picked == optionPortal || errors.Is(err, errPortal) {
		err = s.permission(ctx)
	}
	if err != nil {
		return err
	}
	if s.setup.Limit.Stage == "" {
		stage = ""
	}
	s.noteLimitGone(stage)
	s.note(store.EventConsentBack, "", "")
	s.proved = proofs{}
	return s.saveOrAsk(ctx)
}

// noteLimitGone records that the app can send as any mailbox again.
func (s *session) noteLimitGone(stage string) {
	s.setup.LimitedByExchange = false
	if s.setup.Limit.Stage != stage {
		s.setup.Limit.Stage, s.setup.Limit.At = stage, s.Now().UTC()
	}
}

// grantSigned grants Mail.Send with an administrator's account, and waits for it.
func (s *session) grantSigned(ctx context.Context) error {
	for {
		admin, err := s.administrator(ctx)
		if err != nil {
			return err
		}
		err = s.UI.Work(ctx, Work{
			Frame: s.frame("limit-granting", PhaseNone, limitHelp), Title: "Putting the consent back",
			Run: func(ctx context.Context, report Report) error {
				ap := &applier{session: s, admin: admin, plan: &plan{}, report: report}
				err := concurrently(ctx,
					task(report, "The enterprise application", func(ctx context.Context) (err error) {
						ap.plan.principal, err = admin.ServicePrincipal(ctx, s.setup.ClientID)
						return err
					}),
					task(report, "Microsoft Graph in this tenant", func(ctx context.Context) (err error) {
						ap.plan.graph, err = admin.GraphServicePrincipal(ctx)
						return err
					}))
				if err == nil {
					err = ap.ensureGrant(ctx)
				}
				if err == nil {
					err = ap.awaitRole(ctx)
				}
				return err
			},
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, errors.Is(err, ErrBack):
			return err
		case m365.SignedOut(err):
			s.admin = nil
			continue
		}
		again, err := s.refused(ctx, &plan{}, refusals{grant: err})
		if !again {
			return err
		}
	}
}
