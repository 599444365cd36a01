package steps

import (
	"context"
	"errors"
	"slices"
	"strings"

	"palmail/diagnose"
	"palmail/m365"
)

// errSignInAgain says that another sign-in is needed before the tenant can be changed.
var errSignInAgain = errors.New("sign in again")

// automatic does the setup by signing in, again where another sign-in is needed.
func (s *session) automatic(ctx context.Context) error {
	for {
		if err := s.signInAndApply(ctx); !errors.Is(err, errSignInAgain) {
			return err
		}
	}
}

// signInAttempts are the ways of signing in that did not work in this run of
// the question, with the reason of each.
type signInAttempts map[string]string

// next is the first way that was not refused yet, or else the portal.
func (a signInAttempts) next(ways []signInMethod) string {
	for _, w := range ways {
		if _, tried := a[w.key]; !tried {
			return w.key
		}
	}
	return optionPortal
}

// text names the ways that were refused.
func (a signInAttempts) text(ways []signInMethod) string {
	var lines []string
	for _, w := range ways {
		if reason := a[w.key]; reason != "" {
			lines = append(lines, "**"+w.text+"**: "+reason)
		}
	}
	return strings.Join(lines, "\n")
}

// explainSignIn says what a failed sign-in means. A sign-in that the person
// ended is neither a consent nor a code that expired.
func (s *session) explainSignIn(f diagnose.Finding, err error) diagnose.Finding {
	if !m365.SignInCancelled(err) {
		return f
	}
	f.Cause, f.Title = diagnose.CauseSignInInterrupted, "The sign-in was cancelled"
	f.Explanation = "Somebody chose Cancel on Microsoft's sign-in page. Nothing was changed."
	f.Remedy = []string{
		"Start the sign-in again.",
		"If the page asks to accept permissions, they are those of " + m365.SignInAppName(s.SignInClientID) +
			", which palmail signs in with.",
	}
	f.Who, f.Link, f.Retry = "You", "", false
	return f
}

// neededScopes are the delegated permissions of which a call of each stage needs one
// (https://learn.microsoft.com/graph/api/application-post-applications,
// https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments).
var neededScopes = map[diagnose.Stage][]string{
	diagnose.StageRegister:         {"Application.ReadWrite.All"},
	diagnose.StageSecret:           {"Application.ReadWrite.All"},
	diagnose.StageServicePrincipal: {"Application.ReadWrite.All"},
	diagnose.StageGrant:            {"AppRoleAssignment.ReadWrite.All"},
}

// missingScope is the permission whose absence from the sign-in's token explains
// why Graph refused, "" when the token carries it or its permissions are unknown.
func (s *session) missingScope(err error) string {
	var f *diagnose.Failure
	if len(s.scopes) == 0 || !m365.IsDenied(err) || !errors.As(err, &f) {
		return ""
	}
	needed := neededScopes[f.Stage]
	for _, scope := range needed {
		if slices.ContainsFunc(s.scopes, func(have string) bool { return strings.EqualFold(have, scope) }) {
			return ""
		}
	}
	if len(needed) == 0 {
		return ""
	}
	return needed[0]
}

// explainScope turns a refusal into one of the sign-in app: no role of the
// person can make up for a permission that the app was not given.
func (s *session) explainScope(f *diagnose.Finding, scope string) {
	app := m365.SignInAppName(s.SignInClientID)
	f.Cause, f.Title = diagnose.CauseTokenLacksScope, "The sign-in app lacks the permission "+scope
	f.Explanation = "You signed in with the app " + app + ". In this tenant it does not have the delegated permission " +
		scope + ", so Microsoft refuses the change whatever your role is."
	f.Remedy = []string{"Ask a Privileged Role Administrator to grant admin consent for " + scope + " to " + app + "."}
	if s.SignInClientID != "" && !strings.EqualFold(s.SignInClientID, m365.AzureCLIAppID) {
		f.Remedy = append(f.Remedy, "Or sign in with "+m365.SignInAppName("")+
			", Microsoft's own app, which has the permission in every tenant.")
	} else {
		f.Remedy = append(f.Remedy, "Or start palmail with --sign-in-client-id and the ID of an app that has it.")
	}
	f.Who, f.Retry = "A Privileged Role Administrator", false
	f.Link = s.cloud().Login + "/" + s.setup.TenantID + "/v2.0/adminconsent?client_id=" +
		signInClientID(s.SignInClientID) + "&scope=" + s.cloud().Graph + "/.default"
}

func signInClientID(id string) string {
	if id == "" {
		return m365.AzureCLIAppID
	}
	return id
}

// signInAgainOption is offered where another sign-in can help.
func (s *session) signInAgainOption() Option {
	if s.SignInClientID != "" && !strings.EqualFold(s.SignInClientID, m365.AzureCLIAppID) {
		return Option{Key: optionSignIn, Text: "Sign in with " + m365.SignInAppName("")}
	}
	return Option{Key: optionSignIn, Text: "Sign in again", Note: "after the permission was granted"}
}

// signInAgain ends the present sign-in. The next one is with Microsoft's own app.
func (s *session) signInAgain() error {
	s.SignInClientID, s.scopes, s.admin = "", nil, nil
	return errSignInAgain
}
