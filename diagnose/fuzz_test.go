package diagnose

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"palmail/clean"
)

// FuzzExplainText: whatever is pasted, nothing harmful comes out.
func FuzzExplainText(f *testing.F) {
	for _, as := range wrappings() {
		f.Add(as(wholeAnswer), "send", uint16(401))
	}
	f.Add("client_secret=abc8Q~theValueOfASecretWithFortyLetters12 AADSTS7000215", "", uint16(0))
	f.Add("\x1b]8;;https://x\x07AADSTS\u202e53003\x00<html>", "token", uint16(200))
	f.Add("AADSTS\\u001b[31m70\n> 00215 \\\\\\\\u0", "grant", uint16(404))
	f.Fuzz(func(t *testing.T, text, stage string, status uint16) {
		c := Context{Stage: Stage(stage), Now: now, Changed: now.Add(-time.Minute)}
		root, others := ExplainText(text, c)
		failure := &Failure{
			Stage: Stage(stage), Status: int(status), Body: text, RequestID: text, CorrelationID: text, Host: text,
			ContentType: text, Err: errors.New(text),
		}
		for _, x := range append(others, root, Explain(failure, c), Explain(errors.New(text), c)) {
			checkSafe(t, x)
		}
	})
}

func checkSafe(t *testing.T, f Finding) {
	t.Helper()
	if f.Cause == "" || f.Title == "" || len(f.Remedy) == 0 || f.Who == "" {
		t.Fatalf("incomplete: %+v", f)
	}
	if len(f.Raw) > maxRaw {
		t.Fatalf("raw has %d bytes", len(f.Raw))
	}
	texts := append([]string{
		f.Title, f.Explanation, f.RequestID, f.CorrelationID, f.Time, f.Raw, f.Support(), f.Link, f.Who,
	}, append(f.Codes, f.Remedy...)...)
	for _, s := range texts {
		if !utf8.ValidString(s) {
			t.Fatalf("not UTF-8: %q", s)
		}
		for _, r := range s {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%U in %q", r, s)
			}
		}
		if again := clean.Masked(s); again != s && clean.Masked(again) != again {
			continue // masking this text never comes to rest; it is masked all the same
		} else if again != s && !strings.Contains(s, "[secret]") {
			t.Fatalf("something secret in %q", s)
		}
	}
}

// FuzzSecret: a secret does not come out, wherever in a text it stands and
// however the text around it looks.
func FuzzSecret(f *testing.F) {
	f.Add("AADSTS7000215: Invalid client secret. ", " Trace ID", 0)
	f.Add("{\"client_secret\":\"", "\",\"error\":\"AADSTS7000215\"}", 9000)
	f.Add("&client_secret=", "&x=AADSTS7000215", 30000)
	f.Fuzz(func(t *testing.T, before, after string, distance int) {
		const value, heart = "abc8Q~theValueOfASecretWithFortyLetters12", "ValueOfASecretWith"
		if distance < 0 || distance > 60000 || strings.Contains(before+after, heart) {
			return
		}
		text := before + value + " " + after + strings.Repeat(" filling", distance/8) + " AADSTS7000215"
		root, others := ExplainText(text, Context{})
		for _, x := range append(others, root) {
			if s := fmt.Sprintf("%+v", x) + x.Support(); strings.Contains(s, heart) {
				t.Fatalf("the secret is in %q", s)
			}
		}
	})
}

// FuzzExcerpt: reading in pieces neither breaks on a text nor lets a secret out
// that reading it whole would mask.
func FuzzExcerpt(f *testing.F) {
	f.Add("AADSTS7000215: Invalid client secret. ", " Trace ID", 9000)
	f.Add("550 5.7.23 \x1b[31m", "client_secret=", 20000)
	f.Fuzz(func(t *testing.T, before, after string, distance int) {
		const value, heart = "abc8Q~theValueOfASecretWithFortyLetters12", "ValueOfASecretWith"
		if distance < 0 || distance > 40000 || strings.Contains(before+after, heart) {
			return
		}
		gap := strings.Repeat(" filling", distance/8)
		short, err := Excerpt(strings.NewReader(dull(70<<10) + before + gap + value + " " + after + dull(20<<10)))
		if err != nil {
			t.Fatal(err)
		}
		root, others := ExplainText(short, Context{})
		for _, x := range append(others, root) {
			checkSafe(t, x)
			if s := fmt.Sprintf("%+v", x) + x.Support(); strings.Contains(s, heart) {
				t.Fatalf("the secret is in %q", s)
			}
		}
	})
}

// TestSecretsAtEveryCut moves a secret across the edges of the piece that is kept.
func TestSecretsAtEveryCut(t *testing.T) {
	const long = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9."
	token := long + strings.Repeat("tokenPart", 600)
	for _, distance := range []int{
		0, 1000, 2040, 4000, 5000, 8000, 8150, 8190, 8192, 8200, 9000, 12000, 15900, 16370, 16384, 20000,
	} {
		for name, secret := range map[string]string{
			"value": "abc8Q~theValueOfASecretWithFortyLetters12 ", "token": token + " ",
			"named": "client_secret=theValueOfAnOddSecret ", "in quotes": `{"secretText": "theValueOfAnOddSecret"} `,
		} {
			gap := strings.Repeat("filling ", distance/8)
			for _, text := range []string{
				secret + gap + "AADSTS7000215 " + strings.Repeat("after ", 5000),
				strings.Repeat("before ", 5000) + "AADSTS7000215 " + gap + secret + strings.Repeat("after ", 5000),
				strings.Repeat("before\n", 5000) + secret + gap + "AADSTS7000215\n" + secret,
			} {
				f, _ := ExplainText(text, Context{})
				if s := f.Raw + f.Support(); strings.Contains(s, "theValueOf") || strings.Contains(s, "tokenPart") {
					t.Errorf("%s at %d is in the finding", name, distance)
				}
			}
		}
	}
}

// bigLog is a log of 10 MB with a few failures in it.
func bigLog() string {
	var b strings.Builder
	for n := 0; b.Len() < 10<<20; n++ {
		fmt.Fprintf(&b, "2026-11-23T10:%02d:%02dZ INFO  worker[%d]: GET /orders/%d?page=%%7B%d%%7D took 12ms, "+
			"\"status\":200, path C:\\\\data\\\\in\n", n/60%60, n%60, n%7, n, n)
		if n%1000 == 999 {
			b.WriteString("2026-11-23T10:00:00Z ERROR mailer: " + wholeAnswer + "\n")
		}
	}
	return b.String()
}

func BenchmarkExplainText10MB(b *testing.B) {
	text := bigLog()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if f, _ := ExplainText(text, Context{}); f.Cause != CauseSecretWrong {
			b.Fatal(f.Cause)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if f := Explain(&Failure{
			Stage: StageToken, Status: 401, Body: wholeAnswer,
		}, Context{}); f.Cause != CauseSecretWrong {
			b.Fatal(f.Cause)
		}
	}
}

// BenchmarkHostile feeds what makes careless readers slow.
func BenchmarkHostile(b *testing.B) {
	const size = 1 << 20
	for name, unit := range map[string]string{
		"backslashes": "\\", "percents": "%25", "entities": "&amp;", "anchors": "AADSTS",
		"code after code": "AADSTS53003 ", "half words": "Unexpected token ", "braces": `{"error":`,
		"escapes": "\x1b]", "labels": "request-id: ", "needy": "service principal ",
	} {
		text := strings.Repeat(unit, size/len(unit))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				ExplainText(text, Context{})
			}
		})
	}
}

// BenchmarkCatalogue makes the table ready, as the first failure of a run does.
func BenchmarkCatalogue(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if c := catalogued(); len(c.signs) == 0 {
			b.Fatal("an empty table")
		}
	}
}
