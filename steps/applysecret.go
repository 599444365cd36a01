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

// ensureSecret makes a secret, keeps it at once and proves it. One whose answer
// was lost has no value any more: it is removed by its key ID, and made anew.
func (d *doing) ensureSecret(ctx context.Context) error {
	if !d.setup.Secret.Value.IsZero() && !d.setup.SecretProved.IsZero() && d.setup.Secret.Expires.After(d.Now()) {
		return nil
	}
	if d.setup.Pending.Value.IsZero() || d.setup.Pending.KeyID == "" {
		if err := d.createSecret(ctx); err != nil {
			return err
		}
	}
	if err := d.proveNewSecret(ctx); err != nil {
		return err
	}
	return d.removeOrphans(ctx)
}

func (d *doing) createSecret(ctx context.Context) error {
	made, value, err := d.addSecret(ctx)
	if err != nil {
		return err
	}
	return d.holdNew(ctx, made, value)
}

// addSecret makes a secret in the tenant. The record says so before the call is
// sent, under a name of its own for each try, so that an orphan is told for certain.
func (d *doing) addSecret(ctx context.Context) (made m365.AppSecret, value secret.Value, err error) {
	err = d.directory(ctx, "Making a client secret", "Made a client secret", func(ctx context.Context) error {
		name := d.newDescription() + " " + newReference()
		begun := d.Now().UTC()
		err := d.keepNow(ctx, func(x *store.Setup) {
			if x.Doing.What != progress.IntentSecret {
				x.Doing = store.Doing{What: progress.IntentSecret, At: begun}
			}
			x.Doing.Name = strings.Trim(x.Doing.Name+"|"+name, "|")
		})
		if err != nil {
			d.unname(name)
			return err
		}
		made, value, err = d.admin.AddSecret(ctx, d.plan.app.ObjectID, name, d.plan.expires)
		if err != nil && !m365.Unclear(err) && ctx.Err() == nil {
			d.unname(name)
		}
		return err
	})
	return made, value, err
}

// unname takes a name out of the journal: nothing was made under it.
func (d *doing) unname(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := slices.DeleteFunc(strings.Split(d.setup.Doing.Name, "|"), func(n string) bool { return n == name })
	if d.setup.Doing.Name = strings.Join(names, "|"); d.setup.Doing.Name == "" {
		d.setup.Doing = store.Doing{}
	}
}

// holdNew keeps a secret the moment it is known, as pending.
func (d *doing) holdNew(ctx context.Context, made m365.AppSecret, value secret.Value) error {
	return d.keepNow(context.WithoutCancel(ctx), func(x *store.Setup) {
		x.Pending = store.Secret{Value: value, Description: made.Description, Hint: value.Hint(), KeyID: made.KeyID, Created: made.Start, Expires: made.End}
		if x.Pending.Created.IsZero() {
			x.Pending.Created = d.Now().UTC()
		}
		if x.Pending.Expires.IsZero() {
			x.Pending.Expires = d.plan.expires
		}
		x.PendingShown = time.Time{}
		d.note(store.EventCreated, made.KeyID, "")
	})
}

// proveNewSecret waits until a token is issued for the pending secret, and makes it the current one.
func (d *doing) proveNewSecret(ctx context.Context) error {
	if d.principal != nil {
		select {
		case <-d.principal:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	value := d.setup.Pending.Value
	var last error
	f, err := d.until(ctx, d.report, attempt{
		task: "Signing in with the secret", done: "Signed in with the secret", failed: "Signing in with the secret failed",
		note: "A new secret takes some seconds, at times two minutes, to work.", limit: replication + time.Minute, changed: d.Now(),
		try: func(ctx context.Context) error { last = d.tokenWith(ctx, value); return last },
		patient: func(f diagnose.Finding) bool {
			return f.Retry || slices.Contains([]diagnose.Cause{diagnose.CauseSecretWrong, diagnose.CauseAppUnknown, diagnose.CauseAppWithoutServicePrincipal}, f.Cause)
		},
	})
	if err != nil {
		return err
	}
	if f.Cause != "" {
		return last
	}
	return d.keepNow(ctx, func(x *store.Setup) {
		if old := x.Secret; !old.Value.IsZero() {
			x.Old = old
		}
		x.Secret, x.Pending, x.SecretProved = x.Pending, store.Secret{}, d.Now().UTC()
		d.note(store.EventProved, x.Secret.KeyID, "")
		d.forgetHandOff()
	})
}

// removeOrphans removes secrets that were made and whose value nobody knows:
// by the names the journal gave them, and by their key IDs.
func (d *doing) removeOrphans(ctx context.Context) error {
	if d.setup.Doing.What != progress.IntentSecret {
		return nil
	}
	if names := progress.LostSecrets(&d.setup); len(names) > 0 {
		if err := d.removeNamed(ctx, names); err != nil {
			return err
		}
	}
	return d.keepNow(ctx, func(x *store.Setup) { x.Doing = store.Doing{} })
}

// known says whether the record has the value of the secret with this key ID.
func known(x *store.Setup, keyID string) bool {
	return keyID != "" && (keyID == x.Secret.KeyID || keyID == x.Pending.KeyID || keyID == x.Old.KeyID)
}

func (d *doing) removeNamed(ctx context.Context, names []string) error {
	// A secret that was made a moment ago may not be listed yet: look until
	// all are found, or long enough.
	removed := map[string]bool{}
	for start := d.Now(); ; {
		app, err := d.admin.AppByClientID(ctx, d.plan.app.ClientID)
		if err != nil && !m365.NotReplicated(err) {
			return err
		}
		for _, x := range app.Secrets {
			if removed[x.KeyID] || known(&d.setup, x.KeyID) || !slices.Contains(names, x.Description) {
				continue
			}
			err := d.directory(ctx, "Removing a secret whose value was lost", "Removed a secret whose value was lost", func(ctx context.Context) error {
				err := d.admin.RemoveSecret(ctx, d.plan.app.ObjectID, x.KeyID)
				if m365.IsNotFound(err) {
					return nil
				}
				return err
			})
			if err != nil {
				return err
			}
			removed[x.KeyID] = true
			d.note(store.EventRemoved, x.KeyID, "")
		}
		if len(removed) >= len(names) || d.Now().Sub(start) > search {
			return nil
		}
		if err := pause(ctx, 3*time.Second); err != nil {
			return err
		}
	}
}
