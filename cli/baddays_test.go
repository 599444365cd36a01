package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"palmail/ptytest"
)

// badDay is a lab on which something is wrong.
type badDay struct {
	l     *lab
	env   []string
	cause string // of the finding that a check reports
	item  string // of the report in which it stands
}

// badDays makes each of them.
var badDays = map[string]func(t *testing.T) badDay{
	"server down": func(t *testing.T) badDay {
		l := newLab(t, nil)
		l.cloud = cloudFile(t, "https://"+deadAddress(t))
		return badDay{l, l.env(t), "connection-refused", "network"}
	},
	"certificate not trusted": func(t *testing.T) badDay {
		l := newLab(t, nil)
		return badDay{l, bareEnv(t), "tls-untrusted", "network"}
	},
	"no such host": func(t *testing.T) badDay {
		l := newLab(t, nil)
		l.cloud = cloudFile(t, "https://login.palmail.invalid")
		return badDay{l, l.env(t), "dns-failed", "network"}
	},
	"proxy wants a password": func(t *testing.T) badDay {
		l := newLab(t, nil)
		l.cloud = cloudFile(t, "https://example.com") // loopback is never asked for through a proxy
		return badDay{l, l.env(t, "HTTPS_PROXY="+proxy(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Proxy-Authenticate", `Basic realm="agency"`)
			http.Error(w, "<html><body>Sign in to the proxy</body></html>", http.StatusProxyAuthRequired)
		})), "proxy-auth-required", "network"}
	},
	"proxy answers with a page": func(t *testing.T) badDay {
		l := newLab(t, nil)
		l.cloud = cloudFile(t, "https://example.com")
		return badDay{l, l.env(t, "HTTPS_PROXY="+proxy(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<html><body>Blocked by policy</body></html>")
		})), "not-microsoft", "network"}
	},
	"a page instead of Microsoft": func(t *testing.T) badDay {
		l := newLab(t, instead(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><head><title>Guest Wi-Fi</title></head><body>Please accept our "+
				"terms.</body></html>")
		}))
		return badDay{l, l.env(t), "not-microsoft", "tenant"}
	},
	"answers of 10 MB": func(t *testing.T) badDay {
		l := newLab(t, instead(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(append([]byte(`{"issuer":"`), bytes.Repeat([]byte("x"), 10<<20)...))
		}))
		return badDay{l, l.env(t), "", "tenant"}
	},
	"server faults": func(t *testing.T) badDay {
		l := newLab(t, instead(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		}))
		return badDay{l, l.env(t), "service-fault", "tenant"}
	},
}

// instead answers everything in the tenant's place.
func instead(f http.HandlerFunc) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler { return f }
}

// deadAddress is one on which nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// proxy is a proxy that answers every CONNECT in its own way.
func proxy(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	p := httptest.NewServer(f)
	t.Cleanup(p.Close)
	return p.URL
}

// On each bad day, check and send report one finding, as JSON and in words.
func TestBadDaysCommands(t *testing.T) {
	t.Parallel()
	for name, make := range badDays {
		t.Run("check "+name, func(t *testing.T) {
			t.Parallel()
			day := make(t)
			a := day.l.readyApp(t)
			o := invocation{
				args: append(day.l.flags(a), "check", "--json", "--secret-stdin"), env: day.env, stdin: a.secret.Value,
			}.run(t)
			ok, items := wantChecks(t, o.out)
			if o.code != exitFailed || ok || o.stderr != "" {
				t.Errorf("ended with %d and %q", o.code, o.stderr)
			}
			cause := day.cause
			f, _ := items[day.item]["finding"].(map[string]any)
			if cause == "" && f != nil {
				cause = f["cause"].(string)
			}
			wantFinding(t, items[day.item]["finding"], cause)
			if len(o.out) > 64<<10 {
				t.Errorf("%d bytes were written", len(o.out))
			}
			leakless(t, "report", o.out, a.secret.Value)
		})
		t.Run("send "+name, func(t *testing.T) {
			t.Parallel()
			day := make(t)
			a := day.l.readyApp(t)
			o := invocation{
				args: append(day.l.flags(a), "send", "--to", "me@agency.gov", "--secret-stdin"), env: day.env,
				stdin: a.secret.Value,
			}.run(t)
			if o.code != exitFailed || o.out != "" || !strings.HasPrefix(o.stderr, "palmail: ") ||
				len(o.stderr) > 8<<10 {
				t.Errorf("ended with %d, %q and %q", o.code, o.out, o.stderr)
			}
			leakless(t, "words", o.stderr, a.secret.Value)
		})
	}
}

// On each bad day the wizard says what is wrong, lets the admin type what
// cannot be found, and loses nothing when it is left.
func TestBadDaysWizard(t *testing.T) {
	t.Parallel()
	for name, make := range badDays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day := make(t)
			s := inMemory(t, day.l, day.env)
			s.Press("noreply@agency.gov" + tab + "https://pal.agency.gov")
			s.Want("✗ Microsoft could not be asked.")
			s.Want("enter try again")
			s.Gone("The tenant of agency.gov was not found")
			wake(s, ctrlD, "Cause ") // the whole story
			if day.cause != "" {
				s.Want(day.cause)
			}
			wake(s, esc, titles["start"])
			wake(s, ctrlE, titles["tenant"])
			s.Coax(tab, "agency.onmicrosoft.com")
			s.Press(ctrlC)
			if code := s.Exit(); code != exitInterrupted {
				t.Errorf("ended with %d", code)
			}
			left(t, s)
			for _, kept := range []string{"noreply@agency.gov", "https://pal.agency.gov"} {
				if !strings.Contains(printed(s), kept) {
					t.Errorf("%q is lost:\n%s", kept, printed(s))
				}
			}
		})
	}
}

// A proxy that works is used, and named.
func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	target, err := url.Parse(l.url)
	if err != nil {
		t.Fatal(err)
	}
	var tunnels atomic.Int32
	through := proxy(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "example.com:443" {
			http.Error(w, r.Host, http.StatusBadGateway)
			return
		}
		tunnels.Add(1)
		tunnel(w, target.Host)
	})
	l.cloud = cloudFile(t, "https://example.com") // the name in the lab's certificate
	o := invocation{
		args: append(l.flags(a), "check", "--json", "--secret-stdin"), env: l.env(t, "HTTPS_PROXY="+through),
		stdin: a.secret.Value,
	}.run(t)
	ok, items := wantChecks(t, o.out)
	if !ok || o.code != exitDone || tunnels.Load() == 0 {
		t.Errorf("ended with %d after %d tunnels:\n%s%s", o.code, tunnels.Load(), o.out, o.stderr)
	}
	if detail := items["network"]["detail"].(string); !strings.Contains(detail, "proxy "+through) &&
		!strings.Contains(detail, strings.TrimPrefix(through, "http://")) {
		t.Errorf("the proxy is not named: %s", detail)
	}
}

// tunnel joins the client's connection to target until either side ends.
func tunnel(w http.ResponseWriter, target string) {
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(server, buffered); _ = server.Close() }()
	_, _ = io.Copy(client, server)
}

// A password in the proxy's address is not for everybody to read.
func TestProxyPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	l.cloud = cloudFile(t, "https://example.com")
	env := l.env(t, "HTTPS_PROXY=http://admin:Tr0ub4dor-and-3@"+deadAddress(t))
	for _, command := range []string{
		"check --json", "check", "send --to me@agency.gov", "send --to me@agency.gov --json",
	} {
		o := invocation{
			args: append(l.flags(a), append(strings.Fields(command), "--secret-stdin")...), env: env,
			stdin: a.secret.Value,
		}.run(t)
		if o.code != exitFailed || strings.Contains(o.out+o.stderr, "Tr0ub4dor") {
			t.Errorf("%s ended with %d:\n%s%s", command, o.code, o.out, o.stderr)
		}
	}
}

// aheadWriter answers as of tomorrow.
type aheadWriter struct{ http.ResponseWriter }

func (w aheadWriter) WriteHeader(status int) {
	w.Header().Set("Date", time.Now().Add(24*time.Hour).UTC().Format(http.TimeFormat))
	w.ResponseWriter.WriteHeader(status)
}

// The server's clock is a day ahead: the check says so.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(aheadWriter{w}, r)
		})
	})
	a := l.readyApp(t)
	args := append(l.flags(a), "check", "--secret-stdin")
	o := invocation{args: append(args, "--json"), env: l.env(t), stdin: a.secret.Value}.run(t)
	_, items := wantChecks(t, o.out)
	if detail := items["network"]["detail"].(string); !strings.Contains(detail, "clock is 24h0m0s behind") {
		t.Errorf("the clock is not named: %s", detail)
	}
	if items["network"]["finding"] == nil {
		t.Error("no finding about the clock")
	}
	o = invocation{args: args, env: l.env(t), stdin: a.secret.Value}.run(t)
	if !strings.Contains(o.out+o.stderr, "clock") {
		t.Errorf("in words nothing is said of the clock:\n%s%s", o.out, o.stderr)
	}
}

// stalled keeps everything that is asked waiting until the client has gone.
func stalled(asked chan<- struct{}) func(http.Handler) http.Handler {
	return instead(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	})
}

// Microsoft does not answer: the program can be left at once, by the screens,
// line by line, and in the commands.
func TestLeavingASlowCall(t *testing.T) {
	t.Parallel()
	quick := func(t *testing.T, begun time.Time) {
		t.Helper()
		if took := time.Since(begun); took > ptytest.Limit/12 { // a call has 30 s
			t.Errorf("leaving took %v", took)
		}
	}
	t.Run("screens", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{}, 1)
		l := newLab(t, stalled(asked))
		s := inMemory(t, l, l.env(t))
		s.Press("noreply@agency.gov" + tab + "https://pal.agency.gov")
		s.Want("Asking Microsoft which tenant agency.gov")
		<-asked
		begun := time.Now()
		s.Press(ctrlC)
		if code := s.Exit(); code != exitInterrupted {
			t.Errorf("ended with %d", code)
		}
		quick(t, begun)
		left(t, s)
	})
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{}, 1)
		l := newLab(t, stalled(asked))
		s := onTerminal(t, l.env(t), "--plain", "--cloud", l.cloud)
		s.Want("Go on in memory only")
		s.Press("2" + enter)
		s.Want("System mailbox (noreply@agency.gov):")
		s.Press("noreply@agency.gov" + enter + "https://pal.agency.gov" + enter)
		<-asked
		begun := time.Now()
		s.Press(ctrlC)
		if code := s.Exit(); code != exitInterrupted {
			t.Errorf("ended with %d", code)
		}
		quick(t, begun)
	})
	for _, command := range []string{
		"check", "check --json", "send --to me@agency.gov", "send --to me@agency.gov --json",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 1)
			l := newLab(t, stalled(asked))
			a := l.readyApp(t)
			cmd := interruptible(exec.Command(self(t),
				append(l.flags(a), append(strings.Fields(command), "--secret-stdin")...)...))
			cmd.Env, cmd.Stdin = l.env(t), strings.NewReader(a.secret.Value)
			var out, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			begun := time.Now()
			if err := interrupt(cmd); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			quick(t, begun)
			if cmd.ProcessState.ExitCode() != exitInterrupted {
				t.Errorf("ended with %d:\n%s%s", cmd.ProcessState.ExitCode(), &out, &stderr)
			}
			if out.Len() > 0 && !json.Valid(out.Bytes()) {
				t.Errorf("half a document: %s", &out)
			}
			leakless(t, "output", out.String()+stderr.String(), a.secret.Value)
		})
	}
}
