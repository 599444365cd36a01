package progress

import (
	"strings"

	"palmail/clean"
	"palmail/store"
)

var eventTexts = map[string]string{
	store.EventCreated: "secret made", store.EventProved: "secret signed in", store.EventShown: "secret shown for PAL",
	store.EventTested: "test mail accepted", store.EventRotated: "new secret in use",
	store.EventRemoved: "secret deleted", store.EventRevoked: "leaked secret deleted",
	store.EventUndone: "new secret given up", store.EventLimitGranted: "Exchange grants Mail.Send for the mailbox",
	store.EventConsentGone: "consent in Entra taken back", store.EventConsentBack: "consent in Entra given again",
	store.EventLimited: "limit to one mailbox proved", store.EventUnlimited: "limit given up",
}

// EventText says in words what a store.Event's What stands for.
func EventText(what string) string {
	if text := eventTexts[what]; text != "" {
		return text
	}
	return what
}

// History has one line for each event that the record holds, the newest first,
// in UTC and without any secret.
func History(x *store.Setup) []string {
	var lines []string
	for i := len(x.History) - 1; i >= 0; i-- {
		e := x.History[i]
		parts := []string{e.At.UTC().Format("2006-01-02 15:04 UTC") + "  " + EventText(e.What)}
		for _, p := range []struct{ label, text string }{
			{"Secret ID ", e.KeyID}, {"request ID ", e.RequestID}, {"by ", e.By},
		} {
			if p.text != "" {
				parts = append(parts, p.label+p.text)
			}
		}
		lines = append(lines, clean.Line(strings.Join(parts, ", ")))
	}
	return lines
}
