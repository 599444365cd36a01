package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"palmail/store"
)

// Rotating says whether a setup that works has a new secret that is not in use
// yet, or one whose creation was sent and not answered. Secrets that were lost
// before the one in use was created are no longer a renewal: they only have to be removed.
func Rotating(x *store.Setup) bool {
	if !secretDone(x) || x.PALSaved.IsZero() {
		return false
	}
	attempts := strings.Split(x.Intent.Name, "|")
	return !x.Pending.Value.IsZero() || len(LostSecrets(x)) > 0 && !slices.Contains(attempts, x.Secret.Description)
}

// Undoing says whether the new secret's deletion was about to be sent, or was sent:
// what is left then is to undo, and not to finish.
func Undoing(x *store.Setup) bool {
	return x.Removing != "" && !x.Pending.Value.IsZero() && x.Removing == x.Pending.KeyID
}

// LostSecrets are the descriptions of secrets that were being made and whose
// value nobody knows.
func LostSecrets(x *store.Setup) []string {
	if x.Intent.Kind != store.IntentSecret {
		return nil
	}
	var names []string
	for name := range strings.SplitSeq(x.Intent.Name, "|") {
		if name != "" && name != x.Secret.Description && name != x.Pending.Description && name != x.Old.Description {
			names = append(names, name)
		}
	}
	return names
}

// Alive says whether a secret is there and has not expired as far as is known.
func Alive(x store.Secret, now time.Time) bool {
	return !x.Value.IsZero() && (x.Expires.IsZero() || x.Expires.After(now))
}

// Describe names a secret by the beginning of its value, and says how long it lasts.
func Describe(x store.Secret, now time.Time) string {
	return fmt.Sprintf("%s…, %s", x.Hint, Lasts(x, now))
}

// Lasts says until when a secret works.
func Lasts(x store.Secret, now time.Time) string {
	switch days := DaysLeft(x, now); {
	case x.Expires.IsZero():
		return "end unknown"
	case days < 0 || !x.Expires.After(now):
		return "expired on " + Day(x.Expires)
	case days == 0:
		return "expires today"
	case days == 1:
		return "expires tomorrow, " + Day(x.Expires)
	default:
		return fmt.Sprintf("%d days left, until %s", days, Day(x.Expires))
	}
}

// DaysLeft counts the days until the secret ends, by the calendar in UTC: 0 on
// its last day, negative once it has ended.
func DaysLeft(x store.Secret, now time.Time) int {
	days := int(Midnight(x.Expires).Sub(Midnight(now)) / (24 * time.Hour))
	if !x.Expires.After(now) {
		return min(days, -1)
	}
	return days
}

// Midnight is the beginning of t's day in UTC.
func Midnight(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour)
}

// Day formats a date for people.
func Day(t time.Time) string { return t.Format("2 January 2006") }
