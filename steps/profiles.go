package steps

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// Shelf is a store that knows the names of what it holds.
type Shelf interface {
	Profiles(ctx context.Context) ([]string, error)
	Load(ctx context.Context, profile string) (store.Setup, error)
}

// Stored is one profile of a Shelf.
type Stored struct {
	Profile string
	Setup   *store.Setup // nil when Err is set, or when nothing is stored under the name
	Err     error
}

// LoadAll reads every profile, one after the other and in the order of their
// names. What is wrong with one record stands in its Err. What is wrong with
// the keyring itself would be so for the rest too, and each might ask for the
// password or wait: it ends the reading, and unread are the names not read.
func LoadAll(ctx context.Context, s Shelf) (all []Stored, unread []string, err error) {
	names, err := s.Profiles(ctx)
	if err != nil {
		return nil, nil, err
	}
	for n, name := range names {
		x, err := s.Load(ctx, name)
		if err != nil && (ctx.Err() != nil || keyringItself(err)) {
			return all, names[n:], err
		}
		all = append(all, StoredAs(name, x, err))
	}
	return all, nil, nil
}

// StoredAs is what a Load of profile has returned.
func StoredAs(profile string, x store.Setup, err error) Stored {
	switch {
	case err == nil:
		return Stored{Profile: profile, Setup: &x}
	case errors.Is(err, store.ErrNotFound):
		return Stored{Profile: profile}
	}
	return Stored{Profile: profile, Err: err}
}

func keyringItself(err error) bool {
	for _, kind := range []error{store.ErrLocked, store.ErrTimeout, store.ErrNoSessionBus, store.ErrNoProvider, store.ErrNoLogonSession, store.ErrBlocked, store.ErrUnsupported} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// ProfileStatus is one profile of `palmail status --all --json`. Finding says
// why an unreadable one cannot be read.
type ProfileStatus struct {
	progress.Status
	Finding *diagnose.Finding `json:"finding"`
	Warning *Warning          `json:"warning,omitempty"`
}

// StatusOfAll says how the profiles stand at now; place is where they are kept.
func StatusOfAll(all []Stored, place string, now time.Time) []ProfileStatus {
	list := []ProfileStatus{}
	for _, p := range all {
		st := ProfileStatus{Status: progress.StatusOf(p.Profile, p.Setup, now)}
		if p.Err != nil {
			f := StoreFinding(p.Err, place, p.Profile)
			Orderly(&f)
			st.State, st.NextStep, st.Finding = progress.StateUnreadable, "", &f
		}
		list = append(list, st)
	}
	return list
}

// ExitCode is that of Status, and 1 when the profile cannot be read or its warning failed.
func (st ProfileStatus) ExitCode(warnDays int) int {
	code := st.Status.ExitCode(warnDays)
	if st.Finding != nil {
		code = 1
	}
	if st.Warning != nil && st.Warning.Finding != nil {
		code = Worse(code, 1)
	}
	return code
}

// Worse returns the worse of two exit codes: 4 (mail has stopped, or was never
// set up), then 1 (not known, or a proof failed), then 3 (it will stop soon).
func Worse(a, b int) int {
	rank := map[int]int{0: 0, 3: 1, 1: 2, 4: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// ProfileCheck is one profile of `palmail check --all --json`. Finding says why
// nothing could be asked.
type ProfileCheck struct {
	Profile string `json:"profile"`
	CheckReport
	DaysLeft *int              `json:"days_left"` // of the secret; null when its end is not known
	Finding  *diagnose.Finding `json:"finding"`
	code     int               // what the secret's end amounts to
}

// ExitCode is 1 when a proof failed, 4 when nothing is set up or the secret has expired, 3 when it ends soon.
func (c ProfileCheck) ExitCode() int {
	if c.code == 0 && !c.OK {
		return 1
	}
	return c.code
}

// Pace says how CheckAll goes about it.
type Pace struct {
	Width int           // how many profiles are asked about at once
	Limit time.Duration // for each profile
}

// CheckAll makes the proofs of every profile, side by side, and hands each
// result to done in the order of all, as soon as those before it are there.
// It returns ctx's error when that ends, after all that was begun has ended.
func CheckAll(ctx context.Context, all []Stored, o m365.Options, pace Pace, now time.Time, place string, warnDays int, done func(ProfileCheck)) error {
	results := make([]chan ProfileCheck, len(all))
	turns := make(chan struct{}, pace.Width)
	var running sync.WaitGroup
	defer running.Wait()
	for n, p := range all {
		result := make(chan ProfileCheck, 1)
		results[n] = result
		running.Go(func() {
			select {
			case turns <- struct{}{}:
				defer func() { <-turns }()
			case <-ctx.Done():
				return
			}
			result <- checkOne(ctx, p, o, pace.Limit, now, place, warnDays)
		})
	}
	for _, result := range results {
		select {
		case r := <-result:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			done(r)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func checkOne(ctx context.Context, p Stored, o m365.Options, limit time.Duration, now time.Time, place string, warnDays int) ProfileCheck {
	r := ProfileCheck{Profile: p.Profile, CheckReport: CheckReport{Checks: []CheckItem{}}}
	trouble := func(f diagnose.Finding) ProfileCheck {
		Orderly(&f)
		r.Finding = &f
		return r
	}
	switch {
	case p.Err != nil:
		return trouble(StoreFinding(p.Err, place, p.Profile))
	case p.Setup == nil:
		r.code = 4
		return trouble(diagnose.Finding{
			Cause: diagnose.CauseKeyring, Title: "Nothing is set up for the profile " + p.Profile,
			Explanation: "Its name is on the list, but nothing is stored under it.", Who: "You",
			Remedy: []string{fmt.Sprintf("Take it off the list: palmail forget --profile %s", p.Profile)},
		})
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r.CheckReport = Check(ctx, p.Setup, o, now)
	if !p.Setup.Secret.Expires.IsZero() {
		left := progress.DaysLeft(p.Setup.Secret, now)
		r.DaysLeft = &left
		if code := progress.ExpiryCode(p.Setup.Secret, now, warnDays); r.OK || code == 4 {
			r.code = code
		}
	}
	return r
}
