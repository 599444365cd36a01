package diagnose

// Cause names why something failed, as `palmail explain --json` prints it.
type Cause string

// The causes that a Finding can name. A context.Canceled has none: its Finding
// is empty.
const (
	CauseTenantUnknown              Cause = "tenant-unknown"                 // no such tenant in this cloud
	CauseTenantMalformed            Cause = "tenant-malformed"               // the tenant value is not an ID or a domain
	CauseTenantInactive             Cause = "tenant-inactive"                // the tenant is blocked for inactivity
	CauseWrongCloud                 Cause = "wrong-cloud"                    // right tenant or app, wrong cloud's login or Graph host
	CauseAppUnknown                 Cause = "app-unknown"                    // no app with this client ID in this tenant
	CauseAppIDIsTenantID            Cause = "app-id-is-tenant-id"            // the tenant ID was pasted as the client ID
	CauseAppWithoutServicePrincipal Cause = "app-without-service-principal"  // the app exists, its enterprise application does not
	CauseAppDisabled                Cause = "app-disabled"                   // the enterprise application is disabled
	CauseAppIsPublicClient          Cause = "app-is-public-client"           // the redirect URI was registered under mobile/desktop or SPA, so the app takes no secret
	CauseAppObjectFull              Cause = "app-object-full"                // the app object holds too many secrets, URIs or permissions
	CauseSecretWrong                Cause = "secret-wrong"                   // the secret is not one of the app's (typically the Secret ID instead of the Value)
	CauseSecretExpired              Cause = "secret-expired"                 // the secret is past its end date
	CauseSecretMissing              Cause = "secret-missing"                 // the request carried no secret
	CauseSecretLifetimeOverPolicy   Cause = "secret-lifetime-over-policy"    // the tenant's policy caps a secret's lifetime
	CauseSecretsBlockedByPolicy     Cause = "secrets-blocked-by-policy"      // the tenant's policy forbids client secrets
	CauseScopeWrong                 Cause = "scope-wrong"                    // the scope is not the cloud's Graph `/.default`
	CauseResourceNotInTenant        Cause = "resource-not-in-tenant"         // the requested API has no enterprise application in the tenant
	CauseAPINotListed               Cause = "api-not-listed"                 // the app does not list the API under API permissions
	CauseRequestMalformed           Cause = "request-malformed"              // the request itself is broken: a fault of the software that sent it
	CauseSignInPending              Cause = "sign-in-pending"                // the admin has not finished signing in: not an error
	CauseSignInCodeExpired          Cause = "sign-in-code-expired"           // the device code ran out
	CauseSignInInterrupted          Cause = "sign-in-interrupted"            // the sign-in wants the person to confirm again
	CauseMFARequired                Cause = "mfa-required"                   // multi-factor authentication is needed
	CauseBlockedByConditionalAccess Cause = "blocked-by-conditional-access"  // a Conditional Access policy refused the sign-in
	CauseDeviceNotManaged           Cause = "device-not-managed"             // the policy wants a compliant or managed device
	CauseDeviceCodeBlocked          Cause = "device-code-blocked"            // this tenant forbids the device code flow
	CauseUserNotInTenant            Cause = "user-not-in-tenant"             // the account is not a member of the tenant
	CauseUserNotAssigned            Cause = "user-not-assigned"              // the sign-in app requires assignment
	CauseScopeNotPreauthorized      Cause = "scope-not-preauthorized"        // the sign-in app may not ask for that scope
	CauseSignInAppNotPublic         Cause = "sign-in-app-not-public"         // the app used for sign-in wants a secret: it is no public client
	CauseAdminApprovalRequired      Cause = "admin-approval-required"        // an administrator must approve the sign-in app
	CauseConsentMissing             Cause = "consent-missing"                // nobody has consented, or not yet
	CauseConsentDeclined            Cause = "consent-declined"               // the admin pressed Cancel
	CauseRedirectURIMissing         Cause = "redirect-uri-missing"           // the redirect URI is absent
	CauseRedirectURIMismatch        Cause = "redirect-uri-mismatch"          // the redirect URI differs from the registered one
	CauseRedirectURINotHTTPS        Cause = "redirect-uri-not-https"         // the redirect URI is not https
	CauseDomainNotVerified          Cause = "domain-not-verified"            // a domain that the tenant has not verified
	CauseAdminRoleMissing           Cause = "admin-role-missing"             // the signed-in person lacks the role for this
	CauseTokenLacksScope            Cause = "token-lacks-scope"              // the token used lacks a permission, whatever the person's role
	CauseDirectoryQuota             Cause = "directory-quota"                // a quota of directory objects is used up
	CauseNotReplicatedYet           Cause = "not-replicated-yet"             // just created, not everywhere yet: wait and retry
	CauseConflictRetry              Cause = "conflict-retry"                 // two changes met: retry
	CauseAlreadyGranted             Cause = "already-granted"                // the grant is there: success
	CauseMailSendNotGranted         Cause = "mail-send-not-granted"          // the token carries no application Mail.Send of Microsoft Graph
	CauseMailSendNotLimited         Cause = "mail-send-not-limited"          // the app may send as other mailboxes than the one it was limited to
	CauseMailboxOutOfScope          Cause = "mailbox-out-of-scope"           // an access policy or scope does not include this mailbox
	CauseMailboxNotInExchangeOnline Cause = "mailbox-not-in-exchange-online" // the account has no Exchange Online mailbox (licence, guest, on-premises)
	CauseMailboxUnknown             Cause = "mailbox-unknown"                // no such mailbox
	CauseMailboxBlocked             Cause = "mailbox-blocked"                // the mailbox is blocked from sending
	CauseSendAsDenied               Cause = "send-as-denied"                 // the From differs from the mailbox
	CauseRecipientInvalid           Cause = "recipient-invalid"              // a recipient is empty or malformed
	CauseThrottled                  Cause = "throttled"                      // too many requests: wait
	CauseSendLimitReached           Cause = "send-limit-reached"             // a sending limit is used up
	CauseServiceFault               Cause = "service-fault"                  // Microsoft's side failed
	CauseTokenInvalid               Cause = "token-invalid"                  // the access token is damaged
	CauseTokenForOtherAudience      Cause = "token-for-other-audience"       // the access token is for another resource
	CauseSMTPAuthNotGraph           Cause = "smtp-auth-not-graph"            // an SMTP failure: Mail.Send of Graph does not cover SMTP AUTH
	CauseAccessPoliciesFull         Cause = "access-policies-full"           // Exchange's application access policies are full
	CauseTLSUntrusted               Cause = "tls-untrusted"                  // the certificate is not trusted
	CauseCertificateExpired         Cause = "certificate-expired"            // the certificate is out of date, or the clock is wrong
	CauseProxyAuthRequired          Cause = "proxy-auth-required"            // the proxy wants credentials
	CauseProxySchemeWrong           Cause = "proxy-scheme-wrong"             // https was used for an http proxy
	CauseDNSFailed                  Cause = "dns-failed"                     // the host could not be found
	CauseConnectionRefused          Cause = "connection-refused"             // the host refused the connection
	CauseTimeout                    Cause = "timeout"                        // the host did not answer in time
	CauseNotMicrosoft               Cause = "not-microsoft"                  // something that is not Microsoft answered (captive portal, proxy page, sign-in page)
	CauseUnknown                    Cause = "unknown"                        // none of these: show the text, cleaned, with its ids
)

// CauseKeyring is the operating system's keyring refusing to read or write. No
// text is read as this cause: steps.StoreFinding makes its findings.
const CauseKeyring Cause = "keyring"

// CauseUsage is a wrong command line. No text is read as this cause: the command
// line makes its findings, for --json.
const CauseUsage Cause = "usage"
