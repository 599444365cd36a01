package diagnose

// directoryEntries are about making and changing things in the tenant.
var directoryEntries = []Entry{
	{
		Cause: CauseAppObjectFull, Title: "The app holds too many entries",
		Explanation: "An app may hold only so many secrets, redirect URIs and permissions together, and this one is full.",
		Remedy: []string{
			"Open the app's Certificates & secrets and delete secrets that have expired or that nobody uses.",
			"Do the same for redirect URIs under Authentication and for permissions under API permissions.",
			"Or register a new app for PAL alone.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Codes: []string{"Directory_ResourceSizeExceeded"},
		Texts: []string{"The size of the object has exceeded its limit", "reduce the number of values and retry your request", "exceeds the maximum number of credentials", "maximum number of values"}, Source: "https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions",
	},
	{
		Cause: CauseDomainNotVerified, Title: "The domain is not verified in this tenant",
		Explanation: "An address of the app uses a domain that the tenant has not proved to own.",
		Remedy: []string{
			"Leave the Application ID URI empty: PAL does not need it.",
			"Otherwise add the domain first: Entra ID > Domain names > Add custom domain.",
		},
		Who:   "A Domain Name Administrator or Global Administrator",
		Codes: []string{"HostNameNotOnVerifiedDomain"},
		Texts: []string{"must use a verified domain of the organization", "not on any verified domain", "verified domain of the organization or its subdomain", "must be on a verified domain", "domain portion of the userPrincipalName property is invalid", "unverified domain"}, Source: "https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions",
	},
	{
		Cause: CauseAdminRoleMissing, Title: "The signed-in person lacks the role for this",
		Explanation: "The account may sign in, but it has no Entra role that allows this step. Roles in Azure subscriptions, such as Owner, do not count.",
		Remedy: []string{
			"Registering an app and adding a secret: Application Developer or Cloud Application Administrator.",
			"Granting Mail.Send: Privileged Role Administrator or Global Administrator.",
			"If the role comes through Privileged Identity Management, activate it, then sign in again.",
			"Or have somebody with the role do this step: palmail keeps the progress and can be continued.",
		},
		Who:   whoPrivileged,
		Codes: []string{"Authorization_RequestDenied", "90093", "240001"},
		Texts: []string{"Insufficient privileges to complete the operation", "does not have permission to register applications", "don't have permission to register applications", "You do not have permissions to grant admin consent", "does not have authorization to perform action", "is not recognized as the name of a cmdlet", "You don't have access to create applications", "isn't within a valid write scope", "isn't within your write scope", "within your current write scope", "The role assigned to application & isn't supported in this scenario", "Access Denied & role"},
		Hints: []string{"insufficient privileges", "UnauthorizedAccessException", "You don't have sufficient permissions", "401 Unauthorized & roleAssignments"}, Source: docConsent,
	},
	{
		Cause: CauseDirectoryQuota, Title: "The tenant's or the person's quota of objects is used up",
		Explanation: "Everybody without an administrator role may own 250 objects at most, and a tenant has a limit too. Deleted apps count for 30 days.",
		Remedy: []string{
			"Have an administrator with a directory role register the app: the personal quota does not bind them.",
			"Or delete apps nobody needs, also under App registrations > Deleted applications > Delete permanently.",
		},
		Who: whoAppAdmin, Link: registrationsPage,
		Codes: []string{"Directory_QuotaExceeded"},
		Texts: []string{"directory object quota limit", "object quota limit for the Principal has been exceeded", "object quota limit for the Tenant has been exceeded"}, Source: "https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions",
	},
	{
		Cause: CauseNotReplicatedYet, Title: "Made a moment ago, and not known everywhere yet",
		Explanation: "Microsoft's servers tell each other about changes within seconds, now and then minutes. The one that answered has not heard of this yet.",
		Remedy: []string{
			"Wait a minute and try again; palmail does so by itself while it waits.",
			"If it still fails after ten minutes, check in the portal that the app is there.",
		},
		Who: whoYou, Retry: true,
		Details: []string{"the backing application of the service principal being", "NoBackingApplicationObject", "does not reference a valid application object", "Not a valid reference update"},
		Texts:   []string{"does not exist or one of its queried reference-property", "Timed out whilst waiting for new service principal", "to be replicated in Azure AD", "Unable to read the company information from the directory", "Request_ResourceNotFound", "Directory_ObjectNotFound", "waiting for replication", "was just created & replicat", "has not replicated", "does not exist in the directory & principal", "PrincipalNotFound", "Cannot find the application object", "service principal & to be replicated", "waiting for the service principal"},
		Hints:   []string{"replication delay", "eventual consistency", "ResourceNotFound", "NotFound"}, Source: "https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto",
	},
	{
		Cause: CauseConflictRetry, Title: "Two changes met",
		Explanation: "Something else changed the same object at the same moment, so Microsoft refused this change. Nothing is broken.",
		Remedy:      []string{"Try again; palmail does so by itself.", "If it stays, look in the portal whether the change is there already."},
		Who:         whoYou, Retry: true,
		Codes: []string{"Directory_ConcurrencyViolation", "ErrorIrresolvableConflict", "Request_MultipleObjectsWithSameKeyValue"},
		Texts: []string{"multiple requests to perform concurrent writes", "concurrency violation", "conflicting concurrent", "Another object with the same value for property", "service principal name & is already in use", "modified concurrently", "Update request conflict", "please retry & concurrent"}, Source: docGraphErrors,
	},
	{
		Cause: CauseAlreadyGranted, Title: "The permission is granted already",
		Explanation: "The grant that was asked for is there. That is what was wanted.",
		Remedy:      []string{"Nothing to do: go on with the next step."},
		Who:         whoYou,
		Details:     []string{"Permission being assigned already exists on the object", "EntitlementGrant entry already exists"},
		Texts:       []string{"Permission entry already exists", "role assignment already exists", "AppRoleAssignment already exists", "RoleAssignmentExists", "has already been granted"}, Source: "https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto",
	},
}
