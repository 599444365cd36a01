package diagnose

import (
	"encoding/base64"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestProseIsUnknown: a cause is claimed on evidence only. Ordinary prose and
// the messages of software that has nothing to do with mail have none.
func TestProseIsUnknown(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil && runtime.GOOS == "windows" {
		t.Skip("it reads the source of an installed Go, and Wine has none beside the test binary")
	}
	messages, comments := goTexts(t)
	for name, source := range map[string]struct {
		sentences []string
		least     int // fewer would show nothing
	}{
		"licences":                      {licences(t), 300},
		"the documents of the project":  {projectDocs(t), 300},
		"the messages of Go's own code": {messages, 1000},
		"the comments of Go's own code": {comments, 3000},
		"the messages of .NET":          {lines(t, "testdata/dotnet.txt"), 130},
	} {
		if len(source.sentences) < source.least {
			t.Errorf("%s: only %d sentences", name, len(source.sentences))
		}
		for _, stage := range []Stage{"", StageSend} {
			wrong := 0
			for _, s := range source.sentences {
				f, others := ExplainText(s, Context{Stage: stage})
				if f.Cause == CauseUnknown && len(others) == 0 || f.Likely && stage != "" {
					continue
				}
				if wrong++; wrong <= 12 {
					t.Logf("%s, during %q: %s: %q", name, stage, f.Cause, s)
				}
			}
			share := 100 - 100*float64(wrong)/float64(len(source.sentences))
			t.Logf("%s, during %q: %.2f %% of %d are unknown", name, stage, share, len(source.sentences))
			if share < 99.5 {
				t.Errorf("%s, during %q: %d of %d sentences were given a cause", name, stage, wrong,
					len(source.sentences))
			}
		}
	}
}

// TestNoiseIsUnknown: nothing can be read from random bytes and encoded data.
func TestNoiseIsUnknown(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 2026))
	noise := func(n int) []byte {
		out := make([]byte, n)
		for i := range out {
			out[i] = byte(random.Uint32())
		}
		return out
	}
	texts := map[string]string{"10 MB of bytes": string(noise(10 << 20))}
	for n := range 20 {
		encoded := base64.StdEncoding.EncodeToString(noise(3 << 18))
		texts["1 MB of base64 in one line "+strconv.Itoa(n)] = encoded
		if n < 3 {
			texts["base64 in lines of 76 "+strconv.Itoa(n)] = wrap(encoded, 76, "\r\n")
			texts["base64 for addresses "+strconv.Itoa(n)] = base64.URLEncoding.EncodeToString(noise(3 << 18))
		}
	}
	for name, text := range texts {
		if f, others := ExplainText(text, Context{}); f.Cause != CauseUnknown || len(others) != 0 {
			t.Errorf("%s: %s %v, %d others", name, f.Cause, f.Codes, len(others))
		}
	}
	planted := strings.Repeat("QUJD", 60) + "+ErrorAccessDenied/" + strings.Repeat("REVG", 60)
	if f, _ := ExplainText(planted, Context{}); f.Cause != CauseUnknown {
		t.Errorf("a name inside encoded data: %s", f.Cause)
	}
}

var sentenceEnd = regexp.MustCompile(`[.!?;:]\s+|\n\s*\n`)

// sentences splits a text and drops what is too short to be one.
func sentences(text string) []string {
	var out []string
	for _, s := range sentenceEnd.Split(text, -1) {
		if s = strings.Join(strings.Fields(s), " "); len(s) > 25 {
			out = append(out, s)
		}
	}
	return out
}

func unique(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return unique(strings.Split(strings.TrimSpace(string(data)), "\n"))
}

// goEnv asks the go command that runs the test.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// licences are those of Go and of the modules that were fetched.
func licences(t *testing.T) []string {
	t.Helper()
	roots := []string{goEnv(t, "GOROOT")}
	for _, depth := range []string{"*/*", "*/*/*"} { // gopkg.in/yaml.v3@v3.0.1, github.com/spf13/cobra@v1.10.2
		found, err := filepath.Glob(filepath.Join(goEnv(t, "GOMODCACHE"), filepath.FromSlash(depth)))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, found...)
	}
	var out []string
	for _, root := range roots {
		for _, name := range []string{"LICEN[CS]E", "LICEN[CS]E.*", "PATENTS", "CONTRIBUTING.md"} {
			files, err := filepath.Glob(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, sentences(string(data))...)
			}
		}
	}
	return unique(out)
}

// quoted is what shows that a sentence of the documents quotes an error.
var quoted = regexp.MustCompile("`|AADSTS|[a-z]_[a-z]|Error[A-Z]|" +
	"[a-z][A-Z][a-z]+[A-Z]|\\b[45]\\.\\d\\.\\d|\\b[45]\\d\\d\\b")

func projectDocs(t *testing.T) []string {
	t.Helper()
	var out []string
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../README.md") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sentences(string(data)) {
			if !quoted.MatchString(s) {
				out = append(out, s)
			}
		}
	}
	return unique(out)
}

// elsewhere are Go's packages whose words are those of networks.
var elsewhere = regexp.MustCompile(`/(?:net|crypto|syscall|vendor|cmd|testdata|internal|debug)(?:/|$)`)

func walkGo(t *testing.T, read func(*ast.File)) {
	t.Helper()
	root := filepath.Join(goEnv(t, "GOROOT"), "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && elsewhere.MatchString(strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(root))) {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			if f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments); err == nil {
				read(f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goTexts are the messages that Go's packages make errors and panics of, and
// some of their comments.
func goTexts(t *testing.T) (messages, comments []string) {
	t.Helper()
	files := 0
	walkGo(t, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if text, ok := call.Args[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
				s, err := strconv.Unquote(text.Value)
				if err == nil && strings.Contains(strings.TrimSpace(s), " ") && len(s) > 10 {
					messages = append(messages, s)
				}
			}
			return true
		})
		const every = 11
		if files++; files%every == 0 {
			for _, c := range f.Comments {
				comments = append(comments, sentences(c.Text())...)
			}
		}
	})
	return unique(messages), unique(comments)
}
