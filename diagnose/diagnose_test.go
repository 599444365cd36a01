package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// TestTable keeps every entry complete: nobody is left with a cause and no way out.
func TestTable(t *testing.T) {
	seen := map[Cause]bool{}
	for _, e := range Causes() {
		if seen[e.Cause] {
			t.Errorf("%s stands in the table twice", e.Cause)
		}
		seen[e.Cause] = true
		if e.Title == "" || strings.HasSuffix(e.Title, ".") || strings.Contains(e.Title, "\n") || len(e.Title) > 80 {
			t.Errorf("%s: the title %q is not one short line", e.Cause, e.Title)
		}
		if n := strings.Count(e.Explanation, ". ") + 1; e.Explanation == "" || n > 3 ||
			!strings.HasSuffix(e.Explanation, ".") {
			t.Errorf("%s: the explanation is not one or two sentences: %q", e.Cause, e.Explanation)
		}
		if len(e.Remedy) == 0 || e.Who == "" {
			t.Errorf("%s: no remedy, or nobody who can do it", e.Cause)
		}
		if u, err := url.Parse(e.Source); err != nil || u.Scheme != "https" {
			t.Errorf("%s: the source %q is no address", e.Cause, e.Source)
		}
	}
	for _, cause := range allCauses {
		if !seen[cause] {
			t.Errorf("%s has no entry", cause)
		}
	}
	if len(seen) != len(allCauses) {
		t.Errorf("%d entries for %d causes", len(seen), len(allCauses))
	}
}

// TestSignsAreUnique: one code in two entries would make the answer a matter of order.
func TestSignsAreUnique(t *testing.T) {
	type key struct{ word, with string }
	seen := map[key]Cause{}
	for _, e := range Causes() {
		for _, group := range [][]string{e.Codes, e.Details, e.Texts, e.Hints} {
			for _, w := range group {
				word, with, _ := strings.Cut(w, " & ")
				k := key{squeezed(word), squeezed(with)}
				if k.word == "" || len(k.word) < 3 {
					t.Errorf("%s: %q is too short to mean anything", e.Cause, w)
				}
				if isName(word) {
					k.word = word // the case counts: AccessDenied is Graph's, access_denied OAuth's
				}
				if other, ok := seen[k]; ok && other != e.Cause {
					t.Errorf("%q stands for %s and for %s", w, other, e.Cause)
				}
				seen[k] = e.Cause
			}
		}
	}
}

// TestStagedSignsExist: a stage's meaning of a sign that nobody looks for would never show.
func TestStagedSignsExist(t *testing.T) {
	c := known()
	for s := range staged {
		_, isCode := c.numbers[s.word]
		if !isCode && !slices.ContainsFunc(c.signs, func(o sign) bool { return o.word == s.word }) {
			t.Errorf("%q is no sign of the table", s.word)
		}
	}
}

func TestTimeDecides(t *testing.T) {
	const (
		secret = `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`
		app    = `{"error":"unauthorized_client",` +
			`"error_description":"AADSTS700016: Application with identifier 'x' was not found in the directory 'y'."}`
		missing = `{"error":"invalid_client",` +
			`"error_description":"AADSTS7000229: The client application x is missing service principal in the tenant y."}`
		denied = `{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`
		noRole = `{"error":{"code":"NoPermissionsInAccessToken",` +
			`"message":"The token contains no permissions, or permissions can not be understood."}}`
		absent = `{"error":{"code":"Request_ResourceNotFound",` +
			`"message":"Resource 'x' does not exist or one of its queried reference-property objects are not present."}}`
	)
	for _, c := range []struct {
		name   string
		stage  Stage
		status int
		body   string
		ago    time.Duration // -1: never changed
		cause  Cause
		retry  bool
	}{
		{"secret just made", StageToken, 401, secret, 20 * time.Second, CauseNotReplicatedYet, true},
		{
			"secret made in a clock that runs ahead", StageToken, 401, secret, -30 * time.Second,
			CauseNotReplicatedYet, true,
		},
		{"secret made earlier", StageToken, 401, secret, 3 * time.Minute, CauseSecretWrong, false},
		{"secret of old", StageToken, 401, secret, -1, CauseSecretWrong, false},
		{"app just made", StageToken, 400, app, time.Minute, CauseNotReplicatedYet, true},
		{"app of old", StageToken, 400, app, -1, CauseAppUnknown, false},
		{"principal just made", StageToken, 401, missing, time.Minute, CauseNotReplicatedYet, true},
		{"principal of old", StageToken, 401, missing, time.Hour, CauseAppWithoutServicePrincipal, false},
		{"consent just given", StageSend, 403, denied, 30 * time.Minute, CauseNotReplicatedYet, true},
		{"consent of yesterday", StageSend, 403, denied, 24 * time.Hour, CauseMailSendNotGranted, false},
		{"consent unknown", StageSend, 403, denied, -1, CauseMailSendNotGranted, false},
		{"role not in the token yet", StageGrant, 401, noRole, time.Minute, CauseMailSendNotGranted, true},
		{"role never in the token", StageGrant, 401, noRole, -1, CauseMailSendNotGranted, false},
		{"absent after making", StageSecret, 404, absent, time.Minute, CauseNotReplicatedYet, true},
		{"absent, no idea since when", StageSecret, 404, absent, -1, CauseNotReplicatedYet, true},
		{"absent hours after making", StageSecret, 404, absent, 3 * time.Hour, CauseAppUnknown, false},
		{"mailbox absent", StageSend, 404, absent, time.Minute, CauseMailboxUnknown, false},
	} {
		ctx := Context{Now: now}
		if c.ago != -1 {
			ctx.Changed = now.Add(-c.ago)
		}
		f := Explain(&Failure{Stage: c.stage, Status: c.status, Body: c.body}, ctx)
		if f.Cause != c.cause || f.Retry != c.retry {
			t.Errorf("%s: %s, retry %t; want %s, retry %t", c.name, f.Cause, f.Retry, c.cause, c.retry)
		}
		if c.cause == CauseNotReplicatedYet && c.stage == StageToken &&
			!strings.Contains(f.Explanation, "If it still fails") {
			t.Errorf("%s: the explanation names only one possibility: %q", c.name, f.Explanation)
		}
	}
}

func TestClientIDIsTenantID(t *testing.T) {
	const tenant, client = "0f0f0f0f-1111-2222-3333-444444444444", "aaaaaaaa-1111-2222-3333-444444444444"
	body := func(app, dir string) string {
		return fmt.Sprintf("AADSTS700016: Application with identifier '%s' was not found in the directory '%s'.", app,
			dir)
	}
	for _, c := range []struct {
		name, body string
		context    Context
		want       Cause
	}{
		{
			"the same in the settings", body("x", "y"), Context{TenantID: tenant, ClientID: strings.ToUpper(tenant)},
			CauseAppIDIsTenantID,
		},
		{"the text names the tenant as app", body(tenant, "Contoso"), Context{TenantID: tenant}, CauseAppIDIsTenantID},
		{"the text alone tells", body(tenant, tenant), Context{}, CauseAppIDIsTenantID},
		{"different", body(client, tenant), Context{TenantID: tenant, ClientID: client}, CauseAppUnknown},
		{"just registered", body(tenant, tenant), Context{Changed: now, Now: now}, CauseAppIDIsTenantID},
	} {
		if f, _ := ExplainText(c.body, c.context); f.Cause != c.want {
			t.Errorf("%s: %s, want %s", c.name, f.Cause, c.want)
		}
	}
}

func TestGoErrors(t *testing.T) {
	dial := func(err error) error {
		return &url.Error{
			Op: "Post", URL: "https://login.microsoftonline.com/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err},
		}
	}
	for _, c := range []struct {
		err  error
		want Cause
	}{
		{dial(&net.DNSError{Err: "no such host", Name: "login.microsoftonline.com", IsNotFound: true}), CauseDNSFailed},
		{dial(&net.DNSError{Err: "i/o timeout", Name: "login.microsoftonline.com", IsTimeout: true}), CauseDNSFailed},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), CauseConnectionRefused},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), CauseConnectionRefused},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, CauseConnectionRefused},
		{&url.Error{Op: "Post", URL: "https://x", Err: io.EOF}, CauseConnectionRefused},
		{dial(os.ErrDeadlineExceeded), CauseTimeout},
		{fmt.Errorf("no whole answer within 30s: %w", context.DeadlineExceeded), CauseTimeout},
		{
			&url.Error{
				Op: "Get", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
			}, CauseTLSUntrusted,
		},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "login.microsoftonline.com"}, CauseTLSUntrusted},
		{
			&tls.CertificateVerificationError{
				Err: x509.CertificateInvalidError{Reason: x509.Expired},
			}, CauseCertificateExpired,
		},
		{x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, CauseTLSUntrusted},
		{
			tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake",
				RecordHeader: [5]byte{'H', 'T', 'T', 'P', '/'}}, CauseProxySchemeWrong,
		},
		{errors.New(`Post "https://x": http: server gave HTTP response to HTTPS client`), CauseProxySchemeWrong},
		{errors.New(`Post "https://x": proxyconnect tcp: dial tcp: lookup proxy: no such host`), CauseDNSFailed},
		{
			errors.New(`Post "https://x": proxyconnect tcp: dial tcp 10.0.0.1:8080: connect: connection refused`),
			CauseConnectionRefused,
		},
		{errors.New("palmail has a fault of its own"), CauseUnknown},
		{context.Canceled, ""},
		{
			fmt.Errorf("asking: %w", &Failure{
				Stage: StageToken, Status: 401, Body: "AADSTS7000215", Err: context.Canceled,
			}), "",
		},
		{nil, ""},
	} {
		for _, err := range []error{c.err, fmt.Errorf("asking: %w", &Failure{Stage: StageNetwork, Err: c.err})} {
			if c.err == nil {
				err = nil
			}
			if f := Explain(err, Context{}); f.Cause != c.want {
				t.Errorf("%v: %s, want %s", err, f.Cause, c.want)
			}
		}
	}
}

func TestStatusAlone(t *testing.T) {
	for _, c := range []struct {
		f    Failure
		want Cause
	}{
		{
			Failure{Stage: StageToken, Status: 407, Err: errors.New("the proxy p:8080 answered 407 Proxy " +
				"Authentication Required")}, CauseProxyAuthRequired,
		},
		{
			Failure{Stage: StageNetwork, Status: 200,
				ContentType: "text/html; charset=utf-8", Body: "Welcome to our guest network"}, CauseNotMicrosoft,
		},
		{
			Failure{Stage: StageToken, Status: 302, Body: "Location: https://portal.hotel.example/login\n\n"},
			CauseNotMicrosoft,
		},
		{Failure{Stage: StageSend, Status: 403}, CauseMailSendNotGranted},
		{Failure{Stage: StageSend, Status: 429}, CauseThrottled},
		{
			Failure{Stage: StageSend, Status: 502, ContentType: "text/html", Body: "<h1>Bad Gateway</h1>"},
			CauseServiceFault,
		},
		{
			Failure{Stage: StageToken, Status: 403, Err: errors.New("the proxy p:8080 answered 403 Forbidden")},
			CauseNotMicrosoft,
		},
		{Failure{Stage: StageNetwork, Status: 511}, CauseNotMicrosoft},
		{Failure{Stage: StageSecret, Status: 404, Body: "{}"}, CauseNotReplicatedYet},
		{Failure{Stage: StageToken, Status: 400, Body: `{"error":"something_new"}`}, CauseUnknown},
	} {
		if got := Explain(&c.f, Context{}); got.Cause != c.want {
			t.Errorf("%s %d %q: %s, want %s", c.f.Stage, c.f.Status, c.f.Body, got.Cause, c.want)
		}
	}
}
