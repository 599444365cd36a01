package steps

import (
	"context"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/store"
)

// ensureSecret creates a secret, saves it at once and proves it. The value of a
// secret whose answer was lost is gone: it is removed by its key ID, and another
// one is created.
func (ap *applier) ensureSecret(ctx context.Context) error {
	if !ap.setup.Secret.Value.IsZero() && !ap.setup.SecretProved.IsZero() &&
		ap.setup.Secret.Expires.After(ap.serverNow()) {
		return ap.removeOrphans(ctx)
	}
	if ap.setup.Pending.Value.IsZero() || ap.setup.Pending.KeyID == "" {
		if err := ap.createSecret(ctx); err != nil {
			return err
		}
	}
	if err := ap.proveNewSecret(ctx); err != nil {
		return err
	}
	return ap.removeOrphans(ctx)
}

func (ap *applier) createSecret(ctx context.Context) error {
	made, value, err := ap.addSecret(ctx)
	if err != nil {
		return err
	}
	return ap.saveAsPending(ctx, made, value)
}

// addSecret creates a secret in the tenant. The record holds the intent before
// the call is sent, with a different name for each attempt, so that an orphan
// can be recognised with certainty.
func (ap *applier) addSecret(ctx context.Context) (made m365.AppSecret, value secret.Value, err error) {
	err = ap.untilReplicated(ctx, "Making a client secret", "Made a client secret", func(ctx context.Context) error {
		name := ap.newDescription() + " " + newReference()
		begun := ap.serverNow()
		err := ap.saveChange(ctx, func(x *store.Setup) {
			if x.Intent.Kind != store.IntentSecret {
				x.Intent = store.Intent{Kind: store.IntentSecret, At: begun}
			}
			x.Intent.Name = strings.Trim(x.Intent.Name+"|"+name, "|")
		})
		if err != nil {
			ap.dropIntendedName(name)
			return err
		}
		made, value, err = ap.admin.AddSecret(ctx, ap.plan.app.ObjectID, name, ap.plan.expires)
		if err != nil && !m365.Unclear(err) && ctx.Err() == nil {
			ap.dropIntendedName(name)
		}
		return err
	})
	return made, value, err
}

// dropIntendedName takes a name out of the intent: no secret was created under it.
func (ap *applier) dropIntendedName(name string) {
	ap.withLock(func(x *store.Setup) { dropIntended(x, name) })
}

// dropIntended takes a name out of the intent to create secrets.
func dropIntended(x *store.Setup, name string) {
	if x.Intent.Kind != store.IntentSecret {
		return
	}
	if x.Intent.Name = withoutName(x.Intent.Name, name); x.Intent.Name == "" {
		x.Intent = store.Intent{}
	}
}

// saveAsPending saves a secret as pending as soon as its value is known.
func (ap *applier) saveAsPending(ctx context.Context, made m365.AppSecret, value secret.Value) error {
	return ap.saveChange(context.WithoutCancel(ctx), func(x *store.Setup) {
		x.Pending = store.Secret{
			Value: value, Description: made.Description, Hint: value.Hint(), KeyID: made.KeyID, Created: made.Start,
			Expires: made.End,
		}
		if x.Pending.Created.IsZero() {
			x.Pending.Created = ap.serverNow()
		}
		if x.Pending.Expires.IsZero() {
			x.Pending.Expires = ap.plan.expires
		}
		x.PendingShown = time.Time{}
		ap.note(store.EventCreated, made.KeyID, "")
	})
}

// proveNewSecret waits until a token is issued for the pending secret, and makes it the current one.
func (ap *applier) proveNewSecret(ctx context.Context) error {
	if ap.principal != nil {
		select {
		case <-ap.principal:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	value := ap.setup.Pending.Value
	var last error
	f, err := ap.retry(ctx, ap.report, retryTask{
		task: "Signing in with the secret", done: "Signed in with the secret",
		failed: "Signing in with the secret failed",
		note:   "A new secret can take up to two minutes to start working.",
		limit:  replicationTime + time.Minute, changed: ap.Now(),
		try: func(ctx context.Context) error { last = ap.tokenWith(ctx, value); return last },
		retryable: func(f diagnose.Finding) bool {
			return f.Retry || slices.Contains([]diagnose.Cause{
				diagnose.CauseSecretWrong, diagnose.CauseAppUnknown, diagnose.CauseAppWithoutServicePrincipal,
			}, f.Cause)
		},
	})
	if err != nil {
		return err
	}
	if f != nil {
		if f.Cause == diagnose.CauseSecretWrong {
			ap.giveUpIfDeleted(ctx)
		}
		return last
	}
	return ap.saveChange(ctx, func(x *store.Setup) {
		if old := x.Secret; !old.Value.IsZero() {
			x.Old = old
		}
		x.Secret, x.Pending, x.SecretProved = x.Pending, store.Secret{}, ap.Now().UTC()
		ap.note(store.EventProved, x.Secret.KeyID, "")
		ap.forgetHandOff()
	})
}

// giveUpIfDeleted forgets the pending secret when the app does not list it any
// more, so that the next attempt makes another. Its name is kept as that of a
// lost one: should the list have been out of date, it is removed later.
func (ap *applier) giveUpIfDeleted(ctx context.Context) {
	app, err := ap.admin.AppByClientID(ctx, ap.plan.app.ClientID)
	pending := ap.setup.Pending
	if err != nil || pending.KeyID == "" ||
		slices.ContainsFunc(app.Secrets, func(x m365.AppSecret) bool { return x.KeyID == pending.KeyID }) {
		return
	}
	err = ap.saveChange(ctx, func(x *store.Setup) {
		x.Pending, x.PendingShown = store.Secret{}, time.Time{}
		names := ""
		if x.Intent.Kind == store.IntentSecret {
			names = withoutName(x.Intent.Name, pending.Description)
		}
		names = strings.Trim(names+"|"+pending.Description, "|")
		x.Intent = store.Intent{Kind: store.IntentSecret, Name: names, At: ap.serverNow()}
	})
	if err != nil {
		ap.Log.Warn("could not give up a secret that was deleted", "err", err)
	}
}

// withoutName takes one name out of names that are separated by bars.
func withoutName(names, name string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(names, "|"), func(n string) bool { return n == name }), "|")
}
