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
	// principal is closed when a token can be requested: none is issued to an app
	// without a service principal. nil does not wait.
	principal chan struct{}
	mu        sync.Mutex
	// deletedKeyID is the secret that was deleted last; a list without it is up to date.
	deletedKeyID string
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
			ap.principal = make(chan struct{})
			verified := make(chan error, 1)
			var chains sync.WaitGroup
			chains.Go(func() { no.grant = ap.ensurePermission(ctx, ap.principal, verified) })
			chains.Go(func() {
				no.secret = ap.ensureSecret(ctx)
				verified <- no.secret
			})
			chains.Wait()
			if no.secret == nil && no.grant == nil && ap.consents() {
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

// spreadNote is the quieter line while the directory has not heard of a change.
const spreadNote = "A change can take a few minutes to reach all of Microsoft's servers."

// untilReplicated repeats a call until the directory knows the objects it needs.
func (ap *applier) untilReplicated(ctx context.Context, text, done string, try func(context.Context) error) error {
	var last error
	f, err := ap.retry(ctx, ap.report, retryTask{
		task: text, done: done, failed: text + ": not done", limit: directoryBudget, changed: ap.Now(),
		note: spreadNote,
		try:  func(ctx context.Context) error { last = try(ctx); return last },
		retryable: func(f diagnose.Finding) bool {
			return m365.NotReplicated(last) || m365.IsConflict(last) || m365.UniqueNameTaken(last) ||
				f.Retry && !m365.IsDenied(last)
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
	if ap.consents() && !ap.plan.asksExchange() {
		if err := ap.listMailSend(ctx); err != nil {
			return err
		}
	}
	return ap.adopt(ctx, app, ap.plan.ours || madeApp(&ap.setup) && ap.setup.ClientID == app.ClientID)
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
	ap.dropToken() // it was issued before the grant
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
	if _, ok := ap.keptToken(ap.setup.Secret.Value); ok { // the token that verified the secret carries it
		ap.report(Task{Key: "role", State: Right, Text: "Mail.Send is there"})
		return ap.notePermission(ctx)
	}
	v, roles := ap.waitForRole(ctx, ap.report)
	if len(roles) == 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errNoRoleYet{v.Finding}
	}
	return ap.notePermission(ctx)
}

// notePermission records that a token carries Mail.Send.
func (ap *applier) notePermission(ctx context.Context) error {
	return ap.saveChange(ctx, func(x *store.Setup) { x.PermissionProved, x.LimitedByExchange = ap.Now().UTC(), false })
}

// errNoRoleYet says that the role did not appear in time, though it was granted.
type errNoRoleYet struct{ finding *diagnose.Finding }

func (e errNoRoleYet) Error() string { return "the role did not appear in a token" }
