package diagnose

// mailboxEntries are about the mailbox that the app sends from.
var mailboxEntries = []Entry{
	{
		Cause: CauseMailSendNotLimited, Title: "The app may send as other mailboxes too",
		Explanation: "It was to be limited to one mailbox by RBAC for Applications. What Exchange and what Entra grant adds up, and a change takes from 30 minutes to two hours.",
		Remedy: []string{
			"See whether the consent to Mail.Send is back: Enterprise applications, the app, Permissions. While it stands, nothing is limited.",
			"In Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity CLIENT-ID -Resource OTHER-MAILBOX",
			"Remove each role assignment of the app whose scope has other mailboxes in it: Remove-ManagementRoleAssignment",
		},
		Who: whoExchange, Source: docRBAC,
	},
	{
		Cause: CauseMailboxOutOfScope, Title: "The app may not use this mailbox",
		Explanation: "The app may send mail, but a scope or an access policy in Exchange Online leaves this mailbox out. Changes to it take from 30 minutes to more than two hours.",
		Remedy: []string{
			"In Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity CLIENT-ID -Resource MAILBOX",
			"For an older access policy, run: Test-ApplicationAccessPolicy -AppId CLIENT-ID -Identity MAILBOX",
			"Add the mailbox to the scope, or to the policy's mail-enabled security group as a direct member.",
			"If that was done today, wait up to two hours and try again.",
		},
		Who:     whoExchange,
		Codes:   []string{"ErrorBlockedByAppAccessPolicy", "ErrorImpersonateUserDenied"},
		Details: []string{"[RAOP]", "AppOnly AccessPolicy", "Access to OData is disabled", "ApplicationAccessPolicy & Denied", "ScopeType InScope & False"},
		Texts:   []string{"InScope : False", "AccessCheckResult : Denied", "AccessCheckResult Denied", "Blocked by tenant configured", "not within the scope of the application"}, Source: docRBAC,
	},
	{
		Cause: CauseMailboxNotInExchangeOnline, Title: "This account has no mailbox in Exchange Online",
		Explanation: "The account exists, but its mailbox is on a server of your own, was deleted, has no licence, or the account is a guest. Microsoft Graph reaches only Exchange Online.",
		Remedy: []string{
			"In the Exchange admin center, open Recipients > Mailboxes and look for the address.",
			"If it is missing, make a shared mailbox there, or give the account a licence with Exchange Online, and wait up to a day.",
			"If the mailbox is on-premises, have it migrated, or use another one for PAL.",
		},
		Who:   whoExchange,
		Codes: []string{"MailboxNotEnabledForRESTAPI", "ErrorMissingEmailAddress", "MailboxNotSupportedForRESTAPI", "ErrorMailboxNotEnabledForRESTAPI", "MailboxNotHostedInExchangeOnline", "OrganizationFromTenantGuidNotFound", "ErrorMailboxNotEnabled"},
		Texts: []string{"REST API is not yet supported for this mailbox", "either inactive, soft-deleted, or is hosted on-premise", "account that does not have a mailbox", "mailbox is hosted on-premise", "The tenant for tenant guid", "mailbox is located on-premises", "does not have a valid license & Exchange", "REST APIs for this mailbox are currently in preview", "User not licensed & Exchange"}, Source: "https://learn.microsoft.com/graph/hybrid-rest-support",
	},
	{
		Cause: CauseMailboxUnknown, Title: "There is no such mailbox",
		Explanation: "Exchange Online knows no mailbox with this address. It is mistyped, is only an alias or a group, or was renamed or deleted.",
		Remedy: []string{
			"In the Exchange admin center, open Recipients > Mailboxes and copy the address of the mailbox.",
			"Enter it in palmail and in PAL, letter for letter. Use its primary address, not an alias.",
			"If it was made within the last hour, wait and try again.",
		},
		Who:   whoExchange,
		Codes: []string{"ErrorInvalidUser", "ErrorNonPrimarySmtpAddress", "ErrorNonExistentMailbox", "ErrorInvalidMailbox", "ErrorNoMailbox", "MailboxNotFound", "ErrorUserNotFound"},
		Texts: []string{"The SMTP address has no mailbox associated with it", "The requested user & is invalid", "mailbox could not be found", "Resource could not be discovered", "couldn't find mailbox", "ManagementObjectNotFoundException"},
		Hints: []string{"mailbox not found"}, Source: docSendMail,
	},
	{
		Cause: CauseMailboxBlocked, Title: "This mailbox is blocked from sending",
		Explanation: "Microsoft has stopped it because mail from it looked like spam, or somebody has disabled the account.",
		Remedy: []string{
			"In the Microsoft Defender portal, open Email & collaboration > Review > Restricted entities and see whether the mailbox is listed.",
			"Find out why before unblocking it: a taken-over account, or a program that sent too much.",
			"Then choose Unblock, and send again after an hour.",
		},
		Who:   "A Security Administrator or Exchange Administrator",
		Codes: []string{"ErrorAccountSuspend", "ErrorAccountSuspended", "ErrorMessageSubmissionBlocked", "ErrorAccountSuspendShowTierUpgrade", "ErrorUserBlocked", "ErrorAccountDisabled", "ErrorMessageBlocked"},
		Texts: []string{"Account suspended. Follow the instructions", "verdict is Suspend", "verdict is HipSend", "verdict is HipNotify", "OutboundSpamException", "bad outbound sender", "Access denied, traffic not accepted from this IP", "Follow the instructions in your Inbox to verify your account", "restricted from sending", "Your message couldn't be delivered because you weren't recognized as a valid sender", "blocked from sending", "5.1.8 Access denied", "mailbox is disabled", "has been blocked & outbound spam"}, Source: "https://learn.microsoft.com/defender-office-365/outbound-spam-restore-restricted-users",
	},
	{
		Cause: CauseSendAsDenied, Title: "The From address is not this mailbox",
		Explanation: "The mail names a sender other than the mailbox it is sent through, and that mailbox may not send as them.",
		Remedy: []string{
			"In PAL, make the From address the same as the mailbox. Use its primary address.",
			"If another From is wanted: Exchange admin center > Recipients > Mailboxes > that address > Delegation > Send as.",
		},
		Who:   whoExchange,
		Codes: []string{"ErrorSendAsDenied", "SendAsDeniedException", "ErrorCannotSendAs"}, Details: []string{"SendAsDenied"},
		Texts: []string{"does not have the right to send mail on behalf of", "not allowed to send as", "does not have permissions to send as this sender", "5.7.60", "5.2.252", "5.2.251"}, Source: docNDR,
	},
	{
		Cause: CauseRecipientInvalid, Title: "A recipient's address is not valid",
		Explanation: "One of the addresses in To, Cc or Bcc is empty, malformed or unknown, so nothing was sent.",
		Remedy:      []string{"Correct the address, and leave out empty ones.", "Separate several addresses the way the program asks for; Graph wants each on its own."},
		Who:         whoYou,
		Codes:       []string{"ErrorInvalidRecipients", "ErrorMissingRecipients", "InvalidRecipientsException", "RecipientNotFound", "ErrorInvalidRecipient", "ErrorMailRecipientNotFound", "ErrorInvalidSmtpAddress"},
		Texts:       []string{"At least one recipient is not valid", "At least one recipient isn't valid", "Recipient is not resolved", "must be resolved before a message can be submitted", "5.1.10", "5.1.1 & user unknown", "recipient address rejected", "no recipients are defined", "at least one valid recipient", "A recipient must be specified", "Recipients are required"}, Source: docSendMail,
	},
}

// exchangeEntries are about the service that sends, and its limits.
var exchangeEntries = []Entry{
	{
		Cause: CauseThrottled, Title: "Too many requests: Microsoft asks to wait",
		Explanation: "More was asked in a short time than Microsoft allows. It passes by itself.",
		Remedy:      []string{"Wait for the time that the answer names, or a few minutes, and try again; palmail does so by itself.", "If it happens often, let PAL send more slowly, or with fewer mails at once."},
		Who:         whoYou, Retry: true,
		Codes: []string{"ApplicationThrottled", "TooManyRequests", "Request_ThrottledTemporarily", "activityLimitReached", "ErrorServerBusy", "Directory_Throttled", "90055", "50196", "50166", "ErrorTooManyRequests", "MailboxConcurrency", "ErrorThrottleLimitExceeded", "CommandConcurrencyLimitReached"},
		Texts: []string{"verdict is Throttle", "Too Many Requests", "MailboxConcurrency limit", "request has been throttled", "you are being throttled", "requests are throttled", "There are too many incoming requests", "over its request limit", "Please retry again later & throttl", "server is busy. Please retry later", "A client loop has been detected", "429 (Too", "status code 429", "status 429", "HTTP 429", "error 429", "Rate limit exceeded"},
		Hints: []string{" throttled "}, Source: docThrottling,
	},
	{
		Cause: CauseSendLimitReached, Title: "A sending limit is used up",
		Explanation: "A mailbox may send to 10,000 recipients a day and 30 messages a minute, and the tenant has a daily limit for recipients outside. One of them is reached.",
		Remedy: []string{
			"Wait: the limits count the last 24 hours.",
			"Find out what sends so much. For mass mail, Microsoft offers Azure Communication Services and High Volume Email.",
			"A trial tenant's limit is much lower: see the Exchange admin center > Reports > Mail flow > Tenant outbound external recipients.",
		},
		Who: whoExchange, Retry: true,
		Codes:   []string{"ErrorExceededMessageLimit", "ErrorMessageLimitExceeded", "SubmissionQuotaExceededException", "ErrorSubmissionQuotaExceeded", "ErrorQuotaExceeded", "ErrorExceededRecipientLimit", "ErrorMessageThrottled", "ErrorRecipientLimitExceeded", "ErrorExceededMaxRecipientLimit", "ErrorExceededMaxRecipientLimitBlock", "ErrorExceededHourlyMessageLimit", "ErrorSendQuotaExceeded", "RecipientRateLimitExceeded", "ErrorExceededMaxRecipients"},
		Details: []string{"verdict is RefuseQuota", "Message/Recipient limit exceeded"},
		Texts:   []string{"5.1.90", "5.7.233", "5.7.232", "5.7.705", "5.7.750", "5.2.122", "exceeded its max recipient rate limit", "exceeded your daily", "daily message limit", "daily recipient limit", "recipient rate limit", "sending limit", "submission quota", "message limit exceeded", "tenant has exceeded threshold", "maximum number of recipients", "has exceeded the tenant external recipient"}, Source: docExoLimits,
	},
	{
		Cause: CauseServiceFault, Title: "Microsoft's side failed",
		Explanation: "The request was understood, but the service could not do it just now. Most such faults pass within minutes.",
		Remedy: []string{
			"Try again after a few minutes.",
			"If it stays, look at Health > Service health in the Microsoft 365 admin center.",
			"Then open a case with Microsoft, with the IDs below.",
		},
		Who: whoMicrosoft, Link: serviceHealthPage, Retry: true,
		Codes: []string{"InternalServerError", "ServiceUnavailable", "serviceNotAvailable", "generalException", "ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorMailboxStoreUnavailable", "ErrorTimeoutExpired", "BadGateway", "GatewayTimeout", "Service_InternalServerError", "ErrorConnectionFailed", "ErrorMailboxMoveInProgress", "MailboxInfoStale", "ErrorMailboxFailover", "ErrorInsufficientResources", "ErrorADUnavailable", "ErrorADOperation", "ErrorConnectionFailedTransientError",
			"90033", "90006", "90012", "90024", "90036", "90090", "90091", "90092", "50000", "50033", "50086", "70012", "90085", "230109", "Directory_ServiceUnavailable", "ErrorInternalServerTransient", "ErrorInternalServerTransientException"},
		Texts: []string{"temporarily_unavailable", "Unable to resolve template token", "Monitor is unhealthy", "Our services aren't available right now", "The service is temporarily unavailable", "The service is unavailable", "Service Unavailable", "Bad Gateway", "Gateway Time-out", "Gateway Timeout", "A transient error has occurred", "encountered an internal server error", "An unexpected error occurred & graph.microsoft", "The server encountered an internal error", "503 Server Unavailable", "We're unable to complete your request & server"},
		Hints: []string{"InternalError", "Internal Server Error", "server_error", "UnknownError"}, Source: docGraphErrors,
	},
	{
		Cause: CauseAccessPoliciesFull, Title: "Exchange holds no more application access policies",
		Explanation: "An organization can have only about 300 of these older policies, and this one has used them up.",
		Remedy: []string{
			"Use the current way instead, which has no such limit: RBAC for Applications. palmail limit shows the commands.",
			"Or remove policies of apps that are gone: Get-ApplicationAccessPolicy, then Remove-ApplicationAccessPolicy.",
		},
		Who:   whoExchange,
		Texts: []string{"A tenant cannot have more than & policies", "total size of App Access Policies", "ApplicationAccessPolicy & has reached", "ApplicationAccessPolicy & exceed", "application access policies & limit", "application access policies & maximum", "app access policies & limit", "ApplicationAccessPolicy & limit", "ApplicationAccessPolicy & maximum"}, Source: "https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy",
	},
}
