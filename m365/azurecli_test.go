//go:build unix

package m365

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"palmail/diagnose"
)

// fakeAzureCLI puts an az on the path that runs a script; its arguments land in the
// file that is returned.
func fakeAzureCLI(t *testing.T, script string) (args string) {
	t.Helper()
	dir := t.TempDir()
	args = filepath.Join(dir, "args")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>" + args + "\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return args
}

func azToken(claims map[string]any, expires string) string {
	all := map[string]any{
		"aud": "https://graph.microsoft.com", "tid": testTenant, "oid": testUser, "upn": "admin@agency.gov",
		"wids": []string{rolePrivileged},
	}
	for k, v := range claims {
		all[k] = v
	}
	return fmt.Sprintf(`cat <<'E'
{"accessToken":%q,%s,"subscription":"s","tenant":%q,"tokenType":"Bearer"}
E`, unsignedJWT(all), expires, testTenant)
}

func TestSignInAzureCLI(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	for name, expires := range map[string]string{
		"expires_on":     fmt.Sprintf(`"expires_on":%d,"expiresOn":"2001-01-01 00:00:00.000000"`, soon.Unix()),
		"expiresOn only": fmt.Sprintf(`"expiresOn":%q`, soon.Format("2006-01-02 15:04:05.000000")),
	} {
		t.Run(name, func(t *testing.T) {
			args := fakeAzureCLI(t, azToken(nil, expires))
			if !AzureCLIPresent(t.Context()) {
				t.Fatal("az is not seen")
			}
			a, err := commercialClient(t, nil).SignInAzureCLI(t.Context(), SignInOptions{TenantID: testTenant})
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Account(); got.Username != "admin@agency.gov" || got.TenantID != testTenant {
				t.Errorf("%+v", got)
			}
			if known, may := a.MayConsent(); !known || !may {
				t.Error("a Privileged Role Administrator may not consent")
			}
			if _, f := a.token(t.Context()); f != nil {
				t.Error(f)
			}
			asked, err := os.ReadFile(args)
			want := strings.Join([]string{
				"account", "get-access-token", "--output", "json",
				"--resource", "https://graph.microsoft.com", "--tenant", testTenant, "",
			}, "\n")
			if err != nil || string(asked) != want {
				t.Errorf("az was called with %q, want %q", asked, want)
			}
		})
	}
}

// When the token is about to expire, az is asked for another, which must be for the same account.
func TestAzureCLIIsAskedAgain(t *testing.T) {
	ends := fmt.Sprintf(`"expires_on":%d`, time.Now().Add(time.Minute).Unix())
	args := fakeAzureCLI(t, azToken(nil, ends))
	a, err := commercialClient(t, nil).SignInAzureCLI(t.Context(), SignInOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, f := a.token(t.Context()); f != nil {
		t.Fatal(f)
	}
	if asked, _ := os.ReadFile(args); strings.Count(string(asked), "get-access-token") != 2 ||
		strings.Contains(string(asked), "--tenant") {
		t.Errorf("az was called with %q", asked)
	}
	fakeAzureCLI(t, azToken(map[string]any{"oid": testApp}, ends))
	if _, f := a.token(t.Context()); f == nil || !errors.Is(f, errSomebodyElse) {
		t.Errorf("somebody else's token was taken: %v", f)
	}
}

func TestAzureCLIRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		script string
		next   bool
		says   string
	}{
		"signed out": {
			"echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", true, "nobody is signed in",
		},
		"Conditional Access": {
			"echo 'ERROR: AADSTS53003: Access has been blocked. Trace ID: x' >&2; echo 'Run: az login' >&2; exit 1",
			true, "AADSTS53003",
		},
		"second factor": {
			"echo 'AADSTS50076: you must use multi-factor authentication' >&2; exit 1", true, "AADSTS50076",
		},
		"broken":         {"echo 'Traceback' >&2; exit 3", false, "code 3"},
		"nothing":        {"exit 0", false, "not a token"},
		"not JSON":       {"echo hello", false, "not a token"},
		"no end":         {azToken(nil, `"x":1`), false, "until when"},
		"another tenant": {azToken(map[string]any{"tid": testApp}, `"expires_on":1`), false, "for the tenant"},
		"another cloud": {
			azToken(map[string]any{"aud": "https://graph.microsoft.us"}, `"expires_on":1`), false, "graph.microsoft.us",
		},
		"endless": {"head -c 1000000 /dev/zero", false, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeAzureCLI(t, x.script)
			_, err := commercialClient(t, nil).SignInAzureCLI(t.Context(), SignInOptions{TenantID: testTenant})
			f := failureOf(t, err)
			_, next := SignInRefused(err)
			if f.Stage != diagnose.StageSignIn || next != x.next || !strings.Contains(err.Error(), x.says) ||
				strings.Contains(err.Error()+f.Body, "eyJ") || len(f.Body) > maxBody {
				t.Errorf("next %v: %.300s", next, err)
			}
		})
	}
}

func TestNoAzureCLI(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if AzureCLIPresent(t.Context()) {
		t.Error("az is seen")
	}
	_, err := commercialClient(t, nil).SignInAzureCLI(t.Context(), SignInOptions{TenantID: testTenant})
	if _, next := SignInRefused(err); !errors.Is(err, ErrNoAzureCLI) || !next {
		t.Error(err)
	}
}

func TestAzureCLIGetsNoOddArguments(t *testing.T) {
	args := fakeAzureCLI(t, azToken(nil, `"expires_on":1`))
	for _, tenant := range []string{"x & calc", "--debug x", `a"b`, "%PATH%", "a^b", "-\n"} {
		if _, err := commercialClient(t, nil).SignInAzureCLI(t.Context(),
			SignInOptions{TenantID: tenant}); err == nil || !strings.Contains(err.Error(), "handed") {
			t.Errorf("%q: %v", tenant, err)
		}
	}
	if _, err := os.Stat(args); err == nil {
		t.Error("az was started")
	}
}

// az is a script that starts Python: both end with the context.
func TestAzureCLICancelled(t *testing.T) {
	dir := t.TempDir()
	pid := filepath.Join(dir, "pid")
	fakeAzureCLI(t, "sleep 60 & echo $! >"+pid+".new; mv "+pid+".new "+pid+"; wait")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := commercialClient(t, nil).SignInAzureCLI(ctx, SignInOptions{TenantID: testTenant})
		ended <- err
	}()
	child := 0
	for deadline := time.Now().Add(30 * time.Second); child == 0 &&
		time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(pid); err == nil {
			child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("az is waited for")
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); err == nil &&
			strings.Contains(string(state), ") Z ") {
			break // dead, and nobody's to bury but init's
		}
		if child == 0 || errors.Is(syscall.Kill(child, 0), syscall.ESRCH) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the child %d is still running", child)
		}
	}
}
