package sandbox_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

func TestSendMailAccepted(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	r := f.send(noreply, f.token(), letter)
	h := r.header
	if r.status != 202 || len(r.body) != 0 || h.Get("Content-Length") != "0" || h.Get("request-id") == "" ||
		h.Get("Date") == "" ||
		h.Get("client-request-id") != "0f3cb1d2-7a51-4c2b-9d1e-6a2b8c4d5e6f" ||
		!strings.Contains(h.Get("x-ms-ags-diagnostic"), "DataCenter") {
		t.Errorf("%d %q %v", r.status, r.body, h)
	}
	html := `{"Message":{"subject":"Two",
		"body":{"contentType":"HTML","content":"<style>p{}</style><p>One &amp; <b>two</b></p><p>three</p>"},
		"toRecipients":[{"emailAddress":{"address":"a@example.org","name":"A"}},
			{"emailAddress":{"address":"b@example.org"}}],
		"ccRecipients":[{"emailAddress":{"address":"c@example.org"}}]},"SaveToSentItems":true}`
	if r := f.send("NoReply@Agency.gov", f.token(), html); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	mails := f.tenant.Mails()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	if m := mails[0]; m.From != noreply || len(m.To) != 1 || m.To[0] != "pat@example.org" || m.Subject != "PAL test" ||
		m.Text != "Reference K7" || m.HTML != "" || m.At.IsZero() {
		t.Errorf("%+v", m)
	}
	if m := mails[1]; len(m.To) != 2 || m.Text != "One & two\n\nthree" || !strings.Contains(m.HTML, "<b>two</b>") {
		t.Errorf("%+v", m)
	}
	contracttest.Check(t, rec)
}

const mimeLetter = "From: PAL <noreply@agency.gov>\r\nTo: Pat <pat@example.org>, lee@example.org\r\nSubject: " +
	"=?utf-8?q?R=C3=A9f=C3=A9rence?=\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " +
	"quoted-printable\r\n\r\nD=C3=A9j=C3=A0 vu\r\n" +
	"--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: " +
	"base64\r\n\r\nPGI+RMOpasOgPC9iPg==\r\n--x--\r\n"

func TestSendMailMIME(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	token := f.token()
	post := func(body string) reply {
		return f.do("POST", f.graph+"/v1.0/users/"+noreply+"/sendMail", "text/plain", "Bearer "+token, []byte(body))
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	if r := post(encode(mimeLetter)); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	m := f.tenant.Mails()[0]
	if len(m.To) != 2 || m.To[0] != "pat@example.org" || m.Subject != "Référence" || m.Text != "Déjà vu" ||
		m.HTML != "<b>Déjà</b>" {
		t.Errorf("%+v", m)
	}
	for body, want := range map[string]string{
		"not base64":           "ErrorMimeContentInvalidBase64String",
		"":                     "ErrorMimeContentInvalidBase64String",
		encode("no header"):    "ErrorMimeContentInvalid",
		encode("X: y\r\n\r\n"): "ErrorInvalidRecipients",
		encode(strings.Replace(mimeLetter, "noreply@agency.gov", "chief@agency.gov", 1)): "ErrorSendAsDenied",
	} {
		r := post(body)
		if code, _ := r.graphError(t); code != want || r.status < 400 {
			t.Errorf("%q: %d %s, want %s", body, r.status, code, want)
		}
	}
	contracttest.CheckAnswers(t, rec)
}

// As with the token, every request is wrong in all that is judged after its own fault.
func TestSendMailOrderOfChecks(t *testing.T) {
	f := open(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	powerless := f.token()
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.ReadWrite"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	reader := f.token()
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	token := f.token()
	f.tenant.SetMailbox("closed@agency.gov", sandbox.Mailbox{})
	f.tenant.SetMailbox("blocked@agency.gov", sandbox.Mailbox{Licensed: true, Blocked: true})
	f.must(f.tenant.BlockByAccessPolicy(f.app.ClientID, "closed@agency.gov"))
	f.tenant.SetMailbox("unlicensed@agency.gov", sandbox.Mailbox{})
	for _, tc := range []struct {
		name, mailbox, token, body string
		status                     int
		code, text                 string
	}{
		{
			"no such mailbox", "nobody@agency.gov", powerless, "{", 404, "ErrorInvalidUser",
			"The requested user 'nobody@agency.gov' is invalid.",
		},
		{
			"no role", "closed@agency.gov", powerless, "{", 403, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again.",
		},
		{
			"other role", "closed@agency.gov", reader, "{", 403, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again.",
		},
		{
			"policy", "closed@agency.gov", token, "{", 403, "ErrorAccessDenied",
			"Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
		},
		{
			"unlicensed", "unlicensed@agency.gov", token, "{", 404, "MailboxNotEnabledForRESTAPI",
			"The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
		},
		{"malformed", noreply, token, "{", 400, "BadRequest", ""},
		{"empty", noreply, token, "", 400, "BadRequest", ""},
		{"no message", noreply, token, "{}", 400, "ErrorInvalidParameter", ""},
		{"message null", noreply, token, `{"message":null}`, 400, "ErrorInvalidParameter", ""},
		{"unknown parameter", noreply, token, `{"mesage":{}}`, 400, "RequestBodyRead", ""},
		{"unknown property", noreply, token, `{"message":{"to":[]}}`, 400, "RequestBodyRead", ""},
		{
			"recipients as texts", noreply, token, `{"message":{"toRecipients":["a@example.org"]}}`, 400,
			"RequestBodyRead", "",
		},
		{
			"body type", noreply, token, `{"message":{"body":{"contentType":"markdown","content":""}}}`, 400,
			"RequestBodyRead", "",
		},
		{"subject type", noreply, token, `{"message":{"subject":1}}`, 400, "RequestBodyRead", ""},
		{"save as number", noreply, token, `{"message":{},"saveToSentItems":7}`, 400, "RequestBodyRead", ""},
		{
			"another sender", noreply, token, `{"message":{"from":{"emailAddress":{"address":"chief@agency.gov"}}}}`,
			403, "ErrorSendAsDenied", "",
		},
		{"the probe", noreply, token, probe, 400, "ErrorInvalidRecipients", ""},
		{"the probe, blocked mailbox", "blocked@agency.gov", token, probe, 400, "ErrorInvalidRecipients", ""},
		{
			"bad recipient", noreply, token, strings.Replace(letter, "pat@example.org", "pat.@example.org", 1), 400,
			"ErrorInvalidRecipients", "",
		},
		{"blocked mailbox", "blocked@agency.gov", token, letter, 403, "ErrorMessageSubmissionBlocked", ""},
		{"too large", noreply, token, letter + strings.Repeat(" ", 4<<20), 413, "BadRequest", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := f.send(tc.mailbox, tc.token, tc.body)
			code, text := r.graphError(t)
			if r.status != tc.status || code != tc.code || tc.text != "" && text != tc.text {
				t.Errorf("%d %s: %s", r.status, code, text)
			}
		})
	}
	if n := len(f.tenant.Mails()); n != 0 {
		t.Errorf("%d mails were taken", n)
	}
	for _, kind := range []string{"", "application/xml"} {
		r := f.do("POST", f.graph+"/v1.0/users/"+noreply+"/sendMail", kind, "Bearer "+token, []byte(letter))
		if code, _ := r.graphError(t); r.status != 400 || code != "BadRequest" {
			t.Errorf("content type %q: %d %s", kind, r.status, code)
		}
	}
	contracttest.CheckAnswers(t, rec)
}

func TestSendMailByExchangeRoles(t *testing.T) {
	f := open(t, sandbox.Options{})
	f.must(f.tenant.AllowByExchange(f.app.ClientID, noreply))
	token := f.token()
	if claimsOf(t, token)["roles"] != nil {
		t.Fatal("the token has roles")
	}
	if r := f.send(noreply, token, letter); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := f.send("admin@agency.gov", token, letter); r.status != 403 {
		t.Errorf("another mailbox: %d %s", r.status, r.body)
	}
}

func TestGraphTokens(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := ready(t, sandbox.Options{Now: func() time.Time { return now }})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	token := f.token()
	parts := strings.Split(token, ".")
	elsewhere := ready(t, sandbox.Options{})
	for _, tc := range []struct{ name, auth, text string }{
		{"none", "", "Access token is empty."},
		{"empty", "Bearer ", "Access token is empty."},
		{"basic", "Basic " + token, "Access token is empty."},
		{"no token", "Bearer banana", "IDX14100: JWT is not well formed, there are no dots (.)."},
		{"two parts", "Bearer " + parts[0] + "." + parts[1], "CompactToken parsing failed with error code: 80049217"},
		{"cut short", "Bearer " + token[:len(token)-4], "CompactToken parsing failed with error code: 80049217"},
		{
			"roles added", "Bearer " + parts[0] + "." + parts[1] + "A." + parts[2],
			"CompactToken parsing failed with error code: 80049217",
		},
		{"another tenant's", "Bearer " + elsewhere.token(), "CompactToken parsing failed with error code: 80049217"},
		{"for Exchange", "Bearer " +
			f.ask(f.tenant.ID(), f.form("scope", "https://outlook.office365.com/.default")).text(t, "access_token"),
			"Access token validation failure. Invalid audience."},
	} {
		r := f.do("POST", f.graph+"/v1.0/users/"+noreply+"/sendMail", "application/json", tc.auth, []byte(letter))
		code, text := r.graphError(t)
		if r.status != 401 || code != "InvalidAuthenticationToken" || !strings.HasPrefix(text, tc.text) ||
			!strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %d %s %s", tc.name, r.status, code, text)
		}
	}
	now = now.Add(3598 * time.Second)
	if r := f.send(noreply, token, letter); r.status != 202 {
		t.Errorf("a second before it expires: %d %s", r.status, r.body)
	}
	now = now.Add(time.Second)
	if _, text := f.send(noreply, token,
		letter).graphError(t); text != "Lifetime validation failed, the token is expired." {
		t.Error(text)
	}
	contracttest.CheckAnswers(t, rec)
}

func TestGraphOtherPaths(t *testing.T) {
	f := ready(t, sandbox.Options{})
	rec := &contracttest.Recorder{}
	f.tenant.Observe(rec.Observe)
	token := "Bearer " + f.token()
	for _, tc := range []struct {
		method, path, auth string
		status             int
		code               string
	}{
		{"GET", "/v1.0/", "", 401, "InvalidAuthenticationToken"},
		{"GET", "/v1.0/organization", "", 401, "InvalidAuthenticationToken"},
		{"GET", "/v1.0/organization", token, 403, "Authorization_RequestDenied"},
		{"GET", "/v1.0/applications(appId='x')", token, 403, "Authorization_RequestDenied"},
		{"GET", "/v1.0/me", token, 400, "BadRequest"},
		{"GET", "/v1.0/", token, 404, "ResourceNotFound"},
		{"GET", "/v1.0/bananas", token, 404, "ResourceNotFound"},
		{"GET", "/v1.0/users/" + noreply + "/sendMail", token, 405, "Request_BadRequest"},
	} {
		r := f.do(tc.method, f.graph+tc.path, "", tc.auth, nil)
		if code, _ := r.graphError(t); r.status != tc.status || code != tc.code {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, r.status, code)
		}
	}
	contracttest.CheckAnswers(t, rec)
}

func TestGraphAcrossClouds(t *testing.T) {
	f := ready(t, sandbox.Options{Cloud: "gcc-high"})
	f.moveTo("dod")
	r := f.send(noreply, f.token(), letter)
	if code, _ := r.graphError(t); r.status != 403 || code != "ErrorTenantNotFoundInCurrentSovereignEnvironment" {
		t.Errorf("%d %s", r.status, r.body)
	}
	f.scope, f.graph = "https://graph.microsoft.us/.default", "https://graph.microsoft.com"
	if _, text := f.send(noreply, f.token(),
		letter).graphError(t); text != "Access token validation failure. Invalid audience." {
		t.Error(text)
	}
	f.graph = "https://graph.microsoft.us"
	if r := f.send(noreply, f.token(), letter); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestMailsAreBounded(t *testing.T) {
	f := ready(t, sandbox.Options{})
	token := f.token()
	for range 60 {
		if r := f.send(noreply, token, letter); r.status != 202 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if n := len(f.tenant.Mails()); n != 50 {
		t.Errorf("%d mails kept", n)
	}
}
