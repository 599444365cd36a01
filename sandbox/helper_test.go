package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

const (
	noreply  = "noreply@agency.gov"
	redirect = "https://pal.agency.gov/app/connectors/SMTP.aspx"
	scope    = "https://graph.microsoft.com/.default"
)

// office is a tenant with one app that may send, and a client of it.
type office struct {
	t      testing.TB
	tenant *sandbox.Tenant
	http   *http.Client
	login  string // address
	graph  string // address
	scope  string
	app    sandbox.App
	secret sandbox.Secret
	more   map[string]string // further request headers
}

func open(t testing.TB, o sandbox.Options) *office {
	t.Helper()
	tenant := sandbox.New(o)
	f := &office{
		t: t, tenant: tenant, http: &http.Client{Transport: tenant.Transport()},
		login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com", scope: scope,
	}
	f.app = tenant.RegisterApp("PAL mail", sandbox.Web, redirect)
	f.secret = f.addSecret(tenantNow(o).AddDate(0, 6, 0))
	return f
}

func tenantNow(o sandbox.Options) time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// ready is open, with Mail.Send granted.
func ready(t testing.TB, o sandbox.Options) *office {
	t.Helper()
	f := open(t, o)
	f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
	f.must(f.tenant.GrantConsent(f.app.ClientID))
	return f
}

// moveTo has the client ask at the addresses of a Government cloud.
func (f *office) moveTo(cloud string) {
	f.login = "https://login.microsoftonline.us"
	f.graph = map[string]string{"gcc-high": "https://graph.microsoft.us", "dod": "https://dod-graph.microsoft.us"}[cloud]
	f.scope = f.graph + "/.default"
}

// of returns the same office, working for t.
func (f *office) of(t testing.TB) *office {
	g := *f
	g.t = t
	return &g
}

func (f *office) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *office) addSecret(expires time.Time) sandbox.Secret {
	f.t.Helper()
	s, err := f.tenant.AddSecret(f.app.ClientID, "PAL", expires)
	f.must(err)
	return s
}

// reply is an answer read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (f *office) do(method, address, contentType, auth string, body []byte) reply {
	f.t.Helper()
	r, err := f.try(method, address, contentType, auth, body)
	f.must(err)
	return r
}

func (f *office) try(method, address, contentType, auth string, body []byte) (reply, error) {
	req, err := http.NewRequestWithContext(f.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	for k, v := range f.more {
		req.Header.Set(k, v)
	}
	req.Header.Set("client-request-id", "0f3cb1d2-7a51-4c2b-9d1e-6a2b8c4d5e6f")
	res, err := f.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, b}, err
}

// form is a right token request, changed by pairs of key and value; the value "-" leaves the key out.
func (f *office) form(pairs ...string) url.Values {
	v := url.Values{
		"client_id": {f.app.ClientID}, "client_secret": {f.secret.Value},
		"scope": {f.scope}, "grant_type": {"client_credentials"},
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

func (f *office) ask(tenant string, form url.Values) reply {
	f.t.Helper()
	return f.do("POST", f.login+"/"+tenant+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", "",
		[]byte(form.Encode()))
}

// token returns a fresh access token.
func (f *office) token() string {
	f.t.Helper()
	r := f.ask(f.tenant.ID(), f.form())
	if r.status != 200 {
		f.t.Fatalf("token: %d %s", r.status, r.body)
	}
	return r.text(f.t, "access_token")
}

// refusal is what an error of the sign-in endpoints says.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Timestamp   string `json:"timestamp"`
	TraceID     string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	URI         string `json:"error_uri"`
	Sub         string `json:"suberror"`
}

func (r reply) refusal(t testing.TB) refusal {
	t.Helper()
	var e refusal
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || len(e.Codes) != 1 {
		t.Fatalf("not a refusal: %v\n%s", err, r.body)
	}
	return e
}

// graphError is what an error of Graph says; it fails unless the body has exactly that shape.
func (r reply) graphError(t testing.TB) (code, message string) {
	t.Helper()
	var e struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Details []struct {
				Code, Message, Target string
			} `json:"details"`
			Inner map[string]string `json:"innerError"`
		} `json:"error"`
	}
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Error.Code == "" {
		t.Fatalf("not an error of Graph: %v\n%s", err, r.body)
	}
	if e.Error.Inner["request-id"] != r.header.Get("request-id") || e.Error.Inner["request-id"] == "" ||
		e.Error.Inner["client-request-id"] != r.header.Get("client-request-id") || e.Error.Inner["date"] == "" {
		t.Errorf("innerError %v does not match the headers %v", e.Error.Inner, r.header)
	}
	return e.Error.Code, e.Error.Message
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.body, &m); err != nil {
		t.Fatalf("%v\n%s", err, r.body)
	}
	return m
}

func (r reply) text(t testing.TB, key string) string {
	t.Helper()
	s, _ := r.object(t)[key].(string)
	return s
}

// claimsOf decodes a token's payload.
func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return reply{body: raw}.object(t)
}

const (
	letter = `{"message":{"subject":"PAL test","body":{"contentType":"Text","content":"Reference K7"},
		"toRecipients":[{"emailAddress":{"address":"pat@example.org"}}]},"saveToSentItems":false}`
	probe = `{"message":{"subject":"probe","body":{"contentType":"Text","content":""},"toRecipients":[]},
		"saveToSentItems":false}`
)

func (f *office) send(mailbox, token, body string) reply {
	f.t.Helper()
	return f.do("POST", f.graph+"/v1.0/users/"+mailbox+"/sendMail", "application/json", "Bearer "+token, []byte(body))
}
