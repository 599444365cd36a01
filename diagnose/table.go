package diagnose

// page is one of the Links that a remedy can point to.
type page int

const (
	noPage page = iota
	registrationsPage
	overviewPage
	secretsPage
	permissionsPage
	authenticationPage
	enterpriseAppPage
	adminConsentPage
	serviceHealthPage
	conditionalAccessPage
	appPoliciesPage
	nowhere // for a Situation: not even the page that its Entry has
)

// at returns the address of a page, empty when it is not known.
func (l Links) at(p page) string {
	switch p {
	case registrationsPage:
		return l.Registrations
	case overviewPage:
		return l.Overview
	case secretsPage:
		return l.Secrets
	case permissionsPage:
		return l.Permissions
	case authenticationPage:
		return l.Authentication
	case enterpriseAppPage:
		return l.EnterpriseApp
	case adminConsentPage:
		return l.AdminConsent
	case serviceHealthPage:
		return l.ServiceHealth
	case conditionalAccessPage:
		return l.ConditionalRule
	case appPoliciesPage:
		return l.AppPolicies
	}
	return ""
}

// Entry is what is known about one cause: how it is recognised and what it
// means. To recognise one more failure, add its code or its words to the
// entry of its cause; nothing else needs to change.
//
// A word is compared without case, and without regard to line wraps, quoting
// and encoding; other punctuation counts. It must not be a part of a longer
// word, except at an end that a star leaves open. "A & B|C" is A where B or C
// stands near it.
type Entry struct {
	Cause       Cause
	Title       string   // one line, no period
	Explanation string   // one or two sentences
	Remedy      []string // what to do, in order
	Who         string   // who can do it
	Link        page     // where
	Retry       bool     // waiting can help

	// Codes decide: AADSTS numbers and the names that Graph and Exchange put
	// into error.code.
	Codes []string
	// Details decide even against a code in the same answer: they tell what an
	// ambiguous code means this time.
	Details []string
	// Texts are words of the message, for answers that lost their code.
	Texts []string
	// Hints are codes and words that several failures share: they count only
	// where nothing better is found, and only with a second sign beside them.
	Hints []string

	// Situations change what the finding says; the first that fits counts.
	Situations []Situation

	Source string // the page that documents this cause, or a public report of it
}

// Causes returns the table of everything that can be recognised.
func Causes() []Entry {
	var all []Entry
	for _, part := range [][]Entry{
		tokenEntries, requestEntries, secretEntries, signInEntries, policyEntries, accessEntries, consentEntries,
		directoryEntries,
		mailboxEntries,
		exchangeEntries, bounceEntries, localEntries, networkEntries,
	} {
		all = append(all, part...)
	}
	return all
}

// Pages that document many causes.
const (
	docCodes       = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
	docGraphErrors = "https://learn.microsoft.com/graph/errors"
	docAuthErrors  = "https://learn.microsoft.com/graph/resolve-auth-errors"
	docSendMail    = "https://learn.microsoft.com/graph/api/user-sendmail"
	docConsent     = "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent"
	docPolicies    = "https://learn.microsoft.com/entra/identity/enterprise-apps/configure-app-management-policies"
	docReplyURL    = "https://learn.microsoft.com/entra/identity-platform/reply-url"
	docDeviceCode  = "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code"
	docRBAC        = "https://learn.microsoft.com/exchange/permissions-exo/application-rbac"
	docClouds      = "https://learn.microsoft.com/graph/deployments"
	docExoLimits   = "https://learn.microsoft.com/office365/servicedescriptions/" +
		"exchange-online-service-description/exchange-online-limits"
	docNDR = "https://learn.microsoft.com/exchange/mail-flow-best-practices/" +
		"non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online"
	docThrottling  = "https://learn.microsoft.com/graph/throttling"
	docConditional = "https://learn.microsoft.com/entra/identity/conditional-access/troubleshoot-conditional-access"
	docSMTPAuth    = "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/" +
		"authenticated-client-smtp-submission"
	docOldTLS = "https://learn.microsoft.com/troubleshoot/entra/entra-id/ad-dmn-services/" +
		"enable-support-tls-environment"
	docTime = "https://learn.microsoft.com/windows-server/networking/windows-time-service/" +
		"windows-time-service-tools-and-settings"
	docNetwork = "https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges"
)

// Who can do things.
const (
	whoYou        = "You"
	whoAppAdmin   = "A Cloud Application Administrator or Application Administrator, or an owner of the app"
	whoPrivileged = "A Privileged Role Administrator or Global Administrator"
	whoConditions = "A Conditional Access Administrator or Security Administrator"
	whoExchange   = "An Exchange Administrator"
	whoNetwork    = "Your network team"
	whoMicrosoft  = "Microsoft"
	whoUsers      = "A User Administrator or Global Administrator"
)

// trouble are the words one of which shows that a sentence tells of a failure
// instead of describing how things are.
const trouble = "error|failed|cannot|could not|unable|exception|failure"

type stageSign struct {
	stage Stage
	word  string
}

// staged are signs that mean something else during one stage.
var staged = map[stageSign]Cause{
	{StageToken, "7000218"}:                                                CauseSecretMissing,
	{StageSend, "Authorization_RequestDenied"}:                             CauseMailSendNotGranted,
	{StageSend, "Insufficient privileges to complete the operation"}:       CauseMailSendNotGranted,
	{StageSend, "AccessDenied"}:                                            CauseMailSendNotGranted,
	{StageSend, "Request_ResourceNotFound"}:                                CauseMailboxUnknown,
	{StageSend, "ResourceNotFound"}:                                        CauseMailboxUnknown,
	{StageSend, "does not exist or one of its queried reference-property"}: CauseMailboxUnknown,
	{StageLimit, "Request_ResourceNotFound"}:                               CauseMailboxUnknown,
	{StageRegister, "ErrorAccessDenied"}:                                   CauseTokenLacksScope,
	{StageGrant, "Request_MultipleObjectsWithSameKeyValue"}:                CauseAlreadyGranted,
	{StageConsent, "access_denied"}:                                        CauseConsentDeclined,
	{StageSignIn, "access_denied"}:                                         CauseConsentDeclined,
}
