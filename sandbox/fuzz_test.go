package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
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
		r, err := o.try("POST", o.login+"/agency.gov/oauth2/v2.0/token", "application/x-www-form-urlencoded", "", []byte(body))
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
	for _, body := range []string{letter, probe, `{"message":{"toRecipients":[{"emailAddress":null},null]}}`, `[]`, `{"message":[]}`, `null`} {
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
