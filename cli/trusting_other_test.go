//go:build !windows

package cli

import (
	"os"
	"runtime"
	"testing"
)

// trusting is the environment of a person with a keyring whose programs trust
// the certificate in the file ca.
func trusting(t *testing.T, ca string) []string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux and Windows can a test have a program trust another authority")
	}
	return bareEnv(t, "SSL_CERT_FILE="+ca, "SSL_CERT_DIR="+t.TempDir(),
		"DBUS_SESSION_BUS_ADDRESS="+os.Getenv("DBUS_SESSION_BUS_ADDRESS"),
		"XDG_RUNTIME_DIR="+os.Getenv("XDG_RUNTIME_DIR"))
}
