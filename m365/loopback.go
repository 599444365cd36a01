package m365

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MSAL brings a server for the browser to end on (v1.10.1, AcquireTokenInteractive,
// apps/internal/local). It is not used, because of what its source and our
// tests against it show:
//
//   - an answer with an error is taken without a look at its state, any GET at
//     all and any wrong state end the sign-in: whatever page or program reaches
//     the port can end it;
//   - a wrong state is answered with the right one, in words;
//   - the error's text is shown on the page (escaped);
//   - it listens on whatever "localhost" resolves to, on one address family, so
//     that somebody else may hold the same port of the other one;
//   - it shuts down without a deadline, so that one client that never finishes
//     its request keeps the sign-in from ever ending, also after cancelling.
//
// MSAL stays the client for tokens: the code that arrives here is handed to it.

const (
	maxCallback     = 64 << 10 // bytes of a callback's body; a code has about two thousand
	callbackTimeout = 10 * time.Second
	portTries       = 10
)

// loopback waits for the browser to come back from the sign-in page: on the
// loopback interface only, for one callback that knows the state.
type loopback struct {
	port      int
	state     string
	server    *http.Server
	callbacks chan url.Values // holds the one callback
	serving   sync.WaitGroup
	// handling is held for reading by each request, so that close can wait for them.
	handling sync.RWMutex

	mu            sync.Mutex
	callbackTaken bool
}

// listenLoopback opens the port. Both address families are taken where there
// are both, since a browser may try either for "localhost", and what is not
// taken could be somebody else's.
func listenLoopback(ctx context.Context, state string) (*loopback, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // net itself does not look at it here
	}
	listeners, port, err := loopbackPorts(ctx)
	if err != nil {
		return nil, fmt.Errorf("listening for the browser: %w", err)
	}
	l := &loopback{port: port, state: state, callbacks: make(chan url.Values, 1)}
	l.server = &http.Server{
		Handler:           l,
		ReadHeaderTimeout: callbackTimeout, ReadTimeout: callbackTimeout, WriteTimeout: callbackTimeout, IdleTimeout: callbackTimeout,
		ErrorLog: log.New(io.Discard, "", 0), // net/http's complaints about its clients would land on the screen
	}
	for _, listener := range listeners {
		l.serving.Go(func() { _ = l.server.Serve(listener) }) // always ErrServerClosed or the listener's end
	}
	return l, nil
}

func loopbackPorts(ctx context.Context) ([]net.Listener, int, error) {
	var config net.ListenConfig
	var failed error
	for range portTries {
		four, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			six, err6 := config.Listen(ctx, "tcp6", "[::1]:0")
			if err6 != nil {
				return nil, 0, errors.Join(err, err6)
			}
			return []net.Listener{six}, portOf(six), nil
		}
		port := portOf(four)
		six, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
		if err == nil {
			return []net.Listener{four, six}, port, nil
		}
		if !hasIPv6(ctx) {
			return []net.Listener{four}, port, nil
		}
		failed = errors.Join(err, four.Close()) // somebody has the port of the other family
	}
	return nil, 0, failed
}

// hasIPv6 says whether any port of ::1 can be had. Systems word "in use" and
// "no such address family" differently; this tells them apart.
func hasIPv6(ctx context.Context) bool {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp6", "[::1]:0")
	return err == nil && l.Close() == nil
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// redirectURI is where the browser is sent back to. It says localhost: of
// that, Entra ignores the port, and of 127.0.0.1 it does not
// (https://learn.microsoft.com/entra/identity-platform/reply-url).
func (l *loopback) redirectURI() string { return "http://localhost:" + strconv.Itoa(l.port) }

// close ends it at once: no listener, no connection, no goroutine is left.
func (l *loopback) close() {
	_ = l.server.Close() // the callback's page has been flushed; nobody else is owed an answer
	l.serving.Wait()
	l.handling.Lock()
	defer l.handling.Unlock()
}

// ServeHTTP judges one request to the port. Only a callback with the right
// state ends the wait, whether it brings a code or a refusal; everything else
// is refused and changes nothing, so that nobody without the state can end a
// sign-in or put a code of his own into it.
func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.handling.RLock()
	defer l.handling.RUnlock()
	form, status := l.callback(w, r)
	if status == http.StatusOK && !l.takeFirst() {
		status = http.StatusConflict
	}
	answerBrowser(w, status)
	if status == http.StatusOK {
		l.callbacks <- form // has room for the one
	}
}

// callback reads a request and says what to answer it with.
func (l *loopback) callback(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	// A page elsewhere can point a name of its own at 127.0.0.1; it cannot choose this header.
	if !strings.EqualFold(r.Host, "localhost:"+strconv.Itoa(l.port)) || r.URL.Path != "/" {
		return nil, http.StatusNotFound
	}
	// The answer is asked for as a form (response_mode=form_post), so that the
	// code is never part of an address and its history.
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !l.hasState(form["state"]) {
		return nil, http.StatusBadRequest
	}
	return form, http.StatusOK
}

// hasState compares in constant time; the state counts only when it is given once.
func (l *loopback) hasState(states []string) bool {
	return len(states) == 1 && subtle.ConstantTimeCompare([]byte(states[0]), []byte(l.state)) == 1
}

func (l *loopback) takeFirst() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.callbackTaken
	l.callbackTaken = true
	return first
}

// The pages are fixed texts: nothing of the request is in them, and not how
// the sign-in went, which only the terminal says.
const (
	pageDone    = "You can close this page and go back to palmail. It says there how the sign-in went."
	pageRefused = "This is not an answer that palmail is waiting for. Nothing was done with it."
	pageForm    = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>palmail</title></head>
<body><p>%s</p></body>
</html>
`
)

// answerBrowser writes a page that runs nothing, loads nothing, is kept
// nowhere, and is the last on its connection. It is flushed, so that the
// server can be closed the moment the callback is known.
func answerBrowser(w http.ResponseWriter, status int) {
	text := pageRefused
	if status == http.StatusOK {
		text = pageDone
	}
	page := fmt.Sprintf(pageForm, text)
	h := w.Header()
	for _, pair := range [][2]string{
		{"Content-Type", "text/html; charset=utf-8"},
		{"Content-Length", strconv.Itoa(len(page))},
		{"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
		{"Connection", "close"},
	} {
		h.Set(pair[0], pair[1])
	}
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page) // a browser that has gone does not matter
	_ = http.NewResponseController(w).Flush()
}
