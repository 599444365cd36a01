package exchange

import "strings"

// Quote returns s as a PowerShell literal in single quotes. Only a single quote
// is special in it, and is written twice. PowerShell treats five characters as
// single quotes, and reads any two of them in a row as the second one
// (IsSingleQuote in
// https://github.com/PowerShell/PowerShell/blob/master/src/System.Management.Automation/engine/parser/CharTraits.cs,
// ScanStringLiteral in tokenizer.cs beside it).
func Quote(s string) string { return "'" + doubledQuotes.Replace(s) + "'" }

var doubledQuotes = strings.NewReplacer(
	"'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019", "\u201a", "\u201a\u201a", "\u201b", "\u201b\u201b",
)

// quoteOPATH returns s as a text value of an OPATH filter, in single quotes, with those
// inside doubled
// (https://learn.microsoft.com/powershell/exchange/recipient-filters#additional-opath-syntax-information).
func quoteOPATH(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// File returns the content of a .ps1 file: the script in UTF-8 with a byte order
// mark. Without one Windows PowerShell reads a script in the computer's
// ANSI code page, where the bytes of many letters are quotation marks
// (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding?view=powershell-5.1).
func File(script string) []byte { return []byte("\ufeff" + script) }
