package plain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/diagnose"
	"palmail/secret"
	"palmail/steps"
)

const (
	testSecret = "aBc8Q~Zx9y8W7v6U5t4S3r2Q1p0O9n8M7l6K5j4I"
	testID     = "11111111-2222-3333-4444-555555555555"
	testLink   = "https://entra.microsoft.us/#view/Secrets"
)

// session is one run of the plain front end, and what came of it.
type session struct {
	out, log bytes.Buffer
	copied   []string
	opened   []string
	err      error
	o        Options
}

// run lets flow have its screens answered by lines, typed or piped, in fake time.
func (r *session) run(t *testing.T, terminal bool, lines []string, flow func(context.Context, steps.UI) error) {
	t.Helper()
	o := r.o
	o.Out, o.Terminal = &r.out, terminal
	o.Log = slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if !terminal {
		piped := ""
		for _, line := range lines {
			piped += line + "\n"
		}
		o.In = strings.NewReader(piped)
	}
	if o.Copy == nil {
		o.Copy = func(_ context.Context, text string) (string, error) {
			r.copied = append(r.copied, text)
			return "the clipboard", nil
		}
	}
	if o.CopySecret == nil {
		o.CopySecret = o.Copy
	}
	o.Open = func(_ context.Context, url string) error {
		r.opened = append(r.opened, url)
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		if terminal {
			tty := newFakeTerminal(&r.out, lines)
			o.In, o.Out, o.ReadSecret = tty, tty, tty.secret
			defer tty.close()
		}
		r.err = Run(t.Context(), o, flow)
	})
	for _, c := range r.out.String() {
		if c < ' ' && c != '\n' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			t.Errorf("control character %q in the transcript", c)
		}
	}
}

// withoutSecret fails when the secret or one of its halves can be read
// anywhere in the transcript or the log.
func (r *session) withoutSecret(t *testing.T, s string) {
	t.Helper()
	for _, part := range []string{s, s[:len(s)/2], s[len(s)/2:]} {
		if strings.Contains(r.out.String(), part) {
			t.Errorf("the transcript shows %d characters of the secret:\n%s", len(part), r.out.String())
		}
		if strings.Contains(r.log.String(), part) {
			t.Errorf("the log shows %d characters of the secret:\n%s", len(part), r.log.String())
		}
	}
}

var wrongSecret = diagnose.Finding{
	Cause:       "secret-wrong",
	Title:       "Microsoft refuses this secret",
	Explanation: "The app has no secret with this value.",
	Remedy: []string{
		"Copy the **Value** column, not the Secret ID", "If it is no longer shown, make a new secret",
	},
	Who:           "whoever registered the app",
	Link:          testLink,
	Codes:         []string{"AADSTS7000215"},
	RequestID:     "r-1",
	CorrelationID: "c-1",
	Time:          "2026-11-23T10:00:00Z",
}

func testFrame(name string, phase steps.Phase) steps.Frame {
	return steps.Frame{
		Name: name, Phase: phase, Where: "agency.gov · GCC High · profile default",
		Help: "A client secret is the password of the app.\n\nPAL sends it to Microsoft.",
	}
}

// secretPage asks for a secret and how long it lasts. The secret that
// ends in I is right, after a wait of 40 seconds.
func secretPage() steps.Page {
	return steps.Page{
		Frame: testFrame("secret", steps.PhaseSecret),
		Title: "Create a client secret",
		Why:   "PAL signs in with it",
		Guide: func(a steps.Answers) []steps.Instruction {
			return []steps.Instruction{
				{Text: "Open", LinkText: "Certificates & secrets", Link: testLink},
				{Text: "Choose **New client secret**"},
				{Text: "Description:", Copy: "PAL mail 2026-11", Note: "or any other"},
				{Text: "Expires: **" + a.Get("expires") + "**"},
			}
		},
		Fields: []steps.Field{
			{
				Key: "expires", Label: "Expires", Kind: steps.PickField, Options: []string{"180 days", "365 days"},
				Value: "180 days",
			},
			{Key: "secret", Label: "Secret value", Kind: steps.SecretField, Hint: "the Value column",
				Shape: func(text string, _ steps.Answers) steps.Verdict {
					switch {
					case text == testID:
						return steps.Verdict{State: steps.Wrong,
							Text: "This is the Secret ID " + text + ". Copy the column to its left, named **Value**"}
					case len(text) < 16:
						return steps.Verdict{Text: "A secret has 16 characters or more"}
					case !strings.Contains(text, "8Q~"):
						return steps.Verdict{State: steps.Warn, Text: "Secrets mostly look different"}
					}
					return steps.Verdict{State: steps.Right, Text: "This looks like a secret"}
				}},
		},
		Check: func(ctx context.Context, a steps.Answers, report steps.Report) steps.Verdict {
			report(steps.Task{Key: "token", State: steps.Busy, Text: "Asking Microsoft for a token"})
			if !strings.HasSuffix(a.Secret("secret").Reveal(), "I") {
				f := wrongSecret
				return steps.Verdict{State: steps.Wrong, Text: "The secret is wrong", Finding: &f}
			}
			for i := range 10 {
				report(steps.Task{
					Key: "token", State: steps.Waiting, Text: "Microsoft does not know the secret yet",
					Note: fmt.Sprintf("Try %d", i+1), Limit: 5 * time.Minute,
				})
				select {
				case <-time.After(4 * time.Second):
				case <-ctx.Done():
					return steps.Verdict{}
				}
				report(steps.Task{
					Key: "token", State: steps.Busy, Text: "Asking Microsoft for a token", Limit: 5 * time.Minute,
				})
			}
			report(steps.Task{
				Key: "token", State: steps.Right, Text: "Microsoft accepts the secret " + a.Secret("secret").Reveal(),
			})
			return steps.Verdict{State: steps.Right, Auto: true, Text: "The secret is right"}
		},
		Actions: []steps.Action{{Key: "ctrl+l", Word: "link", Label: "send the link to an administrator"}},
		Practice: []steps.Practice{
			{Label: "do it right", Do: func(context.Context) (map[string]string, string, error) {
				return map[string]string{"secret": " " + testSecret + "\r\n"},
					"A secret was made.\nIts value was copied.", nil
			}},
			{Label: "copy the Secret ID instead", Do: func(context.Context) (map[string]string, string, error) {
				return map[string]string{"secret": testID}, "", nil
			}},
		},
	}
}

func startPage() steps.Page {
	return steps.Page{
		Frame: steps.Frame{Name: "start"},
		Title: "Before you start",
		Why:   "Both are needed once.",
		Fields: []steps.Field{
			{Key: "mailbox", Label: "Email Address", Hint: "e.g. noreply@agency.gov",
				Shape: func(text string, _ steps.Answers) steps.Verdict {
					if !strings.Contains(text, "@") {
						return steps.Verdict{Text: "An address has an @"}
					}
					return steps.Verdict{State: steps.Right}
				}},
			{Key: "pal-url", Label: "Application Admin URL", Optional: true, Value: "https://pal.agency.gov",
				Tidy: func(s string) string { return strings.TrimSuffix(s, "/") }},
			{
				Key: "why", Label: "Reason", Optional: true, Shown: func(a steps.Answers) bool {
					return a.Get("pal-url") == ""
				},
			},
		},
	}
}

func handOff() steps.Notice {
	return steps.Notice{
		Frame: testFrame("pal", steps.PhasePAL),
		Title: "Give PAL the values",
		Text:  "PAL keeps them under General Settings → **Mail Server Configuration**.\n\nSave the page there.",
		Guide: []steps.Instruction{{Text: "Open", LinkText: "the settings", Link: "https://pal.agency.gov/"}},
		Values: []steps.Value{
			{Label: "OAuth Client ID", Text: testID},
			{Label: "Secret Key", Secret: secret.New(testSecret)},
		},
		Submit: "go on to the test mail",
	}
}

// wholeFlow has every kind of screen and state. Back is answered by showing
// the screen again.
func wholeFlow(ctx context.Context, ui steps.UI) error {
	fill := func(p steps.Page) (steps.Answers, error) {
		for {
			if a, err := ui.Fill(ctx, p); !errors.Is(err, steps.ErrBack) {
				return a, err
			}
		}
	}
	if _, err := fill(startPage()); err != nil {
		return err
	}
	if _, err := ui.Choose(ctx, steps.Choice{
		Frame: testFrame("how", steps.PhaseNone), Title: "How do you want to do it?", Picked: 1,
		Options: []steps.Option{
			{Text: "Sign in", Note: "palmail does the portal's part"}, {Text: "Be guided through the portal"},
		},
	}); err != nil {
		return err
	}
	if _, err := fill(secretPage()); err != nil {
		return err
	}
	if err := ui.Work(ctx, steps.Work{
		Frame: testFrame("grant", steps.PhasePermission), Title: "Grant Mail.Send",
		Run: func(_ context.Context, report steps.Report) error {
			report(steps.Task{Key: "a", State: steps.Busy, Text: "Looking for the app"})
			report(steps.Task{Key: "b", State: steps.Busy, Text: "Granting Mail.Send"})
			time.Sleep(20 * time.Second)
			report(steps.Task{Key: "a", State: steps.Right, Text: "The app is there", Note: "PAL \x1b[31mmail\x1b[0m"})
			report(steps.Task{Key: "b", State: steps.Wrong, Text: "Not granted"})
			return nil
		},
	}); err != nil {
		return err
	}
	f := wrongSecret
	f.Remedy, f.Link, f.Codes, f.RequestID, f.CorrelationID, f.Time = f.Remedy[:1], "", nil, "", "", ""
	if _, err := ui.Choose(ctx, steps.Choice{
		Frame: testFrame("failed", steps.PhasePermission), Title: "It was not granted", Finding: &f,
		Options: []steps.Option{{Text: "Try again"}, {Text: "Go on without"}},
	}); err != nil {
		return err
	}
	if _, err := fill(steps.Page{
		Frame: testFrame("permission", steps.PhasePermission), Title: "Grant consent",
		Check: func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			return steps.Verdict{State: steps.Warn, Text: "The token carries no role"}
		},
	}); err != nil {
		return err
	}
	return ui.Show(ctx, handOff())
}

func TestTranscript(t *testing.T) {
	for _, c := range []struct {
		name     string
		terminal bool
		o        Options
		lines    []string
	}{
		{name: "terminal", terminal: true, o: Options{BrowserHere: true}, lines: []string{
			"?", "nobody", "noreply@agency.gov", "https://pal.agency.gov/",
			"7", "open", "",
			"365 days", testID, "back", "no", "open", "yes", "xyz8Q~xyz8Q~xyz8Q~xyz8Q~xyz8Q~xyz8Q~xyz8Q",
			"edit", "", "1", testSecret,
			"2", "", "",
			"copy", "copy 3", "open 1", "show", "no", "show 3", "yes", "again", "",
		}},
		{name: "piped", lines: []string{
			"noreply@agency.gov", "", "2", "365 days", testSecret, "2",
		}},
		{name: "demo", terminal: true, o: Options{Demo: true, Width: 40}, lines: []string{
			`\open`, "noreply@agency.gov", "clear", "", "",
			"2", "practice 3", "yes", "practice", "yes", "2", "practice", "yes", "again", "",
			"", "", "", "open", "",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &session{o: c.o}
			r.run(t, c.terminal, c.lines, wholeFlow)
			if r.err != nil {
				t.Errorf("the flow ended with %v", r.err)
			}
			golden.RequireEqual(t, r.out.String())
		})
	}
}
