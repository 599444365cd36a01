package diagnose

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the documents in docs again")

// TestDocument keeps docs/causes.md true to the table.
func TestDocument(t *testing.T) {
	const file = "../docs/causes.md"
	want := document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s differs from the table; run: go test ./diagnose -run TestDocument -update", file)
	}
}

func document() string {
	var b strings.Builder
	b.WriteString("# What can go wrong, and what to do\n\n" +
		"Made from the table in `diagnose`; to change it, change the table and run `go test ./diagnose -run " +
		"TestDocument -update`.\n" +
		"`palmail explain FILE` finds these in any text. The codes are those that decide; many failures are also " +
		"known by their words.\n")
	for _, e := range Causes() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n\n", e.Cause, e.Title, e.Explanation)
		for n, step := range e.Remedy {
			fmt.Fprintf(&b, "%d. %s\n", n+1, step)
		}
		fmt.Fprintf(&b, "\nWho can do it: %s.", lowerFirst(e.Who))
		if e.Retry {
			b.WriteString(" Waiting can help.")
		}
		if len(e.Codes) > 0 {
			b.WriteString(" Codes: ")
			for n, c := range e.Codes {
				if n > 0 {
					b.WriteString(", ")
				}
				if isNumber(c) {
					c = "AADSTS" + c
				}
				b.WriteString("`" + c + "`")
			}
			b.WriteString(".")
		}
		b.WriteString("\n")
		for _, s := range e.Situations {
			describe(&b, s)
		}
		fmt.Fprintf(&b, "\nSource: <%s>\n", e.Source)
	}
	r := reading{}
	return r.blanks(&Finding{}, nearIDs{}).Replace(b.String())
}

// describe writes what a situation changes.
func describe(b *strings.Builder, s Situation) {
	var when []string
	for _, stage := range s.Stages {
		if stage != "" {
			when = append(when, "during "+string(stage))
		}
	}
	if len(s.Words) > 0 {
		when = append(when, "beside `"+strings.Join(s.Words, "`, `")+"`")
	}
	fmt.Fprintf(b, "\n*%s:* ", upperFirst(strings.Join(when, "; ")))
	if s.Title != "" {
		b.WriteString("**" + s.Title + ".** ")
	}
	b.WriteString(s.Explanation + "\n\n")
	for n, step := range s.Remedy {
		fmt.Fprintf(b, "%d. %s\n", n+1, step)
	}
	if s.Who != "" {
		fmt.Fprintf(b, "\nWho can do it: %s.\n", lowerFirst(s.Who))
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// lowerFirst starts a name of a role within a sentence; Microsoft stays Microsoft.
func lowerFirst(s string) string {
	if strings.HasPrefix(s, "Microsoft") {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
