package m365

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"palmail/diagnose"
)

// request is one Graph call with the administrator's token.
type request struct {
	stage  diagnose.Stage
	method string
	path   string // below the version, made with pathOf and pathByKey
	beta   bool   // the version is /beta, not /v1.0
	query  string // made with queryOptions
	header map[string]string
	body   any // nil: none
	retry  retryPolicy
	// complete returns an error if the answer lacks something; nil: no check.
	complete func() error
	// noContentOK accepts 204 No Content instead of an object.
	noContentOK bool
}

const graphVersion = "/v1.0"

const maxPages = 50 // of one list; at 100 entries each

// call makes a request and decodes the answer into into, unless that is nil. Its
// error wraps a *diagnose.Failure. For a request that is not idempotent, Unclear
// holds for the error if the outcome is unknown, or if the call succeeded and
// the answer does not say what it created.
func (a *Admin) call(ctx context.Context, q request, into any) error {
	_, err := a.callStatus(ctx, q, into)
	return err
}

// callStatus is call, and returns the answer's HTTP status too.
func (a *Admin) callStatus(ctx context.Context, q request, into any) (status int, err error) {
	w, none := a.client.wire, answer{host: hostOf(a.client.cloud.Graph)}
	bearer, f := a.token(ctx)
	if f != nil {
		return 0, f
	}
	ctx = withHidden(ctx, bearer)
	if err := ctx.Err(); err != nil {
		return 0, w.failure(ctx, q.stage, none, err) // before anything was sent, so the outcome is known
	}
	req, err := a.newRequest(ctx, q)
	if err != nil {
		return 0, w.failure(ctx, q.stage, none, err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer.Reveal())
	got, err := w.roundTrip(ctx, req, q.retry)
	done := got.status >= 200 && got.status < 300
	empty := q.noContentOK && got.status == http.StatusNoContent
	if err == nil && done && into != nil && !empty {
		if err = json.Unmarshal(got.body, into); err != nil {
			err = parseFailure(got, "the answer cannot be read", err)
		} else if q.complete != nil {
			err = q.complete()
		}
	}
	if err == nil && done && !isHTML(got) {
		return got.status, nil
	}
	failed := w.failure(ctx, q.stage, got, err)
	if q.retry == retryIfRefused && (got.mayBeDone || done || leavesOpen(got.status)) {
		return got.status, unclearError{failed}
	}
	return got.status, failed
}

// leavesOpen says whether the outcome is unknown after an answer with this
// status: gateways give these when the service behind them did not answer.
func leavesOpen(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func (a *Admin) newRequest(ctx context.Context, q request) (*http.Request, error) {
	version := graphVersion
	if q.beta {
		version = "/beta"
	}
	address := a.client.cloud.Graph + version + q.path
	if q.query != "" {
		address += "?" + q.query
	}
	var body io.Reader
	if q.body != nil {
		text, err := json.Marshal(q.body)
		if err != nil {
			return nil, fmt.Errorf("writing the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	return req, nil
}

// list reads all pages of a collection
// (https://learn.microsoft.com/graph/paging). A list with too many pages is an
// error, because an object on a later page would seem not to exist.
func list[T any](ctx context.Context, a *Admin, q request) ([]T, error) {
	var all []T
	q.method, q.retry = http.MethodGet, retryIdempotent
	for range maxPages {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := a.call(ctx, q, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if page.Next == "" {
			return all, nil
		}
		path, query, err := a.next(page.Next)
		if err != nil {
			return nil, a.localFailure(ctx, q.stage, err)
		}
		q.path, q.query = path, query
	}
	return nil, a.localFailure(ctx, q.stage, fmt.Errorf("the list has more than %d pages", maxPages))
}

// next splits the address of a list's next page into path and query. The
// address comes from an answer, so it is checked: the token is sent to Graph only.
func (a *Admin) next(address string) (path, query string, err error) {
	return a.nextOf(graphVersion, address)
}

// nextOf is next for a version of Graph.
func (a *Admin) nextOf(version, address string) (path, query string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Host, hostOf(a.client.cloud.Graph)) {
		return "", "", errors.New("the list's next page is not on this cloud's Graph host")
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), version)
	if !ok || !strings.HasPrefix(path, "/") {
		return "", "", errors.New("the list's next page is not an address of the same version of Graph")
	}
	return path, u.RawQuery, nil
}

// localFailure is a failure without an answer.
func (a *Admin) localFailure(ctx context.Context, stage diagnose.Stage, err error) *diagnose.Failure {
	return a.client.wire.failure(ctx, stage, answer{host: hostOf(a.client.cloud.Graph)}, err)
}

// pathOf joins collections and IDs to a path, escaping each.
func pathOf(parts ...string) string {
	var out strings.Builder
	for _, p := range parts {
		out.WriteString("/" + url.PathEscape(p))
	}
	return out.String()
}

// pathByClientID returns the path of the object with the client ID.
func pathByClientID(collection, clientID string) string {
	return pathByKey(collection, "appId", clientID)
}

// pathByKey returns the path of the object with that value of an alternate key.
func pathByKey(collection, key, value string) string {
	return "/" + collection + "(" + key + "='" + url.PathEscape(doubleQuotes(value)) + "')"
}

// doubleQuotes doubles apostrophes, as in a string literal of OData
// (https://learn.microsoft.com/graph/query-parameters#escaping-single-quotes).
func doubleQuotes(s string) string { return strings.ReplaceAll(s, "'", "''") }

// queryOptions encodes pairs of names and values. A space becomes %20, because +
// means a space in forms only.
func queryOptions(pairs ...string) string {
	var out strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return out.String()
}

// requireIDs returns an error if an ID is empty: the path would then mean
// something else.
func requireIDs(ids ...string) error {
	for _, id := range ids {
		if id == "" {
			return errors.New("an ID that the call needs is empty")
		}
	}
	return nil
}
