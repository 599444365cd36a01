package diagnose

// secretEntries are about the client secret.
var secretEntries = []Entry{
	{
		Cause: CauseSecretWrong, Title: "The secret is not one of this app's",
		Explanation: "The app exists, but it does not know this secret. Mostly the Secret ID was copied instead of the Value, or the secret belongs to another app.",
		Remedy: []string{
			"Open the app's Certificates & secrets > Client secrets.",
			"The Value is shown only until the page is left. If it is hidden, choose New client secret and Add.",
			"Copy the column Value, not Secret ID, and paste it into palmail.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Codes: []string{"7000215", "50012", "700027", "700030"},
		Texts: []string{"Invalid client secret", "client secret value, not the client secret ID", "client_secret does not match the expected value", "Invalid client secret is provided"},
		Hints: []string{"invalid_client", "70002", "Error validating credentials"}, Source: docCodes,
	},
	{
		Cause: CauseSecretExpired, Title: "The secret has expired",
		Explanation: "The secret is past its end date. Microsoft refuses it at once, and mail stops within the hour.",
		Remedy: []string{
			"Run palmail rotate, or open the app's Certificates & secrets and choose New client secret.",
			"Copy the new Value into PAL's settings.",
			"Send a test mail, then delete the old secret.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Codes: []string{"7000222"},
		Texts: []string{"The provided client secret keys are expired", "client secret keys for app", "client secret has expired", "secret is expired", "InvalidClientSecretExpiredKeysProvided"}, Source: docCodes,
	},
	{
		Cause: CauseSecretMissing, Title: "The request carried no secret",
		Explanation: "The app tried to sign in without a client secret: its field is empty, or the software did not send it.",
		Remedy: []string{
			"Enter the secret's Value in PAL's settings and save them.",
			"If it is lost, run palmail rotate, or create a new one under Certificates & secrets.",
		},
		Who: whoYou, Link: secretsPage,
		Codes:   []string{"7000216"},
		Details: []string{"70002 & must contain the following parameter: 'client_secret", "70002 & must contain the following parameter: 'client_assertion", "900144 & client_secret", "900144 & client_assertion"},
		Texts:   []string{"is required for the 'client_credentials' grant type", "client_credential should be a non-empty string", "client secret is required", "ClientSecret cannot be null", "Value cannot be null. (Parameter 'clientSecret')", "secret can't be empty string"}, Source: docCodes,
	},
	{
		Cause: CauseSecretLifetimeOverPolicy, Title: "The secret would live longer than this tenant allows",
		Explanation: "A policy of the tenant limits how long a new secret may last. Federal tenants often allow 180 days.",
		Remedy: []string{
			"Create the secret with a shorter life; palmail offers the next shorter one.",
			"To see the limit: Entra ID > Enterprise apps > Security > Application policies > Restrict max password lifetime.",
		},
		Who: whoAppAdmin, Link: appPoliciesPage,
		Codes: []string{"CredentialInvalidLifetimeAsPerAppPolicy", "KeyCredentialInvalidLifetimeAsPerAppPolicy", "InvalidKeyEndDate"},
		Texts: []string{"Credential lifetime exceeds the max value allowed", "exceeds the maximum lifetime", "lifetime exceeds the maximum", "restrict max password lifetime"}, Source: docPolicies,
	},
	{
		Cause: CauseSecretsBlockedByPolicy, Title: "This tenant does not allow client secrets",
		Explanation: "A policy of the tenant forbids adding secrets to apps. PAL needs one, so the app needs an exemption.",
		Remedy: []string{
			"Ask for an exemption for this app: Entra ID > Enterprise apps > Security > Application policies > Block password addition > Excluded apps.",
			"Give its client ID and the reason: PAL sends mail through Microsoft Graph and knows only client secrets.",
			"Then create the secret again.",
		},
		Who: whoPrivileged, Link: appPoliciesPage,
		Codes: []string{"CredentialTypeNotAllowedAsPerAppPolicy", "CredentialTypeNotAllowed", "CustomPasswordNotAllowedAsPerAppPolicy"},
		Texts: []string{"Credential type is not allowed as per assigned policy", "Credential type not allowed as per", "Client secrets are blocked by tenant-wide policy", "password addition is blocked", "Block password addition"}, Source: docPolicies,
	},
}
