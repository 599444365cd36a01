package diagnose

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

const (
	traceID       = "3ce379e4-441f-4eae-9730-fc0220183001"
	correlationID = "54752956-bf4f-48f1-b808-6ecae2522f59"
	wholeAnswer   = `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. ` +
		`Ensure the secret being sent in the request is the client secret value, not the client secret ID.` +
		`\r\nTrace ID: ` + traceID + `\r\nCorrelation ID: ` + correlationID + `\r\nTimestamp: 2022-06-18 03:16:39Z",` +
		`"error_codes":[7000215],"timestamp":"2022-06-18 03:16:39Z","trace_id":"` + traceID + `","correlation_id":"` +
		correlationID + `"}`
)

// wrappings are the ways in which people's programs hand an answer on.
func wrappings() map[string]func(string) string {
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	wide := func(s string, order func(uint16) []byte) string {
		var out []byte
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, order(u)...)
		}
		return string(out)
	}
	little := func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} }
	big := func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} }
	return map[string]func(string) string{
		"as it is":       func(s string) string { return s },
		"quoted":         quote,
		"quoted twice":   func(s string) string { return quote(quote(s)) },
		"quoted 5 times": func(s string) string { return quote(quote(quote(quote(quote(s))))) },
		"in a log line": func(s string) string {
			return "2026-11-23T10:00:00Z ERROR mail: 401 " + quote(s) + "\nnext line"
		},
		"HTML":        func(s string) string { return "<pre>" + html.EscapeString(s) + "</pre>" },
		"HTML twice":  func(s string) string { return html.EscapeString(html.EscapeString(s)) },
		"query":       func(s string) string { return "https://localhost/?error_description=" + url.QueryEscape(s) },
		"query twice": func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
		"path":        url.PathEscape,
		"coloured": func(s string) string {
			return "\x1b[31;1m" + strings.ReplaceAll(s, "7000215", "\x1b[0m7000215\x1b[31m") + "\x1b[0m"
		},
		"BOM":             func(s string) string { return "\ufeff" + s },
		"UTF-16LE, BOM":   func(s string) string { return wide("\ufeff"+s, little) },
		"UTF-16BE":        func(s string) string { return wide(s, big) },
		"wrapped at 40":   func(s string) string { return wrap(s, 40, "\n") },
		"wrapped at 33":   func(s string) string { return wrap(s, 33, "\r\n    ") },
		"wrapped, quoted": func(s string) string { return wrap(s, 37, "\n> ") },
		"single quotes":   func(s string) string { return strings.ReplaceAll(s, `"`, `'`) },
		"Python repr":     func(s string) string { return `b'` + strings.ReplaceAll(s, `\r\n`, `\\r\\n`) + `'` },
		"upper case":      strings.ToUpper,
		"cut short":       func(s string) string { return s[:320] },
	}
}

func wrap(s string, n int, end string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + end)
		s = s[n:]
	}
	return b.String() + s
}

func TestWrappings(t *testing.T) {
	for name, as := range wrappings() {
		f, others := ExplainText(as(wholeAnswer), Context{})
		if f.Cause != CauseSecretWrong || !slices.Equal(f.Codes, []string{"AADSTS7000215"}) {
			t.Errorf("%s: %s %v", name, f.Cause, f.Codes)
		}
		if f.RequestID != traceID || f.CorrelationID != correlationID && name != "cut short" {
			t.Errorf("%s: ids %q, %q", name, f.RequestID, f.CorrelationID)
		}
		if f.Time != "2022-06-18T03:16:39Z" && name != "cut short" {
			t.Errorf("%s: time %q", name, f.Time)
		}
		if len(others) != 0 {
			t.Errorf("%s: %d others, the first: %s", name, len(others), others[0].Cause)
		}
	}
}

func TestGraphIDs(t *testing.T) {
	const body = `{'error': {'code': 'Authorization_RequestDenied', ` +
		`'message': 'Insufficient privileges to complete the operation.', ` +
		`'innerError': {'date': '2020-10-12T20:26:23', ` +
		`'request-id': '20f71550-cfa3-4c62-90e5-b506adfc30df', 'client-request-id': '30f71550-cfa3-4c62-90e5-b506adfc30df'}}}`
	f, _ := ExplainText(body, Context{Stage: StageGrant})
	if f.RequestID != "20f71550-cfa3-4c62-90e5-b506adfc30df" ||
		f.CorrelationID != "30f71550-cfa3-4c62-90e5-b506adfc30df" ||
		f.Time != "2020-10-12T20:26:23Z" || !slices.Equal(f.Codes, []string{"Authorization_RequestDenied"}) {
		t.Errorf("%q %q %q %v", f.RequestID, f.CorrelationID, f.Time, f.Codes)
	}
}

func TestCodesAreMicrosofts(t *testing.T) {
	for text, want := range map[string][]string{
		`{"error":{"code":"Request_ResourceNotFound","message":"Resource 'x' does not exist"}}`:           {"Request_ResourceNotFound"},
		"requests.exceptions.ConnectionError: NewConnectionError: [Errno 111] Connection refused":         nil,
		"AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided.":      {"AADSTS70002", "AADSTS50012"},
		`{"error":"invalid_request","error_codes":[900144]}`:                                              {"AADSTS900144"},
		"Sign-in error code\n\n50199\n\nFailure reason\n\nFor security reasons, confirmation is required": {"AADSTS50199"},
	} {
		if f, _ := ExplainText(text, Context{}); !slices.Equal(f.Codes, want) {
			t.Errorf("%q: %v, want %v", text, f.Codes, want)
		}
	}
}

// TestIDsOfTheFailure: what the headers told is kept where the body tells nothing.
// An id without the shape of one is not shown.
func TestIDsOfTheFailure(t *testing.T) {
	const headerID = "1b2c3d4e-1111-2222-3333-444455556666"
	f := Explain(&Failure{
		Stage: StageSend, Status: 500, RequestID: headerID, CorrelationID: "[sent](https://evil.example)", Time: now,
		Host: "graph.microsoft.us",
	}, Context{})
	if f.RequestID != headerID || f.CorrelationID != "" || f.Time != "2026-11-23T12:00:00Z" ||
		!strings.Contains(f.Support(), "graph.microsoft.us") {
		t.Errorf("%+v", f)
	}
}

func TestSeveralFailures(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Cause
	}{
		{"cause, then what follows from it", "2026-11-23 10:00:00 ERROR AADSTS7000222: The provided client secret " +
			"keys are expired.\n2026-11-23 10:00:01 ERROR InvalidAuthenticationToken: Access token is empty.\n",
			[]Cause{CauseSecretExpired, CauseTokenInvalid}},
		{"waiting, then the end",
			"{\"error\":\"authorization_pending\"}\n" +
				"{\"error\":\"authorization_pending\"}\n" +
				"{\"error\":\"expired_token\",\"error_description\":\"AADSTS70020: expired\"}",
			[]Cause{CauseSignInCodeExpired, CauseSignInPending}},
		{"retries, then the reason", "10:00:01 429 Too Many Requests\n10:00:02 ErrorAccessDenied: [RAOP] : Blocked " +
			"by tenant configured AppOnly AccessPolicy settings.\n",
			[]Cause{CauseMailboxOutOfScope, CauseThrottled}},
		{
			"two equals: the first", "10:00:01 ErrorInvalidRecipients\n10:00:02 ErrorSendAsDenied\n",
			[]Cause{CauseRecipientInvalid, CauseSendAsDenied},
		},
		{
			"general around special", "AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret " +
				"is provided.", []Cause{CauseSecretWrong},
		},
		{
			"the same over and over", strings.Repeat("10:00:01 AADSTS53003: blocked\n", 5000),
			[]Cause{CauseBlockedByConditionalAccess},
		},
	} {
		root, others := ExplainText(c.text, Context{})
		got := []Cause{root.Cause}
		for _, o := range others {
			got = append(got, o.Cause)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUnknownKeepsWhatThereIs(t *testing.T) {
	f, _ := ExplainText("{\"error\":{\"code\":\"ErrorBrandNewThing\",\"message\":\"A \u202enew\u202c "+
		"thing\x07\",\"innerError\":{\"request-id\":\""+traceID+"\",\"date\":\"2026-01-02T03:04:05\"}}}", Context{})
	if f.Cause != CauseUnknown || !slices.Equal(f.Codes, []string{"ErrorBrandNewThing"}) || f.RequestID != traceID ||
		f.Time != "2026-01-02T03:04:05Z" {
		t.Errorf("%s %v %q %q", f.Cause, f.Codes, f.RequestID, f.Time)
	}
	if strings.ContainsAny(f.Raw, "\u202e\u202c\x07") || !strings.Contains(f.Raw, "A new thing") {
		t.Errorf("raw: %q", f.Raw)
	}
	if f, _ = ExplainText("invalid_grant: AADSTS599998: Access has been blocked by Conditional Access policies.",
		Context{}); f.Cause != CauseBlockedByConditionalAccess || !slices.Equal(f.Codes, []string{"AADSTS599998"}) {
		t.Errorf("a new code beside known words: %s %v", f.Cause, f.Codes)
	}
	if f, _ = ExplainText("AADSTS599999: Something new.", Context{}); f.Cause != CauseUnknown ||
		!slices.Equal(f.Codes, []string{"AADSTS599999"}) {
		t.Errorf("%s %v", f.Cause, f.Codes)
	}
}

func TestHarmlessText(t *testing.T) {
	for _, s := range []string{"", "\n", "hello", "All 12 mails were sent.",
		"573 items, 52252 bytes, 111 errors of 61", "the timeouts table has 3 rows",
		`{"token_type":"Bearer","expires_in":3599}`, "See the documentation for more information.",
		strings.Repeat("\\", 1000), strings.Repeat("%25", 1000), strings.Repeat("&amp;", 1000)} {
		if f, others := ExplainText(s, Context{}); f.Cause != CauseUnknown || len(others) != 0 {
			t.Errorf("%.60q: %s, %d others", s, f.Cause, len(others))
		}
	}
}

func TestLinkAndSupport(t *testing.T) {
	c := Context{
		Links: Links{
			Secrets: "https://entra.microsoft.com/secrets", Permissions: "https://entra.microsoft.com/permissions",
		},
	}
	f, _ := ExplainText(wholeAnswer+` client_secret=abc8Q~theValueOfASecretWithFortyLetters12`, c)
	if f.Link != c.Links.Secrets {
		t.Errorf("link %q", f.Link)
	}
	s := f.Support()
	for _, want := range []string{
		f.Title, "AADSTS7000215", traceID, correlationID, "2022-06-18T03:16:39Z", "[secret]",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
	if strings.Contains(s, "theValueOf") {
		t.Errorf("the secret is in\n%s", s)
	}
}

// TestMicrosoftsPageSurvives: the number of a code is no secret.
func TestMicrosoftsPageSurvives(t *testing.T) {
	const page = "https://login.microsoftonline.com/error?code=7000215"
	f, _ := ExplainText(`{"error":"invalid_client","error_uri":"`+page+
		`","error_description":"AADSTS7000215: Invalid client secret."}`, Context{})
	if !strings.Contains(f.Raw, page) || !strings.Contains(f.Support(), page) {
		t.Errorf("the page is not in %q", f.Raw)
	}
}

// TestSecretsInDisguise: encoding or wrapping a secret does not let it out.
func TestSecretsInDisguise(t *testing.T) {
	for _, s := range []string{
		"client_secret%3DtheValueOfAnOddSecret%26grant_type", "client_secret%253DtheValueOfAnOddSecret",
		"{&quot;password&quot;:&quot;theValueOfAnOddSecret&quot;}",
		`{\\u0022secretText\\u0022\\u003a\\u0022theValueOfAnOddSecret\\u0022}`,
		`{\\\"access_token\\\": \\\"theValueOfAnOddSecret\\\"}`,
		"abc8Q~abc\ntheValueOfASecretWithFor\n", "abc8Q~theValueOfASe\n> cretWithFortyLetters12",
		"ab\x1b[0mc8Q~theValueOfASecretWithFortyLetters12",
		"abc8Q~theValu\u200beOfASecretWithFortyLetters12",
		"eyJ0eXAiOiJKV1QiLCJhbGciOi\n  JSUzI1NiItheValueOfSomeToken.eyJhdWQiOi",
	} {
		f, _ := ExplainText("AADSTS7000215: "+s, Context{})
		if out := f.Raw + f.Support(); strings.Contains(out, "ValueOf") || strings.Contains(out, "cretWithForty") ||
			!strings.Contains(out, "[secret]") {
			t.Errorf("%q comes out as %q", s, f.Raw)
		}
	}
}
