package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// systemTimeout is how long the system can take: automatic detection waits
	// for servers that most networks do not have.
	systemTimeout = 15 * time.Second
	// answerAge is how long an answer of the system is used. A computer that
	// moves to another network has other proxies there.
	answerAge = time.Minute
)

// Resolver finds the way to each host. It is safe for use by several goroutines.
type Resolver struct {
	setting Setting
	getenv  func(string) string
	system  func(context.Context, target) (Route, error)
	now     func() time.Time

	mu      sync.Mutex
	answers map[target]*answer
}

// answer is what the system said about a host, or is about to say.
type answer struct {
	ready chan struct{} // closed when the rest is set
	route Route
	at    time.Time
}

// NewResolver returns a Resolver for the setting; getenv is os.Getenv.
func NewResolver(s Setting, getenv func(string) string) *Resolver {
	return &Resolver{
		setting: s, getenv: getenv, system: systemRoute, now: time.Now, answers: map[target]*answer{},
	}
}

// Route returns the way to an address such as graph.microsoft.com:443: by the
// setting, else by HTTPS_PROXY and NO_PROXY, else by the system. As net/http
// does, it leads to this computer itself directly unless the setting names a
// proxy. Its error means that what is set cannot be used.
func (r *Resolver) Route(ctx context.Context, address string) (Route, error) {
	t, err := parseTarget(address)
	if err != nil {
		return Route{}, err
	}
	switch {
	case r.setting.direct:
		return Route{Source: "--proxy direct"}, nil
	case r.setting.proxy != nil:
		return one(r.setting.proxy, "--proxy"), nil
	case t.loopback():
		return Route{}, nil
	}
	if route, ok, err := r.environment(t); ok || err != nil {
		return route, err
	}
	return r.bySystem(ctx, t)
}

// environment returns the way that the environment names; ok is false if it
// names none. Upper case counts before lower case, as in net/http.
func (r *Resolver) environment(t target) (route Route, ok bool, err error) {
	exceptions, from := r.variable("NO_PROXY")
	if exemptByNoProxy(exceptions, t) {
		return Route{Source: from}, true, nil
	}
	text, from := r.variable("HTTPS_PROXY")
	if text == "" {
		return Route{}, false, nil
	}
	proxy, err := parseAddress(text)
	if err != nil {
		return Route{}, false, fmt.Errorf("reading %s: %w", from, err)
	}
	return one(proxy, from), true, nil
}

func (r *Resolver) variable(name string) (value, from string) {
	for _, n := range []string{name, strings.ToLower(name)} {
		if v := strings.TrimSpace(r.getenv(n)); v != "" {
			return v, n
		}
	}
	return "", name
}

// bySystem asks the system, once for all who want to know at the same time.
func (r *Resolver) bySystem(ctx context.Context, t target) (Route, error) {
	r.mu.Lock()
	a := r.answers[t]
	fresh := a == nil || a.done() && r.now().Sub(a.at) > answerAge
	if fresh {
		a = &answer{ready: make(chan struct{})}
		r.answers[t] = a
	}
	r.mu.Unlock()
	if !fresh {
		select {
		case <-a.ready:
			return a.route, nil
		case <-ctx.Done():
			return Route{}, ctx.Err()
		}
	}
	// Others wait for this answer, so it does not end with this caller.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), systemTimeout)
	defer cancel()
	route, err := r.system(bounded, t)
	if err != nil {
		// Many networks can be left directly, so it is tried, and the finding says why.
		route = Route{Note: fmt.Sprintf("the system's proxy settings could not be read: %v", err)}
	}
	a.route, a.at = route, r.now()
	close(a.ready)
	return route, ctx.Err()
}

func (a *answer) done() bool {
	select {
	case <-a.ready:
		return true
	default:
		return false
	}
}

// forget makes the next Route to the address ask the system again.
func (r *Resolver) forget(address string) {
	t, err := parseTarget(address)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.answers[t]; a != nil && a.done() {
		delete(r.answers, t)
	}
}

func parseTarget(address string) (target, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return target{}, errors.New("finding the way to a host: its address is malformed")
	}
	return target{strings.ToLower(strings.TrimSuffix(host, ".")), port}, nil
}
