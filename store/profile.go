package store

import (
	"errors"
	"fmt"
	"strings"
)

// maxProfile is the longest profile name, in characters.
const maxProfile = 64

// ValidProfile returns an error unless name has 1 to 64 letters (a to z, A to
// Z), digits, dots, underscores and hyphens.
func ValidProfile(name string) error {
	if err := validName(name); err != nil {
		return fmt.Errorf("profile name %w", err)
	}
	return nil
}

func validName(name string) error {
	if name == "" {
		return errors.New("is empty")
	}
	if len(name) > maxProfile {
		return fmt.Errorf("is longer than %d characters", maxProfile)
	}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-", r):
		default:
			return fmt.Errorf("has %q in it: only letters, digits, dot, underscore and hyphen can be used", r)
		}
	}
	return nil
}

// itemName returns the name of a profile's item of a kind ("profile", "claim").
// No colon: go-keyring joins service and item with one on Windows, and its
// DeleteAll, which palmail never calls, deletes by that prefix. Capitals
// become "+" and the small letter, since Windows compares target names
// without regard to case and two profiles must not share an item.
func itemName(kind, profile string) string {
	var b strings.Builder
	b.WriteString(kind + ".")
	for _, r := range profile {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('+')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
