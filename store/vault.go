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
	opts  Options
	back  backend
	place platform
	calls *worker

	busy   chan struct{}      // held by whoever does more than one call: Save, Delete, Claim
	claims map[string]string  // by profile, the token of our claim; guarded by busy
	unsure map[string]string  // by profile, the token of a Claim whose outcome is not known; guarded by busy
	tried  map[string]attempt // by profile, Saves whose outcome is not known; guarded by busy

	pid   int
	host  string
	alive func(pid int) bool
}

// attempt are Saves of one Setup that may have replaced revision from by one of to.
type attempt struct {
	from string
	to   []string
}

func newVault(o Options, back backend, place platform) vault {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return vault{
		opts: o.withDefaults(), back: back, place: place, calls: newWorker(),
		busy:   make(chan struct{}, 1),
		claims: map[string]string{}, unsure: map[string]string{}, tried: map[string]attempt{},
		pid: os.Getpid(), host: host, alive: alive,
	}
}

// enter waits until nobody else is in the middle of something.
func (v *vault) enter(ctx context.Context) error {
	select {
	case v.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *vault) leave() { <-v.busy }

// Place says in words for a person where setups are kept.
func (v *vault) Place() string { return v.place.place }

// Load reads a profile's setup: ErrNotFound, ErrNewer, ErrDamaged, or what is
// wrong with the keyring.
func (v *vault) Load(ctx context.Context, profile string) (Setup, error) {
	if err := ValidProfile(profile); err != nil {
		return Setup{}, err
	}
	text, err := v.get(ctx, v.opts.ReadTimeout, item("profile", profile))
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
	name, revision := item("profile", profile), token()
	limit := v.place.limit(v.opts.Service, name)
	text, err := fitting(s, revision, nil, limit)
	if err != nil {
		return err
	}
	if len(text) > limit {
		return &TooBigError{Size: len(text), Limit: limit}
	}
	if err := v.enter(ctx); err != nil {
		return err
	}
	defer v.leave()

	rest, err := v.unchanged(ctx, profile, s.Revision)
	if err != nil {
		return err
	}
	if err := v.stillOurs(ctx, profile); err != nil {
		return err
	}
	if len(rest) > 0 {
		if text, err = fitting(s, revision, rest, limit); err != nil {
			return err
		}
	}
	if err := v.list(ctx, profile); err != nil {
		return err
	}
	found, err := v.put(ctx, name, text)
	switch {
	case err == nil:
		s.Revision = revision
		delete(v.tried, profile)
		return nil
	case errors.Is(err, ErrOutcomeUnknown):
		a := v.tried[profile]
		if a.from != s.Revision {
			a = attempt{from: s.Revision}
		}
		a.to = append(a.to, revision)
		v.tried[profile] = a
	case errors.Is(err, ErrNotKept):
		// Another palmail may have written right after us.
		if other, _, e := decode(found); errors.Is(e, ErrNewer) || e == nil && other.Revision != s.Revision {
			return fmt.Errorf("%w while it was saved", ErrChanged)
		}
	}
	return err
}

// unchanged checks that the stored record is the one of this revision, and
// returns the keys in it that this palmail does not know. A revision that our
// own Save wrote without hearing back counts as the one before it.
func (v *vault) unchanged(ctx context.Context, profile, revision string) (map[string]json.RawMessage, error) {
	text, err := v.get(ctx, v.opts.WriteTimeout, item("profile", profile))
	if errors.Is(err, ErrNotFound) {
		if revision != "" {
			return nil, fmt.Errorf("%w: it is gone", ErrChanged)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stored, rest, err := decode(text)
	if err != nil {
		return nil, err
	}
	a := v.tried[profile]
	if stored.Revision == revision || a.from == revision && slices.Contains(a.to, stored.Revision) {
		return rest, nil
	}
	return nil, fmt.Errorf("%w since it was loaded", ErrChanged)
}

// Delete removes a profile, whatever state its record is in, and takes it off
// the list. It returns ErrNotFound when there was no record.
func (v *vault) Delete(ctx context.Context, profile string) error {
	if err := ValidProfile(profile); err != nil {
		return err
	}
	if err := v.enter(ctx); err != nil {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	defer v.leave()
	err := v.remove(ctx, item("profile", profile))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	delete(v.tried, profile)
	if e := v.unlist(ctx, profile); e != nil {
		return fmt.Errorf("profile %s is gone, but still listed: %w", profile, e)
	}
	if err != nil {
		return fmt.Errorf("deleting profile %s: %w", profile, err)
	}
	return nil
}
