package m365

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/secret"
)

// Admin is a signed-in administrator. The token is in memory only and lasts about
// an hour. After that SignedOut holds for every error, unless the sign-in is that
// of the Azure CLI, which is asked for a new token. An Admin is safe for use by
// several goroutines.
type Admin struct {
	client  *Client
	account Account
	renew   func(context.Context) (adminToken, *diagnose.Failure) // nil: the sign-in ends when its token expires

	renewing chan struct{} // held while a token is renewed, so that it is renewed once
	current  adminToken
}

// Account is the account that signed in, from the token's claims.
type Account struct {
	Username string // user principal name
	Name     string // display name
	TenantID string // Directory (tenant) ID of the sign-in
	ObjectID string // the user's
	// Roles are the template IDs of the active directory roles (claim wids); nil
	// if the token lacks the claim. A role that is not activated, or that comes
	// from a group, can be missing.
	Roles  []string
	Scopes []string // delegated permissions of the sign-in app, e.g. Application.ReadWrite.All
}

// renewBefore is how long before its end a token is renewed. The Azure CLI does
// not return a cached token with less than five minutes left, so that a token
// requested this late is a new one.
const renewBefore = 2 * time.Minute

// lastMoment is how long before its end a token is no longer used.
const lastMoment = 5 * time.Second

func newAdmin(c *Client, current adminToken, renew func(context.Context) (adminToken, *diagnose.Failure)) *Admin {
	a := current.account
	for _, text := range []*string{&a.Username, &a.Name, &a.TenantID, &a.ObjectID} {
		*text = cleanName(*text)
	}
	return &Admin{client: c, account: a, renew: renew, renewing: make(chan struct{}, 1), current: current}
}

// Account returns the account that signed in.
func (a *Admin) Account() Account {
	account := a.account
	account.Roles, account.Scopes = slices.Clone(account.Roles), slices.Clone(account.Scopes)
	return account
}

// Template IDs of directory roles
// (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference).
const (
	roleGlobal      = "62e90394-69f5-4237-9190-012177145e10"
	rolePrivileged  = "e8611ab8-c189-46e8-94e1-60213ab1f814"
	roleApplication = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	roleCloudApp    = "158c047a-c907-4556-b7ef-446551a6b5f7"
	roleDeveloper   = "cf1c38e5-3621-4004-a7cb-879624dced7c"
)

// MayConsent says whether the account has a role that can grant permissions of
// Graph to an app: Privileged Role Administrator or Global Administrator
// (https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent).
// known is false if the token names no roles. Because roles can be missing (see
// Account.Roles), a no is a reason to warn, not to stop.
func (a *Admin) MayConsent() (known, may bool) {
	return len(a.account.Roles) > 0, a.hasRole(roleGlobal, rolePrivileged)
}

// MayRegister says whether the account has a role that can register apps.
// Without one it depends on a tenant setting ("Users can register applications")
// that most accounts cannot read: known is false then.
func (a *Admin) MayRegister() (known, may bool) {
	may = a.hasRole(roleGlobal, roleApplication, roleCloudApp, roleDeveloper)
	return may, may
}

func (a *Admin) hasRole(ids ...string) bool {
	return slices.ContainsFunc(a.account.Roles, func(have string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, have) })
	})
}

// ErrSignInEnded means that the token of a sign-in has expired. palmail requests
// no refresh token, so the administrator has to sign in again. The text begins
// with OpenID Connect's own code for that.
var ErrSignInEnded = errors.New("interaction_required: the sign-in has ended, which it does after about an hour")

var errSomebodyElse = errors.New("the sign-in now belongs to another account than before")

// token returns an access token that is valid for the next call.
func (a *Admin) token(ctx context.Context) (secret.Value, *diagnose.Failure) {
	select {
	case a.renewing <- struct{}{}:
		defer func() { <-a.renewing }()
	case <-ctx.Done():
		return secret.Value{}, a.client.signInFailed(ctx, ctx.Err())
	}
	left := time.Until(a.current.expires)
	if left > renewBefore {
		return a.current.bearer, nil
	}
	if a.renew == nil {
		if left > lastMoment {
			return a.current.bearer, nil
		}
		return secret.Value{}, a.client.signInFailed(ctx, ErrSignInEnded)
	}
	next, f := a.renew(ctx)
	switch {
	case f != nil && left > 0 && ctx.Err() == nil:
		return a.current.bearer, nil // still valid; the next call tries to renew it
	case f != nil:
		return secret.Value{}, f
	case !strings.EqualFold(next.account.ObjectID, a.current.account.ObjectID) ||
		!strings.EqualFold(next.account.TenantID, a.current.account.TenantID):
		return secret.Value{}, a.client.signInFailed(ctx, errSomebodyElse)
	}
	a.current = next
	return next.bearer, nil
}

const maxCleanName = 256 // characters, the longest display name of an app

// cleanName cleans and shortens a name from a server for showing. Values that are
// sent back must not pass through it.
func cleanName(s string) string {
	s = clean.Line(s[:min(len(s), 4*maxCleanName)])
	if r := []rune(s); len(r) > maxCleanName {
		s = string(r[:maxCleanName])
	}
	return s
}
