package store

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os/exec"
	"syscall"

	"github.com/zalando/go-keyring"
)

// platform holds the differences between the systems' keyrings. Each is
// compiled wherever possible, so that its tests run on every system.
type platform struct {
	displayName string
	// limit is how many bytes of text the item can hold.
	limit func(service, item string) int
	// precheck runs before each call to go-keyring and can refuse it; nil for none.
	precheck func(ctx context.Context) error
	// classify returns the sentinel for an error of go-keyring, or nil.
	classify func(err error) error
}

// sentinel returns the sentinel for an error of go-keyring on this platform, or nil for an unknown error.
func (p platform) sentinel(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return ErrUnsupported
	case p.classify == nil:
		return nil
	}
	return p.classify(err)
}

func noLimit(string, string) int { return maxRecord }

// memoryPlatform is the platform of Memory.
var memoryPlatform = platform{displayName: "memory only", limit: noLimit}

// windowsLimit is CRED_MAX_CREDENTIAL_BLOB_SIZE, 5*512 bytes; go-keyring
// stores the text's UTF-8 bytes as they are and counts those
// (https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw).
const windowsLimit = 2560

// windowsPlatform is the Credential Manager. policy says whether the security option
// that forbids storing is on: Windows answers 1312 for it as for a logon
// without credentials, and only the option's registry value tells them apart.
func windowsPlatform(policy func() bool) platform {
	return platform{
		displayName: "Windows Credential Manager",
		limit:       func(string, string) int { return windowsLimit },
		classify: func(err error) error {
			var code syscall.Errno
			if !errors.As(err, &code) {
				return nil
			}
			// https://learn.microsoft.com/windows/win32/debug/system-error-codes
			switch code {
			case 1168: // ERROR_NOT_FOUND, from the second of go-keyring's calls
				return ErrNotFound
			case 1312: // ERROR_NO_SUCH_LOGON_SESSION
				if policy() {
					return ErrBlocked
				}
				return ErrNoLogonSession
			case 5, 1260: // ERROR_ACCESS_DENIED, ERROR_ACCESS_DISABLED_BY_POLICY
				return ErrBlocked
			case 1783: // RPC_X_BAD_STUB_DATA: the blob is too long
				return ErrTooBig
			case 1722: // RPC_S_SERVER_UNAVAILABLE
				return ErrNoProvider
			}
			return nil
		},
	}
}

// macCommand is the longest command that go-keyring sends to `security -i`. It
// checks the length only after it has started that program, and then does not
// wait for it, so the length is checked here first.
const macCommand = 4096

// macPlatform is the login keychain, through /usr/bin/security. go-keyring drops the
// tool's words and keeps its exit status, which is the low byte of the
// OSStatus (Security framework, SecBase.h).
var macPlatform = platform{
	displayName: "the macOS Keychain",
	limit: func(service, item string) int {
		fixed := len("add-generic-password -U -s "+service+" -a "+item+" -w go-keyring-base64:") + len("\n")
		return base64.StdEncoding.DecodedLen(max(0, macCommand-fixed) / 4 * 4)
	},
	classify: func(err error) error {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			return ErrUnsupported
		}
		var exit interface{ ExitCode() int }
		if !errors.As(err, &exit) {
			return nil
		}
		switch exit.ExitCode() {
		case 44: // errSecItemNotFound, -25300
			return ErrNotFound
		case 36, 51, 128: // errSecInteractionNotAllowed -25308, errSecAuthFailed -25293, errSecUserCanceled -128
			return ErrLocked
		case 37, 50, 53: // errSecNoDefaultKeychain -25307, errSecNoSuchKeychain -25294, errSecNotAvailable -25291
			return ErrNoProvider
		}
		return nil
	},
}
