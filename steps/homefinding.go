package steps

import (
	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

// explainAsChanged says what a failed check means for a setup that worked before: not that
// something was typed wrongly, but that somebody has changed it since.
func explainAsChanged(f diagnose.Finding, x *store.Setup) diagnose.Finding {
	switch f.Cause {
	case diagnose.CauseSecretWrong:
		f.Title = "The secret that palmail knows is not there any more"
		f.Explanation = "It worked on " + progress.Day(x.SecretProved) +
			". Somebody has deleted it, or renewed it in the portal; PAL may have another one by now."
		f.Remedy = []string{
			"Choose **Renew the secret**: palmail makes or takes a new one, and leads through PAL.",
			"Ask who else looks after this app, so that nobody renews against the other.",
		}
	case diagnose.CauseSecretExpired:
		f.Explanation = "Microsoft refuses it, and PAL's mail has stopped."
		f.Remedy = []string{"Choose **Renew the secret**."}
	case diagnose.CauseAppUnknown:
		f.Title = "The app is not in the tenant any more"
		f.Explanation = "It was there on " + progress.Day(x.AppProved) + ". Somebody has deleted it."
		f.Remedy = []string{
			"Look under App registrations, **Deleted applications**: for 30 days it can be restored, with its secrets.",
			"Or choose **Change an answer**, App registration, and register it anew.",
		}
	case diagnose.CauseMailSendNotGranted:
		f.Title = "Mail.Send is not granted any more"
		f.Explanation = "It was on " + progress.Day(x.PermissionProved) +
			". Somebody has taken the consent back, or the permission away."
		f.Remedy = []string{"Choose **Change an answer**, Permission: palmail leads there and waits for it."}
	case diagnose.CauseAppDisabled:
		f.Remedy = []string{
			"Open Enterprise applications, the app, **Properties**, and set **Enabled for users to sign-in?** to Yes.",
		}
	}
	return f
}
