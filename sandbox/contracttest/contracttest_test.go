package contracttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// canned answers every request the same.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: c.status, Request: r, Body: io.NopCloser(strings.NewReader(c.body)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

// witness is a testing.TB that only remembers what was said.
type witness struct {
	testing.TB
	errors []string
	over   string // why it skipped or failed at once
}

func (j *witness) Error(args ...any) { j.errors = append(j.errors, fmt.Sprint(args...)) }
func (j *witness) Skip(...any)       { j.over = "skip"; panic(j) }
func (j *witness) Fatal(...any)      { j.over = "fatal"; panic(j) }

// verdict runs check and returns its complaints.
func verdict(t *testing.T, check func(testing.TB, *Recorder), r *Recorder) (j *witness) {
	j = &witness{TB: t}
	defer func() {
		if p := recover(); p != nil && p != any(j) {
			panic(p)
		}
	}()
	check(j, r)
	return j
}

func record(t *testing.T, c canned, method, url, body string) *Recorder {
	t.Helper()
	r := &Recorder{Next: c}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer secret")
	res, err := r.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != c.body || res.Body.Close() != nil {
		t.Errorf("the answer was changed to %q, %v", got, err)
	}
	return r
}

func TestCheck(t *testing.T) {
	const send = "https://127.0.0.1:4431/v1.0/users/a@example.org/sendMail"
	const denied = `{"error":{"code":"ErrorAccessDenied","message":"no"}}`
	for _, tc := range []struct {
		name              string
		rec               *Recorder
		wrong, wrongReply bool
	}{
		{"right", record(t, canned{202, ""}, "POST", send, `{"message":{"subject":"s"}}`), false, false},
		{"wrong request", record(t, canned{202, ""}, "POST", send, `{"message":{"to":[]}}`), true, false},
		{"wrong status", record(t, canned{200, ""}, "POST", send, `{"message":{}}`), true, true},
		{"wrong error", record(t, canned{403, `{"error":"no"}`}, "POST", send, `{"message":{}}`), true, true},
		{
			"other path", record(t, canned{403, denied}, "GET", "https://graph.microsoft.com/v1.0/bananas", ""), true,
			false,
		},
		{
			"nothing recorded",
			record(t, canned{200, "{}"}, "POST", "https://login.microsoftonline.com/x/oauth2/v2.0/token", "a=b"), true,
			true,
		},
	} {
		if got := verdict(t, Check, tc.rec); (len(got.errors) > 0) != tc.wrong || got.over != "" {
			t.Errorf("%s: Check said %v", tc.name, got.errors)
		}
		if got := verdict(t, CheckAnswers, tc.rec); (len(got.errors) > 0) != tc.wrongReply || got.over != "" {
			t.Errorf("%s: CheckAnswers said %v", tc.name, got.errors)
		}
	}
}

// Where the checkout is alone, the project's own slice judges, and nothing is
// skipped.
func TestWithoutContract(t *testing.T) {
	const send = "https://graph.microsoft.com/v1.0/users/a@example.org/sendMail"
	right := record(t, canned{202, ""}, "POST", send, `{"message":{}}`)
	wrong := record(t, canned{202, ""}, "POST", send, `{"message":{"to":[]}}`)
	t.Chdir(string(filepath.Separator)) // nothing lies above it, whatever else lies about in the temporary folder
	t.Setenv("PALMAIL_CONTRACT", "")
	if got := verdict(t, Check, right); got.over != "" || len(got.errors) > 0 {
		t.Errorf("%q %v", got.over, got.errors)
	}
	if got := verdict(t, Check, wrong); got.over != "" || len(got.errors) != 1 {
		t.Errorf("%q %v", got.over, got.errors)
	}
	t.Setenv("PALMAIL_CONTRACT", "require")
	if got := verdict(t, Check, right); got.over != "fatal" {
		t.Errorf("required, and absent: %q", got.over)
	}
}

func TestSecretsAreNotRecorded(t *testing.T) {
	rec := record(t, canned{202, ""}, "POST", "https://graph.microsoft.com/v1.0/users/a@example.org/sendMail",
		`{"message":{}}`)
	if rec.Len() != 1 || rec.exchanges[0].RequestHeader["Authorization"] != nil {
		t.Errorf("%+v", rec.exchanges)
	}
}
