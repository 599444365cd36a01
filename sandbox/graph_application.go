package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// applicationKind has the properties of microsoft.graph.application.
var applicationKind = kind{set: "applications", of: "application",
	props: strings.Fields(`
id deletedDateTime addIns api appId applicationTemplateId appRoles createdDateTime
defaultRedirectUri description disabledByMicrosoftStatus displayName groupMembershipClaims
identifierUris info isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials
nativeAuthenticationApisEnabled notes optionalClaims parentalControlSettings passwordCredentials
publicClient publisherDomain requestSignatureVerification requiredResourceAccess samlMetadataUrl
serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags
tokenEncryptionKeyId uniqueName verifiedPublisher web`)}

// writable are the properties of an app that a request can set. Those that the
// tenant does not model are accepted and ignored.
var writable = slices.DeleteFunc(slices.Clone(applicationKind.props), func(p string) bool {
	return slices.Contains([]string{
		"id", "deletedDateTime", "appId", "applicationTemplateId", "createdDateTime", "disabledByMicrosoftStatus",
		"publisherDomain", "uniqueName", "verifiedPublisher",
	}, p)
})

// readApplication reads an application from a request into a, and returns the
// properties that were given. What is not given stays as it is.
func readApplication(c *call, a *app) ([]string, *graphError) {
	m, refusal := payload(c, "microsoft.graph.application", applicationKind.props...)
	if refusal != nil {
		return nil, refusal
	}
	var given []string
	if raw, ok := m["uniqueName"]; ok && a.uniqueName != "" && string(raw) == string(quoted(a.uniqueName)) {
		delete(m, "uniqueName") // the key of the address again
	}
	for k := range m {
		if !slices.Contains(writable, k) && !strings.Contains(k, "@") {
			return nil, badRequest("Property '%s' is read-only and cannot be set.", k)
		}
		given = append(given, k)
	}
	slices.Sort(given)
	if m["passwordCredentials"] != nil && string(m["passwordCredentials"]) != "[]" {
		return nil, badRequest("New password credentials must be generated with service actions.").
			withDetail("InvalidKeyValue", "passwordCredentials")
	}
	a.redirects, a.words = cloneRedirects(a.redirects), cloneWords(a.words)
	if refusal := into(m, "displayName", "Edm.String", &a.name); refusal != nil {
		return nil, refusal
	}
	if len(a.name) > 120 || m["displayName"] != nil && strings.TrimSpace(a.name) == "" {
		return nil, invalidValue("displayName", "Application")
	}
	for name, v := range map[string]any{
		"signInAudience": &a.audience, "isFallbackPublicClient": &a.fallback, "tags": &a.tags,
	} {
		if refusal := into(m, name, "Edm.String", v); refusal != nil {
			return nil, refusal
		}
	}
	if !slices.Contains([]string{
		singleTenant, "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount",
	}, a.audience) {
		return nil, invalidValue("signInAudience", "Application")
	}
	for _, name := range []string{"description", "notes", "serviceManagementReference"} {
		if m[name] != nil {
			var v string
			if refusal := into(m, name, "Edm.String", &v); refusal != nil {
				return nil, refusal
			}
			a.words[name] = v
		}
	}
	for name, p := range map[string]Platform{"web": Web, "publicClient": MobileAndDesktop, "spa": SPA} {
		if refusal := readRedirects(m[name], name, p, a); refusal != nil {
			return nil, refusal
		}
	}
	a.derivePlatform()
	if raw := m["requiredResourceAccess"]; raw != nil {
		a.permissions, refusal = readAccess(raw)
	}
	return given, refusal
}

// quoted returns s as JSON.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("sandbox: a text that is not JSON: %v", err))
	}
	return b
}

func cloneRedirects(from map[Platform][]string) map[Platform][]string {
	out := map[Platform][]string{}
	for p, uris := range from {
		out[p] = slices.Clone(uris)
	}
	return out
}

func cloneWords(from map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range from {
		out[k] = v
	}
	return out
}

// readRedirects reads the redirect URIs of one platform, under Entra's rules
// (entra-docs reply-url.md).
func readRedirects(raw json.RawMessage, name string, p Platform, a *app) *graphError {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	m, refusal := object(raw, "microsoft.graph."+map[Platform]string{
		Web: "webApplication", MobileAndDesktop: "publicClientApplication", SPA: "spaApplication",
	}[p],
		"homePageUrl", "logoutUrl", "redirectUris", "redirectUriSettings", "implicitGrantSettings")
	if refusal != nil || m["redirectUris"] == nil {
		return refusal
	}
	var uris []string
	if refusal := into(m, "redirectUris", "Collection(Edm.String)", &uris); refusal != nil {
		return refusal
	}
	for _, s := range uris {
		u, err := url.Parse(s)
		secure := err == nil && (u.Scheme == "https" && u.Host != "" || local(s) != "")
		if err != nil || u.Scheme == "" || p != MobileAndDesktop && !secure || len(s) > 256 ||
			strings.ContainsAny(s, "*#") {
			return badRequest("Invalid value specified for property '%s.redirectUris' of resource 'Application'. "+
				"Must start with 'HTTPS' or 'http://localhost'.", name).withDetail("InvalidValue", name+".redirectUris")
		}
	}
	if len(uris) > 256 {
		return badRequest("The property '%s.redirectUris' has too many values.", name)
	}
	a.redirects[p] = uris
	return nil
}

// readAccess reads requiredResourceAccess, what the portal calls API permissions.
func readAccess(raw json.RawMessage) ([]Permission, *graphError) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, badValue(string(raw), "Collection(microsoft.graph.requiredResourceAccess)")
	}
	var out []Permission
	for _, one := range list {
		m, refusal := object(one, "microsoft.graph.requiredResourceAccess", "resourceAppId", "resourceAccess")
		if refusal != nil {
			return nil, refusal
		}
		var resource string
		var access []json.RawMessage
		if refusal := into(m, "resourceAppId", "Edm.String", &resource); refusal != nil || !isGUID(resource) {
			return nil, invalidValue("resourceAppId", "RequiredResourceAccess")
		}
		if refusal := into(m, "resourceAccess", "Collection(microsoft.graph.resourceAccess)", &access); refusal != nil {
			return nil, refusal
		}
		for _, x := range access {
			m, refusal := object(x, "microsoft.graph.resourceAccess", "id", "type")
			if refusal != nil {
				return nil, refusal
			}
			var id, kind string
			if refusal := into(m, "id", "Edm.Guid", &id); refusal != nil {
				return nil, refusal
			}
			if refusal := into(m, "type", "Edm.String", &kind); refusal != nil {
				return nil, refusal
			}
			if !isGUID(id) || kind != "Role" && kind != "Scope" {
				return nil, invalidValue("resourceAccess", "RequiredResourceAccess")
			}
			p := permissionWithID(resource, map[string]string{"Role": Application, "Scope": Delegated}[kind], id)
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// applicationEntity is an app as Graph shows it at this moment. t.mu is held.
func (t *Tenant) applicationEntity(a *app) entity {
	secrets := t.passwordEntities(a)
	if a.before != nil && !t.hasSpread("change of app "+a.objectID, a.changed, t.weather.AppDelay) {
		a = a.before
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	tags, uris := a.tags, func(p Platform) []string { return append([]string{}, a.redirects[p]...) }
	if tags == nil {
		tags = []string{}
	}
	x := entity{
		"id": a.objectID, "deletedDateTime": nil, "appId": a.clientID, "applicationTemplateId": nil,
		"createdDateTime": a.created.Format(time.RFC3339Nano),
		"displayName":     a.name, "description": text(a.words["description"]), "notes": text(a.words["notes"]),
		"publisherDomain":            t.domain,
		"serviceManagementReference": text(a.words["serviceManagementReference"]), "signInAudience": a.audience,
		"identifierUris":            []string{},
		"disabledByMicrosoftStatus": nil, "groupMembershipClaims": nil, "optionalClaims": nil,
		"tokenEncryptionKeyId": nil, "uniqueName": text(a.uniqueName),
		"defaultRedirectUri": nil, "isDeviceOnlyAuthSupported": nil, "isFallbackPublicClient": a.fallback,
		"tags": tags, "addIns": []any{}, "appRoles": []any{},
		"samlMetadataUrl": nil, "keyCredentials": []any{}, "requestSignatureVerification": nil,
		"servicePrincipalLockConfiguration": nil,
		"api": entity{
			"acceptMappedClaims": nil, "knownClientApplications": []any{}, "requestedAccessTokenVersion": nil,
			"oauth2PermissionScopes": []any{}, "preAuthorizedApplications": []any{},
		},
		"info":                    noInfo(),
		"parentalControlSettings": entity{"countriesBlockedForMinors": []any{}, "legalAgeGroupRule": "Allow"},
		"publicClient":            entity{"redirectUris": uris(MobileAndDesktop)},
		"spa":                     entity{"redirectUris": uris(SPA)},
		"verifiedPublisher":       entity{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"web": entity{"homePageUrl": nil, "logoutUrl": nil, "redirectUris": uris(Web), "redirectUriSettings": []any{},
			"implicitGrantSettings": entity{"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false}},
		"requiredResourceAccess": accessEntities(a.permissions),
		"passwordCredentials":    secrets,
	}
	if strings.HasSuffix(t.home().login, ".us") { // v1.0-Fairfax.csdl lacks them
		delete(x, "samlMetadataUrl")
		delete(x, "verifiedPublisher")
	}
	return x
}

func noInfo() entity {
	return entity{
		"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil,
	}
}

func accessEntities(permissions []Permission) []entity {
	out := []entity{}
	for _, p := range permissions {
		i := slices.IndexFunc(out, func(x entity) bool { return x["resourceAppId"] == apiID(p.API) })
		if i < 0 {
			i = len(out)
			out = append(out, entity{"resourceAppId": apiID(p.API), "resourceAccess": []entity{}})
		}
		kind := "Scope"
		if p.Kind == Application {
			kind = "Role"
		}
		access := out[i]["resourceAccess"].([]entity)
		out[i]["resourceAccess"] = append(access, entity{"id": permissionID(p.API, p.Kind, p.Name), "type": kind})
	}
	return out
}

// passwordEntities are the secrets that a read shows now. They are one property
// of one object, so a copy of the directory that has one change of them has
// every earlier one too. t.mu is held.
func (t *Tenant) passwordEntities(a *app) []entity {
	behind := t.behind("secrets of app " + a.objectID)
	out := []entity{}
	for _, s := range a.secrets {
		if t.now().Sub(s.made) >= behind && (s.removed.IsZero() || t.now().Sub(s.removed) < behind) {
			out = append(out, passwordEntity(s.Secret))
		}
	}
	return out
}

func passwordEntity(s Secret) entity {
	var name any
	if s.Description != "" {
		name = s.Description
	}
	return entity{
		"customKeyIdentifier": nil, "displayName": name, "endDateTime": s.Expires.Format(time.RFC3339Nano),
		"hint": s.Hint, "keyId": s.ID,
		"secretText": nil, "startDateTime": s.Created.Format(time.RFC3339Nano),
	}
}
