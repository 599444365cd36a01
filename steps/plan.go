package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// plan is what the tenant holds, and what signing in would change.
type plan struct {
	org       m365.Organization
	apps      []m365.App // of the name, or the one whose client ID is known
	app       m365.App   // the one to use; the zero App when one is to be made
	principal m365.ServicePrincipal
	graph     m365.ServicePrincipal
	granted   bool
	policy    m365.SecretPolicy
	expires   time.Time
	mayGrant  bool // as far as the roles say
}

// survey reads the tenant; independent reads run concurrently.
func (s *session) survey(ctx context.Context, admin *m365.Admin) (*plan, error) {
	p := &plan{mayGrant: true}
	if known, may := admin.MayConsent(); known {
		p.mayGrant = may
	}
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("survey", PhaseNone, howHelp),
		Title: "Looking at the tenant", Why: "Nothing is changed by that.",
		Run: func(ctx context.Context, report Report) error {
			return concurrently(ctx,
				task(report, "Who and where", func(ctx context.Context) (err error) {
					p.org, err = admin.Organization(ctx)
					return err
				}),
				task(report, "Apps that are there", func(ctx context.Context) error {
					return s.findApps(ctx, admin, p)
				}),
				task(report, "Microsoft Graph in this tenant", func(ctx context.Context) (err error) {
					p.graph, err = admin.GraphServicePrincipal(ctx)
					return err
				}),
				task(report, "Rules for secrets", func(ctx context.Context) (err error) {
					p.policy, err = admin.SecretPolicy(ctx)
					return err
				}),
			)
		},
	})
	if err == nil {
		s.setup.Organisation = p.org.DisplayName
	}
	return p, err
}

// findApps looks for the app that is known, or for those of the name.
func (s *session) findApps(ctx context.Context, admin *m365.Admin, p *plan) (err error) {
	if s.setup.ClientID != "" {
		app, err := admin.AppByClientID(ctx, s.setup.ClientID)
		if err == nil {
			p.apps, p.app = []m365.App{app}, app
		}
		if err == nil || !m365.IsNotFound(err) {
			return err
		}
	}
	if p.apps, err = admin.AppsNamed(ctx, s.appName()); err != nil {
		return err
	}
	// An app that was being registered when the program ended is ours.
	if app, found := s.intendedApp(p.apps); found {
		p.app = app
	}
	return nil
}

// intendedApp finds the app that the record's intent is about: its registration
// was sent, and the answer was lost.
func (s *session) intendedApp(apps []m365.App) (m365.App, bool) {
	if s.setup.Intent.Kind != store.IntentApp {
		return m365.App{}, false
	}
	begun := s.setup.Intent.At.Add(-clockTolerance)
	for _, a := range apps {
		if a.Name == s.setup.Intent.Name && a.HasRedirectURI(m365.RedirectURI(s.setup.PALURL)) &&
			!a.Created.Before(begun) {
			return a, true
		}
	}
	return m365.App{}, false
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

// chooseApp asks which app to use when there is one of the name already.
// Names are not unique in a tenant, so nothing is taken over unasked.
func (s *session) chooseApp(ctx context.Context, p *plan) error {
	if p.app.ObjectID != "" || len(p.apps) == 0 {
		return nil
	}
	c := Choice{
		Frame: s.frame("which-app", PhaseRegister, registerHelp),
		Title: "There is an app of this name already",
		Why:   "Using it keeps what it has. Making another leaves it alone.",
	}
	for _, a := range p.apps {
		c.Options = append(c.Options, Option{
			Key: a.ObjectID, Text: "Use " + a.Name + ", client ID " + a.ClientID, Note: appNote(a, s.Now()),
		})
	}
	c.Options = append(c.Options, Option{Key: "another", Text: "Register another one"})
	picked, err := s.choose(ctx, c)
	if err != nil {
		return err
	}
	for _, a := range p.apps {
		if a.ObjectID == picked {
			p.app = a
			s.changeApp(a.ClientID)
		}
	}
	return nil
}

func appNote(a m365.App, now time.Time) string {
	live := 0
	for _, x := range a.Secrets {
		if x.End.After(now) {
			live++
		}
	}
	note := fmt.Sprintf("%d live secrets", live)
	if live == 1 {
		note = "1 live secret"
	}
	if len(a.RedirectURIs) > 0 {
		note += ", " + a.RedirectURIs[0]
	}
	return note
}

// secretEnd is until when a new secret is asked for: 180 days, which CISA
// allows at most (SCuBA MS.AAD.5.6v1), or less where the tenant's policy says so.
func (p *plan) secretEnd(now time.Time) time.Time {
	days := 180
	if limit := p.maxDays(now); limit > 0 {
		days = min(days, limit)
	}
	return now.UTC().Truncate(time.Second).AddDate(0, 0, max(days, 1))
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

// planLines has a line for each change and for each thing that stays.
func (s *session) planLines(p *plan) string {
	var do, keep []string
	uri := m365.RedirectURI(s.setup.PALURL)
	if p.app.ObjectID == "" {
		do = append(do, fmt.Sprintf("register the app **%s**, this tenant only, Web, %s", s.appName(), uri))
	} else {
		keep = append(keep, fmt.Sprintf("the app %s, client ID %s", p.app.Name, p.app.ClientID))
		if !p.app.HasRedirectURI(uri) {
			do = append(do, "add the redirect URI "+uri)
		}
		if !p.app.AsksMailSend() && !s.setup.LimitedByExchange {
			do = append(do, "list Mail.Send under its API permissions")
		}
		for _, x := range p.app.Secrets {
			keep = append(keep, fmt.Sprintf("its secret %s (%s…), until %s", x.Description, x.Hint,
				progress.Day(x.End)))
		}
	}
	if p.principal.ID == "" {
		do = append(do, "make its enterprise application (service principal)")
	}
	if s.setup.Secret.Value.IsZero() || s.setup.SecretProved.IsZero() {
		do = append(do, "make a client secret, until "+progress.Day(p.expires))
	} else {
		keep = append(keep, "the secret that palmail keeps, "+progress.Lasts(s.setup.Secret, s.Now()))
	}
	switch {
	case s.setup.LimitedByExchange:
		keep = append(keep, "Mail.Send for "+s.setup.Mailbox+
			" by Exchange: consent in Entra would end that limit, and is not given")
	case p.granted:
		keep = append(keep, "Mail.Send, which is granted")
	case p.mayGrant:
		do = append(do, "grant it **Mail.Send** of Microsoft Graph (admin consent): it can then send as any mailbox")
	default:
		do = append(do, "Mail.Send: your roles do not allow to grant it; another administrator gets a link")
	}
	text := "Will be done:\n"
	for i, line := range do {
		text += fmt.Sprintf("  %d  %s\n", i+1, line)
	}
	if len(do) == 0 {
		text = "Nothing has to be changed.\n"
	}
	if len(keep) > 0 {
		text += "\nIs there and stays:\n"
		for _, line := range keep {
			text += "  ·  " + line + "\n"
		}
	}
	return text + "\nNothing else in the tenant is touched."
}

// confirm shows the plan and asks for a yes.
func (s *session) confirm(ctx context.Context, admin *m365.Admin, p *plan) error {
	a := admin.Account()
	p.expires = p.secretEnd(s.Now())
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("plan", PhaseNone, howHelp),
		Title: "This is what palmail will do",
		Why: fmt.Sprintf("In %s (tenant %s, %s), as %s.", p.org.DisplayName, s.setup.TenantID, s.cloud().Label,
			a.Username),
		Text: s.planLines(p),
		Options: []Option{
			{Key: optionYes, Text: "Yes, do it"},
			{Key: optionPortal, Text: "No, be guided through the portal"},
		},
	})
	switch {
	case err != nil:
		return err
	case picked == optionPortal:
		return errPortal
	}
	return nil
}

// PlanText signs in, reads the tenant and returns the plan in words, without
// changing anything there: what `palmail --plan` prints.
func PlanText(ctx context.Context, env Env) (string, error) {
	s := newSession(env)
	release, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	defer s.release(ctx, release)
	if err := s.applyGiven(s.Given); err != nil {
		return "", err
	}
	if !progress.Start.Done(&s.setup) {
		if err := s.start(ctx); err != nil {
			return "", err
		}
	}
	admin, err := s.signIn(ctx)
	if errors.Is(err, errPortal) || errors.Is(err, ErrBack) {
		return "", ErrLeave
	}
	if err != nil {
		return "", err
	}
	p, err := s.survey(ctx, admin)
	if err != nil {
		return "", err
	}
	if err := s.inspect(ctx, admin, p); err != nil {
		return "", err
	}
	p.expires = p.secretEnd(s.Now())
	head := fmt.Sprintf("In %s (tenant %s, %s), as %s.\n\n", p.org.DisplayName, s.setup.TenantID, s.cloud().Label,
		admin.Account().Username)
	return head + strings.ReplaceAll(s.planLines(p), "**", "") + "\n", nil
}

// inspect reads the service principal and the grants of the app to use.
func (s *session) inspect(ctx context.Context, admin *m365.Admin, p *plan) error {
	if p.app.ObjectID == "" {
		return nil
	}
	sp, err := admin.ServicePrincipal(ctx, p.app.ClientID)
	if m365.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	p.principal = sp
	grants, err := admin.Grants(ctx, sp.ID)
	for _, g := range grants {
		if g.ResourceID == p.graph.ID && g.RoleID == p.graph.MailSendRole {
			p.granted, s.setup.GrantID = true, g.ID
		}
	}
	return err
}
