package diagnose

// directoryEntries are about making and changing things in the tenant.
var directoryEntries = []Entry{
	{
		Cause: CauseAppObjectFull, Title: "The app holds too many entries",
		Explanation: "An app can hold only so many secrets, redirect URIs and permissions together, and this one is " +
			"full.",
		Remedy: []string{
			"Open the app's Certificates & secrets and delete secrets that have expired or that nobody uses.",
			"Do the same for redirect URIs under Authentication and for permissions under API permissions.",
			"Or register a new app for PAL alone.",
			"Then repeat the step: it succeeds as soon as one entry has been removed.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Codes: []string{"Directory_ResourceSizeExceeded"},
		Texts: []string{
			"The size of the object has exceeded its limit", "reduce the number of values and retry your request",
			"exceeds the maximum number of credentials",
			"maximum number of values & credential*|object|attribute|directory|application",
		}, Source: "https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions",
	},
	{
		Cause: CauseDomainNotVerified, Title: "The domain is not verified in this tenant",
		Explanation: "An address of the app uses a domain that the tenant has not verified.",
		Remedy: []string{
			"Leave Application ID URI (Expose an API) empty: PAL does not need it.",
			"Otherwise add the domain first: Entra ID > Domain names > Add custom domain, publish the TXT record " +
				"that it shows, wait 1 hour, and choose Verify.",
			"To see that it worked, Domain names shows the status Verified.",
		},
		Who:   "A Domain Name Administrator or Global Administrator",
		Codes: []string{"HostNameNotOnVerifiedDomain"},
		Texts: []string{
			"must use a verified domain of the organization", "not on any verified domain",
			"verified domain of the organization or its subdomain", "must be on a verified domain",
			"domain portion of the userPrincipalName property is invalid",
			"unverified domain & identifierUri*|directory|tenant|Application ID URI",
		}, Source: "https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions",
	},
	{
		Cause: CauseAdminRoleMissing, Title: "The signed-in person lacks the role for this",
		Explanation: "The account can sign in, but it has no Entra role that allows this step. Roles in Azure " +
			"subscriptions, such as Owner, do not count.",
		Remedy: []string{
			"Registering an app and adding a secret takes Application Developer or Cloud Application Administrator; " +
				"granting Mail.Send takes Privileged Role Administrator or Global Administrator.",
			"If the role comes through Privileged Identity Management: open https://{entra}, ID Governance > " +
				"Privileged Identity Management > My roles > Activate. Wait 5 minutes, sign out, and sign in again.",
			"To see which roles the account has: Entra ID > Users > the account > Assigned roles.",
			"Or have somebody with the role do this step: palmail keeps the progress and can be continued.",
		},
		Who: whoPrivileged,
		Situations: []Situation{
			{
				Stages: []Stage{StageGrant, StageServicePrincipal},
				Explanation: "Granting an application permission takes both a role of the person and permissions of " +
					"the app that is used for signing in. One of the two is missing.",
				Remedy: []string{
					"Sign in as Privileged Role Administrator or Global Administrator. If the role comes through " +
						"Privileged Identity Management, activate it (My roles > Activate), wait 5 minutes, and sign " +
						"in again. To see the roles: Entra ID > Users > the account > Assigned roles.",
					"If the account has the role, the token lacks a permission: it needs " +
						"AppRoleAssignment.ReadWrite.All and Application.Read.All, both. In PowerShell: " +
						"Disconnect-MgGraph, then Connect-MgGraph -Scopes " +
						"AppRoleAssignment.ReadWrite.All,Application.Read.All and accept.",
					"Or grant it in the portal: App registrations > the app > Manage > API permissions > Grant admin " +
						"consent, then Yes.",
					"To see that it worked, Status beside Mail.Send shows Granted within 2 minutes.",
				},
			},
			{
				Stages: []Stage{StageLimit},
				Explanation: "The account has no role in Exchange Online that allows this command. Roles in Azure " +
					"and most Entra roles do not count there.",
				Remedy: []string{
					"Sign in to Exchange Online PowerShell as Exchange Administrator (Connect-ExchangeOnline). If " +
						"the role comes through Privileged Identity Management, activate it and wait up to 1 hour.",
					"For New-ManagementRoleAssignment the account must be a member of Organization Management: " +
						"Exchange admin center (https://{exchange}) > Roles > Admin roles > Organization Management.",
					"Close the PowerShell window and connect again: Get-Command New-ManagementRoleAssignment lists " +
						"the command once the role is there.",
				},
				Who: "An Exchange Administrator who is a member of Organization Management",
			},
		},
		Details: []string{"90093 & Graph returned|forbidden|only be performed by an administrator"},
		Codes:   []string{"Authorization_RequestDenied", "90093", "240001"},
		Texts: []string{
			"Insufficient privileges to complete the operation", "does not have permission to register applications",
			"don't have permission to register applications", "You do not have permissions to grant admin consent",
			"does not have authorization to perform action & Microsoft*|scope|client",
			"is not recognized as the name of a cmdlet & New-ServicePrincipal|New-Management*|Get-ServicePrincipal|" +
				"ApplicationAccessPolicy|Test-ServicePrincipalAuthorization|New-ApplicationAccessPolicy",
			"You don't have access to create applications", "isn't within a valid write scope",
			"isn't within your write scope", "within your current write scope",
			"The role assigned to application & isn't supported in this scenario",
			"Access Denied & Entra role|directory role|administrator role|admin role|role assignments",
			"This operation can only be performed by an administrator",
			"Only administrators can & consent|application*|register*",
		},
		Hints: []string{
			"insufficient privileges", "UnauthorizedAccessException", "You don't have sufficient permissions",
			"401 Unauthorized & roleAssignments",
		}, Source: docConsent,
	},
	{
		Cause: CauseDirectoryQuota, Title: "The tenant's or the person's quota of objects is used up",
		Explanation: "Everybody without an administrator role can own at most 250 objects, and a tenant has a limit " +
			"too. Deleted apps count for 30 days.",
		Remedy: []string{
			"Have an administrator with a directory role register the app: the personal quota does not bind them.",
			"Or delete apps that nobody needs, also under App registrations > Deleted applications > Delete " +
				"permanently.",
			"Wait 5 minutes, then register the app again.",
		},
		Who: whoAppAdmin, Link: registrationsPage,
		Codes: []string{"Directory_QuotaExceeded"},
		Texts: []string{
			"directory object quota limit", "object quota limit for the Principal has been exceeded",
			"object quota limit for the Tenant has been exceeded",
		}, Source: "https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions",
	},
	{
		Cause: CauseNotReplicatedYet, Title: "Created a moment ago and not known everywhere yet",
		Explanation: "Microsoft's servers tell each other about changes within seconds, sometimes minutes. The one " +
			"that answered has not heard of this yet.",
		Remedy: []string{
			"Wait 2 minutes and try again; palmail does this automatically while it waits.",
			"If it still fails after 10 minutes, check in the portal that the app is there (Entra ID > App " +
				"registrations > All applications).",
		},
		Who: whoYou, Retry: true,
		Details: []string{
			"the backing application of the service principal being", "NoBackingApplicationObject",
			"does not reference a valid application object", "Not a valid reference update",
		},
		Texts: []string{
			"does not exist or one of its queried reference-property",
			"Timed out whilst waiting for new service principal", "to be replicated in Azure AD",
			"Unable to read the company information from the directory", "Request_ResourceNotFound",
			"Directory_ObjectNotFound", "waiting for replication & Azure|Entra|directory|principal|application",
			"was just created & replicat*", "does not exist in the directory & principal|application",
			"PrincipalNotFound", "Cannot find the application object", "service principal & to be replicated",
			"waiting for the service principal",
		},
		Hints: []string{
			"replication delay", "eventual consistency", "has not replicated", "ResourceNotFound", "NotFound",
		}, Source: "https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto",
	},
	{
		Cause: CauseConflictRetry, Title: "Two changes met",
		Explanation: "Something else changed the same object at the same moment, so Microsoft refused this change. " +
			"Nothing is broken.",
		Remedy: []string{
			"Wait 10 seconds and try again; palmail does this automatically.",
			"If the error returns, look in the portal whether the change is there already.",
		},
		Who: whoYou, Retry: true,
		Codes: []string{
			"Directory_ConcurrencyViolation", "ErrorIrresolvableConflict", "Request_MultipleObjectsWithSameKeyValue",
		},
		Texts: []string{
			"multiple requests to perform concurrent writes",
			"conflicting concurrent* & directory|object|request|retry",
			"Another object with the same value for property", "service principal name & is already in use",
			"Update request conflict", "please retry & concurrent*",
		}, Hints: []string{"concurrency violation", "modified concurrently"}, Source: docGraphErrors,
	},
	{
		Cause: CauseAlreadyGranted, Title: "The permission is granted already",
		Explanation: "The grant that was asked for is there. That is what was wanted.",
		Remedy: []string{
			"You do not have to do anything: continue with the next step.",
		},
		Who: whoYou,
		Details: []string{
			"Permission being assigned already exists on the object", "EntitlementGrant entry already exists",
		},
		Texts: []string{
			"Permission entry already exists", "role assignment already exists", "AppRoleAssignment already exists",
			"RoleAssignmentExists", "has already been granted & permission|app role|consent|role assignment",
		}, Source: "https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto",
	},
	{
		Cause: CauseWrongObject, Title: "The ID is of the wrong object",
		Explanation: "Every app has two objects with different object IDs: the app registration, and the enterprise " +
			"application (service principal) that stands for it in the tenant. One was used where the other is meant.",
		Remedy: []string{
			"For roles, permissions, owners of a service principal and Exchange's New-ServicePrincipal -ObjectId, " +
				"use the enterprise application's: Entra ID > Enterprise apps > All applications > the app > " +
				"Overview > Object ID.",
			"To read it by command: az ad sp show --id {client-id} --query id -o tsv",
			"For secrets and redirect URIs, use the app registration's: Entra ID > App registrations > the app > " +
				"Overview > Object ID, or az ad app show --id {client-id} --query id -o tsv",
			"Repeat the command with that ID. The Application (client) ID is the same for both and is not an object ID.",
		},
		Who: whoAppAdmin,
		Details: []string{
			"of type 'Application' is invalid for the", "reference target & is invalid for the & type Application",
			"Principals of type Application cannot validly be used",
			"Principals of type & cannot validly be used in role assignments",
			"The object & is not of type ServicePrincipal|not a service principal",
			"of type 'ServicePrincipal' is invalid for the",
		},
		Texts: []string{
			"is not a service principal & object", "No service principal found & object id|objectid|object-id",
			"expected ServicePrincipal & Application",
			"The ObjectId & does not match|service principal|Enterprise application",
			"principalId & must be & ServicePrincipal",
		}, Source: "https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals",
	},
}
