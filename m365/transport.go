package m365

import (
	"crypto/tls"
	"net/http"
	"os"
	"sync"
	"time"

	"palmail/m365/proxy"
)

const handshakeTimeout = 10 * time.Second

// systemTransport connects to hosts directly or through the proxies that a
// setting, the environment or the system names.
type systemTransport struct {
	*http.Transport
	dialer *proxy.Dialer
}

// sharedTransports are the connection pools of the whole program, one for each
// proxy setting, so that finding a tenant and requesting a token takes one TLS
// handshake.
var sharedTransports struct {
	sync.Mutex
	bySetting map[string]*systemTransport
}

func sharedTransport(s proxy.Setting) *systemTransport {
	sharedTransports.Lock()
	defer sharedTransports.Unlock()
	if t := sharedTransports.bySetting[s.Key()]; t != nil {
		return t
	}
	if sharedTransports.bySetting == nil {
		sharedTransports.bySetting = map[string]*systemTransport{}
	}
	t := newSystemTransport(proxy.NewDialer(s, os.Getenv))
	sharedTransports.bySetting[s.Key()] = t
	return t
}

// newSystemTransport makes a transport in which the dialer, not net/http, opens
// tunnels: net/http asks a proxy once, and a proxy that wants Negotiate or NTLM
// is answered over several requests on one connection.
func newSystemTransport(d *proxy.Dialer) *systemTransport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DialContext = d.DialContext
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.TLSHandshakeTimeout = handshakeTimeout
	t.ResponseHeaderTimeout = roundTripTimeout
	t.MaxResponseHeaderBytes = 256 << 10
	t.IdleConnTimeout = 2 * time.Minute
	t.ForceAttemptHTTP2 = true
	return &systemTransport{t, d}
}

// ProxyError means that a proxy refused to open a tunnel.
type ProxyError = proxy.Refusal

// ParseProxy reads a proxy setting for Options: "system", "direct" or a proxy's
// address, such as http://proxy.agency.gov:8080. Its error contains no password.
func ParseProxy(text string) (proxy.Setting, error) { return proxy.ParseSetting(text) }
