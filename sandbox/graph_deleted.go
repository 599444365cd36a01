package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// restorableFor is how long a deleted app can be restored, and keeps its unique
// name (https://learn.microsoft.com/graph/api/application-delete).
const restorableFor = 30 * 24 * time.Hour

// restorable tells whether a lies in Deleted applications.
func (t *Tenant) restorable(a *app) bool {
	return !a.deleted.IsZero() && t.now().Sub(a.deleted) < restorableFor
}

// deletedItems answers for /directory/deletedItems, of which only applications
// are practised: the list, one of them, its restoration, and its permanent
// deletion (https://learn.microsoft.com/graph/api/resources/directory).
func (t *Tenant) deletedItems(c *call, b caller, path []string) (answer, *graphError) {
	for len(path) > 0 && path[len(path)-1] == "" {
		path = path[:len(path)-1]
	}
	if len(path) == 0 {
		return answer{}, badRequest("Only the deleted items of one type can be listed.")
	}
	action := c.method + " " + strings.Join(path[1:], "/")
	if path[0] == "microsoft.graph.application" {
		if action != "GET " {
			return answer{}, wrongMethod()
		}
		return t.deletedApplications(c, b)
	}
	power := map[string][]string{"GET ": toReadApps, "DELETE ": toChangeApps, "POST restore": toChangeApps}[action]
	switch {
	case power == nil:
		return answer{}, wrongMethod()
	case !b.hasAny(power):
		return answer{}, denied()
	}
	i := slices.IndexFunc(t.deletedApps, func(a *app) bool { return strings.EqualFold(a.objectID, path[0]) })
	if i < 0 || !t.deletionSeen(t.deletedApps[i], "read") {
		return answer{}, notFound(path[0])
	}
	a := t.deletedApps[i]
	if c.method == http.MethodGet {
		o, refusal := options(c.url.Query(), false)
		if refusal != nil {
			return answer{}, refusal
		}
		return t.one(c, http.StatusOK, applicationKind, t.deletedEntity(a), o), nil
	}
	if !b.canChange(a) {
		return answer{}, denied()
	}
	t.deletedApps = slices.Delete(t.deletedApps, i, i+1)
	if c.method == http.MethodDelete {
		t.logChange("delete permanently application %s", a.clientID)
		return noContent(), nil
	}
	t.restore(a)
	return t.one(c, http.StatusOK, applicationKind, t.applicationEntity(a), query{}), nil
}

func (t *Tenant) deletedApplications(c *call, b caller) (answer, *graphError) {
	o, refusal := options(c.url.Query(), true)
	switch {
	case refusal != nil:
		return answer{}, refusal
	case !b.hasAny(toReadApps):
		return answer{}, denied()
	}
	var all []entity
	for _, a := range t.deletedApps {
		if t.deletionSeen(a, "list") {
			all = append(all, t.deletedEntity(a))
		}
	}
	return t.many(c, applicationKind, all, o), nil
}

// deletionSeen tells whether a read of Deleted applications finds the app now.
func (t *Tenant) deletionSeen(a *app, way string) bool {
	return t.restorable(a) && t.hasSpread("deleted items "+way+" "+a.objectID, a.deleted, t.weather.AppDelay)
}

func (t *Tenant) deletedEntity(a *app) entity {
	x := t.applicationEntity(a)
	x["deletedDateTime"] = a.deleted.Format(time.RFC3339)
	return x
}

// restore puts a deleted app back. Its enterprise application is a deleted item
// of its own and stays where it is.
func (t *Tenant) restore(a *app) {
	a.deleted, a.spID, a.grants = time.Time{}, "", nil
	t.apps = append(t.apps, a)
	t.logChange("restore application %s", a.clientID)
}
