package m365

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// metadataAge is how long a tenant's OpenID configuration is used without
	// being read again. MSAL itself keeps it for as long as one of its clients
	// lives; here every token has a client of its own.
	metadataAge = 15 * time.Minute
	// maxMetadata bounds how many tenants' configurations are kept.
	maxMetadata = 64
)

// metadataCache keeps the OpenID configurations of tenants by their address,
// so that MSAL's clients and Discover read each of them once. Only usable
// answers are kept: a refusal or an unreachable host is asked again each time.
type metadataCache struct {
	mu      sync.Mutex
	entries map[string]*metadataEntry
}

// metadataEntry is the configuration at one address.
type metadataEntry struct {
	lock   chan struct{} // held while it is read, so that two calls at once do not both read it
	answer answer
	readAt time.Time // zero: it was not read yet
}

func (e *metadataEntry) isFresh() bool {
	return !e.readAt.IsZero() && time.Since(e.readAt) < metadataAge
}

// entry returns the entry of an address, and makes room for a new one.
func (c *metadataCache) entry(address string) *metadataEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[address]; e != nil {
		return e
	}
	if c.entries == nil {
		c.entries = map[string]*metadataEntry{}
	}
	for old := range c.entries {
		if len(c.entries) < maxMetadata {
			break
		}
		delete(c.entries, old) // a call that is reading it keeps its pointer
	}
	e := &metadataEntry{lock: make(chan struct{}, 1)}
	c.entries[address] = e
	return e
}

// get answers MSAL's request for an OpenID configuration, out of the cache
// where it can.
func (c *metadataCache) get(ctx context.Context, w *wire, req *http.Request) (answer, error) {
	e := c.entry(strings.TrimSuffix(req.URL.String(), "?")) // MSAL writes an empty query
	select {
	case e.lock <- struct{}{}:
		defer func() { <-e.lock }()
	case <-ctx.Done():
		return answer{host: req.URL.Host}, ctx.Err()
	}
	if e.isFresh() {
		return e.answer, nil
	}
	a, err := w.roundTrip(ctx, req, retryIdempotent)
	if err != nil {
		return a, err
	}
	if kept, ok := essentialMetadata(a); ok {
		e.answer, e.readAt = kept, time.Now()
		return kept, nil
	}
	return a, nil
}

// put keeps the configuration that Discover was answered with for tokens of
// the same tenant. It is kept only if it says of itself what the login host
// at authority, e.g. https://login.microsoftonline.com/<tenant ID>, would say.
func (c *metadataCache) put(authority string, a answer) {
	kept, ok := essentialMetadata(a)
	var m openIDConfiguration
	if !ok || json.Unmarshal(kept.body, &m) != nil ||
		!strings.EqualFold(m.Issuer, authority+"/v2.0") ||
		!strings.HasPrefix(strings.ToLower(m.TokenEndpoint), strings.ToLower(authority)+"/") {
		return
	}
	e := c.entry(authority + metadataPath)
	select {
	case e.lock <- struct{}{}:
		e.answer, e.readAt = kept, time.Now()
		<-e.lock
	default: // it is being read at this moment
	}
}

// essentialMetadata reduces an OpenID configuration to what MSAL needs of it
// (v1.10.1, TenantDiscoveryResponse). MSAL decodes it again for every token,
// and its decoder is slow with fields that it does not know. ok is false where the answer is no usable configuration.
func essentialMetadata(a answer) (kept answer, ok bool) {
	var m openIDConfiguration
	if a.status != http.StatusOK || json.Unmarshal(a.body, &m) != nil || m.TokenEndpoint == "" || m.Issuer == "" {
		return answer{}, false
	}
	body, err := json.Marshal(map[string]string{
		"issuer": m.Issuer, "token_endpoint": m.TokenEndpoint, "authorization_endpoint": m.AuthorizationEndpoint,
	})
	if err != nil {
		return answer{}, false
	}
	a.body = body
	return a, true
}
