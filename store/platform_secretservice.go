//go:build (dragonfly && cgo) || (freebsd && cgo) || linux || netbsd || openbsd

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/godbus/dbus/v5"
)

// system is this machine's keyring: the service that owns
// org.freedesktop.secrets on the session bus (gnome-keyring, KWallet, KeePassXC).
var system = platform{
	displayName: "the system keyring (Secret Service)",
	limit:       noLimit,
	precheck:    sessionBus{userDir: filepath.Join("/run/user", strconv.Itoa(os.Getuid()))}.check,
	classify:    secretServiceSentinel,
}

// secretServiceSentinel maps the Secret Service's errors to sentinels, first by
// their D-Bus name. go-keyring returns plain texts for the rest.
func secretServiceSentinel(err error) error {
	var remote dbus.Error
	if errors.As(err, &remote) {
		return dbusSentinel(remote)
	}
	var network *net.OpError
	var launch *exec.Error
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to unlock correct collection"):
		return ErrLocked
	case errors.As(err, &network), errors.As(err, &launch), errors.Is(err, io.EOF), errors.Is(err, dbus.ErrClosed),
		strings.HasPrefix(text, "dbus: authentication failed"), strings.HasPrefix(text, "dbus: invalid bus address"):
		return ErrNoSessionBus
	}
	return nil
}

// dbusSentinel maps the error names of
// https://dbus.freedesktop.org/doc/dbus-specification.html and
// https://specifications.freedesktop.org/secret-service/latest/errors.html.
func dbusSentinel(err dbus.Error) error {
	const bus = "org.freedesktop.DBus.Error."
	name, text := err.Name, err.Error()
	switch {
	case name == "org.freedesktop.Secret.Error.IsLocked", name == "org.gnome.keyring.Error.Denied":
		return ErrLocked
	case strings.Contains(text, "is not supported"), name == bus+"NotSupported":
		return ErrUnsupported // "Algorithm plain is not supported": KWallet before it took plain sessions
	case name == bus+"NoReply" && !strings.Contains(text, "disconnected"):
		return ErrTimeout // the bus's own time-out
	case name == bus+"ServiceUnknown", name == bus+"NameHasNoOwner", name == bus+"NoReply",
		name == bus+"TimedOut", strings.HasPrefix(name, bus+"Spawn."):
		return ErrNoProvider // also: it died while it was asked, or could not be started
	case name == bus+"AccessDenied":
		return ErrBlocked
	case name == bus+"UnknownMethod", name == bus+"UnknownObject", name == bus+"UnknownInterface",
		name == "org.freedesktop.Secret.Error.NoSuchObject":
		return ErrLocked // there is no login keyring: "No such interface … Secret.Collection"
	}
	return nil
}

// sessionBus finds the session bus that is running. godbus looks for one too,
// but if it finds none it starts dbus-launch, which leaves a dbus-daemon and a
// keyring daemon running after every start of the program. So godbus is called
// only when there is a bus.
type sessionBus struct {
	userDir string // where godbus looks: /run/user/<uid>
}

const busVariable = "DBUS_SESSION_BUS_ADDRESS"

// check returns nil if a session bus accepts connections, and makes sure that
// godbus uses that one.
func (b sessionBus) check(ctx context.Context) error {
	address := os.Getenv(busVariable)
	given := address != "" && address != "autolaunch:"
	if !given {
		if address = b.find(); address == "" {
			return fmt.Errorf("%w: %s is not set, and there is no bus in %s", ErrNoSessionBus, busVariable, b.userDir)
		}
	}
	if err := dialBus(ctx, address); err != nil {
		return fmt.Errorf("%w: %w", ErrNoSessionBus, err)
	}
	if !given {
		// godbus sets this as well, for what it finds in userDir.
		if err := os.Setenv(busVariable, address); err != nil {
			return fmt.Errorf("%w: %w", ErrNoSessionBus, err)
		}
	}
	return nil
}

// find looks in the places where systemd and older sessions put the bus.
func (b sessionBus) find() string {
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), b.userDir} {
		if dir == "" {
			continue
		}
		socket := filepath.Join(dir, "bus")
		info, err := os.Stat(socket) //nolint:gosec // the variable is the user's own
		if err == nil && info.Mode()&os.ModeSocket != 0 {
			return "unix:path=" + dbus.EscapeBusAddressValue(socket)
		}
		if f, err := os.Open(filepath.Join(dir, "dbus-session")); err == nil { //nolint:gosec // as above
			text, _ := io.ReadAll(io.LimitReader(f, 4096))
			_ = f.Close()
			if address, ok := strings.CutPrefix(string(text), busVariable+"="); ok {
				return strings.TrimSpace(address)
			}
		}
	}
	return ""
}

// dialBus tries the sockets of an address, because a session that has ended
// often leaves its address or socket file. godbus handles other kinds of
// addresses (tcp) itself.
func dialBus(ctx context.Context, address string) error {
	var last error
	for _, one := range strings.Split(address, ";") {
		rest, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			if strings.TrimSpace(one) == "" {
				continue
			}
			return nil
		}
		socket := ""
		for _, pair := range strings.Split(rest, ",") {
			key, value, _ := strings.Cut(pair, "=")
			plain, err := dbus.UnescapeBusAddressValue(value)
			switch {
			case err != nil:
				last = err
			case key == "path":
				socket = plain
			case key == "abstract":
				socket = "@" + plain
			}
		}
		if socket == "" {
			continue
		}
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", socket)
		if err == nil {
			return conn.Close()
		}
		last = err
	}
	if last == nil {
		last = fmt.Errorf("%q is no address of a bus", address)
	}
	return last
}
