package diagnose

// consentEntries are about consent and redirect URIs.
var consentEntries = []Entry{
	{
		Cause: CauseConsentMissing, Title: "Nobody has consented to this app yet",
		Explanation: "The app asks for permissions that have not been granted in this tenant, or the grant has not " +
			"reached all servers yet.",
		Remedy: []string{
			"Open the app's API permissions (App registrations > the app > Manage > API permissions), choose Grant " +
				"admin consent, then Yes.",
			"Without the role for it, send the link for admin consent to a Privileged Role Administrator: " +
				"https://{login}/{tenant-id}/adminconsent?client_id={client-id}",
			"Wait 2 minutes until Status shows Granted, then sign in again: a token from before the consent never " +
				"gets the permissions.",
		},
		Who: whoPrivileged, Link: adminConsentPage,
		Codes:   []string{"65001", "90008", "90099", "650051"},
		Details: []string{"50000 & need consent|not consented|has not consented"},
		Texts: []string{
			"has not consented to use the application",
			"Send an interactive authorization request for this user and resource",
			"has not been authorized in the tenant", "DelegationDoesNotExist",
		},
		Hints: []string{"consent_required"}, Source: docConsent,
	},
	{
		Cause: CauseConsentDeclined, Title: "Consent was cancelled",
		Explanation: "Somebody chose Cancel on the page that asks for consent or for the sign-in, so nothing was " +
			"granted.",
		Remedy: []string{
			"Open the page again and choose Accept.",
			"If Cancel was on purpose, ask the person who chose it for the reason: PAL's app needs Mail.Send and " +
				"nothing else, and palmail limit restricts it to one mailbox.",
		},
		Who: whoPrivileged, Link: adminConsentPage,
		Codes: []string{"65004"},
		Texts: []string{
			"The admin canceled the request", "the admin cancelled the request", "authorization_declined",
			"User declined to consent", "user has denied access to the scope", "the user cancelled the authentication",
			"the user canceled the authentication", "user_cancelled", "authentication_canceled",
			"access_denied & cancel", "permission_denied & cancel",
		},
		Hints: []string{
			"permission_denied", "access_denied",
		}, Source: "https://learn.microsoft.com/entra/identity-platform/v2-admin-consent",
	},
	{
		Cause: CauseRedirectURIMissing, Title: "The app has no redirect URI",
		Explanation: "The page has nowhere to return to: no redirect URI is registered for the app, or none was sent.",
		Remedy: []string{
			"Open the app's Authentication page (App registrations > the app > Manage > Authentication) and choose " +
				"Add a platform > Web.",
			"Enter PAL's redirect URI, letter for letter as palmail shows it (Application Admin URL followed by " +
				"/connectors/SMTP.aspx), and choose Configure.",
			"Wait 2 minutes, then open the consent page again.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Codes: []string{"500113", "900971"}, Details: []string{
			"900144 & redirect_uri", "90014 & redirect_uri|reply address",
		},
		Texts: []string{
			"No reply address is registered for the application", "No reply address provided",
		}, Source: docReplyURL,
	},
	{
		Cause: CauseRedirectURIMismatch, Title: "The redirect URI differs from the registered one",
		Explanation: "The address that was sent is not exactly one of the app's redirect URIs. Case, a slash at the " +
			"end and http instead of https all count.",
		Remedy: []string{
			"Open the app's Authentication page (App registrations > the app > Manage > Authentication) and compare " +
				"its redirect URIs under Web with the one in the message.",
			"Correct or add it there, letter for letter, and choose Save.",
			"Wait 2 minutes and repeat the step in a private browser window: the page returns to the software.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Situations: []Situation{
			{
				Words: []string{"ms-appx-web", "BrokerPlugin"},
				Explanation: "The sign-in went through Windows' own account window (the broker, WAM), and the app " +
					"does not list the broker's address. Where the app is Microsoft's own, you cannot change that.",
				Remedy: []string{
					"Sign in through the browser instead of the broker. In Microsoft Graph PowerShell run: " +
						"Set-MgGraphOption -DisableLoginByWAM $true, then Connect-MgGraph again. In Azure CLI run: " +
						"az config set core.enable_broker_on_windows=false",
					"If the option is unknown, install the version before: the last one that worked for you.",
					"palmail signs in through the browser: start it and choose that way.",
					"For your own sign-in app, add the address in the message under Authentication > Mobile and " +
						"desktop applications.",
				},
				Who: "You", Link: nowhere,
			},
			{
				Words: []string{"500116", "redirect URI 'http://", "not a valid URL", "redirect uri http"},
				Explanation: "The software sent an address that is not the public https address of its site: it " +
					"takes its own address from a setting, and that setting is wrong or incomplete.",
				Remedy: []string{
					"Correct the software's own address first: it must begin with https:// and be complete, for " +
						"example https://pal.agency.gov. In PAL that is the Application Admin URL; in WordPress, " +
						"Settings > General, both addresses.",
					"If a proxy ends TLS in front of the site, have it pass X-Forwarded-Proto: https, so that the " +
						"software calls itself https.",
					"Then compare the redirect URI in the message with App registrations > the app > Manage > " +
						"Authentication > Web, letter for letter, and choose Save.",
					"Open the page again in a private browser window: the address in the message is gone.",
				},
				Who: "The administrator of the software's web server",
			},
		},
		Codes: []string{"50011", "70004", "500112", "500116"},
		Texts: []string{
			"does not match the redirect URIs configured for the application",
			"does not match the reply urls configured for the application",
			"does not match the reply addresses configured for the application",
			"reply URL specified in the request does not match",
			"redirect URI specified in the request does not match", "redirect_uri_mismatch", "invalid_redirect_uri",
			"redirect_uri is not valid", "provided value for the input parameter 'redirect_uri' is not valid",
		}, Source: docReplyURL,
	},
	{
		Cause: CauseRedirectURINotHTTPS, Title: "The redirect URI must start with https",
		Explanation: "Microsoft accepts http only for localhost. PAL's address must be reached by https.",
		Remedy: []string{
			"Enter PAL's address with https:// in front.",
			"If PAL has no certificate yet, have one installed on its web server (IIS Manager > the site > Bindings " +
				"> https) first.",
			"Save again: the entry appears under Web on the app's Authentication page.",
		},
		Who: whoYou, Link: authenticationPage,
		Details: []string{
			"must use the https scheme & redirect*|reply",
			"redirect URI must start with https & error|failed|invalid|400|BadRequest|property|exception",
			"redirect URIs must start with https & error|failed|invalid|400|BadRequest|property|exception",
			"reply URL must start with https",
		},
		Texts: []string{
			"Must start with 'HTTPS' or 'http://localhost'", "Must start with HTTPS & error|failed|cannot|could " +
				"not|unable|exception|failure|400|Request_BadRequest|http*|invalid",
			"must be https & redirect*|reply|URI", "must use the https scheme", "must use https scheme",
			"redirect URIs must have https", "only https redirect",
			"only http://localhost & redirect*|https|reply|URI", "Reply URLs must use https",
			"redirect URI should be https", "requires https scheme", "redirectUris & https scheme",
			"is not secure & redirect",
		}, Source: docReplyURL,
	},
	{
		Cause: CauseRedirectURIInvalid, Title: "This redirect URI cannot be registered",
		Explanation: "Microsoft registers only complete addresses without a query, a fragment, a wildcard or certain " +
			"characters, and of at most 256 characters.",
		Remedy: []string{
			"Remove everything from the question mark or # on, and the characters ! $ ' ( ) , ; and *.",
			"Write it completely: https://, the host, and the path. For PAL it is the Application Admin URL followed " +
				"by /connectors/SMTP.aspx.",
			"If the software itself produces an address with a question mark, change its address form: in WordPress, " +
				"Settings > Permalinks > Post name.",
			"Enter the new address under App registrations > the app > Manage > Authentication > Web and choose " +
				"Save: the portal accepts it at once.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Details: []string{
			"URL may not contain a query string",
			"redirect & may not contain a query|contain a fragment|contain a wildcard|wildcards are not",
			"redirectUris & invalid character*|query string|fragment|wildcard|absolute URI|too long|256 characters",
		},
		Texts: []string{
			"Redirect URIs must not contain",
			"reply URL & query string|contains a wildcard|contains a fragment|is invalid",
			"redirect URI & is not an absolute URI|not a valid absolute|must not contain|may not contain|cannot " +
				"contain|exceeds the maximum length", "Invalid redirect URI & characters|format|query|wildcard",
			"URI must not contain & redirect*|reply", "Redirect URI cannot contain", "InvalidReplyUrl*",
		},
		Source: docReplyURL,
	},
}
