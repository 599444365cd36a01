package store

import (
	"os"
	"testing"
)

// realService is the name that tests use in a real keyring.
const realService = "palmail-test"

// needKeyring skips the test, unless PALMAIL_KEYRING_TESTS=require says that
// there is a keyring to be used: then whatever is missing is a failure.
func needKeyring(t *testing.T) {
	t.Helper()
	if os.Getenv("PALMAIL_KEYRING_TESTS") != "require" {
		t.Skip("needs a real keyring: run .ci/with-keyring go test ./store/... (dbus and gnome-keyring), or set " +
			"PALMAIL_KEYRING_TESTS=require to use this machine's own")
	}
}
