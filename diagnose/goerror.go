package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// ofGoError names the cause of an error that Go's own network code made, or
// returns nothing. Types first: the texts differ between systems.
func ofGoError(err error) Cause {
	var (
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
		issuer  x509.UnknownAuthorityError
		name    x509.HostnameError
		roots   x509.SystemRootsError
		dns     *net.DNSError
	)
	switch {
	case errors.As(err, &invalid):
		if invalid.Reason == x509.Expired {
			return CauseCertificateExpired
		}
		return CauseTLSUntrusted
	case errors.As(err, &issuer), errors.As(err, &name), errors.As(err, &roots):
		return CauseTLSUntrusted
	case errors.As(err, &record):
		return CauseProxySchemeWrong // usually an http proxy that the settings call https
	case errors.As(err, &verify):
		if has(err, "expired", "not yet valid") {
			return CauseCertificateExpired
		}
		return CauseTLSUntrusted
	case has(err, "server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake"):
		return CauseProxySchemeWrong
	case has(err, "malformed HTTP", "malformed MIME header"):
		return CauseNotMicrosoft // a proxy, or something that speaks no HTTP
	case errors.As(err, &dns):
		return CauseDNSFailed
	}
	return ofConnection(err)
}

func ofConnection(err error) Cause {
	var wait interface{ Timeout() bool }
	switch {
	case has(err, "Proxy Authentication Required"):
		return CauseProxyAuthRequired
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ECONNABORTED):
		return CauseConnectionRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &wait) && wait.Timeout():
		return CauseTimeout
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return CauseConnectionRefused
	}
	return ""
}

func has(err error, words ...string) bool {
	text := err.Error()
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
