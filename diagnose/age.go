package diagnose

import "time"

// How long a change takes at most to be known everywhere. Microsoft promises
// no time: new secrets were seen to need 4 to 18 seconds
// (https://github.com/microsoftgraph/microsoft-graph-docs/issues/17966), and
// vendors speak of up to an hour from consent to the first mail
// (https://docs.recastsoftware.com).
const (
	identityPropagation = 2 * time.Minute
	exchangePropagation = time.Hour
	clockSkew           = 5 * time.Minute // a change can seem to lie in the future
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

// byAge tells "not yet" from "never", which look alike here: the same answer
// shortly after a change and long after it means different things.
func (r *reading) byAge(f Finding, h hit) Finding {
	age, ok := r.context.age()
	if !ok {
		return f
	}
	switch f.Cause {
	case CauseSecretWrong, CauseAppUnknown, CauseAppWithoutServicePrincipal, CauseResourceNotInTenant:
		if age <= identityPropagation && h.word != "50012" {
			return f.asNotReplicated("It was created or changed less than 2 minutes ago, so it is probably not known " +
				"everywhere yet.")
		}
	case CauseMailSendNotGranted:
		switch {
		case age > exchangePropagation:
		case r.refusedByExchange(h):
			return f.asNotReplicated("Consent was granted less than 1 hour ago, and Exchange Online can take that " +
				"long to " +
				"apply it.")
		default:
			f.Retry = true
		}
	case CauseConsentMissing:
		f.Retry = age <= identityPropagation
	case CauseNotReplicatedYet:
		if age > exchangePropagation {
			return f.asMissing()
		}
	}
	return f
}

// refusedByExchange tells Exchange's refusal, which can lag behind, from a
// token without a permission, which never gets one.
func (r *reading) refusedByExchange(h hit) bool {
	return r.context.Stage != StageGrant && h.word != "NoPermissionsInAccessToken" && r.status != 401
}

// asNotReplicated turns a finding into its "wait first" form, naming both possibilities.
func (f Finding) asNotReplicated(why string) Finding {
	e := known().entries[CauseNotReplicatedYet]
	f.Explanation = why + " If it still fails after that: " + f.Explanation
	f.Remedy = append([]string{
		"Wait 2 minutes and try again; palmail does this automatically while it waits.",
	}, f.Remedy...)
	f.Cause, f.Title, f.Retry = e.Cause, e.Title, true
	return f
}

// asMissing is for something that should have been everywhere long ago.
func (f Finding) asMissing() Finding {
	f.Retry = false
	f.Title = "Something this step needs is not in the tenant"
	f.Explanation = "It was created more than 1 hour ago, so waiting does not help: it was probably deleted, " +
		"or it is in another tenant."
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
