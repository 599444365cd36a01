package m365

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var upserted = NewApp{Name: "PAL email", RedirectURI: palURI, UniqueName: "palmail-7h2k9c"}

func TestUpsertAppCreates(t *testing.T) {
	d := &namedApps{}
	app, outcome, err := d.admin(t).UpsertApp(t.Context(), upserted)
	if err != nil || outcome != UpsertCreated {
		t.Fatalf("outcome %d: %v", outcome, err)
	}
	if app.ClientID != testApp || app.ObjectID != someApp || app.UniqueName != upserted.UniqueName ||
		app.Name != "PAL email" ||
		!app.HasRedirectURI(palURI) || !app.AsksMailSend() || app.Audience != "AzureADMyOrg" {
		t.Errorf("%+v", app)
	}
	if len(d.requests) != 1 {
		t.Fatalf("made %s", d.methods())
	}
	r := d.requests[0]
	if r.Method != "PATCH" || r.URL != "/v1.0/applications(uniqueName='palmail-7h2k9c')" ||
		r.Header.Get("Prefer") != "create-if-missing" ||
		r.Header.Get("Content-Type") != "application/json" || strings.Contains(r.Body, "uniqueName") {
		t.Errorf("asked %+v", r)
	}
}

func TestUpsertAppExisted(t *testing.T) {
	d := &namedApps{}
	a := d.admin(t)
	if _, _, err := a.UpsertApp(t.Context(), upserted); err != nil {
		t.Fatal(err)
	}
	app, outcome, err := a.UpsertApp(t.Context(), upserted)
	if err != nil || outcome != UpsertExisted || app.ClientID != testApp || app.UniqueName != upserted.UniqueName {
		t.Errorf("%+v, outcome %d: %v", app, outcome, err)
	}
	if got := d.methods(); got != "PATCH PATCH GET" || len(d.apps) != 1 {
		t.Errorf("made %s", got)
	}

	// It exists, but the directory does not show it yet.
	d.lag = 1
	_, outcome, err = a.UpsertApp(t.Context(), upserted)
	if outcome != UpsertExisted || !IsNotFound(err) || !NotReplicated(err) || Unclear(err) {
		t.Errorf("outcome %d: %v", outcome, err)
	}
}

// If the name was used before, the app is looked for first, so that changes that a
// colleague has made since are kept.
func TestUpsertAppOverwritesNothing(t *testing.T) {
	d := &namedApps{}
	a := d.admin(t)
	if _, _, err := a.UpsertApp(t.Context(), upserted); err != nil {
		t.Fatal(err)
	}
	d.apps[upserted.UniqueName]["displayName"] = "PAL email (do not delete)"
	again := upserted
	again.UniqueNameUsed = true
	app, outcome, err := a.UpsertApp(t.Context(), again)
	if err != nil || outcome != UpsertExisted || app.Name != "PAL email (do not delete)" {
		t.Errorf("%+v, outcome %d: %v", app, outcome, err)
	}
	if got := d.methods(); got != "PATCH GET" {
		t.Errorf("made %s", got)
	}
}

// After every kind of failure there is one app, and nothing overwrites it.
func TestUpsertAppInDoubt(t *testing.T) {
	lost := func(_ *http.Request, earlier int) error {
		if earlier == 0 {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	gateway := func(status int, header string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, earlier int) bool {
			if earlier > 0 {
				return false
			}
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			graphError(w, status, "ServiceUnavailable", "The service is busy.")
			return true
		}
	}
	for name, x := range map[string]struct {
		d       *namedApps
		methods string
		outcome UpsertOutcome
		least   time.Duration
	}{
		"answer lost":           {&namedApps{after: lost}, "PATCH GET", UpsertExisted, 0},
		"answer lost, with lag": {&namedApps{after: lost, lag: 1}, "PATCH GET PATCH GET", UpsertExisted, 0},
		"500":                   {&namedApps{before: gateway(500, "")}, "PATCH GET PATCH", UpsertCreated, 0},
		"502":                   {&namedApps{before: gateway(502, "")}, "PATCH GET PATCH", UpsertCreated, 0},
		"504, wait 7 s": {
			&namedApps{before: gateway(504, "7")}, "PATCH GET PATCH", UpsertCreated, 7 * time.Second,
		},
		"503":           {&namedApps{before: gateway(503, "")}, "PATCH GET PATCH", UpsertCreated, 0},
		"503, wait 7 s": {&namedApps{before: gateway(503, "7")}, "PATCH PATCH", UpsertCreated, 7 * time.Second},
		"429, wait 7 s": {&namedApps{before: gateway(429, "7")}, "PATCH PATCH", UpsertCreated, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				app, outcome, err := x.d.admin(t).UpsertApp(t.Context(), upserted)
				if err != nil || outcome != x.outcome || app.ClientID != testApp || len(x.d.apps) != 1 {
					t.Errorf("%+v, outcome %d: %v", app, outcome, err)
				}
				if got := x.d.methods(); got != x.methods {
					t.Errorf("made %s, want %s", got, x.methods)
				}
				if took := time.Since(started); took < x.least || took > x.least+2*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// After a few attempts it gives up and reports that the app may exist.
func TestUpsertAppGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &namedApps{after: func(r *http.Request, _ int) error {
			if r.Method == http.MethodPatch {
				return &net.OpError{Op: "read", Err: syscall.ECONNRESET}
			}
			return nil
		}, lag: 100}
		started := time.Now()
		_, outcome, err := d.admin(t).UpsertApp(t.Context(), upserted)
		if outcome != UpsertNothing || !Unclear(err) || UpsertUnsupported(err) || UniqueNameTaken(err) {
			t.Errorf("outcome %d: %v", outcome, err)
		}
		if got, took := d.methods(), time.Since(started); got != "PATCH GET PATCH GET PATCH GET PATCH" ||
			took > 10*time.Second {
			t.Errorf("made %s in %s", got, took)
		}
	})
}

// If an earlier attempt may have been carried out, a later refusal does not prove the opposite.
func TestUpsertAppRefusedAfterDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &namedApps{lag: 100, before: func(w http.ResponseWriter, r *http.Request, earlier int) bool {
			switch {
			case earlier == 0:
				graphError(w, 502, "BadGateway", "no")
			case r.Method == http.MethodPatch:
				graphError(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			default:
				return false
			}
			return true
		}}
		if _, _, err := d.admin(t).UpsertApp(t.Context(), upserted); !Unclear(err) || !IsDenied(err) {
			t.Error(err)
		}
	})
}

func TestUpsertAppRefusals(t *testing.T) {
	refusing := func(status int, code, text string) *namedApps {
		return &namedApps{before: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			graphError(w, status, code, text)
			return true
		}}
	}
	for name, x := range map[string]struct {
		d                          *namedApps
		unsupported, taken, denied bool
	}{
		"no such route": {refusing(404, "ResourceNotFound", "Resource could not be discovered."), true, false, false},
		"no such method": {
			refusing(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."), true,
			false, false,
		},
		"not implemented": {
			refusing(501, "NotImplemented", "The requested functionality is not implemented."), true, false, false,
		},
		"deleted": {&namedApps{deleted: []object{{"uniqueName": upserted.UniqueName}}}, false, true, false},
		"forbidden": {
			refusing(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), false,
			false, true,
		},
		"another fault": {
			refusing(400, "Request_BadRequest",
				"Invalid value specified for property 'web' of resource 'Application'."), false, false, false,
		},
		"a page": {&namedApps{before: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "<!doctype html><title>Not found</title>")
			return true
		}}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, outcome, err := x.d.admin(t).UpsertApp(t.Context(), upserted)
			if failureOf(t, err); outcome != UpsertNothing || Unclear(err) {
				t.Errorf("outcome %d: %v", outcome, err)
			}
			if UpsertUnsupported(err) != x.unsupported || UniqueNameTaken(err) != x.taken || IsDenied(err) != x.denied {
				t.Errorf("unsupported %v, taken %v, denied %v: %v", UpsertUnsupported(err), UniqueNameTaken(err),
					IsDenied(err), err)
			}
			if len(x.d.requests) != 1 {
				t.Errorf("made %s", x.d.methods())
			}
		})
	}
	d := &namedApps{}
	for _, n := range []NewApp{{Name: "PAL email"}, {UniqueName: "x"}} {
		if _, _, err := d.admin(t).UpsertApp(t.Context(), n); err == nil || len(d.requests) != 0 {
			t.Errorf("%+v was sent: %v", n, err)
		}
	}
}

func TestDeletedApps(t *testing.T) {
	gone := object{
		"id": someApp, "appId": strings.ToUpper(testApp), "displayName": "PAL email",
		"uniqueName": upserted.UniqueName, "deletedDateTime": "2026-11-20T10:00:00Z",
	}
	d := &namedApps{
		deleted: []object{
			{"id": someSP, "appId": testTenant, "displayName": "Other", "uniqueName": nil, "deletedDateTime": nil},
			gone,
		},
	}
	a := d.admin(t)
	app, found, err := a.DeletedAppByUniqueName(t.Context(), upserted.UniqueName)
	want := DeletedApp{
		someApp, testApp, "PAL email", upserted.UniqueName, time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
	}
	if err != nil || !found || app != want {
		t.Errorf("%+v, %v, %v", app, found, err)
	}
	if _, found, err = a.DeletedAppByUniqueName(t.Context(), "palmail-other"); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if _, _, err = a.DeletedAppByUniqueName(t.Context(), ""); err == nil {
		t.Error("an app without a unique name was looked for")
	}
	if want := "/v1.0/directory/deletedItems/microsoft.graph.application" +
		"?$select=id%2CappId%2CdisplayName%2CuniqueName%2CdeletedDateTime"; d.requests[0].URL != want {
		t.Errorf("asked %s", d.requests[0].URL)
	}
}

// If the app cannot be looked for after a lost answer, the outcome stays unknown.
func TestUpsertAppCannotLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &namedApps{before: func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if r.Method == http.MethodPatch {
				graphError(w, 502, "BadGateway", "no")
			} else {
				graphError(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			}
			return true
		}}
		if _, outcome, err := d.admin(t).UpsertApp(t.Context(), upserted); !Unclear(err) || outcome != UpsertNothing {
			t.Errorf("outcome %d: %v", outcome, err)
		}
		if got := d.methods(); got != "PATCH GET" {
			t.Errorf("made %s", got)
		}
	})
}

// A wait that is too long for one call is left to the caller.
func TestUpsertAppLongWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &namedApps{before: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Retry-After", "300")
			graphError(w, 504, "GatewayTimeout", "no")
			return true
		}}
		started := time.Now()
		_, _, err := d.admin(t).UpsertApp(t.Context(), upserted)
		if f := failureOf(t, err); !Unclear(err) || f.RetryAfter != 5*time.Minute || d.methods() != "PATCH" {
			t.Errorf("made %s: %+v", d.methods(), f)
		}
		if took := time.Since(started); took > time.Second {
			t.Errorf("it waited %s", took)
		}
	})
}
