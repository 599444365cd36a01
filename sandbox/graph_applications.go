package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// applications answers for the collection: what is there, and a new one.
func (t *Tenant) applications(c *call, b caller) (answer, *graphError) {
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
		for _, a := range slices.Concat(t.apps, t.deletedApps) {
			if t.visible(a, "list") {
				all = append(all, t.applicationEntity(a))
			}
		}
		return t.many(c, applicationKind, all, o), nil
	case http.MethodPost:
		if !b.hasAny(toCreateApps) || !t.canRegister(b) {
			return answer{}, denied()
		}
		a, refusal := t.newApplication(c, "")
		if refusal != nil {
			return answer{}, refusal
		}
		return t.createApplication(c, b, a), nil
	}
	return answer{}, wrongMethod()
}

// newApplication reads an application that is to be created from a request.
func (t *Tenant) newApplication(c *call, uniqueName string) (*app, *graphError) {
	a := &app{
		uniqueName: uniqueName, created: t.now(), audience: singleTenant, platform: Web,
		redirects: map[Platform][]string{}, words: map[string]string{},
	}
	if _, refusal := readApplication(c, a); refusal != nil {
		return nil, refusal
	}
	if a.name == "" {
		return nil, badRequest("A value is required for property 'displayName' of resource 'Application'.").
			withDetail("ObjectTypeMismatch", "displayName")
	}
	return a, nil
}

// createApplication adds a to the directory and answers with it.
func (t *Tenant) createApplication(c *call, b caller, a *app) answer {
	if b.account != nil && !b.account.administers() {
		a.owner = b.account.id
	}
	a.objectID, a.clientID = t.guid(), t.guid()
	t.apps = append(t.apps, a)
	t.logChange("create application %s %s", a.clientID, a.name)
	return t.one(c, http.StatusCreated, applicationKind, t.applicationEntity(a), query{})
}

// wayOf names the way by which a read addresses one app. Each way has its own
// copy of the directory, and they do not catch up at the same time.
func wayOf(key string) string {
	if property, _, ok := alternateKey(key); ok && property == "uniqueName" {
		return "read by uniqueName"
	}
	return "read"
}

// visible tells whether a read of the directory finds the app now: its creation
// has spread to the copy that is read, and its deletion has not.
func (t *Tenant) visible(a *app, way string) bool {
	if !a.deleted.IsZero() && t.hasSpread(way+" of deleted app "+a.objectID, a.deleted, t.weather.AppDelay) {
		return false
	}
	return t.hasSpread(way+" of app "+a.objectID, a.created, t.weather.AppDelay)
}

// appAt finds an app by object ID or by an alternate key, appId='…' or
// uniqueName='…', and returns the key's value. It also finds deleted apps.
func (t *Tenant) appAt(key string) (*app, string) {
	property, value, ok := alternateKey(key)
	if !ok {
		property, value = "id", key
	}
	for _, a := range slices.Concat(t.apps, t.deletedApps) {
		of := map[string]string{"id": a.objectID, "appId": a.clientID, "uniqueName": a.uniqueName}[property]
		if of != "" && strings.EqualFold(of, value) {
			return a, value
		}
	}
	return nil, value
}

// application answers for one app and what can be done with it.
func (t *Tenant) application(c *call, b caller, key string, rest []string) (answer, *graphError) {
	for len(rest) > 0 && rest[len(rest)-1] == "" {
		rest = rest[:len(rest)-1]
	}
	action := strings.Join(rest, "/")
	if property, name, _ := alternateKey(key); property == "uniqueName" {
		if refusal := t.uniqueNameRefused(); refusal != nil {
			return answer{}, refusal
		}
		if c.method == http.MethodPatch && action == "" {
			return t.upsertApplication(c, b, name)
		}
	}
	power := map[string][]string{
		"GET ": toReadApps, "PATCH ": toChangeApps, "DELETE ": toChangeApps, "POST addPassword": toChangeMore,
		"POST removePassword": toChangeMore,
	}[c.method+" "+action]
	if power == nil {
		if action == "" || action == "addPassword" || action == "removePassword" {
			return answer{}, wrongMethod()
		}
		return answer{}, badRequest("Resource not found for the segment '%s'.", action)
	}
	if !b.hasAny(power) {
		return answer{}, denied()
	}
	a, name := t.appAt(key)
	if a == nil || !t.visible(a, wayOf(key)) {
		return answer{}, notFound(name)
	}
	if c.method == http.MethodGet {
		o, refusal := options(c.url.Query(), false)
		if refusal != nil {
			return answer{}, refusal
		}
		return t.one(c, http.StatusOK, applicationKind, t.applicationEntity(a), o), nil
	}
	if !a.deleted.IsZero() {
		return answer{}, notFound(name)
	}
	if !b.canChange(a) {
		return answer{}, denied()
	}
	switch {
	case action == "addPassword":
		return t.addPassword(c, a)
	case action == "removePassword":
		return t.removePassword(c, a)
	case c.method == http.MethodDelete:
		t.moveToDeleted(a)
		return noContent(), nil
	}
	return t.patchApplication(c, a)
}

// patchApplication changes an app. Reads show the old one for a while.
func (t *Tenant) patchApplication(c *call, a *app) (answer, *graphError) {
	changed := *a
	properties, refusal := readApplication(c, &changed)
	if refusal != nil {
		return answer{}, refusal
	}
	before := *a
	before.before = nil
	*a = changed
	a.before, a.changed = &before, t.now()
	t.logChange("update application %s %s", a.clientID, strings.Join(properties, ","))
	return noContent(), nil
}

func (t *Tenant) addPassword(c *call, a *app) (answer, *graphError) {
	m, refusal := payload(c, "addPassword parameters", "passwordCredential")
	if refusal != nil {
		return answer{}, refusal
	}
	var s struct {
		name       string
		start, end time.Time
	}
	s.start = t.now()
	if raw := m["passwordCredential"]; raw != nil && string(raw) != "null" {
		p, refusal := object(raw, "microsoft.graph.passwordCredential", "displayName", "startDateTime", "endDateTime",
			"customKeyIdentifier", "keyId", "secretText", "hint")
		if refusal == nil {
			refusal = into(p, "displayName", "Edm.String", &s.name)
		}
		if refusal == nil {
			refusal = into(p, "startDateTime", "Edm.DateTimeOffset", &s.start)
		}
		if refusal == nil {
			refusal = into(p, "endDateTime", "Edm.DateTimeOffset", &s.end)
		}
		if refusal != nil {
			return answer{}, refusal
		}
	}
	if s.end.IsZero() {
		s.end = s.start.AddDate(2, 0, 0) // graph-docs resources/passwordcredential.md
	}
	switch {
	case !s.end.After(s.start):
		return answer{}, badRequest("Key credential end date is invalid.").withDetail("KeyCredentialsInvalidEndDate",
			"endDateTime")
	case t.rules.SecretsForbidden:
		return answer{}, deny(http.StatusBadRequest, "CredentialTypeNotAllowedAsPerAppPolicy",
			"Credential type not allowed as per assigned policy '%s'.",
			t.policyID()).withDetail("CredentialTypeNotAllowedAsPerAppPolicy", "passwordCredentials")
	case t.rules.SecretMaxDays > 0 && s.end.Sub(s.start) >= time.Duration(t.rules.SecretMaxDays)*24*time.Hour:
		return answer{}, deny(http.StatusBadRequest, "CredentialInvalidLifetimeAsPerAppPolicy",
			"Credential lifetime exceeds the max value allowed as per assigned policy '%s'.",
			t.policyID()).withDetail("InvalidKeyEndDate", "endDateTime")
	}
	k := t.keepSecret(a, s.name, s.start.UTC(), s.end.UTC())
	out := passwordEntity(k)
	out["secretText"] = k.Value
	out["@odata.context"] = "https://" + t.ownHost(c) + "/v1.0/$metadata#microsoft.graph.passwordCredential"
	return jsonAnswer(http.StatusOK, graphJSON, out), nil
}

func (t *Tenant) removePassword(c *call, a *app) (answer, *graphError) {
	m, refusal := payload(c, "removePassword parameters", "keyId")
	if refusal != nil {
		return answer{}, refusal
	}
	var id string
	if refusal := into(m, "keyId", "Edm.Guid", &id); refusal != nil {
		return answer{}, refusal
	}
	if !isGUID(id) {
		return answer{}, badValue(id, "Edm.Guid")
	}
	if !a.secretAdded.IsZero() && t.now().Sub(a.secretAdded) < t.weather.AppDelay {
		return answer{}, concurrent()
	}
	for _, s := range a.secrets {
		if strings.EqualFold(s.ID, id) && s.removed.IsZero() {
			t.dropSecret(a, s)
			return noContent(), nil
		}
	}
	return answer{}, badRequest("No password credential found with keyId.").withDetail("NoPasswordCredentialFound",
		"keyId")
}
