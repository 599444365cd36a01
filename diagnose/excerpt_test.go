package diagnose

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// dull is n bytes of a log in which nothing failed.
func dull(n int) string {
	const line = "2026-11-23T10:00:00Z INFO worker: GET /orders/1 took 12ms, path C:\\\\data\\\\in\n"
	return strings.Repeat(line, n/len(line)+1)[:n]
}

// TestExcerptSaysTheSame puts failures anywhere into long texts: what is
// explained does not depend on how the text was read.
func TestExcerptSaysTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	for n := range 60 {
		var b strings.Builder
		b.WriteString(dull(60<<10 + random.IntN(60<<10)))
		for _, o := range outcomes(t)[n%40 : n%40+3] {
			b.WriteString("\n2026-11-23T10:00:00Z ERROR " + o.Body + "\n" + dull(random.IntN(90<<10)))
		}
		text := b.String()
		short, err := Excerpt(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		want, wantOthers := ExplainText(text, Context{})
		got, gotOthers := ExplainText(short, Context{})
		if got.Cause != want.Cause || got.RequestID != want.RequestID || !slices.Equal(got.Codes, want.Codes) ||
			!slices.Equal(causesOf(gotOthers), causesOf(wantOthers)) {
			t.Errorf("%d: %s %v %v, want %s %v %v", n, got.Cause, got.Codes, causesOf(gotOthers), want.Cause,
				want.Codes,
				causesOf(wantOthers))
		}
		if !strings.Contains(got.Raw, "ERROR") && want.Cause != CauseUnknown {
			t.Errorf("%d: the text around the failure is not there: %.200q", n, got.Raw)
		}
	}
}

func causesOf(all []Finding) []Cause {
	var out []Cause
	for _, f := range all {
		out = append(out, f.Cause)
	}
	return out
}

// TestExcerptCutsNoSecret moves a secret across the edges of the blocks that are kept.
func TestExcerptCutsNoSecret(t *testing.T) {
	const value = "abc8Q~theValueOfASecretWithFortyLetters12"
	for at := 0; at < 4*blockSize; at += 997 {
		for _, sep := range []string{" ", "\n"} {
			gap := strings.Repeat("filling"+sep, at/8)
			for _, text := range []string{
				dull(wholeText+blockSize) + value + sep + gap + "AADSTS7000215 " + dull(5*blockSize),
				dull(wholeText+blockSize) + "AADSTS7000215 " + gap + value + sep + dull(5*blockSize),
			} {
				short, err := Excerpt(strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				f, _ := ExplainText(short, Context{})
				if s := f.Raw + f.Support(); strings.Contains(s, "OfASecret") || f.Cause != CauseSecretWrong {
					t.Fatalf("%d bytes away: %s, the secret is in %t", at, f.Cause, strings.Contains(s, "OfASecret"))
				}
			}
		}
	}
}

func TestExcerptOfOddReaders(t *testing.T) {
	text := dull(100<<10) + wholeAnswer + dull(100<<10)
	for name, in := range map[string]string{"plain": text, "UTF-16LE, BOM": wrappings()["UTF-16LE, BOM"](text)} {
		short, err := Excerpt(iotest.HalfReader(strings.NewReader(in)))
		if f, _ := ExplainText(short, Context{}); err != nil || f.Cause != CauseSecretWrong {
			t.Errorf("%s: %s, %v", name, f.Cause, err)
		}
	}
	if _, err := Excerpt(strings.NewReader(dull(MaxText))); err != nil {
		t.Errorf("the largest text: %v", err)
	}
	if _, err := Excerpt(strings.NewReader(dull(MaxText + 1))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	broken := fmt.Errorf("a broken pipe")
	if _, err := Excerpt(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// BenchmarkExcerpt10MB reports how much of the text is in memory at its end.
func BenchmarkExcerpt10MB(b *testing.B) {
	text := bigLog()[:MaxText]
	b.SetBytes(int64(len(text)))
	var kept int
	for b.Loop() {
		short, err := Excerpt(strings.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		if f, _ := ExplainText(short, Context{}); f.Cause != CauseSecretWrong {
			b.Fatal(f.Cause)
		}
		kept = len(short)
	}
	runtime.KeepAlive(text)
	b.ReportMetric(float64(kept), "bytes-kept")
}
