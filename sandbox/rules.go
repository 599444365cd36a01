package sandbox

// Rules are what the tenant's administrators and policies forbid. The zero
// value is a federal tenant that follows CISA's baseline for app registration
// (only administrators register apps, MS.AAD.5.1) and nothing more.
type Rules struct {
	// DeviceCodeForbidden is the AADSTS code with which a finished device code
	// sign-in is refused: 50199 (to be confirmed again), 530035 (security
	// defaults), 53003 (Conditional Access), or another; 0 allows it. The page
	// says so, and the client hears it when it asks for the token.
	DeviceCodeForbidden int
	// BrowserForbidden is the same for a sign-in in the browser, for example
	// 53003 or 530033. The browser comes back with a code, and the token
	// endpoint refuses it.
	BrowserForbidden int
	// BrowserStops makes BrowserForbidden end on Microsoft's page: the app is
	// told nothing, and waits.
	BrowserStops bool
	// MFARequired asks for a second factor on the page. A refresh token from
	// a sign-in without one is refused with 50076 from then on.
	MFARequired bool
	// AdminApprovalRequired leaves consent to the sign-in app's scopes to
	// administrators: anybody else is stopped with 90094. It does not touch
	// apps that Microsoft has approved in advance, such as Azure CLI.
	AdminApprovalRequired bool
	// UsersMayRegister lets accounts without any role register apps, as in a
	// tenant whose "Users can register applications" was never changed.
	UsersMayRegister bool
	// MayNotRegister refuses POST /applications to everybody, whatever the
	// role, and MayNotConsent does so for grants of app roles and for the
	// admin consent page, as restricted administration does.
	MayNotRegister, MayNotConsent bool
	// SignInLacks names a delegated permission of Microsoft Graph that no
	// token of a sign-in app carries, whatever it asks for, as for an app to
	// which nobody has consented; "" lets tokens carry what was granted.
	SignInLacks string
	// NoPremiumLicence says that the tenant has no Microsoft Entra ID P1 or P2,
	// without which Graph does not show the sign-in logs.
	NoPremiumLicence bool
	// UniqueNameRefused is the status, 404, 405 or 501, with which every address
	// of the form applications(uniqueName='…') is refused, as by a service that
	// does not know the alternate key; 0 serves them.
	UniqueNameRefused int
	// SecretsForbidden is the app management policy "Block password addition".
	SecretsForbidden bool
	// SecretMaxDays is the policy "Restrict max password lifetime". As in
	// Entra a secret must live less than this; 0 sets no limit.
	SecretMaxDays int
}

// SetRules changes the rules from now on.
func (t *Tenant) SetRules(r Rules) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = r
}

// Rules returns the rules in force.
func (t *Tenant) Rules() Rules {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rules
}
