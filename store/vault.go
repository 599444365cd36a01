package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// vault is the common part of Keyring and Memory.
type vault struct {
	opts     Options
	backend  backend
	platform platform
	worker   *worker

	// exclusive is held during Save, Delete and Claim, which make several
	// calls each. It guards the three maps, whose keys are profiles.
	exclusive         chan struct{}
	ownClaims         map[string]string // tokens of the claims that this store holds
	unconfirmedClaims map[string]string // tokens of claims whose write was not confirmed
	unconfirmedSaves  map[string]unconfirmedSave

	pid  int
	host string
	// namespace is that of pid.
	namespace string
	isAlive   func(pid int) bool
}

// unconfirmedSave records saves whose outcome is unknown: the stored revision
// may still be loaded, or any of written.
type unconfirmedSave struct {
	loaded  string
	written []string
}

func newVault(o Options, backend backend, platform platform) vault {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return vault{
		opts: o.withDefaults(), backend: backend, platform: platform, worker: newWorker(),
		exclusive: make(chan struct{}, 1),
		ownClaims: map[string]string{}, unconfirmedClaims: map[string]string{},
		unconfirmedSaves: map[string]unconfirmedSave{},
		pid:              os.Getpid(), host: host, namespace: pidNamespace(), isAlive: processAlive,
	}
}

// lock waits until no other Save, Delete or Claim is running.
func (v *vault) lock(ctx context.Context) error {
	select {
	case v.exclusive <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *vault) unlock() { <-v.exclusive }

// Place names, for a person, where setups are kept.
func (v *vault) Place() string { return v.platform.displayName }

// Load reads a profile's setup. Its errors are ErrNotFound, ErrNewer,
// ErrDamaged and those of the keyring.
func (v *vault) Load(ctx context.Context, profile string) (Setup, error) {
	if err := ValidProfile(profile); err != nil {
		return Setup{}, err
	}
	text, err := v.readItem(ctx, v.opts.ReadTimeout, itemName("profile", profile))
	if err != nil {
		return Setup{}, fmt.Errorf("loading profile %s: %w", profile, err)
	}
	s, kept, err := decode(text)
	if err != nil {
		return Setup{}, fmt.Errorf("loading profile %s: %w", profile, err)
	}
	s.History = v.readHistory(ctx, profile, kept.historyID, s.History)
	return s, nil
}

// Save stores s under profile and gives it a new Revision. It returns
// ErrChanged if the stored record is not the one that s was loaded from or if
// another palmail took over the claim, and ErrTooBig before it calls the
// keyring at all. Times are stored to the second. ErrOutcomeUnknown means that
// the write may have happened; after any other error the stored record is
// unchanged.
//
// A single keyring call replaces the whole record, so that an interrupted Save
// leaves either the old record or the new one. A history that the record has no
// room for is written after it, and may be missing after an interruption. A new profile is added to the
// index before its record is written: a profile in the index without a record
// does no harm, but a secret that no list shows would.
func (v *vault) Save(ctx context.Context, profile string, s *Setup) error {
	if err := v.save(ctx, profile, s); err != nil {
		return fmt.Errorf("saving profile %s: %w", profile, err)
	}
	return nil
}

func (v *vault) save(ctx context.Context, profile string, s *Setup) error {
	if err := ValidProfile(profile); err != nil {
		return err
	}
	name, revision := itemName("profile", profile), randomID()
	limit := v.platform.limit(v.opts.Service, name)
	text, historyID, err := encodeToFit(s, revision, beside{}, limit)
	if err != nil {
		return err
	}
	if len(text) > limit {
		return &TooBigError{Size: len(text), Limit: limit}
	}
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()

	stored, err := v.checkRevision(ctx, profile, s.Revision)
	if err != nil {
		return err
	}
	if err := v.checkClaim(ctx, profile); err != nil {
		return err
	}
	if len(stored.unknownKeys) > 0 || stored.historyID != "" {
		if text, historyID, err = encodeToFit(s, revision, stored, limit); err != nil {
			return err
		}
	}
	if err := v.addToIndex(ctx, profile); err != nil {
		return err
	}
	found, err := v.writeItem(ctx, name, text)
	switch {
	case err == nil:
		s.Revision = revision
		delete(v.unconfirmedSaves, profile)
		if historyID != "" || stored.historyID != "" {
			v.writeHistory(ctx, profile, historyID, s.History)
		}
		return nil
	case errors.Is(err, ErrOutcomeUnknown):
		a := v.unconfirmedSaves[profile]
		if a.loaded != s.Revision {
			a = unconfirmedSave{loaded: s.Revision}
		}
		a.written = append(a.written, revision)
		v.unconfirmedSaves[profile] = a
	case errors.Is(err, ErrNotKept):
		// Another palmail may have saved right after this one.
		if other, _, e := decode(found); errors.Is(e, ErrNewer) || e == nil && other.Revision != s.Revision {
			return fmt.Errorf("%w while it was saved", ErrChanged)
		}
	}
	return err
}

// checkRevision checks that the stored record has this revision, and returns
// what it holds beside its Setup. A revision that an
// unconfirmed Save of this store wrote is accepted as well.
func (v *vault) checkRevision(ctx context.Context, profile, revision string) (beside, error) {
	text, err := v.readItem(ctx, v.opts.WriteTimeout, itemName("profile", profile))
	if errors.Is(err, ErrNotFound) {
		if revision != "" {
			return beside{}, fmt.Errorf("%w: it is gone", ErrChanged)
		}
		return beside{}, nil
	}
	if err != nil {
		return beside{}, err
	}
	stored, kept, err := decode(text)
	if err != nil {
		return beside{}, err
	}
	a := v.unconfirmedSaves[profile]
	if stored.Revision == revision || a.loaded == revision && slices.Contains(a.written, stored.Revision) {
		return kept, nil
	}
	return beside{}, fmt.Errorf("%w since it was loaded", ErrChanged)
}

// Delete removes a profile and its history from the keyring, even if its record
// is damaged, and from the index. It returns ErrNotFound if there was no record.
func (v *vault) Delete(ctx context.Context, profile string) error {
	if err := ValidProfile(profile); err != nil {
		return err
	}
	if err := v.lock(ctx); err != nil {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	defer v.unlock()
	historyErr := v.deleteHistory(ctx, profile)
	err := v.deleteItem(ctx, itemName("profile", profile))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	delete(v.unconfirmedSaves, profile)
	if e := v.removeFromIndex(ctx, profile); e != nil {
		return fmt.Errorf("profile %s is gone, but still listed: %w", profile, e)
	}
	if err != nil {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	if historyErr != nil {
		return fmt.Errorf("profile %s is gone, but its history is still there: %w", profile, historyErr)
	}
	return nil
}
