package m365

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"palmail/clean"
	"palmail/diagnose"
)

// App is an app registration.
type App struct {
	ObjectID string // identifies it in Graph calls
	ClientID string // Application (client) ID
	Name     string
	Audience string // AzureADMyOrg: this tenant only
	Created  time.Time
	// UniqueName is an alternate key that its creator chose. It is usually
	// empty and cannot be changed.
	UniqueName string

	RedirectURIs       []string // of the platform Web
	PublicClient       bool     // "Allow public client flows" is on
	PublicRedirectURIs []string // of the platform Mobile and desktop applications
	Secrets            []AppSecret
	Permissions        []Permission // requested, not granted
}

// Permission is a permission that an app requests.
type Permission struct {
	ResourceAppID string // e.g. GraphAppID
	ID            string
	Application   bool // an application permission, not a delegated one
}

// AsksMailSend says whether the app requests Graph's application permission Mail.Send.
func (a App) AsksMailSend() bool {
	return slices.ContainsFunc(a.Permissions, func(p Permission) bool {
		return p.Application && strings.EqualFold(p.ResourceAppID, GraphAppID) &&
			strings.EqualFold(p.ID, MailSendRoleID)
	})
}

// HasRedirectURI says whether uri is registered under Web, letter for letter:
// paths are compared that way (https://learn.microsoft.com/entra/identity-platform/reply-url).
func (a App) HasRedirectURI(uri string) bool { return slices.Contains(a.RedirectURIs, uri) }

// NewApp is an app to register.
type NewApp struct {
	Name        string
	RedirectURI string // platform Web; empty: none
	// UniqueName is for UpsertApp only: an alternate key that nobody else will choose.
	UniqueName string
	// UniqueNameUsed says that an earlier call may have used the UniqueName:
	// UpsertApp then looks for the app before it changes anything.
	UniqueNameUsed bool
}

// The JSON of an application (https://learn.microsoft.com/graph/api/resources/application).
type (
	wireApp struct {
		ID           string             `json:"id,omitempty"`
		AppID        string             `json:"appId,omitempty"`
		Name         string             `json:"displayName,omitempty"`
		UniqueName   string             `json:"uniqueName,omitempty"`
		Audience     string             `json:"signInAudience,omitempty"`
		Created      *time.Time         `json:"createdDateTime,omitempty"`
		Web          *wirePlatform      `json:"web,omitempty"`
		PublicClient *wirePlatform      `json:"publicClient,omitempty"`
		Fallback     *bool              `json:"isFallbackPublicClient,omitempty"`
		Resources    []wireResource     `json:"requiredResourceAccess,omitempty"`
		Passwords    []wirePasswordInfo `json:"passwordCredentials,omitempty"`
	}
	wirePlatform struct {
		RedirectURIs []string `json:"redirectUris"`
	}
	wireResource struct {
		AppID  string       `json:"resourceAppId"`
		Access []wireAccess `json:"resourceAccess"`
	}
	wireAccess struct {
		ID   string `json:"id"`
		Type string `json:"type"` // Role or Scope
	}
)

const (
	appFields = "id,appId,displayName,uniqueName,signInAudience,createdDateTime,web,publicClient," +
		"isFallbackPublicClient,requiredResourceAccess,passwordCredentials"
	typeRole = "Role"
)

// AppsNamed returns the apps with that display name; names are not unique. A
// new app can be missing for a while.
func (a *Admin) AppsNamed(ctx context.Context, name string) ([]App, error) {
	found, err := list[wireApp](ctx, a, request{
		stage: diagnose.StageRegister, path: "/applications",
		query: queryOptions("$filter", "displayName eq '"+doubleQuotes(name)+"'", "$select", appFields),
	})
	if err != nil {
		return nil, err
	}
	return appsOf(found), nil
}

func appsOf(found []wireApp) []App {
	apps := make([]App, 0, len(found))
	for _, one := range found {
		apps = append(apps, one.app())
	}
	return apps
}

var errNoClientID = errors.New("looking for the app: that is not a client ID")

// AppByClientID returns the app with the client ID. IsNotFound reports that
// this tenant has no such app, or that a new one is not visible yet.
func (a *Admin) AppByClientID(ctx context.Context, clientID string) (App, error) {
	if !IsGUID(clientID) {
		return App{}, a.localFailure(ctx, diagnose.StageRegister, errNoClientID)
	}
	raw, err := a.readApp(ctx, pathByClientID("applications", clientID))
	return raw.app(), err
}

func (a *Admin) readApp(ctx context.Context, path string) (wireApp, error) {
	var raw wireApp
	err := a.call(ctx, request{
		stage: diagnose.StageRegister, method: http.MethodGet, path: path, query: queryOptions("$select", appFields),
		complete: raw.complete,
	}, &raw)
	if err != nil {
		return wireApp{}, err
	}
	return raw, nil
}

// CreateApp registers a single-tenant app with the redirect URI that requests
// the application permission Mail.Send. It grants nothing. If Unclear holds for
// the error, an app with that name may have been created.
func (a *Admin) CreateApp(ctx context.Context, n NewApp) (App, error) {
	var made wireApp
	err := a.call(ctx, request{
		stage: diagnose.StageRegister, method: http.MethodPost, path: "/applications",
		body: n.body(), retry: retryIfRefused, complete: made.complete,
	}, &made)
	if err != nil {
		return App{}, err
	}
	return made.app(), nil
}

func (n NewApp) body() wireApp {
	body := wireApp{
		Name: n.Name, Audience: "AzureADMyOrg",
		Resources: []wireResource{{GraphAppID, []wireAccess{{MailSendRoleID, typeRole}}}},
	}
	if n.RedirectURI != "" {
		body.Web = &wirePlatform{RedirectURIs: []string{n.RedirectURI}}
	}
	return body
}

// AddRedirectURI adds uri to the redirect URIs of the platform Web. It sends
// nothing if uri is already there.
func (a *Admin) AddRedirectURI(ctx context.Context, app App, uri string) error {
	if err := requireIDs(app.ObjectID, uri); err != nil {
		return a.localFailure(ctx, diagnose.StageRegister, err)
	}
	now, err := a.readApp(ctx, pathOf("applications", app.ObjectID))
	if err != nil {
		return err
	}
	var uris []string
	if now.Web != nil {
		uris = now.Web.RedirectURIs
	}
	if slices.Contains(uris, uri) {
		return nil
	}
	// The request replaces the whole list. The list that was just read can be
	// out of date, so URIs that were seen earlier are kept as well.
	for _, known := range append(slices.Clone(app.RedirectURIs), uri) {
		if !slices.ContainsFunc(uris, func(have string) bool { return clean.Line(have) == known }) {
			uris = append(uris, known)
		}
	}
	return a.updateApp(ctx, app.ObjectID, wireApp{Web: &wirePlatform{RedirectURIs: uris}})
}

// AddMailSend adds the application permission Mail.Send to what the app
// requests. It sends nothing if the app requests it already.
func (a *Admin) AddMailSend(ctx context.Context, app App) error {
	if err := requireIDs(app.ObjectID); err != nil {
		return a.localFailure(ctx, diagnose.StageRegister, err)
	}
	now, err := a.readApp(ctx, pathOf("applications", app.ObjectID))
	if err != nil {
		return err
	}
	if now.app().AsksMailSend() {
		return nil
	}
	resources := now.Resources
	for _, p := range append(slices.Clone(app.Permissions), Permission{GraphAppID, MailSendRoleID, true}) {
		resources = withPermission(resources, p)
	}
	return a.updateApp(ctx, app.ObjectID, wireApp{Resources: resources})
}

func withPermission(resources []wireResource, p Permission) []wireResource {
	entry := wireAccess{p.ID, "Scope"}
	if p.Application {
		entry.Type = typeRole
	}
	for i := range resources {
		r := &resources[i]
		if !strings.EqualFold(r.AppID, p.ResourceAppID) {
			continue
		}
		if !slices.ContainsFunc(r.Access, func(have wireAccess) bool {
			return strings.EqualFold(have.ID, entry.ID) && strings.EqualFold(have.Type, entry.Type)
		}) {
			r.Access = append(r.Access, entry)
		}
		return resources
	}
	return append(resources, wireResource{p.ResourceAppID, []wireAccess{entry}})
}

func (a *Admin) updateApp(ctx context.Context, objectID string, body wireApp) error {
	return a.call(ctx, request{
		stage: diagnose.StageRegister, method: http.MethodPatch, path: pathOf("applications", objectID), body: body,
	}, nil)
}

// DeleteApp deletes an app registration together with its service principal and
// secrets. It can be restored for 30 days. IsNotFound reports that there was no
// such app, which is also the answer when a lost delete is repeated.
func (a *Admin) DeleteApp(ctx context.Context, objectID string) error {
	if err := requireIDs(objectID); err != nil {
		return a.localFailure(ctx, diagnose.StageRegister, err)
	}
	return a.call(ctx, request{
		stage: diagnose.StageRegister, method: http.MethodDelete, path: pathOf("applications", objectID),
	}, nil)
}

func (w *wireApp) complete() error {
	if w.ID == "" || !IsGUID(w.AppID) {
		return errors.New("the answer does not say which app registration it is about")
	}
	return nil
}

func (w *wireApp) app() App {
	app := App{
		ObjectID: cleanName(w.ID), ClientID: strings.ToLower(cleanName(w.AppID)), Name: cleanName(w.Name),
		UniqueName: cleanName(w.UniqueName), Audience: cleanName(w.Audience),
	}
	if w.Created != nil {
		app.Created = w.Created.UTC()
	}
	app.RedirectURIs, app.PublicRedirectURIs = w.Web.uris(), w.PublicClient.uris()
	app.PublicClient = w.Fallback != nil && *w.Fallback
	for _, p := range w.Passwords {
		app.Secrets = append(app.Secrets, p.secret())
	}
	for _, r := range w.Resources {
		for _, one := range r.Access {
			app.Permissions = append(app.Permissions, Permission{
				strings.ToLower(cleanName(r.AppID)), strings.ToLower(cleanName(one.ID)), one.Type == typeRole,
			})
		}
	}
	return app
}

func (p *wirePlatform) uris() []string {
	if p == nil {
		return nil
	}
	var out []string
	for _, u := range p.RedirectURIs {
		out = append(out, clean.Line(u))
	}
	return out
}
