package steps

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
)

// candidate is an app in the tenant that can be the one for PAL.
type candidate struct {
	app       m365.App
	principal m365.ServicePrincipal // the zero one: there is none
	grants    []m365.Grant          // application permissions, of all APIs
	err       error                 // why principal and grants are not known; nil: they are
	profile   string                // another profile on this computer that uses the app; "" where none is known
}

// maxLookedInto is how many apps are looked into before the admin is asked
// which one to use: each takes two requests.
const maxLookedInto = 20

// existingApps returns the apps of PAL's name, and those with PAL's redirect
// URI under whatever name: the manual has an app registered by hand.
func (s *session) existingApps(ctx context.Context, admin *m365.Admin) ([]m365.App, error) {
	var named, redirected []m365.App
	err := concurrently(ctx,
		func(ctx context.Context) (err error) {
			named, err = admin.AppsNamed(ctx, s.appName())
			return err
		},
		func(ctx context.Context) (err error) {
			redirected, err = admin.AppsWithRedirectURI(ctx, m365.RedirectURI(s.setup.PALURL))
			return err
		})
	if err != nil {
		return nil, err
	}
	apps := redirected
	for _, a := range named {
		if !slices.ContainsFunc(apps, func(b m365.App) bool { return b.ObjectID == a.ObjectID }) {
			apps = append(apps, a)
		}
	}
	return apps, nil
}

// lookInto reads what the apps have in the tenant. A failure is kept with its
// app: an app that cannot be looked into can be chosen nevertheless.
func (s *session) lookInto(ctx context.Context, admin *m365.Admin, apps []m365.App) []candidate {
	apps = slices.Clone(apps)
	slices.SortStableFunc(apps, func(a, b m365.App) int { return b.Created.Compare(a.Created) })
	found := make([]candidate, len(apps))
	slots := make(chan struct{}, 4) // Graph throttles a client that asks for more at once
	var calls []func(context.Context) error
	for i, a := range apps {
		found[i].app = a
		if i >= maxLookedInto {
			found[i].err = errNotLookedInto
			continue
		}
		calls = append(calls, func(ctx context.Context) error {
			slots <- struct{}{}
			defer func() { <-slots }()
			found[i].principal, found[i].grants, found[i].err = readPrincipal(ctx, admin, a.ClientID)
			if found[i].err != nil {
				s.Log.Warn("an app could not be looked into", "client-id", a.ClientID, "err", found[i].err)
			}
			return nil
		})
	}
	_ = concurrently(ctx, calls...) // none returns an error
	return found
}

var errNotLookedInto = fmt.Errorf("only the first %d apps are looked into", maxLookedInto)

// readPrincipal reads an app's service principal and what is granted to it.
// That there is no service principal is no error.
func readPrincipal(ctx context.Context, admin *m365.Admin,
	clientID string) (sp m365.ServicePrincipal, grants []m365.Grant, err error) {
	sp, err = admin.ServicePrincipal(ctx, clientID)
	if m365.IsNotFound(err) {
		return m365.ServicePrincipal{}, nil, nil
	}
	if err != nil {
		return m365.ServicePrincipal{}, nil, err
	}
	grants, err = admin.Grants(ctx, sp.ID)
	return sp, grants, err
}

// hasMailSend says whether Graph's Mail.Send is among grants.
func hasMailSend(grants []m365.Grant, graph m365.ServicePrincipal) bool {
	return slices.ContainsFunc(grants, func(g m365.Grant) bool {
		return g.ResourceID == graph.ID && g.RoleID == graph.MailSendRole
	})
}

// profilesUsing finds the other profiles on this computer that use one of the
// apps, by client ID. A keyring that does not answer is no reason to stop.
func (s *session) profilesUsing(ctx context.Context, apps []m365.App) map[string]string {
	using := map[string]string{}
	if s.Profiles == nil {
		return using
	}
	names, err := s.Profiles(ctx)
	if err != nil {
		s.Log.Warn("the other profiles could not be listed", "err", err)
		return using
	}
	for _, name := range names {
		if name == s.Profile || ctx.Err() != nil {
			continue
		}
		x, err := s.Store.Load(ctx, name)
		if err != nil {
			s.Log.Warn("a profile could not be read", "profile", name, "err", err)
			return using
		}
		for _, a := range apps {
			if x.ClientID == a.ClientID && x.TenantID == s.setup.TenantID {
				using[a.ClientID] = name
			}
		}
	}
	return using
}

// sortCandidates puts the likeliest first: with PAL's redirect URI, then with
// Mail.Send, then the newest.
func sortCandidates(all []candidate, uri string, graph m365.ServicePrincipal) {
	rank := func(c candidate) int {
		n := 0
		if c.app.HasRedirectURI(uri) {
			n -= 2
		}
		if hasMailSend(c.grants, graph) {
			n--
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.app.Created.Compare(a.app.Created))
	})
}

// chooseApp asks which app to use when one is there already. Names are not
// unique in a tenant, so nothing is taken over unasked.
func (s *session) chooseApp(ctx context.Context, p *plan) error {
	if p.app.ObjectID != "" || len(p.found) == 0 {
		return nil
	}
	c := Choice{
		Frame: s.frame("which-app", PhaseRegister, s.candidatesHelp(p)),
		Title: "An app for PAL is already registered",
		Why:   "Using it keeps what it has. Registering another one leaves it as it is.",
	}
	if n := len(p.found); n > 1 {
		c.Title = fmt.Sprintf("%d apps can be the one for PAL", n)
		c.Why = "If PAL has a client ID already, choose the app with that ID. palmail changes no other app."
	}
	for _, one := range p.found {
		c.Options = append(c.Options, Option{
			Key: one.app.ObjectID, Text: "Use " + one.app.Name + ", client ID " + one.app.ClientID,
			Note: s.candidateNote(one, p.graph),
		})
	}
	c.Options = append(c.Options, Option{Key: "another", Text: "Register another one"})
	picked, err := s.choose(ctx, c)
	if err != nil {
		return err
	}
	for _, one := range p.found {
		if one.app.ObjectID == picked {
			p.app = one.app
			s.changeApp(one.app.ClientID)
		}
	}
	return nil
}

// candidatesHelp lists all of it, for windows that have no room for it beside the options.
func (s *session) candidatesHelp(p *plan) string {
	help := "palmail looks for apps with the name " + s.appName() + ", and for apps with PAL's redirect URI. " +
		"These are in the tenant:"
	for _, one := range p.found {
		help += "\n\n" + one.app.Name + ", client ID " + one.app.ClientID + ": " + s.candidateNote(one, p.graph) + "."
	}
	return help
}

// candidateNote is what tells an app from its twins.
func (s *session) candidateNote(c candidate, graph m365.ServicePrincipal) string {
	var facts []string
	granted := hasMailSend(c.grants, graph)
	switch {
	case c.err != nil:
		facts = append(facts, "its permissions could not be read")
	case c.principal.ID == "":
		facts = append(facts, "no enterprise application", "Mail.Send not granted")
	case !c.principal.Enabled:
		facts = append(facts, "**disabled**", grantedText(granted))
	default:
		facts = append(facts, "enabled", grantedText(granted))
	}
	facts = append(facts, secretsText(c.app.Secrets, s.serverNow()))
	if !c.app.HasRedirectURI(m365.RedirectURI(s.setup.PALURL)) {
		facts = append(facts, "without PAL's redirect URI")
	}
	if !c.app.Created.IsZero() {
		facts = append(facts, "registered "+progress.Day(c.app.Created))
	}
	switch at := palmailUsed(c.app); {
	case c.profile != "":
		facts = append(facts, "used by profile "+c.profile+" on this computer")
	case !at.IsZero():
		facts = append(facts, "palmail last used it on "+progress.Day(at))
	}
	return strings.Join(facts, " · ")
}

func grantedText(granted bool) string {
	if granted {
		return "Mail.Send granted"
	}
	return "Mail.Send not granted"
}

// maxSecretsNamed is how many secrets of one app are listed with their end dates.
const maxSecretsNamed = 3

// secretsText names an app's secrets with their end dates, those that last longest first.
func secretsText(all []m365.AppSecret, now time.Time) string {
	if len(all) == 0 {
		return "no secret"
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b m365.AppSecret) int { return b.End.Compare(a.End) })
	var ends []string
	for _, x := range all[:min(len(all), maxSecretsNamed)] {
		name := "until "
		if !x.End.After(now) {
			name = "expired "
		}
		if x.Hint != "" {
			name = x.Hint + "… " + name
		}
		ends = append(ends, name+progress.Day(x.End))
	}
	text := "1 secret: "
	if len(all) > 1 {
		text = fmt.Sprintf("%d secrets: ", len(all))
	}
	text += strings.Join(ends, ", ")
	if more := len(all) - maxSecretsNamed; more > 0 {
		text += fmt.Sprintf(", %d more", more)
	}
	return text
}

// palmailSecret is how palmail describes a secret that it creates itself.
var palmailSecret = regexp.MustCompile(`^PAL mail \d{4}-\d{2}(-\d{2})? [` + referenceLetters + `]{6}$`)

// palmailUsed is when palmail last created one of the app's secrets while
// signed in, as their descriptions show; zero where none does.
func palmailUsed(app m365.App) (at time.Time) {
	for _, x := range app.Secrets {
		if palmailSecret.MatchString(x.Description) && x.Start.After(at) {
			at = x.Start
		}
	}
	return at
}
