package sandbox

import "slices"

// practisePermission does API permissions. Each way starts from what the
// screen asks for or gets wrong and clears away what an earlier try left, so
// that trying again ends where a single try would.
func (t *Tenant) practisePermission(m Mistake, clientID, mailbox string) (string, error) {
	if mailbox == "" {
		mailbox = "noreply@" + t.domain
	}
	send := Permission{API: MicrosoftGraph, Kind: Application, Name: "Mail.Send"}
	read := Permission{API: MicrosoftGraph, Kind: Application, Name: "Mail.ReadWrite"}
	want, consent := []Permission{send}, true
	said := "Added Microsoft Graph's application permission Mail.Send and granted admin consent for " + t.org + "."
	switch m {
	case DelegatedInstead:
		want = []Permission{{API: MicrosoftGraph, Kind: Delegated, Name: "Mail.Send"}}
		said = "Added Microsoft Graph's delegated permission Mail.Send and granted admin consent for " + t.org + "."
	case WrongAPI:
		want = []Permission{{API: ExchangeOnline, Kind: Application, Name: "Mail.Send"}}
		said = "Added Mail.Send of the API Office 365 Exchange Online and granted admin consent for " + t.org + "."
	case NoConsent:
		consent = false
		said = "Added Microsoft Graph's application permission Mail.Send. Nobody has granted admin consent."
	case ExtraPower:
		want = append(want, read)
		said = "Added Microsoft Graph's application permissions Mail.Send and Mail.ReadWrite and granted admin " +
			"consent for " + t.org + "."
	case LimitedByExchange:
		want, consent = nil, false
		said = "Allowed the app to send as " + mailbox +
			" with RBAC for Applications in Exchange Online. Nothing is granted in Entra."
	}
	if err := t.change(clientID, func(a *app) error {
		wanted := func(p Permission) bool { return slices.Contains(want, p) || p.Name == "User.Read" }
		a.permissions = slices.DeleteFunc(a.permissions, func(p Permission) bool { return !wanted(p) })
		t.revoke(a, func(p Permission) bool { return !consent || !wanted(p) })
		t.unlimit(a)
		return nil
	}); err != nil {
		return "", err
	}
	for _, p := range want {
		if err := t.AddPermission(clientID, p.API, p.Kind, p.Name); err != nil {
			return "", err
		}
	}
	if m == LimitedByExchange {
		return said, t.AllowByExchange(clientID, mailbox)
	}
	if consent {
		return said, t.GrantConsent(clientID)
	}
	return said, nil
}
