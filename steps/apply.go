package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/store"
)

// directoryBudget is how long a change in the directory is given to be known
// to the server that is asked next. There is no documented limit; five minutes
// were reported as not always enough
// (https://github.com/microsoftgraph/msgraph-bicep-types/issues/193).
const directoryBudget = 10 * time.Minute

// applier carries out a plan in the tenant. Two chains of calls write the record
// concurrently, under mu.
type applier struct {
	*session
	admin  *m365.Admin
	plan   *plan
	report Report
	// principal is closed when the service principal exists or could not be
	// created: no token is issued to an app without one. nil does not wait.
	principal chan struct{}
	mu        sync.Mutex
}

// refusals are the errors that stopped the chains; nil where there was none.
type refusals struct{ app, secret, grant error }

// apply carries the plan out. The app comes first. Then two chains of calls run
// concurrently: the service principal and its grant, and the secret with its
// proof. Last comes the role in a token. It returns what the tenant refused; err
// is set when nothing more can be done.
func (s *session) apply(ctx context.Context, admin *m365.Admin, p *plan) (no refusals, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("apply", PhaseNone, howHelp),
		Title: "Setting it up", Why: "You can leave at any time: what is done is kept, and nothing is made twice.",
		Run: func(ctx context.Context, report Report) error {
			ap := &applier{session: s, admin: admin, plan: p, report: report}
			if no.app = ap.ensureApp(ctx); no.app != nil {
				return ctx.Err()
			}
			// Where Exchange grants it for one mailbox, consent would end that limit.
			consents := !s.setup.LimitedByExchange
			ap.principal = make(chan struct{})
			var chains sync.WaitGroup
			chains.Go(func() {
				no.grant = ap.ensurePrincipal(ctx)
				close(ap.principal)
				if no.grant == nil && consents {
					no.grant = ap.ensureGrant(ctx)
				}
			})
			chains.Go(func() { no.secret = ap.ensureSecret(ctx) })
			chains.Wait()
			if no.secret == nil && no.grant == nil && consents {
				no.grant = ap.awaitRole(ctx)
			}
			return ctx.Err()
		},
	})
	return no, err
}

// withLock changes the record while nobody else reads, changes or saves it.
func (ap *applier) withLock(change func(*store.Setup)) {
	ap.mu.Lock()
	defer ap.mu.Unlock()
	change(&ap.setup)
}

// saveChange changes the record and writes it at once: before a call that
// changes the tenant, and after its answer.
func (ap *applier) saveChange(ctx context.Context, change func(*store.Setup)) error {
	ap.mu.Lock()
	defer ap.mu.Unlock()
	change(&ap.setup)
	if err := ap.save(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNotKept, err)
	}
	return nil
}

// errNotKept says that the keyring refused the record, so no call was sent.
var errNotKept = errors.New("keeping what is being done")

// noteMade records that palmail itself created a thing, of store.MadeApp and so on.
func noteMade(x *store.Setup, thing string) {
	if !madeByPalmail(x, thing) {
		x.Made = strings.TrimSpace(x.Made + " " + thing)
	}
}

// untilReplicated repeats a call until the directory knows the objects it needs.
func (ap *applier) untilReplicated(ctx context.Context, text, done string, try func(context.Context) error) error {
	var last error
	f, err := ap.retry(ctx, ap.report, retryTask{
		task: text, done: done, failed: text + ": not done", limit: directoryBudget, changed: ap.Now(),
		note: "Microsoft's servers tell each other of new things in seconds to minutes.",
		try:  func(ctx context.Context) error { last = try(ctx); return last },
		retryable: func(f diagnose.Finding) bool {
			return m365.NotReplicated(last) || m365.IsConflict(last) || f.Retry && !m365.IsDenied(last)
		},
	})
	if err != nil {
		return err
	}
	if f != nil {
		return last
	}
	return nil
}

// ensureApp registers the app, or adds to an existing one what it lacks.
func (ap *applier) ensureApp(ctx context.Context) error {
	uri := m365.RedirectURI(ap.setup.PALURL)
	if ap.plan.app.ObjectID == "" {
		return ap.createApp(ctx, uri)
	}
	app := ap.plan.app
	if !app.HasRedirectURI(uri) {
		if err := ap.untilReplicated(ctx, "Adding the redirect URI", "Added the redirect URI",
			func(ctx context.Context) error {
				return ap.admin.AddRedirectURI(ctx, app, uri)
			}); err != nil {
			return err
		}
	}
	if !app.AsksMailSend() && !ap.setup.LimitedByExchange {
		if err := ap.untilReplicated(ctx, "Listing Mail.Send", "Listed Mail.Send", func(ctx context.Context) error {
			return ap.admin.AddMailSend(ctx, app)
		}); err != nil {
			return err
		}
	}
	return ap.adopt(ctx, app, ap.setup.Intent.Kind == store.IntentApp)
}

// adopt records which app is used from now on.
func (ap *applier) adopt(ctx context.Context, app m365.App, ours bool) error {
	ap.plan.app = app
	return ap.saveChange(ctx, func(x *store.Setup) {
		ap.changeApp(app.ClientID)
		x.AppName, x.AppObjectID, x.AppProved = app.Name, app.ObjectID, ap.Now().UTC()
		if x.Intent.Kind == store.IntentApp {
			x.Intent = store.Intent{}
		}
		if ours {
			noteMade(x, store.MadeApp)
		}
	})
}

// createApp registers the app exactly once: the record holds the intent before
// the call is sent, and after a lost answer the tenant is searched before the
// call is repeated.
func (ap *applier) createApp(ctx context.Context, uri string) error {
	name := ap.appName()
	begun := store.Intent{Kind: store.IntentApp, Name: name, At: ap.Now().UTC()}
	if err := ap.saveChange(ctx, func(x *store.Setup) { x.Intent = begun }); err != nil {
		return err
	}
	repeated := false
	var app m365.App
	task, done := "Registering the app "+name, "Registered the app "+name
	err := ap.untilReplicated(ctx, task, done, func(ctx context.Context) (err error) {
		app, err = ap.admin.CreateApp(ctx, m365.NewApp{Name: name, RedirectURI: uri})
		if !m365.Unclear(err) {
			return err
		}
		if found, ok := ap.searchApp(ctx); ok {
			app = found
			return nil
		}
		repeated = true
		return err
	})
	if err != nil {
		return err
	}
	if err := ap.adopt(ctx, app, true); err != nil {
		return err
	}
	if repeated {
		ap.removeTwins(ctx, begun, app)
	}
	return nil
}

// searchTime is how long an object is looked for when the answer to its creation
// was lost.
const searchTime = time.Minute

// searchApp looks for an app after the answer to its registration was lost, for
// as long as a new app can stay invisible.
func (ap *applier) searchApp(ctx context.Context) (m365.App, bool) {
	for start := ap.Now(); ap.Now().Sub(start) < searchTime; {
		ap.report(Task{Key: "search", State: Busy, Text: "The answer was lost: looking whether the app was registered"})
		if apps, err := ap.admin.AppsNamed(ctx, ap.appName()); err == nil {
			if app, found := ap.intendedApp(apps); found {
				ap.report(Task{Key: "search", State: Right, Text: "The answer was lost, but the app is there"})
				return app, true
			}
		}
		if pause(ctx, 3*time.Second) != nil {
			break
		}
	}
	ap.report(Task{Key: "search", State: Right, Text: "The answer was lost, and no app is there"})
	return m365.App{}, false
}

// removeTwins deletes duplicates that a lost answer left behind: apps of the
// same name and redirect URI, registered since the intent was recorded, without
// a secret.
func (ap *applier) removeTwins(ctx context.Context, begun store.Intent, keep m365.App) {
	apps, err := ap.admin.AppsNamed(ctx, begun.Name)
	if err != nil {
		ap.Log.Warn("could not look for twins of the app", "err", err)
		return
	}
	for _, a := range apps {
		if a.ObjectID != keep.ObjectID && a.HasRedirectURI(m365.RedirectURI(ap.setup.PALURL)) &&
			!a.Created.Before(begun.At.Add(-clockTolerance)) && len(a.Secrets) == 0 {
			if err := ap.admin.DeleteApp(ctx, a.ObjectID); err != nil {
				ap.Log.Warn("could not remove a twin of the app", "err", err)
			}
		}
	}
}

// ensurePrincipal creates the service principal. Microsoft refuses a second one,
// so a repeated call can do no harm.
func (ap *applier) ensurePrincipal(ctx context.Context) error {
	if ap.plan.principal.ID != "" {
		return ap.saveChange(ctx, func(x *store.Setup) { x.ServicePrincipalID = ap.plan.principal.ID })
	}
	clientID := ap.plan.app.ClientID
	ours := false
	err := ap.untilReplicated(ctx, "Making its enterprise application", "Made its enterprise application",
		func(ctx context.Context) error {
			sp, err := ap.admin.CreateServicePrincipal(ctx, clientID)
			switch {
			case err == nil:
				ap.plan.principal, ours = sp, true
				return nil
			case m365.AlreadyExists(err), m365.Unclear(err):
				ours = ours || m365.Unclear(err)
				found, look := ap.admin.ServicePrincipal(ctx, clientID)
				if look == nil {
					ap.plan.principal = found
				}
				return look
			}
			return err
		})
	if err != nil {
		return err
	}
	return ap.saveChange(ctx, func(x *store.Setup) {
		x.ServicePrincipalID = ap.plan.principal.ID
		if ours {
			noteMade(x, store.MadePrincipal)
		}
	})
}

// ensureGrant grants Mail.Send. Microsoft refuses a second grant.
func (ap *applier) ensureGrant(ctx context.Context) error {
	if ap.plan.granted {
		return nil
	}
	sp, graph := ap.plan.principal.ID, ap.plan.graph
	var grant m365.Grant
	ours := false
	err := ap.untilReplicated(ctx, "Granting Mail.Send", "Granted Mail.Send", func(ctx context.Context) error {
		g, err := ap.admin.GrantMailSend(ctx, sp, graph.ID, graph.MailSendRole)
		switch {
		case err == nil:
			grant, ours = g, true
			return nil
		case m365.AlreadyExists(err):
			return nil
		case m365.Unclear(err):
			ours = true
		}
		return err
	})
	if err != nil {
		return err
	}
	ap.plan.granted = true
	return ap.saveChange(ctx, func(x *store.Setup) {
		x.GrantID = grant.ID
		if ours {
			noteMade(x, store.MadeGrant)
		}
	})
}

// awaitRole waits for Mail.Send in a fresh token.
func (ap *applier) awaitRole(ctx context.Context) error {
	v, roles := ap.waitForRole(ctx, ap.report)
	if len(roles) == 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errNoRoleYet{v.Finding}
	}
	return ap.saveChange(ctx, func(x *store.Setup) { x.PermissionProved, x.LimitedByExchange = ap.Now().UTC(), false })
}

// errNoRoleYet says that the role did not appear in time, though it was granted.
type errNoRoleYet struct{ finding *diagnose.Finding }

func (e errNoRoleYet) Error() string { return "the role did not appear in a token" }
