package m365

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"palmail/diagnose"
	"palmail/secret"
)

const (
	testTenant  = "11111111-2222-3333-4444-555555555555"
	testApp     = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	testSecret  = "abc8Q~theValueOfASecretWithFortyLetters12"
	testMailbox = "noreply@agency.gov"
)

// roundTripFunc is a transport made of a function.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (t roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// inMemory answers in memory, without a network.
func inMemory(h http.HandlerFunc) roundTripFunc {
	return func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		body := []byte{}
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
			r.Body.Close()
		}
		in := httptest.NewRequest(r.Method, r.URL.String(), strings.NewReader(string(body))).WithContext(r.Context())
		in.Header = r.Header
		rec := httptest.NewRecorder()
		h(rec, in)
		return rec.Result(), nil
	}
}

// recordedRequest is one request that reached the service.
type recordedRequest struct {
	Method, URL, Body string
	Header            http.Header
}

// fakeService is the token endpoint and Graph of a tenant with one app.
type fakeService struct {
	mu       sync.Mutex
	requests []recordedRequest
	roles    []string
	login    string // where the metadata sends the secret; empty: to the host asked
	// token and graph answer instead, where set.
	token, graph http.HandlerFunc
}

func (s *fakeService) count(method, part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.requests {
		if c.Method == method && strings.Contains(c.URL, part) {
			n++
		}
	}
	return n
}

func (s *fakeService) last() recordedRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

func (s *fakeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.requests = append(s.requests, recordedRequest{
		r.Method, "https://" + r.Host + r.URL.RequestURI(), string(body), r.Header.Clone(),
	})
	s.mu.Unlock()
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	base, login := "https://"+r.Host, s.login
	if login == "" {
		login = base
	}
	switch {
	case strings.HasSuffix(r.URL.Path, metadataPath):
		tenant := strings.Split(r.URL.Path, "/")[1]
		answerJSON(w, 200, map[string]any{
			"issuer":                 base + "/" + tenant + "/v2.0",
			"token_endpoint":         login + "/" + tenant + "/oauth2/v2.0/token",
			"authorization_endpoint": base + "/" + tenant + "/oauth2/v2.0/authorize",
		})
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		if s.token != nil {
			s.token(w, r)
			return
		}
		if r.PostFormValue("client_secret") != testSecret {
			signInError(w, 401, "invalid_client", 7000215, "Invalid client secret provided.")
			return
		}
		answerJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599,
			"access_token": unsignedJWT(map[string]any{
				"aud": strings.TrimSuffix(strings.Fields(r.PostFormValue("scope"))[0], "/.default"), "tid": testTenant,
				"appid": r.PostFormValue("client_id"), "roles": s.roles, "exp": 1_900_000_000,
			})})
	case s.graph != nil:
		s.graph(w, r)
	case strings.HasSuffix(r.URL.Path, "/sendMail"):
		if r.Header.Get("Content-Type") == "application/json" && strings.Contains(string(body), `"toRecipients":[]`) {
			graphError(w, 400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
			return
		}
		w.Header().Set("request-id", "req-1")
		w.Header().Set("client-request-id", r.Header.Get("client-request-id"))
		w.WriteHeader(202)
	default:
		graphError(w, 401, "InvalidAuthenticationToken", "Access token is empty.")
	}
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func signInError(w http.ResponseWriter, status int, kind string, code int, text string) {
	w.Header().Set("x-ms-request-id", "trace-1")
	answerJSON(w, status, map[string]any{
		"error": kind, "error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: trace-1", code, text),
		"error_codes": []int{code}, "trace_id": "trace-1", "correlation_id": "corr-1",
	})
}

func graphError(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("request-id", "req-1")
	answerJSON(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": text, "innerError": map[string]any{
			"request-id": "req-1", "client-request-id": "client-1",
		},
	}})
}

func unsignedJWT(claims map[string]any) string {
	b, _ := json.Marshal(claims)
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + part(b) + "." + part([]byte("signature"))
}

// commercialClient is a Client of the commercial cloud over transport.
func commercialClient(t testing.TB, transport http.RoundTripper) *Client {
	t.Helper()
	c, ok := CloudNamed(Commercial)
	if !ok {
		t.Fatal("no commercial cloud")
	}
	return New(c, Options{Transport: transport})
}

// tokenFor is a token to send with.
func tokenFor(t testing.TB, c *Client) Token {
	t.Helper()
	tok, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
	if err != nil {
		t.Fatalf("AppToken: %v", err)
	}
	return tok
}

// failureOf finds the failure in err.
func failureOf(t *testing.T, err error) *diagnose.Failure {
	t.Helper()
	var f *diagnose.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%v (%T) holds no failure", err, err)
	}
	return f
}

// readCloser is a body of that text.
func readCloser(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
