package diagnose

// policyEntries are about what a tenant asks of a sign-in.
var policyEntries = []Entry{
	{
		Cause: CauseMFARequired, Title: "Multi-factor authentication is needed",
		Explanation: "The tenant asks for a second factor, and this sign-in did not bring one.",
		Remedy: []string{
			"Sign in through the browser, where the second factor can be asked for.",
			"If you have none registered, open https://aka.ms/mfasetup first and register one.",
			"Then start the sign-in again: it asks for the second factor and continues.",
		},
		Who: whoYou,
		Situations: []Situation{
			{
				Stages: []Stage{StageToken, StageSend},
				Explanation: "The program signed in with a person's name and password, and the tenant wants a second " +
					"factor, which a program does not have.",
				Remedy: []string{
					"Have the program sign in as an application with client ID and client secret; multi-factor " +
						"authentication does not concern an application.",
					"In PAL, fill all four fields of Mail Server Configuration and save; remove the mailbox's password.",
					"Send a test mail from PAL: it leaves without a question.",
				},
				Who: "The administrator of the program",
			},
		},
		Codes: []string{
			"50072", "50074", "50076", "50078", "50079", "50158", "53004", "53010", "500121", "50161", "50087",
			"50088", "50203", "50177", "50170",
		},
		Texts: []string{
			"you must use multi-factor authentication to access", "must enroll in multi-factor authentication",
			"Strong authentication is required", "UserStrongAuthClientAuthNRequired",
			"Authentication failed during strong authentication request",
		}, Source: docCodes,
	},
	{
		Cause: CauseBlockedByConditionalAccess, Title: "A Conditional Access policy refused the sign-in",
		Explanation: "The account and password are right, but a policy of the tenant does not let this sign-in " +
			"through: because of its location, its device, its app or its risk.",
		Remedy: []string{
			"Sign in from the network and the device that you use for administration, through the browser.",
			"To see which policy: Entra ID > Monitoring & health > Sign-in logs, select the failed sign-in, then the " +
				"tab Conditional Access.",
			"Ask a Conditional Access Administrator for an exclusion from that policy. It takes effect within 15 " +
				"minutes.",
			"Or continue without signing in: palmail guides you through the portal.",
		},
		Who: whoConditions, Link: conditionalAccessPage,
		Situations: []Situation{
			{
				Stages: []Stage{StageToken, StageSend},
				Title:  "A Conditional Access policy for apps refused the app's sign-in",
				Explanation: "The app itself was refused, not a person: a policy for workload identities limits from " +
					"where, or at which risk, apps sign in.",
				Remedy: []string{
					"A Conditional Access Administrator opens Entra ID > Conditional Access > Policies " +
						"(https://{entra}) and looks for policies whose assignment is Workload identities.",
					"To see which one: Entra ID > Monitoring & health > Sign-in logs > Service principal sign-ins, " +
						"select the failed one of app {client-id}, then the tab Conditional Access.",
					"Add the public address of PAL's web server to the policy's named locations (Conditional Access " +
						"> Named locations), or exclude the app from the policy. On the server, https://ifconfig.me " +
						"shows that address.",
					"Wait 15 minutes, then run palmail check on the web server: the secret line passes.",
				},
			},
		},
		Codes: []string{
			"53003", "53002", "53009", "53011", "530032", "530031", "530034", "530084", "50131", "50005", "50002",
			"500021", "500022", "500212", "500213", "530036", "50158001",
		},
		Texts: []string{
			"Access has been blocked by Conditional Access policies", "blocked by conditional access",
			"BlockedByConditionalAccess", "You don't have access to this & Conditional Access",
			"does not meet the criteria to access this resource", "security policy is preventing access",
			"requiring token protection",
		}, Source: docConditional,
	},
	{
		Cause: CauseDeviceNotManaged, Title: "The tenant wants a managed device",
		Explanation: "A policy asks for a device that the agency manages or that is compliant, and this one is not, " +
			"or cannot show it. A device code and Linux under WSL never can.",
		Remedy: []string{
			"Sign in through the browser of a managed device; under WSL, run palmail on the Windows side.",
			"If this is a managed device, open Company Portal > Devices > Check access, and follow what it asks for. " +
				"Compliance takes up to 15 minutes to show.",
			"On Windows, dsregcmd /status must show AzureAdJoined : YES or DomainJoined : YES.",
			"Or continue without signing in: palmail guides you through the portal step by step.",
		},
		Who: whoConditions, Link: conditionalAccessPage,
		Codes: []string{
			"53000", "53001", "530001", "530002", "530003", "530033", "530021", "530022", "50097", "50129", "50155",
			"50187", "135011", "221000",
		},
		Texts: []string{
			"device is required to be managed", "device is required to be compliant",
			"device that's requesting access to be managed", "Device is not in required device state",
			"Help us keep your device secure", "Device authentication is required", "needs to be compliant",
			"DeviceNotCompliant",
		}, Source: docConditional,
	},
	{
		Cause: CauseDeviceCodeBlocked, Title: "This tenant forbids signing in with a code",
		Explanation: "Security defaults or a policy block the device code flow, as Microsoft and CISA recommend.",
		Remedy: []string{
			"Choose signing in through the browser instead.",
			"Without a browser on this computer, run palmail on one that has a browser, then move the setup with " +
				"palmail export and palmail import.",
			"Or let palmail guide you through the portal, which needs no sign-in here.",
		},
		Who:     whoYou,
		Codes:   []string{"530035"},
		Details: []string{"53003 & device code flow", "53003 & authentication flows"},
		Texts: []string{
			"blocked by security defaults", "BlockedBySecurityDefaults", "Block device code flow",
		}, Source: "https://learn.microsoft.com/entra/identity/conditional-access/managed-policies",
	},
}
