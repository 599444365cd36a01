// Package contracttest records what goes between a client and Graph, and holds
// it against Microsoft's own description of the calls. It is for tests only.
package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"palmail/sandbox"
)

// Recorder keeps the Graph exchanges it sees. It is a transport around Next,
// and its Observe can be handed to sandbox.Tenant.Observe instead; use one of
// the two. The zero value is ready, with http.DefaultTransport.
type Recorder struct {
	Next http.RoundTripper

	mu        sync.Mutex
	exchanges []exchange
}

// exchange is one line of the checker's input.
type exchange struct {
	Method          string              `json:"method"`
	URL             string              `json:"url"`
	RequestHeaders  map[string][]string `json:"request_headers,omitempty"`
	RequestBody     json.RawMessage     `json:"request_body,omitempty"`
	Status          int                 `json:"status"`
	ResponseHeaders map[string][]string `json:"response_headers,omitempty"`
	ResponseBody    json.RawMessage     `json:"response_body,omitempty"`
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

func (r *Recorder) add(method string, u *url.URL, sentHeader http.Header, sent []byte, status int, gotHeader http.Header, got []byte) {
	if !strings.HasPrefix(u.Path, "/v1.0/") {
		return
	}
	sentHeader = sentHeader.Clone()
	sentHeader.Del("Authorization")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, exchange{method, u.String(), sentHeader, asJSON(sent), status, gotHeader, asJSON(got)})
}

// asJSON returns a body as the checker wants it: JSON as it is, anything else as a JSON text.
func asJSON(b []byte) json.RawMessage {
	if len(b) == 0 {
		return nil
	}
	if json.Valid(b) && bytes.TrimSpace(b)[0] != '"' {
		return b
	}
	quoted, err := json.Marshal(string(b))
	if err != nil {
		panic(err) // a string always marshals
	}
	return quoted
}

// Check fails t for every departure from the contract in what was recorded,
// in requests and in answers, and when nothing was recorded. Without the
// contract beside the project it skips t, so call it last; with
// PALMAIL_CONTRACT=require in the environment it fails t instead.
func Check(t testing.TB, r *Recorder) {
	t.Helper()
	for _, v := range run(t, r, func(e exchange) exchange { return e }) {
		t.Error(v)
	}
}

// CheckAnswers is Check for tests that send wrong requests on purpose: only
// the answers are judged. A refusal on a path that the contract does not know
// is judged as a refusal of GET /me, since refusals look alike everywhere.
func CheckAnswers(t testing.TB, r *Recorder) {
	t.Helper()
	refusalsAlike := func(e exchange) exchange {
		if e.Status >= 400 {
			e.Method, e.URL, e.RequestHeaders, e.RequestBody = http.MethodGet, base(e.URL)+"/me", nil, nil
		}
		return e
	}
	for _, v := range run(t, r, refusalsAlike) {
		if !strings.Contains(v, ": request ") {
			t.Error(v)
		}
	}
}

// base returns the root of Graph that address lies under.
func base(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host + "/v1.0"
}

// run returns the checker's complaints.
func run(t testing.TB, r *Recorder, as func(exchange) exchange) []string {
	t.Helper()
	r.mu.Lock()
	recorded := slices.Clone(r.exchanges)
	r.mu.Unlock()
	if len(recorded) == 0 {
		t.Error("no Graph exchange was recorded")
		return nil
	}
	contract := find(t)
	var lines bytes.Buffer
	args := []string{"run", "-buildvcs=false", ".", "-spec", filepath.Join("..", "graph-v1.0-slice.json")}
	for _, e := range recorded {
		e = as(e)
		if b := base(e.URL); !slices.Contains(args, b) {
			args = append(args, "-base", b)
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("recording: %v", err)
		}
		lines.Write(append(line, '\n'))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// go run keeps what it linked in Go's own cache: the checker is built once, and nothing is left lying about.
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(contract, "check")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH=")
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = &lines, &complaint
	out, err := cmd.Output()
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := said[len(said)-1]
	if !strings.HasSuffix(last, " violations") { // it never came to judge
		absent(t)("the contract checker did not run: %v\n%s%s", err, out, &complaint)
	}
	return said[:len(said)-1]
}

// absent returns what to do when the contract cannot be consulted.
func absent(t testing.TB) func(format string, args ...any) {
	t.Helper()
	if os.Getenv("PALMAIL_CONTRACT") == "require" {
		return t.Fatalf
	}
	return t.Skipf
}

// find returns the contract's folder, which lies beside the project.
func find(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		contract := filepath.Join(dir, "shared", "contract")
		if _, err := os.Stat(filepath.Join(contract, "check", "go.mod")); err == nil {
			return contract
		}
		if dir == filepath.Dir(dir) {
			absent(t)("the contract is not beside the project (shared/contract)")
		}
		dir = filepath.Dir(dir)
	}
}
