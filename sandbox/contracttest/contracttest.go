// Package contracttest records what goes between a client and Graph, and holds
// it against Microsoft's own description of the calls. It is for tests only.
package contracttest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"palmail/sandbox"
	"palmail/sandbox/openapi"
)

// Recorder keeps the Graph exchanges it sees. It is a transport around Next,
// and its Observe can be handed to sandbox.Tenant.Observe instead; use one of
// the two. The zero value is ready, with http.DefaultTransport.
type Recorder struct {
	Next http.RoundTripper

	mu        sync.Mutex
	exchanges []openapi.Exchange
}

// RoundTrip passes r on and records it with its answer. A call without an
// answer is not recorded.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		sent, err = io.ReadAll(req.Body)
		if closeErr := req.Body.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	next := r.Next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(res.Body)
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(got))
	r.add(req.Method, req.URL, req.Header, sent, res.StatusCode, res.Header, got)
	return res, nil
}

// Observe records an exchange of a practice tenant.
func (r *Recorder) Observe(e sandbox.Exchange) {
	if u, err := url.Parse(e.URL); err == nil {
		r.add(e.Method, u, e.RequestHeaders, []byte(e.RequestBody), e.Status, e.ResponseHeaders, []byte(e.ResponseBody))
	}
}

// Len returns how many Graph exchanges are recorded.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.exchanges)
}

func (r *Recorder) add(method string, u *url.URL, sentHeader http.Header, sent []byte, status int,
	gotHeader http.Header, got []byte) {
	if !strings.HasPrefix(u.Path, "/v1.0/") {
		return
	}
	sentHeader = sentHeader.Clone()
	sentHeader.Del("Authorization")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, openapi.Exchange{
		Method: method, URL: u.String(), RequestHeader: sentHeader, RequestBody: sent,
		Status: status, ResponseHeader: gotHeader.Clone(), ResponseBody: got,
	})
}
