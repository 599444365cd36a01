package diagnose

import (
	"regexp"
	"strings"
	"sync"
)

// How much a sign says. A stronger one decides against a weaker one in the
// same incident.
const (
	hintWeight    = 20
	pageWeight    = 25 // the text is a web page
	newCodeWeight = 29 // an AADSTS code that the table lacks: known words beside it say more
	textWeight    = 30
	codeWeight    = 40
	detailWeight  = 50
)

// sign is one code or wording by which a cause is recognised.
type sign struct {
	word        string // as the table has it
	cause       Cause
	weight      int
	isCode      bool   // its word is shown among a Finding's codes
	atStart     bool   // only at the start of a word
	atEnd       bool   // only at the end of one
	anchorsCode bool   // a number follows that may be an AADSTS code
	with        string // squeezed: counts only where this stands near
	literal     string // must stand in the text as it is: 5.7.3 is not 573
}

type catalogue struct {
	entries map[Cause]*Entry // by cause
	signs   []sign
	lengths []int // of the squeezed words
	find    *automaton
	numbers map[string]sign   // AADSTS codes
	details map[string][]sign // of AADSTS codes: what they mean beside certain words
}

// anchors are the words after which a code stands, as squeezed: AADSTS7000215,
// "error_codes":[7000215], Sign-in error code 50199, error?code=7000215,
// "ResultType":"50034" (a line of the sign-in log).
var anchors = []string{"aadsts", "errorcodes", "errorcode", "resulttype"}

// known is the table made ready for searching, once and only when something
// has to be explained.
var known = sync.OnceValue(catalogued)

func catalogued() *catalogue {
	c := &catalogue{entries: map[Cause]*Entry{}, numbers: map[string]sign{}, details: map[string][]sign{}}
	var words []string
	add := func(s sign) {
		w := squeezed(s.word)
		s.atStart = s.atStart || strings.HasPrefix(s.word, " ") || isNumber(w[:1])
		s.atEnd = s.atEnd || strings.HasSuffix(s.word, " ") || isNumber(w[len(w)-1:])
		s.literal = exact.FindString(s.word)
		c.signs = append(c.signs, s)
		words = append(words, w)
	}
	for _, a := range anchors {
		add(sign{word: a, anchorsCode: true})
	}
	network := map[Cause]bool{} // their names are those of exceptions, not Microsoft's codes
	for _, e := range networkEntries {
		network[e.Cause] = true
	}
	all := Causes()
	for i := range all {
		e := &all[i]
		c.entries[e.Cause] = e
		for _, w := range e.Codes {
			s := sign{word: w, cause: e.Cause, weight: codeWeight, isCode: true, atStart: true, atEnd: true}
			if isNumber(w) {
				c.numbers[w] = s
				continue
			}
			add(s)
		}
		for _, group := range []struct {
			words  []string
			weight int
		}{{e.Details, detailWeight}, {e.Texts, textWeight}, {e.Hints, hintWeight}} {
			for _, w := range group.words {
				word, with, _ := strings.Cut(w, " & ")
				s := sign{word: word, cause: e.Cause, weight: group.weight, with: squeezed(with)}
				switch {
				case isNumber(word) && with != "":
					c.details[word] = append(c.details[word], s)
				case isNumber(word):
					s.isCode = true
					c.numbers[word] = s
				default:
					s.isCode, s.atStart, s.atEnd = isName(word) && !network[e.Cause], isName(word), isName(word)
					add(s)
				}
			}
		}
	}
	c.find = newAutomaton(words)
	for _, w := range words {
		c.lengths = append(c.lengths, len(w))
	}
	return c
}

// exact is the part of a word whose punctuation counts.
var exact = regexp.MustCompile(`\d+(?:\.\d+)+|\(\d+\)| -\d+`)

func isNumber(w string) bool {
	return w != "" && strings.Trim(w, "0123456789") == ""
}

// isName tells error.code values (ErrorAccessDenied, Authorization_RequestDenied)
// from wordings: one word with a capital inside.
func isName(w string) bool {
	if strings.ContainsAny(w, " .:/-()'") || len(w) < 6 || w[0] < 'A' || w[0] > 'Z' {
		return false
	}
	return strings.ToUpper(w) != w && strings.ToLower(w[1:]) != w[1:]
}
