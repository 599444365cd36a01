package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

const permissionHelp = "" +
	"Mail.Send exists several times in the portal. PAL needs the one of Microsoft Graph, under " +
	"Application permissions. The one under Delegated permissions, and the one of Office 365 Exchange " +
	"Online, let PAL send nothing.\n\n" +
	"Consent to it takes a Privileged Role Administrator or a Global Administrator. If that is somebody " +
	"else, press ctrl+l for a link and a text to send to them. You can leave meanwhile: palmail goes on " +
	"from here.\n\n" +
	"This permission lets whoever holds the secret send as any mailbox of the tenant. After the test " +
	"mail palmail limit narrows it to this one, with RBAC for Applications in Exchange, and proves that. " +
	"If your Exchange administrator has done so already instead of the consent, press ctrl+e."

// permission waits until a fresh token carries Mail.Send.
func (s *session) permission(ctx context.Context) error {
	for {
		var extra []string
		proved := false
		page := Page{
			Frame: s.frame("permission", PhasePermission, portalHelp(permissionHelp, permissionLabels)),
			Title: "Grant Mail.Send",
			Why: "It lets PAL send, and whoever holds the secret, as **any** mailbox. It can be limited to this " +
				"one after the test mail.",
			Guide: staticGuide(s.permissionGuide()),
			Check: func(ctx context.Context, _ Answers, report Report) Verdict {
				v, roles := s.waitForRole(ctx, report)
				proved, extra = len(roles) > 0, extraRoles(roles)
				return v
			},
			Actions: []Action{
				{Key: "ctrl+l", Word: "link", Label: "link for another administrator"},
				{Key: "ctrl+e", Word: "exchange", Label: "limited by Exchange"},
				signInstead,
			},
			Practice: s.practice("permission"),
		}
		a, err := s.fill(ctx, page)
		if err != nil {
			return err
		}
		switch a.Action {
		case "ctrl+l":
			err = s.consentLink(ctx)
		case "ctrl+e":
			err = s.limitedByExchange(ctx)
		case signInstead.Key:
			done, err := s.switchedTo(ctx, progress.Permission)
			if done || err != nil {
				return err
			}
			s.returning = true
			continue
		}
		switch {
		case errors.Is(err, ErrBack):
			s.returning = true
			continue
		case err != nil:
			return err
		case a.Action == "ctrl+l":
			continue
		case a.Action == "ctrl+e":
			return nil
		}
		if proved {
			s.setup.PermissionProved, s.setup.LimitedByExchange = s.Now().UTC(), false
			s.Log.Info("permission proved", "beyond Mail.Send", strings.Join(extra, " "))
		}
		return nil
	}
}

// permissionListed says whether palmail itself has listed Mail.Send under the
// app's API permissions, so that only the consent is left to do.
func (s *session) permissionListed() bool {
	return s.listed || madeByPalmail(&s.setup, store.MadeApp)
}

func (s *session) permissionGuide() []Instruction {
	guide := []Instruction{
		{Text: "Open", LinkText: "API permissions", Link: s.links().Permissions, Note: "of " + s.appName()},
	}
	if s.permissionListed() {
		guide = append(guide, Instruction{
			Text: "**Mail.Send** is listed there with Type **Application**:", Note: "palmail has added it.",
		})
	} else {
		guide = append(guide, Instruction{
			Text: "**Add a permission** › **Microsoft Graph** › **Application permissions**,", Note: "not Delegated",
		}, Instruction{Text: "Search **Mail.Send**, tick it, choose **Add permissions**"})
	}
	return append(guide, Instruction{
		Text: "Choose **Grant admin consent**,", Note: "which needs a Privileged Role Administrator",
	})
}

// missingRoleHint says what usually is the matter when the role does not appear.
func (s *session) missingRoleHint() string {
	if s.permissionListed() {
		return "Not there yet. palmail has listed Mail.Send; **Grant admin consent** is still missing."
	}
	return "Not there yet. The usual slips: **Delegated** instead of **Application**, no **Grant admin consent**, " +
		"another API than **Microsoft Graph**."
}

// waitForRole asks for fresh tokens until one carries Mail.Send; roles are
// fixed when a token is issued, so an old token never gets it.
func (s *session) waitForRole(ctx context.Context, report Report) (Verdict, []string) {
	var roles []string
	signedIn := false
	report(Task{Key: "signed in", State: Busy, Text: "Signing in as " + s.appName()})
	f, err := s.retry(ctx, report, retryTask{
		task: "Waiting for Mail.Send to appear", done: "Mail.Send is there", failed: "Mail.Send did not appear",
		limit: 5 * time.Minute, changed: s.Now(),
		note: "This goes on by itself. Microsoft takes up to a few minutes after consent.",
		try: func(ctx context.Context) error {
			t, err := s.newToken(ctx, s.secretInUse())
			if err != nil {
				return err
			}
			if !signedIn {
				signedIn = true
				s.secretAccepted()
				report(Task{Key: "signed in", State: Right, Text: "Signed in as " + s.appName()})
			}
			if !t.HasMailSend() {
				return errNoRole
			}
			roles = t.Roles
			return nil
		},
		retryable: func(f diagnose.Finding) bool { return f.Retry || f.Cause == diagnose.CauseMailSendNotGranted },
		hint:      s.missingRoleHint(), hintAfter: 30 * time.Second,
	})
	switch {
	case err != nil:
		return Verdict{}, nil
	case f != nil:
		if !signedIn {
			report(Task{Key: "signed in", State: Wrong, Text: "Signing in as " + s.appName() + " failed"})
		}
		return verdict(f), nil
	case len(extraRoles(roles)) > 0:
		v := warn("Mail.Send is granted. The app may also do **%s**, which PAL does not need: remove it there unless "+
			"something else uses this app.",
			strings.Join(extraRoles(roles), ", "))
		return v, roles
	}
	return Verdict{State: Right, Text: "Mail.Send is granted.", Auto: true}, roles
}

// errNoRole is what a token without Mail.Send amounts to, in Graph's own words for it.
var errNoRole = &diagnose.Failure{Stage: diagnose.StageGrant, Status: 401,
	Body: `{"error":{"code":"NoPermissionsInAccessToken",` +
		`"message":"The token contains no permissions, or permissions can not be understood."}}`,
}

// extraRoles returns the roles that PAL does not need.
func extraRoles(roles []string) []string {
	var extra []string
	for _, r := range roles {
		if r != m365.MailSend {
			extra = append(extra, r)
		}
	}
	return extra
}

// consentLink shows what to send to the administrator who may consent.
func (s *session) consentLink(ctx context.Context) error {
	link := s.cloud().AdminConsentLink(s.setup.TenantID, s.setup.ClientID, m365.RedirectURI(s.setup.PALURL), "palmail")
	text := fmt.Sprintf("Please grant admin consent for the app %q (client ID %s) in our tenant %s.\n\n"+
		"PAL, our public request portal, sends its mail as %s through this app. It asks for one permission: "+
		"Microsoft Graph, Application, Mail.Send.\n\n"+
		"As a Privileged Role Administrator or Global Administrator, open this link, check that the name and "+
		"the permission are these, and accept:\n\n"+
		"%s\n\n"+
		"The browser then goes to PAL's own page, which may show an error. The consent has been given all "+
		"the same.\n\n"+
		"The same can be done in the portal: Entra ID, App registrations, %s, API permissions, Grant admin "+
		"consent.",
		s.appName(), s.setup.ClientID, s.setup.TenantID, s.setup.Mailbox, link, s.appName())
	why := "Add the permission in the portal first: the link grants what is listed there."
	if s.permissionListed() {
		why = "palmail has added the permission to the app. The link grants it."
	}
	return s.UI.Show(ctx, Notice{
		Frame: s.frame("consent-link", PhasePermission, permissionHelp),
		Title: "Send this to an administrator who can grant consent",
		Why:   why,
		Text:  "You can leave with ctrl+c after sending it. Everything is kept; palmail goes on from here.",
		Values: []Value{
			{Label: "Link", Text: link},
			{Label: "Message", Text: text},
		},
		Submit: "wait for the consent",
	})
}

// limitedByExchange goes on without a role in the token, when Exchange's RBAC
// for Applications grants Mail.Send for one mailbox
// (https://learn.microsoft.com/exchange/permissions-exo/application-rbac).
func (s *session) limitedByExchange(ctx context.Context) error {
	for {
		var f *diagnose.Finding
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("exchange", PhasePermission, permissionHelp),
			Title: "Asking Exchange",
			Why:   "Nothing is sent: the question has no recipient.",
			Run: func(ctx context.Context, report Report) (err error) {
				f, err = s.retry(ctx, report, retryTask{
					task: "Asking whether the app may send as " + s.setup.Mailbox, done: "The app may send as " +
						s.setup.Mailbox,
					failed: "The app may not send as " + s.setup.Mailbox, limit: 20 * time.Second,
					try: func(ctx context.Context) error { return s.probe(ctx) },
				})
				return err
			},
		})
		if err != nil {
			return err
		}
		if f == nil {
			s.setup.PermissionProved, s.setup.LimitedByExchange = s.Now().UTC(), true
			s.judged = s.setup.Mailbox + " " + s.setup.ClientID
			return nil
		}
		picked, err := s.choose(ctx, Choice{
			Frame: s.frame("exchange-refused", PhasePermission, permissionHelp),
			Title: "Exchange does not allow it yet",
			Text: "A grant by RBAC for Applications takes 30 minutes to 2 hours to take effect. " +
				"Test-ServicePrincipalAuthorization says at once whether it is right.",
			Finding: f,
			Options: []Option{
				{Key: optionRetry, Text: "Try again"},
				{Key: "unproved", Text: "Go on without this proof", Note: "the test send will show it"},
				{Key: optionBack, Text: "Back to the consent"},
				{Key: "script", Text: "Show the script for this mailbox", Note: "for an Exchange administrator"},
				{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
			},
			Practice: s.practice("permission"),
		})
		switch {
		case err != nil:
			return err
		case picked == "unproved":
			s.setup.PermissionProved, s.setup.LimitedByExchange = s.Now().UTC(), true
			s.judged = s.setup.Mailbox + " " + s.setup.ClientID
			return nil
		case picked == optionBack:
			return ErrBack
		case picked == "script":
			err := s.knowPrincipal(ctx)
			if err == nil {
				err = s.showScript(ctx, limitScript)
			}
			if err := ignoreBack(err); err != nil {
				return err
			}
		case picked == optionLeave:
			return ErrLeave
		}
	}
}

// probe asks with a fresh token whether the app may send as the mailbox; nothing can be delivered by it.
func (s *session) probe(ctx context.Context) error {
	t, err := s.appToken(ctx, s.secretInUse())
	if err != nil {
		return err
	}
	s.secretAccepted()
	return s.client().ProbeSend(ctx, t, s.setup.Mailbox)
}
