package steps

import (
	"context"
	"errors"
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

// LoadAll reads every profile, one after the other in the order of their names.
// An error of one record goes into its Err. An error of the keyring itself would
// meet the others too, and each could ask for the password or wait: it ends the
// reading, and unread holds the names that were not read.
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
	for _, kind := range []error{
		store.ErrLocked, store.ErrTimeout, store.ErrNoSessionBus, store.ErrNoProvider, store.ErrNoLogonSession,
		store.ErrBlocked, store.ErrUnsupported,
	} {
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

// Outcome is that of Status, and Failed when the profile cannot be read or its warning failed.
func (st ProfileStatus) Outcome(warnDays int) progress.Outcome {
	if st.Finding != nil {
		return progress.Failed
	}
	o := st.Status.Outcome(warnDays)
	if st.Warning != nil && st.Warning.Finding != nil {
		o = progress.Worse(o, progress.Failed)
	}
	return o
}

// ProfileCheck is one profile of `palmail check --all --json`. Finding says why
// nothing could be asked.
type ProfileCheck struct {
	Profile string `json:"profile"`
	CheckReport
	DaysLeft *int              `json:"days_left"` // of the secret; null when its end is not known
	Finding  *diagnose.Finding `json:"finding"`
	stored   progress.Outcome  // what is known without asking: nothing is set up, or how the secret ends
}

// Outcome is Failed when a check failed, Unfinished when nothing is set up, and
// else what the secret's end amounts to.
func (c ProfileCheck) Outcome() progress.Outcome {
	if c.stored == progress.Good && !c.OK {
		return progress.Failed
	}
	return c.stored
}

// CheckAllOptions say how CheckAll goes about it.
type CheckAllOptions struct {
	M365     m365.Options
	Width    int           // how many profiles are asked about at once
	Limit    time.Duration // for each profile
	WarnDays int           // before a secret's end
	Now      time.Time
	Place    string // where the profiles are kept
	// Checked is told each result in the order of the profiles, as soon as
	// those before it are there.
	Checked func(ProfileCheck)
}

// CheckAll makes the checks of every profile, several at once. It returns ctx's
// error when that ends, after all that was begun has ended.
func CheckAll(ctx context.Context, all []Stored, o CheckAllOptions) error {
	results := make([]chan ProfileCheck, len(all))
	turns := make(chan struct{}, o.Width)
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
			result <- checkOne(ctx, p, o)
		})
	}
	for _, result := range results {
		select {
		case r := <-result:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			o.Checked(r)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func checkOne(ctx context.Context, p Stored, o CheckAllOptions) ProfileCheck {
	r := ProfileCheck{Profile: p.Profile, CheckReport: CheckReport{Checks: []CheckItem{}}}
	trouble := func(f diagnose.Finding) ProfileCheck {
		Orderly(&f)
		r.Finding = &f
		return r
	}
	switch {
	case p.Err != nil:
		return trouble(StoreFinding(p.Err, o.Place, p.Profile))
	case p.Setup == nil:
		r.stored = progress.Unfinished
		return trouble(diagnose.Finding{
			Cause: diagnose.CauseKeyring, Title: "Nothing is set up for the profile " + p.Profile,
			Explanation: "Its name is on the list, but nothing is stored under it.", Who: "You",
			Remedy: []string{"Take it off the list: palmail forget --profile " + p.Profile},
		})
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	r.CheckReport = Check(ctx, p.Setup, o.M365, o.Now)
	if r.Expired() {
		r.stored = progress.Expired
	}
	if !p.Setup.Secret.Expires.IsZero() {
		left := progress.DaysLeft(p.Setup.Secret, o.Now)
		r.DaysLeft = &left
		if end := progress.ExpiryOutcome(p.Setup.Secret, o.Now, o.WarnDays); r.OK || end == progress.Expired {
			r.stored = end
		}
	}
	return r
}
