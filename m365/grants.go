package m365

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
)

// ServicePrincipal is an app's entry under Enterprise apps in a tenant.
type ServicePrincipal struct {
	ID       string // its object ID, not the app registration's
	ClientID string
	Name     string
	Enabled  bool // sign-in is on
	// MailSendRole is the ID of the application permission Mail.Send that it
	// offers; set by GraphServicePrincipal only.
	MailSendRole string
}

// Grant is an application permission that was granted to a service principal.
type Grant struct {
	ID           string // identifies it in Graph calls
	PrincipalID  string // service principal that has the permission
	ResourceID   string // service principal that offers it, e.g. that of Graph
	ResourceName string
	RoleID       string // e.g. MailSendRoleID
	Created      time.Time
}

// The JSON of https://learn.microsoft.com/graph/api/resources/serviceprincipal
// and https://learn.microsoft.com/graph/api/resources/approleassignment.
type (
	wirePrincipal struct {
		ID      string     `json:"id"`
		AppID   string     `json:"appId"`
		Name    string     `json:"displayName"`
		Enabled *bool      `json:"accountEnabled"`
		Roles   []wireRole `json:"appRoles"`
	}
	wireRole struct {
		ID      string   `json:"id"`
		Value   string   `json:"value"`
		Members []string `json:"allowedMemberTypes"`
		Enabled bool     `json:"isEnabled"`
	}
	wireGrant struct {
		ID           string     `json:"id"`
		PrincipalID  string     `json:"principalId"`
		ResourceID   string     `json:"resourceId"`
		ResourceName string     `json:"resourceDisplayName"`
		RoleID       string     `json:"appRoleId"`
		Created      *time.Time `json:"createdDateTime"`
	}
)

// ServicePrincipal returns the service principal of an app. IsNotFound reports
// that this tenant has none, or that a new one is not visible yet.
func (a *Admin) ServicePrincipal(ctx context.Context, clientID string) (ServicePrincipal, error) {
	raw, err := a.readPrincipal(ctx, clientID, "id,appId,displayName,accountEnabled")
	if err != nil {
		return ServicePrincipal{}, err
	}
	return raw.principal(), nil
}

// GraphServicePrincipal returns the service principal of Microsoft Graph with
// the ID of its application permission Mail.Send. If that is not
// MailSendRoleID, which every app uses to request it, it returns an error.
func (a *Admin) GraphServicePrincipal(ctx context.Context) (ServicePrincipal, error) {
	raw, err := a.readPrincipal(ctx, GraphAppID, "id,appId,displayName,accountEnabled,appRoles")
	if err != nil {
		return ServicePrincipal{}, err
	}
	for _, r := range raw.Roles {
		if r.Value != MailSend || !r.Enabled || !slices.Contains(r.Members, "Application") {
			continue
		}
		if !strings.EqualFold(r.ID, MailSendRoleID) {
			err := fmt.Errorf("this tenant's Graph gives Mail.Send the ID %q, known is %q", clip(ctx, r.ID),
				MailSendRoleID)
			return ServicePrincipal{}, a.localFailure(ctx, diagnose.StageGrant, err)
		}
		p := raw.principal()
		p.MailSendRole = MailSendRoleID
		return p, nil
	}
	err = errors.New("this tenant's Graph offers no application permission Mail.Send")
	return ServicePrincipal{}, a.localFailure(ctx, diagnose.StageGrant, err)
}

func (a *Admin) readPrincipal(ctx context.Context, clientID, fields string) (wirePrincipal, error) {
	stage := diagnose.StageServicePrincipal
	if !IsGUID(clientID) {
		err := errors.New("looking for the service principal: that is not a client ID")
		return wirePrincipal{}, a.localFailure(ctx, stage, err)
	}
	var raw wirePrincipal
	err := a.call(ctx, request{
		stage: stage, method: http.MethodGet, path: pathByClientID("servicePrincipals", clientID),
		query: queryOptions("$select", fields), complete: raw.complete,
	}, &raw)
	if err != nil {
		return wirePrincipal{}, err
	}
	return raw, nil
}

// CreateServicePrincipal creates the app's service principal in its own tenant.
// AlreadyExists and NotReplicated can hold for the error; if Unclear does, look
// for the service principal before you repeat the call.
func (a *Admin) CreateServicePrincipal(ctx context.Context, clientID string) (ServicePrincipal, error) {
	stage := diagnose.StageServicePrincipal
	if !IsGUID(clientID) {
		err := errors.New("making the service principal: that is not a client ID")
		return ServicePrincipal{}, a.localFailure(ctx, stage, err)
	}
	body := struct {
		AppID string `json:"appId"`
	}{clientID}
	var made wirePrincipal
	err := a.call(ctx, request{
		stage: stage, method: http.MethodPost, path: "/servicePrincipals", body: body, retry: retryIfRefused,
		complete: made.complete,
	}, &made)
	if err != nil {
		return ServicePrincipal{}, err
	}
	return made.principal(), nil
}

// DeleteServicePrincipal deletes a service principal and its grants. IsNotFound
// reports that there was none.
func (a *Admin) DeleteServicePrincipal(ctx context.Context, id string) error {
	if err := requireIDs(id); err != nil {
		return a.localFailure(ctx, diagnose.StageServicePrincipal, err)
	}
	return a.call(ctx, request{
		stage: diagnose.StageServicePrincipal, method: http.MethodDelete, path: pathOf("servicePrincipals", id),
	}, nil)
}

// Grants returns the application permissions granted to a service principal. A
// new grant can be missing for a while.
func (a *Admin) Grants(ctx context.Context, spID string) ([]Grant, error) {
	if err := requireIDs(spID); err != nil {
		return nil, a.localFailure(ctx, diagnose.StageGrant, err)
	}
	found, err := list[wireGrant](ctx, a, request{
		stage: diagnose.StageGrant, path: pathOf("servicePrincipals", spID, "appRoleAssignments"),
	})
	if err != nil {
		return nil, err
	}
	grants := make([]Grant, 0, len(found))
	for _, g := range found {
		grants = append(grants, g.grant())
	}
	return grants, nil
}

// GrantMailSend grants the permission roleID of Graph to a service principal
// (https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto).
// This is the administrator's consent. AlreadyExists and NotReplicated can hold
// for the error; if Unclear does, look for the grant before you repeat the call.
func (a *Admin) GrantMailSend(ctx context.Context, spID, graphSPID, roleID string) (Grant, error) {
	if err := requireIDs(spID, graphSPID, roleID); err != nil {
		return Grant{}, a.localFailure(ctx, diagnose.StageGrant, err)
	}
	body := struct {
		Principal string `json:"principalId"`
		Resource  string `json:"resourceId"`
		Role      string `json:"appRoleId"`
	}{spID, graphSPID, roleID}
	var made wireGrant
	err := a.call(ctx, request{
		stage: diagnose.StageGrant, method: http.MethodPost, path: pathOf("servicePrincipals", graphSPID,
			"appRoleAssignedTo"),
		body: body, retry: retryIfRefused, complete: made.complete,
	}, &made)
	if err != nil {
		return Grant{}, err
	}
	return made.grant(), nil
}

// RevokeGrant revokes a granted permission. IsNotFound reports that there was none.
func (a *Admin) RevokeGrant(ctx context.Context, spID, grantID string) error {
	if err := requireIDs(spID, grantID); err != nil {
		return a.localFailure(ctx, diagnose.StageGrant, err)
	}
	return a.call(ctx, request{
		stage: diagnose.StageGrant, method: http.MethodDelete,
		path: pathOf("servicePrincipals", spID, "appRoleAssignments", grantID),
	}, nil)
}

func (w *wirePrincipal) complete() error {
	if w.ID == "" {
		return errors.New("the answer does not say which service principal it is about")
	}
	return nil
}

func (w *wireGrant) complete() error {
	if w.ID == "" {
		return errors.New("the answer does not say which grant was made")
	}
	return nil
}

func (w *wirePrincipal) principal() ServicePrincipal {
	return ServicePrincipal{
		ID: cleanName(w.ID), ClientID: strings.ToLower(cleanName(w.AppID)), Name: cleanName(w.Name),
		Enabled: w.Enabled == nil || *w.Enabled,
	}
}

func (w *wireGrant) grant() Grant {
	g := Grant{
		ID: w.ID, PrincipalID: cleanName(w.PrincipalID), ResourceID: cleanName(w.ResourceID),
		ResourceName: cleanName(w.ResourceName),
		RoleID:       strings.ToLower(cleanName(w.RoleID)),
	}
	if w.Created != nil {
		g.Created = w.Created.UTC()
	}
	return g
}
