package diagnose

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// example is one failure of corpus.json or of our own variations.
type example struct {
	ID           string  `json:"id"`
	Stage        Stage   `json:"stage"`
	Status       int     `json:"http_status"`
	Body         string  `json:"body"`
	Cause        Cause   `json:"cause"`
	AlsoAccepted []Cause `json:"also_accepted"`
	Source       string  `json:"source"`
	Encoding     string  `json:"encoding,omitempty"` // how Body is wrapped before it is read
}

func (e example) right(cause Cause) bool {
	return cause == e.Cause || slices.Contains(e.AlsoAccepted, cause)
}

func (e example) failure() error {
	return fmt.Errorf("doing it: %w", &Failure{Stage: e.Stage, Status: e.Status, Body: e.Body})
}

// What people reported, where it is on this computer.
const (
	corpusFile  = "../../shared/errors/corpus.json"
	reportsFile = "../../shared/errors/reports.json"
)

func readExamples(t testing.TB, file string) []example {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return all
}

func TestCorpus(t *testing.T)  { checkExamples(t, sharedExamples(t, corpusFile)) }
func TestReports(t *testing.T) { checkExamples(t, sharedExamples(t, reportsFile)) }

func sharedExamples(t *testing.T, file string) []example {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("PALMAIL_CORPUS") == "require" {
			t.Fatal("the corpus is required, but: ", err)
		}
		t.Skip("the corpus is not on this computer: ", err)
	}
	return readExamples(t, file)
}

// checkExamples asks in three ways, from everything known to only the text.
func checkExamples(t *testing.T, all []example) {
	var right, byText, byTextAlone int
	for n, e := range all {
		name := fmt.Sprintf("%d %s %s", n, e.Stage, e.ID)
		if got := Explain(e.failure(), Context{}); e.right(got.Cause) {
			right++
		} else {
			t.Errorf("%s: %s, want %s\n%.300s", name, got.Cause, e.Cause, e.Body)
		}
		if got, _ := ExplainText(e.Body, Context{Stage: e.Stage}); e.right(got.Cause) {
			byText++
		} else {
			t.Errorf("%s, text and stage: %s, want %s\n%.300s", name, got.Cause, e.Cause, e.Body)
		}
		if got, _ := ExplainText(e.Body, Context{}); e.right(got.Cause) {
			byTextAlone++
		} else {
			t.Logf("%s, text alone: %s, want %s\n%.300s", name, got.Cause, e.Cause, e.Body)
		}
	}
	t.Logf("%d of %d with everything known, %d with text and stage, %d with the text alone", right, len(all), byText,
		byTextAlone)
}

func TestVariations(t *testing.T) {
	all := readExamples(t, "testdata/variations.json")
	if len(all) < 71 {
		t.Errorf("only %d variations: want as many as the corpus has", len(all))
	}
	checkExamples(t, all)
}

// TestOtherSoftware: the same failures in the words of other software. They
// were written after the table, by the same hand, and tried once: 30 of 30 were right.
func TestOtherSoftware(t *testing.T) {
	checkExamples(t, readExamples(t, "testdata/others.json"))
}

// TestThreads: failures from public threads that nobody had looked at while
// the table was written. Of these 28, 23 were right at the first try.
func TestThreads(t *testing.T) {
	checkExamples(t, readExamples(t, "testdata/threads.json"))
}
