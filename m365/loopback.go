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

// MSAL has a server for the browser's redirect (v1.10.1, AcquireTokenInteractive,
// apps/internal/local). It is not used, because its source, and tests against
// it, show that:
//
//   - it accepts an error without checking the state, and any GET or wrong state
//     ends the sign-in: every page or program that can reach the port can end it;
//   - its answer to a wrong state contains the right one;
//   - it shows the error's text on the page (escaped);
//   - it listens on one address family of "localhost", so that another program
//     can hold the same port of the other one;
//   - it shuts down without a deadline: one client that does not finish its
//     request keeps the sign-in from ending, even after it was cancelled.
//
// MSAL still requests the tokens, with the code that arrives here.

const (
	maxCallback     = 64 << 10 // bytes of a callback's body; a code has about 2,000
	callbackTimeout = 10 * time.Second
	portTries       = 10
)

// loopback waits for the redirect from the sign-in page, on the loopback
// interface only, and accepts one callback with the right state.
type loopback struct {
	port      int
	state     string
	server    *http.Server
	callbacks chan url.Values // receives the accepted callback
	serving   sync.WaitGroup
	// handling is locked for reading by each request, so that close can wait for all.
	handling sync.RWMutex

	mu            sync.Mutex
	callbackTaken bool
}

// listenLoopback opens the port in both address families, if there are both: a
// browser can try either for "localhost", and another program could listen on
// the one that is left free.
func listenLoopback(ctx context.Context, state string) (*loopback, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // net does not check it here
	}
	listeners, port, err := loopbackPorts(ctx)
	if err != nil {
		return nil, fmt.Errorf("listening for the browser: %w", err)
	}
	l := &loopback{port: port, state: state, callbacks: make(chan url.Values, 1)}
	l.server = &http.Server{
		Handler:           l,
		ReadHeaderTimeout: callbackTimeout, ReadTimeout: callbackTimeout, WriteTimeout: callbackTimeout,
		IdleTimeout: callbackTimeout,
		ErrorLog:    log.New(io.Discard, "", 0), // net/http would write about its clients to the screen
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
		failed = errors.Join(err, four.Close()) // another program has the port of the other family
	}
	return nil, 0, failed
}

// hasIPv6 says whether this machine has the address ::1. Error texts differ
// between systems, so this is how a port in use is told from a missing family.
func hasIPv6(ctx context.Context) bool {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp6", "[::1]:0")
	return err == nil && l.Close() == nil
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// redirectURI is the redirect URI of the sign-in. It says localhost, for which
// Entra ignores the port; for 127.0.0.1 it does not
// (https://learn.microsoft.com/entra/identity-platform/reply-url).
func (l *loopback) redirectURI() string { return "http://localhost:" + strconv.Itoa(l.port) }

// close stops the server: no listener, connection or goroutine remains.
func (l *loopback) close() {
	_ = l.server.Close() // the callback's page has been flushed; other requests need no answer
	l.serving.Wait()
	l.handling.Lock()
	defer l.handling.Unlock()
}

// ServeHTTP handles one request to the port. Only a callback with the right state
// ends the wait, with a code or an error. Everything else is refused and changes
// nothing, so that nobody without the state can end a sign-in or inject a code.
func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.handling.RLock()
	defer l.handling.RUnlock()
	form, status := l.callback(w, r)
	if status == http.StatusOK && !l.takeFirst() {
		status = http.StatusConflict
	}
	answerBrowser(w, status)
	if status == http.StatusOK {
		l.callbacks <- form // never blocks: there is one callback, and room for it
	}
}

// callback reads a request and returns the status to answer with.
func (l *loopback) callback(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	// A foreign page can point its own host name at 127.0.0.1, but cannot forge this header.
	if !strings.EqualFold(r.Host, "localhost:"+strconv.Itoa(l.port)) || r.URL.Path != "/" {
		return nil, http.StatusNotFound
	}
	// With response_mode=form_post the code is never part of an address, which
	// the browser's history would keep.
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		kind != "application/x-www-form-urlencoded" {
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

// hasState compares the state in constant time. It must be given exactly once.
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

// The pages are fixed texts that contain nothing of the request. Only the
// terminal says whether the sign-in succeeded.
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

// answerBrowser writes a page that runs no script, loads nothing, is not cached
// and closes its connection. It is flushed, so that the server can be closed as
// soon as the callback is there.
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
	_, _ = io.WriteString(w, page) // the browser may be gone
	_ = http.NewResponseController(w).Flush()
}
