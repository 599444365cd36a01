package proxy

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Why not alexbrainman/sspi: it loads secur32.dll by the usual search, so also
// from beside palmail.exe; its negotiate package asks Windows at every start of
// the program, and takes a Kerberos token that needs no answer for an error. Its
// releases have no versions. The four calls below are all that is needed.

var (
	secur32           = windows.NewLazySystemDLL("secur32.dll")
	acquireCredential = secur32.NewProc("AcquireCredentialsHandleW")
	initializeContext = secur32.NewProc("InitializeSecurityContextW")
	deleteContext     = secur32.NewProc("DeleteSecurityContext")
	freeCredential    = secur32.NewProc("FreeCredentialsHandle")
)

// Constants of sspi.h.
const (
	credOutbound       = 2
	reqConnection      = 0x800 // no delegation: the proxy gets nothing that it could use elsewhere
	nativeDREP         = 0x10
	bufferVersion      = 0
	bufferToken        = 2
	statusOK           = 0
	statusContinue     = 0x00090312
	statusNoCredential = 0x8009030E
	statusNoAuthority  = 0x80090311
	statusUnknownSPN   = 0x80090303
	statusNotSupported = 0x80090302
	statusNoPackage    = 0x80090305
	// maxToken is larger than MaxTokenSize, 48,000 bytes, from Windows 8 on.
	// https://learn.microsoft.com/troubleshoot/windows-server/windows-security/kerberos-authentication-problems-if-user-belongs-to-groups
	maxToken = 64 << 10
)

type secHandle struct{ lower, upper uintptr }

type secBuffer struct {
	size uint32
	kind uint32
	data *byte
}

type secBufferDesc struct {
	version, count uint32
	buffers        *secBuffer
}

// sspiLogin is a sign-in by SSPI.
// https://learn.microsoft.com/windows/win32/secauthn/initializesecuritycontext--general
type sspiLogin struct {
	credential, context secHandle
	begun, done         bool
	target              *uint16
}

func systemLogin(scheme, host string) (login, error) {
	if err := secur32.Load(); err != nil {
		return nil, errors.New("this Windows has no SSPI")
	}
	pkg, err := windows.UTF16PtrFromString(scheme) // the packages are named as the schemes
	if err != nil {
		return nil, err
	}
	target, err := windows.UTF16PtrFromString("HTTP/" + host)
	if err != nil {
		return nil, errors.New("the proxy's name is malformed")
	}
	s := &sspiLogin{target: target}
	var expires windows.Filetime
	status, _, _ := acquireCredential.Call(0, uintptr(unsafe.Pointer(pkg)), credOutbound, 0, 0, 0, 0,
		uintptr(unsafe.Pointer(&s.credential)), uintptr(unsafe.Pointer(&expires)))
	if uint32(status) != statusOK {
		return nil, sspiError(uint32(status))
	}
	return s, nil
}

func (s *sspiLogin) next(challenge []byte) ([]byte, error) {
	if s.done {
		return nil, errNotAccepted // a challenge after the last answer
	}
	token := make([]byte, maxToken)
	out := &secBuffer{size: maxToken, kind: bufferToken, data: &token[0]}
	outDesc := &secBufferDesc{bufferVersion, 1, out}
	var inDesc *secBufferDesc
	var before *secHandle
	if s.begun {
		before = &s.context
		if len(challenge) == 0 {
			return nil, errNotAccepted
		}
		inDesc = &secBufferDesc{
			bufferVersion, 1, &secBuffer{size: uint32(len(challenge)), kind: bufferToken, data: &challenge[0]},
		}
	}
	var attributes uint32
	var expires windows.Filetime
	status, _, _ := initializeContext.Call(uintptr(unsafe.Pointer(&s.credential)), uintptr(unsafe.Pointer(before)),
		uintptr(unsafe.Pointer(s.target)), reqConnection, 0, nativeDREP, uintptr(unsafe.Pointer(inDesc)), 0,
		uintptr(unsafe.Pointer(&s.context)), uintptr(unsafe.Pointer(outDesc)), uintptr(unsafe.Pointer(&attributes)),
		uintptr(unsafe.Pointer(&expires)))
	switch uint32(status) {
	case statusOK:
		s.begun, s.done = true, true
	case statusContinue:
		s.begun = true
	default:
		return nil, sspiError(uint32(status))
	}
	if out.size == 0 || out.size > maxToken {
		return nil, errors.New("Windows made no token for it")
	}
	return token[:out.size], nil
}

func (s *sspiLogin) close() {
	if s.begun {
		_, _, _ = deleteContext.Call(uintptr(unsafe.Pointer(&s.context)))
	}
	_, _, _ = freeCredential.Call(uintptr(unsafe.Pointer(&s.credential)))
}

// sspiError says in words why SSPI has no answer.
func sspiError(status uint32) error {
	switch status {
	case statusNoCredential:
		return errors.New("the user of this process has no credentials for the network")
	case statusNoAuthority:
		return errors.New("no domain controller could be reached")
	case statusUnknownSPN:
		return errors.New("the domain does not know the proxy")
	case statusNotSupported, statusNoPackage:
		return errors.New("this Windows does not have it, or forbids it by policy")
	}
	return fmt.Errorf("SSPI error 0x%08X: %w", status, syscall.Errno(status))
}
