package sandbox

import (
	"errors"
	"fmt"
	"slices"
)

// errNoEnterprise is what is wrong where the app has no service principal.
var errNoEnterprise = errors.New("the app has no enterprise application")

func (p *portal) enterprises(v *visit) error {
	apps := slices.DeleteFunc(v.tenant.Apps(), func(a App) bool { return a.ServicePrincipalID == "" })
	return v.page("Enterprise applications", v.view.enterprisesPage(apps))
}

// enterpriseApp finds the app whose enterprise application a page is about.
func (v *visit) enterpriseApp() error {
	if err := v.app("enterprise"); err != nil {
		return err
	}
	if v.view.App.ServicePrincipalID == "" {
		return errNoEnterprise
	}
	return nil
}

func (p *portal) enterprise(v *visit) error {
	if err := v.enterpriseApp(); err != nil {
		return err
	}
	return v.page("Enterprise application", v.view.enterprisePage())
}

// enterprisePermissions lists what was granted, which the app registration's
// list does not decide.
func (p *portal) enterprisePermissions(v *visit) error {
	if err := v.enterpriseApp(); err != nil {
		return err
	}
	var rows []permissionRow
	err := v.tenant.change(v.view.App.ClientID, func(a *app) error {
		for _, g := range a.grants {
			if g.revoked.IsZero() {
				rows = append(rows, rowOf(g.Permission))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.page("Enterprise application: Permissions", v.view.enterprisePermissionsPage(rows))
}

// revokePermission does what Revoke permission does on the Admin consent tab,
// which takes a Cloud Application Administrator
// (https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions).
func (p *portal) revokePermission(v *visit) error {
	if err := v.revoke(); err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "enterprise", "permissions")
}

// revokeConsent does what Revoke admin consent does beside a permission on the
// app registration's API permissions page.
func (p *portal) revokeConsent(v *visit) error {
	if err := v.revoke(); err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "permissions")
}

func (v *visit) revoke() error {
	if err := v.enterpriseApp(); err != nil {
		return err
	}
	key := v.r.PostForm.Get("permission")
	return v.tenant.change(v.view.App.ClientID, func(a *app) error {
		who := v.account()
		if who == nil || who.tenant != v.tenant.id || !v.tenant.canRevoke(who) {
			return fmt.Errorf("%s is not allowed to revoke it: that takes a Cloud Application Administrator",
				v.visitor.account)
		}
		v.tenant.revoke(a, func(q Permission) bool { return rowOf(q).Key == key })
		return nil
	})
}
