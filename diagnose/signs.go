package diagnose

import (
	"regexp"
	"strings"
	"sync"
)

// The weight of a sign is how much it says. Within one incident a heavier sign
// decides against a lighter one.
const (
	contextWeight = 5 // names no cause: it only shows that the text is about Microsoft 365
	hintWeight    = 20
	pageWeight    = 25 // the text is a web page
	newCodeWeight = 29 // an AADSTS code that the table lacks: known words beside it say more
	doubtWeight   = 28 // an SMTP code with several meanings, none of whose words stand beside it
	textWeight    = 30
	codeWeight    = 40
	detailWeight  = 50
	mailWeight    = 55 // an SMTP enhanced status code, or a verdict in Authentication-Results
)

// sign is one code or wording by which a cause is recognised.
type sign struct {
	word        string // as the table has it
	cause       Cause
	weight      int
	isCode      bool     // its word is shown among a Finding's codes
	anchorsCode bool     // a number follows that can be an AADSTS code
	anchorsMail bool     // the verdicts of a mail's Authentication-Results follow
	with        []string // counts only where one of these stands near, as normalised words
	shape       shape    // how it must be written
	note        string   // what the text itself said, added to the explanation
}

type catalogue struct {
	entries map[Cause]*Entry // by cause
	signs   []sign
	find    *automaton
	numbers map[string]sign   // AADSTS codes
	details map[string][]sign // of AADSTS codes: what they mean beside certain words
}

// anchors are the words after which a code stands: AADSTS7000215,
// "error_codes":[7000215], Sign-in error code 50199, error?code=7000215,
// "ResultType":"50034" (a line of the sign-in log). Other products number
// their errors too, so all but the first two count only in Microsoft's company.
var anchors = []struct {
	word string
	with []string
}{
	{"AADSTS*", nil},
	{"error_codes", nil},
	{"error?code", nil},
	{"errorCode", signInCompany},
	{"error code", signInCompany},
	{"ResultType", signInCompany},
}

var signInCompany = normalised("sign in", "sign-ins", "login microsoftonline com", "login microsoftonline us",
	"microsoft", "correlation id",
	"conditional access", "entra", "azure", "oauth2", "errorMessage", "SigninLogs", "ResultDescription", "AADSTS*")

// companions name no cause. They are the second sign that a hint needs.
var companions = []string{
	"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn",
	"login.chinacloudapi.cn", "login.windows.net", "sts.windows.net",
	"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn",
	"graph.windows.net",
	"outlook.office365.com", "outlook.office.com", "smtp.office365.com", "protection.outlook.com", "prod.outlook.com",
	"AADSTS*", "error_description", "trace_id", "correlation_id",
	"Correlation ID", "innerError", "x-ms-ags-diagnostic", "x-ms-diagnostics", "client-request-id", "Microsoft.Graph",
	"MsalServiceException", "MsalClientException",
	"MsalUiRequiredException", "Azure.Identity", "odata.error", "ODataError", "oauth2/v2.0/token", "sendMail",
}

// known is the table made ready for searching, once and only when something
// has to be explained.
var known = sync.OnceValue(catalogued)

func catalogued() *catalogue {
	c := &catalogue{entries: map[Cause]*Entry{}, numbers: map[string]sign{}, details: map[string][]sign{}}
	var words []string
	add := func(s sign) {
		s.shape = shapeOf(s.word)
		s.word = strings.Trim(s.word, " *")
		c.signs = append(c.signs, s)
		words = append(words, s.shape.symbols)
	}
	for _, a := range anchors {
		add(sign{word: a.word, with: a.with, anchorsCode: true})
	}
	add(sign{word: "Authentication-Results", anchorsMail: true})
	for _, w := range companions {
		add(sign{word: w, weight: contextWeight})
	}
	all := Causes()
	for i := range all {
		e := &all[i]
		c.entries[e.Cause] = e
		for _, s := range e.signs() {
			number := isNumber(s.word)
			switch {
			case number && s.with != nil:
				c.details[s.word] = append(c.details[s.word], s)
			case number:
				c.numbers[s.word] = s
			default:
				add(s)
			}
		}
	}
	c.find = newAutomaton(words)
	return c
}

// signs are the words of an entry, each with its weight.
func (e *Entry) signs() []sign {
	var out []sign
	for _, group := range []struct {
		words  []string
		weight int
	}{{e.Codes, codeWeight}, {e.Details, detailWeight}, {e.Texts, textWeight}, {e.Hints, hintWeight}} {
		for _, w := range group.words {
			word, with, second := strings.Cut(w, " & ")
			s := sign{word: word, cause: e.Cause, weight: group.weight}
			if second {
				s.with = normalised(strings.Split(with, "|")...)
			}
			s.isCode = group.weight == codeWeight || isNumber(word) || isName(word) && !exceptions[e.Cause]
			out = append(out, s)
		}
	}
	return out
}

// exceptions are causes whose names of one word are those of exceptions and
// error constants, not Microsoft's codes.
var exceptions = func() map[Cause]bool {
	out := map[Cause]bool{}
	for _, e := range append(networkEntries, localEntries...) {
		out[e.Cause] = true
	}
	return out
}()

func isNumber(w string) bool {
	return w != "" && strings.Trim(w, "0123456789") == ""
}

var nameShape = regexp.MustCompile(`^[A-Z][A-Za-z_]*[a-z][A-Za-z_]*$`)

// isName tells error.code values (ErrorAccessDenied, Authorization_RequestDenied)
// from wordings: one word with a capital inside.
func isName(w string) bool {
	return len(w) >= 6 && nameShape.MatchString(w) && strings.ToLower(w[1:]) != w[1:]
}
