package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"palmail/clean"
)

// claimAge is how long a claim holds, should its process number have been
// given to another process.
const claimAge = 24 * time.Hour

// holder is who works on a profile: an item of its own, "claim.<profile>".
type holder struct {
	Version int    `json:"v"`
	Token   string `json:"n"`
	PID     int    `json:"p"`
	Host    string `json:"h"`
	Since   stamp  `json:"s"`
}

// Claim tells other palmails that this one works on profile. It refuses with
// an *InUseError when a live process on this machine already does, this
// process included; a claim of another machine, of a process that has ended,
// or of more than 24 hours ago is taken over. release gives the profile back,
// unless somebody has taken it over; call it once the work is done.
func (v *vault) Claim(ctx context.Context, profile string) (release func(context.Context) error, err error) {
	return v.claim(ctx, profile, false)
}

// ClaimForce takes the profile over from whoever holds it. The other
// palmail's next Save fails with ErrChanged and overwrites nothing.
func (v *vault) ClaimForce(ctx context.Context, profile string) (release func(context.Context) error, err error) {
	return v.claim(ctx, profile, true)
}

func (v *vault) claim(ctx context.Context, profile string, force bool) (func(context.Context) error, error) {
	if err := ValidProfile(profile); err != nil {
		return nil, err
	}
	if err := v.enter(ctx); err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	defer v.leave()
	if !force {
		h, err := v.holder(ctx, profile)
		if err == nil && v.live(h) && h.Token != v.unsure[profile] {
			err = inUse(h)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
		}
	}
	mine := holder{schema, token(), v.pid, v.host, toStamp(v.opts.Now())}
	text, err := json.Marshal(mine)
	if err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	found, err := v.put(ctx, item("claim", profile), string(text))
	if errors.Is(err, ErrNotKept) {
		if h, ok := decodeHolder(found); ok && v.live(h) {
			err = inUse(h) // two at the same moment: the other one was later
		}
	}
	delete(v.unsure, profile)
	if errors.Is(err, ErrOutcomeUnknown) {
		v.unsure[profile] = mine.Token // if it was written, the next Claim knows it for ours
	}
	if err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	v.claims[profile] = mine.Token
	return func(ctx context.Context) error { return v.release(ctx, profile, mine.Token) }, nil
}

func (v *vault) release(ctx context.Context, profile, token string) error {
	if err := v.enter(ctx); err != nil {
		return fmt.Errorf("releasing profile %s: %w", profile, err)
	}
	defer v.leave()
	if v.claims[profile] == token {
		delete(v.claims, profile)
	}
	h, err := v.holder(ctx, profile)
	if err == nil && h.Token == token {
		err = v.remove(ctx, item("claim", profile))
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("releasing profile %s: %w", profile, err)
	}
	return nil
}

// stillOurs returns ErrChanged when this store claimed the profile and the
// claim is no longer there: whoever took it over may have acted on the
// tenant, even where the record is the same.
func (v *vault) stillOurs(ctx context.Context, profile string) error {
	token, claimed := v.claims[profile]
	if !claimed {
		return nil
	}
	h, err := v.holder(ctx, profile)
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: its claim was taken over and given back", ErrChanged)
	case err != nil:
		return err
	case h.Token != token:
		return fmt.Errorf("%w: process %d on %s took it over", ErrChanged, h.PID, clean.Line(h.Host))
	}
	return nil
}

// holder reads who holds a profile; ErrNotFound when nobody does. A claim
// that cannot be read is nobody's.
func (v *vault) holder(ctx context.Context, profile string) (holder, error) {
	text, err := v.get(ctx, v.opts.WriteTimeout, item("claim", profile))
	if err != nil {
		return holder{}, err
	}
	h, _ := decodeHolder(text)
	return h, nil
}

func decodeHolder(text string) (holder, bool) {
	var h holder
	if len(text) > maxRecord || json.Unmarshal([]byte(text), &h) != nil {
		return holder{}, false
	}
	return h, true
}

// live says whether the holder still is to be respected. A claim from the
// future, beyond what clocks differ by, is not.
func (v *vault) live(h holder) bool {
	age := v.opts.Now().Sub(h.Since.Time)
	return h.Host == v.host && age < claimAge && age > -claimAge && v.alive(h.PID)
}

func inUse(h holder) error {
	return &InUseError{PID: h.PID, Host: clean.Line(h.Host), Since: h.Since.Time}
}
