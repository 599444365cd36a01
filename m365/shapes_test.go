package m365

import (
	"strings"
	"testing"
)

func TestParseGUID(t *testing.T) {
	const id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	for _, in := range []string{
		id, strings.ToUpper(id), " " + id + "\r\n", `"` + id + `"`, "<" + id + ">", id + ">", id + ".", "{" + id + "}",
		"Application (client) ID: " + id, "\u200b" + id + "\ufeff", "\u00a0" + id + "\u00a0", "“" + id + "”",
		strings.ReplaceAll(id, "-", "\u2011"), strings.ReplaceAll(id, "-", "\u2013"), "_" + id + "_", id + " " +
			strings.ToUpper(id),
		"/appId/" + id + "/isMSAApp~/false",
	} {
		if got, ok := ParseGUID(in); !ok || got != id {
			t.Errorf("ParseGUID(%q) = %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{
		"", "x", id[:35], id + "0", "0" + id, id + "-" + id, id + " " + testApp, strings.ReplaceAll(id, "-", ""),
		strings.Replace(id, "a", "g", 1), testSecret,
	} {
		if got, ok := ParseGUID(in); ok {
			t.Errorf("ParseGUID(%q) = %q", in, got)
		}
	}
}

func TestLooksLikeSecret(t *testing.T) {
	if !LooksLikeSecret("abc8Q~" + strings.Repeat("x", 34)) {
		t.Error("a secret of today's shape is not recognised")
	}
	for _, in := range []string{
		"", testApp, "abc8Q~" + strings.Repeat("x", 20), "abc8Q~" + strings.Repeat("x", 34) + " ", "hunter2",
	} {
		if LooksLikeSecret(in) {
			t.Errorf("%q looks like a secret", in)
		}
	}
}

func TestLooksCutShort(t *testing.T) {
	for in, want := range map[string]bool{
		"abc8Q~" + strings.Repeat("x", 22): true, "abc8Q~": true, "abc8Q~" + strings.Repeat("x", 30): true,
		"abc8Q~" + strings.Repeat("x", 31): false, "abc8Q~" + strings.Repeat("x", 34): false,
		"hunter2hunter2hunter2": false, "": false,
	} {
		if got := LooksCutShort(in); got != want || got && LooksLikeSecret(in) {
			t.Errorf("LooksCutShort(%q) = %v", in, got)
		}
	}
}

func TestRedirectURI(t *testing.T) {
	for _, in := range []string{"https://pal.agency.gov/admin", "https://pal.agency.gov/admin/"} {
		if got := RedirectURI(in); got != "https://pal.agency.gov/admin/connectors/SMTP.aspx" {
			t.Errorf("RedirectURI(%q) = %q", in, got)
		}
	}
}

func FuzzParseGUID(f *testing.F) {
	f.Add("Application (client) ID: 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")
	f.Add("{0A1B2C3D\u20114E5F-6071-8293-A4B5C6D7E8F9}")
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := ParseGUID(in)
		if !ok {
			if got != "" {
				t.Fatalf("ParseGUID(%q) = %q without ok", in, got)
			}
			return
		}
		if !IsGUID(got) || got != strings.ToLower(got) {
			t.Fatalf("ParseGUID(%q) = %q is not canonical", in, got)
		}
		if again, ok := ParseGUID(got); !ok || again != got {
			t.Fatalf("ParseGUID is not stable on %q", got)
		}
	})
}
