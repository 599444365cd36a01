package steps

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// Store is where setups are kept; store.Keyring and store.Memory are such.
type Store interface {
	Place() string
	Probe(ctx context.Context) error
	Load(ctx context.Context, profile string) (store.Setup, error)
	Save(ctx context.Context, profile string, s *store.Setup) error
	Delete(ctx context.Context, profile string) error
	Claim(ctx context.Context, profile string) (release func(context.Context) error, err error)
	ClaimForce(ctx context.Context, profile string) (release func(context.Context) error, err error)
}

// Given are answers known in advance, from flags; empty ones are asked.
type Given struct {
	Mailbox, PALURL, TenantID, ClientID string
	To                                  string // where the test mail goes
}

// Portal is the practice tenant's portal: what Page.Practice and its like are made of.
type Portal interface {
	// Options lists what can be done on the screen named; have holds what is
	// known so far, under the keys of the fields.
	Options(screen string, have map[string]string) []Practice
}

// Env is what the steps stand on.
type Env struct {
	UI      UI
	Store   Store
	Memory  func() Store // to go on with when Store cannot be used
	M365    m365.Options
	Profile string
	Cloud   *m365.Cloud // nil: found from the mailbox's domain
	Given   Given
	Portal  Portal // nil outside the practice tenant
	// BrowserHere says that Open opens a browser which the admin sees.
	BrowserHere bool
	Open        func(ctx context.Context, url string) error
	// WriteFile writes a file that the admin asked for, which must not exist
	// yet, and returns its whole path. nil: files cannot be written.
	WriteFile func(name string, data []byte) (path string, err error)
	// OpenExport reads a file of palmail export; nil: files cannot be imported here.
	// Its error says what is wrong with the file or the passphrase.
	OpenExport func(ctx context.Context, file string, phrase secret.Value) ([]Imported, error)
	// SignInClientID is the app to sign in with; empty for Azure CLI's.
	SignInClientID string
	Log            *slog.Logger
	Now            func() time.Time
	// Profiles lists what is stored, where the admin has not named a profile:
	// with several, Run begins with a list. nil begins with Profile.
	Profiles func(ctx context.Context) ([]string, error)
	// Start opens one place of a setup that has got so far: "test" the test
	// send, "rotate" a new secret, "revoke" a leaked one, "limit" the limit to one mailbox.
	Start string
}

// session is one run over one profile.
type session struct {
	Env
	setup  store.Setup
	memory bool // nothing is kept
	stored bool // setup came from the store
	// flagsTried are the phases whose answers from the command line were taken
	// up; coming back to one shows its page.
	flagsTried map[Phase]bool
	// at is the stage that the sequence of the setup is at; "" outside it.
	at          progress.Stage
	returning   bool         // the next screen was gone back to, and waits for a key
	askTenant   bool         // the first step begins with the tenant's own page
	atHome      bool         // the home screen is what a step goes back to
	judged      string       // the mailbox and app that were checked before PAL, in this run
	rotation    *rotation    // set while a new secret replaces one that works
	admin       *m365.Admin  // who signed in during this run; nil before
	proved      proofs       // what the home screen has found
	clockOffset atomic.Int64 // of the server's clock to this computer's, in nanoseconds
	scopes      []string     // delegated permissions of the sign-in; nil before one, or unknown
	listed      bool         // palmail listed Mail.Send under the app's API permissions in this run
	clockSaid   bool         // the admin was told that the clock is wrong
	clientsMu   sync.Mutex   // several proofs are made at once
	clients     map[string]*m365.Client
	issued      issuedToken
	// acceptedMailbox is the mailbox with which the admin goes on although the
	// directory has something against it.
	acceptedMailbox string
	// everyMoment makes retry ask this often, for tests that measure what its own
	// policy loses.
	everyMoment time.Duration
}

func (s *session) cloud() m365.Cloud {
	return CloudOf(&s.setup)
}

// place says where the setup is kept, or nothing when it is not.
func (s *session) place() string {
	if s.memory {
		return ""
	}
	return s.Store.Place()
}

// CloudOf returns the cloud of a stored setup; the zero Cloud when none is
// known, or when CheckCloud refuses it.
func CloudOf(x *store.Setup) m365.Cloud {
	c, err := cloudOf(x)
	if err != nil {
		return m365.Cloud{}
	}
	return c
}

// CheckCloud refuses a record whose cloud palmail does not know, or whose custom
// cloud poses as one of Microsoft's.
func CheckCloud(x *store.Setup) error {
	_, err := cloudOf(x)
	return err
}

// ErrCloud is what a record with a cloud that cannot be used amounts to.
var ErrCloud = errors.New("the cloud of this setup is refused")

func cloudOf(x *store.Setup) (m365.Cloud, error) {
	if c := x.CustomCloud; c != (store.Cloud{}) {
		custom, err := m365.CustomCloud(c.Name, c.Login, c.Graph, c.Portal)
		if err == nil && x.Cloud != c.Name {
			err = fmt.Errorf("it is named %q and %q", clean.Line(x.Cloud), c.Name)
		}
		if err != nil {
			return m365.Cloud{}, fmt.Errorf("%w: %w", ErrCloud, err)
		}
		return custom, nil
	}
	c, found := m365.CloudNamed(x.Cloud)
	if !found && x.Cloud != "" {
		return c, fmt.Errorf("%w: there is no cloud %q", ErrCloud, clean.Line(x.Cloud))
	}
	return c, nil
}

// TenantOf is what a change record says of the tenant of a stored setup.
func TenantOf(x *store.Setup) progress.Tenant {
	t := progress.Tenant{Cloud: CloudOf(x).Label}
	if x.PALURL != "" {
		t.RedirectURI = m365.RedirectURI(x.PALURL)
	}
	return t
}

func newSession(env Env) *session {
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.M365.Shared == nil {
		env.M365.Shared = m365.NewShared() // one OpenID configuration for all of a run's clients
	}
	if env.UI != nil {
		ui := &linesUI{UI: env.UI}
		env.UI, env.M365.Waiting = ui, ui.waiting
	}
	s := &session{Env: env}
	s.followServerTime()
	return s
}

func (s *session) tried(p Phase) {
	if s.flagsTried == nil {
		s.flagsTried = map[Phase]bool{}
	}
	s.flagsTried[p] = true
}

func (s *session) setCloud(c m365.Cloud) {
	s.setup.Cloud, s.setup.CustomCloud = c.Name, store.Cloud{}
	if c.Custom {
		s.setup.CustomCloud = store.Cloud{Name: c.Name, Login: c.Login, Graph: c.Graph, Portal: c.Portal}
	}
}

// client returns the one client of this cloud, so that connections are shared.
func (s *session) client() *m365.Client {
	c := s.cloud()
	s.clientsMu.Lock()
	defer s.clientsMu.Unlock()
	if s.clients == nil {
		s.clients = map[string]*m365.Client{}
	}
	key := c.Name + " " + c.Login
	if s.clients[key] == nil {
		s.clients[key] = m365.New(c, s.M365)
	}
	return s.clients[key]
}

func (s *session) links() diagnose.Links {
	return s.cloud().Links(s.setup.TenantID, s.setup.ClientID)
}

// explain says what err means for a thing that was last changed at changed (zero: long ago).
func (s *session) explain(err error, changed time.Time) diagnose.Finding {
	f := diagnose.Explain(err, diagnose.Context{
		Now: s.Now(), System: runtime.GOOS, Changed: changed, Links: s.links(), Cloud: s.cloud().Label,
		Mailbox: s.setup.Mailbox, TenantID: s.setup.TenantID, ClientID: s.setup.ClientID,
		MailSendInToken: s.sentWithRole(err),
	})
	if scope := s.missingScope(err); scope != "" {
		s.explainScope(&f, scope)
	}
	s.fitToSetup(&f)
	FillRemedies(&f, RemedyValues{s.setup.ClientID, s.setup.Mailbox, s.setup.Limit.Other})
	return f
}

// frame is what surrounds the screen name of phase. The current phase is not
// shown as done, even if it was done before.
func (s *session) frame(name string, phase Phase, help string) Frame {
	done := map[Phase]bool{}
	for _, st := range sequence {
		if st.phase != phase && st.phase != PhaseNone && st.stage.Done(&s.setup) {
			done[st.phase] = true
		}
	}
	return Frame{Name: name, Phase: phase, Done: done, Where: s.where(), Help: help}
}

func (s *session) where() string {
	var parts []string
	if _, domain, ok := strings.Cut(s.setup.Mailbox, "@"); ok {
		parts = append(parts, domain)
	}
	if s.setup.Cloud != "" {
		parts = append(parts, s.cloud().Label)
	}
	if s.Profile != "default" || len(parts) == 0 {
		parts = append(parts, "profile "+s.Profile)
	}
	return strings.Join(parts, " · ")
}

func (s *session) practice(screen string) []Practice {
	if s.Portal == nil {
		return nil
	}
	// Read now: a check may be changing the setup when the practice is done.
	have := map[string]string{
		"mailbox": s.setup.Mailbox, "pal-url": s.setup.PALURL, "tenant-id": s.setup.TenantID,
		"client-id": s.setup.ClientID, "app-name": s.appName(),
	}
	if s.setup.PALURL != "" {
		have["redirect-uri"] = m365.RedirectURI(s.setup.PALURL)
	}
	return s.Portal.Options(screen, have)
}

// practiceWith is practice with something more that is known on this screen only.
func (s *session) practiceWith(screen string, have map[string]string) []Practice {
	if s.Portal == nil {
		return nil
	}
	return s.Portal.Options(screen, have)
}

func (s *session) appName() string {
	if s.setup.AppName != "" {
		return s.setup.AppName
	}
	return "PAL mail"
}

// trySave saves what is known so far while a check runs, so that closing the
// window loses nothing. Its failure is only logged: the step saves again when
// the page is left, and then asks what to do.
func (s *session) trySave(ctx context.Context) {
	if err := s.save(ctx); err != nil {
		s.Log.Warn("could not keep the answers yet", "err", err)
	}
}

// changeTenant and changeApp make what depends on them unproved again.
func (s *session) changeTenant(id string) {
	if s.setup.TenantID != id {
		s.setup.TenantID = id
		s.forgetObjects()
		s.forgetApp()
	}
}

func (s *session) changeApp(id string) {
	if s.setup.ClientID != id {
		s.setup.ClientID = id
		s.forgetObjects()
		s.forgetApp()
	}
}

// forgetObjects forgets what is known of the app in the tenant, and that palmail
// made it: another app takes its place, which palmail must never delete. The
// journal of a registration stays.
func (s *session) forgetObjects() {
	x := &s.setup
	x.AppObjectID, x.ServicePrincipalID, x.GrantID, x.Made, x.AppAdopted = "", "", "", "", false
	if x.Intent.Kind != store.IntentApp {
		x.AppUniqueName = ""
	}
}

// serverNow is the time by Microsoft's clock, or by this computer's while no
// answer has told it. Every date that Microsoft gave is compared with it, since
// this computer's clock can be wrong.
func (s *session) serverNow() time.Time {
	now, _ := s.client().ServerTime()
	return now
}

func (s *session) forgetApp() {
	s.setup.AppProved, s.setup.SecretProved = time.Time{}, time.Time{}
	s.forgetPermission()
}

func (s *session) forgetPermission() {
	s.setup.PermissionProved, s.setup.LimitedByExchange = time.Time{}, false
	s.forgetLimit()
	s.forgetHandOff()
}

// forgetLimit: Exchange's scope is about another mailbox or app.
func (s *session) forgetLimit() { s.setup.Limit = store.Limit{Other: s.setup.Limit.Other} }

func (s *session) forgetHandOff() {
	s.setup.PALSaved, s.setup.LastTest = time.Time{}, store.Test{}
}

func (s *session) changeMailbox(address string) {
	if s.setup.Mailbox != address {
		s.setup.Mailbox = address
		if s.setup.LimitedByExchange {
			s.forgetPermission()
		}
		s.forgetLimit()
		s.forgetHandOff()
	}
}

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// staticGuide is a guide that does not depend on the answers. Guides are asked for
// while a check may be changing the setup, so they must not read it.
func staticGuide(guide []Instruction) func(Answers) []Instruction {
	return func(Answers) []Instruction { return guide }
}
