package cli

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"
)

// asWindowsWrites is text as PowerShell 5.1, Notepad and cmd.exe write it.
func asWindowsWrites(text string) map[string]string {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	little, big := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	return map[string]string{
		"UTF-8": "\ufeff" + text, "UTF-16LE": string(little), "UTF-16BE": string(big), "no mark": string(little[2:]),
		"NULs": text + "\x00\x00",
	}
}

// runWith carries out a command with a file as its standard input.
func runWith(t *testing.T, stdin string, args ...string) (code int, out, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stdin")
	writeFile(t, file, []byte(stdin))
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, streams{in: in, out: &o, err: &e, work: 2})
	return code, o.String(), e.String()
}

// A passphrase that came through a pipe of PowerShell opens by typing, and a file
// that PowerShell redirected is read.
func TestExportAndImportInEncodingsOfWindows(t *testing.T) {
	const phrase = "zwölf grüne Wörter im Wind"
	for name, typed := range asWindowsWrites(phrase + "\n") {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pal.age")
			code, out, errs := runWith(t, typed, "export", "--demo", "--output", file, "--passphrase-stdin")
			if code != 0 {
				t.Fatalf("export: %d\n%s%s", code, out, errs)
			}
			armored, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for how, data := range asWindowsWrites(string(armored)) {
				if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
				code, out, errs = runWith(t, phrase+"\n", "import", "--demo", file, "--passphrase-stdin")
				if code != 0 || !strings.Contains(out, "The file is right") {
					t.Errorf("import of %s: %d\n%s%s", how, code, out, errs)
				}
			}
		})
	}
}

func TestExplainReadsEncodingsOfWindows(t *testing.T) {
	const text = "Fehler: AADSTS7000222: The provided client secret keys for app 'x' are expired.\nzurück\n"
	all := asWindowsWrites(text)
	all["page 1252"] = strings.ReplaceAll(text, "ü", "\xfc")
	for name, data := range all {
		code, out, errs := runWith(t, data, "explain", "-", "--json")
		if code != 0 || !strings.Contains(out, `"cause": "secret-expired"`) && !strings.Contains(out, `"cause":"secret-expired"`) {
			t.Errorf("%s: %d\n%s%s", name, code, out, errs)
		}
	}
}

func TestCloudFileInEncodingsOfWindows(t *testing.T) {
	const text = `{"name":"lab","login":"https://login.example","graph":"https://graph.example","portal":"https://p.example"}` + "\n"
	for name, data := range asWindowsWrites(text) {
		file := filepath.Join(t.TempDir(), "lab.json")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := readCloudFile(file); err != nil || c.Login != "https://login.example" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLineEnds(t *testing.T) {
	for goos, want := range map[string]string{"windows": "a\r\nb\r\n", "linux": "a\r\nb\n"} {
		if got := string(withLineEnds(goos, []byte("a\r\nb\n"))); got != want {
			t.Errorf("%s: %q", goos, got)
		}
	}
}

func TestProxyFlag(t *testing.T) {
	for _, wrong := range []string{"ftp://proxy", "http://me:hunter2@proxy/file.pac"} {
		code, _, errs := runWith(t, "", "status", "--demo", "--proxy", wrong)
		if code != exitUsage || !strings.Contains(errs, "--proxy") || strings.Contains(errs, "hunter2") {
			t.Errorf("%s: %d %s", wrong, code, errs)
		}
	}
}

// A log that others can read is written all the same, and that is said.
func TestLogThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("TestOthersCanRead has the Windows way")
	}
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o644: true} {
		name := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(name, nil, mode); err != nil {
			t.Fatal(err)
		}
		_, _, errs := runWith(t, "", "check", "--demo", "--weather", "calm", "--log", name)
		if strings.Contains(errs, "can read the log") != warned {
			t.Errorf("%o: %s", mode, errs)
		}
	}
}
