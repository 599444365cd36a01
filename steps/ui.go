// Package steps is what the setup does: the phases in order, as straight-line Go against a small user interface.
package steps

import (
	"context"
	"errors"
	"time"

	"palmail/diagnose"
	"palmail/secret"
)

// ErrBack is returned by a UI when the admin wants the page before this one.
var ErrBack = errors.New("back to the page before")

// UI is how a step talks to the admin. It is implemented by the screens, by
// the plain lines, and by a script of answers in tests. Every method returns
// ctx.Err() when the admin leaves or the program is told to end.
type UI interface {
	// Fill shows a page and returns its answers once every shown field is
	// right and the page's check, if any, is not Wrong. Answers.Action names
	// the action that ended the page instead, if one did. With ErrBack or
	// ctx.Err() the answers hold what was filled in when the page was left, right
	// or not.
	Fill(ctx context.Context, p Page) (Answers, error)
	// Choose returns the index of the option picked.
	Choose(ctx context.Context, c Choice) (int, error)
	// Work runs w.Run while it shows its tasks, and returns Run's error. Where an
	// admin can stop it alone, Run's context is cancelled, and Work returns
	// ErrBack once Run has ended.
	Work(ctx context.Context, w Work) error
	// Show shows something to read, copy or open, until enter.
	Show(ctx context.Context, n Notice) error
}

// Phase is a part of the setup as the line of phases on the screen names it.
type Phase int

// The phases in their order; PhaseNone is before the first and on screens outside the setup.
const (
	PhaseNone Phase = iota
	PhaseRegister
	PhaseSecret
	PhasePermission
	PhasePAL
	PhaseTest
)

// Phases lists the phases in their order.
var Phases = []Phase{PhaseRegister, PhaseSecret, PhasePermission, PhasePAL, PhaseTest}

// String returns the phase's name as shown.
func (p Phase) String() string {
	return [...]string{"", "Register", "Secret", "Permission", "PAL settings", "Test send"}[p]
}

// Frame is what every screen has around it.
type Frame struct {
	Name  string         // stable name of the screen, e.g. "secret"
	Phase Phase          // the current phase
	Done  map[Phase]bool // which phases are finished
	Where string         // e.g. "agency.gov · GCC High · profile default"
	Help  string         // paragraphs for the help key: what this is, why it is asked; may be empty
}

// Instruction is one numbered thing to do in the portal. It is read as one
// sentence: Text, LinkText, Copy, Note. In Text and Note, **bold** marks what
// must be clicked or typed letter for letter.
type Instruction struct {
	Text     string
	LinkText string // the words that stand for Link
	Link     string // address to open
	Copy     string // a value to type or copy letter for letter
	Note     string // what may be skipped
}

// State is how something stands.
type State int

// The states.
const (
	Unknown State = iota // nothing to say yet: empty, or may become right by typing on
	Busy                 // being looked at
	Waiting              // not yet; palmail tries again
	Right
	Warn  // allowed, with a remark
	Wrong // not allowed
)

// Verdict is what a field or a check has to say.
type Verdict struct {
	State   State
	Text    string            // one sentence, shown in place; **bold** as in Instruction
	Finding *diagnose.Finding // the whole story of a failure, or nil
	Auto    bool              // Right, and the page continues automatically
	Actions []Action          // beside the page's own, as long as this verdict stands
}

// FieldKind is how a field is filled.
type FieldKind int

// The kinds.
const (
	TextField   FieldKind = iota
	SecretField           // masked, never echoed
	PickField             // one of Options, by arrow keys
	LongField             // many lines, pasted; its text is cleaned by clean.Text only
)

// Field is one thing asked on a page. Its text is cleaned (clean.Pasted)
// before Shape sees it.
type Field struct {
	Key     string // stable name, e.g. "client-id"
	Label   string
	Hint    string // placeholder, shown while empty
	Kind    FieldKind
	Value   string   // what it starts with; for PickField the option's text. Never a secret
	Options []string // of a PickField
	Secret  secret.Value
	// Optional fields may stay empty.
	Optional bool
	// Shape judges the text without asking anybody. Unknown means that
	// typing on can make it right; Text then says what is missing, which is
	// shown when the admin submits it. nil accepts any text.
	Shape func(text string, a Answers) Verdict
	// Tidy rewrites the cleaned text into what is meant, e.g. without a
	// trailing slash; it is shown and returned in that form. nil keeps it.
	Tidy func(text string) string
	// Shown hides the field while it returns false; nil shows it.
	Shown func(a Answers) bool
}

// LongestText is how many bytes a LongField takes.
const LongestText = 1 << 20

// Answers are what was filled in, by Field.Key.
type Answers struct {
	Text    map[string]string
	Secrets map[string]secret.Value
	Action  string // Key of the Action that ended the page, or ""
}

// Get returns the text filled into the field key.
func (a Answers) Get(key string) string { return a.Text[key] }

// Secret returns what was filled into the masked field key.
func (a Answers) Secret(key string) secret.Value { return a.Secrets[key] }

// Action is something else to do on a page: a key that ends it.
type Action struct {
	Key   string // e.g. "ctrl+l"; the plain front end takes Word
	Word  string // one word, e.g. "link"
	Label string // e.g. "send the link to an administrator"
}

// Practice does the portal's part of a screen in the practice tenant.
type Practice struct {
	Label string // "do it right", "copy the Secret ID instead of the Value"
	// Do returns what to fill into which fields, as though it were pasted,
	// and words about what was done (several lines may be shown).
	Do func(ctx context.Context) (fill map[string]string, said string, err error)
}

// Page is one screen of questions.
type Page struct {
	Frame
	Title  string
	Why    string // one sentence
	Guide  func(a Answers) []Instruction
	Fields []Field
	// Check asks whether the answers are right. It is run as soon as every
	// shown field looks right, again whenever one of them changes, and is
	// cancelled by a change. It reports what it is doing. A Wrong verdict
	// keeps the admin on the page; enter runs the check again. A Warn lets
	// them go on.
	Check   func(ctx context.Context, a Answers, report Report) Verdict
	Actions []Action
	// Submit says what enter does, "continue" when empty.
	Submit string
	// Picture is shown above the guide, line for line, where there is room;
	// everything it says is said in words as well.
	Picture  []string
	Practice []Practice
}

// Report tells the front end about one task of a check or work. It may be
// called from any goroutine; a task with the Key of an earlier one replaces it.
type Report func(Task)

// Task is one line of progress.
type Task struct {
	Key   string
	State State // Busy or Waiting while it runs
	Text  string
	Note  string // a second, quieter line
	// While it runs, the time since Since, or else since the first report, is
	// shown beside the text, and Limit is how long it runs at most, which is
	// always known.
	Since time.Time
	Limit time.Duration
	// RetryAfter is how long the server has asked to wait before the next try,
	// by a Retry-After header; 0 if it has not. It is shown in words.
	RetryAfter time.Duration
}

// Choice is one screen with one pick.
type Choice struct {
	Frame
	Title   string
	Why     string
	Text    string // paragraphs to read before picking; may be empty
	Finding *diagnose.Finding
	Options []Option
	Picked  int // preselected
	// Optional says that the question may stay unanswered: where the answers
	// of a script end before it, what is preselected is taken.
	Optional bool
	Practice []Practice
	// Headline is shown above everything else, with its sign; its zero value shows nothing.
	Headline Verdict
	Bar      Bar
	// Check looks something up while the choice can already be made. Its tasks
	// are shown in columns where there is room. It ends with its context, which
	// is cancelled when the choice is made.
	Check  func(ctx context.Context, report Report) Outlook
	Footer string // a quiet line below the options
}

// Bar shows how much of something is used up. Nothing is drawn while Of is 0.
type Bar struct {
	Done, Of int
	State    State
	Text     string // beside it
}

// Outlook is what the check of a Choice came to: what to show in the place of
// the Finding, and which option to preselect if the admin has not moved yet,
// -1 for none.
type Outlook struct {
	Finding *diagnose.Finding
	Picked  int
}

// Option is one thing to pick.
type Option struct {
	Key  string // stable name by which the step knows it; never shown
	Text string
	Note string
}

// Work is one screen of things being done.
type Work struct {
	Frame
	Title string
	Why   string
	Run   func(ctx context.Context, report Report) error
}

// Value is something to copy: Text, or Secret, which is masked until it is
// deliberately shown, and hides itself again.
type Value struct {
	Label  string
	Text   string
	Secret secret.Value
}

// Notice is one screen to read.
type Notice struct {
	Frame
	Title    string
	Why      string
	Guide    []Instruction
	Text     string // paragraphs
	Values   []Value
	Finding  *diagnose.Finding
	Submit   string // what enter does, "continue" when empty
	Practice []Practice
}

// ignoreBack turns ErrBack into success, where going back and going on are the same.
func ignoreBack(err error) error {
	if errors.Is(err, ErrBack) {
		return nil
	}
	return err
}
