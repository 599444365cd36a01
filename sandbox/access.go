package sandbox

import (
	"slices"
	"strings"
)

// caller is the account or app that calls Graph.
type caller struct {
	claims
	account     *account // nil for an app on its own
	permissions []string // scopes, or the roles of an app on its own
}

// Permissions by what they allow; one of a list is enough. They follow
// microsoft-graph-devx-content's permissions.json. Directory.AccessAsUser.All,
// which Azure CLI's token carries, allows reading what its user can read.
var (
	toReadApps = []string{
		"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All",
		"Directory.AccessAsUser.All",
	}
	toCreateApps = []string{"Application.ReadWrite.All", "AppRegistration.Create", "Application.ReadWrite.OwnedBy"}
	toChangeApps = []string{"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
	// secrets, service principals
	toChangeMore = []string{"Application.ReadWrite.All", "Directory.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
	toGrant      = []string{"AppRoleAssignment.ReadWrite.All"}
	toReadTenant = []string{
		"User.Read", "User.Read.All", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All",
		"Directory.AccessAsUser.All",
	}
	toReadMyself = []string{
		"User.Read", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All",
		"Directory.ReadWrite.All", "Directory.AccessAsUser.All",
	}
	toReadUsers = []string{
		"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All",
		"Directory.AccessAsUser.All",
	}
	toReadPolicy  = []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}
	toReadLogs    = []string{"AuditLog.Read.All"}
	toReadConsent = []string{"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)

// caller returns the bearer of a token. t.mu is held.
func (t *Tenant) caller(b claims) caller {
	if b.Idtyp == "app" {
		return caller{claims: b, permissions: b.Roles}
	}
	who := t.account(b.Oid)
	if who == nil { // an account without a directory entry has no rights
		who = &account{id: b.Oid, tenant: b.Tid}
	}
	return caller{claims: b, account: who, permissions: strings.Fields(b.Scp)}
}

// holds tells whether the token carries one of the permissions.
func (b caller) hasAny(any []string) bool {
	return slices.ContainsFunc(any, func(p string) bool { return slices.Contains(b.permissions, p) })
}

// The rules on roles below are for people; an app on its own needs none.

func (t *Tenant) canRegister(b caller) bool {
	if t.rules.MayNotRegister {
		return false
	}
	return b.account == nil || b.account.administers() || b.account.has(ApplicationDeveloper) ||
		t.rules.UsersMayRegister
}

// canChange tells whether the app is the caller's to change: administrators of
// apps can change any, its owner can change it too.
func (b caller) canChange(a *app) bool {
	return b.account == nil || b.account.administers() || a.owner != "" && a.owner == b.account.id
}

// canAssign tells whether the caller can grant an app role of an API.
func (t *Tenant) canAssign(b caller, p Permission) bool {
	return b.account == nil && !t.rules.MayNotConsent || t.canGrant(b.account, []Permission{p})
}

// canRevoke tells whether the account can revoke a grant, which needs less
// than to give it: a Cloud Application Administrator
// (https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions).
func (t *Tenant) canRevoke(who *account) bool {
	return !t.rules.MayNotConsent && (who == nil || who.administers() || who.has(PrivilegedRoleAdministrator))
}
