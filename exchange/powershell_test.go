package exchange_test

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// What follows reads PowerShell as its own tokenizer does, as far as the
// scripts go, and refuses what they have no need of: double quotes, here
// strings, backticks, block comments. It is written after
// https://github.com/PowerShell/PowerShell/blob/master/src/System.Management.Automation/engine/parser/tokenizer.cs
// (ScanStringLiteral, ScanLineComment, ScanVariable, ScanParameter,
// ScanGenericToken) and CharTraits.cs beside it, and like them goes through
// UTF-16 units.

type kind string

const (
	literal   kind = "literal"
	variable  kind = "variable"
	parameter kind = "parameter"
	word      kind = "word" // a command, keyword, operator, member or number
	mark      kind = "mark" // one character that stands for itself
	newline   kind = "newline"
	comment   kind = "comment"
)

type psToken struct {
	kind kind
	text string // of a literal, what it evaluates to
}

// isSingleQuote is CharTraits.cs's IsSingleQuote.
func isSingleQuote(c uint16) bool {
	return c == '\'' || c == 0x2018 || c == 0x2019 || c == 0x201A || c == 0x201B
}

// isDoubleQuote is CharTraits.cs's IsDoubleQuote.
func isDoubleQuote(c uint16) bool { return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E }

// isDash is CharTraits.cs's IsDash.
func isDash(c uint16) bool { return c == '-' || c == 0x2013 || c == 0x2014 || c == 0x2015 }

// isSpace is CharTraits.cs's IsWhitespace, of which line ends are no part.
func isSpace(c uint16) bool {
	if c < 128 {
		return c == ' ' || c == '\t' || c == '\v' || c == '\f'
	}
	return c == 0x00A0 || c == 0x0085 || unicode.In(rune(c), unicode.Z)
}

const marks = "(){}[]|;,=.+&:"

// tokenize reads a whole script.
func tokenize(script string) ([]psToken, error) {
	p := &tokenizer{in: utf16.Encode([]rune(script))}
	for p.at < len(p.in) {
		if err := p.next(); err != nil {
			return nil, fmt.Errorf("at %d of %d: %w", p.at, len(p.in), err)
		}
	}
	return p.out, nil
}

type tokenizer struct {
	in  []uint16
	at  int
	out []psToken
}

func (p *tokenizer) peek(n int) uint16 {
	if p.at+n < len(p.in) {
		return p.in[p.at+n]
	}
	return 0
}

func (p *tokenizer) emit(k kind, units []uint16) { p.out = append(p.out, psToken{k, decode(units)}) }

// decode keeps lone halves of surrogate pairs apart, which string conversion would not.
func decode(units []uint16) string { return string(utf16.Decode(units)) }

func (p *tokenizer) next() error {
	switch c := p.in[p.at]; {
	case isSpace(c):
		p.at++
	case c == '\r' || c == '\n':
		if c == '\r' && p.peek(1) == '\n' {
			p.at++
		}
		p.at++
		p.out = append(p.out, psToken{kind: newline})
	case c == '#':
		begin := p.at
		for p.at < len(p.in) && p.in[p.at] != '\r' && p.in[p.at] != '\n' {
			p.at++
		}
		p.emit(comment, p.in[begin:p.at])
	case isSingleQuote(c):
		return p.scanLiteral()
	case isDoubleQuote(c):
		return fmt.Errorf("an expandable string begins")
	case c == '@' && (isSingleQuote(p.peek(1)) || isDoubleQuote(p.peek(1))):
		return fmt.Errorf("a here string begins")
	case c == '<' || c == '`' || c == 0:
		return fmt.Errorf("%q", rune(c))
	case c == '$' && p.peek(1) != '(':
		p.scan(variable, func(c uint16) bool {
			return c == '_' || c < 128 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)))
		})
	case strings.ContainsRune(marks, rune(c)) || c == '@' && p.peek(1) == '(' || c == '$':
		p.emit(mark, p.in[p.at:p.at+1])
		p.at++
	case isDash(c):
		p.scan(parameter, isWord)
	default:
		p.scan(word, isWord)
	}
	return nil
}

// isWord tells what goes on with a word. A quotation mark would, as in a'b',
// and so it is refused where a word meets one.
func isWord(c uint16) bool {
	return !isSpace(c) && c != '\r' && c != '\n' && !strings.ContainsRune(marks, rune(c))
}

func (p *tokenizer) scan(k kind, goesOn func(uint16) bool) {
	begin := p.at
	for p.at++; p.at < len(p.in) && goesOn(p.in[p.at]) && !isSingleQuote(p.in[p.at]) &&
		!isDoubleQuote(p.in[p.at]); p.at++ {
	}
	p.emit(k, p.in[begin:p.at])
}

// scanLiteral is ScanStringLiteral: any single quote ends the literal, unless
// any other follows it, which is then the one that counts.
func (p *tokenizer) scanLiteral() error {
	if before := p.in[max(p.at-1, 0)]; p.at > 0 && !isSpace(before) &&
		!strings.ContainsRune("({,=[\r\n", rune(before)) {
		return fmt.Errorf("a literal is glued to what comes before it")
	}
	var value []uint16
	for p.at++; ; p.at++ {
		if p.at >= len(p.in) {
			return fmt.Errorf("a literal has no end")
		}
		c := p.in[p.at]
		if isSingleQuote(c) {
			if !isSingleQuote(p.peek(1)) {
				break
			}
			p.at++
			c = p.in[p.at]
		}
		value = append(value, c)
	}
	p.at++
	if p.at < len(p.in) && !isSpace(p.in[p.at]) && !strings.ContainsRune(")},;]\r\n", rune(p.in[p.at])) {
		return fmt.Errorf("a literal is glued to what comes after it")
	}
	p.emit(literal, value)
	return nil
}

// opathValue evaluates a filter of the form PROPERTY -eq 'VALUE', and refuses
// any other: in the value a single quote is written twice
// (https://learn.microsoft.com/powershell/exchange/recipient-filters).
func opathValue(filter string) (property, value string, err error) {
	property, rest, ok := strings.Cut(filter, " -eq '")
	if !ok || property == "" || strings.ContainsFunc(property, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return "", "", fmt.Errorf("%q compares nothing", filter)
	}
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		if rest[i] == '\'' {
			if i == len(rest)-1 {
				return property, b.String(), nil
			}
			if i++; rest[i] != '\'' {
				return "", "", fmt.Errorf("%q goes on after the value: %q", filter, rest[i:])
			}
		}
		b.WriteByte(rest[i])
	}
	return "", "", fmt.Errorf("%q has no end", filter)
}
