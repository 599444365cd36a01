package m365

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/google/uuid"
)

// Options are how the wire reaches the outside. The zero Options are usable.
type Options struct {
	Transport http.RoundTripper // nil: the program's own, with the system's proxy and trust store
	Log       *slog.Logger      // nil: nothing is logged
	Now       func() time.Time  // nil: time.Now
	UserAgent string            // empty: "palmail"
}

const (
	maxAnswer    = 1 << 20          // bytes of an answer that are read at most
	answerLimit  = 30 * time.Second // for one request and its whole answer
	callLimit    = 2 * time.Minute  // for a call with all its retries
	retryDelay   = 500 * time.Millisecond
	maxWait      = 20 * time.Second // a longer Retry-After is left to the caller, who can show the wait
	maxRetries   = 3
	headerSentID = "client-request-id"
)

// wire carries every request of this package: through one retry policy and
// one transport, each answer bounded before anything reads it.
type wire struct {
	transport http.RoundTripper
	log       *slog.Logger
	now       func() time.Time
	agent     string
	pipeline  runtime.Pipeline
}

func newWire(o Options) *wire {
	w := &wire{transport: o.Transport, log: o.Log, now: o.Now, agent: o.UserAgent}
	if w.transport == nil {
		w.transport = sharedTransport()
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.agent == "" {
		w.agent = "palmail"
	}
	// azcore's telemetry is a User-Agent that names the SDK; ours names the program.
	w.pipeline = runtime.NewPipeline("palmail/m365", "", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: w,
		Telemetry: policy.TelemetryOptions{Disabled: true},
	})
	return w
}

// patience says what may be repeated.
type patience int

const (
	// repeatable calls change nothing, or the same thing, when they are made twice.
	repeatable patience = iota
	// unrepeatable calls are made again only where the answer says that
	// nothing was done.
	unrepeatable
	// once is for a look at the network, which wants to know how it is now.
	once
)

func (p patience) options() policy.RetryOptions {
	o := policy.RetryOptions{MaxRetries: maxRetries, TryTimeout: answerLimit, RetryDelay: retryDelay, MaxRetryDelay: maxWait}
	if p == once {
		o.MaxRetries = -1 // azcore's way to say none
	}
	o.ShouldRetry = func(resp *http.Response, err error) bool {
		if err != nil {
			return p == repeatable && mayPass(err)
		}
		switch resp.StatusCode {
		case http.StatusTooManyRequests:
			return true
		case http.StatusServiceUnavailable:
			return p == repeatable || resp.Header.Get("Retry-After") != ""
		case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
			return p == repeatable
		}
		return false
	}
	return o
}

// answer is what came back, whatever its status.
type answer struct {
	status int // 0 when nothing came
	header http.Header
	body   []byte // at most maxAnswer bytes
	host   string
	path   string
	sentID string // the client-request-id that went out
	// pending is true when the request may have been carried out although no
	// answer says so.
	pending bool
}

// flight watches one call through its retries.
type flight struct{ pending bool }

type flightKey struct{}

// exchange makes one call. The error is the Go error below a call that got no
// (whole) answer; the answer then holds what is known all the same.
func (w *wire) exchange(ctx context.Context, req *http.Request, p patience) (answer, error) {
	a := answer{host: req.URL.Host, path: req.URL.Path}
	if req.Header.Get(headerSentID) == "" {
		req.Header.Set(headerSentID, uuid.NewString())
	}
	a.sentID = req.Header.Get(headerSentID)

	bounded, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	f := &flight{}
	bounded = context.WithValue(policy.WithRetryOptions(bounded, p.options()), flightKey{}, f)
	call, err := runtime.NewRequestFromRequest(req.WithContext(bounded))
	if err != nil {
		return a, fmt.Errorf("making the request: %w", err)
	}
	resp, err := w.pipeline.Do(call) //nolint:bodyclose // azcore reads and closes the body before it returns
	a.pending = f.pending
	if resp != nil {
		a.status, a.header = resp.StatusCode, resp.Header
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return a, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return a, fmt.Errorf("no whole answer within %s: %w", answerLimit, err)
	case err != nil:
		return a, err
	}
	a.body, err = runtime.Payload(resp) // read already, by the pipeline
	return a, err
}

// Do sends one try of a call: azcore's transport. Redirects are not followed,
// here or anywhere above: no token or Graph call is ever answered by one, and
// the secret or the mail must not follow wherever a captive portal points.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	var trace tracing
	out := req.Clone(httptrace.WithClientTrace(req.Context(), trace.hooks()))
	out.Header.Set("User-Agent", w.agent)
	if out.Host == "" {
		out.Host = out.URL.Host // MSAL leaves it out, which http.Transport minds less than others do
	}
	f, _ := req.Context().Value(flightKey{}).(*flight)
	if f == nil {
		f = &flight{}
	}
	started := time.Now()
	f.pending = true
	resp, err := w.transport.RoundTrip(out)
	if err == nil && resp == nil {
		err = errors.New("the transport returned neither an answer nor an error")
	}
	if err != nil {
		f.pending = !trace.unsent() && !neverSent(err)
		w.logTry(req, nil, err, time.Since(started))
		return nil, err
	}
	f.pending = false
	w.logTry(req, resp, nil, time.Since(started))
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	resp.Body = limited{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	if resp.ContentLength > maxAnswer {
		resp.ContentLength = -1
	}
	return resp, nil
}

// limited ends an answer at maxAnswer bytes. It ends it silently, so that the
// beginning of an endless page can still be shown and recognised; cut JSON
// is refused as malformed by whoever parses it.
type limited struct {
	io.Reader
	io.Closer
}

// tracing knows whether anything of a request was put on a connection. Only
// http.Transport tells; of others nothing is known.
type tracing struct{ asked, wrote atomic.Bool }

func (t *tracing) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:          func(string) { t.asked.Store(true) },
		WroteHeaderField: func(string, []string) { t.wrote.Store(true) },
	}
}

func (t *tracing) unsent() bool { return t.asked.Load() && !t.wrote.Load() }

// logTry logs what a ticket needs, and nothing that a secret could be in: no
// body, no headers but the ids, no query.
func (w *wire) logTry(req *http.Request, resp *http.Response, err error, took time.Duration) {
	ctx := req.Context()
	if !w.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method), slog.String("host", req.URL.Host), slog.String("path", req.URL.Path),
		slog.Duration("took", took), slog.String("client_request_id", req.Header.Get(headerSentID)),
	}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("request_id", clip(ctx, requestID(resp.Header))))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", scrub(ctx, err.Error())))
	}
	w.log.LogAttrs(ctx, slog.LevelDebug, "exchange", attrs...)
}
