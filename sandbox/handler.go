package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody is the most that is read of a request: Graph takes 4 MB in one
// request (graph-docs concepts/outlook-large-attachments.md).
const maxBody = 4 << 20

// call is one request, read whole.
type call struct {
	ctx      context.Context
	method   string
	host     string // as asked for, with a port if there was one
	url      *url.URL
	header   http.Header
	body     []byte
	tooLarge bool
	side     side  // foreign: login and Graph share the host
	cloud    cloud // the host's; the tenant's when the host is foreign
	ids      ids
}

// ids are what an answer names for a support ticket.
type ids struct {
	request, client string
}

// answer is one response, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
	sent   int // how much of the body arrives before the connection ends
}

func (a *answer) set(key, value string) {
	// Header keys go out as Microsoft writes them only on HTTP/1.1; their case means nothing.
	a.header.Set(key, value)
}

func newAnswer(status int) answer { return answer{status: status, header: http.Header{}} }

func jsonAnswer(status int, contentType string, v any) answer {
	a := newAnswer(status)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("sandbox: an answer that is no JSON: %v", err))
	}
	a.set("Content-Type", contentType)
	a.body = bytes.TrimRight(buf.Bytes(), "\n")
	return a
}

// ServeHTTP answers for a listener, which must speak TLS since no client of
// Entra accepts anything else. Where the host asked for is not one of
// Microsoft's, sign-in and Graph share it, and every address in an answer is
// built from it: such a host is a cloud of its own.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, lost, err := t.serve(r, r.Host)
	if err != nil || lost {
		// Ends the connection without an answer, and without a line in the server's log.
		panic(http.ErrAbortHandler)
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body[:a.sent]) // the client may be gone; nobody is left to tell
	}
	if a.sent < len(a.body) {
		_ = http.NewResponseController(w).Flush() // as above
		panic(http.ErrAbortHandler)
	}
}

// serve reads a request, carries it out as the weather allows, and returns the
// answer. lost says that the answer must not arrive. The error is the
// context's, or of reading the body.
func (t *Tenant) serve(r *http.Request, host string) (a answer, lost bool, err error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return answer{}, false, err
	}
	c := call{ctx: ctx, method: r.Method, host: host, url: r.URL, header: r.Header, cloud: t.home()}
	if s, of := hostSide(host); s != foreign {
		c.side, c.cloud = s, of
	}
	if r.Body != nil {
		if c.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			return answer{}, false, fmt.Errorf("reading the request: %w", err)
		}
	}
	if len(c.body) > maxBody {
		c.tooLarge, c.body = true, c.body[:maxBody]
	}
	d := t.disturb(&c)
	if err := wait(ctx, d.latency); err != nil {
		return answer{}, false, err
	}
	a = t.carryOut(&c, d)
	a.damage(d.damage)
	a.set("Date", t.now().Format(http.TimeFormat))
	a.set("Content-Length", strconv.Itoa(len(a.body)))
	t.observe(&c, a, d.lost)
	return a, d.lost, nil
}

// damage spoils the body of a successful answer.
func (a *answer) damage(d Damage) {
	a.sent = len(a.body)
	if a.status/100 != 2 || len(a.body) == 0 {
		return
	}
	switch d {
	case Undamaged:
		return
	case CutShort:
		a.body = a.body[:len(a.body)/2]
	case Emptied:
		a.body = nil
	case ReplacedByHTML:
		a.body = []byte("<!doctype html><html><head><title>Sign in to the network</title></head><body><h1>Sign in to " +
			"the network</h1></body></html>")
		a.set("Content-Type", "text/html; charset=utf-8")
	case Severed:
		a.sent = len(a.body) / 2
		return
	}
	a.sent = len(a.body)
}

func (t *Tenant) carryOut(c *call, d disturbance) answer {
	t.mu.Lock()
	c.ids = ids{request: t.guid(), client: c.header.Get("client-request-id")}
	if !isGUID(c.ids.client) {
		c.ids.client = c.ids.request
	}
	t.mu.Unlock()
	if c.side == graphSide || c.side == foreign && isGraphPath(c.url.Path) {
		return t.graph(c, d)
	}
	return t.login(c, d)
}

func isGraphPath(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first == "v1.0" || first == "beta"
}

// segments returns the parts of the path, unescaped.
func (c *call) segments() []string {
	parts := strings.Split(strings.Trim(c.url.EscapedPath(), "/"), "/")
	for i, p := range parts {
		if u, err := url.PathUnescape(p); err == nil {
			parts[i] = u
		}
	}
	return parts
}

// graphHost returns the Graph host that belongs to the host asked for.
func (t *Tenant) graphHost(c *call) string {
	if c.side == foreign {
		return c.host
	}
	return t.home().graph
}
