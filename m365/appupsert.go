package m365

import (
	"context"
	"errors"
	"net/http"

	"palmail/diagnose"
)

// UpsertOutcome says what UpsertApp found out about the app.
type UpsertOutcome int

const (
	// UpsertNothing says that no app with the unique name is known.
	UpsertNothing UpsertOutcome = iota
	// UpsertCreated says that this call registered the app.
	UpsertCreated
	// UpsertExisted says that the app was there already. An earlier attempt of
	// the same call, whose answer was lost, could have registered it.
	UpsertExisted
)

// UpsertApp registers an app as CreateApp does, but under a unique name, by a
// call that makes one app however often it is repeated
// (https://learn.microsoft.com/graph/api/application-upsert). After a lost
// answer, or a 5xx, it looks for the app by that name, and repeats the call
// only when it is not found: a repeat would put back what somebody has changed
// in the app since.
//
// Where the outcome is UpsertExisted and the error is not nil, the app exists
// and could not be read: after a 204 the directory may not have heard of it
// yet (IsNotFound), so it is worth waiting for.
//
// Errors wrap a *diagnose.Failure. UpsertUnsupported, UniqueNameTaken and
// IsDenied tell them apart; this call made nothing then. Where Unclear holds,
// whatever else does, the app may have been made although no answer says so.
func (a *Admin) UpsertApp(ctx context.Context, n NewApp) (App, UpsertOutcome, error) {
	if err := requireIDs(n.Name, n.UniqueName); err != nil {
		return App{}, UpsertNothing, a.localFailure(ctx, diagnose.StageRegister, err)
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	var unclear error
	for attempt := 1; ; attempt++ {
		if attempt > 1 || n.UniqueNameUsed {
			switch app, err := a.AppByUniqueName(ctx, n.UniqueName); {
			case err == nil:
				return app, UpsertExisted, nil
			case !IsNotFound(err) && unclear != nil:
				return App{}, UpsertNothing, unclear // what was sent before may have been carried out
			case !IsNotFound(err):
				return App{}, UpsertNothing, err
			}
		}
		app, outcome, err := a.putApp(ctx, n)
		switch {
		case outcome != UpsertNothing:
			return app, outcome, err
		case !Unclear(err) && unclear != nil && !UniqueNameTaken(err) && !UpsertUnsupported(err):
			return App{}, UpsertNothing, unclearError{err} // refused now, but carried out before, perhaps
		case !Unclear(err):
			return App{}, UpsertNothing, err
		}
		if unclear = err; !a.waitToRepeat(ctx, err, attempt) {
			return App{}, UpsertNothing, err
		}
	}
}

// putApp makes the call once, and reads the app where the answer does not hold it.
func (a *Admin) putApp(ctx context.Context, n NewApp) (App, UpsertOutcome, error) {
	var made wireApp
	status, err := a.callStatus(ctx, request{
		stage: diagnose.StageRegister, method: http.MethodPatch, path: pathByKey("applications", "uniqueName",
			n.UniqueName),
		header: map[string]string{"Prefer": "create-if-missing"},
		body:   n.body(), retry: retryIfRefused, complete: made.complete, noContentOK: true,
	}, &made)
	switch {
	case err != nil:
		return App{}, UpsertNothing, err
	case status == http.StatusNoContent:
		app, err := a.AppByUniqueName(ctx, n.UniqueName)
		return app, UpsertExisted, err
	}
	return made.app(), UpsertCreated, nil
}

// waitToRepeat waits as the service asks, or else longer each time. It says
// whether the call is to be repeated.
func (a *Admin) waitToRepeat(ctx context.Context, err error, attempt int) bool {
	var f *diagnose.Failure
	if !errors.As(err, &f) || attempt > maxRetries || f.Status == 0 && !isTransient(f.Err) {
		return false
	}
	delay := f.RetryAfter
	if delay == 0 {
		delay = backoff(attempt)
	}
	if delay > maxRetryAfter {
		return false
	}
	wait := Wait{Host: f.Host, Duration: delay, Asked: f.RetryAfter > 0, Status: f.Status, Attempt: attempt}
	return a.client.wire.pause(ctx, wait) == nil
}

// AppByUniqueName returns the app with the unique name. IsNotFound says of the
// error that there is none, or not yet; a deleted one is not found either.
func (a *Admin) AppByUniqueName(ctx context.Context, uniqueName string) (App, error) {
	if err := requireIDs(uniqueName); err != nil {
		return App{}, a.localFailure(ctx, diagnose.StageRegister, err)
	}
	raw, err := a.readApp(ctx, pathByKey("applications", "uniqueName", uniqueName))
	return raw.app(), err
}

// UpsertUnsupported says whether the service does not know the call: it knows
// no unique names, or something in front of it lets no such call through.
// Nothing was made, and CreateApp may be used instead.
func UpsertUnsupported(err error) bool {
	var f *diagnose.Failure
	if !errors.As(err, &f) || f.Err != nil || Unclear(err) || isHTML(answer{body: []byte(f.Body)}) {
		return false
	}
	switch f.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true // asked to create what is missing, the call itself never answers 404
	}
	return false
}

// UniqueNameTaken says whether an app with the unique name exists, or lies in
// Deleted applications, which keeps its name for 30 days
// (https://learn.microsoft.com/graph/templates/known-issues-graph-bicep). An
// app that was made a moment ago can be the one, so look before anything else.
func UniqueNameTaken(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusBadRequest || r.status == http.StatusConflict) &&
		r.says("same value for property uniqueName")
}
