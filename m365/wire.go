package m365

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"palmail/m365/proxy"
)

// Options configure the connections to Microsoft. The zero Options are usable.
type Options struct {
	Transport http.RoundTripper // nil: the program's own, with the system's trust store and Proxy
	Proxy     proxy.Setting     // for the program's own transport; the zero Setting follows the system
	Log       *slog.Logger      // nil: nothing is logged
	Now       func() time.Time  // nil: time.Now
	UserAgent string            // empty: "palmail"
	// Shared is what Clients and Discover share. nil: those with the program's
	// own transport share one, and any other has its own.
	Shared *Shared
	// Waiting is called before each wait between attempts, with the context of
	// the call, so that a front end can show it. What it returns, if anything, is
	// called when the wait has ended. Both must return immediately, and several
	// goroutines can call them.
	Waiting func(context.Context, Wait) (ended func())
}

// Wait is a wait before the next attempt at a call.
type Wait struct {
	Host     string        // that is called
	Duration time.Duration // of the wait
	Asked    bool          // the service asked for this wait (Retry-After)
	Status   int           // of the answer, e.g. 429; 0 when none came
	Attempt  int           // number of failed attempts
}

const (
	maxAnswer             = 1 << 20          // bytes of an answer that are read
	roundTripTimeout      = 30 * time.Second // for one request and its whole answer
	headerClientRequestID = "client-request-id"
)

// CallTimeout is how long a call takes at most, with all its retries.
const CallTimeout = 2 * time.Minute

// wire makes every request of this package, over one transport, with retries and
// with a limit on the size of each answer.
type wire struct {
	transport http.RoundTripper
	log       *slog.Logger
	now       func() time.Time
	userAgent string
	shared    *Shared
	waiting   func(context.Context, Wait) func()
}

func newWire(o Options) *wire {
	w := &wire{
		transport: o.Transport, log: o.Log, now: o.Now, userAgent: o.UserAgent, shared: o.Shared, waiting: o.Waiting,
	}
	if w.transport == nil {
		w.transport = sharedTransport(o.Proxy)
		if w.shared == nil {
			w.shared = processShared()
		}
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.userAgent == "" {
		w.userAgent = "palmail"
	}
	if w.shared == nil {
		w.shared = NewShared()
	}
	return w
}

// answer is an HTTP answer with any status.
type answer struct {
	status          int // 0: none came
	header          http.Header
	body            []byte // at most maxAnswer bytes
	host            string
	path            string
	clientRequestID string // as it was sent
	// mayBeDone is true if the request may have been carried out although no
	// answer says so.
	mayBeDone bool
	// unreadable is true for a 200 to a read that is not complete JSON: it is
	// empty or cut off.
	unreadable bool
}

// roundTrip makes a call with its retries. Its error means that no complete
// answer came; the answer then holds what is known.
func (w *wire) roundTrip(ctx context.Context, req *http.Request, p retryPolicy) (answer, error) {
	if req.Header.Get(headerClientRequestID) == "" {
		req.Header.Set(headerClientRequestID, uuid.NewString())
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return answer{host: req.URL.Host, path: req.URL.Path}, fmt.Errorf("making the request: %w", err)
		}
	}
	bounded, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	a, err := w.roundTripOnce(bounded, req, body)
	for tries := 1; ; tries++ {
		wait, again := p.delay(a, err, tries, w.now())
		if !again {
			break
		}
		if err = w.pause(bounded, Wait{
			Host: a.host, Duration: wait, Asked: retryAfter(a.header, w.now()) > 0, Status: a.status, Attempt: tries,
		}); err != nil {
			break
		}
		a, err = w.roundTripOnce(bounded, req, body)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return a, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return a, fmt.Errorf("no whole answer within %s: %w", roundTripTimeout, err)
	}
	return a, err
}

// roundTripOnce makes one attempt and reads the answer. Nothing here follows a
// redirect: token and Graph calls are never answered with one, and a secret or a
// mail must not go where a captive portal points.
func (w *wire) roundTripOnce(ctx context.Context, req *http.Request, body []byte) (answer, error) {
	a := answer{host: req.URL.Host, path: req.URL.Path, clientRequestID: req.Header.Get(headerClientRequestID)}
	ctx, cancel := context.WithTimeout(ctx, roundTripTimeout)
	defer cancel()
	var trace sendTrace
	// A new request for each attempt has the whole body, and the Host that MSAL leaves out.
	traced := httptrace.WithClientTrace(ctx, trace.hooks())
	//nolint:gosec // the caller chose the address
	out, err := http.NewRequestWithContext(traced, req.Method, req.URL.String(), bytes.NewReader(body))
	if err != nil {
		return a, fmt.Errorf("making the request: %w", err)
	}
	out.Header = req.Header.Clone()
	out.Header.Set("User-Agent", w.userAgent)
	started, sent := time.Now(), w.now()
	resp, err := w.transport.RoundTrip(out)
	if err == nil && resp == nil {
		err = errors.New("the transport returned neither an answer nor an error")
	}
	took := time.Since(started)
	w.logRoundTrip(out, resp, err, took)
	if err != nil {
		a.mayBeDone = !trace.nothingSent() && !neverSent(err)
		return a, err
	}
	a.status, a.header = resp.StatusCode, resp.Header
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()
	// A longer answer is cut without an error, so that the beginning of an
	// endless page can still be recognised and shown; JSON that was cut fails to
	// decode.
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		w.shared.clock.observe(a, sent, took)
		a.unreadable = isUnreadable(req.Method, a)
	}
	return a, err
}

// isUnreadable says whether an answer to a read lacks its JSON or the rest of it.
// An HTML page is not meant, nor an answer that was cut here for its length.
func isUnreadable(method string, a answer) bool {
	return method == http.MethodGet && a.status == http.StatusOK && len(a.body) < maxAnswer &&
		!isHTML(a) && !json.Valid(a.body)
}

// sendTrace records whether anything of a request was written to a connection.
// Only http.Transport reports that.
type sendTrace struct{ wantsConnection, wroteHeader atomic.Bool }

func (t *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:          func(string) { t.wantsConnection.Store(true) },
		WroteHeaderField: func(string, []string) { t.wroteHeader.Store(true) },
	}
}

func (t *sendTrace) nothingSent() bool { return t.wantsConnection.Load() && !t.wroteHeader.Load() }

// logRoundTrip logs the facts for a support ticket, and nothing that can contain
// a secret: no body, no query, no headers except the IDs.
func (w *wire) logRoundTrip(req *http.Request, resp *http.Response, err error, took time.Duration) {
	ctx := req.Context()
	if !w.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method), slog.String("host", req.URL.Host), slog.String("path", req.URL.Path),
		slog.Duration("took", took), slog.String("client_request_id", req.Header.Get(headerClientRequestID)),
	}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("request_id",
			clip(ctx, requestID(resp.Header))))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", scrub(ctx, err.Error())))
	}
	w.log.LogAttrs(ctx, slog.LevelDebug, "round trip", attrs...)
}
