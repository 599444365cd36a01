package diagnose

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/clean"
)

// outcome is how a failure that somebody reported in public ended.
type outcome struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Stage   Stage  `json:"stage"`
	Body    string `json:"body"`
	Outcome string `json:"outcome"`
	Known   bool   `json:"known"` // somebody wrote how it ended
	Step    string `json:"step"`  // of our remedy: it would have ended the trouble; empty: none would
}

func outcomes(t *testing.T) []outcome {
	t.Helper()
	data, err := os.ReadFile("testdata/outcomes.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []outcome
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRemedyOutcomes keeps docs/remedies.md true: for each failure, the step
// that would have ended it is in what explain says today.
func TestRemedyOutcomes(t *testing.T) {
	const file = "../docs/remedies.md"
	var rows strings.Builder
	known, helpful := 0, 0
	for _, o := range outcomes(t) {
		f, _ := ExplainText(o.Body, Context{Stage: o.Stage})
		n := slices.IndexFunc(f.Remedy, func(step string) bool { return strings.Contains(step, o.Step) })
		verdict, step := "no", "none"
		if o.Step != "" {
			if n < 0 {
				t.Errorf("%s: no step of %s says %q:\n%s", o.ID, f.Cause, o.Step, strings.Join(f.Remedy, "\n"))
				continue
			}
			verdict, step = "yes", fmt.Sprintf("%d. %s", n+1, f.Remedy[n])
		}
		if o.Known {
			known++
			if verdict == "yes" {
				helpful++
			}
		} else {
			verdict = "not known"
		}
		cause := f.Cause
		if f.Likely {
			cause += " (likely)"
		}
		fmt.Fprintf(&rows, "| [%s](%s) | %s | %s | %s | %s |\n", o.ID, o.Source, cell(o.Outcome), cause, cell(step),
			verdict)
	}
	if helpful*100 < known*80 {
		t.Errorf("the remedies help in %d of %d", helpful, known)
	}
	t.Logf("the remedies help in %d of %d failures whose end is known", helpful, known)
	want := fmt.Sprintf("# Would the remedy have helped?\n\n"+
		"Failures that people reported in public, how each ended, and the step of today's remedy that would have "+
		"ended it.\n"+
		"Made from `diagnose/testdata/outcomes.json` by `go test ./diagnose -run TestRemedyOutcomes -update`.\n\n"+
		"The remedy helps in %d of the %d failures whose end is known.\n\n"+
		"| report | how it ended | cause | step | helps |\n|---|---|---|---|---|\n", helpful, known) + rows.String()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s differs; run: go test ./diagnose -run TestRemedyOutcomes -update (%v)", file, err)
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// TestRemediesDiffer: a step that two causes share says nothing about either.
func TestRemediesDiffer(t *testing.T) {
	seen := map[string]Cause{}
	for _, e := range Causes() {
		for _, s := range append([]Situation{{Remedy: e.Remedy}}, e.Situations...) {
			if len(s.Remedy) == 0 {
				t.Errorf("%s: a situation without a remedy", e.Cause)
			}
			for _, step := range s.Remedy {
				if other, ok := seen[step]; ok && other != e.Cause {
					t.Errorf("%s and %s share the step %q", e.Cause, other, step)
				}
				seen[step] = e.Cause
			}
		}
	}
}

// TestTextsLookLikeNoSecret: a report masks what looks like a password, so
// none of our own sentences does ("your own password: Basic ...").
func TestTextsLookLikeNoSecret(t *testing.T) {
	for _, e := range append(Causes(), spoken()...) {
		texts := append([]string{e.Title, e.Explanation, e.Who}, e.Remedy...)
		for _, s := range e.Situations {
			texts = append(append(texts, s.Title, s.Explanation, s.Who), s.Remedy...)
		}
		for _, text := range texts {
			text = strings.ReplaceAll(text, "{code}", "7000215")
			if masked := clean.Masked(text); masked != text {
				t.Errorf("%s: %q is masked: %q", e.Cause, text, masked)
			}
		}
	}
}

// TestWords keeps the house's language in everything that is shown.
func TestWords(t *testing.T) {
	banned := normalised("may", "by itself", "all the same", "as a rule", "at the least", "anew", "taken back",
		"run out", "prove", "proved", "proof", "mostly by itself", "whoever", "now and then", "as far as is known",
		"setup up")
	for _, e := range append(Causes(), spoken()...) {
		texts := append([]string{e.Title, e.Explanation, e.Who}, e.Remedy...)
		for _, s := range e.Situations {
			texts = append(append(texts, s.Title, s.Explanation, s.Who), s.Remedy...)
		}
		for _, text := range texts {
			for _, w := range banned {
				if strings.Contains(normal(text), w) {
					t.Errorf("%s: %q in %q", e.Cause, strings.TrimSpace(w), text)
				}
			}
		}
	}
}

// spoken are findings whose words are not in the table.
func spoken() []Entry {
	var out []Entry
	for _, age := range []time.Duration{time.Minute, 30 * time.Minute, 3 * time.Hour} {
		for _, stage := range Stages {
			for _, text := range []string{
				wholeAnswer, "ErrorAccessDenied", "Request_ResourceNotFound", "HTTP 403", "550 5.1.1",
				"Authentication-Results: spf=fail; dkim=fail; dmarc=fail",
			} {
				f, _ := ExplainText(text, Context{Stage: stage, Now: now, Changed: now.Add(-age)})
				out = append(out, Entry{
					Cause: f.Cause, Title: f.Title, Explanation: f.Explanation, Remedy: f.Remedy, Who: f.Who,
				})
			}
		}
	}
	return out
}

// TestBlanksAreFilled: what is known stands in the remedy; what is not known
// stands there by its name, never in braces.
func TestBlanksAreFilled(t *testing.T) {
	c := Context{
		ClientID: "3f1c8f0a-1111-4222-8333-444455559a20", TenantID: "5f0c2e1b-8d47-4a93-b6de-27c9410e3fa1",
		Mailbox: "noreply@agency.gov", Cloud: "GCC High",
	}
	for _, e := range Causes() {
		for n, s := range append([]Situation{{}}, e.Situations...) {
			shown := e
			shown.Situations = nil
			if len(s.Remedy) > 0 {
				shown.Remedy = s.Remedy
			}
			for _, context := range []Context{{}, c} {
				r := reading{context: context}
				fill := r.blanks(&Finding{Codes: []string{"AADSTS7000215"}}, nearIDs{})
				text := fill.Replace(strings.Join(shown.Remedy, "\n"))
				if known := context.ClientID != ""; strings.ContainsAny(strings.ReplaceAll(text, "% {", ""), "{") &&
					!strings.Contains(text, "Set-ItemProperty") && !strings.Contains(text, "/users/{mailbox}") ||
					known && (strings.Contains(text, "CLIENT-ID") || strings.Contains(text, "TENANT-ID") ||
						strings.Contains(strings.ReplaceAll(text, "OTHER-MAILBOX", ""), "MAILBOX") ||
						strings.Contains(text, "graph.microsoft.com") && !strings.Contains(text, "GCC High")) {
					t.Errorf("%s, situation %d: a blank is left in\n%s", e.Cause, n, text)
				}
			}
		}
	}
}
