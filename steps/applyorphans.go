package steps

import (
	"context"
	"slices"
	"strings"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

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

// laterSecret returns the key ID of a secret that the record knows and that was
// made after all of names. An app's secrets are one property of one object, so
// a list that shows the later one shows what is left of the earlier ones too.
func laterSecret(x *store.Setup, names []string) string {
	tried := strings.Split(x.Intent.Name, "|")
	last := -1
	for i, name := range tried {
		if slices.Contains(names, name) {
			last = i
		}
	}
	for _, known := range []store.Secret{x.Pending, x.Secret} {
		if at := slices.Index(tried, known.Description); known.KeyID != "" && last >= 0 && at > last {
			return known.KeyID
		}
	}
	return ""
}

// removeNamed removes secrets with these descriptions, whose answers were lost,
// and saves the record after each. A list proves that one was never made when
// it shows a secret that was made later, or no longer shows one that this applier
// deleted; where there is neither, the secrets are
// looked for as long as a new one can stay invisible.
func (ap *applier) removeNamed(ctx context.Context, names []string) error {
	ap.mu.Lock()
	later := laterSecret(&ap.setup, names)
	ap.mu.Unlock()
	limit := searchTime
	if later != "" || ap.deletedKeyID != "" {
		limit = directoryBudget
	}
	line := Task{
		Key: "orphans", State: Busy, Text: "Looking for a secret whose value was lost", Limit: limit,
	}
	ap.report(line)
	removed := map[string]bool{}
	for start := ap.Now(); ; {
		app, err := ap.admin.AppByClientID(ctx, ap.plan.app.ClientID)
		if err != nil && !m365.NotReplicated(err) {
			line.State, line.Limit = Wrong, 0
			ap.report(line)
			return err
		}
		fresh := err == nil && ap.deletedKeyID != "" && !slices.ContainsFunc(app.Secrets, func(x m365.AppSecret) bool {
			return x.KeyID == ap.deletedKeyID
		})
		for _, x := range app.Secrets {
			fresh = fresh || later != "" && x.KeyID == later
			if removed[x.KeyID] || knowsSecret(&ap.setup, x.KeyID) || !slices.Contains(names, x.Description) {
				continue
			}
			if err := ap.removeLost(ctx, x); err != nil {
				return err
			}
			removed[x.KeyID] = true
		}
		if fresh || len(removed) >= len(names) || ap.Now().Sub(start) >= limit {
			line.State, line.Text, line.Limit = Right, "Found no more secrets whose value was lost", 0
			ap.report(line)
			return nil
		}
		line.State, line.Note = Waiting, spreadNote
		ap.report(line)
		if err := pause(ctx, pollCheap.next(ap.Now().Sub(start))); err != nil {
			return err
		}
	}
}

// removeLost removes one secret by its key ID and saves that at once.
func (ap *applier) removeLost(ctx context.Context, lost m365.AppSecret) error {
	err := ap.untilReplicated(ctx, "Removing a secret whose value was lost", "Removed a secret whose value was lost",
		func(ctx context.Context) error {
			err := ap.admin.RemoveSecret(ctx, ap.plan.app.ObjectID, lost.KeyID)
			if m365.IsNotFound(err) {
				return nil
			}
			return err
		})
	if err != nil {
		return err
	}
	return ap.saveChange(context.WithoutCancel(ctx), func(x *store.Setup) {
		if x.Intent.Kind == store.IntentSecret {
			x.Intent.Name = withoutName(x.Intent.Name, lost.Description)
		}
		ap.note(store.EventRemoved, lost.KeyID, "")
	})
}
