package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// With --json every command line prints exactly one document, also a wrong one.
func TestOneDocumentInEveryCase(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	flags := l.flags(a)
	check := append(slices.Clone(flags), "check", "--json", "--secret-stdin")
	send := append(slices.Clone(flags), "send", "--json", "--secret-stdin")
	for name, i := range map[string]invocation{
		"a Secret ID":       {args: check, stdin: a.secret.ID},
		"an empty secret":   {args: check},
		"a malformed ID":    {args: append(slices.Clone(flags), "check", "--json", "--client-id", "1b2c")},
		"an unknown flag":   {args: []string{"check", "--json", "--nothing"}},
		"an argument":       {args: []string{"check", "--json", "everything"}},
		"an unknown verb":   {args: []string{"chekc", "--json"}},
		"a wrong profile":   {args: []string{"check", "--json", "--profile", "a/b"}},
		"a wrong cloud":     {args: []string{"check", "--json", "--cloud", "moon"}},
		"no keyring":        {args: []string{"check", "--json"}},
		"every profile":     {args: []string{"check", "--json", "--all"}},
		"send to nobody":    {args: send, stdin: a.secret.Value},
		"send a Secret ID":  {args: append(slices.Clone(send), "--to", "a@b.gov"), stdin: a.secret.ID},
		"a wrong address":   {args: []string{"status", "--json", "--notify", "nobody"}},
		"nothing explained": {args: []string{"explain", "--json"}, stdin: " \n"},
		"no such file":      {args: []string{"explain", "--json", "/nowhere/at/all"}},
		"a wrong stage":     {args: []string{"explain", "--json", "--during", "lunch"}, stdin: "AADSTS7000215"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i.env = l.env(t)
			o := i.run(t)
			v := oneJSON(t, o.out)
			if o.code == exitDone || v["ok"] != false {
				t.Errorf("ended with %d: %s", o.code, o.out)
			}
			finding, _ := v["finding"].(map[string]any)
			if title, _ := finding["title"].(string); title == "" || strings.Contains(o.out, a.secret.Value) {
				t.Errorf("the finding is %v", v["finding"])
			}
			if slices.Contains(i.args, "check") && !slices.Contains(i.args, "--all") {
				if checks, _ := v["checks"].([]any); len(checks) != 6 {
					t.Errorf("the checks are %v", v["checks"])
				}
			}
		})
	}
}

func TestCheckOfAnExpiredSecret(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	expired, err := l.AddSecret(a.ClientID, "old", time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	o := invocation{
		args: append(l.flags(a), "check", "--json", "--secret-stdin"), env: l.env(t), stdin: expired.Value,
	}.run(t)
	_, items := wantChecks(t, o.out)
	wantFinding(t, items["secret"]["finding"], "secret-expired")
	if o.code != exitUnfinished {
		t.Errorf("ended with %d, want %d as the help says", o.code, exitUnfinished)
	}
}

// After a lost answer nobody is told to repeat the mail.
func TestSendAfterALostAnswer(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	sends := 0
	l.LoseCall(func(method, path string, _ int) bool {
		if method == http.MethodPost && strings.HasSuffix(path, "/sendMail") {
			sends++
		}
		return sends >= 2 && strings.HasSuffix(path, "/sendMail")
	})
	o := invocation{
		args: append(l.flags(a), "send", "--json", "--secret-stdin", "--to", "me@"+l.Domain()), env: l.env(t),
		stdin: a.secret.Value,
	}.run(t)
	v := oneJSON(t, o.out)
	finding, _ := v["finding"].(map[string]any)
	text, _ := json.Marshal(finding)
	if o.code != exitFailed || finding["retry"] != false || !strings.Contains(string(text), "arrive twice") ||
		!strings.Contains(string(text), "Look for the reference") || len(l.Mails()) != 1 {
		t.Errorf("ended with %d, %d mails: %s", o.code, len(l.Mails()), o.out)
	}
}

// One mailbox check that gets no answer is no failure of the network.
func TestCheckWhoseProbeIsReset(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	l.LoseCall(func(_, path string, _ int) bool { return strings.HasSuffix(path, "/sendMail") })
	o := invocation{
		args: append(l.flags(a), "check", "--json", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value,
	}.run(t)
	_, items := wantChecks(t, o.out)
	for _, name := range []string{"network", "tenant", "app", "secret", "permission"} {
		if items[name]["ok"] != true {
			t.Errorf("%s: %v", name, items[name])
		}
	}
	finding, _ := items["mailbox"]["finding"].(map[string]any)
	if items["mailbox"]["ok"] != false || finding["retry"] != true ||
		!strings.Contains(finding["title"].(string), "mailbox got no answer") {
		t.Errorf("mailbox: %v", items["mailbox"])
	}
}

// A mailbox outside the scope that Exchange gave the app is no reason to consent.
func TestCheckOutsideTheScope(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	if err := l.RevokeConsent(a.ClientID); err != nil {
		t.Fatal(err)
	}
	if err := l.AllowByExchange(a.ClientID, "noreply@"+l.Domain()); err != nil {
		t.Fatal(err)
	}
	l.SetMailbox("records@"+l.Domain(), sandbox.Mailbox{Licensed: true})
	args := append(l.flags(a), "check", "--secret-stdin", "--json")
	if o := (invocation{args: args, env: l.env(t), stdin: a.secret.Value}).run(t); o.code != exitDone {
		t.Fatalf("inside the scope, ended with %d: %s", o.code, o.out)
	}
	mailbox := "records@" + l.Domain()
	o := invocation{args: append(args, "--mailbox", mailbox), env: l.env(t), stdin: a.secret.Value}.run(t)
	_, items := wantChecks(t, o.out)
	finding := items["permission"]["finding"].(map[string]any)
	remedy := finding["remedy"].([]any)
	if !strings.Contains(remedy[0].(string), "-Identity "+a.ClientID+" -Resource "+mailbox) ||
		!strings.Contains(remedy[1].(string), "Grant no consent") {
		t.Errorf("the remedy is %v", remedy)
	}
}

// One cause of several failed checks is explained once, and commands carry real IDs.
func TestOneCauseIsExplainedOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	nowhere := filepath.Join(t.TempDir(), "nowhere.json")
	const closed = `{"name":"lab","login":"https://127.0.0.1:1","graph":"https://127.0.0.1:1",` +
		`"portal":"https://127.0.0.1:1"}`
	if err := os.WriteFile(nowhere, []byte(closed), 0o600); err != nil {
		t.Fatal(err)
	}
	o := invocation{
		args: append(l.flags(a), "check", "--secret-stdin", "--cloud", nowhere), env: l.env(t), stdin: a.secret.Value,
	}.run(t)
	if n := strings.Count(o.out, "palmail: "); o.code != exitFailed || n != 1 || strings.Count(o.out, "FAILED") < 2 {
		t.Errorf("ended with %d, explained %d times:\n%s", o.code, n, o.out)
	}
	if err := l.BlockByAccessPolicy(a.ClientID, "noreply@"+l.Domain()); err != nil {
		t.Fatal(err)
	}
	o = invocation{args: append(l.flags(a), "check", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value}.run(t)
	if strings.Contains(o.out, "CLIENT-ID") || strings.Contains(o.out, "MAILBOX") ||
		!strings.Contains(o.out, "-AppId "+a.ClientID+" -Identity noreply@"+l.Domain()) {
		t.Errorf("the commands have no real IDs:\n%s", o.out)
	}
}

// A command that waits because Microsoft asks for it says so.
func TestCommandsSayWhatMicrosoftAsks(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	l.SetWeather(sandbox.Weather{ThrottleEvery: 3, ThrottleSeconds: 1})
	o := invocation{
		args: append(l.flags(a), "check", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value,
	}.run(t)
	if !strings.Contains(o.stderr, "palmail: Microsoft asks to wait 1 s; ctrl+c ends the command\n") {
		t.Errorf("said %q", o.stderr)
	}
}
