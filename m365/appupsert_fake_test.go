package m365

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// namedApps is a directory of apps with unique names, as the pages
// application-upsert and directory-deleteditems-list of Microsoft Graph's
// reference describe it.
type namedApps struct {
	apps    map[string]object // by unique name
	deleted []object
	lag     int // how many reads do not find a new app
	// before can answer instead; earlier is the number of calls before this one.
	before   func(w http.ResponseWriter, r *http.Request, earlier int) bool
	after    func(r *http.Request, earlier int) error // the answer is lost, if not nil
	requests []recordedRequest
}

var namedPath = regexp.MustCompile(`^/v1\.0/applications\(uniqueName='([^']+)'\)$`)

func (d *namedApps) RoundTrip(r *http.Request) (*http.Response, error) {
	earlier := len(d.requests)
	resp, err := inMemory(func(w http.ResponseWriter, r *http.Request) { d.serve(w, r, earlier) })(r)
	if err == nil && d.after != nil {
		if lost := d.after(r, earlier); lost != nil {
			return nil, lost
		}
	}
	return resp, err
}

func (d *namedApps) serve(w http.ResponseWriter, r *http.Request, earlier int) {
	raw, _ := io.ReadAll(r.Body)
	d.requests = append(d.requests, recordedRequest{r.Method, r.URL.RequestURI(), string(raw), r.Header.Clone()})
	if d.before != nil && d.before(w, r, earlier) {
		return
	}
	if r.URL.Path == "/v1.0/directory/deletedItems/microsoft.graph.application" {
		answerList(w, "applications", d.deleted...)
		return
	}
	m := namedPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		graphError(w, 400, "BadRequest", "Resource not found for the segment.")
		return
	}
	name := m[1]
	app := d.apps[name]
	switch {
	case r.Method == http.MethodGet && (app == nil || d.lag > 0):
		d.lag--
		graphError(w, 404, "Request_ResourceNotFound", "Resource '"+name+
			"' does not exist or one of its queried reference-property objects are not present.")
	case r.Method == http.MethodGet:
		answerJSON(w, 200, app)
	case r.Method == http.MethodPatch:
		d.patch(w, r, name, raw)
	default:
		graphError(w, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	}
}

func (d *namedApps) patch(w http.ResponseWriter, r *http.Request, name string, raw []byte) {
	var body object
	_ = json.Unmarshal(raw, &body)
	app := d.apps[name]
	switch {
	case body["displayName"] == nil || body["uniqueName"] != nil:
		graphError(w, 400, "Request_BadRequest",
			"A value without a type name was found and no expected type is available.")
	case app != nil:
		for k, v := range body {
			app[k] = v
		}
		w.WriteHeader(204)
	case r.Header.Get("Prefer") != "create-if-missing":
		graphError(w, 404, "Request_ResourceNotFound", "Resource '"+name+"' does not exist.")
	case d.hasDeleted(name):
		graphError(w, 400, "Request_BadRequest",
			"Another object with the same value for property uniqueName already exists.")
	default:
		app = anApp()
		delete(app, "passwordCredentials")
		for k, v := range body {
			app[k] = v
		}
		app["uniqueName"] = name
		app["@odata.context"] = "https://graph.microsoft.com/v1.0/$metadata#applications/$entity"
		d.apps[name] = app
		answerJSON(w, 201, app)
	}
}

func (d *namedApps) hasDeleted(name string) bool {
	for _, app := range d.deleted {
		if app["uniqueName"] == name {
			return true
		}
	}
	return false
}

func (d *namedApps) admin(t *testing.T) *Admin {
	t.Helper()
	if d.apps == nil {
		d.apps = map[string]object{}
	}
	return adminOf(commercialClient(t, d))
}

// methods are those of the calls made, in order.
func (d *namedApps) methods() string {
	var all []string
	for _, r := range d.requests {
		all = append(all, r.Method)
	}
	return strings.Join(all, " ")
}
