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
	"unicode/utf8"
)

// imports says which of our rooms each room imports, and why not others.
// secret, clean and charset have no opinion about anything, so everybody but the
// sandbox may use them.
var imports = map[string][]string{
	"secret":               {},
	"clean":                {},
	"charset":              {}, // how bytes become text, so that all read files of Windows alike
	"diagnose":             {"secret", "clean"},
	"store":                {"secret", "clean"},
	"m365":                 {"m365/proxy", "diagnose", "secret", "clean", "charset", "program"},
	"m365/proxy":           {},                                      // knows the way to a host, so that the wire knows no system's settings
	"m365/proxy/proxytest": {},                                      // a proxy that asks who is there, for tests
	"calendar":             {"clean"},                               // knows iCalendar, so that nothing else must
	"product":              {"clean"},                               // knows a product's names, so that nothing else must
	"delivery":             {"clean"},                               // knows mail's records in DNS, so that nothing else must
	"exchange":             {},                                      // knows PowerShell's quoting, so that nothing else must
	"transfer":             {"store", "secret", "clean", "charset"}, // knows the encrypted file, so that the store need not
	"sandbox":              {},                                      // speaks the wire, so that the client is tested against it
	"sandbox/contracttest": {"sandbox", "sandbox/openapi"},
	"sandbox/openapi":      {},                             // the rules of OpenAPI, so that the contract is checked in the process
	"ptytest":              {},                             // a program on a pseudo-terminal, for tests
	"steps/progress":       {"store", "exchange", "clean"}, // what a record means: it asks nobody
	"steps":                {"steps/progress", "m365", "exchange", "store", "diagnose", "secret", "clean"},
	"wizard":               {"steps", "diagnose", "secret", "clean"},
	"plain":                {"steps", "diagnose", "secret", "clean"},
	"program":              {},          // finds programs by full path, so that a planted one is never started
	"eventlog":             {},          // the Windows Event Log, so that a command needs no Windows
	"console":              {},          // what a window can show, so that no front end asks Windows
	"desktop":              {"program"}, // browser and clipboard, so that no front end starts a program
	"practice":             {"sandbox", "steps", "m365", "store", "diagnose", "secret", "desktop"},
	"cli": {
		"console", "eventlog", "practice", "calendar", "transfer", "wizard", "plain", "desktop", "steps",
		"steps/progress", "m365", "store", "diagnose", "sandbox", "secret", "clean", "exchange", "charset",
	},
	"lives": { // people, tenant and keyring around the steps, for tests; nobody imports it
		"wizard", "steps", "steps/progress", "m365", "store", "diagnose", "sandbox", "secret", "clean",
	},
	"lives/cmd": {"lives"}, // many lives, split over processes
	".":         {"cli"},   // main exits, and does nothing else
}

// outside says which rooms import a package from outside that not every room
// should know, and why the others do not.
var outside = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"charm.land/", []string{"wizard"}, "only the screens draw on a terminal"},
	{"maragu.dev/gomponents", []string{"sandbox"}, "web pages are the sandbox's business"},
	{"net/http", []string{"m365", "m365/proxy", "m365/proxy/proxytest", "sandbox",
		"practice", "steps", "cli", "sandbox/contracttest", "sandbox/openapi", "lives"},
		"the wire and the practice tenant speak HTTP"},
	{"github.com/zalando/go-keyring", []string{"store"}, "the store is the one room that touches the keyring"},
	{"github.com/AzureAD/", []string{"m365"}, "tokens are the wire's business"},
	{"github.com/Azure/", nil, "it links a second HTTP/2 of half a megabyte: retries are the wire's own"},
	{"filippo.io/age", []string{"transfer"}, "the encrypted file is the transfer's business"},
	{"blitiri.com.ar/go/spf", []string{"delivery"}, "what receivers check is the delivery's business"},
	{"golang.org/x/net/publicsuffix", []string{"delivery"}, "what receivers check is the delivery's business"},
	{"github.com/arran4/golang-ical", []string{"calendar"}, "iCalendar is the calendar's business"},
	{"html/template", nil, "it looks methods up by name, so the linker keeps every method, which costs 3 MB"},
	{"text/template", nil, "it looks methods up by name, so the linker keeps every method, which costs 3 MB"},
	{
		"os/exec", []string{"desktop", "m365", "m365/proxy", "program", "store", "ptytest", "lives/cmd"},
		"the desktop starts programs, the wire asks az for a token, and macOS for its proxies, the store for its " +
			"keyring, and lives run in several processes",
	},
}

// sources calls do for every Go file of the tree, with its room.
func sources(t *testing.T, do func(path, room string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil {
			do(path, filepath.ToSlash(filepath.Dir(path)), data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	sources(t, func(path, room string, data []byte) {
		if strings.HasSuffix(path, "_test.go") || room == "bench" {
			return
		}
		seen[room] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, data, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			checkImport(t, path, room, imported)
		}
	})
	for room := range imports {
		if !seen[room] {
			t.Errorf("no room %s any more: take it out of the table", room)
		}
	}
}

func checkImport(t *testing.T, path, room, imported string) {
	t.Helper()
	allowed, known := imports[room]
	if !known {
		t.Errorf("%s: the room %s is not in the table: say what it imports, and why it is needed", path, room)
		return
	}
	if ours, ok := strings.CutPrefix(imported, "palmail/"); ok && !slices.Contains(allowed, ours) {
		t.Errorf("%s: %s must not import %s: the arrows go main → cli → {wizard, plain, practice} → steps → "+
			"{m365, store, exchange}, m365 → diagnose, practice → sandbox", path, room, ours)
	}
	for _, o := range outside {
		if strings.HasPrefix(imported, o.prefix) && !slices.Contains(o.rooms, room) {
			t.Errorf("%s: %s must not import %s: %s", path, room, imported, o.why)
		}
	}
}

// TestHouse keeps files readable: one idea each, under 400 lines, and no line
// wider than a window on half a screen shows. A tab counts 4.
func TestHouse(t *testing.T) {
	const long, wide = 400, 140
	sources(t, func(path, _ string, data []byte) {
		lines := strings.Split(string(data), "\n")
		if n := len(lines) - 1; n > long {
			t.Errorf("%s has %d lines: split it by what it is about", path, n)
		}
		for n, line := range lines {
			if w := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); w > wide {
				t.Errorf("%s:%d: is %d columns wide: %d at most, 120 as a habit", path, n+1, w, wide)
			}
		}
	})
}
