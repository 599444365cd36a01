package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/proxy"
)

const (
	dialTimeout = 10 * time.Second
	// tunnelTimeout is for a connection to a proxy and all that it asks before it
	// opens the tunnel.
	tunnelTimeout = 25 * time.Second
)

// Dialer connects to hosts by the way that its Resolver finds. A proxy that
// wants Negotiate or NTLM is answered with the signed-in user's own credentials
// where the system has them (Windows). It is safe for use by several goroutines.
type Dialer struct {
	resolver *Resolver
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	tls      *tls.Config // for https proxies
	login    startLogin  // nil: the system has no credentials to answer with

	mu   sync.Mutex
	used map[string]Route // by address: how it was last reached, or tried
}

// NewDialer returns a Dialer for the setting; getenv is os.Getenv.
func NewDialer(s Setting, getenv func(string) string) *Dialer {
	return &Dialer{
		resolver: NewResolver(s, getenv),
		dial:     (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		tls:      &tls.Config{MinVersion: tls.VersionTLS12},
		login:    systemLogin,
		used:     map[string]Route{},
	}
}

// Used returns how an address such as graph.microsoft.com:443 was last reached
// or tried. ok is false if it was not.
func (d *Dialer) Used(address string) (route Route, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	route, ok = d.used[address]
	return route, ok
}

// DialContext connects to the address, for http.Transport's DialContext. Of the
// proxies that the system names it takes the first that can be connected to, as
// browsers do. A proxy that refuses is a *Refusal.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	route, err := d.resolver.Route(ctx, address)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	var failed error
	for _, way := range route.ways() {
		tried := route
		tried.Proxies = []*url.URL{way}
		conn, err := d.connect(ctx, network, address, way)
		if err == nil || failed == nil {
			d.remember(address, tried)
		}
		if err == nil {
			return conn, nil
		}
		if failed == nil {
			failed = err // the first is the one that should work
		}
		var refused *Refusal
		if errors.As(err, &refused) || ctx.Err() != nil {
			break
		}
	}
	d.resolver.forget(address)
	return nil, failed
}

func (d *Dialer) remember(address string, route Route) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used[address] = route
}

func (d *Dialer) connect(ctx context.Context, network, address string, way *url.URL) (net.Conn, error) {
	if way == nil {
		return d.dial(ctx, network, address)
	}
	ctx, cancel := context.WithTimeout(ctx, tunnelTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if way.Scheme == "socks5" || way.Scheme == "socks5h" {
		conn, err = d.throughSOCKS(ctx, network, address, way)
	} else {
		conn, err = d.tunnel(ctx, address, way)
	}
	var refused *Refusal
	if err != nil && !errors.As(err, &refused) {
		err = &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	return conn, err
}

// dialFunc is a dial function as golang.org/x/net/proxy wants it.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Dial is never called where there is a DialContext.
func (f dialFunc) Dial(network, address string) (net.Conn, error) {
	return f(context.Background(), network, address)
}

// DialContext calls f.
func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

func (d *Dialer) throughSOCKS(ctx context.Context, network, address string, way *url.URL) (net.Conn, error) {
	var user *proxy.Auth
	if way.User != nil {
		password, _ := way.User.Password()
		user = &proxy.Auth{User: way.User.Username(), Password: password}
	}
	socks, err := proxy.SOCKS5(network, hostPort(way), user, dialFunc(d.dial))
	if err != nil {
		return nil, err
	}
	through, ok := socks.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("the SOCKS dialer takes no context")
	}
	return through.DialContext(ctx, network, address)
}
