package m365

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
)

// sharedTransport is the connection pool of the whole program, so that finding a
// tenant and requesting a token takes one TLS handshake.
var sharedTransport = sync.OnceValue(func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = http.ProxyFromEnvironment
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.TLSHandshakeTimeout = handshakeTimeout
	t.ResponseHeaderTimeout = roundTripTimeout
	t.MaxResponseHeaderBytes = 256 << 10
	t.IdleConnTimeout = 2 * time.Minute
	t.ForceAttemptHTTP2 = true
	t.OnProxyConnectResponse = proxyAnswered
	return t
})

// ProxyError means that a proxy refused to open a tunnel. net/http itself only
// reports the reason phrase of that answer.
type ProxyError struct {
	Status int    // e.g. 407
	Proxy  string // host and port, without credentials
}

// Error names the proxy and the status of its answer.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
}

func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Status: resp.StatusCode, Proxy: proxy.Host}
}
