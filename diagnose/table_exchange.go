package diagnose

// mailboxEntries are about the mailbox that the app sends from.
var mailboxEntries = []Entry{
	{
		Cause: CauseMailSendNotLimited, Title: "The app can also send as other mailboxes",
		Explanation: "It was to be limited to one mailbox by RBAC for Applications. Permissions from Entra and " +
			"Exchange add up, and a change takes from 30 minutes to two hours.",
		Remedy: []string{
			"Check whether admin consent to Mail.Send is there again: Entra ID > Enterprise apps > the app > " +
				"Security > Permissions. While it is there, nothing is limited; choose Revoke permission.",
			"In Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity {client-id} -Resource " +
				"OTHER-MAILBOX",
			"Remove each role assignment of the app whose scope holds other mailboxes: Remove-ManagementRoleAssignment",
			"Wait 2 hours, then run palmail check: the limit line passes.",
		},
		Who:    whoExchange,
		Source: docRBAC,
	},
	{
		Cause: CauseMailboxOutOfScope, Title: "The app is not allowed to use this mailbox",
		Explanation: "The app can send mail, but a scope or an access policy in Exchange Online leaves this mailbox " +
			"out. Changes to it take from 30 minutes to more than two hours.",
		Remedy: []string{
			"An Exchange Administrator connects with Connect-ExchangeOnline and runs: " +
				"Test-ServicePrincipalAuthorization -Identity {client-id} -Resource {mailbox} (InScope must be True)",
			"For an older access policy, run: Test-ApplicationAccessPolicy -AppId {client-id} -Identity {mailbox} " +
				"(AccessCheckResult must be Granted)",
			"Add the mailbox to the scope, or to the policy's mail-enabled security group as a direct member: " +
				"Add-DistributionGroupMember -Identity THE-GROUP -Member {mailbox}",
			"Admin consent is not the reason: do not grant it again.",
			"Wait up to two hours, then run palmail check: the mailbox line passes.",
		},
		Who:   whoExchange,
		Codes: []string{"ErrorBlockedByAppAccessPolicy", "ErrorImpersonateUserDenied"},
		Details: []string{
			"[RAOP]", "AppOnly AccessPolicy", "Access to OData is disabled", "ApplicationAccessPolicy & Denied",
			"ScopeType InScope & False", "ErrorAccessDenied & roles Mail.Send|roles: Mail.Send|scp " +
				"Mail.Send|Mail.Send is in the token|token has Mail.Send",
		},
		Texts: []string{
			"InScope : False", "AccessCheckResult : Denied", "AccessCheckResult Denied",
			"Blocked by tenant configured", "not within the scope of the application",
			"The specified object was not found in the store & graph.microsoft*|Client " +
				"Error|outlook*|ErrorItemNotFound|mailFolders|process failed to get",
		}, Source: docRBAC,
	},
	{
		Cause: CauseMailboxNotInExchangeOnline, Title: "This account has no mailbox in Exchange Online",
		Explanation: "The account exists, but its mailbox is on a server of your own, was deleted, has no licence, " +
			"or the account is a guest. Microsoft Graph reaches only Exchange Online.",
		Remedy: []string{
			"In the Exchange admin center (https://{exchange}), open Recipients > Mailboxes and look for {mailbox}.",
			"If it is missing, create a shared mailbox there (Add a shared mailbox), or assign the account a licence " +
				"with Exchange Online, and wait up to 24 hours.",
			"If the mailbox is on-premises, have it migrated, or use another one for PAL.",
			"To see that it worked, run palmail check: the mailbox line passes.",
		},
		Who: whoExchange,
		Codes: []string{
			"MailboxNotEnabledForRESTAPI", "ErrorMissingEmailAddress", "MailboxNotSupportedForRESTAPI",
			"ErrorMailboxNotEnabledForRESTAPI", "MailboxNotHostedInExchangeOnline",
			"OrganizationFromTenantGuidNotFound", "ErrorMailboxNotEnabled",
		},
		Texts: []string{
			"REST API is not yet supported for this mailbox", "either inactive, soft-deleted, or is hosted on-premise",
			"account that does not have a mailbox", "mailbox is hosted on-premise", "The tenant for tenant guid",
			"mailbox is located on-premises", "does not have a valid license & Exchange",
			"REST APIs for this mailbox are currently in preview", "User not licensed & Exchange",
		}, Source: "https://learn.microsoft.com/graph/hybrid-rest-support",
	},
	{
		Cause: CauseMailboxUnknown, Title: "There is no such mailbox",
		Explanation: "Exchange Online knows no mailbox with this address. It is empty or mistyped, is only an alias " +
			"or a group, or was renamed or deleted.",
		Remedy: []string{
			"In the Exchange admin center (https://{exchange}), open Recipients > Mailboxes and copy the address of " +
				"the mailbox.",
			"Enter it in palmail and as Email Address in PAL, letter for letter. Use its primary address, not an alias.",
			"If the software has a setting for the sender, check that it is filled: an empty one makes an address " +
				"that names nobody.",
			"If the mailbox was created within the last hour, wait 1 hour. Then run palmail check: the mailbox line " +
				"passes.",
		},
		Who: whoExchange,
		Codes: []string{
			"ErrorInvalidUser", "ErrorNonPrimarySmtpAddress", "ErrorNonExistentMailbox", "ErrorInvalidMailbox",
			"ErrorNoMailbox", "MailboxNotFound", "ErrorUserNotFound",
		},
		Texts: []string{
			"The SMTP address has no mailbox associated with it", "The requested user & is invalid",
			"mailbox could not be found & Exchange|user|ErrorNonExistentMailbox|SMTP|address|graph*",
			"Resource could not be discovered & graph*|mailbox|users|Error|code", "couldn't find mailbox",
			"ManagementObjectNotFoundException",
		},
		Hints: []string{"mailbox not found"}, Source: docSendMail,
	},
	{
		Cause: CauseMailboxBlocked, Title: "This mailbox is blocked from sending",
		Explanation: "Microsoft has stopped it because mail from it looked like spam, or somebody has disabled the " +
			"account.",
		Remedy: []string{
			"In the Microsoft Defender portal (https://{defender}), open Email & collaboration > Review > Restricted " +
				"entities and check whether the mailbox is listed.",
			"Find out why before unblocking it: a compromised account, or a program that sent too much.",
			"Then choose Unblock, wait 1 hour, and send a test mail.",
		},
		Who: "A Security Administrator or Exchange Administrator",
		Codes: []string{
			"ErrorAccountSuspend", "ErrorAccountSuspended", "ErrorMessageSubmissionBlocked",
			"ErrorAccountSuspendShowTierUpgrade", "ErrorUserBlocked", "ErrorAccountDisabled", "ErrorMessageBlocked",
		},
		Texts: []string{
			"Account suspended. Follow the instructions", "verdict is Suspend", "verdict is HipSend",
			"verdict is HipNotify", "OutboundSpamException",
			"Follow the instructions in your Inbox to verify your account",
			"restricted from sending & mail|mailbox|user|email|message*",
			"blocked from sending & " + trouble + "|550",
			"mailbox is disabled & Exchange|send*|ErrorAccount*|graph*", "has been blocked & outbound spam",
		}, Source: "https://learn.microsoft.com/defender-office-365/outbound-spam-restore-restricted-users",
	},
	{
		Cause: CauseSendAsDenied, Title: "The From address is not this mailbox",
		Explanation: "The mail names a sender other than the mailbox it is sent through, and that mailbox is not " +
			"allowed to send as them.",
		Remedy: []string{
			"In PAL, make the From address the same as Email Address, {mailbox}. Use the mailbox's primary address.",
			"If the address is right, look at the display name of From: an @ in it confuses Microsoft Graph. Use a " +
				"name without @, or none.",
			"If another From is wanted: an Exchange Administrator opens Recipients > Mailboxes > that address > " +
				"Delegation > Send as in the Exchange admin center (https://{exchange}) and adds the mailbox. Wait 1 " +
				"hour.",
			"To see that it worked, send a test mail.",
		},
		Who: whoExchange,
		Codes: []string{
			"ErrorSendAsDenied", "SendAsDeniedException", "ErrorCannotSendAs",
		}, Details: []string{"SendAsDenied"},
		Texts: []string{
			"does not have the right to send mail on behalf of",
			"not allowed to send as & error|denied|550|cannot|failed|smtp|exception|code",
			"does not have permissions to send as this sender",
		}, Source: docNDR,
	},
	{
		Cause: CauseRecipientInvalid, Title: "A recipient's address is not valid",
		Explanation: "One of the addresses in To, Cc or Bcc is empty, malformed or unknown, so nothing was sent.",
		Remedy: []string{
			"Correct the address, and leave out empty ones.",
			"Separate several addresses the way the program asks for; Graph wants each in an entry of its own.",
			"Send again: the answer is 202 when all addresses are valid.",
		},
		Who: whoYou,
		Codes: []string{
			"ErrorInvalidRecipients", "ErrorMissingRecipients", "InvalidRecipientsException", "RecipientNotFound",
			"ErrorInvalidRecipient", "ErrorMailRecipientNotFound", "ErrorInvalidSmtpAddress",
		},
		Texts: []string{
			"At least one recipient is not valid", "At least one recipient isn't valid", "Recipient is not resolved",
			"must be resolved before a message can be submitted", "no recipients are defined",
			"at least one valid recipient", "A recipient must be specified",
			"Recipients are required & mail|message|send*|sendMail",
		}, Source: docSendMail,
	},
	{
		Cause: CauseMessageTooLarge, Title: "The message is too large",
		Explanation: "Microsoft Graph takes 4 MB in one request, which leaves about 3 MB for attachments; Exchange " +
			"Online takes up to 35 MB by default, counted after encoding, and the receiver can allow less.",
		Remedy: []string{
			"Send the message with smaller or fewer attachments: together under 3 MB, or a link to the file instead.",
			"If the software sends large attachments through Microsoft Graph, it must use an upload session " +
				"(createUploadSession): install a version that does, or report it to its maker.",
			"If Exchange's own limit refused it, an Exchange Administrator raises it up to 150 MB: Set-Mailbox " +
				"{mailbox} -MaxSendSize 75MB. Wait 1 hour.",
			"If a web server or proxy in front of the software answered 413, raise its limit: in IIS, Request " +
				"Filtering > Edit Feature Settings > Maximum allowed content length.",
			"To see that it worked, send the same message with one small attachment, then with the large one.",
		},
		Who: "The administrator of the software that sends",
		Codes: []string{
			"ErrorMessageSizeExceeded", "ErrorAttachmentSizeLimitExceeded", "RequestEntityTooLarge",
			"ErrorMimeContentConversionFailedTooLarge", "MessageSizeExceeded", "ErrorRequestSizeExceeded",
		},
		Details: []string{
			"Maximum request length exceeded", "The maximum request length supported is", "maxAllowedContentLength",
			"request size & exceeds & maximum", "message size exceeds", "exceeds the maximum message size",
			"Message exceeds the maximum supported size", "The size of the attachment & exceed*|limit",
			"size limit & attachment*|message",
			"message is too large & smtp|552|550|error|failed|rejected|exceeds|413",
			"message too large & smtp|552|550|error|failed|rejected|exceeds|413|mail",
			"exceeds size limit & message|mail|attachment*", "552 Message size", "RESOLVER.RST.SendSizeLimit*",
			"RESOLVER.RST.RecipSizeLimit*", "attachment & too large|exceeds",
		},
		Hints: []string{
			"Request Entity Too Large", "Payload Too Large", "Content Too Large",
		}, Source: "https://learn.microsoft.com/graph/outlook-large-attachments",
	},
}

// exchangeEntries are about the service that sends, and its limits.
var exchangeEntries = []Entry{
	{
		Cause: CauseThrottled, Title: "Too many requests: Microsoft asks to wait",
		Explanation: "More was asked in a short time than Microsoft allows. It passes without any action.",
		Remedy: []string{
			"Wait for the time that the answer names in Retry-After, or 5 minutes, and try again; palmail does this " +
				"automatically.",
			"If it happens often, have PAL send more slowly, or with fewer mails at once: a mailbox can send 30 " +
				"messages a minute and 4 at the same time.",
		},
		Who: whoYou, Retry: true,
		Codes: []string{
			"ApplicationThrottled", "TooManyRequests", "Request_ThrottledTemporarily", "activityLimitReached",
			"ErrorServerBusy", "Directory_Throttled", "90055", "50196", "50166", "ErrorTooManyRequests",
			"MailboxConcurrency", "ErrorThrottleLimitExceeded", "CommandConcurrencyLimitReached",
		},
		Texts: []string{
			"verdict is Throttle", "MailboxConcurrency limit", "429 Too Many Requests", "request has been throttled",
			"you are being throttled", "requests are throttled & graph*|exchange|tenant|Microsoft|429",
			"There are too many incoming requests", "over its request limit", "Please retry again later & throttl",
			"server is busy. Please retry later", "A client loop has been detected",
			"Rate limit exceeded & 429|graph*|retry-after|Microsoft",
		},
		Hints: []string{"Too Many Requests", "request throttled"}, Source: docThrottling,
	},
	{
		Cause: CauseSendLimitReached, Title: "A sending limit is used up",
		Explanation: "A mailbox can send to 10,000 recipients a day and 30 messages a minute, and the tenant has a " +
			"daily limit for recipients outside. One of them is reached.",
		Remedy: []string{
			"Wait 24 hours: the limits count the last 24 hours.",
			"An address that ends in onmicrosoft.com can reach only 100 outside recipients in 24 hours (5.7.236): " +
				"use a mailbox with the agency's own domain.",
			"Find out what sends so much: Exchange admin center (https://{exchange}) > Reports > Mail flow > Tenant " +
				"outbound external recipients. A trial tenant's limit is much lower.",
			"For mass mail, Microsoft offers Azure Communication Services and High Volume Email.",
			"To see that sending works again, send one test mail.",
		},
		Who: whoExchange, Retry: true,
		Codes: []string{
			"ErrorExceededMessageLimit", "ErrorMessageLimitExceeded", "SubmissionQuotaExceededException",
			"ErrorSubmissionQuotaExceeded", "ErrorQuotaExceeded", "ErrorExceededRecipientLimit",
			"ErrorMessageThrottled", "ErrorRecipientLimitExceeded", "ErrorExceededMaxRecipientLimit",
			"ErrorExceededMaxRecipientLimitBlock", "ErrorExceededHourlyMessageLimit", "ErrorSendQuotaExceeded",
			"RecipientRateLimitExceeded", "ErrorExceededMaxRecipients",
		},
		Details: []string{"verdict is RefuseQuota", "Message/Recipient limit exceeded"},
		Texts: []string{
			"exceeded its max recipient rate limit", "exceeded your daily & send*|mail|recipient*|message",
			"daily message limit", "daily recipient limit", "recipient rate limit",
			"sending limit & exceeded|reached|exceeds", "submission quota", "message limit exceeded",
			"tenant has exceeded threshold", "maximum number of recipients & exceed*|send*|message|mail",
			"has exceeded the tenant external recipient",
		}, Source: docExoLimits,
	},
	{
		Cause: CauseServiceFault, Title: "Microsoft's side failed",
		Explanation: "The request was understood, but the service could not do it at this moment. Most such faults " +
			"pass within minutes.",
		Remedy: []string{
			"Wait 5 minutes and try again.",
			"If it still fails, look at Health > Service health in the Microsoft 365 admin center (https://{admin}).",
			"Then open a support request with Microsoft, with the IDs below.",
		},
		Who: whoMicrosoft, Link: serviceHealthPage, Retry: true,
		Codes: []string{"InternalServerError", "ServiceUnavailable", "serviceNotAvailable", "generalException",
			"ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorMailboxStoreUnavailable",
			"ErrorTimeoutExpired", "BadGateway", "GatewayTimeout", "Service_InternalServerError",
			"ErrorConnectionFailed", "ErrorMailboxMoveInProgress", "MailboxInfoStale", "ErrorMailboxFailover",
			"ErrorInsufficientResources", "ErrorADUnavailable", "ErrorADOperation",
			"ErrorConnectionFailedTransientError",
			"90033", "90006", "90012", "90024", "90036", "90090", "90091", "90092", "50000", "50033", "50086", "70012",
			"90085", "230109", "Directory_ServiceUnavailable", "ErrorInternalServerTransient",
			"ErrorInternalServerTransientException"},
		Texts: []string{
			"temporarily_unavailable", "Unable to resolve template token", "Monitor is unhealthy",
			"Our services aren't available right now",
			"The service is temporarily unavailable & graph*|Microsoft|login*|AADSTS*|Exchange|Azure|503",
			"A transient error has occurred & graph*|Microsoft|AADSTS*|Exchange|mailbox|retry",
			"encountered an internal server error & graph*|Microsoft|AADSTS*|Exchange|mailbox",
			"An unexpected error occurred & graph.microsoft",
			"The server encountered an internal error & graph*|Microsoft|AADSTS*|Exchange|mailbox",
			"We're unable to complete your request & server",
		},
		Hints: []string{
			"InternalError", "Internal Server Error", "server_error", "UnknownError", "The service is unavailable",
			"Service Unavailable", "Bad Gateway", "Gateway Time-out", "Gateway Timeout",
		}, Source: docGraphErrors,
	},
	{
		Cause: CauseAccessPoliciesFull, Title: "Exchange holds no more application access policies",
		Explanation: "An organization can have only about 300 of these older policies, and this one has used them up.",
		Remedy: []string{
			"Use RBAC for Applications instead, which has no such limit: palmail limit shows the commands.",
			"Or remove policies of apps that no longer exist: Get-ApplicationAccessPolicy, then " +
				"Remove-ApplicationAccessPolicy -Identity and the policy's name.",
			"Then run the command again: it succeeds as soon as one policy has been removed.",
		},
		Who: whoExchange,
		Texts: []string{
			"A tenant cannot have more than & policies", "total size of App Access Policies",
			"ApplicationAccessPolicy & has reached", "ApplicationAccessPolicy & exceed",
			"application access policies & limit", "application access policies & maximum",
			"app access policies & limit", "ApplicationAccessPolicy & limit", "ApplicationAccessPolicy & maximum",
		}, Source: "https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy",
	},
}
