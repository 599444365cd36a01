package clean

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPasted(t *testing.T) {
	for in, want := range map[string]string{
		"abc\r\n":                         "abc",
		"  \"abc\" \n":                    "abc",
		"\u201cabc\u201d":                 "abc",
		"a\u200bb\ufeffc":                 "abc",
		"\u00a0abc\u00a0":                 "abc",
		"<abc>":                           "abc",
		"a b\tc\nd":                       "a b c d",
		"\x1b[31mabc\x1b[0m":              "abc",
		"\x1b]0;title\x07abc":             "abc",
		"\u202eabc":                       "abc",
		"\x00a\x01b\x7fc":                 "abc",
		"\u009b31mabc":                    "abc",
		"'":                               "",
		"noreply@agency.gov>":             "noreply@agency.gov",
		"日本@agency.gov":                   "日本@agency.gov",
		"~.-8Q~_-abcdefghijklmnopqrstuv.": "~.-8Q~_-abcdefghijklmnopqrstuv.",
	} {
		if got := Pasted(in); got != want {
			t.Errorf("Pasted(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMasked(t *testing.T) {
	const value = "abc8Q~theValueOfASecretWithFortyLetters12"
	for _, in := range []string{
		value,
		"client_secret=" + value + "&x=1",
		`{"secretText": "` + value + `"}`,
		`{\"access_token\":\"eyJ0eXAiOiJKV1QiLCJhbGciOi.eyJhdWQiOi.c2ln\"}`,
		"Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOi.eyJhdWQiOi.c2ln",
		"?code=0.AAAAtheValueOf&state=1",
		`"password": "hunter2theValueOf"`,
	} {
		got := Masked(in)
		if strings.Contains(got, "theValueOf") || strings.Contains(got, "eyJ") || !strings.Contains(got, "[secret]") {
			t.Errorf("Masked(%q) = %q", in, got)
		}
	}
	for _, page := range []string{
		"https://login.microsoftonline.com/error?code=7000215",
		"see https://login.microsoftonline.us/error?code=50058.",
	} {
		if got := Masked(page); got != page {
			t.Errorf("Masked changed Microsoft's page to %q", got)
		}
	}
	if got := Masked("https://pal.agency.gov/error?code=0.AAAAtheValueOf"); strings.Contains(got, "theValueOf") {
		t.Errorf("a sign-in code is left: %q", got)
	}
	const harmless = "AADSTS7000215: Invalid client secret provided. Trace ID: 3ce379e4-441f-4eae-9730-fc0220183001"
	if got := Masked(harmless); got != harmless {
		t.Errorf("Masked changed %q to %q", harmless, got)
	}
}

// FuzzMasked compares with the regular expressions alone: the tests for
// substrings before them change nothing.
func FuzzMasked(f *testing.F) {
	for _, seed := range []string{
		"CLIENT_SECRET=abcdefgh", "paſſword: hunter2", "acceſs_to\u212aen=abc", "Authorization: Basic YWJj", "&code=1",
		"x?code=abc", "BEARER abcdefghijklmnopqrstuv", "abc8Q~abcdefghijklmnopqrstuvwxyz", "eyJ0eXAiOiJKV1Qi.a.b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, "/error?code=") {
			return
		}
		want := in
		for _, shape := range secretShapes {
			want = shape.match.ReplaceAllString(want, shape.masked)
		}
		if got := Masked(in); got != want {
			t.Fatalf("Masked(%q) = %q, want %q", in, got, want)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31mb\u202ec\r\n\xff")
	f.Add("\x1b]8;;https://x\x07link\x1b]8;;\x07")
	f.Fuzz(func(t *testing.T, in string) {
		for _, got := range []string{Text(in), Line(in), Pasted(in)} {
			if !utf8.ValidString(got) {
				t.Fatalf("invalid UTF-8 from %q", in)
			}
			for _, r := range got {
				if r != '\n' && hidden(r) {
					t.Fatalf("%U is left of %q", r, in)
				}
			}
		}
		if again := Pasted(Pasted(in)); again != Pasted(in) {
			t.Fatalf("Pasted is not stable on %q", in)
		}
		Masked(in)
	})
}
