package m365

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func newLoopback(t testing.TB) *loopback {
	t.Helper()
	l, err := listenLoopback(t.Context(), randomText())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// requireNobodyListens says whether nothing listens on the port any more, on either address.
func requireNobodyListens(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" {
		t.Fatalf("%q is no callback address", address)
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, u.Port()), time.Second); err == nil {
			conn.Close()
			t.Errorf("%s still listens on port %s", host, u.Port())
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	l := newLoopback(t)
	addresses, err := net.InterfaceAddrs()
	if err != nil && runtime.GOOS == "windows" {
		t.Skip("Wine 10 does not list the network adapters; a real Windows does:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip := a.(*net.IPNet).IP
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), strconv.Itoa(l.port)),
			time.Second); err == nil {
			conn.Close()
			t.Errorf("reached on %s", ip)
		}
	}
	if l.redirectURI() != fmt.Sprintf("http://localhost:%d", l.port) {
		t.Error(l.redirectURI())
	}
}

// No other program can get the same port in the other address family.
func TestLoopbackHoldsBothFamilies(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	six.Close()
	l := newLoopback(t)
	if six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(l.port))); err == nil {
		six.Close()
		t.Error("the same port of ::1 is free for somebody else")
	}
}

// intruders are requests that must be refused.
var intruders = map[string]struct {
	method, path, host, kind string
	body                     func(state string) string
	status                   int
}{
	"a GET with all": {"GET", "/?code=x&state=STATE", "", "", nil, 405},
	"an icon":        {"GET", "/favicon.ico", "", "", nil, 404},
	"another path":   {"POST", "/x", "", form, callbackForm, 404},
	"another host":   {"POST", "/", "evil.example", form, callbackForm, 404},
	"by number":      {"POST", "/", "127.0.0.1", form, callbackForm, 404},
	"no state":       {"POST", "/", "", form, func(string) string { return "code=x" }, 400},
	"an empty state": {"POST", "/", "", form, func(string) string { return "code=x&state=" }, 400},
	"a wrong state":  {"POST", "/", "", form, func(string) string { return "code=x&state=" + randomText() }, 400},
	"a longer state": {"POST", "/", "", form, func(s string) string { return "code=x&state=" + s + "A" }, 400},
	"two states":     {"POST", "/", "", form, func(s string) string { return "code=x&state=y&state=" + s }, 400},
	"an error unsigned": {
		"POST", "/", "", form, func(string) string { return "error=access_denied&error_description=gone" }, 400,
	},
	"state in the query": {"POST", "/?state=STATE", "", form, func(string) string { return "code=x" }, 400},
	"as JSON":            {"POST", "/", "", "application/json", callbackForm, 415},
	"no type":            {"POST", "/", "", "", callbackForm, 415},
	"too long": {
		"POST", "/", "", form, func(s string) string {
			return "state=" + s + "&code=" + strings.Repeat("x", maxCallback)
		}, 400,
	},
	"not a form": {"POST", "/", "", form, func(s string) string { return "state=" + s + "&code=%zz" }, 400},
}

const form = "application/x-www-form-urlencoded"

func callbackForm(state string) string { return "code=x&state=" + state }

func TestForgedCallbacksChangeNothing(t *testing.T) {
	l := newLoopback(t)
	for name, x := range intruders {
		t.Run(name, func(t *testing.T) {
			body := ""
			if x.body != nil {
				body = x.body(l.state)
			}
			req, err := http.NewRequestWithContext(t.Context(), x.method, l.redirectURI()+
				strings.ReplaceAll(x.path, "STATE", l.state), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if x.host != "" {
				req.Host = net.JoinHostPort(x.host, strconv.Itoa(l.port))
			}
			if x.kind != "" {
				req.Header.Set("Content-Type", x.kind)
			}
			resp, err := plain.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			page, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != x.status || !strings.Contains(string(page), pageRefused) ||
				strings.Contains(string(page), l.state) {
				t.Errorf("%d %q", resp.StatusCode, page)
			}
			if len(l.callbacks) != 0 {
				t.Error("it was taken for the callback")
			}
		})
	}
	if status, _, _, err := callBack(l.redirectURI(), url.Values{
		"code": {"good"}, "state": {l.state},
	}); status != 200 || err != nil {
		t.Fatalf("after all of them the right one got %d, %v", status, err)
	}
	if got := <-l.callbacks; got.Get("code") != "good" {
		t.Errorf("%v", got)
	}
}

func TestSecondCallbackIsRefused(t *testing.T) {
	l := newLoopback(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for i := range 8 {
		wait.Go(func() {
			status, _, _, err := callBack(l.redirectURI(), url.Values{"code": {strconv.Itoa(i)}, "state": {l.state}})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			answers[status]++
			mu.Unlock()
		})
	}
	wait.Wait()
	<-l.callbacks // comes right behind its answer
	if answers[200] != 1 || answers[409] != 7 || len(l.callbacks) != 0 {
		t.Errorf("answers %v, %d more taken", answers, len(l.callbacks))
	}
}

func TestPageIsFinalAndSaysNothing(t *testing.T) {
	var pages []string
	for _, back := range []url.Values{
		{"code": {"theValueOfACode"}},
		{"error": {"<script>alert(1)</script>"}, "error_description": {"theValueOfAnError"}},
	} {
		l := newLoopback(t)
		back.Set("state", l.state)
		status, text, h, err := callBack(l.redirectURI(), back)
		if err != nil || status != 200 {
			t.Fatal(status, err)
		}
		pages = append(pages, text)
		for _, leak := range []string{"theValue", "script", l.state, "href", "src", "http"} {
			if strings.Contains(text, leak) {
				t.Errorf("%q is on the page:\n%s", leak, text)
			}
		}
		for key, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Content-Type": "text/html; charset=utf-8", "Location": "", "Refresh": "", "Set-Cookie": "",
			"Access-Control-Allow-Origin": "",
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s is %q", key, got)
			}
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none';") {
			t.Errorf("policy %q", h.Get("Content-Security-Policy"))
		}
	}
	if pages[0] != pages[1] {
		t.Error("the page tells a refusal from a sign-in")
	}
}

// A client that never finishes its request does not keep the sign-in from ending.
func TestLoopbackClosesOnStalledClients(t *testing.T) {
	l := newLoopback(t)
	for _, start := range []string{
		"", "POST / HTTP/1.1\r\nHost: localhost\r\n",
		fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\nsta",
			l.port, form),
	} {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(l.port)))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, start); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan struct{})
	go func() { l.close(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(callbackTimeout - time.Second):
		t.Fatal("close waits for clients")
	}
	requireNobodyListens(t, l.redirectURI())
}

// The page arrives complete although the server closes right after the callback.
func TestPageArrivesBeforeTheEnd(t *testing.T) {
	for range 50 {
		l := newLoopback(t)
		ended := make(chan struct{})
		go func() { <-l.callbacks; l.close(); close(ended) }()
		status, text, _, err := callBack(l.redirectURI(), url.Values{"code": {"x"}, "state": {l.state}})
		if err != nil || status != 200 || !strings.HasSuffix(text, "</html>\n") {
			t.Fatalf("%d %q %v", status, text, err)
		}
		<-ended
	}
}

func TestLoopbackCancelledBeforeItListens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err := listenLoopback(ctx, "x"); err == nil {
		l.close()
		t.Error("it listens all the same")
	}
}

// Only a form with the state is accepted. The page is one of two texts and
// contains nothing of the request.
func FuzzCallback(f *testing.F) {
	const state = "s3cretstate_s3cretstate_s3cretstate_s3cre"
	for _, x := range intruders {
		body := ""
		if x.body != nil {
			body = x.body(state)
		}
		f.Add(x.method, x.path, "localhost:4242", x.kind, body)
	}
	f.Add("POST", "/", "localhost:4242", form, callbackForm(state))
	f.Add("POST", "/", "LOCALHOST:4242", form+"; charset=utf-8", "state="+state+
		"&error=access_denied&error_description=%3Cb%3E")
	f.Fuzz(func(t *testing.T, method, path, host, kind, body string) {
		raw := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", method,
			path, host, kind, len(body), body)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return // net/http itself refuses it
		}
		l := &loopback{port: 4242, state: state, callbacks: make(chan url.Values, 1)}
		for range 2 {
			rec := httptest.NewRecorder()
			l.ServeHTTP(rec, r)
			r.Body = io.NopCloser(strings.NewReader(body))
			page := rec.Body.String()
			if page != fmt.Sprintf(pageForm, pageDone) && page != fmt.Sprintf(pageForm, pageRefused) ||
				(rec.Code == 200) != strings.Contains(page, pageDone) {
				t.Fatalf("%d %q", rec.Code, page)
			}
		}
		select {
		case got := <-l.callbacks:
			if r.Method != http.MethodPost || r.URL.Path != "/" || !strings.EqualFold(r.Host, "localhost:4242") ||
				!bytes.Contains([]byte(got.Encode()), []byte("state="+state)) || len(got["state"]) != 1 ||
				!strings.Contains(body, "state") {
				t.Fatalf("%q was taken: %v", raw, got)
			}
		default:
		}
		if len(l.callbacks) != 0 {
			t.Fatal("two were taken")
		}
	})
}
