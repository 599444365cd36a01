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
	maxBody = 64 << 10 // bytes of an answer in a Failure
	maxID   = 100      // characters of an ID from a server
)

// failure describes a call that failed: by the answer a and by err, the Go
// error, either of which can be missing.
func (w *wire) failure(ctx context.Context, stage diagnose.Stage, a answer, err error) *diagnose.Failure {
	f := &diagnose.Failure{
		Stage: stage, Status: a.status, ContentType: clip(ctx, a.header.Get("Content-Type")), Host: a.host,
		RetryAfter: retryAfter(a.header, w.now()), Time: answeredAt(a.header, w.now()).UTC(), Err: scrubError(ctx, err),
	}
	f.Body = bodyText(ctx, a)
	said := idsIn(a.body)
	f.RequestID = clip(ctx, cmp.Or(requestID(a.header), said.requestID))
	f.CorrelationID = clip(ctx, cmp.Or(said.correlationID, a.header.Get(headerClientRequestID), a.clientRequestID))
	if a.host != "" {
		route := w.routeTo(ctx, "https://"+a.host)
		f.Proxy, f.ProxyNote = route.ProxyAndSource(), route.Note
	}
	var proxy *ProxyError
	if errors.As(err, &proxy) {
		f.Proxy, f.ProxyAuthenticate = cmp.Or(f.Proxy, proxy.Proxy), proxy.Wants
		if f.Status == 0 {
			f.Status = proxy.Status
		}
	}
	f.Issuer = clip(ctx, issuerIn(err))
	return f
}

// bodyText returns the text of an answer with secrets masked. For a redirect,
// which is never followed, its first line is the target.
func bodyText(ctx context.Context, a answer) string {
	const beyond = 8 << 10 // a secret at the cut is masked before the text is shortened
	text := string(a.body[:min(len(a.body), maxBody+beyond)])
	if to := a.header.Get("Location"); to != "" && a.status >= 300 && a.status < 400 {
		text = "Location: " + to + "\n\n" + text
	}
	text = scrub(ctx, strings.ToValidUTF8(text, "\ufffd"))
	return strings.ToValidUTF8(text[:min(len(text), maxBody)], "")
}

// issuerIn names who issued the certificate that err is about, "" if it is about none.
func issuerIn(err error) string {
	var (
		verify *tls.CertificateVerificationError
		issuer x509.UnknownAuthorityError
		name   x509.HostnameError
		cert   x509.CertificateInvalidError
		found  *x509.Certificate
	)
	switch {
	case errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0:
		found = verify.UnverifiedCertificates[0]
	case errors.As(err, &issuer):
		found = issuer.Cert
	case errors.As(err, &name):
		found = name.Certificate
	case errors.As(err, &cert):
		found = cert.Cert
	}
	if found == nil {
		return ""
	}
	return found.Issuer.String()
}

type ids struct{ requestID, correlationID string }

// idsIn reads the IDs for a support ticket from an error of the token
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

// requestID returns the server's request ID, from Graph's header or the token endpoint's.
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

// answeredAt returns the time of an answer by its Date header, or this machine's
// time if it has none.
func answeredAt(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// isHTML says whether an answer is an HTML page. The services of this package
// answer with JSON, except for some errors of their gateways.
func isHTML(a answer) bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return true
	}
	start := strings.ToLower(strings.TrimSpace(string(a.body[:min(len(a.body), 512)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// neverSent says whether err proves that the request was not sent.
func neverSent(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect") {
		return true
	}
	return failedBeforeServer(err)
}

// failedBeforeServer says whether err arose before the server was reached and trusted.
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

// isTransient says whether repeating the call can help: after a broken
// connection, but not if the network refused, and not after a time-out, for
// which the administrator has already waited.
func isTransient(err error) bool {
	var n net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout() || neverSent(err) {
		return false
	}
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op)
}

// unclearError is the error of a call whose outcome is unknown.
type unclearError struct{ error }

func (u unclearError) Unwrap() error { return u.error }

// SendUnclear says whether the mail may have been sent despite err: the answer
// was lost, or a gateway gave it. Sending again could send it twice, so somebody
// has to look first.
func SendUnclear(err error) bool {
	var u unclearError
	return errors.As(err, &u)
}

type hiddenKey struct{}

// withHidden returns a context whose failures and log lines never contain v.
func withHidden(ctx context.Context, v secret.Value) context.Context {
	hidden, _ := ctx.Value(hiddenKey{}).([]secret.Value)
	return context.WithValue(ctx, hiddenKey{}, append(hidden[:len(hidden):len(hidden)], v))
}

// scrub masks the call's own secrets in text, in every form in which a server
// could echo a request, and then everything else that looks like a secret.
func scrub(ctx context.Context, text string) string {
	hidden, _ := ctx.Value(hiddenKey{}).([]secret.Value)
	for _, v := range hidden {
		s := v.Reveal()
		if s == "" {
			continue
		}
		for _, form := range []string{
			s, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s), jsonEscaped(s, true),
			jsonEscaped(s, false), strings.Trim(strconv.QuoteToASCII(s), `"`),
		} {
			text = strings.ReplaceAll(text, form, secret.Value{}.String())
		}
		text = removeFragments(text, s)
	}
	return clean.Masked(text)
}

// minFragment is the shortest fragment of a secret that is masked, in bytes: a
// server can echo a secret broken over several lines.
const minFragment = 8

// removeFragments masks every fragment of s in text.
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

// jsonEscaped returns s as it appears inside a JSON string, with or without escapes for < > &.
func jsonEscaped(s string, forHTML bool) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(forHTML)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.Trim(strings.TrimSpace(out.String()), `"`)
}

// scrubError returns err. If its text contains a secret, it returns the masked
// text instead, or the context's error if that ended.
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

// signInCodes returns the AADSTS numbers of an error of the token endpoint: those
// in error_codes or, without that field, those in the text.
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

// clip cleans, masks and shortens a short text from a server.
func clip(ctx context.Context, s string) string {
	s = clean.Line(scrub(ctx, s[:min(len(s), 4*maxID)]))
	if r := []rune(s); len(r) > maxID {
		s = string(r[:maxID])
	}
	return s
}
