package steps

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/store"
)

// errAppDeleted says that the recorded app lies in Deleted applications.
var errAppDeleted = errors.New("the app was deleted in the portal")

// awaitRecordedApp finds the app that the record is about, before anything new
// is planned. known says that the question is settled: the plan has the app, or
// goes on with a registration that an earlier run began. A new app can be
// missing from every answer for minutes, so one "not found" proves nothing: it
// is waited for, with progress, until the directory's time is up or the app is
// found in Deleted applications.
func (s *session) awaitRecordedApp(ctx context.Context, admin *m365.Admin, report Report,
	p *plan) (known bool, err error) {
	x := &s.setup
	switch {
	case x.ClientID != "":
		return s.awaitByClientID(ctx, admin, report, p)
	case x.Intent.Kind == store.IntentApp && x.AppUniqueName != "":
		return s.awaitByUniqueName(ctx, admin, report, p)
	case x.Intent.Kind == store.IntentAppPost:
		app, found, err := s.searchApp(ctx, admin, report, nil)
		if found {
			p.apps, p.app, p.ours = []m365.App{app}, app, true
		}
		return found, err
	}
	return false, nil
}

// awaitByClientID looks for the app by its client ID. One that nobody has seen
// in this tenant yet may be mistyped, and is not waited for.
func (s *session) awaitByClientID(ctx context.Context, admin *m365.Admin, report Report,
	p *plan) (bool, error) {
	id := s.setup.ClientID
	find := func(ctx context.Context) (err error) {
		if p.app, err = admin.AppByClientID(ctx, id); err == nil {
			p.apps = []m365.App{p.app}
		}
		return err
	}
	err := find(ctx)
	if !m365.IsNotFound(err) {
		return err == nil, err
	}
	if s.setup.AppObjectID == "" && s.setup.AppProved.IsZero() {
		return false, nil
	}
	err = s.awaitApp(ctx, report, id, func(ctx context.Context) error {
		deleted, look := admin.DeletedApps(ctx)
		if look == nil && slices.ContainsFunc(deleted, func(a m365.DeletedApp) bool {
			return strings.EqualFold(a.ClientID, id)
		}) {
			return errAppDeleted
		}
		return find(ctx)
	}, directoryBudget)
	return p.app.ObjectID != "", err
}

// awaitByUniqueName looks for the app whose registration an earlier run began.
// When it is not there, the same call is made again, which can make no second one.
// It is waited for only where somebody else's app could be taken in its place.
func (s *session) awaitByUniqueName(ctx context.Context, admin *m365.Admin, report Report,
	p *plan) (known bool, err error) {
	x := &s.setup
	find := func(ctx context.Context) (err error) {
		if p.app, err = admin.AppByUniqueName(ctx, x.AppUniqueName); err == nil {
			p.apps, p.ours = []m365.App{p.app}, true
		}
		return err
	}
	if err := find(ctx); !m365.IsNotFound(err) {
		if m365.UpsertUnsupported(err) {
			return false, nil
		}
		return err == nil, err
	}
	if _, deleted, look := admin.DeletedAppByUniqueName(ctx, x.AppUniqueName); look == nil && deleted {
		x.Intent, x.AppUniqueName = store.Intent{}, ""
		return false, nil
	}
	others, err := admin.AppsNamed(ctx, s.appName())
	if err != nil || len(others) == 0 {
		return err == nil, err
	}
	err = s.awaitApp(ctx, report, x.Intent.Name, find, replicationTime)
	return p.app.ObjectID != "", err
}

// awaitApp repeats find until it finds the app, which is what the record calls
// it by. Its error is nil as well when the app is gone, or the time is up.
func (s *session) awaitApp(ctx context.Context, report Report, name string, find func(context.Context) error,
	limit time.Duration) error {
	var last error
	_, err := s.retry(ctx, report, retryTask{
		task: "Waiting for the app " + name, done: "Found the app " + name,
		failed: "The app " + name + " is not in this tenant", note: spreadNote, limit: limit, changed: s.Now(),
		try: func(ctx context.Context) error { last = find(ctx); return last },
		retryable: func(f diagnose.Finding) bool {
			return m365.NotReplicated(last) || !errors.Is(last, errAppDeleted) && f.Retry
		},
	})
	switch {
	case err != nil:
		return err
	case errors.Is(last, errAppDeleted), m365.IsNotFound(last):
		return nil
	}
	return last
}
