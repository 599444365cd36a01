package diagnose

// Cause names why something failed, as `palmail explain --json` prints it.
type Cause string

// The causes that a Finding can name. A context.Canceled has none: its Finding is
// empty.
const (
	CauseTenantUnknown   Cause = "tenant-unknown"   // no such tenant in this cloud
	CauseTenantMalformed Cause = "tenant-malformed" // the tenant value is not an ID or a domain
	CauseTenantInactive  Cause = "tenant-inactive"  // the tenant is blocked for inactivity
	// right tenant or app, wrong cloud's login or Graph host
	CauseWrongCloud      Cause = "wrong-cloud"
	CauseAppUnknown      Cause = "app-unknown"         // no app with this client ID in this tenant
	CauseAppIDIsTenantID Cause = "app-id-is-tenant-id" // the tenant ID was pasted as the client ID
	// the app exists, its enterprise application does not
	CauseAppWithoutServicePrincipal Cause = "app-without-service-principal"
	CauseAppDisabled                Cause = "app-disabled" // the enterprise application is disabled
	// the redirect URI was registered under mobile/desktop or SPA, so the app takes no secret
	CauseAppIsPublicClient Cause = "app-is-public-client"
	// the app object holds too many secrets, URIs or permissions
	CauseAppObjectFull Cause = "app-object-full"
	// the secret is not one of the app's (typically the Secret ID instead of the Value)
	CauseSecretWrong              Cause = "secret-wrong"
	CauseSecretExpired            Cause = "secret-expired"              // the secret is past its end date
	CauseSecretMissing            Cause = "secret-missing"              // the request carried no secret
	CauseSecretLifetimeOverPolicy Cause = "secret-lifetime-over-policy" // the tenant's policy caps a secret's lifetime
	CauseSecretsBlockedByPolicy   Cause = "secrets-blocked-by-policy"   // the tenant's policy forbids client secrets
	CauseScopeWrong               Cause = "scope-wrong"                 // the scope is not the cloud's Graph `/.default`
	// the requested API has no enterprise application in the tenant
	CauseResourceNotInTenant Cause = "resource-not-in-tenant"
	// the app does not list the API under API permissions
	CauseAPINotListed Cause = "api-not-listed"
	// the request itself is broken: a fault of the software that sent it
	CauseRequestMalformed Cause = "request-malformed"
	// the admin has not finished signing in: not an error
	CauseSignInPending     Cause = "sign-in-pending"
	CauseSignInCodeExpired Cause = "sign-in-code-expired" // the device code ran out
	CauseSignInInterrupted Cause = "sign-in-interrupted"  // the sign-in wants the person to confirm again
	CauseMFARequired       Cause = "mfa-required"         // multi-factor authentication is needed
	// a Conditional Access policy refused the sign-in
	CauseBlockedByConditionalAccess Cause = "blocked-by-conditional-access"
	CauseDeviceNotManaged           Cause = "device-not-managed"      // the policy wants a compliant or managed device
	CauseDeviceCodeBlocked          Cause = "device-code-blocked"     // this tenant forbids the device code flow
	CauseUserNotInTenant            Cause = "user-not-in-tenant"      // the account is not a member of the tenant
	CauseUserNotAssigned            Cause = "user-not-assigned"       // the sign-in app requires assignment
	CauseScopeNotPreauthorized      Cause = "scope-not-preauthorized" // the sign-in app is not allowed to ask for that scope
	// the app used for sign-in wants a secret: it is no public client
	CauseSignInAppNotPublic    Cause = "sign-in-app-not-public"
	CauseAdminApprovalRequired Cause = "admin-approval-required" // an administrator must approve the sign-in app
	CauseConsentMissing        Cause = "consent-missing"         // nobody has consented, or not yet
	CauseConsentDeclined       Cause = "consent-declined"        // the admin pressed Cancel
	CauseRedirectURIMissing    Cause = "redirect-uri-missing"    // the redirect URI is absent
	// the redirect URI differs from the registered one
	CauseRedirectURIMismatch Cause = "redirect-uri-mismatch"
	CauseRedirectURINotHTTPS Cause = "redirect-uri-not-https" // the redirect URI is not https
	CauseDomainNotVerified   Cause = "domain-not-verified"    // a domain that the tenant has not verified
	CauseAdminRoleMissing    Cause = "admin-role-missing"     // the signed-in person lacks the role for this
	// the token used lacks a permission, whatever the person's role
	CauseTokenLacksScope Cause = "token-lacks-scope"
	CauseDirectoryQuota  Cause = "directory-quota" // a quota of directory objects is used up
	// just created, not everywhere yet: wait and retry
	CauseNotReplicatedYet Cause = "not-replicated-yet"
	CauseConflictRetry    Cause = "conflict-retry"  // two changes met: retry
	CauseAlreadyGranted   Cause = "already-granted" // the grant is there: success
	// the token carries no application Mail.Send of Microsoft Graph
	CauseMailSendNotGranted Cause = "mail-send-not-granted"
	// the app can send as other mailboxes than the one it was limited to
	CauseMailSendNotLimited Cause = "mail-send-not-limited"
	// an access policy or scope does not include this mailbox
	CauseMailboxOutOfScope Cause = "mailbox-out-of-scope"
	// the account has no Exchange Online mailbox (licence, guest, on-premises)
	CauseMailboxNotInExchangeOnline Cause = "mailbox-not-in-exchange-online"
	CauseMailboxUnknown             Cause = "mailbox-unknown"          // no such mailbox
	CauseMailboxBlocked             Cause = "mailbox-blocked"          // the mailbox is blocked from sending
	CauseSendAsDenied               Cause = "send-as-denied"           // the From differs from the mailbox
	CauseRecipientInvalid           Cause = "recipient-invalid"        // a recipient is empty or malformed
	CauseThrottled                  Cause = "throttled"                // too many requests: wait
	CauseSendLimitReached           Cause = "send-limit-reached"       // a sending limit is used up
	CauseServiceFault               Cause = "service-fault"            // Microsoft's side failed
	CauseTokenInvalid               Cause = "token-invalid"            // the access token is damaged
	CauseTokenForOtherAudience      Cause = "token-for-other-audience" // the access token is for another resource
	// an SMTP failure: Mail.Send of Graph does not cover SMTP AUTH
	CauseSMTPAuthNotGraph   Cause = "smtp-auth-not-graph"
	CauseAccessPoliciesFull Cause = "access-policies-full" // Exchange's application access policies are full
	CauseTLSUntrusted       Cause = "tls-untrusted"        // the certificate is not trusted
	CauseCertificateExpired Cause = "certificate-expired"  // the certificate is out of date, or the clock is wrong
	CauseProxyAuthRequired  Cause = "proxy-auth-required"  // the proxy wants credentials
	CauseProxySchemeWrong   Cause = "proxy-scheme-wrong"   // https was used for an http proxy
	CauseDNSFailed          Cause = "dns-failed"           // the host could not be found
	CauseConnectionRefused  Cause = "connection-refused"   // the host refused the connection
	CauseTimeout            Cause = "timeout"              // the host did not answer in time
	// something that is not Microsoft answered (captive portal, proxy page, sign-in page)
	CauseNotMicrosoft Cause = "not-microsoft"
	CauseTLSTooOld    Cause = "tls-too-old" // the program offers only TLS 1.0/1.1 or old ciphers
	// a computer's clock is off, so a token is not yet, or no longer, valid
	CauseClockWrong Cause = "clock-wrong"
	// the signed-in account is locked, disabled, or must change its password
	CauseAccountBlocked Cause = "account-blocked"
	// an app registration's object ID stands for the enterprise application's, or the reverse
	CauseWrongObject        Cause = "wrong-object"
	CauseRedirectURIInvalid Cause = "redirect-uri-invalid" // the redirect URI is not one that can be registered
	CauseMessageTooLarge    Cause = "message-too-large"    // the message is over a size limit
	CauseKeyringMissing     Cause = "keyring-missing"      // no keyring service or collection answers
	// the keyring is locked, dismissed, or cannot show its window
	CauseKeyringLocked Cause = "keyring-locked"
	CauseKeyringTooBig Cause = "keyring-too-big" // the item is over the system's limit
	// the sender, tenant or its addresses are blocked by reputation or a list
	CauseSenderBlocked          Cause = "sender-blocked"
	CauseSenderNotAuthenticated Cause = "sender-not-authenticated" // a receiver refused for SPF, DKIM or DMARC
	CauseRecipientUnknown       Cause = "recipient-unknown"        // no such recipient, or its mailbox is full
	CauseRecipientRefused       Cause = "recipient-refused"        // the recipient's rules refuse
	CauseDeliveryDelayed        Cause = "delivery-delayed"         // deferred: the mail system tries again
	CauseUnknown                Cause = "unknown"                  // none of these: show the text, cleaned, with its ids
)

// CauseKeyring is the operating system's keyring refusing to read or write. No
// text is read as this cause: steps.StoreFinding makes its findings.
const CauseKeyring Cause = "keyring"

// CauseUsage is a wrong command line. No text is read as this cause: the command
// line makes its findings, for --json.
const CauseUsage Cause = "usage"
