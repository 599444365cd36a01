package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// The Entra roles that matter here, by their names in the portal.
const (
	GlobalAdministrator           = "Global Administrator"
	PrivilegedRoleAdministrator   = "Privileged Role Administrator"
	CloudApplicationAdministrator = "Cloud Application Administrator"
	ApplicationAdministrator      = "Application Administrator"
	ApplicationDeveloper          = "Application Developer"
	ExchangeAdministrator         = "Exchange Administrator"
	GlobalReader                  = "Global Reader"
	ReportsReader                 = "Reports Reader"
	SecurityAdministrator         = "Security Administrator"
	SecurityOperator              = "Security Operator"
	SecurityReader                = "Security Reader"
)

// roleTemplates are the roles' template IDs, which the wids claim carries.
// ScubaGear's sample data has the first ones; Application Developer's and those
// of the readers are in entra-docs permissions-reference.md.
var roleTemplates = map[string]string{
	GlobalAdministrator:           "62e90394-69f5-4237-9190-012177145e10",
	PrivilegedRoleAdministrator:   "e8611ab8-c189-46e8-94e1-60213ab1f814",
	CloudApplicationAdministrator: "158c047a-c907-4556-b7ef-446551a6b5f7",
	ApplicationAdministrator:      "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
	ApplicationDeveloper:          "cf1c38e5-3621-4004-a7cb-879624dced7c",
	ExchangeAdministrator:         "29232cdf-9323-42fd-ade2-1d097af3e4de",
	GlobalReader:                  "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
	ReportsReader:                 "4a5d8f65-41da-4de4-8968-e035b65339cf",
	SecurityAdministrator:         "194ae4cb-b126-40b2-bd5b-6091b380977d",
	SecurityOperator:              "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
	SecurityReader:                "5d6b6bb7-de71-4623-b4af-96380a352509",
}

// memberTemplate is in the wids of every member of a tenant.
const memberTemplate = "b79fbf4d-3ef9-4689-8143-76b194e85509"

// Admin is an account that can sign in to practise. It needs no password.
type Admin struct {
	Username string   // the user principal name, such as admin@agency.gov
	Name     string   // display name
	Roles    []string // names of Entra roles, such as GlobalAdministrator
	// Elsewhere says that the account belongs to the neighbouring tenant,
	// Fabrikam: it is offered where the address names no tenant.
	Elsewhere bool
}

type account struct {
	Admin
	id     string // object ID
	tenant string // tenant ID
}

func (a *account) has(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(a.Roles, r) })
}

// administers tells whether the account can change any app of the tenant.
func (a *account) administers() bool {
	return a.has(GlobalAdministrator, ApplicationAdministrator, CloudApplicationAdministrator)
}

// wids are the role template IDs that the account's tokens carry.
func (a *account) wids() []string {
	var out []string
	for _, r := range a.Roles {
		out = append(out, roleTemplates[r])
	}
	return append(out, memberTemplate)
}

// AddAdmin adds an account, or changes the one of that name. The tenant comes
// with admin (Global Administrator), apps (Cloud Application Administrator),
// developer (Application Developer) and user (no role) of its own domain, and
// admin@fabrikam.com, who belongs to another tenant. It fails for a role that
// the practice tenant does not know.
func (t *Tenant) AddAdmin(a Admin) error {
	for _, r := range a.Roles {
		if roleTemplates[r] == "" {
			return fmt.Errorf("practice tenant: no role called %q", r)
		}
	}
	local, _, ok := strings.Cut(a.Username, "@")
	if !ok || local == "" {
		return fmt.Errorf("practice tenant: %q is no user principal name", a.Username)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a.Username, a.Roles = strings.ToLower(a.Username), slices.Clone(a.Roles)
	if a.Name == "" {
		a.Name = strings.ToUpper(local[:1]) + local[1:]
	}
	if old := t.account(a.Username); old != nil {
		old.Admin = a
		return nil
	}
	who := &account{Admin: a, id: t.derived("user", a.Username), tenant: t.id}
	if a.Elsewhere {
		who.tenant = t.neighbour.id
	} else if m := t.mailboxes[a.Username]; m != nil {
		who.id = m.id
	} else {
		t.mailboxes[a.Username] = &mailbox{address: a.Username, id: who.id}
	}
	t.accounts = append(t.accounts, who)
	return nil
}

// Admins lists the accounts that can sign in.
func (t *Tenant) Admins() []Admin {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Admin
	for _, a := range t.accounts {
		shown := a.Admin
		shown.Roles = slices.Clone(a.Roles)
		out = append(out, shown)
	}
	return out
}

// account finds an account by its user principal name or object ID. t.mu is held.
func (t *Tenant) account(name string) *account {
	for _, a := range t.accounts {
		if strings.EqualFold(a.Username, name) || a.id == strings.ToLower(name) {
			return a
		}
	}
	return nil
}

func (t *Tenant) addUsualAdmins() {
	for _, a := range []Admin{
		{Username: "admin@" + t.domain, Name: "Avery Admin", Roles: []string{GlobalAdministrator}},
		{Username: "apps@" + t.domain, Name: "Casey Apps", Roles: []string{CloudApplicationAdministrator}},
		{Username: "developer@" + t.domain, Name: "Devon Developer", Roles: []string{ApplicationDeveloper}},
		{Username: "user@" + t.domain, Name: "Uma User"},
		{
			Username: "admin@" + t.neighbour.domain, Name: "Finley Fabrikam", Roles: []string{GlobalAdministrator},
			Elsewhere: true,
		},
	} {
		if err := t.AddAdmin(a); err != nil {
			panic(err) // the names above are right
		}
	}
}
