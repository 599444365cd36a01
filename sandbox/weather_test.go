package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
)

func TestDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{
			Weather: sandbox.Weather{
				AppDelay: 10 * time.Second, SecretDelay: 20 * time.Second, ConsentDelay: 30 * time.Second,
			},
		})
		f.must(f.tenant.AddPermission(f.app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"))
		f.must(f.tenant.GrantConsent(f.app.ClientID))
		code := func() int { return f.ask(f.tenant.ID(), f.form()).refusal(t).Codes[0] }
		if c := code(); c != 700016 {
			t.Errorf("at once: %d", c)
		}
		time.Sleep(9 * time.Second)
		if c := code(); c != 700016 {
			t.Errorf("after 9 s: %d", c)
		}
		time.Sleep(time.Second)
		if c := code(); c != 7000215 {
			t.Errorf("after 10 s: %d", c)
		}
		time.Sleep(10 * time.Second)
		early := f.token()
		if r := claimsOf(t, early)["roles"]; r != nil {
			t.Errorf("after 20 s: roles %v", r)
		}
		time.Sleep(10 * time.Second)
		if r := f.send(noreply, early, letter); r.status != 403 {
			t.Errorf("the early token after 30 s: %d", r.status)
		}
		if r := f.send(noreply, f.token(), letter); r.status != 202 {
			t.Errorf("after 30 s: %d %s", r.status, r.body)
		}
		f.must(f.tenant.RemoveSecret(f.app.ClientID, f.secret.ID))
		if r := f.ask(f.tenant.ID(), f.form()); r.status != 200 {
			t.Errorf("removed just now: %d", r.status)
		}
		time.Sleep(20 * time.Second)
		if c := code(); c != 7000215 {
			t.Errorf("20 s after its removal: %d", c)
		}
	})
}

func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{Weather: sandbox.Weather{SecretDelay: 10 * time.Second, Flapping: true}})
		time.Sleep(10 * time.Second)
		good, stale := 0, 0
		for range 8 {
			if f.ask(f.tenant.ID(), f.form()).status == 200 {
				good++
			} else if good > 0 {
				stale++
			}
			time.Sleep(time.Second)
		}
		if good == 0 || stale == 0 {
			t.Errorf("%d good reads, %d stale ones after them", good, stale)
		}
		time.Sleep(2 * time.Second)
		for range 4 {
			if r := f.ask(f.tenant.ID(), f.form()); r.status != 200 {
				t.Errorf("after twice the delay: %d", r.status)
			}
		}
	})
}

func TestThrottlingAndFaults(t *testing.T) {
	f := ready(t, sandbox.Options{})
	token := f.token()
	f.tenant.SetWeather(sandbox.Weather{ThrottleEvery: 2})
	for i := 1; i <= 8; i++ {
		r := f.send(noreply, token, letter)
		if i%2 == 1 {
			if r.status != 202 {
				t.Errorf("call %d: %d", i, r.status)
			}
			continue
		}
		code, _ := r.graphError(t)
		if after := r.header.Get("Retry-After"); r.status != 429 || code != "ApplicationThrottled" ||
			after != "1" && after != "2" {
			t.Errorf("call %d: %d %s, Retry-After %q", i, r.status, code, after)
		}
	}
	if n := len(f.tenant.Mails()); n != 4 {
		t.Errorf("%d mails: a throttled call was carried out", n)
	}
	f.tenant.SetWeather(sandbox.Weather{FaultEvery: 1})
	if code, _ := f.send(noreply, token, letter).graphError(t); code != "ServiceUnavailable" {
		t.Error(code)
	}
	if r := f.ask(f.tenant.ID(), f.form()); r.status != 503 || r.refusal(t).Codes[0] != 90033 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestLostAnswers(t *testing.T) {
	f := ready(t, sandbox.Options{})
	f.tenant.SetWeather(sandbox.Weather{LoseEvery: 2, LoseOnly: "sendMail"})
	var lost int
	f.tenant.Observe(func(e sandbox.Exchange) {
		if e.Lost {
			lost++
		}
	})
	token := f.token()
	for i := 1; i <= 4; i++ {
		_, err := f.try("POST", f.graph+"/v1.0/users/"+noreply+"/sendMail", "application/json", "Bearer "+
			token, []byte(letter))
		if want := i%2 == 0; errors.Is(err, syscall.ECONNRESET) != want {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if n := len(f.tenant.Mails()); n != 4 || lost != 2 {
		t.Errorf("%d mails, %d lost answers: a lost answer must be carried out", n, lost)
	}
}

func TestLatencyAndCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, sandbox.Options{Weather: sandbox.Weather{Latency: time.Minute}})
		start := time.Now()
		f.token()
		if d := time.Since(start); d != time.Minute {
			t.Errorf("took %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.graph+"/v1.0/", nil)
		f.must(err)
		start = time.Now()
		if _, err = f.http.Do(req); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestTransportRefusesOtherHosts(t *testing.T) {
	f := open(t, sandbox.Options{})
	for _, address := range []string{
		"https://example.org/x", "https://graph.microsoft.com.example.org/v1.0/", "http://graph.microsoft.com/v1.0/",
	} {
		_, err := f.try("GET", address, "", "", nil)
		if err == nil || !strings.Contains(err.Error(), strings.Split(address, "/")[2]) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWeatherNamed(t *testing.T) {
	for name, want := range map[string]sandbox.Weather{
		"calm": sandbox.Calm(), "Usual": sandbox.Usual(), "rough": sandbox.Rough(),
	} {
		if w, ok := sandbox.WeatherNamed(name); !ok || w != want {
			t.Errorf("%s: %v %v", name, w, ok)
		}
	}
	if _, ok := sandbox.WeatherNamed("sunny"); ok {
		t.Error("sunny is no weather")
	}
}

func TestObservedSecrets(t *testing.T) {
	f := ready(t, sandbox.Options{})
	var seen []sandbox.Exchange
	f.tenant.Observe(func(e sandbox.Exchange) { seen = append(seen, e) })
	token := f.token()
	f.send(noreply, token, letter)
	if len(seen) != 2 || seen[1].Status != 202 || seen[1].RequestBody != letter ||
		seen[0].URL != f.login+"/"+f.tenant.ID()+"/oauth2/v2.0/token" {
		t.Fatalf("%+v", seen)
	}
	for _, e := range seen {
		all := e.RequestBody + e.ResponseBody + strings.Join(e.RequestHeaders.Values("Authorization"), "")
		if strings.Contains(all, f.form().Encode()) || strings.Contains(all, token) ||
			strings.Contains(all, f.secret.Value) {
			t.Errorf("a secret was shown: %s", all)
		}
	}
	if !strings.Contains(seen[0].RequestBody, "client_secret=[secret]") {
		t.Error(seen[0].RequestBody)
	}
}

func TestConcurrentUse(t *testing.T) {
	f := ready(t, sandbox.Options{Weather: sandbox.Weather{Flapping: true, ConsentDelay: time.Millisecond}})
	f.tenant.Observe(func(sandbox.Exchange) {})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				// No helper here that may end the test: this is not its goroutine.
				r, err := f.try("POST", f.login+"/"+f.tenant.ID()+
					"/oauth2/v2.0/token", "application/x-www-form-urlencoded", "", []byte(f.form().Encode()))
				if err != nil || r.status != 200 {
					t.Errorf("token: %v %d %s", err, r.status, r.body)
				}
				if _, err := f.try("POST", f.graph+"/v1.0/users/"+noreply+"/sendMail", "application/json", "Bearer "+
					tokenIn(r.body), []byte(letter)); err != nil {
					t.Error(err)
				}
				if _, _, err := f.tenant.Practice("secret", sandbox.SecretCutShort,
					map[string]string{"client-id": f.app.ClientID}); err != nil {
					t.Error(err)
				}
				if _, _, err := f.tenant.Practice("permission", "",
					map[string]string{"client-id": f.app.ClientID}); err != nil {
					t.Error(err)
				}
				f.tenant.RegisterApp("other", sandbox.Web, "")
				f.tenant.SetWeather(f.tenant.Weather())
				f.tenant.SetMailbox("x@agency.gov", sandbox.Mailbox{})
				f.tenant.Mails()
				f.tenant.Apps()
			}
		})
	}
	wg.Wait()
}

// tokenIn takes the access token out of an answer without ending any test.
func tokenIn(body []byte) string {
	var o struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(body, &o) != nil {
		return ""
	}
	return o.Token
}
