package m365

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"palmail/diagnose"
)

// Organization describes the tenant.
type Organization struct {
	ID          string // Directory (tenant) ID
	DisplayName string
	Domains     []string // verified, the default one first
}

// Organization returns the signed-in administrator's tenant.
func (a *Admin) Organization(ctx context.Context) (Organization, error) {
	type domain struct {
		Name    string `json:"name"`
		Default bool   `json:"isDefault"`
	}
	found, err := list[struct {
		ID      string   `json:"id"`
		Name    string   `json:"displayName"`
		Domains []domain `json:"verifiedDomains"`
	}](ctx, a, request{
		stage: diagnose.StageSignIn, path: "/organization",
		query: queryOptions("$select", "id,displayName,verifiedDomains"),
	})
	if err != nil {
		return Organization{}, err
	}
	if len(found) != 1 || !IsGUID(found[0].ID) {
		return Organization{},
			a.localFailure(ctx, diagnose.StageSignIn, errors.New("the answer is not one organization"))
	}
	o := Organization{ID: strings.ToLower(found[0].ID), DisplayName: cleanName(found[0].Name)}
	for _, d := range found[0].Domains {
		if d.Default {
			o.Domains = append([]string{cleanName(d.Name)}, o.Domains...)
			continue
		}
		o.Domains = append(o.Domains, cleanName(d.Name))
	}
	return o, nil
}

// MailboxKind is the kind of account that a mailbox belongs to.
type MailboxKind string

// The kinds of mailboxes.
const (
	MailboxUser    MailboxKind = "user"
	MailboxShared  MailboxKind = "shared"
	MailboxGuest   MailboxKind = "guest"
	MailboxUnknown MailboxKind = "unknown"
)

// Mailbox is the directory's information about an address.
type Mailbox struct {
	// Exists says whether an account has the address as its user principal
	// name. If not, it can still be an alias or a group, and Graph cannot send
	// as either.
	Exists   bool
	Known    bool // this account is allowed to see the fields below
	Enabled  bool // sign-in is on; a shared mailbox needs none and usually has it off
	Licensed bool // has a plan with Exchange
	// Synced says that the account comes from the organisation's own Active
	// Directory. Without a licence its mailbox may be on a server of its own.
	Synced bool
	// Kind is derived from Enabled and Licensed, because the directory does not
	// store it: a shared mailbox has sign-in off and usually no licence.
	Kind MailboxKind

	ObjectID, Name, Username string
	PrimarySMTP              string // address that mail is sent from; empty: there is no mailbox
}

// Mailbox looks up an address. A missing account is not an error.
func (a *Admin) Mailbox(ctx context.Context, address string) (Mailbox, error) {
	if err := requireIDs(address); err != nil {
		return Mailbox{}, a.localFailure(ctx, diagnose.StageSignIn, err)
	}
	var raw wireUser
	err := a.call(ctx, request{
		stage: diagnose.StageSignIn, method: http.MethodGet, path: pathOf("users", address),
		query: queryOptions("$select",
			"id,displayName,userPrincipalName,mail,userType,accountEnabled,assignedPlans,proxyAddresses,"+
				"onPremisesSyncEnabled"),
		complete: func() error {
			if raw.ID == "" {
				return errors.New("the answer does not say which user it is about")
			}
			return nil
		},
	}, &raw)
	switch {
	case IsNotFound(err):
		return Mailbox{Kind: MailboxUnknown}, nil
	case err != nil:
		return Mailbox{}, err
	}
	return raw.mailbox(), nil
}

// The JSON of a user (https://learn.microsoft.com/graph/api/resources/user).
type wireUser struct {
	ID        string   `json:"id"`
	Name      string   `json:"displayName"`
	Username  string   `json:"userPrincipalName"`
	Mail      string   `json:"mail"`
	Type      string   `json:"userType"`
	Enabled   *bool    `json:"accountEnabled"`
	Synced    bool     `json:"onPremisesSyncEnabled"`
	Addresses []string `json:"proxyAddresses"`
	Plans     []struct {
		Service string `json:"service"`
		Status  string `json:"capabilityStatus"`
	} `json:"assignedPlans"`
}

func (u wireUser) mailbox() Mailbox {
	m := Mailbox{
		Exists: true, Known: u.Enabled != nil, Enabled: u.Enabled != nil && *u.Enabled,
		ObjectID: cleanName(u.ID), Name: cleanName(u.Name), Username: cleanName(u.Username),
		PrimarySMTP: cleanName(u.Mail), Synced: u.Synced,
	}
	for _, p := range u.Plans {
		// Warning is the grace period after a subscription has ended.
		if strings.EqualFold(p.Service, "exchange") && (p.Status == "Enabled" || p.Status == "Warning") {
			m.Licensed = true
		}
	}
	for _, address := range u.Addresses {
		if primary, ok := strings.CutPrefix(address, "SMTP:"); ok { // aliases begin with smtp:
			m.PrimarySMTP = cleanName(primary)
		}
	}
	switch {
	case strings.EqualFold(u.Type, "Guest"):
		m.Kind = MailboxGuest
	case m.Known && !m.Enabled && m.PrimarySMTP != "":
		m.Kind = MailboxShared
	case m.Known && m.Enabled && m.Licensed:
		m.Kind = MailboxUser
	default:
		m.Kind = MailboxUnknown
	}
	return m
}
