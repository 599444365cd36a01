package diagnose

// bounceEntries are about a mail that was accepted and did not arrive. The
// codes are in table_smtp.go; these are the words that come without them.
var bounceEntries = []Entry{
	{
		Cause: CauseSenderNotAuthenticated, Title: "The receiver could not verify the sender's domain",
		Explanation: "The receiving server checked SPF, DKIM and DMARC of the sender's domain, and they do not vouch " +
			"for this mail.",
		Remedy: []string{
			"SPF: the domain's TXT record must be one record and include Exchange Online: v=spf1 " +
				"include:spf.protection.outlook.com -all (GCC High and DoD: include:spf.protection.office365.us). " +
				"Add the include to the record that exists; never publish a second one.",
			"DKIM: in Microsoft Defender (https://{defender}), open Email & collaboration > Policies & rules > " +
				"Threat policies > Email authentication settings > DKIM, select the domain, publish the two CNAME " +
				"records that it shows, then set Sign messages for this domain with DKIM signatures to Enabled.",
			"DMARC: with _dmarc p=reject or p=quarantine, SPF or DKIM must pass for exactly the domain in From. If a " +
				"relay or gateway sends the mail on, DKIM is the one that survives.",
			"Wait for DNS: up to 48 hours, usually 1 hour. Check with: Resolve-DnsName " +
				"selector1._domainkey.YOUR-DOMAIN -Type CNAME",
			"To see that it worked, send a test mail and read Authentication-Results in the arrived mail's headers: " +
				"spf=pass, dkim=pass and dmarc=pass.",
		},
		Who: "The administrator of the domain's DNS records, with an Exchange Administrator",
		Details: []string{"does not pass authentication", "not accepted due to domain's DMARC policy",
			"violates DMARC policy", "DMARC policy & reject*|violat*|fail*", "failed DMARC",
			"DMARC verification failed", "SPF check failed", "Message failed SPF", "SPF validation failed",
			"DKIM validation failed",
			"sender's domain & required authentication level", "has failed to pass authentication",
			"Sender Policy Framework & fail*|rejected|violat*|not authorized", "Please see & spf fail*",
			"spf=fail & 550|554|rejected", "unauthenticated email from"},
		Source: "https://learn.microsoft.com/defender-office-365/email-authentication-about",
	},
	{
		Cause: CauseSenderBlocked, Title: "The sender is blocked for its reputation",
		Explanation: "A server refused the mail because the sender, its tenant or the address it was sent from is on " +
			"a block list. Exchange Online itself does this when a mailbox or tenant looked like a source of spam.",
		Remedy: []string{
			"See whether Microsoft restricted the mailbox: in Microsoft Defender (https://{defender}), open Email & " +
				"collaboration > Review > Restricted entities. Find out why it was restricted, then select it and " +
				"choose Unblock. It takes effect within 1 hour; a Security Administrator or Exchange Administrator " +
				"can do this.",
			"For 5.7.705, 5.7.708 or 5.7.750 Microsoft blocks the whole tenant or its domain: register every sending " +
				"domain under Settings > Domains in the Microsoft 365 admin center, then open a support request " +
				"(Help & support) with the bounce attached.",
			"For a list such as Spamhaus, the address in the bounce belongs to the server that sent. If that is your " +
				"own mail server, send through Microsoft Graph instead, or ask for removal at the link in the " +
				"bounce. For a banned address (5.7.511, 5.7.606-649) use https://sender.office.com.",
			"If the address belongs to Microsoft, send again after 1 hour, and report the bounce to Microsoft if it " +
				"returns.",
			"To see that it worked, send a test mail to the same recipient.",
		},
		Who: "A Security Administrator or Exchange Administrator",
		Details: []string{"blocked using & Spamhaus|spamcop|sorbs|barracuda*|list|rbl|zen",
			"Client host & blocked using", "part of their network is on our block list", "bad outbound sender",
			"you weren't recognized as a valid sender", "traffic not accepted from this IP", "banned sending IP",
			"banned sender",
			"Service unavailable, Client host", "sender has been blocked & reputation|spam",
			"is listed & spamhaus|spamcop|dnsbl|rbl", "is blocked using", "has been blocklisted",
			"poor reputation & mail|sender|ip|domain", "suspicious & unusual rate of unsolicited mail",
			"our system has detected an unusual rate of"},
		Source: "https://learn.microsoft.com/defender-office-365/outbound-spam-restore-restricted-users",
	},
	{
		Cause: CauseRecipientUnknown, Title: "The recipient does not exist, or its mailbox is full",
		Explanation: "The receiving server knows no such address, or its mailbox takes no more mail. PAL's own setup " +
			"is not the reason.",
		Remedy: []string{
			"Compare the address in the bounce with the one that the requester gave, letter for letter, and correct " +
				"it in the request.",
			"If it is right, the requester's mailbox is full or closed: write by post or telephone and ask for " +
				"another address.",
			"For an address of your own agency: an Exchange Administrator looks it up in the Exchange admin center " +
				"(https://{exchange}) under Recipients. If it exists on-premises only, its accepted domain must be " +
				"Internal relay under Mail flow > Accepted domains.",
			"If Outlook completed the address, delete the suggestion and type the address again.",
			"Send again to the corrected address: no bounce within 15 minutes means that it was taken.",
		},
		Who: "You, with the requester",
		Situations: []Situation{{
			Words: []string{"5.4.6", "5.4.14", "5.4.12", "hop count exceeded", "mail loop", "loop detected"},
			Explanation: "Two mail servers sent the mail to each other until one gave up. Usually the recipient's " +
				"domain is an Internal relay in one of them, and the address exists in neither.",
			Remedy: []string{
				"An Exchange Administrator opens Mail flow > Accepted domains in the Exchange admin center " +
					"(https://{exchange}) and looks at the recipient's domain: Authoritative if all mailboxes are in " +
					"Exchange Online, Internal relay only if a connector leads to the others.",
				"Check under Mail flow > Connectors that no connector leads the domain's mail back to where it came " +
					"from, and that the domain's MX record names the first server.",
				"If the domain is not yours, tell the recipient's administrator: the loop is on that side.",
				"Wait 30 minutes after a change, then send a test mail to the same address.",
			},
			Who: "An Exchange Administrator of the recipient's organization",
		}},
		Details: []string{"user unknown & 550|recipient|mailbox|address|delivery|delivered", "550 No such user",
			"Recipient address rejected", "RESOLVER.ADR.RecipientNotFound", "RESOLVER.ADR.ExRecipNotFound",
			"The email address you entered couldn't be found",
			"The email account that you tried to reach does not exist",
			"mailbox is full & quota|550|552|452|554|smtp|delivery has failed|delivered",
			"recipient's mailbox is full", "wasn't found at", "Host or domain name not found & status|mail|delivery",
			"DNS domain & does not exist & mail|recipient", "mail loop & hop|routing|detected", "Hop count exceeded"},
		Texts: []string{"No such user here", "mailbox unavailable & 550|recipient", "no mailbox here by that name"},
		Hints: []string{"User unknown", "Mailbox full", "over quota"}, Source: docNDR,
	},
	{
		Cause: CauseRecipientRefused, Title: "The recipient's side refuses this mail",
		Explanation: "The address exists, but a rule of the recipient's organization refused this sender or this " +
			"content.",
		Remedy: []string{
			"Read the text beside the code in the bounce: it names the rule, or the person who can change it.",
			"For a group or mailbox of your own agency: in the Exchange admin center (https://{exchange}), open " +
				"Recipients > Groups, select the group > Settings > Edit delivery management, and allow {mailbox} or " +
				"senders outside the organization. An Exchange Administrator can do this.",
			"For another organization: ask the recipient to have {mailbox} allowed, and give the bounce with its " +
				"code and time.",
			"Wait 30 minutes after the change, then send again.",
		},
		Who: "The administrator of the recipient's organization",
		Situations: []Situation{{
			Words: []string{"5.7.520", "external forwarding", "does not allow external forwarding"},
			Title: "The mail was to be forwarded outside, and a policy forbids it",
			Explanation: "The recipient's mailbox forwards mail to an address outside, and the outbound spam policy " +
				"of that organization does not allow it.",
			Remedy: []string{
				"Send to the person's real address, or have the forwarding removed from the mailbox.",
				"If forwarding is wanted: in Microsoft Defender (https://{defender}), open Email & collaboration > " +
					"Policies & rules > Threat policies > Anti-spam > Anti-spam outbound policy, and set Automatic " +
					"forwarding rules to On for this mailbox only. A Security Administrator can do this; it takes " +
					"effect within 1 hour.",
			},
			Who: "A Security Administrator of the recipient's organization",
		}},
		Details: []string{"RESOLVER.RST.NotAuthorized", "RESOLVER.RST.AuthRequired",
			"RESOLVER.RST.RestrictedToRecipientsPermission", "TRANSPORT.RULES.RejectMessage",
			"not allowed to send to this group", "You don't have permission to send to this recipient",
			"isn't allowed to send to", "Your organization does not allow external forwarding",
			"only accepts messages from people in its organization", "sender not authenticated for group",
			"blocked by the recipient organization", "a custom mail flow rule created by an admin"},
		Source: docNDR,
	},
	{
		Cause: CauseDeliveryDelayed, Title: "The mail is delayed",
		Explanation: "The receiving server put the mail off or did not answer. Exchange Online tries again for 24 " +
			"hours and sends a bounce if it gives up.",
		Remedy: []string{
			"Wait 24 hours from the time of sending; do not send the mail again meanwhile, or it arrives twice.",
			"To see where it is: an Exchange Administrator opens Mail flow > Message trace in the Exchange admin " +
				"center (https://{exchange}), searches for mails from {mailbox}, and reads Status and Events.",
			"If every mail to one domain is delayed, give its administrator the text with the 4.x code. If mails to " +
				"all domains are delayed, look at Health > Service health in the Microsoft 365 admin center.",
			"If the bounce says that the message expired, the other server did not answer for a day: correct the " +
				"recipient's domain, or send again later.",
		},
		Who: "The administrator of the receiving server", Retry: true,
		Details: []string{
			"QUEUE.Expired", "message expired & 4*|delivery|queue|smtp", "Message delivery has been delayed",
			"Delivery is delayed to these recipients", "Your message hasn't been delivered yet", "Greylisted",
			"Greylisting in action", "delivery temporarily suspended",
			"temporarily deferred & mail|message|delivery|421|451",
		},
		Texts: []string{
			"451 Temporary", "421 Service not available", "Warning: could not send message for past",
		}, Source: docNDR,
	},
}
