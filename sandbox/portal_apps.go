package sandbox

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// accountType is one of the "Supported account types".
type accountType struct{ Audience, Label string }

func (t *Tenant) accountTypes() []accountType {
	return []accountType{
		{singleTenant, "Accounts in this organizational directory only (" + t.org + " only - Single tenant)"},
		{"AzureADMultipleOrgs", "Accounts in any organizational directory"},
		{
			"AzureADandPersonalMicrosoftAccount",
			"Accounts in any organizational directory and personal Microsoft accounts",
		},
		{"PersonalMicrosoftAccount", "Personal Microsoft accounts"},
	}
}

// platforms in the order of "Select a platform".
var platforms = []Platform{Web, SPA, MobileAndDesktop}

func (p *portal) list(v *visit) error {
	if id := v.r.PathValue("tenant"); id != "" {
		if !isGUID(id) && !isDomain(id) {
			return errNoPage
		}
		if v.tenant.find(id) != homeTenant {
			v.view.Wrong = "The link names the tenant " + id + ". This is the practice tenant " + v.tenant.id + "."
		}
	}
	v.view.Section = "apps"
	apps := v.tenant.Apps()
	slices.Reverse(apps)
	return v.page("App registrations", v.view.listPage(apps))
}

// newAppForm is what was filled in to register an app.
type newAppForm struct {
	Name, Audience, Platform, Redirect string
	Types                              []accountType
	Platforms                          []Platform
}

const registerTitle = "Register an application"

func (p *portal) newApp(v *visit) error {
	v.view.Section = "apps"
	return v.page(registerTitle, v.view.newAppPage(newAppForm{
		Audience: singleTenant, Types: v.tenant.accountTypes(), Platforms: platforms,
	}))
}

func (p *portal) register(v *visit) error {
	v.view.Section = "apps"
	f := v.r.PostForm
	form := newAppForm{
		Name: strings.TrimSpace(f.Get("name")), Audience: f.Get("audience"), Platform: f.Get("platform"),
		Redirect: strings.TrimSpace(f.Get("redirect")),
		Types:    v.tenant.accountTypes(), Platforms: platforms,
	}
	wrong := tooLong("Name", form.Name, 120)
	switch {
	case wrong != "":
	case form.Name == "":
		wrong = "Name: fill it in."
	case !slices.ContainsFunc(form.Types, func(a accountType) bool { return a.Audience == form.Audience }):
		wrong = "Supported account types: pick one."
	case form.Redirect != "" && !slices.Contains(platforms, Platform(form.Platform)):
		wrong = "Redirect URI: select a platform."
	case form.Redirect != "":
		wrong = redirectTrouble(form.Redirect, Platform(form.Platform))
	}
	if wrong != "" {
		return v.again(registerTitle, v.view.newAppPage(form), wrong)
	}
	t := v.tenant
	t.mu.Lock()
	who := v.account()
	allowed := who != nil && who.tenant == t.id && t.canRegister(caller{account: who})
	t.mu.Unlock()
	if !allowed {
		return v.again(registerTitle, v.view.newAppPage(form),
			"You do not have permission to register applications in this directory. Contact your administrator.")
	}
	platform := Web
	if form.Redirect != "" {
		platform = Platform(form.Platform)
	}
	a := t.RegisterApp(form.Name, platform, form.Redirect)
	err := t.change(a.ClientID, func(a *app) error {
		a.audience = form.Audience
		if !who.administers() {
			a.owner = who.id
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.to("app", a.ClientID)
}

// redirectTrouble judges a redirect URI by Entra's rules (entra-docs
// reply-url.md).
func redirectTrouble(s string, p Platform) string {
	u, err := url.Parse(s)
	secure := err == nil && (u.Scheme == "https" && u.Host != "" || local(s) != "")
	switch {
	case len(s) > 256:
		return "Redirect URI: at most 256 characters."
	case err != nil || u.Scheme == "" || p != MobileAndDesktop && !secure:
		return "Redirect URI: must start with HTTPS or http://localhost."
	case strings.ContainsAny(s, "*#!$'(),;"):
		return "Redirect URI: it must not contain any of * # ! $ ' ( ) , ;"
	}
	return ""
}

// overviewData is what Overview shows beside the app itself.
type overviewData struct {
	AccountTypes string
	Redirects    []platformURIs
}

// platformURIs are the redirect URIs under one platform.
type platformURIs struct {
	Platform Platform
	URIs     []string
}

func (p *portal) overview(v *visit) error {
	if err := v.app("overview"); err != nil {
		return err
	}
	var d overviewData
	err := v.tenant.change(v.view.App.ClientID, func(a *app) error {
		d.Redirects = a.registered()
		for _, of := range v.tenant.accountTypes() {
			if of.Audience == a.audience {
				d.AccountTypes = of.Label
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.page(v.view.App.Name, v.view.overviewPage(d))
}

// registered lists the redirect URIs by platform.
func (a *app) registered() []platformURIs {
	var out []platformURIs
	for _, p := range platforms {
		if len(a.redirects[p]) > 0 {
			out = append(out, platformURIs{p, slices.Clone(a.redirects[p])})
		}
	}
	return out
}

// authForm is what was filled in to add a redirect URI.
type authForm struct {
	Platform, Redirect string
	Platforms          []Platform
	Redirects          []platformURIs
}

func (p *portal) authentication(v *visit) error {
	return p.showAuthentication(v, authForm{Platform: string(Web)}, "")
}

func (p *portal) showAuthentication(v *visit, form authForm, wrong string) error {
	if err := v.app("authentication"); err != nil {
		return err
	}
	form.Platforms = platforms
	if err := v.tenant.change(v.view.App.ClientID, func(a *app) error {
		form.Redirects = a.registered()
		return nil
	}); err != nil {
		return err
	}
	if wrong != "" {
		return v.again("Authentication", v.view.authenticationPage(form), wrong)
	}
	return v.page("Authentication", v.view.authenticationPage(form))
}

func (p *portal) addPlatform(v *visit) error {
	form := authForm{Platform: v.r.PostForm.Get("platform"), Redirect: strings.TrimSpace(v.r.PostForm.Get("redirect"))}
	platform := Platform(form.Platform)
	wrong := ""
	if !slices.Contains(platforms, platform) {
		wrong = "Select a platform."
	} else {
		wrong = redirectTrouble(form.Redirect, platform)
	}
	if wrong != "" {
		return p.showAuthentication(v, form, wrong)
	}
	err := v.changeApp(func(a *app) error {
		if !slices.Contains(a.redirects[platform], form.Redirect) {
			a.redirects[platform] = append(a.redirects[platform], form.Redirect)
		}
		a.derivePlatform()
		v.tenant.logChange("update application %s redirectUris", a.clientID)
		return nil
	})
	if err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "authentication")
}

// movePlatform deletes a redirect URI, or moves it to another platform, which
// the real portal does by deleting it and adding it there.
func (p *portal) movePlatform(v *visit) error {
	from, redirect := Platform(v.r.PostForm.Get("platform")), v.r.PostForm.Get("redirect")
	err := v.changeApp(func(a *app) error {
		i := slices.Index(a.redirects[from], redirect)
		if i < 0 {
			return errors.New("this redirect URI is not there any more")
		}
		a.redirects[from] = slices.Delete(a.redirects[from], i, i+1)
		if len(a.redirects[from]) == 0 {
			delete(a.redirects, from)
		}
		a.derivePlatform()
		v.tenant.logChange("update application %s redirectUris", a.clientID)
		return nil
	})
	if err != nil {
		return err
	}
	return v.to("app", v.r.PathValue("id"), "authentication")
}

// changeApp runs f on the visit's app if the signed-in account can change it.
func (v *visit) changeApp(f func(*app) error) error {
	id := v.clientID()
	if _, ok := v.tenant.AppWithID(id); !ok {
		return errNoApp
	}
	return v.tenant.change(id, func(a *app) error {
		who := v.account()
		if who == nil || who.tenant != v.tenant.id || !(caller{account: who}).canChange(a) {
			return fmt.Errorf("%s is not allowed to change it: that takes its owner, an Application Administrator or "+
				"a Cloud Application Administrator", v.visitor.account)
		}
		return f(a)
	})
}
