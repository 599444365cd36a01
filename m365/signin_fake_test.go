package m365

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"palmail/secret"
)

const (
	testUser    = "99999999-8888-7777-6666-555555555555"
	testCode    = "0.AXoAtheValueOfACode"
	testDevice  = "theValueOfADeviceCode"
	testRefresh = "0.AXoAtheValueOfARefreshToken"
	// grantDeviceCode is how MSAL (v1.10.1) writes it; RFC 8628 has a longer name, and Entra knows both.
	grantDeviceCode = "device_code"
	memberMarker    = "b79fbf4d-3ef9-4689-8143-76b194e85509" // in wids of every member
)

// fakeSignIn is where administrators sign in, with a directory behind it.
type fakeSignIn struct {
	mu        sync.Mutex
	requests  []recordedRequest
	pageQuery url.Values // what the sign-in page was opened with
	claims    map[string]any
	life      int    // seconds that tokens last; 0: an hour
	issued    int    // tokens given
	pages     string // where the metadata has the sign-in page; empty: on the host asked

	token  func(form url.Values) (status int, answer any) // answers instead, where it returns a status
	device map[string]any                                 // fields of the device code's answer that differ
	graph  http.HandlerFunc
}

func (d *fakeSignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.mu.Lock()
	d.requests = append(d.requests, recordedRequest{
		r.Method, "https://" + r.Host + r.URL.RequestURI(), string(body), r.Header.Clone(),
	})
	d.mu.Unlock()
	base, tenant := "https://"+r.Host, strings.Split(r.URL.Path, "/")[1]
	switch {
	case strings.HasSuffix(r.URL.Path, metadataPath):
		answerJSON(w, 200, map[string]any{
			"issuer": base + "/" + tenant + "/v2.0", "token_endpoint": base + "/" + tenant + "/oauth2/v2.0/token",
			"authorization_endpoint": cmp.Or(d.pages, base) + "/" + tenant + "/oauth2/v2.0/authorize",
		})
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/devicecode"):
		answer := map[string]any{
			"user_code": "HJKL4567X", "device_code": testDevice,
			"verification_uri": "https://login.microsoft.com/device",
			"expires_in":       900, "interval": 5, "message": "To sign in, use a web browser.",
		}
		for k, v := range d.device {
			answer[k] = v
		}
		answerJSON(w, 200, answer)
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		form, _ := url.ParseQuery(string(body))
		status, answer := d.answer(form)
		answerJSON(w, status, answer)
	default:
		d.graph(w, r)
	}
}

// answer is the token endpoint's.
func (d *fakeSignIn) answer(form url.Values) (int, any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.token != nil {
		if status, answer := d.token(form); status != 0 {
			return status, answer
		}
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch form.Get("grant_type") {
	case "authorization_code":
		if form.Get("code") != testCode || form.Get("redirect_uri") != d.pageQuery.Get("redirect_uri") ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != d.pageQuery.Get("code_challenge") ||
			form.Get("client_secret") != "" {
			return refusedGrant("invalid_grant", 501481,
				"The Code_Verifier does not match the code_challenge supplied in the authorization request.")
		}
	case grantDeviceCode:
		if form.Get("device_code") != testDevice {
			return refusedGrant("invalid_grant", 70000, "No such code.")
		}
	case "refresh_token":
		return refusedGrant("invalid_grant", 70000, "No refresh token was given to anybody.")
	}
	d.issued++
	claims := map[string]any{
		"aud": "https://graph.microsoft.com", "tid": testTenant, "oid": testUser, "upn": "admin@agency.gov",
		"name": "Ada Admin",
		"scp":  "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All",
		"wids": []string{roleGlobal, memberMarker}, "number": d.issued,
	}
	for k, v := range d.claims {
		claims[k] = v
	}
	life := d.life
	if life == 0 {
		life = 3600
	}
	refresh := ""
	if slices.Contains(strings.Fields(form.Get("scope")), "offline_access") {
		refresh = fmt.Sprint(testRefresh, d.issued)
	}
	part := func(v string) string { return base64.RawURLEncoding.EncodeToString([]byte(v)) }
	return 200, map[string]any{
		"token_type": "Bearer", "expires_in": life, "access_token": unsignedJWT(claims), "refresh_token": refresh,
		"scope": form.Get("scope") + " https://graph.microsoft.com/User.Read.All",
		"id_token": unsignedJWT(map[string]any{
			"oid": testUser, "tid": testTenant, "preferred_username": "admin@agency.gov", "name": "Ada Admin",
			"sub": "s",
		}),
		"client_info": part(`{"uid":"` + testUser + `","utid":"` + testTenant + `"}`),
	}
}

func refusedGrant(kind string, code int, text string) (int, any) {
	return 400, map[string]any{
		"error": kind, "error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: trace-1", code, text),
		"error_codes": []int{code}, "trace_id": "trace-1", "correlation_id": "corr-1",
	}
}

// count is how many calls of the method went to addresses with part in them.
func (d *fakeSignIn) count(method, part string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, c := range d.requests {
		if c.Method == method && strings.Contains(c.URL, part) {
			n++
		}
	}
	return n
}

func (d *fakeSignIn) client(t testing.TB, log io.Writer) *Client {
	t.Helper()
	c, _ := CloudNamed(Commercial)
	o := Options{Transport: inMemory(d.ServeHTTP)}
	if log != nil {
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return New(c, o)
}

// browser stands for the browser at the sign-in page: it posts the callback that
// back makes from the page's parameters.
func (d *fakeSignIn) browser(t testing.TB, back func(asked url.Values) url.Values) func(context.Context, string) error {
	return func(_ context.Context, page string) error {
		u, err := url.Parse(page)
		if err != nil {
			return err
		}
		d.mu.Lock()
		d.pageQuery = u.Query()
		d.mu.Unlock()
		status, text, _, err := callBack(u.Query().Get("redirect_uri"), back(u.Query()))
		if err != nil || status != 200 || !strings.Contains(text, pageDone) {
			t.Errorf("the browser ended on %d %q, %v", status, text, err)
		}
		return nil
	}
}

// successfulCallback is the callback of a successful sign-in.
func successfulCallback(asked url.Values) url.Values {
	return url.Values{"code": {testCode}, "state": {asked.Get("state")}, "session_state": {"x"}}
}

// plain is an HTTP client that keeps no connection.
var plain = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}

// callBack posts a form as the browser does on its way back.
func callBack(address string, form url.Values) (status int, text string, h http.Header, err error) {
	resp, err := plain.PostForm(address, form)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), resp.Header, err
}

// adminOf is an Admin without a sign-in.
func adminOf(c *Client) *Admin {
	held := readAdminToken(secret.New(unsignedJWT(map[string]any{
		"tid": testTenant, "oid": testUser, "wids": []string{roleGlobal},
	})), time.Now().Add(time.Hour))
	return newAdmin(c, held, nil)
}
