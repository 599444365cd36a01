package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"palmail/sandbox"
)

// browser is a person's browser without scripts: it keeps cookies, follows
// redirects within the sign-in host, and stops at any other address.
type browser struct {
	t    testing.TB
	http *http.Client
}

func (f *office) browser() *browser {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	f.must(err)
	stop := func(r *http.Request, _ []*http.Request) error {
		if r.URL.Scheme != "https" || !strings.HasPrefix(r.URL.Host, "login.") &&
			!strings.HasPrefix(f.login, "https://"+r.URL.Host) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &browser{f.t, &http.Client{Transport: f.http.Transport, Jar: jar, CheckRedirect: stop}}
}

// seen is what the browser shows.
type seen struct {
	b      *browser
	at     *url.URL
	status int
	header http.Header
	body   string
}

func (b *browser) load(r *http.Request, err error) seen {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen{b, res.Request.URL, res.StatusCode, res.Header, string(body)}
}

func (b *browser) open(address string) seen {
	b.t.Helper()
	return b.load(http.NewRequestWithContext(b.t.Context(), "GET", address, nil))
}

var (
	formTag  = regexp.MustCompile(`<form [^>]*action="([^"]*)"`)
	hiddens  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	headings = regexp.MustCompile(`<h1>([^<]*)</h1>`)
)

// fields are the form's hidden fields.
func (s seen) fields() url.Values {
	v := url.Values{}
	for _, m := range hiddens.FindAllStringSubmatch(s.body, -1) {
		v.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return v
}

// action is where the form goes.
func (s seen) action() string {
	s.b.t.Helper()
	m := formTag.FindStringSubmatch(s.body)
	if m == nil {
		s.b.t.Fatalf("no form at %s:\n%s", s.at, s.body)
	}
	to, err := s.at.Parse(html.UnescapeString(m[1]))
	if err != nil {
		s.b.t.Fatal(err)
	}
	return to.String()
}

// press sends the form, with pairs of further fields.
func (s seen) press(button string, pairs ...string) seen {
	s.b.t.Helper()
	v := s.fields()
	if button != "" {
		if !strings.Contains(s.body, `name="action" value="`+button+`"`) {
			s.b.t.Fatalf("no button %q at %s:\n%s", button, s.at, s.body)
		}
		v.Set("action", button)
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return s.b.post(s.action(), v)
}

func (b *browser) post(address string, v url.Values) seen {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", address, strings.NewReader(v.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.load(r, err)
}

func (s seen) title() string {
	if m := headings.FindStringSubmatch(s.body); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

// back are the values that a redirect carries to the app.
func (s seen) back() url.Values {
	s.b.t.Helper()
	to, err := url.Parse(s.header.Get("Location"))
	if err != nil || s.status != 302 {
		s.b.t.Fatalf("no redirect but %d %s\n%s", s.status, s.title(), s.body)
	}
	if to.Fragment != "" {
		v, err := url.ParseQuery(to.Fragment)
		if err != nil {
			s.b.t.Fatal(err)
		}
		return v
	}
	return to.Query()
}

const (
	verifier  = "ThisIsntRandomButItNeedsToBe43CharactersLong"
	localhost = "http://localhost:49152"
	azure     = sandbox.AzureCLI
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is an authorization request, changed by pairs; "-" leaves a key out.
func (f *office) request(pairs ...string) string {
	v := url.Values{
		"client_id": {azure}, "response_type": {"code"}, "redirect_uri": {localhost}, "scope": {
			f.scope + " openid offline_access profile",
		},
		"state": {"s-1"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
		"prompt": {"select_account"},
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return f.login + "/organizations/oauth2/v2.0/authorize?" + v.Encode()
}

// exchange is a token request for a code, changed by pairs.
func (f *office) exchange(code string, pairs ...string) url.Values {
	v := url.Values{
		"client_id": {azure}, "grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {localhost},
		"code_verifier": {verifier}, "scope": {f.scope + " openid offline_access profile"}, "client_info": {"1"},
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

// signIn signs an account in and returns its access token.
func (f *office) signIn(username string) string {
	f.t.Helper()
	return f.signInTo(username, azure, f.scope+" openid offline_access")
}

func (f *office) signInTo(username, clientID, scope string) string {
	f.t.Helper()
	s := f.browser().open(f.request("client_id", clientID, "scope", scope)).press("signin", "account", username)
	if s.title() == "Permissions requested" {
		s = s.press("accept")
	}
	r := f.ask("organizations", f.exchange(s.back().Get("code"), "client_id", clientID, "scope", scope))
	if r.status != 200 {
		f.t.Fatalf("signing %s in: %d %s", username, r.status, r.body)
	}
	return r.text(f.t, "access_token")
}
