package m365

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/m365/proxy"
)

// NetworkReport says how the hosts of a cloud can be reached.
type NetworkReport struct {
	Hosts []HostReport // login, then Graph
}

// Err returns the failure of the first host that has one, or nil.
func (r NetworkReport) Err() error {
	for _, h := range r.Hosts {
		if h.Err != nil {
			return h.Err
		}
	}
	return nil
}

// HostReport says how one host can be reached.
type HostReport struct {
	Role      string        // "login" or "graph"
	Host      string        // host, and port if not 443
	Proxy     string        // address of the proxy, without credentials; empty: none
	Route     string        // how it was reached and where that was set, in words; empty: directly, nothing is set
	Addresses []string      // that the name resolved to; empty behind a proxy, which resolves it
	Status    int           // HTTP status of the answer; 0: none came
	Took      time.Duration // from request to the end of the answer
	// ClockSkew is how far this machine's clock is behind the host's, to the
	// second; negative if it is ahead. It is valid only if HasClock is true.
	ClockSkew time.Duration
	HasClock  bool
	Err       error // a *diagnose.Failure of the stage network, or nil
}

// Network checks whether the cloud's hosts can be reached, with one small
// request to each, concurrently, over the connections that other calls use.
// It makes no second attempt, because it reports the present state.
//
// Graph is asked for the organization without a token. Its refusal with 401
// shows that it was reached.
func (c *Client) Network(ctx context.Context) NetworkReport {
	// "common" exists in Microsoft's clouds; a custom cloud can lack it.
	anybody := "common"
	if c.cloud.Custom {
		anybody = "organizations"
	}
	asks := []struct{ role, address string }{
		{"login", c.cloud.Login + "/" + anybody + metadataPath},
		{"graph", c.cloud.Graph + "/v1.0/organization?$select=id"},
	}
	report := NetworkReport{Hosts: make([]HostReport, len(asks))}
	var wait sync.WaitGroup
	for i, a := range asks {
		wait.Go(func() { report.Hosts[i] = c.wire.probeHost(ctx, a.role, a.address) })
	}
	wait.Wait()
	return report
}

// probeHost makes one small request and reports on it.
func (w *wire) probeHost(ctx context.Context, role, address string) HostReport {
	r := HostReport{Role: role, Host: hostOf(address)}
	// net/http resolves names in a goroutine that can outlive the request.
	var mu sync.Mutex
	var found []string
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSDone: func(d httptrace.DNSDoneInfo) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range d.Addrs {
			found = append(found, a.String())
		}
	}})
	started, sent := time.Now(), w.now()
	a, err := w.get(traced, address, noRetry)
	r.Took = time.Since(started)
	route := w.routeTo(ctx, address)
	r.Proxy, r.Route = route.Proxy(), route.String()
	if r.Proxy == "" {
		mu.Lock()
		r.Addresses = slices.Clone(found)
		mu.Unlock()
	}
	r.Status = a.status
	r.ClockSkew, r.HasClock = clockOffset(a, sent, r.Took)
	if err != nil || !isServiceAnswer(a) {
		r.Err = w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	return r
}

// isServiceAnswer says whether the service itself gave the answer: it is JSON and
// no server error. Captive portals and filters answer with a page or a redirect.
func isServiceAnswer(a answer) bool {
	return (a.status == http.StatusOK || a.status >= 400 && a.status < 500 &&
		a.status != http.StatusProxyAuthRequired) &&
		json.Valid(a.body) && strings.HasPrefix(strings.TrimSpace(string(a.body)), "{")
}

// routeTo returns the way by which the transport reached or tried the address,
// an empty Route if that is not known.
func (w *wire) routeTo(ctx context.Context, address string) proxy.Route {
	u, err := url.Parse(address)
	if err != nil {
		return proxy.Route{}
	}
	switch t := w.transport.(type) {
	case *systemTransport:
		port := u.Port()
		if port == "" {
			port = "443"
		}
		route, _ := t.dialer.Used(net.JoinHostPort(u.Hostname(), port))
		return route
	case *http.Transport: // a caller's own
		if t.Proxy == nil {
			return proxy.Route{}
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return proxy.Route{}
		}
		if way, err := t.Proxy(req); err == nil && way != nil {
			return proxy.Route{Proxies: []*url.URL{way}}
		}
	}
	return proxy.Route{}
}
