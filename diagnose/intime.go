package diagnose

import "time"

// How long a change may take to be known everywhere. Nobody promises a time:
// new secrets were seen to need 4 to 18 seconds
// (https://github.com/microsoftgraph/microsoft-graph-docs/issues/17966), and
// vendors speak of up to an hour from consent to the first mail
// (https://docs.recastsoftware.com).
const (
	identitySpread = 2 * time.Minute
	mailSpread     = time.Hour
	clockSkew      = 5 * time.Minute // a change may seem to lie ahead
)

// age is how long ago the change was; ok is false when none is known.
func (c Context) age() (age time.Duration, ok bool) {
	if c.Changed.IsZero() {
		return 0, false
	}
	now := c.Now
	if now.IsZero() {
		now = time.Now()
	}
	age = now.Sub(c.Changed)
	return age, age > -clockSkew
}

// inTime tells "not yet" from "never", which look alike here: the same answer
// shortly after a change and long after it means different things.
func (r *reading) inTime(f Finding, h hit) Finding {
	age, ok := r.context.age()
	if !ok {
		return f
	}
	switch f.Cause {
	case CauseSecretWrong, CauseAppUnknown, CauseAppWithoutServicePrincipal, CauseResourceNotInTenant:
		if age <= identitySpread && h.word != "50012" {
			return f.notYet("It was made or changed less than two minutes ago, so most likely it is not known " +
				"everywhere yet.")
		}
	case CauseMailSendNotGranted:
		switch {
		case age > mailSpread:
		case r.refusedByExchange(h):
			return f.notYet("Consent was given less than an hour ago, and Exchange Online can take that long to " +
				"follow it.")
		default:
			f.Retry = true
		}
	case CauseConsentMissing:
		f.Retry = age <= identitySpread
	case CauseNotReplicatedYet:
		if age > mailSpread {
			return f.neverWas()
		}
	}
	return f
}

// refusedByExchange tells Exchange's refusal, which may lag behind, from a
// token that holds no permission, which does not change any more.
func (r *reading) refusedByExchange(h hit) bool {
	return r.context.Stage != StageGrant && h.word != "NoPermissionsInAccessToken" && r.status != 401
}

// notYet turns a finding into its "wait first" form, naming both possibilities.
func (f Finding) notYet(why string) Finding {
	e := known().entries[CauseNotReplicatedYet]
	f.Explanation = why + " If it still fails after that: " + f.Explanation
	f.Remedy = append([]string{"Wait a little and try again; palmail does so by itself while it waits."}, f.Remedy...)
	f.Cause, f.Title, f.Retry = e.Cause, e.Title, true
	return f
}

// neverWas is for something that should have been everywhere long ago.
func (f Finding) neverWas() Finding {
	f.Retry = false
	f.Title = "Something this step needs is not in the tenant"
	f.Explanation = "It was made more than an hour ago, so waiting will hardly help: most likely it was deleted " +
		"since, or it is in another tenant."
	f.Remedy = []string{
		"In the Microsoft Entra admin center, open Entra ID > App registrations > All applications and look for the " +
			"app.",
		"If it is there, look under Entra ID > Enterprise apps for the application of the same name.",
		"If either is missing, register the app again with palmail, or restore it under App registrations > Deleted " +
			"applications.",
	}
	f.Cause = CauseAppUnknown
	return f
}
