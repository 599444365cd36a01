package practice

import "testing"

// The lines to copy are for the shells of the system: cmd.exe and PowerShell both take double quotes.
func TestStartLines(t *testing.T) {
	for goos, want := range map[string]string{
		"linux": "  SSL_CERT_FILE='a b/ca.pem' palmail --cloud cloud.json",
		"windows": "  certutil -user -addstore Root \"a b/ca.pem\"\n" +
			"  palmail --cloud \"cloud.json\"",
		"darwin": "  security add-trusted-cert -k ~/Library/Keychains/login.keychain-db 'a b/ca.pem'\n" +
			"  palmail --cloud cloud.json",
	} {
		if got := startLines(goos, "a b/ca.pem", "cloud.json"); got != want {
			t.Errorf("%s:\n%s\nwanted\n%s", goos, got, want)
		}
	}
}
