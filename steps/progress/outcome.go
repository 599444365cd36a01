package progress

import (
	"time"

	"palmail/store"
)

// Outcome is how a profile stands for somebody who watches over it, from good
// to bad.
type Outcome int

// The outcomes.
const (
	Good        Outcome = iota
	ExpiresSoon         // mail will stop within the warning time
	Failed              // a check failed, or the profile could not be read
	Unfinished          // not set up, or not to the end
	Expired             // mail has stopped
)

// Worse returns the worse of two outcomes.
func Worse(a, b Outcome) Outcome { return max(a, b) }

// ExpiryOutcome is what a secret's end amounts to, with warnDays days of
// warning: Good, ExpiresSoon or Expired.
func ExpiryOutcome(x store.Secret, now time.Time, warnDays int) Outcome {
	switch left := DaysLeft(x, now); {
	case left < 0:
		return Expired
	case left < warnDays:
		return ExpiresSoon
	}
	return Good
}

// Outcome is how the profile stands, with warnDays days of warning.
func (st Status) Outcome(warnDays int) Outcome {
	switch {
	case st.State != StateReady, st.Secret == nil:
		return Unfinished
	case st.Secret.DaysLeft < 0:
		return Expired
	case st.Secret.DaysLeft < warnDays:
		return ExpiresSoon
	}
	return Good
}
