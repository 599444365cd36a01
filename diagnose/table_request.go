package diagnose

// requestEntries are about requests that Microsoft cannot read.
var requestEntries = []Entry{
	{
		Cause: CauseRequestMalformed, Title: "The request itself is broken",
		Explanation: "Microsoft could not read the request. That is a fault of the software that sent it, or of a " +
			"device that changed it on the way.",
		Remedy: []string{
			"Install the current version of the software that sent it, and repeat the step.",
			"If a proxy inspects traffic, have it pass {login} and {graph} unchanged.",
			"If the error remains, report it to the maker of that software with the codes and IDs below.",
		},
		Who: "The maker of the software that sent it",
		Situations: []Situation{
			{
				Words: []string{"parameter 'scope'", "parameter scope"},
				Explanation: "The software sent a token request without a scope: its scope setting is empty, or " +
					"named differently from what the software reads.",
				Remedy: []string{
					"Set the scope in the settings of the software that sends: https://{graph}/.default for " +
						"Microsoft Graph with a client secret.",
					"For SMTP with a user's sign-in, the scope is https://outlook.office.com/SMTP.Send offline_access.",
					"Restart the software and repeat the step. If the setting is filled and the error remains, " +
						"report it to its maker.",
				},
			},
			{
				Words: []string{"parameter 'grant_type'", "parameter grant_type"},
				Explanation: "The software sent a token request without a grant type, usually because the body was " +
					"sent as JSON or was lost in a redirect.",
				Remedy: []string{
					"Use the token address exactly as https://{login}/{tenant-id}/oauth2/v2.0/token: a wrong one " +
						"redirects and loses the body.",
					"Have the software send the body as application/x-www-form-urlencoded with " +
						"grant_type=client_credentials; report the error to its maker otherwise.",
				},
			},
			{
				Words: []string{"only valid with delegated authentication flow", "me request is only valid"},
				Explanation: "The software called /me, which stands for a signed-in person. An app with a secret has " +
					"no person behind it.",
				Remedy: []string{
					"In the software, choose sending as an application (client credentials) and enter the mailbox's " +
						"address, so that it calls /users/{mailbox}/sendMail.",
					"If it has no such setting, report it to its maker: /me does not work with an application " +
						"permission.",
				},
			},
			{
				Words: []string{"Update to existing credential"},
				Explanation: "The software rewrote the app's whole list of secrets instead of adding one. Microsoft " +
					"does not let an existing secret be changed.",
				Remedy: []string{
					"Add the secret in another way: App registrations > the app > Manage > Certificates & secrets > " +
						"New client secret, or az ad app credential reset --id {client-id} --append.",
					"Never run the same command without --append: it deletes all other secrets.",
					"Report the error to the maker of the tool, which has to call addPassword.",
				},
			},
		},
		Details: []string{
			"70001 & grant type|grant_type", "AADB2C90086",
			"50012 & audience claim|identifier doesn't match|must contain",
			"90023 & STS request|grant type|unsupported",
		},
		Codes: []string{"900144", "9002313", "90014", "90013", "90023", "90004", "90005", "90007", "90015", "90056",
			"900561", "70003", "70005", "70007", "50147", "501481", "501491",
			"90100", "90101", "90102", "90107", "90117", "90119", "90121", "165900", "50050", "90010", "90114",
			"90022", "90020", "900236", "700054", "240002", "140000", "700005", "67003", "50048", "7000114", "501461",
			"ErrorMimeContentInvalidBase64String", "ErrorInvalidRequest", "ErrorInvalidParameter",
			"ErrorInvalidPropertySet", "ErrorInvalidIdMalformed", "ErrorPropertyValidationFailure", "RequestBodyRead",
			"UnableToDeserializePostBody", "ErrorInvalidPropertyRequest", "ErrorInvalidUrlQuery",
			"ErrorMimeContentInvalid", "ErrorSchemaValidation", "Request_UnsupportedQuery", "ErrorInvalidArgument",
			"ErrorRequiredPropertyMissing"},
		Texts: []string{
			"Invalid base64 string for MIME content", "Request is malformed or invalid",
			"The request body must contain the following parameter",
			"request is only valid with delegated authentication flow", "Resource not found for the segment",
			"Unable to read JSON request payload", "was not found in the payload",
			"Empty Payload. JSON content expected", "Entity only allows writes with a JSON Content-Type header",
			"Request payload cannot be null", "Update to existing credential with KeyId",
			"The property & does not exist on type|on type microsoft", "does not exist on type & property",
			"An unexpected 'StartArray' node was found", "An unexpected 'PrimitiveValue' node was found",
			"Cannot convert a primitive value to the expected type", "Microsoft.OData.Core",
			"ODataErrorException & property|type|node", "Invalid property & specified|value",
			"Could not find a property named", "Cannot read the value & expected|JSON|as a quoted",
			"A value without a type name was found", "The query specified in the URI is not valid",
			"Syntax error at position & '", "A 'StartObject' node was expected", "Invalid filter clause",
			"Parsing OData Select and Expand failed",
			"Unsupported extension property type|Unsupported or invalid query filter clause",
		},
		Hints: []string{
			"invalid_request", "unsupported_grant_type", "BadRequest", "Request_BadRequest", "Bad Request - Invalid",
		}, Source: docCodes,
	},
}
