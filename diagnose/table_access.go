package diagnose

// accessEntries are about tokens and what they hold.
var accessEntries = []Entry{
	{
		Cause: CauseMailSendNotGranted, Title: "The app may not send mail: Mail.Send is not granted",
		Explanation: "The app's token holds no application permission Mail.Send of Microsoft Graph. It was not added, was added as a delegated permission or for another API, or nobody has granted admin consent.",
		Remedy: []string{
			"Open the app's API permissions (App registrations > the app > Manage > API permissions).",
			"Mail.Send must stand there under Microsoft Graph with Type Application. If not: Add a permission > Microsoft Graph > Application permissions > Mail > Mail.Send > Add permissions.",
			"Choose Grant admin consent for your tenant, then Yes. Status must show Granted.",
			"Ask for a new token: one from before the consent never gets the permission.",
		},
		Who: whoPrivileged, Link: permissionsPage,
		Codes: []string{"ErrorAccessDenied", "NoPermissionsInAccessToken", "ErrorInsufficientPermissionsInAccessToken"},
		Texts: []string{"The token contains no permissions, or permissions can not be understood", "Access is denied. Check credentials and try again", "Either scp or roles claim need to be present in the token", "The role assigned to application & Mail.Send", "token has no Mail.Send", "does not have permissions to send mail"},
		Hints: []string{"Missing role permissions on the request"}, Source: docSendMail,
	},
	{
		Cause: CauseTokenLacksScope, Title: "The token lacks a permission for this",
		Explanation: "Whatever role the person has, the token that was used was not given the permission that this call needs.",
		Remedy: []string{
			"Sign in again and accept the permissions that the page names.",
			"If a script made the call, add the permission it lacks to its own app, grant consent, and get a new token.",
		},
		Who:   whoPrivileged,
		Codes: []string{"insufficient_scope", "ErrorInsufficientScope", "InsufficientPermissions"},
		Texts: []string{"Request Authorization failed", "Missing scope permissions on the request", "lacks scope permissions", "Call requires one of the following", "API requires one of the following", "Application is not authorized to perform this operation", "required scopes are missing in the token", "token does not have the required scopes"},
		Hints: []string{"AccessDenied"}, Source: docAuthErrors,
	},
	{
		Cause: CauseTokenInvalid, Title: "The access token is not accepted",
		Explanation: "The token is damaged, has expired, or is missing from the request.",
		Remedy: []string{
			"Ask for a new token and try again: palmail does so by itself.",
			"If it stays, look for a proxy that changes the Authorization header, and compare this computer's clock with the real time.",
		},
		Who: whoYou, Retry: true,
		Codes: []string{"InvalidAuthenticationToken", "Authentication_ExpiredToken", "TokenExpired", "ErrorTokenExpired", "AuthenticationTokenExpired", "50006", "50027", "90016", "50099", "50120", "900384", "Authorization_TokenMissing", "AuthenticationError"},
		Texts: []string{"CompactToken parsing failed", "Access token is empty", "JWT is not well formed", "Lifetime validation failed, the token is expired", "Access token has expired", "the token is expired", "IDX14100", "IDX10223", "IDX12729", "Signature is invalid", "Access token validation failure"},
		Hints: []string{"invalid_token", "unauthenticated"}, Source: docAuthErrors,
	},
	{
		Cause: CauseTokenForOtherAudience, Title: "The token is for another API or another cloud",
		Explanation: "The access token was issued for a different resource from the one that was called: for Exchange instead of Graph, say, or for another cloud's Graph.",
		Remedy: []string{
			"Ask for a token with the scope https://graph.microsoft.com/.default of your own cloud.",
			"Check that Graph's host and the scope belong to the same cloud.",
		},
		Who:     whoYou,
		Codes:   []string{"InvalidAudience", "InvalidAuthenticationTokenAudience", "50010"},
		Details: []string{"Invalid audience", "audience is invalid", "IDX10214", "Audience validation failed", "token audience does not match", "wrong audience"},
		Source:  docAuthErrors,
	},
	{
		Cause: CauseSMTPAuthNotGraph, Title: "This comes from SMTP, which Mail.Send does not cover",
		Explanation: "The mail was sent by SMTP with a user name and password, or with an SMTP token. The permission Mail.Send of Microsoft Graph counts only for Graph.",
		Remedy: []string{
			"In PAL, choose sending through Microsoft Graph, with tenant ID, client ID and secret, instead of an SMTP server.",
			"If SMTP must stay: an Exchange Administrator has to allow Authenticated SMTP for the mailbox, and security defaults must be off.",
		},
		Who:   whoYou,
		Texts: []string{"5.7.3 Authentication unsuccessful", "5.7.139", "SmtpClientAuthentication is disabled", "5.7.57", "5.7.30 Basic authentication", "SMTPAuthenticationError", "Client not authenticated to send mail", "Client was not authenticated to send anonymous mail", "The SMTP server requires a secure connection or the client was not authenticated", "535 Authentication unsuccessful", "5.7.8 Error: authentication failed", "basic authentication is disabled", "535 5.7", "Invalid login: 535", "AUTH XOAUTH2 & 535", "outlook.com & Authentication unsuccessful"},
		Hints: []string{"Authentication unsuccessful", "smtp.office365.com", "smtp-mail.outlook.com"}, Source: "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission",
	},
}
