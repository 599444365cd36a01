package m365

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// reservedNames are names of Microsoft's, beside the names and labels of its
// clouds, that a custom cloud cannot have in its name.
var reservedNames = []string{"Microsoft", "Azure", "Entra", "Office 365", "21Vianet", "auto"}

// checkCloudName refuses a name that mixes scripts, or that a reader takes for
// one of Microsoft's clouds.
func checkCloudName(name string) error {
	if strings.ContainsFunc(name, unusual) {
		return errors.New("name must be in ordinary letters, digits and spaces")
	}
	if mixesScripts(name) {
		return errors.New("name must not mix letters of several scripts: some of them look alike")
	}
	known := slices.Clone(reservedNames)
	for _, c := range Clouds() {
		label, _, _ := strings.Cut(c.Label, " (")
		known = append(known, label, c.Name)
	}
	for _, k := range known {
		if namesLike(name, k) {
			return fmt.Errorf("name must not read like %s", k)
		}
	}
	return nil
}

// namesLike says whether a person can read known in name: as some of its words,
// or inside a longer word where known is long enough not to be there by chance.
func namesLike(name, known string) bool {
	const insideWord, startOfWord = 6, 5 // letters
	want := strings.Join(foldedWords(known), "")
	withoutDigits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return ' '
		}
		return r
	}, name)
	for _, words := range [][]string{foldedWords(name), foldedWords(withoutDigits)} {
		for from := range words {
			run := ""
			for _, w := range words[from:] {
				if run += w; run == want {
					return true
				}
			}
			if len(want) >= startOfWord && strings.HasPrefix(words[from], want) {
				return true
			}
		}
		if len(want) >= insideWord && strings.Contains(strings.Join(words, ""), want) {
			return true
		}
	}
	return false
}

// foldedWords returns the words of a name as they look: without marks and case,
// with one letter for all that look like it (the skeleton of Unicode Technical
// Standard 39, and i, l and 1 as one letter).
func foldedWords(name string) []string {
	var b strings.Builder
	letters := letterOf()
	for _, r := range name {
		if l, ok := letters[r]; ok {
			r = l
		}
		if r = unicode.ToLower(r); letters[r] != 0 {
			r = letters[r]
		}
		switch {
		case r == 'i':
			b.WriteRune('l')
		case r == 'm':
			b.WriteString("rn") // as which it is read in many fonts
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteRune(' ')
		}
	}
	return strings.Fields(b.String())
}

// ordinary are the letters beyond ASCII that a name is written in. The others,
// such as the full-width and mathematical ones that normalisation turns into
// ASCII (NFKC, Unicode Standard Annex 15), do not belong in a name; so the tables
// of normalisation, a tenth of a megabyte, are not needed.
var ordinary = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x00c0, Hi: 0x017f, Stride: 1}, // Latin
	{Lo: 0x0370, Hi: 0x06ff, Stride: 1}, // Greek, Cyrillic, Armenian, Hebrew, Arabic
	{Lo: 0x0900, Hi: 0x0eff, Stride: 1}, // the scripts of India, Thai, Lao
	{Lo: 0x3041, Hi: 0x30ff, Stride: 1}, // Hiragana, Katakana
	{Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, // Han
	{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
}}

// unusual says whether a character does not belong in a name.
func unusual(r rune) bool {
	return r > unicode.MaxASCII && (!unicode.Is(ordinary, r) || !unicode.IsLetter(r))
}

// scripts are those that names are told apart by; the table of all of Unicode's
// would make the program half a megabyte larger. Those in which East Asian
// languages are written together count as one, as do all that are not listed.
var scripts = [][]*unicode.RangeTable{
	{unicode.Latin}, {unicode.Cyrillic}, {unicode.Greek}, {unicode.Armenian}, {unicode.Cherokee}, {unicode.Hebrew},
	{unicode.Arabic}, {unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul},
}

// mixesScripts says whether the letters of a name belong to several scripts.
func mixesScripts(name string) bool {
	seen := -1
	for _, r := range name {
		if !unicode.IsLetter(r) {
			continue
		}
		script := slices.IndexFunc(scripts, func(s []*unicode.RangeTable) bool { return unicode.In(r, s...) })
		if script < 0 {
			script = len(scripts)
		}
		if seen >= 0 && seen != script {
			return true
		}
		seen = script
	}
	return false
}

// checkHosts refuses a custom cloud of which only a part is Microsoft's, such as
// its portal beside another's sign-in, and a host that reads like Microsoft's.
func checkHosts(c Cloud) error {
	own := []string{}
	for _, a := range []struct{ key, address string }{
		{"login", c.Login}, {"graph", c.Graph}, {"portal", c.Portal},
	} {
		host := hostname(a.address)
		switch {
		case microsoftHost(host):
			own = append(own, a.key)
		case strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }):
			return fmt.Errorf("%s must be written in ASCII letters (xn--…)", a.key)
		case readsLikeMicrosoft(host):
			return fmt.Errorf("%s is not a host of Microsoft's and must not read like one", a.key)
		}
	}
	if len(own) != 0 && len(own) != 3 {
		return fmt.Errorf("login, graph and portal must all be Microsoft's or none of them: only %s is",
			strings.Join(own, " and "))
	}
	return nil
}

// knownHosts are the host names of Microsoft's clouds.
func knownHosts() []string {
	var all []string
	for _, c := range Clouds() {
		for _, a := range []string{c.Login, c.Graph, c.Portal, c.Entra} {
			if host := hostname(a); !slices.Contains(all, host) {
				all = append(all, host)
			}
		}
	}
	return all
}

// microsoftHost says whether nobody but Microsoft and its partners can answer
// at host. Not all of azure.com is such: its customers have names below it.
func microsoftHost(host string) bool {
	own := append(knownHosts(), "microsoft.com", "microsoft.us", "microsoftonline.com", "microsoftonline.us",
		"microsoftonline.cn")
	return slices.ContainsFunc(own, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

// readsLikeMicrosoft says whether host has a host of Microsoft's in it, as
// login.microsoftonline.com.example does.
func readsLikeMicrosoft(host string) bool {
	return strings.Contains(host, "microsoftonline") ||
		slices.ContainsFunc(knownHosts(), func(h string) bool { return strings.Contains(host, h) })
}

func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
