package plain

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/secret"
	"palmail/steps"
)

// fillPage is a flow of one page, whose answers it keeps.
func fillPage(p steps.Page, got *steps.Answers) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) (err error) {
		*got, err = ui.Fill(ctx, p)
		return err
	}
}

func TestPipedAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		page    steps.Page
		lines   []string
		want    map[string]string
		secret  string
		action  string
		err     error
		inError string
		inOut   string
	}{
		{name: "right", page: startPage(), lines: []string{"a@b.gov", ""},
			want: map[string]string{"mailbox": "a@b.gov", "pal-url": "https://pal.agency.gov"}},
		{name: "wrong, then right", page: startPage(), lines: []string{"a", "", "a@b.gov", ""},
			want: map[string]string{"mailbox": "a@b.gov"}, inOut: "Wrong: Email Address is needed.\n"},
		{name: "cleaned", page: startPage(), lines: []string{" \u200b“a@b.gov”\x1b[31m\r", "https://x/"},
			want: map[string]string{"mailbox": "a@b.gov", "pal-url": "https://x"}},
		{name: "a hidden field appears", page: startPage(), lines: []string{"a@b.gov", "clear", `\clear`},
			want: map[string]string{"pal-url": "", "why": `\clear`}},
		{name: "a command word as an answer", page: startPage(), lines: []string{"a@b.gov", "clear", `\leave`},
			want: map[string]string{"why": "leave"}},
		{name: "back", page: startPage(), lines: []string{"BACK"}, err: steps.ErrBack},
		{name: "leave", page: startPage(), lines: []string{"leave"}, err: context.Canceled},
		{
			name: "nothing", page: startPage(), err: ErrNoAnswer,
			inError: `no answer to "Email Address": the input ended; give it with --mailbox or as one more line`,
		},
		{
			name: "only wrong ones", page: startPage(), lines: []string{"a", "b", "c"}, err: ErrNoAnswer,
			inError: "--mailbox",
		},
		{name: "too few", page: secretPage(), lines: []string{"2"}, err: ErrNoAnswer, inError: "one more line"},
		{name: "an action", page: secretPage(), lines: []string{"365 DAYS.", "link", "yes"}, action: "ctrl+l",
			want: map[string]string{"expires": "365 days"}},
		{name: "an action at once", page: secretPage(), lines: []string{"Link"}, action: "ctrl+l"},
		{name: "a secret that is a command word", page: secretPage(), lines: []string{"", "back", testSecret},
			secret: testSecret, inOut: "Wrong: A secret has 16 characters or more.\n"},
		{name: "a wrong secret, then the right one", page: secretPage(), lines: []string{
			"", "x" + testSecret + "x", testSecret,
		},
			secret: testSecret, inOut: "Wrong: The secret is wrong.\n"},
		{name: "the same wrong secret again, then none", page: secretPage(),
			lines: []string{"", testSecret + "x", ""},
			err:   ErrNoAnswer, inError: "Secret value"},
		{name: "edit", page: secretPage(), lines: []string{"2", "edit", "yes", "1", testSecret},
			secret: testSecret, want: map[string]string{"expires": "180 days"}},
		{name: "an odd secret", page: secretPage(), lines: []string{"", "oddoddoddoddoddoddI"},
			secret: "oddoddoddoddoddoddI", inOut: "Note: Secrets mostly look different.\n"},
		{name: "a huge line", page: startPage(), lines: []string{strings.Repeat("x", 1<<20), "a@b.gov", ""},
			want:  map[string]string{"mailbox": "a@b.gov"},
			inOut: "Wrong: The line is longer than 65536 bytes. It was not read.\n"},
		{name: "a huge secret", page: secretPage(), lines: []string{
			"", strings.Repeat("x", maxLine+3), testSecret,
		},
			secret: testSecret, inOut: "(too long)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &session{o: Options{}}
			var got steps.Answers
			r.run(t, false, c.lines, fillPage(c.page, &got))
			if !errors.Is(r.err, c.err) || r.err != nil && !strings.Contains(r.err.Error(), c.inError) {
				t.Errorf("ended with %v, want %v with %q", r.err, c.err, c.inError)
			}
			for key, want := range c.want {
				if got.Get(key) != want {
					t.Errorf("%s is %q, want %q", key, got.Get(key), want)
				}
			}
			if c.err == nil && got.Secret("secret").Reveal() != c.secret {
				t.Error("the secret that was returned is another one")
			}
			if got.Action != c.action {
				t.Errorf("the action is %q, want %q", got.Action, c.action)
			}
			if !strings.Contains(r.out.String(), c.inOut) {
				t.Errorf("%q is not in the transcript:\n%s", c.inOut, r.out.String())
			}
			if r.out.Len() > 8<<10 {
				t.Errorf("the transcript has %d bytes", r.out.Len())
			}
			r.withoutSecret(t, testSecret)
			if t.Failed() {
				t.Log(r.out.String())
			}
		})
	}
}

// A secret that arrives at the wrong question, since a line is missing, must
// not be echoed either.
func TestSecretAtTheWrongQuestion(t *testing.T) {
	r := &session{}
	var got steps.Answers
	r.run(t, false, []string{testSecret}, fillPage(startPage(), &got))
	if !errors.Is(r.err, ErrNoAnswer) {
		t.Errorf("ended with %v", r.err)
	}
	r.withoutSecret(t, testSecret)
}

// Nothing that quotes the secret by mistake may show it: not a verdict, not an
// error of the clipboard, not the words of a task.
func TestNeverQuotesTheSecret(t *testing.T) {
	r := &session{o: Options{
		BrowserHere: true,
		Copy: func(_ context.Context, text string) (string, error) {
			return "", errors.New("cannot copy " + text)
		},
	}}
	r.run(t, true, []string{"copy 3", "?", ""}, func(ctx context.Context, ui steps.UI) error {
		return ui.Show(ctx, handOff())
	})
	if !strings.Contains(r.out.String(), "Note: It was not copied: cannot copy [secret].\nshow 3 writes it here.\n") {
		t.Errorf("no word about the failed copy:\n%s", r.out.String())
	}
	r.withoutSecret(t, testSecret)
}

func TestCopiesAndOpensTheNumberedLine(t *testing.T) {
	r := &session{o: Options{BrowserHere: true}}
	r.run(t, false, []string{
		"copy 3", "copy", "copy 1", "open", "copy 9", "open 2", "show 2", "practice", "",
	}, func(ctx context.Context, ui steps.UI) error {
		return ui.Show(ctx, handOff())
	})
	want := []string{testSecret, testID, "https://pal.agency.gov/"}
	if strings.Join(r.copied, " ") != strings.Join(want, " ") {
		t.Errorf("copied %d values, want %d: the secret, the first value and the address", len(r.copied), len(want))
	}
	if want := "https://pal.agency.gov/"; strings.Join(r.opened, " ") != want {
		t.Errorf("opened %q, want %q", r.opened, want)
	}
	for _, want := range []string{
		"Note: There is nothing to copy there.", "Note: There is no address to open there.",
		"Note: There is nothing hidden there.",
	} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("%q is not in the transcript", want)
		}
	}
	r.withoutSecret(t, testSecret)
}

func TestSaysAnAddressThatCannotBeOpened(t *testing.T) {
	r := &session{}
	r.run(t, false, []string{"open"}, func(ctx context.Context, ui steps.UI) error {
		return ui.Show(ctx, handOff())
	})
	want := "Open this address where there is one:\nhttps://pal.agency.gov/\n"
	if !strings.Contains(r.out.String(), want) || r.opened != nil {
		t.Errorf("opened %q, transcript:\n%s", r.opened, r.out.String())
	}
}

// A step that shows the same screen until something happens must end when
// there are no lines for it, and whatever lines there are.
func TestNeverLoopsWithoutAnswers(t *testing.T) {
	wrong := steps.Page{
		Frame: steps.Frame{Name: "consent"}, Title: "Consent",
		Check: func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			return steps.Verdict{State: steps.Wrong, Text: "Not there"}
		},
	}
	for _, lines := range [][]string{nil, {"surprise"}, {"", ""}, {"surprise", "", "surprise"}} {
		shown := 0
		r := &session{}
		r.run(t, false, lines, func(ctx context.Context, ui steps.UI) error {
			for {
				if shown++; shown > 20 {
					t.Fatal("shown again and again")
				}
				if err := ui.Show(ctx, steps.Notice{Frame: steps.Frame{Name: "wait"}, Title: "Wait"}); err != nil {
					return err
				}
			}
		})
		if !errors.Is(r.err, ErrNoAnswer) {
			t.Errorf("with %q a notice ended with %v", lines, r.err)
		}
		r = &session{}
		var got steps.Answers
		r.run(t, false, lines, fillPage(wrong, &got))
		if !errors.Is(r.err, ErrNoAnswer) {
			t.Errorf("with %q a check that stays wrong ended with %v", lines, r.err)
		}
	}
}

func TestLeavesAnAnswerToTheNextQuestion(t *testing.T) {
	r := &session{}
	var got steps.Answers
	r.run(t, false, []string{"a@b.gov"}, func(ctx context.Context, ui steps.UI) error {
		if err := ui.Show(ctx, handOff()); err != nil {
			return err
		}
		return fillPage(steps.Page{Title: "Who", Fields: startPage().Fields[:1]}, &got)(ctx, ui)
	})
	if r.err != nil || got.Get("mailbox") != "a@b.gov" {
		t.Errorf("got %q and %v", got.Get("mailbox"), r.err)
	}
}

func TestCancelledWhileBlocked(t *testing.T) {
	screens := map[string]func(context.Context, steps.UI) error{
		"field": func(ctx context.Context, ui steps.UI) error { _, err := ui.Fill(ctx, startPage()); return err },
		"secret": func(ctx context.Context, ui steps.UI) error {
			p := secretPage()
			p.Fields = p.Fields[1:]
			_, err := ui.Fill(ctx, p)
			return err
		},
		"choice": func(ctx context.Context, ui steps.UI) error {
			_, err := ui.Choose(ctx, steps.Choice{Title: "Which", Options: []steps.Option{{Text: "This"}}})
			return err
		},
		"notice": func(ctx context.Context, ui steps.UI) error { return ui.Show(ctx, handOff()) },
		"check": func(ctx context.Context, ui steps.UI) error {
			_, err := ui.Fill(ctx, steps.Page{Title: "Wait", Fields: []steps.Field{
				{
					Key: "x", Label: "X", Kind: steps.SecretField, Optional: true, Secret: secret.New("x"),
					Shown: func(steps.Answers) bool { return false },
				},
			},
				Check: func(ctx context.Context, _ steps.Answers, _ steps.Report) steps.Verdict {
					<-ctx.Done()
					return steps.Verdict{State: steps.Right}
				}})
			return err
		},
		"work": func(ctx context.Context, ui steps.UI) error {
			return ui.Work(ctx, steps.Work{
				Title: "Work", Run: func(ctx context.Context, _ steps.Report) error { <-ctx.Done(); return ctx.Err() },
			})
		},
	}
	for name, flow := range screens {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, typing := io.Pipe()
				defer typing.Close() // lets the reader end: nothing else can
				restored := false
				o := Options{In: in, Out: io.Discard, Terminal: true, Restore: func() { restored = true }}
				o.ReadSecret = func() (string, error) { _, err := in.Read(make([]byte, 1)); return "", err }
				if name == "check" {
					go func() { _, _ = io.WriteString(typing, "\n") }()
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- Run(ctx, o, flow) }()
				synctest.Wait()
				cancelled := time.Now()
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
				if took := time.Since(cancelled); took != 0 {
					t.Errorf("ended %s after the cancellation", took)
				}
				if !restored { // also where only the prompt has turned it off
					t.Error("the terminal's echo was not restored")
				}
			})
		})
	}
}

// brokenWriter is a terminal that has gone away.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestEndsWhenTheTerminalIsGone(t *testing.T) {
	var got steps.Answers
	err := Run(t.Context(), Options{
		In: strings.NewReader("a@b.gov\n\n"), Out: brokenWriter{},
	}, fillPage(startPage(), &got))
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("ended with %v", err)
	}
	err = Run(t.Context(), Options{
		In: io.MultiReader(strings.NewReader("a@"), brokenReader{}), Out: &bytes.Buffer{},
	}, fillPage(startPage(), &got))
	if !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, ErrNoAnswer) {
		t.Errorf("a failed read ended with %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Whatever is piped in, the flow ends, shows no secret, and writes no control
// character.
func TestSurvivesAnyAnswers(t *testing.T) {
	words := []string{
		"", "", "", "1", "2", "9", "?", "back", "edit", "clear", "again", "open", "open 1", "copy", "copy 3",
		"practice", "practice 1", "practice 2",
		"link", "yes", "no", "noreply@agency.gov", testSecret, testSecret + "x", testID, `\open`,
		"\x1b[2J\x07", "\x00", "\u202e", "365 days", "\xff\xfe",
	}
	ends := map[bool]int{}
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 1))
		lines := []string{"noreply@agency.gov"}
		for range random.IntN(40) {
			lines = append(lines, words[random.IntN(len(words))])
		}
		r := &session{o: Options{Demo: seed%2 == 0, Width: int(seed % 50)}}
		r.run(t, false, lines, wholeFlow)
		if r.err != nil && !errors.Is(r.err, ErrNoAnswer) && !errors.Is(r.err, steps.ErrBack) {
			t.Errorf("%q ended with %v", lines, r.err)
		}
		ends[r.err == nil]++
		r.withoutSecret(t, testSecret)
		if t.Failed() {
			t.Fatalf("with %q:\n%s", lines, r.out.String())
		}
	}
	if ends[true] == 0 || ends[false] == 0 {
		t.Errorf("%d flows came to their end, %d did not: the answers are not varied enough", ends[true], ends[false])
	}
}

// On a Windows console ctrl+c may end the read before it cancels the context.
func TestTellsAnInterruptFromTheEndOfTheInput(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{signalGrace / 2, context.Canceled}, {2 * signalGrace, ErrNoAnswer}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer time.AfterFunc(c.after, cancel).Stop()
			var got steps.Answers
			err := Run(ctx, Options{
				In: strings.NewReader(""), Out: io.Discard, Terminal: true,
			}, fillPage(startPage(), &got))
			if !errors.Is(err, c.want) {
				t.Errorf("cancelled %s after the end of the input: %v", c.after, err)
			}
			cancel()
		})
	}
}

// A secret is read up to its line's end, and nothing beyond that.
func TestLineOf(t *testing.T) {
	long := strings.Repeat("x", maxLine+10)
	for in, want := range map[string]struct {
		line, rest string
		err        error
	}{
		"secret\nnext\n":   {"secret", "next\n", nil},
		"secret\r\n\nnext": {"secret", "\nnext", nil},
		"\nnext":           {"", "next", nil},
		"no end":           {"no end", "", nil},
		"":                 {"", "", io.EOF},
		long + "\nnext":    {long[:maxLine+1], "next", nil},
	} {
		r := strings.NewReader(in)
		line, err := lineOf(r)
		rest, _ := io.ReadAll(r)
		if line != want.line || string(rest) != want.rest || !errors.Is(err, want.err) {
			t.Errorf("%.20q: %.20q, %v, and %.20q is left", in, line, err, rest)
		}
	}
}
