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

// doing is one run of the plan. The record is written from two chains at once.
type doing struct {
	*session
	admin  *m365.Admin
	plan   *plan
	report Report
	// principal is closed when the service principal is settled, one way or
	// the other: no token is issued to an app without one. nil when it is there.
	principal chan struct{}
	mu        sync.Mutex
}

// refusals are what stopped the chains; nil where nothing did.
type refusals struct{ app, secret, grant error }

// apply carries the plan out: the app first, then its service principal and
// the grant beside its secret and the proof of that, and at last the role in a
// token. It returns what was refused; err is what concerns all.
func (s *session) apply(ctx context.Context, admin *m365.Admin, p *plan) (no refusals, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("apply", PhaseNone, howHelp),
		Title: "Setting it up", Why: "You can leave at any time: what is done is kept, and nothing is made twice.",
		Run: func(ctx context.Context, report Report) error {
			d := &doing{session: s, admin: admin, plan: p, report: report}
			if no.app = d.ensureApp(ctx); no.app != nil {
				return ctx.Err()
			}
			// Where Exchange grants it for one mailbox, consent would end that limit.
			consents := !s.setup.LimitedByExchange
			d.principal = make(chan struct{})
			var chains sync.WaitGroup
			chains.Go(func() {
				no.grant = d.ensurePrincipal(ctx)
				close(d.principal)
				if no.grant == nil && consents {
					no.grant = d.ensureGrant(ctx)
				}
			})
			chains.Go(func() { no.secret = d.ensureSecret(ctx) })
			chains.Wait()
			if no.secret == nil && no.grant == nil && consents {
				no.grant = d.seeRole(ctx)
			}
			return ctx.Err()
		},
	})
	return no, err
}

// keepNow writes the record at once: before a change is sent, and after it was heard of.
func (d *doing) keepNow(ctx context.Context, change func(*store.Setup)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.setup)
	if err := d.Store.Save(ctx, d.Profile, &d.setup); err != nil {
		return fmt.Errorf("%w: %w", errNotKept, err)
	}
	return nil
}

// errNotKept says that the keyring refused the journal, so that nothing was sent.
var errNotKept = errors.New("keeping what is being done")

// made notes that palmail itself made a thing.
func made(x *store.Setup, what string) {
	if !strings.Contains(" "+x.Made+" ", " "+what+" ") {
		x.Made = strings.TrimSpace(x.Made + " " + what)
	}
}

// directory tries a call until the directory knows what it needs.
func (d *doing) directory(ctx context.Context, text, done string, try func(context.Context) error) error {
	var last error
	f, err := d.until(ctx, d.report, attempt{
		task: text, done: done, failed: text + ": not done", limit: directoryBudget, changed: d.Now(),
		note: "Microsoft's servers tell each other of new things in seconds to minutes.",
		try:  func(ctx context.Context) error { last = try(ctx); return last },
		patient: func(f diagnose.Finding) bool {
			return m365.NotReplicated(last) || m365.IsConflict(last) || f.Retry && !m365.IsDenied(last)
		},
	})
	if err != nil {
		return err
	}
	if f.Cause != "" {
		return last
	}
	return nil
}

// ensureApp registers the app, or brings the one that is used up to what it needs.
func (d *doing) ensureApp(ctx context.Context) error {
	uri := m365.RedirectURI(d.setup.PALURL)
	if d.plan.app.ObjectID == "" {
		return d.createApp(ctx, uri)
	}
	app := d.plan.app
	if !app.HasRedirectURI(uri) {
		if err := d.directory(ctx, "Adding the redirect URI", "Added the redirect URI", func(ctx context.Context) error {
			return d.admin.AddRedirectURI(ctx, app, uri)
		}); err != nil {
			return err
		}
	}
	if !app.AsksMailSend() && !d.setup.LimitedByExchange {
		if err := d.directory(ctx, "Listing Mail.Send", "Listed Mail.Send", func(ctx context.Context) error {
			return d.admin.AddMailSend(ctx, app)
		}); err != nil {
			return err
		}
	}
	return d.adopt(ctx, app, d.setup.Doing.What == store.MadeApp)
}

// adopt notes the app to use.
func (d *doing) adopt(ctx context.Context, app m365.App, ours bool) error {
	d.plan.app = app
	return d.keepNow(ctx, func(x *store.Setup) {
		d.changeApp(app.ClientID)
		x.AppName, x.AppObjectID, x.AppProved = app.Name, app.ObjectID, d.Now().UTC()
		if x.Doing.What == store.MadeApp {
			x.Doing = store.Doing{}
		}
		if ours {
			made(x, store.MadeApp)
		}
	})
}

// createApp registers the app exactly once: the record says so before the call
// is sent, and after a lost answer the tenant is searched before it is sent again.
func (d *doing) createApp(ctx context.Context, uri string) error {
	name := d.appName()
	begun := store.Doing{What: store.MadeApp, Name: name, At: d.Now().UTC()}
	if err := d.keepNow(ctx, func(x *store.Setup) { x.Doing = begun }); err != nil {
		return err
	}
	repeated := false
	var app m365.App
	err := d.directory(ctx, "Registering the app "+name, "Registered the app "+name, func(ctx context.Context) (err error) {
		app, err = d.admin.CreateApp(ctx, m365.NewApp{Name: name, RedirectURI: uri})
		if !m365.Unclear(err) {
			return err
		}
		if found, ok := d.searchApp(ctx); ok {
			app = found
			return nil
		}
		repeated = true
		return err
	})
	if err != nil {
		return err
	}
	if err := d.adopt(ctx, app, true); err != nil {
		return err
	}
	if repeated {
		d.removeTwins(ctx, begun, app)
	}
	return nil
}

// search is how long a thing whose making was not heard of is looked for.
const search = time.Minute

// searchApp looks for the app whose answer was lost, for as long as a new app may stay unseen.
func (d *doing) searchApp(ctx context.Context) (m365.App, bool) {
	for start := d.Now(); d.Now().Sub(start) < search; {
		d.report(Task{Key: "search", State: Busy, Text: "The answer was lost: looking whether the app was registered"})
		if apps, err := d.admin.AppsNamed(ctx, d.appName()); err == nil {
			if app, found := d.journalled(apps); found {
				d.report(Task{Key: "search", State: Right, Text: "The answer was lost, but the app is there"})
				return app, true
			}
		}
		if pause(ctx, 3*time.Second) != nil {
			break
		}
	}
	d.report(Task{Key: "search", State: Right, Text: "The answer was lost, and no app is there"})
	return m365.App{}, false
}

// removeTwins deletes what a lost answer left behind after all: apps of the
// same name and redirect URI, registered since this run began, without a secret.
func (d *doing) removeTwins(ctx context.Context, begun store.Doing, keep m365.App) {
	apps, err := d.admin.AppsNamed(ctx, begun.Name)
	if err != nil {
		d.Log.Warn("could not look for twins of the app", "err", err)
		return
	}
	for _, a := range apps {
		if a.ObjectID != keep.ObjectID && a.HasRedirectURI(m365.RedirectURI(d.setup.PALURL)) &&
			!a.Created.Before(begun.At.Add(-clockTolerance)) && len(a.Secrets) == 0 {
			if err := d.admin.DeleteApp(ctx, a.ObjectID); err != nil {
				d.Log.Warn("could not remove a twin of the app", "err", err)
			}
		}
	}
}

// ensurePrincipal makes the service principal; a second one is refused by the
// service itself, so a repeated call can do no harm.
func (d *doing) ensurePrincipal(ctx context.Context) error {
	if d.plan.principal.ID != "" {
		return d.keepNow(ctx, func(x *store.Setup) { x.ServicePrincipalID = d.plan.principal.ID })
	}
	clientID := d.plan.app.ClientID
	ours := false
	err := d.directory(ctx, "Making its enterprise application", "Made its enterprise application", func(ctx context.Context) error {
		sp, err := d.admin.CreateServicePrincipal(ctx, clientID)
		switch {
		case err == nil:
			d.plan.principal, ours = sp, true
			return nil
		case m365.AlreadyExists(err), m365.Unclear(err):
			ours = ours || m365.Unclear(err)
			found, look := d.admin.ServicePrincipal(ctx, clientID)
			if look == nil {
				d.plan.principal = found
			}
			return look
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.keepNow(ctx, func(x *store.Setup) {
		x.ServicePrincipalID = d.plan.principal.ID
		if ours {
			made(x, store.MadePrincipal)
		}
	})
}

// ensureGrant grants Mail.Send; a second grant is refused by the service itself.
func (d *doing) ensureGrant(ctx context.Context) error {
	if d.plan.granted {
		return nil
	}
	sp, graph := d.plan.principal.ID, d.plan.graph
	var grant m365.Grant
	ours := false
	err := d.directory(ctx, "Granting Mail.Send", "Granted Mail.Send", func(ctx context.Context) error {
		g, err := d.admin.GrantMailSend(ctx, sp, graph.ID, graph.MailSendRole)
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
	d.plan.granted = true
	return d.keepNow(ctx, func(x *store.Setup) {
		x.GrantID = grant.ID
		if ours {
			made(x, store.MadeGrant)
		}
	})
}

// seeRole waits for Mail.Send in a fresh token.
func (d *doing) seeRole(ctx context.Context) error {
	v, roles := d.waitForRole(ctx, d.report)
	if len(roles) == 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errNoRoleYet{v.Finding}
	}
	return d.keepNow(ctx, func(x *store.Setup) { x.PermissionProved, x.LimitedByExchange = d.Now().UTC(), false })
}

// errNoRoleYet says that the role did not appear in time, though it was granted.
type errNoRoleYet struct{ finding *diagnose.Finding }

func (e errNoRoleYet) Error() string { return "the role did not appear in a token" }
