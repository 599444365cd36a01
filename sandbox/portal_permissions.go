package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// permissionRow is one line of API permissions.
type permissionRow struct {
	Permission
	Description  string
	NeedsConsent bool // admin consent is required
	Key          string
}

// permissionWords are the display names of those that matter for mail.
var permissionWords = map[string]string{
	Application + "Mail.Send":            "Send mail as any user",
	Application + "Mail.Read":            "Read mail in all mailboxes",
	Application + "Mail.ReadBasic.All":   "Read basic mail in all mailboxes",
	Application + "Mail.ReadWrite":       "Read and write mail in all mailboxes",
	Application + "User.Read.All":        "Read all users' full profiles",
	Application + "SMTP.SendAsApp":       "Application access for sending emails via SMTP AUTH",
	Application + "full_access_as_app":   "Use Exchange Web Services with full access to all mailboxes",
	Delegated + "Mail.Send":              "Send mail as a user",
	Delegated + "Mail.Send.Shared":       "Send mail on behalf of others",
	Delegated + "Mail.Read":              "Read user mail",
	Delegated + "Mail.ReadWrite":         "Read and write access to user mail",
	Delegated + "SMTP.Send":              "Send emails from mailboxes using SMTP AUTH",
	Delegated + "User.Read":              "Sign in and read user profile",
	Delegated + "EWS.AccessAsUser.All":   "Access mailboxes as the signed-in user via Exchange Web Services",
	Application + "Exchange.ManageAsApp": "Manage Exchange As Application",
}

func rowOf(p Permission) permissionRow {
	return permissionRow{
		Permission: p, Description: permissionWords[p.Kind+p.Name], Key: p.API + "|" + p.Kind + "|" + p.Name,
		NeedsConsent: p.Kind == Application || !slices.Contains(userConsentable, p.Name),
	}
}

const permissionsTitle = "API permissions"

func (p *portal) permissions(v *visit) error {
	if err := v.app("permissions"); err != nil {
		return err
	}
	var rows []permissionRow
	for _, q := range v.view.App.Permissions {
		rows = append(rows, rowOf(q))
	}
	return v.page(permissionsTitle, v.view.permissionsPage(rows))
}

// permissionChoice is how far one has got under Add a permission.
type permissionChoice struct {
	API, Kind, Search string
	APIs              []string
	Rows              []permissionRow
	All               int // rows before the filter
}

func (p *portal) choosePermissions(v *visit) error {
	q := v.r.URL.Query()
	return p.showChoice(v, q.Get("api"), q.Get("kind"), q.Get("search"), "")
}

func (p *portal) showChoice(v *visit, api, kind, search, wrong string) error {
	if err := v.app("permissions"); err != nil {
		return err
	}
	d := permissionChoice{Search: search, APIs: []string{MicrosoftGraph, ExchangeOnline}}
	if slices.Contains(d.APIs, api) {
		d.API = api
	}
	if d.API != "" && (kind == Delegated || kind == Application) {
		d.Kind = kind
	}
	names := permissionNames(d.API, d.Kind)
	d.All = len(names)
	for _, name := range names {
		row := rowOf(Permission{API: d.API, Kind: d.Kind, Name: name})
		if found := strings.ToLower(name + " " + row.Description); strings.Contains(found,
			strings.ToLower(strings.TrimSpace(search))) {
			d.Rows = append(d.Rows, row)
		}
	}
	const title = "Request API permissions"
	if wrong != "" {
		return v.again(title, v.view.addPermissionPage(d), wrong)
	}
	return v.page(title, v.view.addPermissionPage(d))
}

func (p *portal) addPermissions(v *visit) error {
	f := v.r.PostForm
	api, kind := f.Get("api"), f.Get("kind")
	picked := f["permission"]
	if len(picked) == 0 {
		return p.showChoice(v, api, kind, f.Get("search"), "Tick at least one permission.")
	}
	err := v.changeApp(func(a *app) error {
		for _, name := range picked {
			if _, known := permissionIDs[api][kind][name]; !known {
				return errors.New("one of these permissions does not exist")
			}
		}
		for _, name := range picked {
			if q := (Permission{API: api, Kind: kind, Name: name}); !slices.Contains(a.permissions, q) {
				a.permissions = append(a.permissions, q)
			}
		}
		v.tenant.logChange("update application %s requiredResourceAccess", a.clientID)
		return nil
	})
	if err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "permissions")
}

// removePermission takes a permission off the list, and revokes it, as
// "Remove permission" with admin consent revoked does.
func (p *portal) removePermission(v *visit) error {
	key := v.r.PostForm.Get("permission")
	err := v.changeApp(func(a *app) error {
		is := func(q Permission) bool { return rowOf(q).Key == key }
		a.permissions = slices.DeleteFunc(a.permissions, is)
		v.tenant.revoke(a, is)
		v.tenant.logChange("update application %s requiredResourceAccess", a.clientID)
		return nil
	})
	if err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "permissions")
}

func (p *portal) confirmConsent(v *visit) error {
	if err := v.app("permissions"); err != nil {
		return err
	}
	return v.page("Grant admin consent confirmation", v.view.consentPage())
}

// consent grants everything that is listed, if the signed-in account can.
func (p *portal) consent(v *visit) error {
	if err := v.app("permissions"); err != nil {
		return err
	}
	if v.r.PostForm.Get("answer") == "yes" {
		t := v.tenant
		err := t.change(v.view.App.ClientID, func(a *app) error {
			who := v.account()
			if who == nil || who.tenant != t.id || !t.canGrant(who, a.permissions) {
				return fmt.Errorf("%s is not allowed to consent to this: that takes a Privileged Role Administrator "+
					"or a Global Administrator", v.visitor.account)
			}
			if a.spID == "" {
				t.createPrincipal(a)
			}
			t.revoke(a, func(q Permission) bool { return !slices.Contains(a.permissions, q) })
			for _, q := range a.permissions {
				t.grant(a, q)
			}
			return nil
		})
		if err != nil {
			return v.again("Grant admin consent confirmation", v.view.consentPage(), "Grant consent failed. "+
				sentence(err))
		}
	}
	return v.to("app", v.view.App.ClientID, "permissions")
}
