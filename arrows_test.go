package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which of our rooms each room may import, and why not others.
// secret and clean have no opinion about anything, so everybody but the
// sandbox may use them.
var mayImport = map[string][]string{
	"secret":               {},
	"clean":                {},
	"diagnose":             {"secret", "clean"},
	"store":                {"secret", "clean"},
	"m365":                 {"diagnose", "secret", "clean"},
	"calendar":             {"clean"},                    // knows iCalendar, so that nothing else must
	"exchange":             {},                           // knows PowerShell's and Exchange's quoting, so that nothing else must
	"transfer":             {"store", "secret", "clean"}, // knows the encrypted file, so that neither the store nor main must
	"sandbox":              {},                           // it speaks the wire, so that the real client is under test against it
	"sandbox/contracttest": {"sandbox"},
	"ptytest":              {},                             // a program on a pseudo-terminal, for tests
	"steps/progress":       {"store", "exchange", "clean"}, // what a record means: it asks nobody, so the cloud's label comes with the question
	"steps":                {"steps/progress", "m365", "exchange", "store", "diagnose", "secret", "clean"},
	"wizard":               {"steps", "diagnose", "secret", "clean"},
	".":                    {"calendar", "transfer", "wizard", "steps", "steps/progress", "m365", "store", "diagnose", "sandbox", "secret", "clean", "exchange"},
}

// mustNotImport are packages from outside that a room must not know, with the
// reason. No rooms are all of them.
var mustNotImport = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"charm.land/", []string{"calendar", "exchange", "transfer", "secret", "clean", "diagnose", "store", "m365", "sandbox", "steps", "steps/progress"}, "nothing below the wizard knows what a terminal is"},
	{"maragu.dev/gomponents", []string{"secret", "clean", "diagnose", "store", "m365", "steps", "wizard", "calendar", "exchange", "transfer", "."}, "web pages are the sandbox's business"},
	{"net/http", []string{"calendar", "exchange", "transfer", "store", "diagnose", "clean", "secret", "wizard", "steps/progress"}, "only the wire and the sandbox speak HTTP"},
	{"github.com/zalando/go-keyring", []string{"secret", "clean", "diagnose", "m365", "sandbox", "steps", "wizard", "."}, "the store is the one room that touches the keyring"},
	{"github.com/AzureAD/", []string{"secret", "clean", "diagnose", "store", "sandbox", "steps", "wizard", "."}, "tokens are the wire's business"},
	{"github.com/Azure/", []string{"secret", "clean", "diagnose", "store", "sandbox", "steps", "wizard", "."}, "Graph is the wire's business"},
	{"filippo.io/age", []string{"secret", "clean", "diagnose", "store", "m365", "sandbox", "steps", "wizard", "calendar", "."}, "the encrypted file is the transfer's business"},
	{"github.com/arran4/golang-ical", []string{"secret", "clean", "diagnose", "store", "m365", "sandbox", "steps", "wizard", "transfer", "."}, "iCalendar is the calendar's business"},
	{"html/template", nil, "it looks methods up by name, so the linker keeps every method, which costs 3 MB: pages are made with gomponents (sandbox/view.go), mails with steps.mailBodies"},
	{"text/template", nil, "it looks methods up by name, so the linker keeps every method, which costs 3 MB"},
	{"os/exec", []string{"calendar", "exchange", "transfer", "secret", "clean", "diagnose", "sandbox", "steps"}, "only the front end starts programs, and the wire asks az for a token"},
}

func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "bench"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		room := filepath.ToSlash(filepath.Dir(path))
		seen[room] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, path, room, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range mayImport {
		if !seen[room] {
			t.Errorf("no room %s any more: take it out of the table", room)
		}
	}
}

func checkImport(t *testing.T, path, room, imported string) {
	t.Helper()
	allowed, known := mayImport[room]
	if !known {
		t.Errorf("%s: the room %s is not in the table: say what it may import, and why it is needed", path, room)
		return
	}
	if ours, ok := strings.CutPrefix(imported, "palmail/"); ok {
		for _, a := range allowed {
			if a == ours {
				return
			}
		}
		t.Errorf("%s: %s must not import %s: the arrows go main → wizard → steps → {m365, store, diagnose}, m365 → diagnose, main → sandbox", path, room, ours)
	}
	for _, m := range mustNotImport {
		if strings.HasPrefix(imported, m.prefix) {
			if m.rooms == nil || slices.Contains(m.rooms, room) {
				t.Errorf("%s: %s must not import %s: %s", path, room, imported, m.why)
			}
		}
	}
}

// TestHouse keeps files readable: one idea each, under 400 lines.
func TestHouse(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if n := strings.Count(string(data), "\n"); n > 400 {
			t.Errorf("%s has %d lines: split it by what it is about", path, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
