package diagnose

// tokenEntries are what the token endpoint says about tenant, app and request.
var tokenEntries = []Entry{
	{
		Cause: CauseTenantUnknown, Title: "Microsoft knows no such tenant",
		Explanation: "No tenant with this ID or domain exists in the cloud that was asked. The ID is mistyped, or " +
			"the tenant is in another cloud.",
		Remedy: []string{
			"In the Microsoft Entra admin center (https://{entra}), open Entra ID > Overview and copy Tenant ID.",
			"Paste it as Tenant ID into palmail, and into Mail Server Configuration under General Settings in PAL.",
			"If it is the same value, choose the cloud your agency is in: commercial and GCC share one, GCC High, " +
				"DoD and China have their own.",
			"To see that it worked, open https://{login}/{tenant-id}/v2.0/.well-known/openid-configuration in a " +
				"browser: it shows JSON with the tenant's issuer.",
		},
		Who:   whoYou,
		Codes: []string{"90002"},
		Texts: []string{
			"Check to make sure you have the correct tenant ID and are signing into the correct cloud",
			"No service namespace named", "tenant may not exist", "Check with your subscription administrator, this " +
				"may happen if there are no active subscriptions for the tenant",
		},
		Hints: []string{
			"invalid_tenant", "Failed to resolve tenant", "tenant_discovery_error", "Tenant not found",
		}, Source: docCodes,
	},
	{
		Cause: CauseTenantMalformed, Title: "This is not a tenant ID or a domain",
		Explanation: "The tenant was given as something that is neither a GUID nor a domain name: an empty field, a " +
			"placeholder, a value with a stray character, or a word such as common.",
		Remedy: []string{
			"Open Entra ID > Overview in the Microsoft Entra admin center (https://{entra}) and copy Tenant ID: a " +
				"GUID such as 00000000-1111-2222-3333-444444444444.",
			"Replace the tenant in the settings of the software with it, without quotes, spaces or brackets. A " +
				"domain such as agency.onmicrosoft.com works too.",
			"To see that it worked, repeat the step: the address that it calls now has the tenant ID between " +
				"{login}/ and /oauth2.",
		},
		Who: whoYou,
		Situations: []Situation{
			{
				Words: []string{"com//oauth2", "us//oauth2", "login microsoftonline com oauth2 v2 0 token"},
				Explanation: "The address of the token request has nothing between the two slashes where the tenant " +
					"belongs: the software's tenant setting is empty.",
				Remedy: []string{
					"In the settings of the software that sent the request, find the field for the tenant (Tenant " +
						"ID, Directory ID or Authority): it is empty.",
					"Copy Tenant ID from Entra ID > Overview in the Microsoft Entra admin center (https://{entra}), " +
						"paste it there, and save.",
					"If the setting comes from an environment variable or file, check that the program reads it, " +
						"then restart the program.",
					"Repeat the step: the address in its log must read https://{login}/{tenant-id}/oauth2/v2.0/token.",
				},
			},
			{
				Words: []string{"userAudience", "AADSTS50194", "50194", "90027", "MSA tenant", "common endpoint"},
				Explanation: "The sign-in went to an address for accounts of any organization (common, organizations " +
					"or consumers), but the app is registered for another kind of account.",
				Remedy: []string{
					"In the settings of the software, replace common, organizations or consumers in the sign-in " +
						"address by the tenant ID: https://{login}/{tenant-id}/.",
					"If the app is meant for several tenants: an Application Administrator opens App registrations > " +
						"the app > Manage > Authentication and sets Supported account types. PAL's own app needs " +
						"only Accounts in this organizational directory only.",
					"Sign in with a work account of that tenant, not a personal Microsoft account, in a private " +
						"browser window.",
				},
			},
		},
		Codes: []string{
			"900023", "900021", "50059", "50128", "50029", "90019", "50194", "9001023", "90124", "90130", "9002331",
			"9002332", "90027",
		},
		Texts: []string{
			"is neither a valid DNS name, nor a valid external domain",
			"No tenant-identifying information found in either the request", "Invalid tenant id provided",
			"You can locate your tenant ID by following the instructions listed here",
			"Usage of the /common endpoint is not supported", "login.microsoftonline.com//oauth2",
			"login.microsoftonline.us//oauth2", "login.microsoftonline.com//v2.0",
			"the application's 'userAudience' configuration", "not valid for the application's 'userAudience'",
		}, Source: docCodes,
	},
	{
		Cause: CauseTenantInactive, Title: "The tenant is blocked",
		Explanation: "Microsoft has blocked this tenant, usually because nobody used it for a long time or its " +
			"subscription ended.",
		Remedy: []string{
			"Check that this is the tenant you mean: Entra ID > Overview in the Microsoft Entra admin center shows " +
				"its name and Tenant ID.",
			"A Global Administrator opens a support request with Microsoft and names tenant {tenant-id} and error " +
				"AADSTS{code}. If nobody can sign in, use the telephone number of Microsoft 365 business support.",
			"Microsoft answers within days. To see that the block is lifted, run palmail check: the tenant line passes.",
		},
		Who:   "Microsoft, at the request of a Global Administrator",
		Codes: []string{"5000225", "5000224"},
		Texts: []string{
			"tenant has been blocked due to inactivity", "tenant was blocked due to inactivity",
			"this tenant has been deactivated",
		}, Source: "https://github.com/Azure/azure-cli/issues/32031",
	},
	{
		Cause: CauseWrongCloud, Title: "This belongs to another Microsoft cloud",
		Explanation: "The tenant or the app is in a different cloud from the one that was asked. Commercial and GCC, " +
			"GCC High, DoD and China each have their own hosts.",
		Remedy: []string{
			"Find out which cloud the tenant is in: its portal is portal.azure.com (commercial, GCC), " +
				"portal.azure.us (GCC High, DoD) or portal.azure.cn (China).",
			"Start palmail with that cloud: --cloud commercial, gcc-high, dod or china.",
			"In other software, use that cloud's hosts for sign-in and Graph. GCC High: login.microsoftonline.us and " +
				"graph.microsoft.us. DoD: login.microsoftonline.us and dod-graph.microsoft.us. China (21Vianet): " +
				"login.partner.microsoftonline.cn and microsoftgraph.chinacloudapi.cn. Commercial and GCC: " +
				"login.microsoftonline.com and graph.microsoft.com.",
			"Register the app in the portal of the same cloud: an app of one cloud does not exist in another.",
			"GCC High and DoD share the sign-in host and differ only in Graph's: if one fails at sending, use the " +
				"other.",
		},
		Who: whoYou,
		Codes: []string{
			"90038", "900382", "900383", "900432", "900433", "900439", "90044", "90051", "90043", "50049", "1000104",
			"ErrorTenantNotFoundInCurrentSovereignEnvironment",
		},
		Details: []string{
			"900384 & Cross Cloud|National Cloud|login microsoftonline us|microsoftonline cn|chinacloudapi cn|Azure " +
				"Government|USGov", "50000 & deviceloginde|National Cloud|Cross Cloud|Azure Government",
			"90023 & Cross Cloud|National Cloud", "70001 & National Cloud|Azure Government",
			"90093 & National Cloud|Cross Cloud", "500011 & graph.microsoft.us",
			"500011 & microsoftgraph.chinacloudapi.cn",
		},
		Texts: []string{
			"is not supported in Cross Cloud request", "belongs to the National Cloud",
			"redirected to the National Cloud", "Invalid National Cloud*", "National Cloud request processing",
			"National Cloud Request Process*", "Invalid national Cloud ID", "USGClientNotSupportedOnPublicEndpoint",
			"Azure Government & not supported|not available|only|use|endpoint|cloud",
			"Azure US Government & tenant|endpoint|cloud", "national cloud & tenant|token|endpoint",
			"does not federate with", "Remote forest discovery is not supported on restricted forests",
			"invalid_instance", "authority is not a known instance",
		}, Source: docClouds,
	},
	{
		Cause: CauseAppUnknown, Title: "No app with this client ID in this tenant",
		Explanation: "The client ID is mistyped or is another value of the app (its object ID or its name, for " +
			"example), or the app is registered in another tenant.",
		Remedy: []string{
			"In the Microsoft Entra admin center (https://{entra}), open Entra ID > App registrations > All " +
				"applications and select the app.",
			"Copy Application (client) ID from its Overview into OAuth Client ID in PAL and into palmail. It is a " +
				"GUID: no user name, display name or object ID works here.",
			"Compare Directory (tenant) ID on the same page with the tenant that palmail and PAL use.",
			"If the app is not in the list, look under Deleted applications and restore it, or register it again " +
				"with palmail.",
			"An app registered within the last 2 minutes: wait and repeat. To see that it worked, run palmail check: " +
				"the app line passes.",
		},
		Who: whoAppAdmin, Link: registrationsPage,
		Situations: []Situation{
			{
				Words: []string{"not supported for this API version"},
				Explanation: "The app was registered on an old page for another version of the sign-in service, or " +
					"the software uses that old version. The two do not know each other's apps.",
				Remedy: []string{
					"Register the app again under Entra ID > App registrations > New registration in the Microsoft " +
						"Entra admin center (https://{entra}): apps from there work with the current version.",
					"In the software, use the addresses with v2.0: https://{login}/{tenant-id}/oauth2/v2.0/token.",
					"Enter the new app's Application (client) ID and a new client secret in the software, then " +
						"repeat the step.",
				},
			},
		},
		Details: []string{
			"70002 & client does not exist|not enabled for consumers|client was not found",
			"50012 & application was not found",
		},
		Codes: []string{"700016", "700011", "70001"},
		Texts: []string{
			"Application with identifier", "was not found in the directory & application|AADSTS*|app",
			"Specified client identifier is not valid", "does not match any application registered",
		}, Hints: []string{"unauthorized_client", "UnauthorizedClient_DoesNotMatchRequest"}, Source: docCodes,
	},
	{
		Cause: CauseAppIDIsTenantID, Title: "The client ID is the tenant ID",
		Explanation: "The same ID was used for the app and for the tenant. The two stand next to each other on the " +
			"app's Overview and are easily swapped.",
		Remedy: []string{
			"In the Microsoft Entra admin center (https://{entra}), open Entra ID > App registrations > All " +
				"applications and select PAL's app.",
			"Copy Application (client) ID, the first ID under Essentials, and paste it as the client ID in palmail " +
				"and as OAuth Client ID in PAL.",
			"Leave Directory (tenant) ID where it is: it is the Tenant ID.",
			"To see that it worked, compare the two fields: they must differ.",
		},
		Who: whoYou, Link: overviewPage,
		Source: "https://learn.microsoft.com/entra/identity-platform/quickstart-register-app",
	},
	{
		Cause: CauseAppWithoutServicePrincipal, Title: "The app has no enterprise application in this tenant",
		Explanation: "The app is registered, but the object that stands for it in the tenant (its service principal) " +
			"is missing, so it can neither sign in nor be given permissions.",
		Remedy: []string{
			"Open the app's API permissions (App registrations > the app > Manage > API permissions) and choose " +
				"Grant admin consent, then Yes: that creates the enterprise application. A Privileged Role " +
				"Administrator can do this.",
			"Or, as an Application Administrator, run: az ad sp create --id {client-id}",
			"Wait 2 minutes. To see that it worked, search Entra ID > Enterprise apps > All applications for " +
				"{client-id}, then repeat the step.",
		},
		Who: whoAppAdmin, Link: permissionsPage,
		Codes: []string{"7000229", "Authorization_IdentityNotFound"},
		Texts: []string{
			"is missing service principal in the tenant",
			"The identity of the calling application could not be established",
		}, Source: docCodes,
	},
	{
		Cause: CauseAppDisabled, Title: "The app is disabled",
		Explanation: "Somebody, or Microsoft, has disabled the enterprise application, so nobody can sign in with it.",
		Remedy: []string{
			"In the Microsoft Entra admin center (https://{entra}), open Entra ID > Enterprise apps > All " +
				"applications, remove the filter on the application type, and search for {client-id}.",
			"Under Manage > Properties, set Enabled for users to sign-in? to Yes, and choose Save.",
			"If the page says that Microsoft disabled it, a Global Administrator opens a support request with " +
				"Microsoft.",
			"Wait 5 minutes, then run palmail check: the secret line passes.",
		},
		Who: whoAppAdmin, Link: enterpriseAppPage,
		Codes: []string{
			"7000112", "1000031", "500014",
		}, Details: []string{"70001 & is disabled|disabled", "90023 & is disabled"},
		Texts: []string{
			"UnauthorizedClientApplicationDisabled", "The service principal for resource & is disabled",
		}, Hints: []string{"application is disabled", "app is disabled"}, Source: docCodes,
	},
	{
		Cause: CauseAppIsPublicClient, Title: "The app is registered as a desktop, mobile or single-page app",
		Explanation: "Its redirect URI was put under a platform other than Web. Such an app is public: it cannot use " +
			"a client secret.",
		Remedy: []string{
			"Open the app's Authentication page (App registrations > the app > Manage > Authentication).",
			"Remove PAL's redirect URI from Mobile and desktop applications or Single-page application.",
			"Choose Add a platform > Web, enter the redirect URI there, and choose Configure.",
			"Under Advanced settings, set Allow public client flows to No, and choose Save.",
			"Wait 2 minutes, then run palmail check: the secret line passes.",
		},
		Who: whoAppAdmin, Link: authenticationPage,
		Codes: []string{
			"700025", "9002326", "9002327",
		}, Details: []string{"90023 & Public client*|Cross-origin token redemption|Single-Page Application"},
		Texts: []string{
			"Client is public so neither", "Public clients can't send a client secret",
			"Tokens issued for the 'Single-Page Application' client-type",
			"Cross-origin token redemption is permitted only for",
		}, Source: docCodes,
	},
	{
		Cause: CauseScopeWrong, Title: "The scope is not the one of Microsoft Graph",
		Explanation: "An app that signs in with its own secret must ask for the scope /.default of its cloud's " +
			"Graph, and for nothing else.",
		Remedy: []string{
			"Where PAL or a script asks for a scope, enter https://{graph}/.default (commercial and GCC: " +
				"graph.microsoft.com, GCC High: graph.microsoft.us, DoD: dod-graph.microsoft.us).",
			"Look for a slash too many, https written twice, or two scopes in one field.",
			"Save, restart the software, and repeat the step: the token request now succeeds.",
		},
		Who:     whoYou,
		Codes:   []string{"70011", "1002012", "28002", "28003", "650053", "700022", "700023", "901002", "90009"},
		Details: []string{"named https://https", "500011 & named https://graph.microsoft.com"},
		Texts: []string{
			"Client credential flows must have a scope value with /.default", "input parameter 'scope' is not valid",
			"input parameter 'scope' isn't valid", "The provided value for scope",
		},
		Hints: []string{"invalid_scope"}, Source: docCodes,
	},
	{
		Cause: CauseResourceNotInTenant, Title: "The requested API is not in this tenant",
		Explanation: "A token was asked for an API that has no enterprise application in this tenant: its name is " +
			"mistyped, it is not subscribed, or the tenant is the wrong one.",
		Remedy: []string{
			"Compare the resource or scope that was asked for with https://{graph}/.default, letter for letter. It " +
				"has one https:// and one slash before .default.",
			"Compare the tenant ID that was used with Tenant ID on Entra ID > Overview.",
			"If another API is really meant, an Application Administrator adds it to the tenant first: az ad sp " +
				"create --id and the API's own application ID.",
			"Wait 2 minutes and repeat the step.",
		},
		Who: whoAppAdmin, Link: permissionsPage,
		Codes: []string{"500011", "650052", "650054", "50001"},
		Texts: []string{
			"lacks a service principal for", "The resource principal named", "has not subscribed to or enabled",
			"hasn't subscribed to or enabled",
		}, Hints: []string{"invalid_resource"}, Source: docCodes,
	},
	{
		Cause: CauseAPINotListed, Title: "The app does not list this API under API permissions",
		Explanation: "The app asked for a token of an API that its registration does not name.",
		Remedy: []string{
			"Open the app's API permissions (App registrations > the app > Manage > API permissions) and choose Add " +
				"a permission > Microsoft Graph > Application permissions.",
			"Select Mail > Mail.Send and choose Add permissions. The app's owner or an Application Administrator can " +
				"do this.",
			"A Privileged Role Administrator chooses Grant admin consent, then Yes.",
			"Wait 2 minutes. Status must show Granted; then ask for a new token.",
		},
		Who: whoPrivileged, Link: permissionsPage,
		Codes: []string{"650057", "650056", "65005"},
		Texts: []string{
			"which is not listed in the requested permissions in the client's application registration",
			"has not listed any permissions for", "Misconfigured application. This could be due to",
		}, Source: docCodes,
	},
}
