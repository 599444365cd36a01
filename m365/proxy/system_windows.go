package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Why not mattn/go-ieproxy: v0.0.12 is from May 2024, drops the scheme and all
// but the first of the proxies that a PAC file names, does not look at WinHTTP's
// own setting when the user has none, keeps no error, and evaluates no exceptions
// of a PAC answer. The calls below are what is left of it.

// The calls are resolved in System32 only, so that no library beside palmail.exe
// is loaded in their place.
var (
	winhttp                = windows.NewLazySystemDLL("winhttp.dll")
	winHTTPOpen            = winhttp.NewProc("WinHttpOpen")
	winHTTPCloseHandle     = winhttp.NewProc("WinHttpCloseHandle")
	winHTTPGetProxyForURL  = winhttp.NewProc("WinHttpGetProxyForUrl")
	winHTTPGetUserConfig   = winhttp.NewProc("WinHttpGetIEProxyConfigForCurrentUser")
	winHTTPGetMachineProxy = winhttp.NewProc("WinHttpGetDefaultProxyConfiguration")
	globalFree             = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree")
)

// userConfig is WINHTTP_CURRENT_USER_IE_PROXY_CONFIG.
// https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_current_user_ie_proxy_config
type userConfig struct {
	autoDetect         int32
	pac, proxy, bypass *uint16
}

// autoProxyOptions is WINHTTP_AUTOPROXY_OPTIONS.
// https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_autoproxy_options
type autoProxyOptions struct {
	flags, detectFlags uint32
	pac                *uint16
	reserved           uintptr
	reservedFlags      uint32
	autoLogon          int32
}

// proxyInfo is WINHTTP_PROXY_INFO.
// https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info
type proxyInfo struct {
	access        uint32
	proxy, bypass *uint16
}

const (
	accessNoProxy    = 1
	accessNamedProxy = 3

	autoProxyDetect  = 1
	autoProxyPAC     = 2
	detectByDHCP     = 1
	detectByDNS      = 2
	errLoginFailure  = syscall.Errno(12015)
	errBadScript     = syscall.Errno(12166)
	errNoScript      = syscall.Errno(12167)
	errNotDetected   = syscall.Errno(12180)
	sourceUser       = "this user's proxy settings in Windows"
	sourceThisServer = "this computer's WinHTTP proxy settings"
)

// systemRoute asks Windows: the user's setting and, without one, that of WinHTTP
// for this computer.
func systemRoute(ctx context.Context, t target) (Route, error) {
	return within(ctx, func() (Route, error) {
		c := currentUserConfig()
		if c.empty() {
			c = machineConfig()
		}
		return c.route(t, askAutoProxy), nil
	})
}

// currentUserConfig returns an empty config also where the call fails: services
// and accounts without a profile have none.
func currentUserConfig() windowsConfig {
	var c userConfig
	if ok, _, _ := winHTTPGetUserConfig.Call(uintptr(unsafe.Pointer(&c))); ok == 0 {
		return windowsConfig{}
	}
	return windowsConfig{
		autoDetect: c.autoDetect != 0, pac: taken(c.pac),
		windowsStatic: windowsStatic{list: taken(c.proxy), bypass: taken(c.bypass), source: sourceUser},
	}
}

func machineConfig() windowsConfig {
	var p proxyInfo
	if ok, _, _ := winHTTPGetMachineProxy.Call(uintptr(unsafe.Pointer(&p))); ok == 0 {
		return windowsConfig{}
	}
	s := windowsStatic{list: taken(p.proxy), bypass: taken(p.bypass), source: sourceThisServer}
	if p.access != accessNamedProxy {
		return windowsConfig{}
	}
	return windowsConfig{windowsStatic: s}
}

// askAutoProxy has Windows evaluate a PAC file for a host.
// https://learn.microsoft.com/windows/win32/api/winhttp/nf-winhttp-winhttpgetproxyforurl
func askAutoProxy(pac string, t target) (windowsStatic, error) {
	options := autoProxyOptions{flags: autoProxyDetect, detectFlags: detectByDHCP | detectByDNS}
	if pac != "" {
		address, err := windows.UTF16PtrFromString(pac)
		if err != nil {
			return windowsStatic{}, errAutoProxy{text: "its address is malformed"}
		}
		options = autoProxyOptions{flags: autoProxyPAC, pac: address}
	}
	address, err := windows.UTF16PtrFromString("https://" + t.address() + "/")
	if err != nil {
		return windowsStatic{}, errAutoProxy{text: "the host's name is malformed"}
	}
	session, _, err := winHTTPOpen.Call(0, accessNoProxy, 0, 0, 0)
	if session == 0 {
		return windowsStatic{}, errAutoProxy{text: "WinHTTP could not be opened: " + err.Error()}
	}
	defer func() { _, _, _ = winHTTPCloseHandle.Call(session) }()
	var found proxyInfo
	ask := func() error {
		ok, _, err := winHTTPGetProxyForURL.Call(session, uintptr(unsafe.Pointer(address)),
			uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&found)))
		if ok != 0 {
			return nil
		}
		return err
	}
	err = ask()
	if errors.Is(err, errLoginFailure) { // only then, as the documentation advises
		options.autoLogon = 1
		err = ask()
	}
	if err != nil {
		return windowsStatic{}, autoProxyFailed(err)
	}
	s := windowsStatic{list: taken(found.proxy), bypass: taken(found.bypass)}
	if found.access != accessNamedProxy {
		s.list = ""
	}
	return s, nil
}

func autoProxyFailed(err error) error {
	switch {
	case errors.Is(err, errNotDetected):
		return errAutoProxy{text: "this network names no PAC file", quiet: true}
	case errors.Is(err, errNoScript):
		return errAutoProxy{text: "it could not be downloaded"}
	case errors.Is(err, errBadScript):
		return errAutoProxy{text: "it has an error"}
	case errors.Is(err, errLoginFailure):
		return errAutoProxy{text: "its server wants a sign-in"}
	}
	var code syscall.Errno
	if errors.As(err, &code) {
		return errAutoProxy{text: fmt.Sprintf("WinHTTP error %d", uint32(code))}
	}
	return errAutoProxy{text: err.Error()}
}

// taken copies a string that WinHTTP allocated, and frees it.
func taken(text *uint16) string {
	if text == nil {
		return ""
	}
	defer func() { _, _, _ = globalFree.Call(uintptr(unsafe.Pointer(text))) }()
	return windows.UTF16PtrToString(text)
}

// address is the target as a dialler takes it.
func (t target) address() string { return net.JoinHostPort(t.host, t.port) }

// errSystemSilent means that the system did not answer in time.
var errSystemSilent = fmt.Errorf("no answer within %s", systemTimeout)

// within returns what call returns, or an error when ctx ends first. For calls
// of the system that cannot be cancelled: one that is not waited for any longer
// runs on in its goroutine until it returns.
func within(ctx context.Context, call func() (Route, error)) (Route, error) {
	type result struct {
		route Route
		err   error
	}
	returned := make(chan result, 1)
	go func() {
		route, err := call()
		returned <- result{route, err}
	}()
	select {
	case r := <-returned:
		return r.route, r.err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return Route{}, errSystemSilent
		}
		return Route{}, ctx.Err()
	}
}

// empty says whether nothing is set.
func (c windowsConfig) empty() bool { return !c.autoDetect && c.pac == "" && c.list == "" }
