package steps

import (
	"context"
	"slices"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
)

// replicationTime is how long a new app or secret can take to be known everywhere.
// Four to eighteen seconds were observed, two minutes are allowed for by others
// (https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/1921,
// https://github.com/Azure/ARO-HCP/pull/2723).
const replicationTime = 2 * time.Minute

// principalMissing is the code for an app without an enterprise application. The
// portal creates both at once, so that waiting longer than principalWait does not help.
const (
	principalMissing = "AADSTS7000229"
	principalWait    = 10 * time.Second
)

const registerHelp = "" +
	"An app registration is the account that PAL uses at Microsoft. It belongs to your tenant only.\n\n" +
	"The redirect URI is PAL's own page for this connection. Microsoft wants it registered under the " +
	"platform Web; under any other platform the app would take no secret.\n\n" +
	"To prove the IDs, palmail asks Microsoft for a token with a secret that is wrong on purpose. The " +
	"answer tells whether the app exists. This leaves one failed sign-in of the app in the sign-in log, " +
	"and is harmless."

// register leads through the app registration and proves that the app exists.
func (s *session) register(ctx context.Context) error {
	opened := s.Now()
	if done, err := s.registerFromFlags(ctx); done || err != nil {
		return err
	}
	known, before := s.setup.TenantID, s.setup
	page := Page{
		Frame: s.frame("register", PhaseRegister, portalHelp(registerHelp, registerLabels)),
		Title: "Register an app",
		Why:   "PAL signs in to Microsoft 365 as this app.",
		Guide: staticGuide([]Instruction{
			{
				Text: "Open", LinkText: "New registration", Link: s.cloud().NewRegistrationLink(s.setup.TenantID),
				Note: "under Entra ID › App registrations",
			},
			{Text: "Name", Copy: s.appName()},
			{Text: "Supported account types: **this organizational directory only**,", Note: "Single tenant"},
			{Text: "Redirect URI: platform **Web**, address", Copy: m365.RedirectURI(s.setup.PALURL)},
			{Text: "Choose **Register**"},
			{Text: "Copy both IDs from the app's **Overview** to here"},
		}),
		Fields: []Field{
			{Key: "client-id", Label: "Application (client) ID", Hint: "from the app's Overview",
				Value: s.setup.ClientID, Tidy: tidyGUID, Shape: func(text string, a Answers) Verdict {
					if text == "" {
						return unknown("Copy it from the app's Overview.")
					}
					if id, ok := m365.ParseGUID(text); ok && (id == known || id == tidyGUID(a.Get("tenant-id"))) {
						return wrong("This is the Directory (tenant) ID. Copy the line above it, Application " +
							"(client) ID.")
					}
					return guidShape("Application (client) ID")(text, a)
				}},
			{Key: "tenant-id", Label: "Directory (tenant) ID", Value: s.setup.TenantID, Tidy: tidyGUID,
				Shape: func(text string, a Answers) Verdict {
					v := guidShape("Directory (tenant) ID")(text, a)
					if id, ok := m365.ParseGUID(text); ok && id != known {
						return warn("The mailbox's domain belongs to tenant %s.", known)
					}
					return v
				}},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			return s.proveApp(ctx, report, appProof{a.Get("tenant-id"), a.Get("client-id"), opened, replicationTime})
		},
		Actions:  []Action{signInstead},
		Practice: s.practice("register"),
	}
	a, err := s.fill(ctx, page)
	if err != nil || a.Action != "" {
		s.withdrawApp(ctx, a, before)
	}
	if err != nil {
		return err
	}
	if a.Action != "" {
		if done, err := s.switchedTo(ctx, progress.Register); done || err != nil {
			return err
		}
		return s.register(ctx)
	}
	s.setup.AppName = s.appName()
	s.changeTenant(a.Get("tenant-id"))
	s.changeApp(a.Get("client-id"))
	return nil
}

// registerFromFlags proves a client ID from the command line, once, without asking for it.
func (s *session) registerFromFlags(ctx context.Context) (done bool, err error) {
	if s.Given.ClientID == "" || s.flagsTried[PhaseRegister] {
		return false, nil
	}
	s.tried(PhaseRegister)
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("register-given", PhaseRegister, registerHelp),
		Title: "Register an app", Why: "The client ID was given on the command line.",
		Run: func(ctx context.Context, report Report) error {
			// It may have been registered long ago: it is asked once here, and the page waits.
			s.proveApp(ctx, report, appProof{tenantID: s.setup.TenantID, clientID: s.setup.ClientID})
			return ctx.Err()
		},
	})
	return progress.Register.Done(&s.setup), err
}

// appProof is an app to be proved.
type appProof struct {
	tenantID, clientID string

	registered time.Time     // when it may have been registered; zero: long ago
	limit      time.Duration // how long it can take to be found
}

// proveApp keeps the IDs and proves that the app exists in the tenant.
func (s *session) proveApp(ctx context.Context, report Report, app appProof) Verdict {
	s.changeTenant(app.tenantID)
	s.changeApp(app.clientID)
	s.setup.AppName = s.appName()
	s.trySave(ctx)
	changed := app.registered
	if !s.setup.AppProved.IsZero() {
		changed = s.setup.AppProved
	}
	started := s.Now()
	f, err := s.retry(ctx, report, retryTask{
		task: "Looking for the app in your tenant", done: "Found the app in your tenant",
		failed: "The app could not be verified",
		limit:  app.limit, changed: changed,
		note: "A new app takes up to a minute to be known everywhere.",
		try:  func(ctx context.Context) error { return s.client().ProveApp(ctx, app.tenantID, app.clientID) },
		// The app was probably registered just now, however long the page has been open.
		retryable: func(f diagnose.Finding) bool {
			if slices.Contains(f.Codes, principalMissing) && s.Now().Sub(started) > principalWait {
				return false
			}
			return f.Retry || f.Cause == diagnose.CauseAppUnknown
		},
		hint:      "Not yet. If it stays so: is this the **Application (client) ID**, and not the Object ID?",
		hintAfter: 20 * time.Second,
	})
	switch {
	case err != nil:
		return Verdict{}
	case f == nil:
		s.setup.AppProved = s.Now().UTC()
		s.trySave(ctx)
		return right("The app is in your tenant.")
	case offline(*f):
		v := warn("%s. Continue if you are sure of the IDs; they are checked with the secret.", f.Title)
		v.Finding = f
		return v
	}
	return verdict(f)
}

// offline says whether Microsoft could not be reached, which leaves the answers
// unproved.
func offline(f diagnose.Finding) bool {
	switch f.Cause {
	case diagnose.CauseDNSFailed, diagnose.CauseConnectionRefused, diagnose.CauseTimeout, diagnose.CauseNotMicrosoft,
		diagnose.CauseProxyAuthRequired, diagnose.CauseProxySchemeWrong, diagnose.CauseTLSUntrusted,
		diagnose.CauseCertificateExpired:
		return true
	}
	return false
}
