package m365

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
)

var testMail = Mail{
	To: "admin@agency.gov", Subject: "palmail test K7Q2", Text: "A test.\nCode K7Q2", HTML: "<p>A test.</p>",
	SaveToSentItems: true,
}

func TestProbeSend(t *testing.T) {
	for name, x := range map[string]struct {
		status  int
		code    string
		allowed bool
	}{
		"no recipients": {400, "ErrorInvalidRecipients", true},
		"its kin":       {400, "ErrorMissingRecipients", true},
		"accepted":      {202, "", true},
		"not granted":   {403, "ErrorAccessDenied", false},
		"no mailbox":    {404, "ErrorInvalidUser", false},
		"on premises":   {404, "MailboxNotEnabledForRESTAPI", false},
		"other fault":   {400, "ErrorInvalidRequest", false},
		"bad token":     {401, "InvalidAuthenticationToken", false},
		"not by status": {403, "ErrorInvalidRecipients", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &fakeService{graph: func(w http.ResponseWriter, _ *http.Request) {
				if x.code == "" {
					w.WriteHeader(x.status)
					return
				}
				graphError(w, x.status, x.code, "What it is.")
			}}
			c := commercialClient(t, inMemory(s.ServeHTTP))
			err := c.ProbeSend(t.Context(), tokenFor(t, c), testMailbox)
			if (err == nil) != x.allowed {
				t.Errorf("ProbeSend: %v", err)
			}
			if err != nil {
				f := failureOf(t, err)
				if f.Stage != diagnose.StageSend || f.Status != x.status || f.RequestID != "req-1" ||
					!strings.Contains(f.Body, x.code) || SendUnclear(err) {
					t.Errorf("failure %+v", f)
				}
			}
			var sent map[string]any
			call := s.last()
			if err := json.Unmarshal([]byte(call.Body), &sent); err != nil ||
				call.URL != "https://graph.microsoft.com/v1.0/users/noreply@agency.gov/sendMail" {
				t.Fatalf("%v at %s", err, call.URL)
			}
			if to := sent["message"].(map[string]any)["toRecipients"]; len(to.([]any)) != 0 {
				t.Errorf("the check has recipients: %v", to)
			}
		})
	}
}

func TestSendMailAccepted(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	got, err := c.SendMail(t.Context(), tokenFor(t, c), testMailbox, testMail)
	if err != nil || got.RequestID != "req-1" || !IsGUID(got.CorrelationID) || got.At.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if h := s.last().Header; h.Get("Client-Request-Id") != got.CorrelationID ||
		!strings.HasPrefix(h.Get("Authorization"), "Bearer eyJ") {
		t.Errorf("headers %v", h)
	}
}

// mailParts reads a mail back with the standard library.
func mailParts(t *testing.T, call recordedRequest) (*mail.Message, map[string]string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(call.Body)
	if err != nil || call.Header.Get("Content-Type") != "text/plain" {
		t.Fatalf("%v, type %q", err, call.Header.Get("Content-Type"))
	}
	for i, b := range raw {
		if b == '\n' && (i == 0 || raw[i-1] != '\r') {
			t.Fatalf("a bare line feed at %d of %q", i, raw)
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	found := map[string]string{}
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		p, err := r.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return msg, found
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		found[p.Header.Get("Content-Type")] = string(body)
	}
}

func TestMailReadsBack(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	m := Mail{
		To: "admin@agency.gov", Subject: "Prüfung – 日本語 K7Q2\r\nBcc: evil@example.com",
		Text: "Grüße, 日本語.\nA line of = signs and trailing spaces   \n" + strings.Repeat("long ", 60) + "\n.\n",
		HTML: "<p>Grüße &amp; <a href=\"https://x/?a=b\">日本語</a></p>", SaveToSentItems: true,
	}
	if _, err := c.SendMail(t.Context(), tokenFor(t, c), testMailbox, m); err != nil {
		t.Fatal(err)
	}
	msg, found := mailParts(t, s.last())
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != m.Subject || msg.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, %v, Bcc %q", subject, err, msg.Header.Get("Bcc"))
	}
	if got := msg.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted is %q", got)
	}
	for key, want := range map[string]string{"From": testMailbox, "To": m.To} {
		if list, err := msg.Header.AddressList(key); err != nil || len(list) != 1 || list[0].Address != want {
			t.Errorf("%s is %v, %v", key, list, err)
		}
	}
	if at, err := msg.Header.Date(); err != nil || time.Since(at) > time.Minute {
		t.Errorf("date %v, %v", at, err)
	}
	if len(found) != 2 || strings.ReplaceAll(found["text/plain; charset=utf-8"], "\r\n", "\n") != m.Text ||
		found["text/html; charset=utf-8"] != m.HTML {
		t.Errorf("parts %q", found)
	}
	m.HTML = ""
	if _, err := c.SendMail(t.Context(), tokenFor(t, c), testMailbox, m); err != nil {
		t.Fatal(err)
	}
	if _, found := mailParts(t, s.last()); len(found) != 1 || found["text/plain; charset=utf-8"] == "" {
		t.Errorf("parts %q", found)
	}
}

func TestMailWithoutACopy(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	m := testMail
	m.SaveToSentItems = false
	for _, html := range []string{"<p>A test.</p>", ""} {
		m.HTML = html
		if _, err := c.SendMail(t.Context(), tokenFor(t, c), testMailbox, m); err != nil {
			t.Fatal(err)
		}
		var call sendMail
		if err := json.Unmarshal([]byte(s.last().Body), &call); err != nil {
			t.Fatal(err)
		}
		want := itemBody{"HTML", html}
		if html == "" {
			want = itemBody{"Text", m.Text}
		}
		if call.SaveToSentItems || call.Message.Body != want ||
			call.Message.ToRecipients[0].EmailAddress.Address != m.To {
			t.Errorf("%+v", call)
		}
	}
}

func TestMailToNobody(t *testing.T) {
	s := &fakeService{}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	tok := tokenFor(t, c)
	before := len(s.requests)
	for _, to := range []string{"", "admin", "a@b.c\r\nBcc: d@e.f", "a@b.c, d@e.f"} {
		_, err := c.SendMail(t.Context(), tok, testMailbox, Mail{To: to, Text: "x", SaveToSentItems: true})
		if failureOf(t, err); SendUnclear(err) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if _, err := c.SendMail(t.Context(), Token{}, testMailbox, testMail); err == nil {
		t.Error("sent without a token")
	}
	if len(s.requests) != before {
		t.Errorf("asked %v", s.requests[before:])
	}
}

// sendMailThrough runs SendMail in fake time; send answers the sendMail calls.
func sendMailThrough(t *testing.T,
	send func(tries int, r *http.Request) (*http.Response, error)) (tries int, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeService{}
		c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/sendMail") {
				return inMemory(s.ServeHTTP)(r)
			}
			tries++
			return send(tries, r)
		}))
		tok := tokenFor(t, c)
		started := time.Now()
		_, err = c.SendMail(t.Context(), tok, testMailbox, testMail)
		took = time.Since(started)
	})
	return tries, took, err
}

func answeringWith(status int, header map[string]string) func(int, *http.Request) (*http.Response, error) {
	return func(_ int, r *http.Request) (*http.Response, error) {
		return inMemory(func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			if status >= 400 {
				graphError(w, status, "What", "it is")
				return
			}
			w.WriteHeader(status)
		})(r)
	}
}

func TestSendMailWhatIsRepeatedAndWhatIsUnclear(t *testing.T) {
	failing := func(err error) func(int, *http.Request) (*http.Response, error) {
		return func(int, *http.Request) (*http.Response, error) { return nil, err }
	}
	for name, x := range map[string]struct {
		send    func(int, *http.Request) (*http.Response, error)
		tries   int
		unclear bool
		ok      bool
	}{
		"answer lost":      {failing(io.ErrUnexpectedEOF), 1, true, false},
		"connection reset": {failing(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), 1, true, false},
		"never connected":  {failing(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), 1, false, false},
		"name not found": {
			failing(&net.DNSError{Name: "graph.microsoft.com", IsNotFound: true}), 1, false, false,
		},
		"proxy refused":             {failing(&ProxyError{Status: 407, Proxy: "proxy:8080"}), 1, false, false},
		"403":                       {answeringWith(403, nil), 1, false, false},
		"500":                       {answeringWith(500, nil), 1, true, false},
		"502":                       {answeringWith(502, nil), 1, true, false},
		"504":                       {answeringWith(504, nil), 1, true, false},
		"503 without a time":        {answeringWith(503, nil), 1, false, false},
		"503 with one":              {answeringWith(503, map[string]string{"Retry-After": "2"}), 4, false, false},
		"429":                       {answeringWith(429, map[string]string{"Retry-After": "3"}), 4, false, false},
		"429 for longer than we do": {answeringWith(429, map[string]string{"Retry-After": "300"}), 1, false, false},
		"a redirect": {
			answeringWith(302, map[string]string{"Location": "https://portal.example/"}), 1, false, false,
		},
		"200 is not accepted": {answeringWith(200, nil), 1, false, false},
		"accepted, then broken off": {
			func(_ int, r *http.Request) (*http.Response, error) { return cutAnswer(r, 202), nil }, 1, false, true,
		},
		"refused, then broken off": {
			func(_ int, r *http.Request) (*http.Response, error) { return cutAnswer(r, 403), nil }, 1, false, false,
		},
		"429 once": {
			firstThen(answeringWith(429, map[string]string{"Retry-After": "3"}), answeringWith(202, nil)), 2, false,
			true,
		},
		"429 once, then answer lost": {
			firstThen(answeringWith(429, map[string]string{"Retry-After": "3"}), failing(io.EOF)), 2, true, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tries, _, err := sendMailThrough(t, x.send)
			if tries != x.tries || SendUnclear(err) != x.unclear || (err == nil) != x.ok {
				t.Errorf("%d tries, unclear %v: %v", tries, SendUnclear(err), err)
			}
			if err != nil {
				failureOf(t, err)
			}
		})
	}
}

func firstThen(a, b func(int, *http.Request) (*http.Response, error)) func(int, *http.Request) (*http.Response, error) {
	return func(tries int, r *http.Request) (*http.Response, error) {
		if tries == 1 {
			return a(tries, r)
		}
		return b(tries, r)
	}
}

// cutAnswer is an answer whose body is cut off.
func cutAnswer(r *http.Request, status int) *http.Response {
	body := io.MultiReader(strings.NewReader("x"), failingReader{})
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), Request: r}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRetryAfterIsHonoured(t *testing.T) {
	tries, took, err := sendMailThrough(t, firstThen(answeringWith(429, map[string]string{"Retry-After": "7"}),
		answeringWith(202, nil)))
	if err != nil || tries != 2 || took < 7*time.Second || took > 8*time.Second {
		t.Errorf("%v after %d tries in %s", err, tries, took)
	}
	_, took, err = sendMailThrough(t, answeringWith(429, map[string]string{"Retry-After": "300"}))
	if f := failureOf(t, err); f.RetryAfter != 300*time.Second || took > time.Second {
		t.Errorf("Retry-After %s, after %s", f.RetryAfter, took)
	}
}

func TestSendMailCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeService{}
		ctx, cancel := context.WithCancel(t.Context())
		busy := false
		c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/sendMail") {
				return inMemory(s.ServeHTTP)(r)
			}
			if busy {
				time.AfterFunc(time.Second, cancel) // while the next try is waited for
				return answeringWith(429, map[string]string{"Retry-After": "10"})(1, r)
			}
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		tok := tokenFor(t, c)
		if _, err := c.SendMail(ctx, tok, testMailbox, testMail); !errors.Is(err, context.Canceled) ||
			!SendUnclear(err) {
			t.Errorf("on its way: %v, unclear %v", err, SendUnclear(err))
		}
		if _, err := c.SendMail(ctx, tok, testMailbox, testMail); !errors.Is(err, context.Canceled) ||
			SendUnclear(err) {
			t.Errorf("before it left: %v, unclear %v", err, SendUnclear(err))
		}
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		busy = true
		if _, err := c.SendMail(ctx, tok, testMailbox, testMail); !errors.Is(err, context.Canceled) ||
			SendUnclear(err) {
			t.Errorf("between tries: %v, unclear %v", err, SendUnclear(err))
		}
	})
}
