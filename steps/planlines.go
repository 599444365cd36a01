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
)

// planText is a plan in words: what would be done, and what is there already.
type planText struct{ do, keep []string }

// planned says what a plan comes to.
func (s *session) planned(p *plan) planText {
	var t planText
	s.planApp(p, &t)
	s.planSecret(p, &t)
	s.planPermission(p, &t)
	return t
}

func (s *session) planApp(p *plan, t *planText) {
	uri := m365.RedirectURI(s.setup.PALURL)
	if p.app.ObjectID == "" {
		t.do = append(t.do, fmt.Sprintf("register the app **%s**, this tenant only, Web, %s", s.appName(), uri))
	} else {
		t.keep = append(t.keep, fmt.Sprintf("the app %s, client ID %s", p.app.Name, p.app.ClientID))
		if !p.app.HasRedirectURI(uri) {
			t.do = append(t.do, "add the redirect URI "+uri)
		}
		if s.consentPlanned(p) && !p.asksExchange() && !p.app.AsksMailSend() {
			t.do = append(t.do, "list Mail.Send under its API permissions")
		}
		t.keep = append(t.keep, otherPermissions(p)...)
	}
	switch {
	case p.principal.ID == "":
		t.do = append(t.do, "create its enterprise application (service principal)")
	case !p.principal.Enabled:
		t.keep = append(t.keep, "its enterprise application, which is **disabled**")
	}
}

func (s *session) planSecret(p *plan, t *planText) {
	now := s.serverNow()
	for _, x := range p.app.Secrets {
		until := "until "
		if !x.End.After(now) {
			until = "expired on "
		}
		t.keep = append(t.keep, fmt.Sprintf("its secret %s (%s…), %s%s", x.Description, x.Hint, until,
			progress.Day(x.End)))
	}
	if !s.setup.Secret.Value.IsZero() && !s.setup.SecretProved.IsZero() && s.setup.Secret.Expires.After(now) {
		t.keep = append(t.keep, "the secret that palmail keeps, "+progress.Lasts(s.setup.Secret, now))
		return
	}
	line := "create a client secret, until " + progress.Day(p.expires)
	if days := p.maxDays(now); days > 0 && days < secretDays {
		line += fmt.Sprintf(". The tenant's policy allows %s at most: PAL needs a new secret %s (policy %s, under "+
			"Enterprise apps > Security > Application policies)", count(days, "day"), renewalEvery(days), p.policy.ID)
	}
	t.do = append(t.do, line)
}

// consentPlanned says whether the plan is to have Mail.Send granted in Entra.
func (s *session) consentPlanned(p *plan) bool {
	return !s.setup.LimitedByExchange && p.exchange != exchangeAllows
}

func (s *session) planPermission(p *plan, t *planText) {
	switch {
	case p.granted:
		t.keep = append(t.keep, "Mail.Send, which is granted: the app can send as any mailbox")
		return
	case !s.consentPlanned(p):
		t.keep = append(t.keep, "Exchange lets the app send as "+s.setup.Mailbox+": Mail.Send is not granted in Entra, "+
			"because that would let it send as any mailbox")
		return
	}
	line := "grant it **Mail.Send** of Microsoft Graph (admin consent): it can then send as any mailbox"
	if !p.mayGrant {
		line = "ask another administrator for Mail.Send, with a link: your roles do not allow you to grant it"
	}
	if p.asksExchange() {
		line = "ask Exchange, with the new secret, whether the app can already send as " + s.setup.Mailbox +
			". Only if it cannot: " + line
	}
	t.do = append(t.do, line)
}

// otherPermissions names what the app asks for, or has, besides Mail.Send of
// Graph, and what becomes of it.
func otherPermissions(p *plan) []string {
	var lines []string
	delegated, exchange := 0, false
	for _, x := range p.app.Permissions {
		switch {
		case strings.EqualFold(x.ResourceAppID, m365.ExchangeAppID):
			exchange = true
		case x.Application:
		case strings.EqualFold(x.ID, m365.MailSendScopeID):
			lines = append(lines, "its **delegated** permission Mail.Send: PAL cannot use it, because PAL signs in "+
				"without a user. Remove it under API permissions if nothing else uses it")
		case strings.EqualFold(x.ID, m365.UserReadScopeID): // the portal adds it to every app
		default:
			delegated++
		}
	}
	if delegated > 0 {
		lines = append(lines, "its "+count(delegated, "other delegated permission")+", which PAL does not use")
	}
	if exchange {
		lines = append(lines, "its permissions of Office 365 Exchange Online, which PAL cannot use: it sends through "+
			"Microsoft Graph")
	}
	if n := len(p.others); n > 0 {
		lines = append(lines, fmt.Sprintf("%s granted to it (%s): anyone who has a secret of the app can use them",
			count(n, "other application permission"), apisOf(p.others)))
	}
	return lines
}

// apisOf names the APIs of grants, each once.
func apisOf(grants []m365.Grant) string {
	var names []string
	for _, g := range grants {
		names = append(names, g.ResourceName)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// renewalEvery says how often a secret that lasts so many days has to be
// renewed.
func renewalEvery(days int) string {
	switch months := (days + 2) / 30; { // 28 to 31 days are a month
	case days <= 1:
		return "every day"
	case months == 0:
		return fmt.Sprintf("every %d days", days)
	case months == 1:
		return "every month"
	default:
		return fmt.Sprintf("every %d months", months)
	}
}

// lines prints the plan.
func (t planText) lines() string {
	text := "palmail will:\n"
	for i, line := range t.do {
		text += fmt.Sprintf("  %d  %s\n", i+1, line)
	}
	if len(t.do) == 0 {
		text = "Nothing has to be changed.\n"
	}
	if len(t.keep) > 0 {
		text += "\nAlready there, unchanged:\n"
		for _, line := range t.keep {
			text += "  -  " + line + "\n"
		}
	}
	return text + "\nNothing else in the tenant is changed."
}

// whereAs says in which tenant, and with whose account, a plan is carried out.
func (s *session) whereAs(admin *m365.Admin, p *plan) string {
	return fmt.Sprintf("In %s (tenant %s, %s), as %s.", p.org.DisplayName, s.setup.TenantID, s.cloud().Label,
		admin.Account().Username)
}

// confirm shows the plan and asks for a yes. A plan with nothing to do is only
// shown. It returns errReadAgain when an answer was changed.
func (s *session) confirm(ctx context.Context, admin *m365.Admin, p *plan) error {
	p.expires = p.secretEnd(s.serverNow())
	planned, f := s.planned(p), s.disabledApp(p)
	if len(planned.do) == 0 && f == nil {
		return s.UI.Show(ctx, Notice{
			Frame: s.frame("plan-nothing", PhaseNone, howHelp), Title: "Nothing has to be changed",
			Why: s.whereAs(admin, p), Text: planned.lines() + " palmail checks it now.",
		})
	}
	c := Choice{
		Frame: s.frame("plan", PhaseNone, howHelp), Title: "This is what palmail will do",
		Why: s.whereAs(admin, p), Text: planned.lines(), Finding: f,
		Options: []Option{{Key: optionYes, Text: "Yes, do it"}},
	}
	if f != nil {
		c.Title = "The app is disabled"
		c.Options = []Option{
			{Key: optionRetry, Text: "Look again", Note: "after it was enabled"},
			{Key: optionYes, Text: "Do it nevertheless", Note: "no sign-in works until the app is enabled"},
		}
	}
	x := &s.setup
	if p.app.ObjectID != "" && x.AppObjectID == "" && x.Secret.Value.IsZero() && x.Pending.Value.IsZero() {
		c.Options = append(c.Options, Option{Key: "another", Text: "Use another app"})
	}
	c.Options = append(c.Options, Option{Key: optionPortal, Text: "No, be guided through the portal"})
	switch picked, err := s.choose(ctx, c); {
	case err != nil:
		return err
	case picked == optionRetry:
		return errReadAgain
	case picked == "another":
		s.changeApp("")
		return errReadAgain
	case picked == optionPortal:
		return errPortal
	}
	return nil
}

// disabledApp says that nobody can sign in with the app, nil when that is not so.
func (s *session) disabledApp(p *plan) *diagnose.Finding {
	if p.principal.ID == "" || p.principal.Enabled {
		return nil
	}
	return &diagnose.Finding{
		Cause: diagnose.CauseAppDisabled, Title: "The enterprise application of " + p.app.Name + " is disabled",
		Explanation: "Somebody has turned off sign-in for it. palmail does not turn it on: until an administrator does, " +
			"no secret of this app works.",
		Remedy: []string{
			"Ask who disabled it, and why.",
			"Open Enterprise apps, the app, **Properties**, and set **Enabled for users to sign-in?** to Yes.",
			"Then choose **Look again**.",
		},
		Who:  "A Cloud Application Administrator",
		Link: s.cloud().EnterpriseAppLink(s.setup.TenantID, p.principal.ID, p.app.ClientID),
	}
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
	if err := s.chooseApp(ctx, p); err != nil {
		return "", err
	}
	if err := s.inspect(ctx, admin, p); err != nil {
		return "", err
	}
	p.expires = p.secretEnd(s.serverNow())
	text := s.whereAs(admin, p) + "\n\n"
	for _, f := range []*diagnose.Finding{s.mailboxFinding(p), s.disabledApp(p)} {
		if f != nil {
			text += f.Title + ". " + f.Explanation + "\n"
			for _, line := range f.Remedy {
				text += "  -  " + line + "\n"
			}
			text += "\n"
		}
	}
	return strings.ReplaceAll(text+s.planned(p).lines(), "**", "") + "\n", nil
}

// secretDays is how long a new secret lasts: 180 days, which CISA allows at
// most (SCuBA MS.AAD.5.6v1).
const secretDays = 180

// secretEnd is until when a new secret is asked for: secretDays, or less where
// the tenant's policy says so.
func (p *plan) secretEnd(now time.Time) time.Time {
	days := secretDays
	if limit := p.maxDays(now); limit > 0 {
		days = min(days, limit)
	}
	return now.UTC().Truncate(time.Second).AddDate(0, 0, max(days, 1))
}
