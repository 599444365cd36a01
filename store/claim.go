package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"palmail/clean"
)

// claimAge is how long a claim is valid at most: its process may have ended, and
// the system may have given the process ID to another one.
const claimAge = 24 * time.Hour

// claimRecord says which process works on a profile. It is stored in an item of
// its own, "claim.<profile>".
type claimRecord struct {
	Version int    `json:"v"`
	Token   string `json:"n"`
	PID     int    `json:"p"`
	Host    string `json:"h"`
	// Namespace is that of the process ID, empty where there are none: two
	// containers of one machine can have the same host name and process IDs.
	Namespace string `json:"ns,omitempty"`
	Since     stamp  `json:"s"`
}

// Claim tells other palmail processes that this one works on profile. It
// returns an *InUseError if a running process on this machine, this one
// included, already holds the profile, or a process of another machine or PID
// namespace, about which nothing can be known from here. It takes over a claim
// of a process that has ended, or that is older than 24 hours. Call
// release when the work is done; it leaves the claim of another process alone.
func (v *vault) Claim(ctx context.Context, profile string) (release func(context.Context) error, err error) {
	return v.claim(ctx, profile, false)
}

// ClaimForce takes over the profile even if another process holds it. The next
// Save of that process fails with ErrChanged and overwrites nothing.
func (v *vault) ClaimForce(ctx context.Context, profile string) (release func(context.Context) error, err error) {
	return v.claim(ctx, profile, true)
}

func (v *vault) claim(ctx context.Context, profile string, force bool) (func(context.Context) error, error) {
	if err := ValidProfile(profile); err != nil {
		return nil, err
	}
	if err := v.lock(ctx); err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	defer v.unlock()
	if !force {
		h, err := v.readClaim(ctx, profile)
		if err == nil && v.isActive(h) && h.Token != v.unconfirmedClaims[profile] {
			err = v.inUseError(h)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
		}
	}
	own := claimRecord{
		Version: schema, Token: randomID(), PID: v.pid, Host: v.host, Namespace: v.namespace,
		Since: toStamp(v.opts.Now()),
	}
	text, err := json.Marshal(own)
	if err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	found, err := v.writeItem(ctx, itemName("claim", profile), string(text))
	if errors.Is(err, ErrNotKept) {
		if h, ok := decodeClaim(found); ok && v.isActive(h) {
			err = v.inUseError(h) // both claimed at the same moment, and the other was last
		}
	}
	delete(v.unconfirmedClaims, profile)
	if errors.Is(err, ErrOutcomeUnknown) {
		v.unconfirmedClaims[profile] = own.Token // so that the next Claim recognises it, if it was written
	}
	if err != nil {
		return nil, fmt.Errorf("claiming profile %s: %w", profile, err)
	}
	v.ownClaims[profile] = own.Token
	return func(ctx context.Context) error { return v.release(ctx, profile, own.Token) }, nil
}

func (v *vault) release(ctx context.Context, profile, token string) error {
	if err := v.lock(ctx); err != nil {
		return fmt.Errorf("releasing profile %s: %w", profile, err)
	}
	defer v.unlock()
	if v.ownClaims[profile] == token {
		delete(v.ownClaims, profile)
	}
	h, err := v.readClaim(ctx, profile)
	if err == nil && h.Token == token {
		err = v.deleteItem(ctx, itemName("claim", profile))
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("releasing profile %s: %w", profile, err)
	}
	return nil
}

// checkClaim returns ErrChanged if this store claimed the profile and no longer
// holds it: another process may have changed the tenant, even if the record is
// the same.
func (v *vault) checkClaim(ctx context.Context, profile string) error {
	token, claimed := v.ownClaims[profile]
	if !claimed {
		return nil
	}
	h, err := v.readClaim(ctx, profile)
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

// readClaim reads who holds a profile; ErrNotFound when nobody does. A claim
// that cannot be read is nobody's.
func (v *vault) readClaim(ctx context.Context, profile string) (claimRecord, error) {
	text, err := v.readItem(ctx, v.opts.WriteTimeout, itemName("claim", profile))
	if err != nil {
		return claimRecord{}, err
	}
	h, _ := decodeClaim(text)
	return h, nil
}

func decodeClaim(text string) (claimRecord, bool) {
	var h claimRecord
	if len(text) > maxRecord || json.Unmarshal([]byte(text), &h) != nil {
		return claimRecord{}, false
	}
	return h, true
}

// isActive says whether a claim still counts. One that lies further in the
// future than clocks differ does not; one from elsewhere does while it is young,
// because whether its process runs cannot be seen from here.
func (v *vault) isActive(h claimRecord) bool {
	age := v.opts.Now().Sub(h.Since.Time)
	return h.Token != "" && age < claimAge && age > -claimAge && (v.isElsewhere(h) || v.isAlive(h.PID))
}

// isElsewhere says whether the process of a claim is one that this process
// cannot see. A claim of a palmail that did not record its namespace counts as
// one of this namespace.
func (v *vault) isElsewhere(h claimRecord) bool {
	return h.Host != v.host || h.Namespace != "" && h.Namespace != v.namespace
}

func (v *vault) inUseError(h claimRecord) error {
	return &InUseError{PID: h.PID, Host: clean.Line(h.Host), Since: h.Since.Time, Elsewhere: v.isElsewhere(h)}
}

// pidNamespace names the namespace of this process's ID, empty where the system
// has none (https://man7.org/linux/man-pages/man7/pid_namespaces.7.html).
func pidNamespace() string {
	name, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return name
}
