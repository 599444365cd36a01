package m365

import (
	"context"
	"encoding/json"
	"net/http"
)

// metadataCache keeps the OpenID configurations of tenants, so that each is asked
// for once although every token has an MSAL client of its own.
type metadataCache struct {
	lock    chan struct{} // one at a time, so that two calls at once do not ask twice
	entries map[string]answer
}

func newMetadataCache() metadataCache {
	return metadataCache{lock: make(chan struct{}, 1), entries: map[string]answer{}}
}

func (d metadataCache) get(ctx context.Context, w *wire, req *http.Request) (answer, error) {
	select {
	case d.lock <- struct{}{}:
		defer func() { <-d.lock }()
	case <-ctx.Done():
		return answer{host: req.URL.Host}, ctx.Err()
	}
	key := req.URL.String()
	if a, ok := d.entries[key]; ok {
		return a, nil
	}
	a, err := w.roundTrip(ctx, req, retryIdempotent)
	var m openIDConfiguration
	if err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &m) == nil && m.TokenEndpoint != "" && m.Issuer != "" {
		d.entries[key] = a
	}
	return a, err
}
