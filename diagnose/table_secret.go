package diagnose

// secretEntries are about the client secret.
var secretEntries = []Entry{
	{
		Cause: CauseSecretWrong, Title: "The secret is not one of this app's",
		Explanation: "The app exists, but it does not know this secret. Usually the Secret ID was copied instead of " +
			"the Value, or the secret belongs to another app.",
		Remedy: []string{
			"Open the app's Certificates & secrets and copy the column Value (40 characters), not Secret ID.",
			"If Value shows stars, choose New client secret, then Add, and copy its Value now.",
			"Paste it into palmail, and as Secret Key into PAL. A new secret can take up to 2 minutes to start " +
				"working; palmail check shows when it does.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Situations: []Situation{
			{
				Words: []string{"client assertion", "signed assertion", "thumbprint"},
				Explanation: "The app signed in with a certificate instead of a secret, and Microsoft does not find " +
					"this certificate among the app's.",
				Remedy: []string{
					"Open App registrations > the app > Manage > Certificates & secrets > Certificates and compare " +
						"Thumbprint with that of the certificate on the server.",
					"If it differs, choose Upload certificate and upload the server's public certificate (.cer), or " +
						"configure the server with the one listed.",
					"PAL knows only client secrets: if this is PAL's app, check that no other software uses its " +
						"client ID. Wait 2 minutes, then repeat the step.",
				},
			},
		},
		Details: []string{
			"50012 & Invalid client secret|client secret|invalid signature|key was not found|thumbprint",
			"900384 & Thumbprint of key used by client|signature value did not match",
		},
		Codes: []string{"7000215", "50012", "700027", "700030"},
		Texts: []string{
			"Invalid client secret", "client secret value, not the client secret ID",
			"client_secret does not match the expected value", "Invalid client secret is provided",
		},
		Hints: []string{"invalid_client", "70002", "Error validating credentials"}, Source: docCodes,
	},
	{
		Cause: CauseSecretExpired, Title: "The secret has expired",
		Explanation: "The secret is past its end date. Microsoft refuses it immediately, and mail stops within the " +
			"hour.",
		Remedy: []string{
			"Run palmail rotate, or open the app's Certificates & secrets and choose New client secret, then Add.",
			"Copy the new Value into Secret Key (PAL: General Settings > Mail Server Configuration) and save.",
			"Wait up to 2 minutes and send a test mail from PAL: it arrives.",
			"Then delete the expired secret on the same page, and set a reminder for the new end date with palmail " +
				"remind.",
		},
		Who: whoAppAdmin, Link: secretsPage,
		Details: []string{
			"50012 & expired client secret|secret is expired|keys are expired|has expired",
			"70002 & expired client secret|keys are expired|secret is expired",
		},
		Codes: []string{"7000222"},
		Texts: []string{
			"The provided client secret keys are expired", "client secret keys for app & expired",
			"client secret has expired", "secret is expired", "InvalidClientSecretExpiredKeysProvided",
		}, Source: docCodes,
	},
	{
		Cause: CauseSecretMissing, Title: "The request carried no secret",
		Explanation: "The app tried to sign in without a client secret: its field is empty, or the software did not " +
			"send it.",
		Remedy: []string{
			"Enter the secret's Value as Secret Key in PAL (General Settings > Mail Server Configuration) and save.",
			"If the value is lost, run palmail rotate, or create a new secret under Certificates & secrets.",
			"If the field is filled, the software reads another setting: check its environment variable or file, and " +
				"restart it.",
			"To see that it worked, send a test mail from PAL.",
		},
		Who: whoYou, Link: secretsPage,
		Codes: []string{"7000216"},
		Details: []string{
			"70002 & must contain the following parameter: 'client_secret",
			"70002 & must contain the following parameter: 'client_assertion",
			"70002 & following parameter client_secret", "900144 & client_secret", "900144 & client_assertion",
			"90014 & client_secret|client_assertion",
		},
		Texts: []string{
			"is required for the 'client_credentials' grant type", "client_credential should be a non-empty string",
			"client secret is required & AADSTS*|invalid_client|oauth*|token", "ClientSecret cannot be null",
			"Value cannot be null. (Parameter 'clientSecret')", "secret can't be empty string",
		}, Source: docCodes,
	},
	{
		Cause: CauseSecretLifetimeOverPolicy, Title: "The secret would last longer than this tenant allows",
		Explanation: "A policy of the tenant limits how long a new secret can last. Federal tenants often allow 180 " +
			"days.",
		Remedy: []string{
			"Create the secret with a shorter lifetime; palmail offers the next shorter one. In the portal, choose a " +
				"shorter Expires, 180 days or 90 days.",
			"To see the limit: Entra ID > Enterprise apps > Security > Application policies > Restrict max password " +
				"lifetime.",
			"With other software, pass an end date: az ad app credential reset --id {client-id} --append --end-date " +
				"and a date 90 days ahead.",
			"The new row under Client secrets shows that it worked.",
		},
		Who: whoAppAdmin, Link: appPoliciesPage,
		Codes: []string{
			"CredentialInvalidLifetimeAsPerAppPolicy", "KeyCredentialInvalidLifetimeAsPerAppPolicy",
			"InvalidKeyEndDate",
		},
		Texts: []string{
			"Credential lifetime exceeds the max value allowed", "exceeds the maximum lifetime",
			"lifetime exceeds the maximum",
			"restrict max password lifetime & " + trouble + "|violat*",
		}, Source: docPolicies,
	},
	{
		Cause: CauseSecretsBlockedByPolicy, Title: "This tenant does not allow client secrets",
		Explanation: "A policy of the tenant forbids adding secrets to apps. PAL needs one, so the app needs an " +
			"exemption.",
		Remedy: []string{
			"Ask for an exemption for this app: Entra ID > Enterprise apps > Security > Application policies > Block " +
				"password addition > Excluded apps.",
			"Give its client ID, {client-id}, and the reason: PAL sends mail through Microsoft Graph and knows only " +
				"client secrets.",
			"Wait 1 hour after the exemption, then create the secret again: its row appears under Client secrets.",
		},
		Who: whoPrivileged, Link: appPoliciesPage,
		Codes: []string{
			"CredentialTypeNotAllowedAsPerAppPolicy", "CredentialTypeNotAllowed",
			"CustomPasswordNotAllowedAsPerAppPolicy",
		},
		Texts: []string{
			"Credential type is not allowed as per assigned policy", "Credential type not allowed as per",
			"Client secrets are blocked by tenant-wide policy",
			"password addition is blocked & " + trouble + "|policy",
			"Block password addition & " + trouble + "|violat*",
		}, Source: docPolicies,
	},
}
