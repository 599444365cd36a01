package steps

import (
	"context"
	"errors"
	"slices"
	"strings"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
)

const startHelp = "" +
	"palmail sets up how PAL sends mail through Microsoft 365. You need the mailbox that PAL sends from " +
	"and the address of PAL's own administration pages.\n\n" +
	"From the mailbox's domain palmail asks Microsoft which tenant and which cloud it belongs to. " +
	"Nothing else is sent, and nothing is changed in your tenant by palmail: in this mode you do the " +
	"portal's part yourself and palmail checks it.\n\n" +
	"Everything you answer is kept in this computer's keyring at once, so you can leave at any time and " +
	"go on later."

// start asks for the mailbox and PAL's address, and finds the tenant and its cloud.
func (s *session) start(ctx context.Context) error {
	if done, err := s.startFromFlags(ctx); done || err != nil {
		return err
	}
	if s.askTenant {
		s.askTenant = false
		err := s.tenant(ctx)
		if err == nil && progress.Start.Done(&s.setup) || err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
	for {
		var found *m365.Tenant
		page := Page{
			Frame: s.frame("start", PhaseNone, startHelp),
			Title: "Before you start",
			Why:   "Three things are needed; the third may need a second person.",
			Guide: func(Answers) []Instruction {
				return []Instruction{
					{Text: "An administrator who may register apps:", Note: "**Application Developer** or higher."},
					{
						Text: "For the consent, a **Privileged Role Administrator** or **Global Administrator**:",
						Note: "you, or somebody you send a link to.",
					},
					{
						Text: "An Exchange Online mailbox that PAL sends from:",
						Note: "not the account you sign in with.",
					},
				}
			},
			Fields: []Field{
				{
					Key: "mailbox", Label: "System mailbox", Hint: "noreply@agency.gov", Value: s.setup.Mailbox,
					Shape: addressShape,
				},
				{
					Key: "pal-url", Label: "Application Admin URL", Hint: "https://pal.agency.gov/app",
					Value: s.setup.PALURL, Shape: palURLShape, Tidy: tidyPALURL,
				},
			},
			Check: func(ctx context.Context, a Answers, report Report) Verdict {
				found = nil
				return s.lookUp(ctx, a, report, &found)
			},
			Actions:  []Action{{Key: "ctrl+e", Word: "tenant", Label: "other tenant"}},
			Practice: s.practice("start"),
		}
		a, err := s.fill(ctx, page)
		if err != nil {
			return err
		}
		if a.Get("mailbox") != "" {
			s.changeMailbox(a.Get("mailbox"))
		}
		if u, err := parsePALURL(a.Get("pal-url")); err == nil {
			s.setup.PALURL = u
		}
		if found != nil && a.Action == "" {
			s.useTenant(found.ID, found.Cloud)
			return nil
		}
		if s.setup.TenantID == "" || s.setup.Cloud == "" || a.Action != "" {
			err := s.tenant(ctx)
			if errors.Is(err, ErrBack) {
				continue
			}
			if err != nil || a.Action == "" || progress.Start.Done(&s.setup) {
				return err
			}
			continue
		}
		return nil
	}
}

// startFromFlags answers the page from the command line, once, when mailbox
// and PAL's address are given there and the tenant is found.
func (s *session) startFromFlags(ctx context.Context) (done bool, err error) {
	if s.Given.Mailbox == "" || s.Given.PALURL == "" || s.flagsTried[PhaseNone] {
		return false, nil
	}
	s.tried(PhaseNone)
	var found *m365.Tenant
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("start-given", PhaseNone, startHelp),
		Title: "Before you start", Why: "The mailbox and PAL's address were given on the command line.",
		Run: func(ctx context.Context, report Report) error {
			s.lookUp(ctx, Answers{Text: map[string]string{"mailbox": s.setup.Mailbox}}, report, &found)
			return ctx.Err()
		},
	})
	if err != nil || found == nil {
		return false, err
	}
	s.useTenant(found.ID, found.Cloud)
	return true, nil
}

func (s *session) useTenant(id string, c m365.Cloud) {
	if s.cloud() != c {
		s.forgetApp()
		s.setCloud(c)
	}
	s.changeTenant(id)
}

// lookUp finds the tenant of the mailbox's domain, unless the admin has named
// one before: a vanity domain may belong to another tenant than the app's.
func (s *session) lookUp(ctx context.Context, a Answers, report Report, found **m365.Tenant) Verdict {
	_, domain, _ := strings.Cut(a.Get("mailbox"), "@")
	if s.setup.TenantID != "" && s.setup.Cloud != "" && a.Get("mailbox") == s.setup.Mailbox {
		return right("Tenant %s in %s.", s.setup.TenantID, s.cloud().Label)
	}
	report(Task{Key: "tenant", State: Busy, Text: "Asking Microsoft which tenant " + domain + " belongs to"})
	t, err := m365.Discover(ctx, domain, s.Cloud, s.M365)
	if err != nil {
		if ctx.Err() != nil {
			return Verdict{}
		}
		f := s.explain(err, s.Now().Add(-24*60*60*1e9))
		if unanswered(f) {
			return s.nobodyAnswered(f, report)
		}
		report(Task{Key: "tenant", State: Warn, Text: "The tenant of " + domain + " was not found"})
		s.Log.Info("tenant not found", "cause", f.Cause)
		v := warn("%s. Continue to enter the tenant yourself.", f.Title)
		v.Finding = &f
		return v
	}
	report(Task{Key: "tenant", State: Right, Text: "Found the tenant of " + domain})
	if s.Cloud != nil && !s.Cloud.Custom && t.Cloud.Name != s.Cloud.Name {
		return warn("**%s** is in **%s**, not in %s as asked for by --cloud. Press ctrl+e if that is wrong.", domain,
			t.Cloud.Label, s.Cloud.Label)
	}
	if s.setup.TenantID != "" && s.setup.TenantID != t.ID {
		return warn("%s belongs to tenant %s. You have named %s; ctrl+e changes that.", domain, t.ID, s.setup.TenantID)
	}
	*found = &t
	return right("Tenant %s in **%s**.", t.ID, t.Cloud.Label)
}

// unanswered says whether Microsoft could not be asked, or could not answer, so
// that nothing is known about what was asked.
func unanswered(f diagnose.Finding) bool {
	return offline(f) || f.Cause == diagnose.CauseServiceFault || f.Cause == diagnose.CauseThrottled
}

// nobodyAnswered keeps the admin on the page: nothing is wrong with the answers,
// and trying again is the first thing to do.
func (s *session) nobodyAnswered(f diagnose.Finding, report Report) Verdict {
	report(Task{Key: "tenant", State: Wrong, Text: "No answer from Microsoft"})
	s.Log.Info("nobody could be asked about the tenant", "cause", f.Cause)
	v := wrong("Microsoft could not be asked. %s.", f.Title)
	f.Remedy = append(slices.Clone(f.Remedy),
		"Then press enter to try again. Everything you entered is kept, so you can also leave and come back.")
	v.Finding = &f
	return v
}

const tenantHelp = "" +
	"Type the Directory (tenant) ID, as the app's Overview shows it, or a domain that belongs to that " +
	"tenant.\n\n" +
	"The cloud decides which of Microsoft's addresses are used. Commercial and GCC share theirs; GCC " +
	"High, DoD and China each have their own."

// tenant asks for the tenant and its cloud when they cannot be found from the mailbox.
func (s *session) tenant(ctx context.Context) error {
	clouds := m365.Clouds()
	if s.Cloud != nil && s.Cloud.Custom {
		clouds = append(clouds, *s.Cloud)
	}
	labels, picked := make([]string, len(clouds)), clouds[0].Label
	for i, c := range clouds {
		labels[i] = c.Label
		if c.Name == s.setup.Cloud || s.setup.Cloud == "" && s.Cloud != nil && c.Name == s.Cloud.Name {
			picked = c.Label
		}
	}
	cloud := func(a Answers) m365.Cloud {
		for _, c := range clouds {
			if c.Label == a.Get("cloud") {
				return c
			}
		}
		return clouds[0]
	}
	id := ""
	a, err := s.fill(ctx, Page{
		Frame: s.frame("tenant", PhaseNone, tenantHelp),
		Title: "Your tenant",
		Why:   "The app will be registered there.",
		Guide: func(a Answers) []Instruction {
			return []Instruction{
				{
					Text: "Open", LinkText: "the Overview of Microsoft Entra ID",
					Link: cloud(a).Portal + "/#view/Microsoft_AAD_IAM/ActiveDirectoryMenuBlade/~/Overview",
				},
				{Text: "Copy the **Tenant ID**", Note: "or type a domain of that tenant"},
			}
		},
		Fields: []Field{
			{Key: "cloud", Label: "Cloud", Kind: PickField, Options: labels, Value: picked},
			{
				Key: "tenant", Label: "Tenant ID or domain", Hint: "agency.onmicrosoft.com", Value: s.setup.TenantID,
				Shape: tenantShape, Tidy: tidyGUID,
			},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			id = ""
			return s.lookUpTenant(ctx, cloud(a), a.Get("tenant"), report, &id)
		},
		Practice: s.practice("tenant"),
	})
	if err != nil {
		return err
	}
	if id != "" {
		s.useTenant(id, cloud(a))
	}
	return nil
}

func tenantShape(text string, a Answers) Verdict {
	if domainName(text) && !strings.Contains(text, "@") {
		return Verdict{State: Right}
	}
	if v := guidShape("Tenant ID")(text, a); v.State == Right || strings.Contains(text, "@") ||
		strings.Contains(text, "://") {
		return v
	}
	if strings.Contains(text, " ") {
		return wrong("An ID or a domain, without spaces.")
	}
	return unknown("An ID such as 1b2c3d4e-1111-2222-3333-444455556666, or a domain.")
}

func (s *session) lookUpTenant(ctx context.Context, c m365.Cloud, tenant string, report Report, id *string) Verdict {
	report(Task{Key: "tenant", State: Busy, Text: "Asking " + c.Label + " for this tenant"})
	t, err := m365.Discover(ctx, tenant, &c, s.M365)
	guid, isGUID := m365.ParseGUID(tenant)
	switch {
	case ctx.Err() != nil:
		return Verdict{}
	case err == nil && t.Cloud.Name != c.Name:
		report(Task{Key: "tenant", State: Wrong, Text: "Found, but in another cloud"})
		return wrong("This tenant is in **%s**. Pick that cloud.", t.Cloud.Label)
	case err == nil:
		report(Task{Key: "tenant", State: Right, Text: "Found the tenant"})
		*id = t.ID
		return right("Tenant %s in **%s**.", t.ID, c.Label)
	}
	f := s.explain(err, s.Now().Add(-24*60*60*1e9))
	text := "The tenant was not found"
	if unanswered(f) {
		text = "Microsoft could not be asked"
	}
	report(Task{Key: "tenant", State: Warn, Text: text})
	if isGUID && f.Cause != diagnose.CauseTenantUnknown {
		*id = guid
		v := warn("%s. The ID is used as it is and checked later.", f.Title)
		v.Finding = &f
		return v
	}
	return verdict(&f)
}
