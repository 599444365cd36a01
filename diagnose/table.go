package diagnose

// page is one of the Links that a remedy can point to.
type page int

const (
	noPage page = iota
	registrationsPage
	overviewPage
	secretsPage
	permissionsPage
	authenticationPage
	enterpriseAppPage
	adminConsentPage
	serviceHealthPage
	conditionalAccessPage
)

// Entry is what is known about one cause: how it is recognised and what it
// means. To recognise one more failure, add its code or its words to the
// entry of its cause; nothing else needs to change.
type Entry struct {
	Cause       string
	Title       string   // one line, no period
	Explanation string   // one or two sentences
	Remedy      []string // what to do, in order
	Who         string   // who can do it
	Link        page     // where
	Retry       bool     // waiting may help

	// Codes decide: AADSTS numbers and the names that Graph and Exchange put
	// into error.code. A name is found whatever its case.
	Codes []string
	// Details decide even against another code in the same answer: inner
	// codes, and words that tell what an ambiguous code means this time.
	Details []string
	// Texts are words of the message, for answers that lost their code. They
	// are compared without case, white space and punctuation. A leading or
	// trailing space asks for the edge of a word.
	Texts []string
	// Hints are codes and words that several failures share: they count only
	// where nothing better is found.
	Hints []string

	Source string // the page that documents this cause, or a public report of it
}
