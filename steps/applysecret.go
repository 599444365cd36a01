package steps

import (
	"context"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// ensureSecret creates a secret, saves it at once and proves it. The value of a
// secret whose answer was lost is gone: it is removed by its key ID, and another
// one is created.
func (ap *applier) ensureSecret(ctx context.Context) error {
	if !ap.setup.Secret.Value.IsZero() && !ap.setup.SecretProved.IsZero() && ap.setup.Secret.Expires.After(ap.Now()) {
		return nil
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
		begun := ap.Now().UTC()
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
	ap.withLock(func(x *store.Setup) {
		names := slices.DeleteFunc(strings.Split(x.Intent.Name, "|"), func(n string) bool { return n == name })
		if x.Intent.Name = strings.Join(names, "|"); x.Intent.Name == "" {
			x.Intent = store.Intent{}
		}
	})
}

// saveAsPending saves a secret as pending as soon as its value is known.
func (ap *applier) saveAsPending(ctx context.Context, made m365.AppSecret, value secret.Value) error {
	return ap.saveChange(context.WithoutCancel(ctx), func(x *store.Setup) {
		x.Pending = store.Secret{
			Value: value, Description: made.Description, Hint: value.Hint(), KeyID: made.KeyID, Created: made.Start,
			Expires: made.End,
		}
		if x.Pending.Created.IsZero() {
			x.Pending.Created = ap.Now().UTC()
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
		note:   "A new secret takes some seconds, at times two minutes, to work.",
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

// removeOrphans removes secrets whose value nobody knows: those with a name from
// the intent, by their key IDs.
func (ap *applier) removeOrphans(ctx context.Context) error {
	if ap.setup.Intent.Kind != store.IntentSecret {
		return nil
	}
	if names := progress.LostSecrets(&ap.setup); len(names) > 0 {
		if err := ap.removeNamed(ctx, names); err != nil {
			return err
		}
	}
	return ap.saveChange(ctx, func(x *store.Setup) { x.Intent = store.Intent{} })
}

// knowsSecret says whether the record has the value of the secret with this key ID.
func knowsSecret(x *store.Setup, keyID string) bool {
	return keyID != "" && (keyID == x.Secret.KeyID || keyID == x.Pending.KeyID || keyID == x.Old.KeyID)
}

func (ap *applier) removeNamed(ctx context.Context, names []string) error {
	// A secret that was created a moment ago may not be listed yet: look until
	// all are found, or the time is up.
	search := Task{Key: "lost", State: Busy, Text: "Looking for a secret whose value was lost", Limit: searchTime}
	ap.report(search)
	defer ap.report(Task{Key: search.Key, State: Right, Text: "Looked for a secret whose value was lost"})
	removed := map[string]bool{}
	for start := ap.Now(); ; {
		app, err := ap.admin.AppByClientID(ctx, ap.plan.app.ClientID)
		if err != nil && !m365.NotReplicated(err) {
			return err
		}
		for _, x := range app.Secrets {
			if removed[x.KeyID] || knowsSecret(&ap.setup, x.KeyID) || !slices.Contains(names, x.Description) {
				continue
			}
			err := ap.untilReplicated(ctx, "Removing a secret whose value was lost",
				"Removed a secret whose value was lost", func(ctx context.Context) error {
					err := ap.admin.RemoveSecret(ctx, ap.plan.app.ObjectID, x.KeyID)
					if m365.IsNotFound(err) {
						return nil
					}
					return err
				})
			if err != nil {
				return err
			}
			removed[x.KeyID] = true
			ap.withLock(func(*store.Setup) { ap.note(store.EventRemoved, x.KeyID, "") })
		}
		if len(removed) >= len(names) || ap.Now().Sub(start) > searchTime {
			return nil
		}
		if err := pause(ctx, 3*time.Second); err != nil {
			return err
		}
	}
}
