package diagnose

// The causes a Finding can name. A context.Canceled has none: its Finding is
// empty.
const (
	CauseTenantUnknown   = "tenant-unknown"   // no such tenant in this cloud
	CauseTenantMalformed = "tenant-malformed" // the tenant value is not an ID or a domain
	CauseTenantInactive  = "tenant-inactive"  // the tenant is blocked for inactivity
	// right tenant or app, wrong cloud's login or Graph host
	CauseWrongCloud      = "wrong-cloud"
	CauseAppUnknown      = "app-unknown"         // no app with this client ID in this tenant
	CauseAppIDIsTenantID = "app-id-is-tenant-id" // the tenant ID was pasted as the client ID
	// the app exists, its enterprise application does not
	CauseAppWithoutServicePrincipal = "app-without-service-principal"
	CauseAppDisabled                = "app-disabled" // the enterprise application is disabled
	// the redirect URI was registered under mobile/desktop or SPA, so the app takes no secret
	CauseAppIsPublicClient = "app-is-public-client"
	// the app object holds too many secrets, URIs or permissions
	CauseAppObjectFull = "app-object-full"
	// the secret is not one of the app's (typically the Secret ID instead of the Value)
	CauseSecretWrong              = "secret-wrong"
	CauseSecretExpired            = "secret-expired"              // the secret is past its end date
	CauseSecretMissing            = "secret-missing"              // the request carried no secret
	CauseSecretLifetimeOverPolicy = "secret-lifetime-over-policy" // the tenant's policy caps a secret's lifetime
	CauseSecretsBlockedByPolicy   = "secrets-blocked-by-policy"   // the tenant's policy forbids client secrets
	CauseScopeWrong               = "scope-wrong"                 // the scope is not the cloud's Graph `/.default`
	// the requested API has no enterprise application in the tenant
	CauseResourceNotInTenant = "resource-not-in-tenant"
	// the app does not list the API under API permissions
	CauseAPINotListed = "api-not-listed"
	// the request itself is broken: a fault of the software that sent it
	CauseRequestMalformed = "request-malformed"
	// the admin has not finished signing in: not an error
	CauseSignInPending     = "sign-in-pending"
	CauseSignInCodeExpired = "sign-in-code-expired" // the device code ran out
	CauseSignInInterrupted = "sign-in-interrupted"  // the sign-in wants the person to confirm again
	CauseMFARequired       = "mfa-required"         // multi-factor authentication is needed
	// a Conditional Access policy refused the sign-in
	CauseBlockedByConditionalAccess = "blocked-by-conditional-access"
	CauseDeviceNotManaged           = "device-not-managed"      // the policy wants a compliant or managed device
	CauseDeviceCodeBlocked          = "device-code-blocked"     // this tenant forbids the device code flow
	CauseUserNotInTenant            = "user-not-in-tenant"      // the account is not a member of the tenant
	CauseUserNotAssigned            = "user-not-assigned"       // the sign-in app requires assignment
	CauseScopeNotPreauthorized      = "scope-not-preauthorized" // the sign-in app is not allowed to ask for that scope
	// the app used for sign-in wants a secret: it is no public client
	CauseSignInAppNotPublic    = "sign-in-app-not-public"
	CauseAdminApprovalRequired = "admin-approval-required" // an administrator must approve the sign-in app
	CauseConsentMissing        = "consent-missing"         // nobody has consented, or not yet
	CauseConsentDeclined       = "consent-declined"        // the admin pressed Cancel
	CauseRedirectURIMissing    = "redirect-uri-missing"    // the redirect URI is absent
	// the redirect URI differs from the registered one
	CauseRedirectURIMismatch = "redirect-uri-mismatch"
	CauseRedirectURINotHTTPS = "redirect-uri-not-https" // the redirect URI is not https
	CauseDomainNotVerified   = "domain-not-verified"    // a domain that the tenant has not verified
	CauseAdminRoleMissing    = "admin-role-missing"     // the signed-in person lacks the role for this
	// the token used lacks a permission, whatever the person's role
	CauseTokenLacksScope = "token-lacks-scope"
	CauseDirectoryQuota  = "directory-quota" // a quota of directory objects is used up
	// just created, not everywhere yet: wait and retry
	CauseNotReplicatedYet = "not-replicated-yet"
	CauseConflictRetry    = "conflict-retry"  // two changes met: retry
	CauseAlreadyGranted   = "already-granted" // the grant is there: success
	// the token carries no application Mail.Send of Microsoft Graph
	CauseMailSendNotGranted = "mail-send-not-granted"
	// the app can send as other mailboxes than the one it was limited to
	CauseMailSendNotLimited = "mail-send-not-limited"
	// an access policy or scope does not include this mailbox
	CauseMailboxOutOfScope = "mailbox-out-of-scope"
	// the account has no Exchange Online mailbox (licence, guest, on-premises)
	CauseMailboxNotInExchangeOnline = "mailbox-not-in-exchange-online"
	CauseMailboxUnknown             = "mailbox-unknown"          // no such mailbox
	CauseMailboxBlocked             = "mailbox-blocked"          // the mailbox is blocked from sending
	CauseSendAsDenied               = "send-as-denied"           // the From differs from the mailbox
	CauseRecipientInvalid           = "recipient-invalid"        // a recipient is empty or malformed
	CauseThrottled                  = "throttled"                // too many requests: wait
	CauseSendLimitReached           = "send-limit-reached"       // a sending limit is used up
	CauseServiceFault               = "service-fault"            // Microsoft's side failed
	CauseTokenInvalid               = "token-invalid"            // the access token is damaged
	CauseTokenForOtherAudience      = "token-for-other-audience" // the access token is for another resource
	// an SMTP failure: Mail.Send of Graph does not cover SMTP AUTH
	CauseSMTPAuthNotGraph   = "smtp-auth-not-graph"
	CauseAccessPoliciesFull = "access-policies-full" // Exchange's application access policies are full
	CauseTLSUntrusted       = "tls-untrusted"        // the certificate is not trusted
	CauseCertificateExpired = "certificate-expired"  // the certificate is out of date, or the clock is wrong
	CauseProxyAuthRequired  = "proxy-auth-required"  // the proxy wants credentials
	CauseProxySchemeWrong   = "proxy-scheme-wrong"   // https was used for an http proxy
	CauseDNSFailed          = "dns-failed"           // the host could not be found
	CauseConnectionRefused  = "connection-refused"   // the host refused the connection
	CauseTimeout            = "timeout"              // the host did not answer in time
	// something that is not Microsoft answered (captive portal, proxy page, sign-in page)
	CauseNotMicrosoft = "not-microsoft"
	CauseTLSTooOld    = "tls-too-old" // the program offers only TLS 1.0/1.1 or old ciphers
	// a computer's clock is off, so a token is not yet, or no longer, valid
	CauseClockWrong = "clock-wrong"
	// the signed-in account is locked, disabled, or must change its password
	CauseAccountBlocked = "account-blocked"
	// an app registration's object ID stands for the enterprise application's, or the reverse
	CauseWrongObject        = "wrong-object"
	CauseRedirectURIInvalid = "redirect-uri-invalid" // the redirect URI is not one that can be registered
	CauseMessageTooLarge    = "message-too-large"    // the message is over a size limit
	CauseKeyringMissing     = "keyring-missing"      // no keyring service or collection answers
	// the keyring is locked, dismissed, or cannot show its window
	CauseKeyringLocked = "keyring-locked"
	CauseKeyringTooBig = "keyring-too-big" // the item is over the system's limit
	// the sender, tenant or its addresses are blocked by reputation or a list
	CauseSenderBlocked          = "sender-blocked"
	CauseSenderNotAuthenticated = "sender-not-authenticated" // a receiver refused for SPF, DKIM or DMARC
	CauseRecipientUnknown       = "recipient-unknown"        // no such recipient, or its mailbox is full
	CauseRecipientRefused       = "recipient-refused"        // the recipient's rules refuse
	CauseDeliveryDelayed        = "delivery-delayed"         // deferred: the mail system tries again
	CauseUnknown                = "unknown"                  // none of these: show the text, cleaned, with its ids
)
