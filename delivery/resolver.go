package delivery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"palmail/clean"
)

// Resolver answers the questions of Look; *net.Resolver is one. The optional method String names the server that is
// asked. Calls should end when their context does; Look does not wait longer.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

var _ Resolver = (*net.Resolver)(nil)

// server is a resolver that asks one DNS server.
type server struct {
	*net.Resolver
	address string
}

func (s server) String() string { return "the DNS server " + s.address }

// At returns a resolver that asks the DNS server at an address with a port, e.g. 127.0.0.1:53, and no other.
func At(address string) Resolver {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return server{&net.Resolver{PreferGo: true, Dial: dial}, address}
}

func where(r Resolver) string {
	if named, ok := r.(fmt.Stringer); ok {
		return clean.Line(named.String())
	}
	return "this computer's DNS servers"
}

// maxAsked is how many questions one Look asks at most. An SPF record alone can cause 10 look-ups with 10 hosts
// each (RFC 7208 section 4.6.4).
const maxAsked = 160

const (
	maxAnswers = 256  // answers of one question that are looked at
	maxShown   = 4096 // characters of a record that are kept
)

// asker asks every question once, for all checks of one Look.
type asker struct {
	Resolver
	mu    sync.Mutex
	known map[string]*answer
}

type answer struct {
	done  chan struct{}
	texts []string // TXT, CNAME or PTR
	mx    []*net.MX
	addrs []net.IPAddr
	err   error
}

func newAsker(r Resolver) *asker { return &asker{Resolver: r, known: map[string]*answer{}} }

// ask returns the answer to a question of a type. The name is asked with a trailing dot: without it a resolver also
// tries the search domains of this computer, and a wildcard there would answer for the agency.
func (a *asker) ask(ctx context.Context, kind, name string) *answer {
	key := kind + " " + strings.ToLower(strings.TrimSuffix(name, "."))
	a.mu.Lock()
	found, ok := a.known[key]
	full := len(a.known) >= maxAsked
	if !ok && !full {
		found = &answer{done: make(chan struct{})}
		a.known[key] = found
	}
	a.mu.Unlock()
	switch {
	case ok:
		<-found.done // the first to ask has the same deadline
	case full:
		return &answer{err: &net.DNSError{Err: "too many look-ups", Name: name, IsTemporary: true}}
	default:
		a.query(ctx, kind, strings.TrimSuffix(name, ".")+".", found)
		close(found.done)
	}
	return found
}

// query asks, and stops waiting when the context ends. Go's resolver for Windows ignores its context, so against a
// silent server the call itself lasts until Windows gives up; its answer is then dropped.
func (a *asker) query(ctx context.Context, kind, name string, into *answer) {
	if err := ctx.Err(); err != nil {
		into.err = unanswered(name, err)
		return
	}
	answered := make(chan answer, 1)
	go func() { answered <- a.call(ctx, kind, name) }()
	select {
	case got := <-answered:
		into.texts, into.mx, into.addrs, into.err = got.texts, got.mx, got.addrs, got.err
	case <-ctx.Done():
		into.err = unanswered(name, ctx.Err())
	}
}

func (a *asker) call(ctx context.Context, kind, name string) (got answer) {
	defer func() {
		// Go's resolver for Windows panics on a TXT record of more than 1024 strings.
		if recover() != nil {
			got = answer{err: unanswered(name, errUnreadable)}
		}
	}()
	var err error
	switch kind {
	case "TXT":
		got.texts, err = a.LookupTXT(ctx, name)
	case "CNAME":
		var target string
		target, err = a.LookupCNAME(ctx, name)
		if target = strings.TrimSuffix(target, "."); target != "" && !strings.EqualFold(target+".", name) {
			got.texts = []string{target}
		}
	case "MX":
		got.mx, err = a.LookupMX(ctx, name)
	case "A":
		got.addrs, err = a.LookupIPAddr(ctx, name)
	case "PTR":
		got.texts, err = a.LookupAddr(ctx, strings.TrimSuffix(name, "."))
	}
	got.texts = got.texts[:min(len(got.texts), maxAnswers)]
	got.mx = got.mx[:min(len(got.mx), maxAnswers)]
	got.addrs = got.addrs[:min(len(got.addrs), maxAnswers)]
	// Go's resolver returns an error beside the good answers when one answer holds a name that is not valid.
	if err != nil && len(got.texts)+len(got.mx)+len(got.addrs) == 0 {
		got.err = unanswered(name, err)
	}
	return got
}

var errUnreadable = errors.New("the answer cannot be read")

// unanswered tells "there is no such record" from every other failure, which is temporary: a refusing, broken or
// silent server says nothing about the domain (RFC 7208 section 4.4). Go marks only some of those as temporary.
func unanswered(name string, err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
	}
	text := "the DNS server could not be reached"
	switch {
	case errors.As(err, &dns) && dns.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
	case errors.Is(err, context.Canceled):
		text = "stopped"
	case errors.Is(err, errUnreadable):
		text = err.Error()
	case errors.As(err, &dns) && strings.Contains(dns.Err, "misbehaving"): // Go's word for any RCODE but 0 and 3
		text = "the DNS server reported an error"
	}
	return &net.DNSError{Err: text, Name: name, IsTemporary: true}
}

// notFound says that DNS answered, and that there is no such record.
func notFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// unknown is an item for which DNS could not be asked.
func unknown(check, record string, err error) Item {
	why := "no answer"
	var dns *net.DNSError
	if errors.As(err, &dns) {
		why = dns.Err
	}
	return Item{
		Check: check, Verdict: Unknown,
		Line: fmt.Sprintf("%s could not be looked up (%s). This says nothing about the domain.", record,
			clean.Line(why)),
	}
}

// shown is a record as DNS has it, safe to print.
func shown(name, kind, value string) string {
	line := []rune(clean.Line(name + " " + kind + " " + value))
	if len(line) > maxShown {
		line = append(line[:maxShown-1], '…')
	}
	return string(line)
}
