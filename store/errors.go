package store

import (
	"errors"
	"fmt"
	"time"
)

// The errors of this package, for errors.Is. They also wrap the keyring's own error.
var (
	// ErrNotFound: nothing is stored under this profile.
	ErrNotFound = errors.New("nothing is stored under this profile")
	// ErrNewer: the record was written by a newer palmail; it is never overwritten.
	ErrNewer = errors.New("the stored record was written by a newer palmail")
	// ErrDamaged: the record cannot be read. Delete removes it.
	ErrDamaged = errors.New("the stored record is damaged")
	// ErrChanged: somebody else saved, deleted or took over the profile since
	// this Setup was loaded; nothing was overwritten. Load it again.
	ErrChanged = errors.New("the stored record was changed by another palmail")
	// ErrInUse: another running palmail holds the profile; see InUseError.
	ErrInUse = errors.New("the profile is in use by another palmail")
	// ErrTooBig: the record is larger than the keyring's limit; see TooBigError.
	ErrTooBig = errors.New("the record is too big for the keyring")
	// ErrNoSessionBus: there is no D-Bus session bus, or it does not answer:
	// an SSH or sudo session, a container, a service.
	ErrNoSessionBus = errors.New("there is no D-Bus session bus")
	// ErrNoProvider: nothing serves the keyring: a session bus without a
	// Secret Service, or a Mac account without a default keychain.
	ErrNoProvider = errors.New("no keyring service is running")
	// ErrLocked: the keyring is locked, its prompt was dismissed or cannot be
	// shown, or no login keyring was ever made. The Secret Service library
	// says the same for all of these, so they cannot be told apart.
	ErrLocked = errors.New("the keyring is locked")
	// ErrTimeout: the keyring did not answer in time. It may be showing its
	// prompt, perhaps on another screen, so it is worth trying again.
	ErrTimeout = errors.New("the keyring does not answer")
	// ErrOutcomeUnknown accompanies ErrTimeout, a context's error or the
	// keyring's own when a write was under way: it may or may not have
	// happened, or may happen yet. The record is either the old or the new
	// one, and saving the same Setup again is safe.
	ErrOutcomeUnknown = errors.New("whether it was written is not known")
	// ErrNoLogonSession: Windows keeps no credentials for this kind of logon
	// (network logon over SSH or WinRM, runas /netonly): error 1312.
	ErrNoLogonSession = errors.New("this Windows logon session has no Credential Manager")
	// ErrBlocked: a policy forbids it: the Windows security option "Network
	// access: Do not allow storage of passwords and credentials for network
	// authentication", or the session bus's own rules (a sandbox).
	ErrBlocked = errors.New("a policy forbids storing in the keyring")
	// ErrNotKept: the keyring reported success, but does not return what was
	// written, or still returns what was deleted: a dismissed prompt, KeePassXC.
	ErrNotKept = errors.New("the keyring did not keep what was written")
	// ErrUnsupported: this system has no keyring that palmail can use, or one
	// that speaks another dialect (KWallet before it took "plain" sessions).
	ErrUnsupported = errors.New("this system's keyring is not supported")
)

// InUseError says which process holds a profile. It wraps ErrInUse.
type InUseError struct {
	PID   int
	Host  string // cleaned for showing
	Since time.Time
	// Elsewhere says that it is on another machine or in another PID namespace,
	// where it cannot be seen whether it still runs.
	Elsewhere bool
}

// Error names the process.
func (e *InUseError) Error() string {
	return fmt.Sprintf("%v: process %d on %s, since %s", ErrInUse, e.PID, e.Host, e.Since.UTC().Format(time.RFC3339))
}

// Unwrap returns ErrInUse.
func (e *InUseError) Unwrap() error { return ErrInUse }

// TooBigError gives the size of a record and the keyring's limit, in bytes. It
// wraps ErrTooBig.
type TooBigError struct{ Size, Limit int }

// Error gives both figures.
func (e *TooBigError) Error() string {
	return fmt.Sprintf("%v: %d bytes, the limit is %d", ErrTooBig, e.Size, e.Limit)
}

// Unwrap returns ErrTooBig.
func (e *TooBigError) Unwrap() error { return ErrTooBig }

// unstartedError marks the error of a call that never reached the keyring, so
// that nothing can have been written.
type unstartedError struct{ err error }

func (e *unstartedError) Error() string { return e.err.Error() }
func (e *unstartedError) Unwrap() error { return e.err }

func isUnstarted(err error) bool {
	var e *unstartedError
	return errors.As(err, &e)
}
