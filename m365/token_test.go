package m365

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"palmail/diagnose"
	"palmail/secret"
)

func TestAppToken(t *testing.T) {
	s := &fakeService{roles: []string{"Mail.Send", "Mail.Read"}}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	tok := tokenFor(t, c)
	if !tok.HasMailSend() || tok.TenantID != testTenant || tok.AppID != testApp ||
		tok.Audience != "https://graph.microsoft.com" ||
		!tok.Expires.Equal(time.Unix(1_900_000_000, 0)) {
		t.Errorf("%+v", tok)
	}
	form, err := url.ParseQuery(s.last().Body)
	if err != nil || strings.Fields(form.Get("scope"))[0] != "https://graph.microsoft.com/.default" ||
		form.Get("grant_type") != "client_credentials" || form.Get("client_secret") != testSecret {
		t.Errorf("asked with %v, %v", form, err)
	}
	if s.last().Header.Get("client-request-id") == "" || s.last().Header.Get("User-Agent") != "palmail" {
		t.Errorf("headers %v", s.last().Header)
	}
	if text := fmt.Sprintf("%+v %#v", tok, tok); strings.Contains(text, "eyJ") {
		t.Errorf("the token prints itself: %s", text)
	}
}

func TestEveryTokenIsNew(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	if tokenFor(t, c).HasMailSend() {
		t.Fatal("a role from nowhere")
	}
	s.roles = []string{MailSend} // consent is given
	if !tokenFor(t, c).HasMailSend() {
		t.Error("the second token is the first one")
	}
	if err := c.ProveApp(t.Context(), testTenant, testApp); err != nil {
		t.Error(err)
	}
	if n := s.count("POST", "/oauth2/v2.0/token"); n != 3 {
		t.Errorf("%d token requests, want 3", n)
	}
	if n := s.count("GET", metadataPath); n > 1 {
		t.Errorf("the metadata was asked for %d times", n)
	}
	if n := s.count("GET", "/common/discovery"); n != 0 {
		t.Error("instance discovery was made")
	}
}

// Answers of the token endpoint, with ProveApp's conclusion.
var tokenAnswers = []struct {
	code   int
	status int
	kind   string
	exists bool
}{
	{7000215, 401, "invalid_client", true},
	{7000222, 401, "invalid_client", true},
	{50012, 401, "invalid_client", true},
	{700016, 400, "unauthorized_client", false},
	{7000216, 401, "invalid_client", false},
	{7000218, 401, "invalid_client", false},
	{700025, 401, "invalid_client", false},
	{700027, 401, "invalid_client", false},
	{7000229, 401, "invalid_client", false},
	{7000112, 400, "unauthorized_client", false},
	{90002, 400, "invalid_request", false},
	{900023, 400, "invalid_request", false},
	{900382, 400, "invalid_request", false},
	{70011, 400, "invalid_scope", false},
	{53003, 400, "access_denied", false},
}

func TestTokenAnswers(t *testing.T) {
	for _, x := range tokenAnswers {
		t.Run(fmt.Sprint(x.code), func(t *testing.T) {
			s := &fakeService{
				token: func(w http.ResponseWriter, _ *http.Request) {
					signInError(w, x.status, x.kind, x.code, "What it is.")
				},
			}
			c := commercialClient(t, inMemory(s.ServeHTTP))
			if err := c.ProveApp(t.Context(), testTenant, testApp); (err == nil) != x.exists {
				t.Errorf("ProveApp: %v", err)
			}
			if strings.Contains(s.last().Body, testSecret) {
				t.Error("the app was proved with a real secret")
			}
			_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
			f := failureOf(t, err)
			if f.Stage != diagnose.StageToken || f.Status != x.status || !signInCodes(f.Body)[fmt.Sprint(x.code)] ||
				f.Err != nil ||
				f.RequestID != "trace-1" || f.CorrelationID != "corr-1" || f.Host != hostCom || f.Time.IsZero() ||
				!strings.Contains(f.ContentType, "json") {
				t.Errorf("failure %+v", f)
			}
		})
	}
}

func TestSignInCodes(t *testing.T) {
	for in, want := range map[string]string{
		`{"error_codes":[70002,50012]}`:                        "50012",
		`AADSTS7000215: Invalid`:                               "7000215",
		`{"error":"x","error_description":"AADSTS700016: no"}`: "700016",
	} {
		if !signInCodes(in)[want] {
			t.Errorf("%q holds no %s", in, want)
		}
	}
	if got := signInCodes(`{"error_codes":[1],"error_description":"AADSTS7000215"}`); got["7000215"] ||
		len(signInCodes("")) != 0 {
		t.Errorf("%v", got)
	}
}

func TestTokenForSomethingElse(t *testing.T) {
	good := map[string]any{"aud": "https://graph.microsoft.com", "tid": testTenant, "appid": testApp, "exp": 1}
	with := func(key string, v any) map[string]any {
		m := map[string]any{}
		for k, v := range good {
			m[k] = v
		}
		m[key] = v
		return m
	}
	for name, x := range map[string]struct {
		token string
		says  string // "" when it is right
	}{
		"right":             {unsignedJWT(good), ""},
		"by Graph's own ID": {unsignedJWT(with("aud", GraphAppID)), ""},
		"with a slash":      {unsignedJWT(with("aud", "https://graph.microsoft.com/")), ""},
		"a list of one":     {unsignedJWT(with("aud", []string{"https://graph.microsoft.com"})), ""},
		"upper case":        {unsignedJWT(with("tid", strings.ToUpper(testTenant))), ""},
		"another tenant":    {unsignedJWT(with("tid", testApp)), "for the tenant"},
		"another app":       {unsignedJWT(with("appid", testTenant)), "for the app"},
		"another cloud":     {unsignedJWT(with("aud", "https://graph.microsoft.us")), "graph.microsoft.us"},
		"for several":       {unsignedJWT(with("aud", []string{"https://graph.microsoft.com", "x"})), "asked for"},
		"roles as text":     {unsignedJWT(with("roles", "Mail.Send")), "not a JSON Web Token"},
		"opaque":            {"EwBwA8l6BAAU", "not a JSON Web Token"},
		"no base64":         {"a.%.c", "not a JSON Web Token"},
		// The signature is not verified, so an unknown algorithm does not matter.
		"another algorithm": {otherAlgorithm(good), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &fakeService{token: func(w http.ResponseWriter, _ *http.Request) {
				answerJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": x.token})
			}}
			_, err := commercialClient(t, inMemory(s.ServeHTTP)).AppToken(t.Context(), testTenant, testApp,
				secret.New(testSecret))
			if x.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := failureOf(t, err); !strings.Contains(err.Error(), x.says) || f.Stage != diagnose.StageToken ||
				strings.Contains(err.Error(), x.token) {
				t.Errorf("%v, want %q", err, x.says)
			}
		})
	}
}

func TestTokenAnswerIsNoToken(t *testing.T) {
	for name, x := range map[string]struct {
		kind, body string
		err        bool
	}{
		"a page": {"text/html; charset=utf-8", "<!DOCTYPE html><html>Guest network</html>", false},
		"cut": {
			"application/json", `{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0eXAiOiJKV1QiLCJhbGciOi`,
			true,
		},
		"empty":     {"application/json", ``, true},
		"no token":  {"application/json", `{"token_type":"Bearer","expires_in":3599}`, true},
		"not JSON":  {"text/plain", `gateway busy`, true},
		"wrong one": {"application/json", `[1,2]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &fakeService{token: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", x.kind)
				_, _ = w.Write([]byte(x.body))
			}}
			_, err := commercialClient(t, inMemory(s.ServeHTTP)).AppToken(t.Context(), testTenant, testApp,
				secret.New(testSecret))
			f := failureOf(t, err)
			if f.Status != 200 || f.ContentType != x.kind || (f.Err != nil) != x.err ||
				strings.Contains(f.Body, "eyJ") {
				t.Errorf("failure %+v", f)
			}
			if !x.err && f.Body != x.body {
				t.Errorf("the page is lost: %q", f.Body)
			}
		})
	}
}

// A server echoes the request in several forms, and a transport puts it into its
// error: neither the errors nor the debug log contain the secret or the token.
func TestSecretsStayInside(t *testing.T) {
	const odd = `a"b&c=d <secret> ü+%/theValueOfASecret`
	for _, value := range []string{testSecret, odd} {
		for name, answer := range map[string]http.HandlerFunc{
			"400": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("x-ms-request-id", r.PostFormValue("client_secret"))
				answerJSON(w, 400, map[string]any{
					"error": "invalid_request", "error_description": r.PostFormValue("client_secret"),
					"form": r.PostForm.Encode(),
				})
			},
			"200": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				_ = r.ParseForm()
				_, _ = w.Write([]byte(r.PostForm.Encode() + "\n" + r.PostFormValue("client_secret")))
			},
			"302": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "https://portal.example/?"+url.QueryEscape(r.PostFormValue("client_secret")))
				w.WriteHeader(302)
			},
		} {
			t.Run(name, func(t *testing.T) {
				var log bytes.Buffer
				s := &fakeService{token: answer}
				cloud, _ := CloudNamed(Commercial)
				c := New(cloud, Options{
					Transport: inMemory(s.ServeHTTP),
					Log:       slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				})
				_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(value))
				f := failureOf(t, err)
				assertNoSecret(t, log.String()+fmt.Sprintf("%v %+v %#v %s %s", err, err, *f, f.Body, f.RequestID))
				if !strings.Contains(log.String(), "/oauth2/v2.0/token") || !strings.Contains(log.String(), "status=") {
					t.Errorf("the log is %q", log.String())
				}
			})
		}
	}
	t.Run("in an error", func(t *testing.T) {
		var log bytes.Buffer
		cloud, _ := CloudNamed(Commercial)
		c := New(cloud, Options{
			Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return inMemory((&fakeService{}).ServeHTTP)(r)
				}
				return nil, fmt.Errorf("cannot post %s: client_secret=%s", testSecret, url.QueryEscape(testSecret))
			}),
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
		assertNoSecret(t, log.String()+err.Error()+failureOf(t, err).Err.Error())
	})
}

func assertNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, part := range []string{"theValueOfASecret", "eyJ"} {
		if strings.Contains(text, part) {
			t.Errorf("%q got out:\n%s", part, text)
		}
	}
}

func TestTokenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &fakeService{token: func(w http.ResponseWriter, r *http.Request) { cancel() }}
	c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := inMemory(s.ServeHTTP)(r)
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return resp, err
	}))
	_, err := c.AppToken(ctx, testTenant, testApp, secret.New(testSecret))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	failureOf(t, err)
}

func TestTokenWithoutWhatItTakes(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	for _, x := range [][3]string{{"", testApp, testSecret}, {testTenant, "", testSecret}, {testTenant, testApp, ""}} {
		_, err := c.AppToken(t.Context(), x[0], x[1], secret.New(x[2]))
		if f := failureOf(t, err); f.Host != hostCom || f.Err == nil {
			t.Errorf("failure %+v", f)
		}
	}
	if len(s.requests) != 0 {
		t.Errorf("asked %v", s.requests)
	}
}

func FuzzDecodeToken(f *testing.F) {
	f.Add(unsignedJWT(map[string]any{"aud": "x", "tid": testTenant, "roles": []string{"Mail.Send"}, "exp": 1.5}))
	f.Add("a." + base64.RawURLEncoding.EncodeToString([]byte(`{"aud":["x"],"exp":1e300}`)) + ".")
	f.Add("..")
	f.Fuzz(func(t *testing.T, in string) {
		tok, err := decodeToken(secret.New(in))
		if err != nil {
			if !tok.bearer.IsZero() || len(tok.Roles) != 0 {
				t.Fatalf("%q gave %+v and %v", in, tok, err)
			}
			return
		}
		if tok.bearer.Reveal() != in || strings.Count(in, ".") != 2 || tok.Expires.Year() > 40000 {
			t.Fatalf("%q gave %+v", in, tok)
		}
	})
}

// otherAlgorithm returns a token whose header names an unknown algorithm.
func otherAlgorithm(claims map[string]any) string {
	_, rest, _ := strings.Cut(unsignedJWT(claims), ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"PQ9000","typ":"JWT"}`)) + "." + rest
}
