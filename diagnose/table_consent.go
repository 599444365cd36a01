package diagnose

// consentEntries are about consent and redirect URIs.
var consentEntries = []Entry{
	{
		Cause: CauseConsentMissing, Title: "Nobody has consented to this app yet",
		Explanation: "The app asks for permissions that have not been granted in this tenant, or the grant has not spread yet.",
		Remedy: []string{
			"Open the app's API permissions and choose Grant admin consent for your tenant, then Yes.",
			"Without the role for it, send the link for admin consent to somebody who has it.",
			"Then sign in again: a token from before the consent never gets the permissions.",
		},
		Who: whoPrivileged, Link: adminConsentPage,
		Codes: []string{"65001", "90008", "90099", "650051"},
		Texts: []string{"has not consented to use the application", "Send an interactive authorization request for this user and resource", "has not been authorized in the tenant", "DelegationDoesNotExist"},
		Hints: []string{"consent_required"}, Source: docConsent,
	},
	{
		Cause: CauseConsentDeclined, Title: "Consent was cancelled",
		Explanation: "Somebody chose Cancel on the page that asks for consent or for the sign-in, so nothing was granted.",
		Remedy:      []string{"Open the page again and choose Accept.", "If Cancel was on purpose, ask whoever chose it what troubles them: the app needs Mail.Send and nothing else."},
		Who:         whoPrivileged, Link: adminConsentPage,
		Codes: []string{"65004"},
		Texts: []string{"The admin canceled the request", "the admin cancelled the request", "authorization_declined", "User declined to consent", "user has denied access to the scope", "the user cancelled the authentication", "the user canceled the authentication", "user_cancelled", "authentication_canceled", "access_denied & cancel", "permission_denied & cancel"},
		Hints: []string{"permission_denied", "access_denied"}, Source: "https://learn.microsoft.com/entra/identity-platform/v2-admin-consent",
	},
	{
		Cause: CauseRedirectURIMissing, Title: "The app has no redirect URI",
		Explanation: "The page has nowhere to return to: no redirect URI is registered for the app, or none was sent.",
		Remedy: []string{
			"Open the app's Authentication page and choose Add a platform > Web.",
			"Enter PAL's redirect URI, letter for letter as palmail shows it, and choose Configure.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Codes: []string{"500113", "900971"}, Details: []string{"900144 & redirect_uri"},
		Texts: []string{"No reply address is registered for the application", "No reply address provided"}, Source: docReplyURL,
	},
	{
		Cause: CauseRedirectURIMismatch, Title: "The redirect URI differs from the registered one",
		Explanation: "The address that was sent is not exactly one of the app's redirect URIs. Case, a slash at the end and http instead of https all count.",
		Remedy: []string{
			"Open the app's Authentication page and compare its redirect URIs under Web with the one in the message.",
			"Correct or add it there, letter for letter, and choose Save.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Codes: []string{"50011", "70004", "500112"},
		Texts: []string{"does not match the redirect URIs configured for the application", "does not match the reply urls configured for the application", "does not match the reply addresses configured for the application", "reply URL specified in the request does not match", "redirect URI specified in the request does not match", "redirect_uri_mismatch", "invalid_redirect_uri", "redirect_uri is not valid", "provided value for the input parameter 'redirect_uri' is not valid"}, Source: docReplyURL,
	},
	{
		Cause: CauseRedirectURINotHTTPS, Title: "The redirect URI must start with https",
		Explanation: "Microsoft accepts http only for localhost. PAL's address must be reached by https.",
		Remedy:      []string{"Enter PAL's address with https:// in front.", "If PAL has no certificate yet, have one installed on its web server first."},
		Who:         whoYou, Link: authenticationPage,
		Details: []string{"redirect & must use the https scheme", "redirect & must start with https"},
		Texts:   []string{"Must start with 'HTTPS' or 'http://localhost'", "Must start with HTTPS", "must be https", "must use the https scheme", "must use https scheme", "redirect URIs must have https", "only https redirect", "only http://localhost", "Reply URLs must use https", "redirect URI should be https", "requires https scheme", "redirectUris & https scheme", "is not secure & redirect"}, Source: docReplyURL,
	},
}
