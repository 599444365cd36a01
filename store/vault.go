package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

// vault is what Keyring and Memory have in common.
type vault struct {
	opts     Options
	backend  backend
	platform platform
	worker   *worker

	exclusive         chan struct{}              // held by whoever does more than one call: Save, Delete, Claim
	ownClaims         map[string]string          // by profile, the token of our claim; guarded by busy
	unconfirmedClaims map[string]string          // by profile, the token of a Claim whose outcome is not known; guarded by busy
	unconfirmedSaves  map[string]unconfirmedSave // by profile, Saves whose outcome is not known; guarded by busy

	pid     int
	host    string
	isAlive func(pid int) bool
}

// unconfirmedSave are Saves of one Setup that may have replaced revision from by one of to.
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
		ownClaims: map[string]string{}, unconfirmedClaims: map[string]string{}, unconfirmedSaves: map[string]unconfirmedSave{},
		pid: os.Getpid(), host: host, isAlive: processAlive,
	}
}

// lock waits until nobody else is in the middle of something.
func (v *vault) lock(ctx context.Context) error {
	select {
	case v.exclusive <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *vault) unlock() { <-v.exclusive }

// Place says in words for a person where setups are kept.
func (v *vault) Place() string { return v.platform.displayName }

// Load reads a profile's setup: ErrNotFound, ErrNewer, ErrDamaged, or what is
// wrong with the keyring.
func (v *vault) Load(ctx context.Context, profile string) (Setup, error) {
	if err := ValidProfile(profile); err != nil {
		return Setup{}, err
	}
	text, err := v.readItem(ctx, v.opts.ReadTimeout, itemName("profile", profile))
	if err != nil {
		return Setup{}, fmt.Errorf("loading profile %s: %w", profile, err)
	}
	s, _, err := decode(text)
	if err != nil {
		return Setup{}, fmt.Errorf("loading profile %s: %w", profile, err)
	}
	return s, nil
}

// Save keeps s under profile and gives it a new Revision. It refuses with
// ErrChanged when what is stored is not what s was loaded from, or when the
// profile's claim was taken over, and with ErrTooBig before the keyring is
// asked anything. Times are kept to the second. An error with
// ErrOutcomeUnknown says that the write may have happened; after any other,
// the stored record is as it was.
//
// One call of the keyring replaces the whole record, so that a Save that is
// cut off leaves the old or the new one. The profile is listed before its
// first record is written: a listed profile without a record does no harm, a
// secret that no list shows would.
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
	text, err := encodeToFit(s, revision, nil, limit)
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

	unknownKeys, err := v.checkRevision(ctx, profile, s.Revision)
	if err != nil {
		return err
	}
	if err := v.checkClaim(ctx, profile); err != nil {
		return err
	}
	if len(unknownKeys) > 0 {
		if text, err = encodeToFit(s, revision, unknownKeys, limit); err != nil {
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
		return nil
	case errors.Is(err, ErrOutcomeUnknown):
		a := v.unconfirmedSaves[profile]
		if a.loaded != s.Revision {
			a = unconfirmedSave{loaded: s.Revision}
		}
		a.written = append(a.written, revision)
		v.unconfirmedSaves[profile] = a
	case errors.Is(err, ErrNotKept):
		// Another palmail may have written right after us.
		if other, _, e := decode(found); errors.Is(e, ErrNewer) || e == nil && other.Revision != s.Revision {
			return fmt.Errorf("%w while it was saved", ErrChanged)
		}
	}
	return err
}

// checkRevision checks that the stored record is the one of this revision, and
// returns the keys in it that this palmail does not know. A revision that our
// own Save wrote without hearing back counts as the one before it.
func (v *vault) checkRevision(ctx context.Context, profile, revision string) (map[string]json.RawMessage, error) {
	text, err := v.readItem(ctx, v.opts.WriteTimeout, itemName("profile", profile))
	if errors.Is(err, ErrNotFound) {
		if revision != "" {
			return nil, fmt.Errorf("%w: it is gone", ErrChanged)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stored, unknownKeys, err := decode(text)
	if err != nil {
		return nil, err
	}
	a := v.unconfirmedSaves[profile]
	if stored.Revision == revision || a.loaded == revision && slices.Contains(a.written, stored.Revision) {
		return unknownKeys, nil
	}
	return nil, fmt.Errorf("%w since it was loaded", ErrChanged)
}

// Delete removes a profile, whatever state its record is in, and takes it off
// the list. It returns ErrNotFound when there was no record.
func (v *vault) Delete(ctx context.Context, profile string) error {
	if err := ValidProfile(profile); err != nil {
		return err
	}
	if err := v.lock(ctx); err != nil {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	defer v.unlock()
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
	return nil
}
