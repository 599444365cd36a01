package lives

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// sensible is which option is the right one on which screen; what is not here
// is what the screen proposes.
func (h *person) sensible(c steps.Choice, proposed int) int {
	at := func(keys ...string) int {
		for _, key := range keys {
			for i, o := range c.Options {
				if o.Key == key {
					return i
				}
			}
		}
		return proposed
	}
	way := "sign-in"
	if h.l.mode == store.ModePortal {
		way = "portal"
	}
	if h.calm && h.seen.count(c.Name) > 4 && !slices.Contains([]string{"home", "change"}, c.Name) {
		return h.another(c, proposed)
	}
	switch c.Name {
	case "change":
		if h.calm && h.l.wrongMailbox {
			return at("start")
		}
	case "rotate-pause":
		if h.calm && h.l.wrongMailbox {
			return at("leave") // the home screen can change the mailbox, and a renewal cannot
		}
	case "how", "rotate", "old-secret", "limit-back", "revoke-how":
		return at(way)
	case "limit-consent":
		if proposed < len(c.Options) && c.Options[proposed].Key == "leave" {
			return proposed
		}
		return at(way)
	case "sign-in":
		return at("device-code")
	case "rotate-sends", "rotate-sends-not":
		if h.palHasNew() {
			return at("yes")
		}
		return at("show", "no")
	case "arrived", "where-to-look":
		if h.arrived(c.Why + c.Text) {
			return at("yes")
		}
		return at("again")
	case "limit-offer":
		if h.goal == "limit" {
			return at("yes")
		}
		return at("no")
	case "in-use":
		return at("take-over", "retry")
	case "home":
		return h.atHome(c, proposed)
	case "forget":
		if h.goal == "forget" {
			return at("yes")
		}
		return at("no")
	case "limit", "limit-clear":
		return at("script-has-run")
	case "limit-home":
		if h.goal == "undo limit" {
			return at("undo")
		}
		return at("back")
	case "limit-undo":
		return at("yes")
	case "keyring", "not-kept", "rotate-not-kept", "secret-not-kept", "unreadable":
		return at("retry")
	}
	return proposed
}

// another is an option that was not tried yet on a screen that comes again and again.
func (h *person) another(c steps.Choice, proposed int) int {
	var all []int
	for i, o := range c.Options {
		if !slices.Contains([]string{"leave", "memory", "keep", "remove"}, o.Key) ||
			o.Key == "leave" && (strings.Contains(c.Name, "kept") ||
				strings.HasPrefix(c.Name, "rotate-") && h.seen.count(c.Name) > 8) {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return proposed
	}
	return all[h.seen.count(c.Name)%len(all)]
}

// atHome does first what is urgent, then what the visit is for, and then leaves.
func (h *person) atHome(c steps.Choice, proposed int) int {
	find := func(key string) int {
		return slices.IndexFunc(c.Options, func(o steps.Option) bool { return o.Key == key })
	}
	if proposed != c.Picked && h.seen.count("home") <= 4 {
		return proposed // the way out of what the checks have found
	}
	if at := find("change"); h.calm && at >= 0 && h.l.wrongMailbox && h.seen.count("change") < 2 {
		return at
	}
	for _, key := range []string{"finish-secret", "resume"} {
		if at := find(key); at >= 0 && h.seen.count("home") <= 2 {
			return at
		}
	}
	if at := find("pal"); h.calm && at >= 0 && !h.done["pal"] && h.palIsBehind() {
		h.done["pal"] = true
		return at
	}
	goal := map[string]string{
		"rotate": "renew-secret", "limit": "limit", "undo limit": "limit", "forget": "forget", "check": "check",
		"report": "report", "test": "test", "pal": "pal", "change": "change",
	}[h.goal]
	if at := find(goal); at >= 0 && !h.done[h.goal] {
		h.done[h.goal] = true
		return at
	}
	if ok, _ := h.l.finished(); !ok {
		if h.seen.count("home") > 3 {
			for i, key := range []string{"change", "undo-secret", "renew-secret", "resume", "finish-secret",
				"pal"} {
				if at := find(key); at >= 0 && h.seen.count("home")%6 == i {
					return at
				}
			}
		}
		return proposed
	}
	if at := find("delete-old"); at >= 0 && !h.done["delete-old"] {
		h.done["delete-old"] = true
		return at
	}
	return find("leave")
}

// palIsBehind says whether PAL's form still lacks what a finished record has.
func (h *person) palIsBehind() bool {
	x, ok := h.l.record()
	return ok && progress.Next(&x) == progress.Finished && !progress.Rotating(&x) &&
		(h.l.pal.client != x.ClientID || h.l.pal.secret != x.Secret.Value.Reveal())
}

var references = regexp.MustCompile(`PAL test mail ([A-Z0-9 ]+?)[”"]`)

// arrived says whether the mail that a screen is about is in the inbox.
func (h *person) arrived(text string) bool {
	mails := h.l.tenant.Mails()
	m := references.FindStringSubmatch(text)
	if m == nil {
		return len(mails) > 0
	}
	for _, mail := range mails {
		if strings.Contains(mail.Subject, m[1]) {
			return true
		}
	}
	return false
}

// palHasNew says whether PAL sends with the new secret.
func (h *person) palHasNew() bool {
	x, ok := h.l.record()
	return ok && h.l.pal.secret == x.Pending.Value.Reveal() && h.l.cannotSend(h.l.pal) == ""
}

// prepare does in the portal what a choice is about, before saying that it is done.
func (h *person) prepare(ctx context.Context, c steps.Choice) {
	switch c.Name {
	case "rotate-discard", "limit", "limit-undo", "limit-clear":
		if c.Name == "rotate-discard" && h.l.mode == store.ModeSignIn && len(c.Options) > 1 &&
			c.Options[0].Key == "sign-in" {
			return
		}
		h.practise(ctx, c.Practice, doItRight)
	}
}

// noteChoice takes note of what the administrator has decided, and so cannot
// be held against palmail.
func (h *person) noteChoice(c steps.Choice, o steps.Option, against bool) {
	l := h.l
	h.l.say("%s: %s: %s", h.p.name, c.Name, o.Key)
	switch {
	case c.Name == "which-secret" && against:
		l.ledger.pick(o.Key)
	case c.Name == "rotate-sends" && o.Key == "yes" || c.Name == "rotate-sends-not" && o.Key == "yes":
		if !h.palHasNew() {
			l.excuse("pal", "said that PAL sends, which it does not")
		}
	case o.Key == "forget", c.Name == "forget" && o.Key == "yes":
		if c.Name == "forget" {
			l.excuse("record", "the profile was forgotten")
		}
	case c.Name == "unreadable" && o.Key == "remove":
		l.excuse("record", "the record was removed")
	case o.Key == "memory":
		l.excuse("record", "goes on in memory")
	case c.Name == "which-app" && o.Key == "another":
		l.excuse("apps", "asked for another app")
		l.excuse("secrets", "asked for another app")
	case c.Name == "change" && (o.Key == "register" || o.Key == "start"):
		l.excuse("other app", "changed the answer")
	case c.Name == "old-secret" && o.Key == "keep", c.Name == "two-secrets" && o.Key == "no",
		c.Name == "row-still-works" && o.Key == "deleted", c.Name == "no-way-back":
		l.excuse("secrets", "keeps a secret")
		l.excuse("rows", "says that a row is deleted")
	case c.Name == "rotate-discard" && o.Key == "portal", o.Key == "unchecked":
		l.excuse("secrets", "removes a secret in the portal")
	}
}
