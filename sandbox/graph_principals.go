package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// principalKind has the properties of microsoft.graph.servicePrincipal.
var principalKind = kind{set: "servicePrincipals", of: "servicePrincipal",
	props: strings.Fields(`
id deletedDateTime accountEnabled addIns alternativeNames appDescription appDisplayName appId
applicationTemplateId appOwnerOrganizationId appRoleAssignmentRequired appRoles createdDateTime
description disabledByMicrosoftStatus displayName homepage info keyCredentials loginUrl logoutUrl
notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials
preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls
resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames
servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher`)}

// microsoftTenant owns Microsoft's own apps.
const microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

// principals answers for the collection of service principals, which the
// portal calls enterprise applications.
func (t *Tenant) principals(c *call, b caller) (answer, *graphError) {
	switch c.method {
	case http.MethodGet:
		o, refusal := options(c.url.Query(), true)
		if refusal != nil {
			return answer{}, refusal
		}
		if !b.hasAny(toReadApps) {
			return answer{}, denied()
		}
		var all []entity
		for _, a := range t.apps {
			if a.spID != "" && t.principalSeen(a, "list") {
				all = append(all, t.principalEntity(a))
			}
		}
		for _, a := range apis {
			all = append(all, t.apiEntity(a))
		}
		return t.many(c, principalKind, all, o), nil
	case http.MethodPost:
		return t.makePrincipal(c, b)
	}
	return answer{}, wrongMethod()
}

// principalSeen tells whether a directory read of some way finds the app's
// service principal now.
func (t *Tenant) principalSeen(a *app, way string) bool {
	return t.hasSpread(way+" of principal "+a.spID, a.spCreated, t.weather.AppDelay)
}

// makePrincipal answers POST /servicePrincipals. Right after the app was created,
// the call is refused in two ways, and one of them names another reason.
func (t *Tenant) makePrincipal(c *call, b caller) (answer, *graphError) {
	if !b.hasAny(toChangeMore) {
		return answer{}, denied()
	}
	m, refusal := payload(c, "microsoft.graph.servicePrincipal", principalKind.props...)
	if refusal != nil {
		return answer{}, refusal
	}
	var appID string
	enabled := true
	if refusal := into(m, "appId", "Edm.String", &appID); refusal != nil {
		return answer{}, refusal
	}
	if refusal := into(m, "accountEnabled", "Edm.Boolean", &enabled); refusal != nil {
		return answer{}, refusal
	}
	if appID == "" {
		return answer{},
			badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.").
				withDetail("ObjectTypeMismatch", "appId")
	}
	a := t.app(appID)
	taken := deny(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue",
		"The service principal cannot be created, updated, or restored because the service principal name %s is "+
			"already in use.", appID).withDetail("ConflictingObjects", "servicePrincipalNames")
	unknown := badRequest("The appId '%s' of the service principal does not reference a valid application object.",
		appID).withDetail("NoBackingApplicationObject", "appId")
	switch {
	case apiWithID(appID) != "":
		return answer{}, taken
	case a == nil:
		return answer{}, unknown
	case !t.hasSpread("build on app "+a.objectID, a.created, t.weather.AppDelay):
		t.refusals[a.objectID]++
		if t.refusals[a.objectID]%2 == 0 {
			return answer{}, deny(http.StatusForbidden, "Authorization_RequestDenied",
				"When using this permission, the backing application of the service principal being created must in "+
					"the local tenant")
		}
		return answer{}, unknown
	case !b.canChange(a):
		return answer{}, denied()
	case a.spID != "":
		return answer{}, taken
	}
	t.createPrincipal(a)
	a.disabled = !enabled
	return t.one(c, http.StatusCreated, principalKind, t.principalEntity(a), query{}), nil
}

// principalAt finds a service principal by object ID, or by client ID in the
// form appId='…': that of an app, or of an API.
func (t *Tenant) principalAt(key string) (a *app, of api, name string) {
	property, appID, ok := alternateKey(key)
	byClient := ok && property == "appId"
	for _, a := range t.apps {
		if a.spID != "" && (byClient && strings.EqualFold(a.clientID, appID) ||
			!byClient && strings.EqualFold(a.spID, key)) {
			return a, api{}, key
		}
	}
	for _, p := range apis {
		if byClient && strings.EqualFold(p.appID, appID) || !byClient && strings.EqualFold(t.principalOf(p.name), key) {
			return nil, p, key
		}
	}
	if byClient {
		key = appID
	}
	return nil, api{}, key
}

// principal answers for one service principal and what is assigned to it.
func (t *Tenant) principal(c *call, b caller, key string, rest []string) (answer, *graphError) {
	for len(rest) > 0 && rest[len(rest)-1] == "" {
		rest = rest[:len(rest)-1]
	}
	a, of, name := t.principalAt(key)
	there := of.name != "" || a != nil && t.principalSeen(a, "read")
	switch {
	case len(rest) > 0 && (rest[0] == "appRoleAssignments" || rest[0] == "appRoleAssignedTo") && len(rest) <= 2:
		return t.assignments(c, b, rest, a, of, there, name)
	case len(rest) > 0:
		return answer{}, badRequest("Resource not found for the segment '%s'.", strings.Join(rest, "/"))
	case c.method == http.MethodGet:
		o, refusal := options(c.url.Query(), false)
		switch {
		case refusal != nil:
			return answer{}, refusal
		case !b.hasAny(toReadApps):
			return answer{}, denied()
		case !there:
			return answer{}, notFound(name)
		case a == nil:
			return t.one(c, http.StatusOK, principalKind, t.apiEntity(of), o), nil
		}
		return t.one(c, http.StatusOK, principalKind, t.principalEntity(a), o), nil
	case c.method == http.MethodDelete:
		switch {
		case !b.hasAny(toChangeMore):
			return answer{}, denied()
		case !there:
			return answer{}, notFound(name)
		case a == nil || !b.canChange(a):
			return answer{}, denied()
		}
		t.deletePrincipal(a)
		return noContent(), nil
	}
	return answer{}, wrongMethod()
}

// principalEntity is an app's service principal as Graph shows it.
func (t *Tenant) principalEntity(a *app) entity {
	x := t.anyPrincipal(a.spID, a.clientID, a.name, t.id)
	x["accountEnabled"], x["signInAudience"] = !a.disabled, a.audience
	x["replyUrls"] = slices.Concat([]string{}, a.redirects[Web], a.redirects[MobileAndDesktop], a.redirects[SPA])
	return x
}

// apiEntity is an API's service principal, with the permissions it offers.
func (t *Tenant) apiEntity(of api) entity {
	x := t.anyPrincipal(t.principalOf(of.name), of.appID, of.name, microsoftTenant)
	roles, scopes := []entity{}, []entity{}
	for _, n := range permissionNames(of.name, Application) {
		roles = append(roles, entity{
			"allowedMemberTypes": []string{"Application"}, "description": "Practice description of " + n + ".",
			"displayName": n,
			"id":          permissionID(of.name, Application, n), "isEnabled": true, "origin": "Application",
			"value": n,
		})
	}
	for _, n := range permissionNames(of.name, Delegated) {
		who := "Admin"
		if slices.Contains(userConsentable, n) {
			who = "User"
		}
		scopes = append(scopes, entity{
			"adminConsentDescription": "Practice description of " + n + ".", "adminConsentDisplayName": n,
			"id":        permissionID(of.name, Delegated, n),
			"isEnabled": true, "type": who, "userConsentDescription": nil, "userConsentDisplayName": nil, "value": n,
		})
	}
	x["appRoles"], x["oauth2PermissionScopes"], x["signInAudience"] = roles, scopes, "AzureADMultipleOrgs"
	x["servicePrincipalNames"] = append([]string{of.appID}, t.audiences(of)...)
	return x
}

// audiences are the addresses by which tokens for an API are asked for.
func (t *Tenant) audiences(of api) []string {
	if of.appID == graphAppID {
		return []string{"https://" + t.home().graph}
	}
	return []string{"https://outlook.office365.com"}
}

func (t *Tenant) anyPrincipal(id, appID, name, owner string) entity {
	x := entity{
		"id": id, "deletedDateTime": nil, "accountEnabled": true, "addIns": []any{}, "alternativeNames": []any{},
		"appDescription": nil,
		"appDisplayName": name, "appId": appID, "applicationTemplateId": nil, "appOwnerOrganizationId": owner,
		"appRoleAssignmentRequired": false,
		"appRoles":                  []any{}, "description": nil, "disabledByMicrosoftStatus": nil,
		"displayName": name, "homepage": nil,
		"info": noInfo(), "keyCredentials": []any{}, "loginUrl": nil, "logoutUrl": nil,
		"notes": nil, "notificationEmailAddresses": []any{}, "oauth2PermissionScopes": []any{},
		"passwordCredentials":       []any{},
		"preferredSingleSignOnMode": nil, "preferredTokenSigningKeyThumbprint": nil, "replyUrls": []string{},
		"samlSingleSignOnSettings":               nil,
		"resourceSpecificApplicationPermissions": []any{}, "servicePrincipalNames": []string{appID},
		"servicePrincipalType": "Application",
		"tags":                 []string{}, "tokenEncryptionKeyId": nil,
		"verifiedPublisher": entity{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
	}
	if strings.HasSuffix(t.home().login, ".us") { // v1.0-Fairfax.csdl lacks them
		delete(x, "resourceSpecificApplicationPermissions")
		delete(x, "verifiedPublisher")
	}
	return x
}
