package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"palmail/sandbox"
)

func FuzzTokenForm(f *testing.F) {
	o := ready(f, sandbox.Options{Seed: 1})
	f.Add(o.form().Encode())
	f.Add(o.form("client_id", "-").Encode())
	f.Add("grant_type=client_credentials&client_id=%00&scope=%20/.default")
	f.Add("&&=;")
	f.Fuzz(func(t *testing.T, body string) {
		o := o.of(t)
		r, err := o.try("POST", o.login+"/agency.gov/oauth2/v2.0/token", "application/x-www-form-urlencoded", "",
			[]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if r.status == 200 {
			claimsOf(t, r.text(t, "access_token"))
			return
		}
		if e := r.refusal(t); r.status != 400 && r.status != 401 || e.Error == "" {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}

func FuzzSendMail(f *testing.F) {
	o := ready(f, sandbox.Options{Seed: 1})
	token := "Bearer " + o.token()
	for _, body := range []string{
		letter, probe, `{"message":{"toRecipients":[{"emailAddress":null},null]}}`, `[]`, `{"message":[]}`, `null`,
	} {
		f.Add(false, body)
	}
	f.Add(true, base64.StdEncoding.EncodeToString([]byte(mimeLetter)))
	f.Fuzz(func(t *testing.T, mime bool, body string) {
		o := o.of(t)
		kind := "application/json"
		if mime {
			kind = "text/plain"
		}
		r, err := o.try("POST", o.graph+"/v1.0/users/"+noreply+"/sendMail", kind, token, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if r.status != 202 {
			if code, _ := r.graphError(t); r.status < 400 || r.status >= 500 {
				t.Errorf("%d %s", r.status, code)
			}
			return
		}
		if !mime && !json.Valid([]byte(body)) {
			t.Errorf("took %q", body)
		}
	})
}

// FuzzAuthorize sends any request, and any form, to the authorization endpoint.
func FuzzAuthorize(f *testing.F) {
	o := ready(f, sandbox.Options{Seed: 1})
	f.Add(false, strings.SplitN(o.request(), "?", 2)[1])
	f.Add(false, strings.SplitN(o.request("redirect_uri", "http://localhost:1\r\nx: y"), "?", 2)[1])
	s := o.browser().open(o.request())
	f.Add(true, s.fields().Encode()+"&action=signin&account=admin%40agency.gov")
	f.Add(true, "flow=%00&check=&action=cancel")
	f.Add(true, strings.SplitN(o.request("state", "<script>", "response_mode", "form_post"), "?", 2)[1])
	f.Fuzz(func(t *testing.T, post bool, input string) {
		o, method, query, body, kind := o.of(t), "GET", (&url.URL{RawQuery: input}).Query().Encode(), "", ""
		if post {
			method, query, body, kind = "POST", "", input, "application/x-www-form-urlencoded"
		}
		checkPage(t, o, method, o.login+"/organizations/oauth2/v2.0/authorize?"+query, kind, body)
	})
}

// FuzzDevicePage sends any form to the page where a device's code is typed,
// from a browser that has been shown it.
func FuzzDevicePage(f *testing.F) {
	o := ready(f, sandbox.Options{Seed: 1})
	f.Add(o.device().text(f, "user_code"))
	f.Add("<b>")
	f.Add("\x00&flow=x")
	f.Fuzz(func(t *testing.T, typed string) {
		o := o.of(t)
		s := o.browser().open(o.login+"/common/oauth2/deviceauth").press("", "user_code", typed)
		if s.status != 200 && s.status != 400 || strings.Contains(s.body, "<b>") ||
			s.title() == "This page has expired" {
			t.Errorf("%d %s", s.status, s.body)
		}
		checkPage(t, o, "POST", o.login+"/common/oauth2/deviceauth", "application/x-www-form-urlencoded", typed)
	})
}

// checkPage fails unless the answer is a page of ours or leads back to a
// registered address, and nothing of the input stands in it as markup.
func checkPage(t *testing.T, o *office, method, address, kind, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Skip(err)
	}
	r.Header.Set("Content-Type", kind)
	s := o.browser().load(r, nil)
	to := s.header.Get("Location")
	switch {
	case s.status == 302 && (strings.HasPrefix(to, "http://localhost?") ||
		strings.HasPrefix(to, "http://localhost:") || strings.HasPrefix(to, "http://localhost/") ||
		strings.HasPrefix(to, "http://localhost#")) && !strings.ContainsAny(to, "\r\n"):
	case (s.status == 200 || s.status == 400) && strings.Contains(s.body, "Practice tenant of Example Agency") &&
		strings.Count(s.body, "<script") <= 1:
	default:
		t.Errorf("%s %s %q: %d %v\n%s", method, address, body, s.status, s.header, s.body)
	}
}
