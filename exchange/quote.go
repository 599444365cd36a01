package exchange

import "strings"

// Quote writes s as a PowerShell literal in single quotes, in which nothing
// but a single quote means anything, and that is written twice. PowerShell
// takes five characters for one, and reads any two of them in a row as the
// second (IsSingleQuote in
// https://github.com/PowerShell/PowerShell/blob/master/src/System.Management.Automation/engine/parser/CharTraits.cs,
// ScanStringLiteral in tokenizer.cs beside it).
func Quote(s string) string { return "'" + twice.Replace(s) + "'" }

var twice = strings.NewReplacer(
	"'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019", "\u201a", "\u201a\u201a", "\u201b", "\u201b\u201b",
)

// opath writes s as a text value of an OPATH filter: in single quotes, with
// those in it written twice
// (https://learn.microsoft.com/powershell/exchange/recipient-filters#additional-opath-syntax-information).
func opath(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// File returns what to write to a .ps1 file: the script in UTF-8 with a byte
// order mark. Without one Windows PowerShell reads a script in the computer's
// ANSI code page, where the bytes of many letters are quotation marks
// (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding?view=powershell-5.1).
func File(script string) []byte { return []byte("\ufeff" + script) }
