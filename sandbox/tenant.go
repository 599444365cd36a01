// Package sandbox is a practice tenant: an http.Handler that speaks the wire
// format of Microsoft Entra and Microsoft Graph, its in-process transport, and
// its weather. It is a stand-in for the service in demonstrations and tests, so
// it refuses what the service refuses, in the service's words, and nothing
// that it answers is kinder than the real answer.
//
// It imports none of the program's other packages: the real client is under
// test against it.
package sandbox

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what tenant to make. The zero value is Example Agency's tenant
// in the commercial cloud, in calm weather.
type Options struct {
	Cloud        string // commercial (default), gcc, gcc-high, dod, china
	Domain       string // agency.gov when empty
	Organisation string // Example Agency when empty
	TenantID     string // a fixed GUID when empty
	Weather      Weather
	Now          func() time.Time // time.Now when nil
	ClockAhead   time.Duration    // how far the tenant's clock is ahead of Now; negative: behind
	Seed         uint64           // 0: unpredictable ids; else the same ids on every run
}

// Tenant is one practice tenant with its apps, mailboxes and mail. All methods
// are safe for concurrent use.
type Tenant struct {
	cloud     atomic.Pointer[cloud]
	domain    string
	org       string
	id        string
	neighbour neighbour
	clock     func() time.Time
	ahead     atomic.Int64 // of clock, in nanoseconds

	mu          sync.Mutex
	random      io.Reader
	key         []byte // signs tokens
	weather     Weather
	counted     counts
	reads       map[string]int // flapping reads so far, by change
	apps        []*app
	mailboxes   map[string]*mailbox
	mails       []Mail
	practised   practised
	watchers    []func(Exchange)
	rules       Rules
	exchange    exchangeOnline
	accounts    []*account
	deletedApps []*app         // in Deleted applications, and perhaps still seen
	signInLog   []signInEvent  // oldest first
	refusals    map[string]int // how often a call was refused, where the texts take turns
	writes      []string
	hookMu      sync.Mutex // the hooks are asked about one call at a time
	loseCall    func(method, path string, n int) bool
	failCall    func(method, path string, n int) int
	intercept   func(Call) Outcome
	hooked      int
	signing     signing
	visitors    boundedMap[*portalVisitor] // of the portal

	watching sync.Mutex // one exchange is shown at a time
}

// neighbour is another organisation's tenant in the same cloud. It has none of
// this tenant's apps.
type neighbour struct {
	id, domain, org string
}

// Mailbox is what can be said about a mailbox in the tenant.
type Mailbox struct {
	Licensed bool // has an Exchange Online licence
	Blocked  bool // the service has stopped it from sending
	Shared   bool // a shared mailbox: works without a licence, and its account is disabled
	Disabled bool // nobody can sign in with the account
	// OnPremises says that the mailbox is on the agency's own Exchange server
	// and only its address is in the directory, synchronised from there.
	OnPremises bool
	Guest      bool // the account is of the type Guest
}

type mailbox struct {
	Mailbox
	address, id string
	aliases     []string
}

const (
	defaultTenantID = "5f0c2e1b-8d47-4a93-b6de-27c9410e3fa8"
	otherTenantID   = "c1e7a92d-36b8-4f05-9a4c-8b52d7f013e6"
	keptMails       = 50
)

// New makes a practice tenant with two licensed mailboxes, noreply and admin,
// and the accounts that AddAdmin names.
func New(o Options) *Tenant {
	t := &Tenant{
		domain: strings.ToLower(o.Domain), org: o.Organisation, id: strings.ToLower(o.TenantID),
		neighbour: neighbour{id: otherTenantID, domain: "fabrikam.com", org: "Fabrikam"},
		clock:     o.Now, weather: o.Weather, random: newRandom(o.Seed),
		reads: map[string]int{}, mailboxes: map[string]*mailbox{}, refusals: map[string]int{},
	}
	if t.domain == "" {
		t.domain = "agency.gov"
	}
	if t.org == "" {
		t.org = "Example Agency"
	}
	if t.id == "" {
		t.id = defaultTenantID
	}
	if t.clock == nil {
		t.clock = time.Now
	}
	t.SetCloud(o.Cloud)
	t.SetClockAhead(o.ClockAhead)
	t.key = t.bytes(32)
	t.SetMailbox("noreply@"+t.domain, Mailbox{Licensed: true})
	t.SetMailbox("admin@"+t.domain, Mailbox{Licensed: true})
	t.addUsualAdmins()
	return t
}

// ID returns the Directory (tenant) ID.
func (t *Tenant) ID() string { return t.id }

// Domain returns the tenant's mail domain.
func (t *Tenant) Domain() string { return t.domain }

// Cloud returns the name of the cloud the tenant lives in.
func (t *Tenant) Cloud() string { return t.home().name }

// SetCloud moves the tenant to another cloud, as no real tenant can be moved;
// a name that is none is the commercial one's.
func (t *Tenant) SetCloud(name string) {
	c := cloudNamed(name)
	t.cloud.Store(&c)
}

func (t *Tenant) home() cloud { return *t.cloud.Load() }

// firstDomain is the domain that the tenant began with, e.g. agency.onmicrosoft.com.
func (t *Tenant) firstDomain() string {
	label, _, _ := strings.Cut(t.domain, ".")
	return label + "." + t.home().initial
}

// now is the tenant's time, which every Date header and timestamp shows.
func (t *Tenant) now() time.Time { return t.clock().Add(t.ClockAhead()).UTC() }

// SetClockAhead sets how far the tenant's clock is ahead of Options.Now; a
// negative d puts it behind. The times of what was made before stay as they
// are, so set it before the setup begins.
func (t *Tenant) SetClockAhead(d time.Duration) { t.ahead.Store(int64(d)) }

// ClockAhead returns how far the tenant's clock is ahead of Options.Now.
func (t *Tenant) ClockAhead() time.Duration { return time.Duration(t.ahead.Load()) }

// SetMailbox makes or changes the mailbox address.
func (t *Tenant) SetMailbox(address string, m Mailbox) {
	t.mu.Lock()
	defer t.mu.Unlock()
	address = strings.ToLower(address)
	if old := t.mailboxes[address]; old != nil {
		old.Mailbox = m
		return
	}
	t.mailboxes[address] = &mailbox{Mailbox: m, address: address, id: t.guid()}
}

// AddAlias gives a mailbox another address. The service finds an account by
// its user principal name only, so nothing is found under an alias.
func (t *Tenant) AddAlias(address, alias string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.mailboxes[strings.ToLower(address)]
	if m == nil {
		return fmt.Errorf("practice tenant: no mailbox %q", address)
	}
	m.aliases = append(m.aliases, strings.ToLower(alias))
	return nil
}

// RemoveMailbox takes the mailbox away with its account.
func (t *Tenant) RemoveMailbox(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mailboxes, strings.ToLower(address))
}

// AddGroup gives the address to a group. A group is no account and has no
// mailbox of the usual kind, so nothing is found under its address.
func (t *Tenant) AddGroup(address string) { t.RemoveMailbox(address) }

// mailboxNamed finds a mailbox by address or object ID. t.mu is held.
func (t *Tenant) mailboxNamed(name string) *mailbox {
	name = strings.ToLower(name)
	if m := t.mailboxes[name]; m != nil {
		return m
	}
	for _, m := range t.mailboxes {
		if m.id == name {
			return m
		}
	}
	return nil
}

// tenantKind is the kind of tenant that a path names.
type tenantKind int

const (
	malformedTenant tenantKind = iota
	unknownTenant
	homeTenant
	neighbourTenant // the neighbour's
	sharedEndpoint  // common, organizations, consumers
)

// find returns the kind of tenant called name: an ID, a domain, or a shared endpoint.
func (t *Tenant) find(name string) tenantKind {
	name = strings.ToLower(name)
	switch name {
	case "common", "organizations", "consumers":
		return sharedEndpoint
	case t.id, t.domain, t.firstDomain():
		return homeTenant
	case t.neighbour.id, t.neighbour.domain:
		return neighbourTenant
	}
	if isGUID(name) || isDomain(name) {
		return unknownTenant
	}
	return malformedTenant
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if r != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
				return false
			}
		}
	}
	return true
}
