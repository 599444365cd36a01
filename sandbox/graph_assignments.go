package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var assignmentKind = kind{of: "appRoleAssignment", props: strings.Fields(`id deletedDateTime appRoleId createdDateTime
principalDisplayName principalId principalType resourceDisplayName resourceId`)}

// assignments answers for the app roles that a service principal was granted
// (appRoleAssignments) and for those of its own that others were granted
// (appRoleAssignedTo). One and the same grant can be reached both ways.
func (t *Tenant) assignments(c *call, b caller, path []string, a *app, of api, there bool,
	name string) (answer, *graphError) {
	k := assignmentKind
	k.set = path[0]
	if path[0] == "appRoleAssignedTo" {
		k.set = "servicePrincipals('" + name + "')/appRoleAssignedTo"
	}
	switch {
	case c.method == http.MethodGet && len(path) == 1:
		o, refusal := options(c.url.Query(), true)
		switch {
		case refusal != nil:
			return answer{}, refusal
		case !b.hasAny(toReadApps):
			return answer{}, denied()
		case !there:
			return answer{}, notFound(name)
		}
		return t.many(c, k, t.assignmentEntities(path[0], a, of), o), nil
	case c.method == http.MethodPost && len(path) == 1:
		if !b.hasAny(toGrant) || !b.hasAny(toReadApps) {
			return answer{}, denied()
		}
		if !there {
			return answer{}, notFound(name)
		}
		return t.assign(c, b, k)
	case c.method == http.MethodDelete && len(path) == 2:
		if !b.hasAny(toGrant) {
			return answer{}, denied()
		}
		if !there {
			return answer{}, notFound(name)
		}
		return t.unassign(b, a, of, path[1])
	}
	return answer{}, wrongMethod()
}

// assign creates a grant. Right after the service principal was created, the
// call is refused in one of two ways, as if it did not exist.
func (t *Tenant) assign(c *call, b caller, k kind) (answer, *graphError) {
	m, refusal := payload(c, "microsoft.graph.appRoleAssignment", "principalId", "resourceId", "appRoleId")
	if refusal != nil {
		return answer{}, refusal
	}
	var principal, resource, role string
	for name, v := range map[string]*string{"principalId": &principal, "resourceId": &resource, "appRoleId": &role} {
		if refusal := into(m, name, "Edm.Guid", v); refusal != nil {
			return answer{}, refusal
		}
		if !isGUID(*v) {
			return answer{}, badValue(*v, "Edm.Guid")
		}
	}
	_, of, _ := t.principalAt(resource)
	if of.name == "" {
		return answer{}, notFound(resource)
	}
	a, _, _ := t.principalAt(principal)
	if a == nil {
		return answer{}, notFound(principal)
	}
	if !t.hasSpread("build on principal "+a.spID, a.spCreated, t.weather.AppDelay) {
		t.refusals[a.spID]++
		if t.refusals[a.spID]%2 == 0 {
			return answer{}, notFound(principal)
		}
		return answer{}, badRequest("Not a valid reference update.").withDetail("InvalidReferenceUpdate", "")
	}
	p := permissionWithID(of.appID, Application, role)
	if isGUID(p.Name) {
		return answer{}, badRequest("Permission being assigned was not found on application '%s'.",
			of.appID).withDetail("InvalidUpdate", "appRoleId")
	}
	if !t.canAssign(b, p) {
		return answer{}, denied()
	}
	g := t.grant(a, p)
	if g == nil {
		return answer{},
			badRequest("Permission being assigned already exists on the object").withDetail("InvalidUpdate", "")
	}
	return t.one(c, http.StatusCreated, k, t.assignmentEntity(a, g), query{}), nil
}

// unassign takes DELETE of a grant below the service principal that holds it,
// or below the API whose role it is.
func (t *Tenant) unassign(b caller, below *app, of api, id string) (answer, *graphError) {
	for _, a := range t.apps {
		for _, g := range a.grants {
			if g.id != id || g.Kind != Application || !g.revoked.IsZero() ||
				below != a && (below != nil || of.name != g.API) {
				continue
			}
			if !t.canRevoke(b.account) {
				return answer{}, denied()
			}
			t.revoke(a, func(p Permission) bool { return p == g.Permission })
			return noContent(), nil
		}
	}
	return answer{}, notFound(id)
}

// assignmentEntities are the grants that a read shows now: to an app, or of an
// API's roles to anybody.
func (t *Tenant) assignmentEntities(path string, a *app, of api) []entity {
	var out []entity
	for _, holder := range t.apps {
		for _, g := range holder.grants {
			wanted := path == "appRoleAssignments" && holder == a || path == "appRoleAssignedTo" && a == nil &&
				g.API == of.name
			if !wanted || g.Kind != Application || holder.spID == "" ||
				!t.hasSpread("read of grant "+g.id, g.at, t.weather.AppDelay) {
				continue
			}
			if g.revoked.IsZero() || !t.hasSpread("read of revocation "+g.id, g.revoked, t.weather.AppDelay) {
				out = append(out, t.assignmentEntity(holder, g))
			}
		}
	}
	return out
}

func (t *Tenant) assignmentEntity(a *app, g *grant) entity {
	return entity{
		"id": g.id, "deletedDateTime": nil, "appRoleId": permissionID(g.API, g.Kind, g.Name),
		"createdDateTime":      g.at.Format(time.RFC3339Nano),
		"principalDisplayName": a.name, "principalId": a.spID, "principalType": "ServicePrincipal",
		"resourceDisplayName": g.API, "resourceId": t.principalOf(g.API),
	}
}

// delegatedGrants lists the consents to delegated permissions of apps in this tenant.
func (t *Tenant) delegatedGrants(c *call, b caller) (answer, *graphError) {
	if c.method != http.MethodGet {
		return answer{}, wrongMethod()
	}
	o, refusal := options(c.url.Query(), true)
	if refusal != nil {
		return answer{}, refusal
	}
	if !b.hasAny(toReadConsent) {
		return answer{}, denied()
	}
	k := kind{
		set: "oauth2PermissionGrants", of: "oAuth2PermissionGrant", props: []string{
			"id", "clientId", "consentType", "principalId", "resourceId", "scope",
		},
	}
	var all []entity
	for _, a := range t.apps {
		for _, of := range apis {
			var scopes []string
			id := ""
			for _, g := range a.grants {
				if g.API == of.name && g.Kind == Delegated && g.revoked.IsZero() &&
					t.hasSpread("read of grant "+g.id, g.at, t.weather.AppDelay) {
					scopes, id = append(scopes, g.Name), g.id
				}
			}
			if slices.Sort(scopes); len(scopes) > 0 && a.spID != "" {
				all = append(all, entity{
					"id": id, "clientId": a.spID, "consentType": "AllPrincipals", "principalId": nil,
					"resourceId": t.principalOf(of.name), "scope": strings.Join(scopes, " "),
				})
			}
		}
	}
	return t.many(c, k, all, o), nil
}
