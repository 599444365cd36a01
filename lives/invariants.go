package lives

import (
	"fmt"
	"time"
)

// Invariant is something that holds after every step of every life.
type Invariant string

// The invariants.
const (
	NoLockOut   Invariant = "no lock-out"
	ItKnows     Invariant = "it knows"
	Once        Invariant = "once"
	WayOut      Invariant = "way out"
	NeverSilent Invariant = "never silent"
	NeverLies   Invariant = "never lies"
	NoLeak      Invariant = "no leak"
	Draws       Invariant = "draws"
)

// Invariants lists the invariants, each with the reason for it.
func Invariants() []struct {
	Invariant Invariant
	Why       string
} {
	return []struct {
		Invariant Invariant
		Why       string
	}{
		{NoLockOut, "palmail never removes a secret that PAL uses, since PAL's mail would stop that minute."},
		{ItKnows, "A working secret that the record knew stays known: without it there is no way back."},
		{Once, "palmail leaves no app, principal or live secret that the record does not know, and touches nothing of " +
			"others: both are holes that nobody looks after."},
		{WayOut, "From every screen a cooperative administrator in calm weather gets to a PAL that sends: a dead end " +
			"or a circle is a person who gives up."},
		{NeverSilent, "What lasts over two seconds says what is waited for: a silent program is killed, in the middle " +
			"of a change."},
		{NeverLies, "What palmail says of the tenant is so: people act on it."},
		{NoLeak, "No secret or token is anywhere but in the keyring, at the sign-in host and in the hand-off, and " +
			"nothing from outside controls the terminal."},
		{Draws, "Every screen that is reached can be drawn in 80×24 and in 40×10 with its field and its keys."},
	}
}

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant Invariant
	Detail    string
	At        time.Duration // since the life began
}

func (v *Violation) String() string { return fmt.Sprintf("%s: %s", v.Invariant, v.Detail) }

// judgeRemoved judges that palmail removed a secret from the tenant.
func (l *life) judgeRemoved(client, keyID string) {
	deliberate := l.ledger.wasPicked(keyID) || l.isExcused("removal")
	if l.pal.client == client && l.ledger.keyOf(l.pal.secret) == keyID && !deliberate && !l.isExcused("pal") &&
		!l.ledger.expired(keyID) { // with an expired one PAL cannot send anyway
		l.violate(NoLockOut, "palmail removed the secret %.8s that PAL uses", keyID)
	}
	if l.ledger.makerOf(keyID) != palmail && !deliberate && !l.wasKnown(keyID) {
		l.violate(Once, "palmail removed the secret %.8s of %s", keyID, l.ledger.makerOf(keyID))
	}
}

// judgeConsent judges that palmail granted or revoked a permission of an app:
// it is the app of the record, or one that palmail made.
func (l *life) judgeConsent(verb, client string) {
	if x, ok := l.record(); ok && x.ClientID != client && l.pal.client != client &&
		l.ledger.makerOf(client) != palmail && !l.isExcused("record") {
		l.violate(Once, "%s by palmail of a permission of the app %.8s, which %s made", verb, client, l.ledger.makerOf(client))
	}
}

// judgeAppDeleted judges that palmail deleted an app.
func (l *life) judgeAppDeleted(client string) {
	if who := l.ledger.makerOf(client); who != palmail {
		l.violate(Once, "palmail deleted the app %.8s, which %s made", client, who)
	}
	if !l.isExcused("removal") && l.pal.client == client {
		l.violate(NoLockOut, "palmail deleted the app that PAL uses")
	}
}

// wasKnown says whether a secret that palmail did not make is one that the
// administrator gave it.
func (l *life) wasKnown(keyID string) bool {
	x, ok := l.record()
	if !ok {
		return false
	}
	for _, s := range []string{x.Secret.Value.Reveal(), x.Pending.Value.Reveal(), x.Old.Value.Reveal()} {
		if s != "" && l.ledger.keyOf(s) == keyID {
			return true
		}
	}
	return false
}

// known remembers what the record held, to see whether a write loses it.
type known struct {
	values []string
	client string
}

func (l *life) known() (k known) {
	x, ok := l.record()
	if !ok {
		return k
	}
	k.client = x.ClientID
	for _, s := range []string{x.Secret.Value.Reveal(), x.Pending.Value.Reveal(), x.Old.Value.Reveal()} {
		if s != "" {
			k.values = append(k.values, s)
		}
	}
	return k
}

// judgeKnowledge judges what a write has left in the record.
func (l *life) judgeKnowledge(before, after known) {
	if l.isExcused("record") || l.isExcused("removal") || l.isExcused("other app") {
		return
	}
	worked := false
	for _, v := range before.values {
		worked = worked || v == l.pal.secret && l.valueAlive(v) && !l.ledger.wasPicked(l.ledger.keyOf(v))
	}
	if !worked {
		return
	}
	for _, v := range after.values {
		if l.valueAlive(v) {
			return
		}
	}
	l.violate(ItKnows, "the record knew PAL's secret, and knows none that works any more")
}

// judgeEnd judges a life that was brought to its end.
func (l *life) judgeEnd() {
	x, ok := l.record()
	if !ok {
		return
	}
	l.judgeLeftovers(known{values: l.known().values, client: x.ClientID})
	if app, ok := l.tenant.AppWithID(x.ClientID); ok {
		for _, s := range app.Secrets {
			if s.ID == x.Secret.KeyID && x.Secret.KeyID != "" && s.Expires.Sub(x.Secret.Expires).Abs() > 24*time.Hour {
				l.violate(NeverLies, "the record says that the secret lasts until %s, and the tenant %s",
					x.Secret.Expires.Format(time.DateOnly), s.Expires.Format(time.DateOnly))
			}
		}
	}
}

// judgeLeftovers looks for things of palmail's making that nobody knows any more.
func (l *life) judgeLeftovers(k known) {
	if l.isExcused("record") || l.isExcused("other app") {
		return
	}
	apps := 0
	for _, a := range l.tenant.Apps() {
		if l.ledger.makerOf(a.ClientID) != palmail {
			continue
		}
		if apps++; apps > 1 && !l.isExcused("apps") {
			l.violate(Once, "%d apps of palmail's making", apps)
		}
	}
	for _, a := range l.tenant.Apps() {
		for _, s := range a.Secrets {
			if l.ledger.makerOf(s.ID) == palmail && s.Expires.After(time.Now()) && !l.isKnown(k, s.ID) &&
				!l.ledger.wasKept(s.ID) && !l.isExcused("secrets") {
				l.violate(Once, "the record does not know the live secret %.8s (%s) that palmail made", s.ID,
					s.Description)
			}
		}
	}
}

func (l *life) isKnown(k known, keyID string) bool {
	for _, v := range k.values {
		if l.ledger.keyOf(v) == keyID {
			return true
		}
	}
	return false
}

func (b *ledger) pick(keyID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.picked[keyID] = true
}

func (b *ledger) wasPicked(keyID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.picked[keyID]
}

func (b *ledger) wasKept(keyID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept[keyID]
}
