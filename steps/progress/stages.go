// Package progress says what a stored setup means: how far it has come, how long its secrets last,
// what has happened to it.
package progress

import (
	"slices"
	"strings"
	"time"

	"palmail/store"
)

// Stage is one part of the setup, by the name that `palmail status --json` has for it.
type Stage string

// The stages.
const (
	Start      Stage = "start"
	Way        Stage = "how" // signing in, or being guided through the portal
	Register   Stage = "register"
	Secret     Stage = "secret"
	Permission Stage = "permission"
	PAL        Stage = "pal"
	Test       Stage = "test"
)

// Finished is the Next of a setup that has no stage left.
const Finished Stage = ""

// stages has them in their order: the title, what the record holds once the
// stage is done and need not be asked again, and what was answered, in a few words.
var stages = []struct {
	stage Stage
	title string
	done  func(*store.Setup) bool
	note  func(*store.Setup, time.Time) string
}{
	{Start, "Mailbox, PAL address, tenant", startDone, startNote},
	{Way, "Signing in or the portal", wayDone, wayNote},
	{Register, "App registration", registerDone, registerNote},
	{Secret, "Client secret", secretDone, secretNote},
	{Permission, "Permission", permissionDone, permissionNote},
	{PAL, "PAL settings", palDone, palNote},
	{Test, "Test mail", testDone, testNote},
}

// Stages lists the stages in their order.
func Stages() []Stage {
	all := make([]Stage, len(stages))
	for i, s := range stages {
		all[i] = s.stage
	}
	return all
}

// Title is the stage's name on the screen; "" for Finished.
func (s Stage) Title() string {
	for _, row := range stages {
		if row.stage == s {
			return row.title
		}
	}
	return ""
}

// Note says in a few words what was answered in the stage.
func (s Stage) Note(x *store.Setup, now time.Time) string {
	for _, row := range stages {
		if row.stage == s {
			return row.note(x, now)
		}
	}
	return ""
}

// Done says whether the stage need not be asked again. Finished is never done.
func (s Stage) Done(x *store.Setup) bool {
	for _, row := range stages {
		if row.stage == s {
			return row.done(x)
		}
	}
	return false
}

func startDone(x *store.Setup) bool {
	return x.Mailbox != "" && x.PALURL != "" && x.TenantID != "" && x.Cloud != ""
}

// wayDone: the question is settled by an answer, or by an app that is there already.
func wayDone(x *store.Setup) bool {
	return x.Mode == store.ModePortal || registerDone(x) && (x.Mode == "" || secretDone(x) && permissionDone(x))
}

func registerDone(x *store.Setup) bool { return x.ClientID != "" && !x.AppProved.IsZero() }

func secretDone(x *store.Setup) bool { return !x.Secret.Value.IsZero() && !x.SecretProved.IsZero() }

func permissionDone(x *store.Setup) bool { return !x.PermissionProved.IsZero() }

func palDone(x *store.Setup) bool { return !x.PALSaved.IsZero() }

func testDone(x *store.Setup) bool { return x.LastTest.Accepted && x.LastTest.Arrived != "no" }

func startNote(x *store.Setup, _ time.Time) string {
	return x.Mailbox + " · " + strings.TrimPrefix(x.PALURL, "https://")
}

func wayNote(x *store.Setup, _ time.Time) string {
	if x.Mode == store.ModeSignIn {
		return "signed in as " + x.SignedInAs
	}
	return "guided through the portal"
}

func registerNote(x *store.Setup, _ time.Time) string { return "client ID " + x.ClientID }

func secretNote(x *store.Setup, now time.Time) string { return Describe(x.Secret, now) }

func permissionNote(x *store.Setup, _ time.Time) string {
	if x.LimitedByExchange {
		return "Mail.Send for this mailbox, by Exchange"
	}
	return "Mail.Send granted"
}

func palNote(x *store.Setup, _ time.Time) string {
	return "saved on " + Day(x.PALSaved) + ", " + strings.TrimPrefix(x.PALURL, "https://")
}

func testNote(x *store.Setup, _ time.Time) string { return "to " + x.LastTest.To }

// Next returns the first stage that is not done, Finished when all are.
func Next(x *store.Setup) Stage {
	for _, s := range stages {
		if !s.done(x) {
			return s.stage
		}
	}
	return Finished
}

// ReadyToTest says whether nothing but the test mail can be missing.
func ReadyToTest(x *store.Setup) bool {
	next := Next(x)
	return next == Test || next == Finished
}

// NextTitle names the first stage that is not done. How it is done is a
// question, and no stage to name. Of a finished setup it names the test mail,
// which can always be sent again.
func NextTitle(x *store.Setup) string {
	for _, s := range stages {
		if s.stage != Way && !s.done(x) {
			return s.title
		}
	}
	return Test.Title()
}

// Reopened says whether a setup that has sent mail before has an answer that
// was changed and not gone through to the end.
func Reopened(x *store.Setup) bool {
	sent := slices.ContainsFunc(x.History, func(e store.Event) bool {
		return e.What == store.EventTested || e.What == store.EventRotated
	})
	return sent && !x.Secret.Value.IsZero() && !ReadyToTest(x)
}
