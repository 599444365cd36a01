package diagnose

import (
	"strings"
	"testing"
)

// statusLines are how software of many makes writes that a server answered
// with a status and nothing else.
var statusLines = map[string]int{
	"System.Net.WebException: The remote server returned an error: (401) Unauthorized.":                      401,
	"HttpRequestException: Response status code does not indicate success: 403 (Forbidden).":                 403,
	"java.io.IOException: Server returned HTTP response code: 403 for URL: https://graph.microsoft.com/v1.0": 403,
	"Client error: `POST https://graph.microsoft.com/v1.0` resulted in a `404 Not Found` response":           404,
	"requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://graph.microsoft.com/":       404,
	"AxiosError: Request failed with status code 403":                                                        403,
	"urllib.error.HTTPError: HTTP Error 401: Unauthorized":                                                   401,
	"unexpected status 403": 403,
	"<s:Fault><faultstring>The request failed with HTTP status 401: Unauthorized.</faultstring></s:Fault>": 401,
	`{"statusCode":403,"message":"Forbidden"}`:                                                             403,
	"HTTP/1.1 404 Not Found":                                404,
	"Operation returned an invalid status code 'Forbidden'": 403,
	"curl: (22) The requested URL returned error: 403":      403,
}

// TestStatusOfOtherSoftware: a bare status means what the stage makes likely,
// and nothing where no stage is known.
func TestStatusOfOtherSoftware(t *testing.T) {
	during := map[int]Cause{401: CauseTokenInvalid, 403: CauseMailSendNotGranted, 404: CauseMailboxUnknown}
	for text, status := range statusLines {
		if got := statusIn(text); got != status {
			t.Errorf("%q: status %d, want %d", text, got, status)
		}
		f, _ := ExplainText(text, Context{Stage: StageSend})
		if f.Cause != during[status] || !f.Likely || !strings.HasPrefix(f.Explanation, "This is the likely cause") {
			t.Errorf("%q during send: %s, likely %t", text, f.Cause, f.Likely)
		}
		f, _ = ExplainText(text, Context{})
		if f.Cause != CauseUnknown || f.Likely || !strings.Contains(f.Remedy[0], "--during") {
			t.Errorf("%q without a stage: %s, likely %t, %q", text, f.Cause, f.Likely, f.Remedy[0])
		}
	}
}

// TestCertain: what the text itself says is not marked as likely.
func TestCertain(t *testing.T) {
	for _, text := range []string{
		wholeAnswer, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "dial tcp: lookup x: no such host",
	} {
		if f, _ := ExplainText(text, Context{Stage: StageSend}); f.Likely || f.Cause == CauseUnknown {
			t.Errorf("%.60q: %s, likely %t", text, f.Cause, f.Likely)
		}
	}
}

func TestNumbersThatAreNoStatus(t *testing.T) {
	for _, text := range []string{
		"550 5.1.1 user unknown", "It took 404 ms.", "port 403 is open", "Error 18456", "404 of 500 mails were sent",
		"version 4.0.3", "421 4.7.0 try again",
	} {
		if got := statusIn(text); got != 0 {
			t.Errorf("%q: status %d", text, got)
		}
	}
}

// TestMailSendInToken: with the permission in the token, a refusal is not for
// want of consent.
func TestMailSendInToken(t *testing.T) {
	const denied = `{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`
	for has, want := range map[bool]Cause{false: CauseMailSendNotGranted, true: CauseMailboxOutOfScope} {
		f := Explain(&Failure{Stage: StageSend, Status: 403, Body: denied}, Context{MailSendInToken: has})
		if f.Cause != want {
			t.Errorf("Mail.Send in the token %t: %s, want %s", has, f.Cause, want)
		}
	}
}

func TestSituations(t *testing.T) {
	const blocked = "AADSTS53003: Access has been blocked by Conditional Access policies."
	said := func(text string, stage Stage) string {
		f, _ := ExplainText(text, Context{Stage: stage})
		return f.Who + "\n" + f.Title + "\n" + strings.Join(f.Remedy, "\n")
	}
	if s := said(blocked, StageToken); !strings.Contains(s, "Workload identities") {
		t.Errorf("at a token request:\n%s", s)
	}
	if s := said(blocked, StageSignIn); strings.Contains(s, "Workload identities") ||
		!strings.Contains(s, "through the browser") {
		t.Errorf("at a sign-in:\n%s", s)
	}
	for header, negotiate := range map[string]bool{"Negotiate": true, "NTLM": true, `Basic realm="agency"`: false} {
		f := Explain(&Failure{Stage: StageNetwork, Status: 407, ProxyAuthenticate: []string{header}}, Context{})
		steps := strings.Join(f.Remedy, "\n")
		if got := strings.Contains(steps, "cntlm"); f.Cause != CauseProxyAuthRequired || got != negotiate {
			t.Errorf("%s: %s\n%s", header, f.Cause, steps)
		}
		if strings.Contains(steps, "HTTPS_PROXY=http://USER:") {
			t.Errorf("%s: a password goes into HTTPS_PROXY:\n%s", header, steps)
		}
	}
	text := "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Negotiate\nProxy-Authenticate: Basic " +
		"realm=\"x\""
	if s := said(text, StageNetwork); strings.Contains(s, "cntlm") {
		t.Errorf("a proxy that takes Basic too:\n%s", s)
	}
}

func TestLinksOfTheTextsOwnApp(t *testing.T) {
	const app = "3f1c8f0a-1111-4222-8333-444455559a20"
	text := "https://login.microsoftonline.us/x AADSTS7000215: Invalid client secret provided for a secret added to " +
		"app '" + app + "'."
	f, _ := ExplainText(text, Context{})
	if !strings.Contains(f.Link, "https://entra.microsoft.us/") || !strings.Contains(f.Link, "Credentials/appId/"+app) {
		t.Errorf("link %q", f.Link)
	}
	f, _ = ExplainText("AADSTS7000216 for app "+app, Context{ClientID: app, TenantID: "t", Mailbox: "m@agency.gov"})
	if s := strings.Join(f.Remedy, "\n"); strings.Contains(s, "CLIENT-ID") {
		t.Errorf("a known ID is not filled in:\n%s", s)
	}
}
