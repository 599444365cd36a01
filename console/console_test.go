package console

import (
	"os"
	"testing"
)

func TestASCII(t *testing.T) {
	for name, c := range map[string]struct {
		window Window
		env    map[string]string
		want   bool
	}{
		"no console":                   {Window{Escapes: true}, nil, false},
		"a font with the signs":        {Window{Font: "Cascadia Mono", CodePage: 437}, nil, false},
		"a font without them":          {Window{Font: "Consolas", LacksSigns: true, CodePage: 437}, nil, true},
		"a raster font":                {Window{Font: "Terminal", LacksSigns: true, CodePage: 850}, nil, true},
		"a terminal program":           {Window{CodePage: 437, LacksSigns: true}, nil, false},
		"Windows Terminal's console":   {Window{Font: "Consolas", LacksSigns: true}, map[string]string{"WT_SESSION": "1"}, false},
		"VS Code's console":            {Window{Font: "Consolas", LacksSigns: true}, map[string]string{"TERM_PROGRAM": "vscode"}, false},
		"Git Bash":                     {Window{Font: "Consolas", LacksSigns: true}, map[string]string{"TERM": "xterm-256color"}, false},
		"Japanese":                     {Window{Font: "MS Gothic", CodePage: 932}, nil, true},
		"simplified Chinese":           {Window{Font: "NSimSun", CodePage: 936}, nil, true},
		"Korean in Windows Terminal":   {Window{CodePage: 949}, map[string]string{"WT_SESSION": "1"}, true},
		"traditional Chinese":          {Window{CodePage: 950}, nil, true},
		"Japanese with UTF-8 (chcp)":   {Window{Font: "BIZ UDGothic", CodePage: 65001}, nil, false},
		"UTF-8, a font without a sign": {Window{Font: "Lucida Console", LacksSigns: true, CodePage: 65001}, nil, true},
	} {
		if got := c.window.ASCII(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A file is no console: control sequences in it are nobody's trouble, and nobody presses a key.
func TestFileIsNoConsole(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if w := Look(f, "✓"); !w.Escapes || w.Font != "" || w.CodePage != 0 {
		t.Errorf("%+v", w)
	}
}
