package diagnose

// accessEntries are about tokens and what they hold.
var accessEntries = []Entry{
	{
		Cause: CauseMailSendNotGranted, Title: "The app is not allowed to send mail: Mail.Send is not granted",
		Explanation: "The app's token holds no application permission Mail.Send of Microsoft Graph. It was not " +
			"added, was added as a delegated permission or for another API, or nobody has granted admin consent.",
		Remedy: []string{
			"Open the app's API permissions (App registrations > the app > Manage > API permissions).",
			"Mail.Send must stand there under Microsoft Graph with Type Application. If not: Add a permission > " +
				"Microsoft Graph > Application permissions > Mail > Mail.Send > Add permissions.",
			"Choose Grant admin consent, then Yes. Status must show Granted.",
			"Restart the software that sends, so that it asks for a new token: a token from before the consent never " +
				"gets the permission. Exchange can take up to 1 hour.",
			"To see that it worked, run palmail check. If its permission line passes and sending is still refused, " +
				"it is not consent: an Exchange Administrator checks the mailbox's scope with " +
				"Test-ServicePrincipalAuthorization -Identity {client-id} -Resource {mailbox}, and " +
				"Get-ApplicationAccessPolicy.",
		},
		Who: whoPrivileged, Link: permissionsPage,
		Situations: []Situation{
			{
				Stages: []Stage{StageSend},
				Words:  []string{"Forbidden", "403"},
				Explanation: "Exchange refused the app. Either its token holds no application permission Mail.Send " +
					"of Microsoft Graph, or a scope in Exchange leaves this mailbox out.",
				Remedy: []string{
					"Run palmail check first: its permission line tells the two apart.",
					"If the permission line fails: open App registrations > the app > Manage > API permissions. " +
						"Mail.Send must stand under Microsoft Graph with Type Application and Status Granted; add " +
						"it, then choose Grant admin consent. A Privileged Role Administrator can do this.",
					"If the permission line passes, do not ask for consent again: an Exchange Administrator connects " +
						"with Connect-ExchangeOnline and runs Test-ServicePrincipalAuthorization -Identity " +
						"{client-id} -Resource {mailbox}. InScope must be True; for an older policy run " +
						"Test-ApplicationAccessPolicy -AppId {client-id} -Identity {mailbox}.",
					"Right after a new secret or consent, restart the software that sends so that it asks for a new " +
						"token, and wait up to 1 hour.",
					"To see that it worked, run palmail send: the mail arrives.",
				},
				Who: "A Privileged Role Administrator for consent, or an Exchange Administrator for the mailbox's scope",
			},
		},
		Codes: []string{"ErrorAccessDenied", "NoPermissionsInAccessToken", "ErrorInsufficientPermissionsInAccessToken"},
		Texts: []string{
			"The token contains no permissions, or permissions can not be understood",
			"Access is denied. Check credentials and try again",
			"Either scp or roles claim need to be present in the token",
			"The role assigned to application & Mail.Send", "token has no Mail.Send",
			"does not have permissions to send mail",
		},
		Hints: []string{"Missing role permissions on the request"}, Source: docSendMail,
	},
	{
		Cause: CauseTokenLacksScope, Title: "The token lacks a permission for this",
		Explanation: "Whatever role the person has, the token that was used was not given the permission that this " +
			"call needs.",
		Remedy: []string{
			"Sign in again and accept the permissions that the page names.",
			"If a script made the call, add the permission it lacks to its own app (App registrations > that app > " +
				"Manage > API permissions), and have a Privileged Role Administrator grant consent.",
			"Then get a new token: in a script, sign out and in again (Disconnect-MgGraph, Connect-MgGraph -Scopes " +
				"Application.ReadWrite.All,AppRoleAssignment.ReadWrite.All).",
			"To see that it worked, (Get-MgContext).Scopes lists the permission.",
		},
		Who:   whoPrivileged,
		Codes: []string{"insufficient_scope", "ErrorInsufficientScope", "InsufficientPermissions"},
		Texts: []string{
			"Request Authorization failed", "Missing scope permissions on the request", "lacks scope permissions",
			"Call requires one of the following", "API requires one of the following",
			"Application is not authorized to perform this operation", "required scopes are missing in the token",
			"token does not have the required scopes",
		},
		Hints: []string{"AccessDenied"}, Source: docAuthErrors,
	},
	{
		Cause: CauseTokenInvalid, Title: "The access token is not accepted",
		Explanation: "The token is damaged, has expired, or is missing from the request.",
		Remedy: []string{
			"Get a new token and try again: palmail does this automatically. In other software, restart it, or sign " +
				"in again in its settings.",
			"If a new token is refused too, compare this computer's clock with the real time, and look for a proxy " +
				"that changes the Authorization header.",
			"If the software renews its token late, update it: a token lasts about 1 hour.",
			"Then run palmail check: the mailbox line passes with the new token.",
		},
		Who: whoYou, Retry: true,
		Situations: []Situation{
			{
				Words: []string{
					"Exchange.WebServices", "EWS", "ServiceRequestException", "exchange.asmx",
					"outlook.office365.com/ews", "The request failed. The remote server returned an error: (401)",
				},
				Title: "Exchange Web Services does not accept this sign-in",
				Explanation: "The program uses Exchange Web Services (EWS), and the sign-in that it sent was " +
					"refused. Exchange Online no longer accepts a name and password there, and Microsoft is " +
					"switching EWS off.",
				Remedy: []string{
					"If the program signs in with a name and password, set it to OAuth: Exchange Online refuses " +
						"basic authentication.",
					"With OAuth, the token's scope must be https://outlook.office365.com/.default and the app needs " +
						"full_access_as_app of Office 365 Exchange Online; Mail.Send of Microsoft Graph does not " +
						"count for EWS.",
					"An EWS request as an application also needs the header X-AnchorMailbox with the mailbox's " +
						"address: update the program if it does not send it.",
					"Better: use a version of the program that sends through Microsoft Graph, since EWS in Exchange " +
						"Online ends. In PAL, fill the four fields of Mail Server Configuration.",
					"Send a test mail: it leaves without 401.",
				},
				Who: "The administrator of the program",
			},
			{
				Stages: []Stage{StageSend},
				Words:  []string{"UnknownError", "Unauthorized", "401", "error: (401)"},
				Explanation: "Microsoft refused the token and did not say why. It has expired, is missing, or " +
					"belongs to a personal account or to a mailbox that is not in Exchange Online.",
				Remedy: []string{
					"Restart the software that sends, so that it gets a new token, and send again.",
					"Run palmail check with the same tenant ID, client ID and mailbox: it shows which part fails " +
						"(secret, permission or mailbox).",
					"If check passes, the software sends an old or wrong token: enter the four values in its " +
						"settings again and save. In PAL: General Settings > Mail Server Configuration.",
					"If the line of the mailbox fails, an Exchange Administrator checks that {mailbox} is listed " +
						"under Recipients > Mailboxes in the Exchange admin center (https://{exchange}).",
					"To see that it worked, send a test mail from the software itself.",
				},
				Who: "The administrator of the software that sends",
			},
		},
		Codes: []string{
			"InvalidAuthenticationToken", "Authentication_ExpiredToken", "TokenExpired", "ErrorTokenExpired",
			"AuthenticationTokenExpired", "50006", "50027", "90016", "50099", "50120", "900384",
			"Authorization_TokenMissing", "AuthenticationError",
		},
		Texts: []string{
			"CompactToken parsing failed", "Access token is empty", "JWT is not well formed",
			"Lifetime validation failed, the token is expired", "Access token has expired", "the token is expired",
			"IDX14100", "IDX10223", "IDX12729", "Signature is invalid", "Access token validation failure",
		},
		Hints: []string{"invalid_token", "unauthenticated"}, Source: docAuthErrors,
	},
	{
		Cause: CauseTokenForOtherAudience, Title: "The token is for another API or another cloud",
		Explanation: "The access token was issued for a different resource from the one that was called: for " +
			"Exchange instead of Graph, for example, or for another cloud's Graph.",
		Remedy: []string{
			"Ask for a token with the scope https://{graph}/.default of your own cloud.",
			"Check that Graph's host, the sign-in host and the scope belong to the same cloud.",
			"Restart the software so that it drops the old token, and repeat the step: the token's aud is then " +
				"https://{graph}.",
		},
		Who:   whoYou,
		Codes: []string{"InvalidAudience", "InvalidAuthenticationTokenAudience", "50010"},
		Details: []string{
			"Invalid audience", "audience is invalid", "IDX10214", "Audience validation failed",
			"token audience does not match", "wrong audience",
		},
		Source: docAuthErrors,
	},
	{
		Cause: CauseSMTPAuthNotGraph, Title: "This comes from SMTP, which Mail.Send does not cover",
		Explanation: "The mail was sent by SMTP with a user name and password, or with an SMTP token. The permission " +
			"Mail.Send of Microsoft Graph counts only for Graph.",
		Remedy: []string{
			"In PAL, choose sending through Microsoft Graph, with tenant ID, client ID and secret, instead of an " +
				"SMTP server.",
			"If SMTP must stay: an Exchange Administrator allows it for this mailbox in the Microsoft 365 admin " +
				"center (https://{admin}) under Users > Active users > the mailbox > Mail > Manage email apps > " +
				"Authenticated SMTP, and the tenant's security defaults must be off. Wait 1 hour.",
			"To see that it worked, send a test mail to yourself.",
		},
		Who: whoYou,
		Situations: []Situation{
			{
				Words: []string{"wrong version number", "ESOCKET", "unknown protocol", "plaintext connection"},
				Explanation: "The program started TLS at once on a port that begins in plain text, or the other way " +
					"round. This is a setting of its SMTP connection; Microsoft Graph is not concerned.",
				Remedy: []string{
					"Use host smtp.office365.com, port 587 and STARTTLS: in Nodemailer secure: false (and " +
						"requireTLS: true), elsewhere Encryption STARTTLS, not SSL/TLS.",
					"Port 465 with TLS from the start does not work with Exchange Online.",
					"Better, send through Microsoft Graph, which needs no SMTP port. Send a test mail to see that it " +
						"works.",
				},
				Who: "The administrator of the program that sends",
			},
		},
		Details: []string{"wrong version number & ESOCKET|smtp|587|465"},
		Texts: []string{
			"SmtpClientAuthentication is disabled", "SMTPAuthenticationError", "Client not authenticated to send mail",
			"Client was not authenticated to send anonymous mail",
			"The SMTP server requires a secure connection or the client was not authenticated",
			"535 Authentication unsuccessful", "basic authentication is disabled", "Invalid login: 535",
			"Invalid login & EAUTH|responseCode", "Mailbox cannot be accessed & EAUTH|AUTH LOGIN|OUTLOOK.COM",
			"wrong version number & ESOCKET", "AUTH XOAUTH2 & 535", "outlook.com & Authentication unsuccessful",
		},
		Hints: []string{
			"Authentication unsuccessful",
			"smtp.office365.com & 535|authentication|credentials|login|EAUTH|SASL|rejected",
			"smtp-mail.outlook.com & 535|login|EAUTH",
		}, Source: docSMTPAuth,
	},
}
