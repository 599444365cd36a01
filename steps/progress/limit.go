package progress

import (
	"fmt"

	"palmail/store"
)

// LimitNote is the note beside the limit where it is offered as an option.
func LimitNote(x *store.Setup) string {
	switch x.Limit.Stage {
	case store.LimitProved:
		return "proved on " + Day(x.Limit.At)
	case store.LimitAlone:
		return "begun, and not proved yet"
	case store.LimitGranted:
		return "begun: the consent in Entra still stands"
	case store.LimitUndoing:
		return "undone in Entra; Exchange still has its part"
	}
	if x.LimitedByExchange {
		return "done by Exchange, and not proved"
	}
	return "Mail.Send allows any mailbox now"
}

// LimitLine says in one line how far the limit has come, "" when it was not begun.
func LimitLine(x *store.Setup) string {
	switch x.Limit.Stage {
	case store.LimitProved:
		return fmt.Sprintf("limited to this mailbox, proved on %s", Day(x.Limit.At))
	case store.LimitAlone:
		return "being limited to this mailbox; not proved yet"
	case store.LimitGranted:
		return "being limited to this mailbox; the consent in Entra still stands"
	case store.LimitUndoing:
		return "not limited any more; what was made in Exchange is still there"
	}
	if x.LimitedByExchange {
		return "limited by Exchange, as you said; not proved"
	}
	return ""
}
