package steps

import (
	"context"
	"time"

	"palmail/diagnose"
	"palmail/store"
)

// exchangeGrant is whether Exchange itself lets the app send as the mailbox, by
// RBAC for Applications. Consent in Entra would end that limit, since the
// permissions of both add up
// (https://learn.microsoft.com/exchange/permissions-exo/application-rbac).
type exchangeGrant int

const (
	exchangeNotAsked exchangeGrant = iota // nobody can have granted anything, or there is no secret to ask with yet
	exchangeRefuses
	exchangeAllows
)

// surveyExchange asks Exchange with the secret that palmail has, if it works.
// The question has no recipient, so that nothing can be delivered.
func (s *session) surveyExchange(ctx context.Context, p *plan) exchangeGrant {
	x := &s.setup
	if p.granted || x.LimitedByExchange || !p.principal.Enabled || p.app.ClientID != x.ClientID ||
		x.Secret.Value.IsZero() || x.SecretProved.IsZero() {
		return exchangeNotAsked
	}
	t, err := s.newToken(ctx, x.Secret.Value)
	if err != nil || t.HasMailSend() {
		return exchangeNotAsked
	}
	switch err := s.client().ProbeSend(ctx, t, x.Mailbox); {
	case err == nil:
		return exchangeAllows
	case isRefusal(err):
		return exchangeRefuses
	}
	return exchangeNotAsked
}

// asksExchange says whether Exchange is to be asked, with the new secret, before
// Mail.Send is granted: somebody can have let an app send there that has a
// service principal already.
func (p *plan) asksExchange() bool {
	return p.principal.ID != "" && !p.granted && p.exchange == exchangeNotAsked
}

// consents says whether Mail.Send is to be granted in Entra, or is already.
func (ap *applier) consents() bool {
	return !ap.setup.LimitedByExchange && ap.plan.exchange != exchangeAllows
}

// ensurePermission creates the service principal and lets the app send.
// Normally the secret is verified after that, so that one token proves both.
// Where Exchange has to be asked first, it is the other way round: ready is
// closed as soon as a token can be requested, and verified by the one who has
// verified the secret.
func (ap *applier) ensurePermission(ctx context.Context, ready chan<- struct{}, verified <-chan error) error {
	asks := ap.consents() && ap.plan.asksExchange()
	isNew := ap.plan.principal.ID == ""
	err := ap.ensurePrincipal(ctx)
	if err == nil && isNew {
		ap.plan.exchange = exchangeRefuses // nobody can have let it send there yet
	}
	if err != nil || !asks {
		defer close(ready)
		if err == nil && ap.plan.exchange == exchangeAllows {
			return ap.noteExchange(ctx)
		}
		if err == nil && ap.consents() {
			err = ap.ensureGrant(ctx)
		}
		return err
	}
	close(ready)
	select {
	case failed := <-verified:
		if failed != nil {
			return nil // what stopped the secret is reported; the next attempt asks Exchange again
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	allowed, err := ap.askExchange(ctx)
	switch {
	case err != nil:
		return err
	case allowed:
		return ap.noteExchange(ctx)
	}
	ap.plan.exchange = exchangeRefuses
	if err := ap.listMailSend(ctx); err != nil {
		return err
	}
	return ap.ensureGrant(ctx)
}

// askExchange asks with the secret that was just verified. A refusal, and an
// answer that says nothing about permissions, leave it at the grant; where
// nobody answered, nothing is granted.
func (ap *applier) askExchange(ctx context.Context) (allowed bool, err error) {
	var last error
	f, err := ap.retry(ctx, ap.report, retryTask{
		task: "Asking Exchange whether the app can already send as " + ap.setup.Mailbox,
		done: "Exchange already lets the app send as " + ap.setup.Mailbox, failed: "Exchange does not let the app send yet",
		limit: 20 * time.Second,
		try: func(ctx context.Context) error {
			t, err := ap.newToken(ctx, ap.setup.Secret.Value)
			if err == nil && t.HasMailSend() {
				err = errNoRole // it is Entra that lets it send
			}
			if err == nil {
				err = ap.client().ProbeSend(ctx, t, ap.setup.Mailbox)
			}
			last = err
			return err
		},
		retryable: func(f diagnose.Finding) bool { return f.Retry && !isRefusal(last) },
	})
	switch {
	case err != nil:
		return false, err
	case f == nil:
		return true, nil
	case f.Retry && !isRefusal(last):
		return false, last
	}
	return false, nil
}

// noteExchange records that Exchange lets the app send, without a consent in Entra.
func (ap *applier) noteExchange(ctx context.Context) error {
	return ap.saveChange(ctx, func(x *store.Setup) {
		x.PermissionProved, x.LimitedByExchange = ap.Now().UTC(), true
	})
}

// listMailSend adds Mail.Send to the permissions that the app requests.
func (ap *applier) listMailSend(ctx context.Context) error {
	app := ap.plan.app
	if app.AsksMailSend() {
		return nil
	}
	return ap.untilReplicated(ctx, "Listing Mail.Send", "Listed Mail.Send", func(ctx context.Context) error {
		return ap.admin.AddMailSend(ctx, app)
	})
}
