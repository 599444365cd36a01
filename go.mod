module palmail

go 1.26.0

// What the program is built with.
require (
	blitiri.com.ar/go/spf v1.6.0 // SPF as receivers evaluate it; delivery/spf.go says why this one
	charm.land/bubbles/v2 v2.2.1 // text fields and the spinner of the screens
	charm.land/bubbletea/v2 v2.1.1 // the screens' event loop
	charm.land/lipgloss/v2 v2.0.6 // colours and styles
	filippo.io/age v1.3.2 // the encrypted file of export and import
	github.com/AzureAD/microsoft-authentication-library-for-go v1.10.1 // Microsoft's own token client
	github.com/arran4/golang-ical v0.3.4 // the calendar reminder
	github.com/atotto/clipboard v0.1.4 // reading and writing the clipboard
	github.com/charmbracelet/x/ansi v0.11.9 // text widths and terminal sequences
	github.com/godbus/dbus/v5 v5.2.2 // finding the session bus before the keyring is asked
	github.com/golang-jwt/jwt/v5 v5.3.1 // reading a token's claims; MSAL links it anyway
	github.com/google/uuid v1.6.0 // the client-request-id of each call
	github.com/muesli/mango-cobra v1.2.0 // the man page
	github.com/muesli/roff v0.1.0 // the man page's format
	github.com/spf13/cobra v1.10.2 // commands and flags
	github.com/spf13/pflag v1.0.9 // the flags, as cobra has them, for the help page
	github.com/zalando/go-keyring v0.2.8 // the system's keyring
	golang.org/x/net v0.62.0 // reading the practice pages (html), and the public suffix list
	golang.org/x/sys v0.49.0 // terminal modes, processes, the Windows registry
	golang.org/x/term v0.47.0 // whether a stream is a terminal; input without echo
	golang.org/x/text v0.43.0 // indirect; folding the names of custom clouds; fang links it anyway
	maragu.dev/gomponents v1.2.0 // the practice tenant's pages
	rsc.io/qr v0.2.0 // the sign-in address as a QR code
)

// What only the tests need.
require (
	github.com/Azure/azure-sdk-for-go/sdk/azcore v1.24.0 // clouds and retries of azidentity
	github.com/Azure/azure-sdk-for-go/sdk/azidentity v1.15.0 // somebody else's client against the practice tenant
	github.com/charmbracelet/x/exp/golden v0.1.0 // golden screens
	github.com/charmbracelet/x/vt v0.1.0 // a terminal emulator
	github.com/chromedp/cdproto v0.159.0 // the protocol of chromedp
	github.com/chromedp/chromedp v0.23.0 // the practice tenant's pages in a real browser
	github.com/creack/pty v1.1.24 // pseudo-terminals
	github.com/yuin/goldmark v1.8.7 // the change record as a Markdown parser reads it
)

// What those need in turn.
require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/Azure/azure-sdk-for-go/sdk/internal v1.13.0 // indirect
	github.com/aymanbagabas/go-udiff v0.4.1 // indirect
	github.com/charmbracelet/colorprofile v0.4.3 // indirect
	github.com/charmbracelet/ultraviolet v0.0.0-20261008173134-6b8d4baf91b4 // indirect
	github.com/charmbracelet/x/exp/ordered v0.1.0 // indirect
	github.com/charmbracelet/x/term v0.2.2 // indirect
	github.com/charmbracelet/x/termios v0.1.1 // indirect
	github.com/charmbracelet/x/windows v0.2.2 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/kylelemons/godebug v1.1.0 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.1 // indirect
	github.com/mattn/go-runewidth v0.0.30 // indirect
	github.com/muesli/cancelreader v0.2.2 // indirect
	github.com/muesli/mango v0.1.0 // indirect
	github.com/muesli/mango-pflag v0.1.0 // indirect
	github.com/pkg/browser v0.0.0-20240102092130-5ac0b6a4141c // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/stretchr/objx v0.5.3 // indirect
	github.com/xo/terminfo v1.0.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)
