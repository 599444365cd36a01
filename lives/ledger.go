package lives

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"palmail/sandbox"
)

// Who can change something in the tenant.
const (
	palmail   = "palmail"
	byHand    = "the administrator in the portal"
	colleague = "a colleague"
)

// ledger knows what is true: who made what, which value is which secret, and
// what must not turn up anywhere.
type ledger struct {
	l  *life
	mu sync.Mutex

	seen   int                  // changes of the tenant that were taken note of
	maker  map[string]string    // by client ID or key ID
	key    map[string]string    // by a secret's value, its key ID
	client map[string]string    // by key ID, the app's client ID
	ends   map[string]time.Time // by key ID, when the secret expires
	picked map[string]bool      // key IDs that the administrator has chosen against the proposal
	kept   map[string]bool      // key IDs that the administrator has decided to keep
	tokens map[string]struct{}  // parts of tokens
	values map[string]struct{}  // parts of secrets
}

func newLedger(l *life) *ledger {
	return &ledger{
		l: l, maker: map[string]string{}, key: map[string]string{}, client: map[string]string{},
		picked: map[string]bool{}, kept: map[string]bool{}, tokens: map[string]struct{}{},
		values: map[string]struct{}{}, ends: map[string]time.Time{},
	}
}

// made notes the value of a secret.
func (b *ledger) made(value, keyID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.key[value] = keyID
	if len(value) >= 30 {
		b.values[value[:len(value)/2]] = struct{}{}
		b.values[value[len(value)/2:]] = struct{}{}
	}
}

// token notes parts of a token that no other token shares.
func (b *ledger) token(text string) {
	if len(text) < 60 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tokens) < 40 {
		b.tokens[text[len(text)-30:]] = struct{}{}
	}
}

// keyOf is the key ID of a secret's value, "" for one that nobody knows.
func (b *ledger) keyOf(value string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.key[value]
}

func (b *ledger) makerOf(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.maker[id]
}

// leaked returns what of the secrets and tokens is in a text.
func (b *ledger) leaked(text string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for part := range b.values {
		if strings.Contains(text, part) {
			return "half of a secret"
		}
	}
	for part := range b.tokens {
		if strings.Contains(text, part) {
			return "part of a token"
		}
	}
	return ""
}

// request judges what palmail sends where: secrets go to the sign-in host only.
func (b *ledger) request(r *http.Request) {
	if r.Body == nil || strings.Contains(r.URL.Path, "/oauth2/") || r.GetBody == nil {
		return
	}
	body, err := r.GetBody()
	if err != nil {
		return
	}
	defer body.Close()
	text := make([]byte, 4096)
	n, _ := body.Read(text)
	if what := b.leaked(string(text[:n]) + r.URL.String()); what != "" {
		b.l.violate(NoLeak, "%s is sent to %s", what, r.URL.Host)
	}
}

// absorb takes note of what was changed in the tenant since the last time, and
// judges it if it was palmail.
func (b *ledger) absorb(who string) {
	lines := b.l.tenant.Writes()
	b.mu.Lock()
	fresh := lines[min(b.seen, len(lines)):]
	b.seen = len(lines)
	b.mu.Unlock()
	for _, line := range fresh {
		b.note(who, line)
	}
}

func (b *ledger) note(who, line string) {
	verb, rest, _ := strings.Cut(line, " ")
	f := strings.Fields(rest)
	if who != "nobody" {
		b.l.say("  %s: %s", who, line)
	}
	switch {
	case verb == "create" && f[0] == "application":
		b.set(f[1], who)
	case verb == "create" && f[0] == "servicePrincipal":
		b.set("sp "+f[1], who)
	case verb == "add" && f[0] == "secret":
		b.set(f[2], who)
		b.mu.Lock()
		b.client[f[2]] = f[1]
		b.mu.Unlock()
		b.noteEnd(f[1], f[2])
	case who != palmail:
	case verb == "grant" || verb == "revoke":
		b.l.judgeConsent(verb, f[0])
	case verb == "remove" && f[0] == "secret":
		b.l.judgeRemoved(f[1], f[2])
	case verb == "delete" && f[0] == "application":
		b.l.judgeAppDeleted(f[1])
	}
}

// noteEnd takes note of when a new secret expires.
func (b *ledger) noteEnd(client, keyID string) {
	app, _ := b.l.tenant.AppWithID(client)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range app.Secrets {
		if s.ID == keyID {
			b.ends[keyID] = s.Expires
		}
	}
}

// expired says whether a secret had expired by now, also one that is deleted.
func (b *ledger) expired(keyID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	end, known := b.ends[keyID]
	return known && end.Before(time.Now().Add(b.l.tenant.ClockAhead()))
}

func (b *ledger) set(id, who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.maker[id] = who
}

// secretAlive says whether the tenant has the secret with this key ID, and it has not expired.
func (l *life) secretAlive(keyID string) bool {
	for _, a := range l.tenant.Apps() {
		for _, s := range a.Secrets {
			if s.ID == keyID {
				return s.Expires.After(time.Now().Add(l.tenant.ClockAhead()))
			}
		}
	}
	return false
}

// valueAlive is secretAlive for a value.
func (l *life) valueAlive(value string) bool {
	id := l.ledger.keyOf(value)
	return id != "" && l.secretAlive(id)
}

// cannotSend says why what PAL holds lets it send nothing, "" when it does.
func (l *life) cannotSend(x pal) string {
	app, ok := l.tenant.AppWithID(x.client)
	switch {
	case !ok:
		return "there is no such app"
	case x.tenant != l.tenant.ID():
		return "it has another tenant's ID"
	case app.ServicePrincipalID == "" || !app.Enabled:
		return "the enterprise application is missing or disabled"
	case app.Platform != sandbox.Web:
		return "the app is registered for another platform"
	case !l.valueAlive(x.secret):
		return "its secret does not work"
	case l.ledger.client[l.ledger.keyOf(x.secret)] != x.client:
		return "its secret is another app's"
	}
	if granted(app) {
		return ""
	}
	all, err := l.tenant.TestAuthorization(x.client, x.mailbox)
	if err != nil {
		return "nothing is granted to the app"
	}
	for _, a := range all {
		if a.InScope {
			return ""
		}
	}
	return "nothing is granted to the app"
}

func granted(app sandbox.App) bool {
	for _, p := range app.Permissions {
		if p.API == sandbox.MicrosoftGraph && p.Kind == sandbox.Application && p.Name == "Mail.Send" && p.Granted {
			return true
		}
	}
	return false
}
