package m365

import (
	"context"
	"encoding/json"
	"net/http"
)

// documents keeps the OpenID configurations of tenants, so that each is asked
// for once although every token has an MSAL client of its own.
type documents struct {
	turn chan struct{} // one at a time, so that two calls at once do not ask twice
	kept map[string]answer
}

func newDocuments() documents {
	return documents{turn: make(chan struct{}, 1), kept: map[string]answer{}}
}

func (d documents) get(ctx context.Context, w *wire, req *http.Request) (answer, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return answer{host: req.URL.Host}, ctx.Err()
	}
	key := req.URL.String()
	if a, ok := d.kept[key]; ok {
		return a, nil
	}
	a, err := w.exchange(ctx, req, repeatable)
	var m metadata
	if err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &m) == nil && m.TokenEndpoint != "" && m.Issuer != "" {
		d.kept[key] = a
	}
	return a, err
}
