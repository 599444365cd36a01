package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// Transport returns a transport that reaches the tenant without a network.
// It answers for the sign-in and Graph hosts of every known Microsoft cloud,
// and refuses any other host: what uses it cannot ask anybody else. A call is
// carried out on the caller's goroutine and ends with its context.
func (t *Tenant) Transport() http.RoundTripper { return inProcess{t} }

type inProcess struct{ tenant *Tenant }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if s, _ := hostSide(r.URL.Host); s == foreign || r.URL.Scheme != "https" {
		return nil, fmt.Errorf("practice tenant: %s://%s is none of Microsoft's sign-in or Graph addresses, and "+
			"nothing else is reachable from here", r.URL.Scheme, r.URL.Host)
	}
	a, lost, err := p.tenant.serve(r, r.URL.Host)
	if err != nil {
		return nil, err
	}
	if lost {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	var body io.Reader = bytes.NewReader(a.body[:a.sent])
	switch {
	case r.Method == http.MethodHead:
		body = http.NoBody
	case a.sent < len(a.body):
		body = io.MultiReader(body, cutOff{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

// cutOff is where a connection ends in the middle of a body.
type cutOff struct{}

// Read implements io.Reader.
func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
