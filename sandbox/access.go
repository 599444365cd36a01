package sandbox

import (
	"slices"
	"strings"
)

// caller is who a call to Graph comes from.
type caller struct {
	claims
	who   *account // nil for an app on its own
	power []string // scopes, or the roles of an app on its own
}

// Permissions that let one do things, any of each list. They follow
// microsoft-graph-devx-content's permissions.json. Directory.AccessAsUser.All,
// which Azure CLI's token carries, lets one read what its user can.
var (
	toReadApps    = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"}
	toCreateApps  = []string{"Application.ReadWrite.All", "AppRegistration.Create", "Application.ReadWrite.OwnedBy"}
	toChangeApps  = []string{"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
	toChangeMore  = []string{"Application.ReadWrite.All", "Directory.ReadWrite.All", "Application.ReadWrite.OwnedBy"} // secrets, service principals
	toGrant       = []string{"AppRoleAssignment.ReadWrite.All"}
	toReadTenant  = []string{"User.Read", "User.Read.All", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"}
	toReadMyself  = []string{"User.Read", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"}
	toReadUsers   = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"}
	toReadPolicy  = []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}
	toReadLogs    = []string{"AuditLog.Read.All"}
	toReadConsent = []string{"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)

// caller tells who a token's bearer is. t.mu is held.
func (t *Tenant) caller(b claims) caller {
	if b.Idtyp == "app" {
		return caller{claims: b, power: b.Roles}
	}
	who := t.account(b.Oid)
	if who == nil { // an account without a directory entry may do nothing
		who = &account{id: b.Oid, tenant: b.Tid}
	}
	return caller{claims: b, who: who, power: strings.Fields(b.Scp)}
}

// holds tells whether the token carries one of the permissions.
func (b caller) holds(any []string) bool {
	return slices.ContainsFunc(any, func(p string) bool { return slices.Contains(b.power, p) })
}

// The rules on roles below are for people; an app on its own needs none.

func (t *Tenant) mayRegister(b caller) bool {
	if t.rules.MayNotRegister {
		return false
	}
	return b.who == nil || b.who.administers() || b.who.has(ApplicationDeveloper) || t.rules.UsersMayRegister
}

// mayChange tells whether the app is the caller's to change: administrators of
// apps may change any, its owner may change it too.
func (b caller) mayChange(a *app) bool {
	return b.who == nil || b.who.administers() || a.owner != "" && a.owner == b.who.id
}

// mayAssign tells whether the caller may grant an app role of an API.
func (t *Tenant) mayAssign(b caller, p Permission) bool {
	return b.who == nil && !t.rules.MayNotConsent || t.mayGrant(b.who, []Permission{p})
}

// mayRevoke tells whether the account may take a grant away, which needs less
// than to give it: a Cloud Application Administrator
// (https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions).
func (t *Tenant) mayRevoke(who *account) bool {
	return !t.rules.MayNotConsent && (who == nil || who.administers() || who.has(PrivilegedRoleAdministrator))
}
