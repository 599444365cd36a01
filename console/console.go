// Package console says what the window that palmail writes to can show, and whether it closes when palmail ends.
package console

import (
	"slices"
	"strings"
)

// Window is what is known about the window of the program's output. On systems without Windows consoles only
// Escapes is ever set.
type Window struct {
	// Own says that no other program is attached to the window, so that it closes when palmail ends: palmail was
	// started by a double-click, a shortcut or a scheduler.
	Own bool
	// Escapes says that the window accepts control sequences (virtual terminal processing). The legacy console of
	// Windows Server 2016 and of Windows before 10 refuses them.
	Escapes bool
	// Font is the name of the console's font, empty when a terminal program draws the window.
	Font string
	// LacksSigns says that Font has no glyph for at least one of the signs it was asked about.
	LacksSigns bool
	// CodePage is the code page of the console's output, 0 without a console.
	CodePage uint32
}

// eastAsian are the code pages with which a console draws characters of ambiguous width, such as ● and ─, in two
// cells: Japanese, simplified Chinese, Korean (two) and traditional Chinese. Source: Unicode Standard Annex 11,
// section 5, and https://learn.microsoft.com/windows/win32/intl/code-page-identifiers.
var eastAsian = []uint32{932, 936, 949, 950, 1361}

// ASCII says whether nothing but ASCII is certain to be drawn, in one cell a character. env is the environment, in
// which a terminal program announces itself: it has fonts of its own.
func (w Window) ASCII(env func(string) string) bool {
	if slices.Contains(eastAsian, w.CodePage) {
		return true
	}
	return w.Font != "" && w.LacksSigns && !Announced(env)
}

// Announced says whether the environment names a terminal program that draws the window instead of the Windows
// console. The names are those of https://github.com/sindresorhus/is-unicode-supported.
func Announced(env func(string) string) bool {
	for _, name := range []string{"WT_SESSION", "TERM_PROGRAM", "TERMINUS_SUBLIME", "ConEmuTask"} {
		if env(name) != "" {
			return true
		}
	}
	term := env("TERM")
	return strings.HasPrefix(term, "xterm") || term == "alacritty" || strings.HasPrefix(term, "rxvt") ||
		strings.HasPrefix(env("TERMINAL_EMULATOR"), "JetBrains")
}

// SwitchedOn says whether the value of an environment variable such as PALMAIL_ASCII means yes.
func SwitchedOn(value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "false", "no":
		return false
	}
	return true
}
