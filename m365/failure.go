package m365

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"html"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/secret"
)

const (
	maxBody = 64 << 10 // bytes of an answer that a failure keeps
	maxID   = 100      // characters of an id from outside
)

// failure tells what is known about a call that went wrong: a, what came
// back, and err, the Go error below, if any.
func (w *wire) failure(ctx context.Context, stage diagnose.Stage, a answer, err error) *diagnose.Failure {
	f := &diagnose.Failure{
		Stage: stage, Status: a.status, ContentType: clip(ctx, a.header.Get("Content-Type")), Host: a.host,
		RetryAfter: retryAfter(a.header, w.now()), Time: answeredAt(a.header, w.now()).UTC(), Err: scrubError(ctx, err),
	}
	f.Body = bodyText(ctx, a)
	said := idsIn(a.body)
	f.RequestID = clip(ctx, cmp.Or(requestID(a.header), said.requestID))
	f.CorrelationID = clip(ctx, cmp.Or(said.correlationID, a.header.Get(headerClientRequestID), a.clientRequestID))
	var proxy *ProxyError
	if errors.As(err, &proxy) && f.Status == 0 {
		f.Status = proxy.Status
	}
	return f
}

// bodyText is what an answer said, without secrets. Where it was a redirect,
// which nothing followed, its first line says where to.
func bodyText(ctx context.Context, a answer) string {
	const beyond = 8 << 10 // so that nothing that must be masked is cut in two before it is seen
	text := string(a.body[:min(len(a.body), maxBody+beyond)])
	if to := a.header.Get("Location"); to != "" && a.status >= 300 && a.status < 400 {
		text = "Location: " + to + "\n\n" + text
	}
	text = scrub(ctx, strings.ToValidUTF8(text, "\ufffd"))
	return strings.ToValidUTF8(text[:min(len(text), maxBody)], "")
}

type ids struct{ requestID, correlationID string }

// idsIn reads the ids for a support ticket out of an error of the token
// endpoint (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)
// or of Graph (https://learn.microsoft.com/graph/errors).
func idsIn(body []byte) ids {
	var token struct {
		Trace       string `json:"trace_id"`
		Correlation string `json:"correlation_id"`
	}
	if json.Unmarshal(body, &token) == nil && token.Trace+token.Correlation != "" {
		return ids{token.Trace, token.Correlation}
	}
	var graph struct {
		Error struct {
			Inner struct {
				Request string `json:"request-id"`
				Client  string `json:"client-request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &graph) == nil {
		return ids{graph.Error.Inner.Request, graph.Error.Inner.Client}
	}
	return ids{}
}

// requestID is the server's own id: Graph's name for it, or the token endpoint's.
func requestID(h http.Header) string {
	return cmp.Or(h.Get("request-id"), h.Get("x-ms-request-id"))
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, 24*60*60)) * time.Second
	}
	// A date is compared with the answer's own: this machine's clock may be wrong.
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(answeredAt(h, now)), 0), 24*time.Hour)
	}
	return 0
}

// answeredAt is when an answer was given, by the server's clock if it says so
// and by this machine's if not.
func answeredAt(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// isHTML says whether an answer is a page. The services of this package never
// answer with one, except for some of their own gateways' errors.
func isHTML(a answer) bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return true
	}
	start := strings.ToLower(strings.TrimSpace(string(a.body[:min(len(a.body), 512)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// neverSent says whether err itself proves that the request did not go out.
func neverSent(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect") {
		return true
	}
	return failedBeforeServer(err)
}

// failedBeforeServer says whether err arose in finding or trusting the other side.
func failedBeforeServer(err error) bool {
	var (
		dns    *net.DNSError
		proxy  *ProxyError
		verify *tls.CertificateVerificationError
		issuer x509.UnknownAuthorityError
		name   x509.HostnameError
		cert   x509.CertificateInvalidError
		record tls.RecordHeaderError
	)
	return errors.As(err, &dns) || errors.As(err, &proxy) || errors.As(err, &verify) ||
		errors.As(err, &issuer) || errors.As(err, &name) || errors.As(err, &cert) || errors.As(err, &record)
}

// isTransient says whether the same call may work a moment later: after a broken
// connection, but not where the network refuses, and not after the admin has
// waited for a deadline once.
func isTransient(err error) bool {
	var n net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout() || neverSent(err) {
		return false
	}
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op)
}

// unclearError is a send whose outcome nobody knows.
type unclearError struct{ error }

func (u unclearError) Unwrap() error { return u.error }

// SendUnclear says whether err leaves open that the mail was sent all the
// same: the answer was lost, or came from in between. Whoever sends again may
// send twice, so somebody has to look first.
func SendUnclear(err error) bool {
	var u unclearError
	return errors.As(err, &u)
}

type hiddenKey struct{}

// withHidden returns a context whose failures and log lines never hold v.
func withHidden(ctx context.Context, v secret.Value) context.Context {
	hidden, _ := ctx.Value(hiddenKey{}).([]secret.Value)
	return context.WithValue(ctx, hiddenKey{}, append(hidden[:len(hidden):len(hidden)], v))
}

// scrub takes the call's own secrets out of text, in every form in which a
// server could send a request back, and then whatever else looks like one.
func scrub(ctx context.Context, text string) string {
	hidden, _ := ctx.Value(hiddenKey{}).([]secret.Value)
	for _, v := range hidden {
		s := v.Reveal()
		if s == "" {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s), jsonEscaped(s, true), jsonEscaped(s, false), strings.Trim(strconv.QuoteToASCII(s), `"`)} {
			text = strings.ReplaceAll(text, form, secret.Value{}.String())
		}
		text = removeFragments(text, s)
	}
	return clean.Masked(text)
}

// minFragment is how much of a secret, in bytes, must not be left in a text: a
// server may send it back broken over lines.
const minFragment = 8

// removeFragments takes every piece of s out of text.
func removeFragments(text, s string) string {
	if len(s) < minFragment || len(text) < minFragment {
		return text
	}
	pieces := map[string]bool{}
	for i := 0; i+minFragment <= len(s); i++ {
		pieces[s[i:i+minFragment]] = true
	}
	var out strings.Builder
	kept := 0
	for i := 0; i+minFragment <= len(text); {
		if !pieces[text[i:i+minFragment]] {
			i++
			continue
		}
		end := i + minFragment
		for end < len(text) && pieces[text[end-minFragment+1:end+1]] {
			end++
		}
		out.WriteString(text[kept:i])
		out.WriteString(secret.Value{}.String())
		kept, i = end, end
	}
	out.WriteString(text[kept:])
	return out.String()
}

// jsonEscaped is s as it stands inside a JSON text, with or without < > & escaped.
func jsonEscaped(s string, forHTML bool) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(forHTML)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.Trim(strings.TrimSpace(out.String()), `"`)
}

// scrubError returns err unless its text holds a secret: then only what is left of
// that text, and whether the caller's context ended.
func scrubError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	text := scrub(ctx, err.Error())
	switch {
	case text == err.Error():
		return err
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return errors.New(text)
}

var codePattern = regexp.MustCompile(`AADSTS([0-9]{4,9})`)

// signInCodes returns the AADSTS numbers of an error of the token endpoint.
// error_codes is the field made for programs; the text serves when it is missing.
func signInCodes(body string) map[string]bool {
	found := map[string]bool{}
	var e struct {
		Codes []json.Number `json:"error_codes"`
	}
	if json.Unmarshal([]byte(body), &e) == nil {
		for _, n := range e.Codes {
			found[n.String()] = true
		}
	}
	if len(found) == 0 {
		for _, m := range codePattern.FindAllStringSubmatch(body, -1) {
			found[m[1]] = true
		}
	}
	return found
}

// clip makes a short text from outside fit to be kept and shown.
func clip(ctx context.Context, s string) string {
	s = clean.Line(scrub(ctx, s[:min(len(s), 4*maxID)]))
	if r := []rune(s); len(r) > maxID {
		s = string(r[:maxID])
	}
	return s
}
