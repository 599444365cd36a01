package diagnose

// signInEntries are about the admin's own sign-in.
var signInEntries = []Entry{
	{
		Cause: CauseSignInPending, Title: "The sign-in is not finished yet",
		Explanation: "Microsoft is still waiting for somebody to enter the code and sign in. This is not an error.",
		Remedy: []string{
			"Open the address that was shown, enter the code, and sign in.",
			"Leave this window open until it continues.",
		},
		Who: whoYou, Retry: true,
		Codes: []string{"70016"},
		Texts: []string{
			"authorization_pending", "slow_down", "Authorization is pending. Continue polling",
		}, Source: docDeviceCode,
	},
	{
		Cause: CauseSignInCodeExpired, Title: "The sign-in code has expired",
		Explanation: "The code was not used within its 15 minutes, was mistyped, or was already used.",
		Remedy: []string{
			"Start the sign-in again: a new code is shown.",
			"Enter the new code within 15 minutes at the address shown beside it, and finish signing in there.",
			"If a new code expires at once, Microsoft's sign-in service has a fault: look at Health > Service health " +
				"in the Microsoft 365 admin center, wait 1 hour, and choose signing in through the browser meanwhile.",
		},
		Who: whoYou,
		Details: []string{
			"70000 & device_code", "70000 & user code", "OAuth token: Code Expired", "polling state code_expired",
		},
		Codes: []string{"70020", "70019", "70018", "90120"},
		Texts: []string{
			"expired_token", "code_expired", "bad_verification_code", "device code has expired",
			"Verification code expired", "The user code you entered is expired",
			"DeviceCodeCredential authentication failed & expired",
		}, Source: docDeviceCode,
	},
	{
		Cause: CauseSignInInterrupted, Title: "The sign-in wants you to do something first",
		Explanation: "The sign-in stopped because it needs the person again: a confirmation, a choice of account, or " +
			"a new sign-in.",
		Remedy: []string{
			"Sign in again, in a private browser window.",
			`Answer every question on the way, such as "Are you trying to sign in to …?", with Continue.`,
			"If it asks for more information, finish that first, then start the sign-in in palmail again.",
			"If a program other than palmail failed, its saved sign-in has expired: sign in there again.",
		},
		Who: whoYou,
		Situations: []Situation{
			{
				Words: []string{
					"20001", "20012", "20033", "40008", "40009", "40010", "40015", "50008", "5000819", "90123",
					"80001", "80002", "80005", "80007", "80010", "80014", "identity provider", "Authentication Agent",
				},
				Title: "The agency's own sign-in server failed",
				Explanation: "The password of this account is checked by a server of the agency (a federation server " +
					"or an authentication agent), and that server refused or did not answer.",
				Remedy: []string{
					"Sign in at https://myaccount.microsoft.com with the same account: if that fails too, the server " +
						"is the reason, not palmail.",
					"The administrators of the directory look at the federation server (AD FS Admin event log), or " +
						"at Entra ID > Entra Connect > Pass-through authentication, where each agent must be Active.",
					"Meanwhile sign in with a cloud-only account, such as admin@agency.onmicrosoft.com, which does " +
						"not need that server.",
				},
				Who: "The administrators of the agency's directory",
			},
			{
				Stages: []Stage{StageToken},
				Explanation: "The program used a person's sign-in that has expired or was revoked, where an app with " +
					"a secret has nobody to ask.",
				Remedy: []string{
					"Set the program to sign in as an application: grant type client_credentials with client ID, " +
						"client secret and the scope https://{graph}/.default.",
					"If it must act for a person, that person signs in again in the program; a password change or 90 " +
						"days without use ends a sign-in.",
					"Repeat the step: a token request without a person succeeds at once.",
				},
				Who: "The administrator of the program",
			},
		},
		Codes: []string{"50199", "50140", "50058", "50089", "54005", "50132", "50133", "50173", "70008", "700082",
			"700084", "70043", "700020", "50125", "50168", "50197", "51006",
			"50085", "70000", "50143", "160021", "16001", "16002", "50135", "50126", "50056", "50064", "50136",
			"50180", "81010", "50134", "50013", "50139", "50192", "9002341", "90086", "90123",
			"20001", "20012", "20033", "40008", "40009", "40010", "40015", "50008", "5000819", "80001", "80002",
			"80005", "80007", "80010", "80014", "81004", "81005", "81006", "81007", "81009", "81011", "81012",
			"130004", "130005", "130006", "130008"},
		Texts: []string{
			"user confirmation is required for this request", "refresh token has expired due to inactivity",
			"provided grant has expired due to it being revoked",
			"session information is not sufficient for single-sign-on",
			"OAuth2 Authorization code was already redeemed",
			"invalid username or password & sign*|AADSTS*|error_description",
		},
		Hints: []string{
			"interaction_required", "login_required", "invalid_grant", "basic_action", "MsalUiRequiredException",
		}, Source: docCodes,
	},
	{
		Cause: CauseUserNotInTenant, Title: "This account is not a member of the tenant",
		Explanation: "The account that signed in is from another organization, is a personal one, or is mistyped; " +
			"this tenant does not know it.",
		Remedy: []string{
			"Sign in with an account of the tenant that PAL's mailbox is in.",
			"If the browser chose an account without asking, use a private window.",
			"Compare the tenant ID in palmail with Tenant ID on Entra ID > Overview of the right tenant.",
			"If the account must be from elsewhere, a User Administrator invites it under Entra ID > Users > New " +
				"user > Invite external user; accept the invitation, then sign in again.",
		},
		Who: whoYou,
		Codes: []string{
			"50020", "50034", "90125", "90126", "16000", "16003", "50014", "51004", "90072", "500208", "90084",
			"50178", "50107",
		},
		Texts: []string{
			"does not exist in tenant", "needs to be added as an external user in the tenant first",
			"the account must be added to the directory", "Selected user account does not exist in tenant",
		}, Source: docCodes,
	},
	{
		Cause: CauseUserNotAssigned, Title: "The sign-in app lets only assigned people in",
		Explanation: "The app used for signing in has Assignment required? set to Yes, and this account is not " +
			"assigned to it.",
		Remedy: []string{
			"Ask an Application Administrator to add the account: Entra ID > Enterprise apps > the sign-in app > " +
				"Manage > Users and groups > Add user/group.",
			"Wait 5 minutes and sign in again in a private browser window.",
			"Or choose another way to sign in, or the guided way through the portal.",
		},
		Who:   whoAppAdmin,
		Codes: []string{"50105"},
		Texts: []string{
			"is not assigned to a role for the application", "isn't assigned to a role for the signed in app",
			"block users unless they are specifically granted",
		}, Source: docCodes,
	},
	{
		Cause: CauseScopeNotPreauthorized, Title: "The sign-in app is not allowed to ask for this permission",
		Explanation: "Microsoft's own apps can ask only for permissions that Microsoft agreed to in advance, and " +
			"this is not one of them.",
		Remedy: []string{
			"Sign in the way that palmail proposes first, without another app's client ID.",
			"If your agency has its own sign-in app, start palmail with its client ID.",
			"In other software, ask Microsoft's own app only for https://{graph}/.default.",
		},
		Who:   whoYou,
		Codes: []string{"65002"},
		Texts: []string{
			"must be configured via preauthorization",
			"applications owned and operated by Microsoft must get approval from the API owner",
		}, Source: docCodes,
	},
	{
		Cause: CauseSignInAppNotPublic, Title: "The app used for signing in wants a secret",
		Explanation: "People can sign in at a terminal only with a public client app, and this one is not set up as " +
			"such.",
		Remedy: []string{
			"Use another sign-in app, or none: palmail brings one.",
			"For your own sign-in app: App registrations > the app > Manage > Authentication > Advanced settings > " +
				"Allow public client flows > Yes, then Save.",
			"Do not change that for PAL's app: it must keep its secret.",
			"Wait 2 minutes and sign in again.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Codes: []string{"7000218"},
		Texts: []string{
			"must contain the following parameter: 'client_assertion' or 'client_secret'",
		}, Source: docCodes,
	},
	{
		Cause: CauseAdminApprovalRequired, Title: "An administrator must approve the sign-in app",
		Explanation: "In this tenant people cannot consent to apps on their own, so an administrator has to approve " +
			"the app first.",
		Remedy: []string{
			"Sign in with an account that can approve it, or send the request for approval if the page offers one.",
			"A Privileged Role Administrator finds the request under Entra ID > Enterprise apps > Activity > Admin " +
				"consent requests, opens it, and chooses Review permissions and consent.",
			"Wait 5 minutes, then sign in again: the page no longer asks.",
			"Or continue without signing in: palmail shows each step in the portal instead.",
		},
		Who: whoPrivileged, Link: adminConsentPage,
		Codes: []string{"90094", "90095", "900941", "900942", "65004001"},
		Details: []string{
			"90093 & cannot consent|consent to web app|lack of permissions|need admin approval|admin approval",
		},
		Texts: []string{
			"Need admin approval", "has set a policy that prevents you from granting", "that only an admin can grant",
			"Calling principal cannot consent due to lack of permissions", "User cannot consent to web app",
			"Administrator consent is required", "AdminConsentRequired",
			"Approval required & this app requires your admin's approval",
		}, Source: docConsent,
	},
	{
		Cause: CauseAccountBlocked, Title: "The signed-in account is locked or disabled",
		Explanation: "The account exists, but it is disabled, locked after too many attempts, or its password has to " +
			"be changed first.",
		Remedy: []string{
			"Locked (AADSTS50053): wait 15 minutes, then sign in once with the right password. If it locks again, a " +
				"program or phone still uses an old one.",
			"Password expired or to be changed (AADSTS50055, AADSTS50144): sign in at " +
				"https://myaccount.microsoft.com and change it.",
			"Disabled (AADSTS50057): a User Administrator opens Entra ID > Users > All users (https://{entra}), " +
				"selects the account, and sets Account status to Enabled. If the account comes from an on-premises " +
				"directory, enable it there.",
			"If the account is enabled in its own tenant, it is a guest that is disabled in another one: name the " +
				"tenant you mean, for example az login --tenant {tenant-id}.",
			"Wait 5 minutes, then sign in again in a private browser window.",
		},
		Who: "A User Administrator or Global Administrator",
		Situations: []Situation{
			{
				Stages: []Stage{StageSignIn, StageToken, StageConsent, ""},
				Words:  []string{"50057", "account is disabled", "account has been disabled"},
				Title:  "The signed-in account is disabled",
				Explanation: "Somebody has disabled this account in the tenant that was asked. It can be enabled in " +
					"its own tenant and disabled as a guest in another.",
				Remedy: []string{
					"Check first that the sign-in goes to the tenant you mean. If the account is enabled in its own " +
						"tenant, it is a guest that is disabled in another one: name the tenant you mean, for " +
						"example az login --tenant {tenant-id}.",
					"A User Administrator opens Entra ID > Users > All users (https://{entra}), selects the account, " +
						"and sets Account status to Enabled. If the account comes from an on-premises directory, " +
						"enable it there and wait 30 minutes.",
					"Wait 5 minutes, sign in at https://myaccount.microsoft.com to see that it works, then repeat " +
						"the step.",
				},
			},
			{
				Words: []string{"50053", "account is locked", "temporarily locked", "IdsLocked"},
				Title: "The signed-in account is locked",
				Explanation: "Too many sign-ins with a wrong password, or from an address with a bad reputation, " +
					"locked the account for a while.",
				Remedy: []string{
					"Wait 15 minutes without trying, then sign in once with the right password.",
					"If it locks again, a program, a phone or a stored password still uses an old one: Entra ID > " +
						"Monitoring & health > Sign-in logs shows which, filtered by the user. A Reports Reader can " +
						"see it.",
					"If the sign-in came from a blocked address, sign in from the agency's own network.",
				},
				Who: "You",
			},
			{
				Words: []string{
					"50055", "50144", "50142", "password is expired", "password has expired",
					"must change their password",
				},
				Title:       "The account's password has to be changed",
				Explanation: "The password has expired, or an administrator requires a new one at the next sign-in.",
				Remedy: []string{
					"Sign in at https://myaccount.microsoft.com in a browser and set a new password there. If it " +
						"comes from an on-premises directory, change it on a computer of the domain (ctrl+alt+del).",
					"Wait 2 minutes, then start the sign-in again.",
					"If a program signs in with this password, set it to client ID and client secret instead: these " +
						"do not expire with a password.",
				},
				Who: "You",
			},
			{
				Stages: []Stage{StageSend, StageBounce},
				Remedy: []string{
					"A User Administrator opens Entra ID > Users > All users (https://{entra}) and looks at Account " +
						"status of {mailbox}. A shared mailbox's account is disabled on purpose, and still sends " +
						"through Microsoft Graph.",
					"If PAL signs in with the mailbox's own name and password, use OAuth instead: fill the four " +
						"fields of Mail Server Configuration.",
					"Otherwise enable the account, wait 15 minutes, and send a test mail from PAL.",
				},
			},
		},
		Codes: []string{"50053", "50057", "50055", "50142", "50144", "80012", "120014"},
		Texts: []string{
			"User account is disabled", "The user account is disabled", "account is locked because",
			"Your account has been locked & sign*|account|password|AADSTS*", "Your account is temporarily locked",
			"Your account has been disabled & sign*|account|AADSTS*", "IdsLocked", "user's password is expired",
			"password has expired & sign*|account|user|AADSTS*|reset",
			"must change their password & user|account|sign*",
			"The account is disabled & user|AADSTS*|directory|sign*", "user's account is locked",
		},
		Hints: []string{"account is locked", "account locked out", "account is disabled"}, Source: docCodes,
	},
}
