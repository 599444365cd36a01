package sandbox

import (
	"net/http"
	"strings"
)

// uniqueNameRefused is the refusal of a service that does not serve the
// alternate key uniqueName.
func (t *Tenant) uniqueNameRefused() *graphError {
	switch status := t.rules.UniqueNameRefused; status {
	case 0:
		return nil
	case http.StatusMethodNotAllowed:
		return wrongMethod()
	case http.StatusNotFound:
		return deny(status, "ResourceNotFound", "Resource could not be discovered.")
	default:
		return deny(status, "NotImplemented", "The requested functionality is not implemented.")
	}
}

// upsertApplication answers PATCH /applications(uniqueName='…'): it changes the
// app with that name or, if the client prefers so, creates it
// (https://learn.microsoft.com/graph/api/application-upsert).
//
// The look-up reads a copy of the directory, which a new app can take a while to
// reach. The write goes to the primary, which has every app and every name that
// a deleted app keeps. So a name is never given twice, but an app that exists can
// be refused as a duplicate
// (https://github.com/microsoftgraph/msgraph-bicep-types/issues/202).
func (t *Tenant) upsertApplication(c *call, b caller, uniqueName string) (answer, *graphError) {
	if !b.hasAny(toChangeApps) {
		return answer{}, denied()
	}
	if uniqueName == "" {
		return answer{}, invalidValue("uniqueName", "Application")
	}
	a := t.appWithUniqueName(uniqueName)
	create := prefers(c, "create-if-missing")
	switch {
	case a != nil && t.visible(a, "read by uniqueName"):
		return t.updateNamed(c, b, a)
	case !create:
		return answer{}, notFound(uniqueName)
	case !t.canRegister(b):
		return answer{}, denied()
	}
	fresh, refusal := t.newApplication(c, uniqueName)
	switch {
	case refusal != nil:
		return answer{}, refusal
	case a != nil:
		t.refusals["upsert "+a.objectID]++
		if t.refusals["upsert "+a.objectID]%2 == 0 {
			return t.updateNamed(c, b, a)
		}
		return answer{}, uniqueNameTaken()
	case t.nameKept(uniqueName):
		return answer{}, uniqueNameTaken()
	}
	return t.createApplication(c, b, fresh), nil
}

func (t *Tenant) updateNamed(c *call, b caller, a *app) (answer, *graphError) {
	if !b.canChange(a) {
		return answer{}, denied()
	}
	return t.patchApplication(c, a)
}

// uniqueNameTaken is Graph's refusal of a second object with the same name: an
// app that exists, or one that was deleted less than 30 days ago
// (https://learn.microsoft.com/graph/templates/known-issues-graph-bicep).
func uniqueNameTaken() *graphError {
	return badRequest("Another object with the same value for property uniqueName already exists.").
		withDetail("ObjectConflict", "uniqueName")
}

// appWithUniqueName finds an app that exists. t.mu is held.
func (t *Tenant) appWithUniqueName(name string) *app {
	for _, a := range t.apps {
		if strings.EqualFold(a.uniqueName, name) {
			return a
		}
	}
	return nil
}

// nameKept tells whether a deleted app keeps the name. t.mu is held.
func (t *Tenant) nameKept(name string) bool {
	for _, a := range t.deletedApps {
		if strings.EqualFold(a.uniqueName, name) && t.restorable(a) {
			return true
		}
	}
	return false
}

// prefers tells whether the request's Prefer header lists the preference.
func prefers(c *call, preference string) bool {
	for _, line := range c.header.Values("Prefer") {
		for _, p := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(p), preference) {
				return true
			}
		}
	}
	return false
}
