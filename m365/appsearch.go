package m365

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
)

// advancedQuery are the header and the query option without which the
// directory refuses some filters
// (https://learn.microsoft.com/graph/aad-advanced-queries). Filters that need
// neither are answered with them too, out of an index that can lag behind.
var advancedQuery = map[string]string{"ConsistencyLevel": "eventual"}

// AppsWithRedirectURI returns the apps that have the redirect URI under Web,
// whatever their names. An app made a moment ago may still be missing.
//
// Microsoft's list of properties that can be filtered by does not have the
// redirect URIs, although the filter works; where it is refused, all of the
// tenant's apps are read instead.
func (a *Admin) AppsWithRedirectURI(ctx context.Context, uri string) ([]App, error) {
	if err := requireIDs(uri); err != nil {
		return nil, a.localFailure(ctx, diagnose.StageRegister, err)
	}
	found, err := list[wireApp](ctx, a, request{
		stage: diagnose.StageRegister, path: "/applications", header: advancedQuery,
		query: queryOptions("$filter", "web/redirectUris/any(x:x eq '"+doubleQuotes(uri)+"')", "$count", "true",
			"$select", appFields),
	})
	if queryUnsupported(err) {
		found, err = list[wireApp](ctx, a, request{
			stage: diagnose.StageRegister, path: "/applications", query: queryOptions("$top", "999", "$select",
				appFields),
		})
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(appsOf(found), func(app App) bool {
		return !slices.ContainsFunc(app.RedirectURIs, func(have string) bool { return strings.EqualFold(have, uri) })
	}), nil
}

// queryUnsupported says whether the directory refuses a query as one that it
// does not answer.
func queryUnsupported(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusBadRequest || r.status == http.StatusNotImplemented) &&
		(r.code == "request_unsupportedquery" || r.says("unsupported query", "not supported", "invalid filter clause"))
}

// DeletedApp is an app in Deleted applications, which can be restored for 30
// days and keeps its unique name until then
// (https://learn.microsoft.com/graph/api/directory-deleteditems-list).
type DeletedApp struct {
	ObjectID   string
	ClientID   string
	Name       string
	UniqueName string // mostly empty
	Deleted    time.Time
}

// DeletedApps returns the apps that were deleted in the last 30 days. One
// that was deleted a moment ago may still be missing.
func (a *Admin) DeletedApps(ctx context.Context) ([]DeletedApp, error) {
	found, err := list[struct {
		ID         string     `json:"id"`
		AppID      string     `json:"appId"`
		Name       string     `json:"displayName"`
		UniqueName string     `json:"uniqueName"`
		Deleted    *time.Time `json:"deletedDateTime"`
	}](ctx, a, request{
		stage: diagnose.StageRegister, path: "/directory/deletedItems/microsoft.graph.application",
		query: queryOptions("$select", "id,appId,displayName,uniqueName,deletedDateTime"),
	})
	if err != nil {
		return nil, err
	}
	apps := make([]DeletedApp, 0, len(found))
	for _, one := range found {
		app := DeletedApp{
			ObjectID: cleanName(one.ID), ClientID: strings.ToLower(cleanName(one.AppID)),
			Name: cleanName(one.Name), UniqueName: cleanName(one.UniqueName),
		}
		if one.Deleted != nil {
			app.Deleted = one.Deleted.UTC()
		}
		apps = append(apps, app)
	}
	return apps, nil
}

// DeletedAppByUniqueName looks for an app in Deleted applications. That there
// is none is no error. All of them are read: a filter by unique name is
// documented nowhere.
func (a *Admin) DeletedAppByUniqueName(ctx context.Context, uniqueName string) (app DeletedApp, found bool, err error) {
	if err := requireIDs(uniqueName); err != nil {
		return DeletedApp{}, false, a.localFailure(ctx, diagnose.StageRegister, err)
	}
	all, err := a.DeletedApps(ctx)
	if err != nil {
		return DeletedApp{}, false, err
	}
	for _, one := range all {
		if strings.EqualFold(one.UniqueName, uniqueName) {
			return one, true, nil
		}
	}
	return DeletedApp{}, false, nil
}
