package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// echoes are servers that send back what they were sent, as faulty gateways
// do: nothing of it may be shown.
var echoes = map[string]func(form url.Values, raw string) (contentType, body string){
	"as it came": func(_ url.Values, raw string) (string, string) { return "text/plain", "bad request: " + raw },
	"in JSON": func(f url.Values, _ string) (string, string) {
		b, _ := json.Marshal(map[string]any{
			"error": "invalid_client", "error_description": "AADSTS7000215: refused client_secret=" +
				f.Get("client_secret") + " of " + f.Get("client_id"), "error_codes": []int{7000215},
		})
		return "application/json", string(b)
	},
	"without its name": func(f url.Values, _ string) (string, string) {
		b, _ := json.Marshal(map[string]any{
			"error": "invalid_client", "error_description": "AADSTS7000215: we do not know “" +
				f.Get("client_secret") + "”", "error_codes": []int{7000215},
		})
		return "application/json", string(b)
	},
	"in a page": func(f url.Values, raw string) (string, string) {
		return "text/html", "<html><body><pre>" + html.EscapeString(raw) + "</pre><b>" +
			html.EscapeString(f.Get("client_secret")) + "</b></body></html>"
	},
	"on two lines": func(f url.Values, _ string) (string, string) {
		s := f.Get("client_secret")
		return "text/plain", "you sent client_secret=" + s[:len(s)/2] + "\n" + s[len(s)/2:] + "\n"
	},
}

func echoing(f func(url.Values, string) (string, string)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			form, err := url.ParseQuery(string(raw))
			// The secret that is wrong on purpose is answered as ever.
			if err != nil || !practiceSecret.MatchString(form.Get("client_secret")) {
				r.Body = io.NopCloser(bytes.NewReader(raw))
				next.ServeHTTP(w, r)
				return
			}
			contentType, body := f(form, string(raw))
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body)
		})
	}
}

func TestEchoedSecret(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, echoing(echo))
			a := l.readyApp(t)
			log := t.TempDir() + "/log"
			written := &strings.Builder{}
			for _, command := range []string{
				"check --json", "check", "send --to me@agency.gov", "send --to me@agency.gov --json",
			} {
				o := invocation{
					args: append(l.flags(a), append(strings.Fields(command), "--secret-stdin", "--log", log)...),
					env:  l.env(t), stdin: a.secret.Value,
				}.run(t)
				if o.code != exitFailed {
					t.Errorf("%s ended with %d:\n%s%s", command, o.code, o.out, o.stderr)
				}
				fmt.Fprint(written, o.out, o.stderr)
			}
			leakless(t, "commands", written.String(), a.secret.Value)

			p := onTerminal(t, l.env(t), "--plain", "--cloud", l.cloud, "--log", log, "--client-id", a.ClientID)
			for _, q := range [][2]string{
				{"Go on in memory only", "2"}, {"System mailbox (noreply@agency.gov):", "noreply@agency.gov"},
				{"Application Admin URL (", "https://pal.agency.gov"},
				{"2. Be guided through the portal", ""},
				{"Expires in days, number [2]:", ""},
			} {
				p.Want(q[0])
				p.Press(q[1] + enter)
			}
			p.Want("nothing shows while you type:")
			p.Until("no echo", func(string) bool { return !p.Echoes() })
			p.Press(a.secret.Value + enter)
			p.WantOne("Wrong:", "This is tried for 2 minutes at most.") // a wrong secret is waited for, it may be new
			p.Press(ctrlC)
			p.Exit()
			leakless(t, "plain", string(p.Raw()), a.secret.Value)
			leakless(t, "log", readLog(t, log), a.secret.Value)
		})
	}
}

// The same on the screens, with the details open.
func TestEchoedSecretOnScreens(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := false
			l := newLab(t, func(next http.Handler) http.Handler {
				return echoing(func(f url.Values, raw string) (string, string) {
					refused = true
					return echo(f, raw)
				})(next)
			})
			s := inMemory(t, l, l.env(t))
			w := &labWalk{lab: l, s: s}
			w.to(t, "start", "secret")
			secret := l.addSecret(t, w.app.ClientID)
			s.Paste(secret.Value)
			told := s.WantOne("✗", "of 2:00") // a wrong secret is waited for, it may be new
			if told == "✗" {
				s.Coax(ctrlD, "What came back")
			}
			s.Press(ctrlC)
			if code := s.Exit(); code != exitInterrupted || !refused {
				t.Errorf("ended with %d, refused: %v", code, refused)
			}
			leakless(t, "terminal", string(s.Raw()), secret.Value)
		})
	}
}
