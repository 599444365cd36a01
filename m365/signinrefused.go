package m365

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"palmail/diagnose"
)

// signInRefusals are the codes of the token endpoint and the sign-in page for a
// refusal of this way to sign in, where another way may work
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
var signInRefusals = []struct {
	reason string
	codes  []string
}{
	{"Security defaults of the tenant refuse this way to sign in.", []string{"530035"}},
	{
		"The tenant wants a managed device, and this way to sign in cannot show one.",
		[]string{
			"530003", "530033", "53000", "53001", "530001", "530002", "530021", "530022", "50097", "50129", "50155",
			"50187",
		},
	},
	{
		"A Conditional Access policy refuses this way to sign in.",
		[]string{
			"53003", "53002", "53009", "53010", "53011", "530031", "530032", "530034", "530036", "530084", "50131",
			"50005",
		},
	},
	{
		"The tenant asks for a second factor, which this way to sign in did not bring.",
		[]string{"50072", "50074", "50076", "50078", "50079", "50158", "53004", "500121"},
	},
	{
		"The sign-in has to be confirmed by the person, which this way did not let them do.",
		[]string{"50199", "50140", "50058"},
	},
	{
		"The session that this way to sign in uses has ended.",
		[]string{"50173", "70008", "700082", "700084", "70043", "50089", "50132", "50133"},
	},
}

// SignInRefused says whether err refuses this way to sign in, and not the
// account, so that another way may work: Conditional Access, security defaults,
// or a second factor that could not be requested. reason is a sentence for the
// screen; it is empty if next is false.
func SignInRefused(err error) (reason string, next bool) {
	var f *diagnose.Failure
	if !errors.As(err, &f) || f.Stage != diagnose.StageSignIn {
		return "", false
	}
	if errors.Is(err, ErrNoAzureCLI) {
		return "The Azure CLI (az) is not on this computer.", true
	}
	if errors.Is(err, ErrAzureCLISignedOut) {
		return "Nobody is signed in to the Azure CLI for this tenant.", true
	}
	found := signInCodes(f.Body)
	for _, r := range signInRefusals {
		for _, code := range r.codes {
			if found[code] {
				return fmt.Sprintf("%s (AADSTS%s)", r.reason, code), true
			}
		}
	}
	return "", false
}

// SignInCancelled says whether the person ended the sign-in on Microsoft's page:
// with Cancel or Back, with a no to the permissions of the sign-in app, or with a
// no to the code of another device
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code,
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
func SignInCancelled(err error) bool {
	var f *diagnose.Failure
	if !errors.As(err, &f) || f.Stage != diagnose.StageSignIn {
		return false
	}
	var e struct {
		Error       string `json:"error"`
		Subcode     string `json:"error_subcode"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal([]byte(f.Body), &e) != nil {
		return false
	}
	said := strings.ToLower(e.Description)
	return e.Error == "authorization_declined" || e.Error == "access_denied" && (e.Subcode == "cancel" ||
		strings.Contains(said, "canceled the authentication") || strings.Contains(said, "cancelled the authentication")) ||
		signInCodes(f.Body)["65004"]
}
