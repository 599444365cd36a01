package steps

import (
	"context"
	"fmt"
	"slices"
)

// Keys of options that several screens have.
const (
	optionRetry  = "retry"
	optionLeave  = "leave"
	optionBack   = "back"
	optionYes    = "yes"
	optionNo     = "no"
	optionUndo   = "undo"
	optionSignIn = "sign-in" // palmail does it with an administrator's account
	optionPortal = "portal"  // the admin does it in the portal
	optionMemory = "memory"  // go on without the keyring
)

// choose shows c and returns the Key of the option that was picked. A finding
// that an earlier answer of the setup can have caused adds an option that
// changes that answer; picking it ends the step with a revisitError.
func (s *session) choose(ctx context.Context, c Choice) (key string, err error) {
	key, err = s.pick(ctx, s.withCorrections(c))
	if fix, ok := correctionFor(key); ok && err == nil {
		return "", fix.apply(s, ctx, fix)
	}
	return key, err
}

// pick shows c as it is and returns the Key of the option that was picked.
func (s *session) pick(ctx context.Context, c Choice) (key string, err error) {
	s.returning = false
	s.readClock()
	i, err := s.UI.Choose(ctx, c)
	if err != nil {
		return "", err
	}
	if i < 0 || i >= len(c.Options) {
		return "", fmt.Errorf("the screen %s has no option %d", c.Name, i)
	}
	return c.Options[i].Key, nil
}

// prefer preselects the option with this key. Where there is none, what was
// preselected stays.
func (c *Choice) prefer(key string) {
	if i := optionAt(c.Options, key); i >= 0 {
		c.Picked = i
	}
}

// optionAt is where the option with this key stands, -1 when there is none.
func optionAt(options []Option, key string) int {
	return slices.IndexFunc(options, func(o Option) bool { return key != "" && o.Key == key })
}
