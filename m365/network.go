package m365

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
)

// NetworkReport is how the hosts of a cloud are reached.
type NetworkReport struct {
	Hosts []HostReport // login, then Graph
}

// Err returns the first host's failure, or nil when all are reached.
func (r NetworkReport) Err() error {
	for _, h := range r.Hosts {
		if h.Err != nil {
			return h.Err
		}
	}
	return nil
}

// HostReport is how one host is reached.
type HostReport struct {
	Role      string        // "login" or "graph"
	Host      string        // host, and port if not 443
	Proxy     string        // address of the proxy used, without credentials; empty when none is
	Addresses []string      // what the name resolved to; empty behind a proxy, which resolves it itself
	Status    int           // HTTP status of the small request made; 0 when none came
	Took      time.Duration // for all of it
	// ClockSkew is how far this machine's clock is behind the host's, to the
	// second; negative when it is ahead. It counts only when HasClock is true.
	ClockSkew time.Duration
	HasClock  bool
	Err       error // a *diagnose.Failure of the stage network, or nil
}

// Network looks at how the cloud's hosts are reached from here, with one small
// request each, at the same time, over the connections that other calls use.
// It does not try again: it wants to know how things are now.
//
// Graph is asked for the organization without a token, which it refuses with
// 401; that refusal is the sign of life.
func (c *Client) Network(ctx context.Context) NetworkReport {
	// "common" is Microsoft's own; a custom cloud need not have it.
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

// probeHost makes one small request and notes how it went.
func (w *wire) probeHost(ctx context.Context, role, address string) HostReport {
	r := HostReport{Role: role, Host: hostOf(address), Proxy: w.proxyFor(ctx, address)}
	// net/http resolves in a goroutine that may outlive the request.
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

// isServiceAnswer says whether a comes from the service itself: JSON that is no
// fault of the server's. A captive portal or a filter answers with a page or
// a redirect.
func isServiceAnswer(a answer) bool {
	return (a.status == http.StatusOK || a.status >= 400 && a.status < 500 && a.status != http.StatusProxyAuthRequired) &&
		json.Valid(a.body) && strings.HasPrefix(strings.TrimSpace(string(a.body)), "{")
}

// proxyFor names the proxy that the transport uses for address, without credentials.
func (w *wire) proxyFor(ctx context.Context, address string) string {
	t, ok := w.transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return ""
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return ""
	}
	proxy, err := t.Proxy(req)
	if err != nil || proxy == nil {
		return ""
	}
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}
