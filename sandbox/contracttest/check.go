package contracttest

import (
	_ "embed"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"palmail/sandbox/openapi"
)

// ownSlice describes the calls that palmail makes. It was written from
// Microsoft's documentation; each operation names its page.
//
//go:embed testdata/graph.json
var ownSlice []byte

// Check fails t for every departure from the contract in what was recorded, in
// requests and in answers, and when nothing was recorded. The contract is
// Microsoft's own description where it lies beside the project, in
// shared/contract, and the project's slice of the documentation for the calls
// that it lacks and where it is absent. With PALMAIL_CONTRACT=require in the
// environment its absence fails t.
func Check(t testing.TB, r *Recorder) {
	t.Helper()
	for _, v := range judge(t, r, func(e openapi.Exchange) openapi.Exchange { return e }) {
		t.Error(v)
	}
}

// CheckAnswers is Check for tests that send wrong requests on purpose: only
// the answers are judged. A refusal on a path that the contract does not know
// is judged as a refusal of GET /me, since refusals look alike everywhere.
func CheckAnswers(t testing.TB, r *Recorder) {
	t.Helper()
	refusalsAlike := func(e openapi.Exchange) openapi.Exchange {
		if e.Status >= 400 {
			e.Method, e.URL, e.RequestHeader, e.RequestBody = http.MethodGet, base(e.URL)+"/me", nil, nil
		}
		return e
	}
	for _, v := range judge(t, r, refusalsAlike) {
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

// judge returns what is wrong with the exchanges.
func judge(t testing.TB, r *Recorder, as func(openapi.Exchange) openapi.Exchange) []string {
	t.Helper()
	r.mu.Lock()
	recorded := slices.Clone(r.exchanges)
	r.mu.Unlock()
	if len(recorded) == 0 {
		t.Error("no Graph exchange was recorded")
		return nil
	}
	descriptions := contract(t)
	var out []string
	for _, e := range recorded {
		method, address := e.Method, e.URL
		for _, v := range check(descriptions, as(e)) {
			out = append(out, method+" "+address+": "+v.String())
		}
	}
	return out
}

// check judges an exchange by the first description that has its operation.
func check(descriptions []*openapi.Description, e openapi.Exchange) []openapi.Violation {
	for _, d := range descriptions {
		if op, u := d.Find(e.Method, e.URL, base(e.URL)); op != nil {
			return d.Check(op, u, e)
		}
	}
	return []openapi.Violation{
		{Where: "request", Path: e.Method + " " + e.URL, Rule: "route", Message: "no such operation in the contract"},
	}
}

// contract returns the descriptions to judge by, the first one first.
func contract(t testing.TB) []*openapi.Description {
	t.Helper()
	own, err := parseOwn()
	if err != nil {
		t.Fatal(err)
	}
	name := sharedSlice(t)
	if name == "" {
		if os.Getenv("PALMAIL_CONTRACT") == "require" {
			t.Fatal("the contract is not beside the project (shared/contract)")
		}
		return []*openapi.Description{own}
	}
	shared, err := loadShared(name)
	if err != nil {
		t.Fatal(err)
	}
	return []*openapi.Description{shared, own}
}

var (
	parseOwn = sync.OnceValues(func() (*openapi.Description, error) { return openapi.Parse(ownSlice) })

	sharedMu sync.Mutex
	loaded   = map[string]*openapi.Description{}
)

func loadShared(name string) (*openapi.Description, error) {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if d := loaded[name]; d != nil {
		return d, nil
	}
	d, err := openapi.Load(name)
	if err == nil {
		loaded[name] = d
	}
	return d, err
}

// sharedSlice returns the file of Microsoft's description that lies beside the
// project, "" where there is none.
func sharedSlice(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		name := filepath.Join(dir, "shared", "contract", "graph-v1.0-slice.json")
		if _, err := os.Stat(name); err == nil {
			return name
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}
