package steps

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"palmail/m365"
	"palmail/store"
)

// madeApp says whether palmail itself registered the app that is used.
func madeApp(x *store.Setup) bool { return madeByPalmail(x, store.MadeApp) && !x.AppAdopted }

// adopt records which app is used from now on, and whether palmail registered it.
func (ap *applier) adopt(ctx context.Context, app m365.App, made bool) error {
	ap.plan.app = app
	return ap.saveChange(ctx, func(x *store.Setup) {
		uniqueName := cmp.Or(app.UniqueName, x.AppUniqueName)
		if x.ClientID != app.ClientID {
			ap.dropPending(x)
		}
		ap.changeApp(app.ClientID)
		x.AppName, x.AppObjectID, x.AppProved = app.Name, app.ObjectID, ap.Now().UTC()
		if x.Intent.Kind == store.IntentApp || x.Intent.Kind == store.IntentAppPost {
			x.Intent = store.Intent{}
		}
		x.AppUniqueName, x.AppAdopted = "", !made
		if made {
			x.AppUniqueName = uniqueName
			noteMade(x, store.MadeApp)
		}
	})
}

// dropPending forgets a new secret that palmail made in an app that is gone, and
// what was under way there: neither is of use in another app.
func (ap *applier) dropPending(x *store.Setup) {
	if x.Pending.KeyID != "" {
		x.Pending, x.PendingShown = store.Secret{}, time.Time{}
	}
	if x.Intent.Kind == store.IntentSecret {
		x.Intent = store.Intent{}
	}
}

// registration registers one app, however often its calls are repeated.
type registration struct {
	*applier
	name, uri string
	// sent says that a call with the unique name may have been sent before.
	sent bool
	// open says that a call may have been carried out although no answer says so.
	open bool
	// exists says that the service knows the unique name: only the app itself
	// has to become visible.
	exists bool
	// byPost says that the service refuses unique names.
	byPost bool
	app    m365.App
}

// createApp registers the app exactly once. The record holds the unique name
// before the call is sent, and a later run goes on with the same name.
func (ap *applier) createApp(ctx context.Context, uri string) error {
	resumed := ap.setup.Intent.Kind == store.IntentApp && ap.setup.AppUniqueName != ""
	r := &registration{applier: ap, name: ap.appName(), uri: uri, sent: resumed, open: resumed}
	if !resumed {
		if err := r.journal(ctx, store.IntentApp); err != nil {
			return err
		}
	}
	err := ap.untilReplicated(ctx, "Registering the app "+r.name, "Registered the app "+r.name, r.try)
	switch {
	case err == nil:
		return ap.adopt(ctx, r.app, true)
	case ctx.Err() == nil && !r.open:
		// Nothing was made. An app that somebody else registers meanwhile must not
		// look like palmail's.
		kept := ap.saveChange(ctx, func(x *store.Setup) { x.Intent, x.AppUniqueName = store.Intent{}, "" })
		if kept != nil {
			ap.Log.Warn("could not close the journal of the registration", "err", kept)
		}
	}
	return err
}

// journal saves what is about to be sent, under a new unique name.
func (r *registration) journal(ctx context.Context, kind string) error {
	begun := store.Intent{Kind: kind, Name: r.name}
	if now, known := r.client().ServerTime(); known {
		begun.At = now
	}
	return r.saveChange(ctx, func(x *store.Setup) {
		x.Intent, x.AppUniqueName = begun, ""
		if kind == store.IntentApp {
			x.AppUniqueName = store.UniqueNamePrefix + strings.ToLower(rand.Text())
		}
	})
}

// try makes one attempt, or looks for the app once the service knows its name.
func (r *registration) try(ctx context.Context) error {
	switch {
	case r.byPost:
		return r.post(ctx)
	case r.exists:
		return r.find(ctx)
	}
	app, outcome, err := r.admin.UpsertApp(ctx, m365.NewApp{
		Name: r.name, RedirectURI: r.uri, UniqueName: r.setup.AppUniqueName, UniqueNameUsed: r.sent,
	})
	r.sent = true
	switch {
	case err == nil:
		r.app = app
		return nil
	case outcome == m365.UpsertExisted:
		r.exists, r.open = true, true
		return err
	case m365.UniqueNameTaken(err):
		r.exists, r.open = true, true
		return r.find(ctx)
	case m365.UpsertUnsupported(err):
		r.byPost = true
		return r.post(ctx)
	}
	r.open = r.open || m365.Unclear(err)
	return err
}

// find reads the app whose unique name the service knows. An app in Deleted
// applications keeps its name for 30 days, so another name is drawn then.
func (r *registration) find(ctx context.Context) error {
	app, err := r.admin.AppByUniqueName(ctx, r.setup.AppUniqueName)
	if err == nil {
		r.app = app
		return nil
	}
	if !m365.IsNotFound(err) {
		return err
	}
	_, deleted, look := r.admin.DeletedAppByUniqueName(ctx, r.setup.AppUniqueName)
	if look != nil || !deleted {
		return err // not visible yet, as far as anybody can tell
	}
	r.sent, r.open, r.exists = false, false, false
	if err := r.journal(ctx, store.IntentApp); err != nil {
		return err
	}
	return r.try(ctx)
}

// post registers the app where the service refuses unique names. That call makes
// another app when it is repeated, so after a lost answer the tenant is searched first.
func (r *registration) post(ctx context.Context) error {
	if r.setup.Intent.Kind != store.IntentAppPost {
		if err := r.journal(ctx, store.IntentAppPost); err != nil {
			return err
		}
	}
	app, err := r.admin.CreateApp(ctx, m365.NewApp{Name: r.name, RedirectURI: r.uri})
	if !m365.Unclear(err) {
		r.app = app
		return err
	}
	r.open = true
	found, ok, look := r.searchApp(ctx, r.admin, r.report, r.plan.apps)
	switch {
	case look != nil:
		return look
	case ok:
		r.app = found
		return nil
	}
	return err
}

// searchTime is how long an object is looked for when the answer to its creation
// was lost.
const searchTime = time.Minute

// searchApp looks for an app after the answer to its registration by POST was
// lost, for as long as a new app can stay invisible.
func (s *session) searchApp(ctx context.Context, admin *m365.Admin, report Report,
	before []m365.App) (m365.App, bool, error) {
	line := Task{
		Key: "search", State: Busy, Text: "The answer was lost: checking whether the app was registered",
		Limit: searchTime,
	}
	report(line)
	for start := s.Now(); ; {
		apps, err := admin.AppsNamed(ctx, s.setup.Intent.Name)
		if app, found := s.intendedApp(apps, before); err == nil && found {
			report(Task{Key: line.Key, State: Right, Text: "The answer was lost, but the app is registered"})
			return app, true, nil
		}
		if s.Now().Sub(start) >= searchTime {
			report(Task{Key: line.Key, State: Warn, Text: "The answer was lost, and the app is not there"})
			return m365.App{}, false, err
		}
		line.State, line.Note = Waiting, spreadNote
		report(line)
		if err := pause(ctx, pollCheap.next(s.Now().Sub(start))); err != nil {
			return m365.App{}, false, err
		}
	}
}

// serverSkew is how far the clocks of two of Microsoft's servers are assumed to
// differ at most.
const serverSkew = 30 * time.Second

// intendedApp finds the app whose registration by POST was sent and not
// answered: of the intent's name, with PAL's redirect URI and no secret, not
// there before, and registered since by Microsoft's own clock. Without that
// time nothing tells it from somebody else's app.
func (s *session) intendedApp(apps, before []m365.App) (m365.App, bool) {
	intent := s.setup.Intent
	if intent.Kind != store.IntentAppPost || intent.At.IsZero() {
		return m365.App{}, false
	}
	for _, a := range apps {
		if a.Name == intent.Name && a.UniqueName == "" && len(a.Secrets) == 0 &&
			a.HasRedirectURI(m365.RedirectURI(s.setup.PALURL)) && !hasApp(before, a.ObjectID) &&
			!a.Created.Before(intent.At.Add(-serverSkew)) {
			return a, true
		}
	}
	return m365.App{}, false
}

func hasApp(apps []m365.App, objectID string) bool {
	for _, a := range apps {
		if a.ObjectID == objectID {
			return true
		}
	}
	return false
}
