package steps

import (
	"context"
	"errors"
	"slices"
	"time"

	"palmail/m365"
)

// plan is what the tenant holds, and what signing in would change.
type plan struct {
	org       m365.Organization
	apps      []m365.App  // that can be the one for PAL, or the one whose client ID is known
	found     []candidate // the apps, looked into
	app       m365.App    // the one to use; the zero App when one is to be made
	ours      bool        // app was registered by palmail, which the record does not say yet
	principal m365.ServicePrincipal
	graph     m365.ServicePrincipal
	granted   bool
	exchange  exchangeGrant
	others    []m365.Grant // what else is granted to the app
	policy    m365.SecretPolicy
	expires   time.Time
	mayGrant  bool // as far as the roles say

	mailbox      m365.Mailbox
	mailboxKnown bool // mailbox could be looked up
}

// survey reads the tenant; independent reads run concurrently.
func (s *session) survey(ctx context.Context, admin *m365.Admin) (*plan, error) {
	p := &plan{mayGrant: true}
	if known, may := admin.MayConsent(); known {
		p.mayGrant = may
	}
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("survey", PhaseNone, howHelp),
		Title: "Looking at the tenant", Why: "This changes nothing.",
		Run: func(ctx context.Context, report Report) error {
			if err := s.readTenant(ctx, admin, p, report); err != nil {
				return err
			}
			return s.lookIntoApps(ctx, admin, p, report)
		},
	})
	if err == nil {
		s.setup.Organisation = p.org.DisplayName
	}
	return p, err
}

// readTenant reads what does not depend on anything else.
func (s *session) readTenant(ctx context.Context, admin *m365.Admin, p *plan, report Report) error {
	return concurrently(ctx,
		task(report, "Organization", func(ctx context.Context) (err error) {
			p.org, err = admin.Organization(ctx)
			return err
		}),
		task(report, "Existing apps", func(ctx context.Context) error {
			return s.findApps(ctx, admin, p, report)
		}),
		task(report, "Microsoft Graph in this tenant", func(ctx context.Context) (err error) {
			p.graph, err = admin.GraphServicePrincipal(ctx)
			return err
		}),
		task(report, "Rules for secrets", func(ctx context.Context) (err error) {
			p.policy, err = admin.SecretPolicy(ctx)
			return err
		}),
		task(report, "Mailbox "+s.setup.Mailbox, func(ctx context.Context) error {
			return s.lookAtMailbox(ctx, admin, p)
		}),
	)
}

// lookIntoApps reads what the apps have that were found, so that the admin can
// tell them apart.
func (s *session) lookIntoApps(ctx context.Context, admin *m365.Admin, p *plan, report Report) error {
	apps := p.apps
	if p.app.ObjectID != "" {
		apps = []m365.App{p.app}
	}
	if len(apps) == 0 {
		return nil
	}
	return task(report, "Permissions of the existing apps", func(ctx context.Context) error {
		p.found = s.lookInto(ctx, admin, apps)
		if p.app.ObjectID == "" {
			using := s.profilesUsing(ctx, apps)
			for i := range p.found {
				p.found[i].profile = using[p.found[i].app.ClientID]
			}
		}
		sortCandidates(p.found, m365.RedirectURI(s.setup.PALURL), p.graph)
		return ctx.Err()
	})(ctx)
}

// findApps looks for the app that the record knows, or else for those that can
// be PAL's.
func (s *session) findApps(ctx context.Context, admin *m365.Admin, p *plan, report Report) error {
	known, err := s.awaitRecordedApp(ctx, admin, report, p)
	if known || err != nil {
		return err
	}
	p.apps, err = s.existingApps(ctx, admin)
	return err
}

// task makes one line of progress of a call.
func task(report Report, text string, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		report(Task{Key: text, State: Busy, Text: text})
		err := do(onLine(ctx, text))
		state := Right
		if err != nil {
			state = Wrong
		}
		report(Task{Key: text, State: state, Text: text})
		return err
	}
}

// concurrently runs calls, waits for all of them, and returns the first error,
// which cancels the others.
func concurrently(ctx context.Context, calls ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make(chan error, len(calls))
	for _, call := range calls {
		go func() {
			err := call(ctx)
			if err != nil {
				cancel(err)
			}
			errs <- err
		}()
	}
	var first error
	for range calls {
		if err := <-errs; err != nil && (first == nil || errors.Is(first, context.Canceled)) {
			first = err
		}
	}
	return first
}

// maxDays is the longest life that the tenant's policy is known to allow, 0 when none is known.
func (p *plan) maxDays(now time.Time) int {
	created := p.app.Created
	if created.IsZero() {
		created = now
	}
	_, days := p.policy.For(created)
	return days
}

// inspect takes up what is known of the app to use, and asks Exchange about it
// where that can be done already.
func (s *session) inspect(ctx context.Context, admin *m365.Admin, p *plan) error {
	if p.app.ObjectID == "" {
		return nil
	}
	i := slices.IndexFunc(p.found, func(c candidate) bool { return c.app.ObjectID == p.app.ObjectID })
	c := candidate{app: p.app, err: errNotLookedInto}
	if i >= 0 {
		c = p.found[i]
	}
	if c.err != nil {
		if c.principal, c.grants, c.err = readPrincipal(ctx, admin, p.app.ClientID); c.err != nil {
			return c.err
		}
	}
	p.principal = c.principal
	for _, g := range c.grants {
		if g.ResourceID == p.graph.ID && g.RoleID == p.graph.MailSendRole {
			p.granted, s.setup.GrantID = true, g.ID
			continue
		}
		p.others = append(p.others, g)
	}
	p.exchange = s.surveyExchange(ctx, p)
	return ctx.Err()
}
