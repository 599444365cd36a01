package cli

import (
	"regexp"
	"runtime"
	"strings"
	"testing"

	"palmail/sandbox"
)

// check and send from flags alone, on a machine without a keyring.
func TestCheckFromFlags(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	o := invocation{
		args: append(l.flags(a), "check", "--json", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value + "\r\n",
	}.run(t)
	ok, items := wantChecks(t, o.out)
	if o.code != exitDone || !ok || o.stderr != "" {
		t.Errorf("ended with %d and %q:\n%s", o.code, o.stderr, o.out)
	}
	for name, item := range items {
		if item["ok"] != true || item["skipped"] != false || item["finding"] != nil {
			t.Errorf("%s: %v", name, item)
		}
	}
	o = invocation{args: append(l.flags(a), "check", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value}.run(t)
	if o.code != exitDone || strings.Count(o.out, "ok ") < 6 || strings.Contains(o.out, "{") {
		t.Errorf("in words, ended with %d:\n%s", o.code, o.out)
	}
	// The tenant and the cloud are found from the mailbox's domain.
	o = invocation{
		args: []string{
			"check", "--cloud", l.cloud, "--client-id", a.ClientID, "--mailbox", "noreply@" + l.Domain(),
			"--secret-stdin", "--json",
		}, env: l.env(t), stdin: a.secret.Value,
	}.run(t)
	if ok, _ := wantChecks(t, o.out); !ok || o.code != exitDone {
		t.Errorf("without --tenant-id, ended with %d:\n%s%s", o.code, o.out, o.stderr)
	}
	if len(l.Mails()) > 0 {
		t.Errorf("check has sent %d mails", len(l.Mails()))
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*testing.T, *lab, *readyApp) (mailbox string)
		item  string
		cause string
	}{
		"the secret of another app": {func(t *testing.T, l *lab, a *readyApp) string {
			a.secret = l.addSecret(t, l.RegisterApp("Other", sandbox.Web, "").ClientID)
			return ""
		}, "secret", "secret-wrong"},
		"no such app": {
			func(_ *testing.T, l *lab, a *readyApp) string { l.DeleteApp(a.ClientID); return "" }, "app", "app-unknown",
		},
		"no consent": {func(t *testing.T, l *lab, a *readyApp) string {
			if err := l.RevokeConsent(a.ClientID); err != nil {
				t.Fatal(err)
			}
			return ""
		}, "permission", "mail-send-not-granted"},
		"disabled": {func(t *testing.T, l *lab, a *readyApp) string {
			if err := l.SetEnabled(a.ClientID, false); err != nil {
				t.Fatal(err)
			}
			return ""
		}, "app", "app-disabled"},
		"a mailbox without a licence": {func(_ *testing.T, l *lab, _ *readyApp) string {
			l.SetMailbox("records@"+l.Domain(), sandbox.Mailbox{})
			return "records@" + l.Domain()
		}, "mailbox", "mailbox-not-in-exchange-online"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, nil)
			a := l.readyApp(t)
			args := l.flags(a)
			if mailbox := c.spoil(t, l, &a); mailbox != "" {
				args = append(args, "--mailbox", mailbox)
			}
			o := invocation{
				args: append(args, "check", "--json", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value,
			}.run(t)
			ok, items := wantChecks(t, o.out)
			if o.code != exitFailed || ok || o.stderr != "" {
				t.Errorf("ended with %d and %q", o.code, o.stderr)
			}
			if items[c.item]["ok"] != false || items[c.item]["skipped"] != false {
				t.Errorf("%s: %v", c.item, items[c.item])
			}
			wantFinding(t, items[c.item]["finding"], c.cause)

			o = invocation{
				args: append(args, "send", "--json", "--secret-stdin", "--to", "me@"+l.Domain()), env: l.env(t),
				stdin: a.secret.Value,
			}.run(t)
			v := wantKeys(t, "the report", oneJSON(t, o.out), "ok", "finding")
			wantFinding(t, v["finding"], c.cause)
			if o.code != exitFailed || v["ok"] != false || o.stderr != "" || len(l.Mails()) > 0 {
				t.Errorf("send ended with %d and %q", o.code, o.stderr)
			}
			o = invocation{args: append(args, "check", "--secret-stdin"), env: l.env(t), stdin: a.secret.Value}.run(t)
			if o.code != exitFailed || !strings.Contains(o.out, "FAILED") {
				t.Errorf("in words, ended with %d:\n%s", o.code, o.out)
			}
		})
	}
}

func TestSendFromFlags(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	args := append(l.flags(a), "send", "--to", "me@"+l.Domain(), "--secret-stdin")
	o := invocation{args: append(args, "--json"), env: l.env(t), stdin: a.secret.Value}.run(t)
	v := wantKeys(t, "the report", oneJSON(t, o.out), "ok", "to", "from", "reference", "at", "request_id",
		"correlation_id")
	if o.code != exitDone || v["ok"] != true || o.stderr != "" {
		t.Errorf("ended with %d and %q:\n%s", o.code, o.stderr, o.out)
	}
	mails := l.Mails()
	if len(mails) != 1 || mails[0].Subject != "PAL test mail "+v["reference"].(string) ||
		mails[0].From != "noreply@"+l.Domain() || mails[0].To[0] != "me@"+l.Domain() {
		t.Errorf("the mails are %+v, the report %v", mails, v)
	}
	o = invocation{args: args, env: l.env(t), stdin: a.secret.Value}.run(t)
	if o.code != exitDone || !regexp.MustCompile(`accepted .*reference [A-Z2-9]{6}`).MatchString(o.out) {
		t.Errorf("in words, ended with %d:\n%s%s", o.code, o.out, o.stderr)
	}
	if len(l.Mails()) != 2 {
		t.Errorf("%d mails have left, want 2", len(l.Mails()))
	}
}

// Wrong answers on the command line are wrong usage, before anybody is asked.
func TestProofUsage(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	for name, i := range map[string]invocation{
		"an empty secret": {args: append(l.flags(a), "check", "--secret-stdin"), stdin: "\n"},
		"a Secret ID":     {args: append(l.flags(a), "check", "--secret-stdin"), stdin: a.secret.ID},
		"a huge secret": {
			args: append(l.flags(a), "check", "--secret-stdin"), stdin: strings.Repeat("x", 1<<20),
		},
		"no recipient": {args: append(l.flags(a), "send", "--secret-stdin"), stdin: a.secret.Value},
		"not an address": {
			args: append(l.flags(a), "send", "--secret-stdin", "--to", "me at home"), stdin: a.secret.Value,
		},
		"not a mailbox": {
			args: append(l.flags(a), "check", "--mailbox", "nobody", "--secret-stdin"), stdin: a.secret.Value,
		},
		"not an ID": {
			args: append(l.flags(a), "check", "--client-id", "1b2c", "--secret-stdin"), stdin: a.secret.Value,
		},
		"a secret as argument": {args: append(l.flags(a), "check", "--secret", a.secret.Value)},
		"a second recipient": {
			args: append(l.flags(a), "send", "--secret-stdin", "--to", "a@b.gov,c@d.gov"), stdin: a.secret.Value,
		},
		"a header in recipient": {
			args:  append(l.flags(a), "send", "--secret-stdin", "--to", "a@b.gov\r\nBcc: c@d.gov"),
			stdin: a.secret.Value,
		},
	} {
		i.env = l.env(t)
		o := i.run(t)
		if o.code != exitUsage {
			t.Errorf("%s: ended with %d and %q", name, o.code, o.stderr)
		}
		if o.out != "" || !strings.HasPrefix(o.stderr, "palmail: ") ||
			strings.Contains(o.out+o.stderr, a.secret.Value) {
			t.Errorf("%s: wrote %q and %q", name, o.out, strings.ReplaceAll(o.stderr, a.secret.Value, "THE SECRET"))
		}
	}
	if len(l.forms) > 0 || len(l.Mails()) > 0 {
		t.Errorf("%d sign-ins and %d mails came of wrong usage", len(l.forms), len(l.Mails()))
	}
}

// Without a keyring and without flags the commands say so and what to do.
func TestCommandsWithoutAKeyring(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system always has a keyring, and these tests leave it alone")
	}
	for _, command := range []string{"status", "check", "send --to me@agency.gov"} {
		args := strings.Fields(command)
		o := invocation{args: args}.run(t)
		if o.code != exitFailed || o.out != "" || !strings.Contains(o.stderr, "keyring") {
			t.Errorf("%s: ended with %d, %q and %q", command, o.code, o.out, o.stderr)
		}
		o = invocation{args: append(args, "--json")}.run(t)
		keys := []string{"ok", "finding"}
		if command == "check" {
			keys = append(keys, "checks")
		}
		v := wantKeys(t, command, oneJSON(t, o.out), keys...)
		if o.code != exitFailed || v["ok"] != false || o.stderr != "" {
			t.Errorf("%s --json: ended with %d and %q", command, o.code, o.stderr)
		}
		wantFinding(t, v["finding"], "keyring")
	}
}
