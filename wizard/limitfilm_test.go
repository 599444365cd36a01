package wizard

import (
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// The hour at which to come back is the computer's own.
func init() { time.Local = time.UTC }

// at does the portal's or Exchange's part of a screen of the limit.
func (f *film) inPortal(screen string, m sandbox.Mistake) {
	f.t.Helper()
	_, _, err := f.tenant.Practice(screen, m, map[string]string{
		"client-id": f.setup.ClientID, "mailbox": f.setup.Mailbox, "other-mailbox": "admin@agency.gov",
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// limitFilms are the ways through the limit.
var limitFilms = []reel{
	{"guided", store.ModePortal, nil, func(f *film) {
		f.stop("what it is", "Limit Mail.Send to one mailbox")
		f.pick(0)
		f.stop("the second mailbox", "Which mailbox must be refused?")
		f.press("enter")
		f.stop("the script", "Let Exchange grant it for this mailbox")
		f.pick(0)
		f.stop("the script, shown", "The script for Exchange Online PowerShell")
		f.press("enter")
		f.sleep(time.Second)
		f.press("up")
		f.pick(0)
		f.stop("to a file", "Write the script to a file")
		f.press("enter")
		f.stop("written", "To run it, in PowerShell")
		f.press("enter")
		f.inPortal("limit", "")
		f.pick(0)
		f.stop("not yet", "Exchange may take until")
		f.pick(2)
		f.stop("where the consent is", "Take the consent back in the portal")
		f.inPortal("limit-consent", "")
		f.press("enter")
		f.sleep(30 * time.Second)
		f.stop("waiting", "admin@agency.gov is")
		f.sleep(5 * time.Minute)
		f.stop("proved", "the consent in Entra is gone")
	}},
	{"signed-in", store.ModeSignIn, func(f *film) {
		f.setup.Limit = store.Limit{
			Other: "admin@agency.gov", Stage: store.LimitGranted, At: time.Now().Add(-3 * time.Hour),
		}
	}, func(f *film) {
		f.stop("after the waiting", "Take the consent in Entra back")
		f.pick(0)
		f.signIn()
		f.stop("the one assignment", "delete the app role assignment of Mail.Send")
	}},
	{"refused", store.ModeSignIn, func(f *film) {
		f.setup.Limit = store.Limit{
			Other: "admin@agency.gov", Stage: store.LimitAlone, At: time.Now().Add(-3 * time.Hour),
		}
		f.inPortal("limit", sandbox.WrongMailboxInScope)
		f.inPortal("limit-consent", "")
		days(1)
	}, func(f *film) {
		f.stop("refused", "Exchange does not let the app send as")
		f.press("ctrl+b")
		f.stop("put it back", "Put the consent in Entra back")
		f.pick(0)
		f.signIn()
		f.sleep(time.Minute)
		f.stop("back", "Take the consent in Entra back")
	}},
	{"undone", store.ModePortal, func(f *film) { narrowed(f.t, f.tenant, &f.setup); days(1) }, func(f *film) {
		f.stop("limited", "Limited to noreply@agency.gov")
		f.pick(3)
		f.stop("undo it", "Let the app send as any mailbox again?")
		f.pick(1)
		f.stop("the consent first", "Put the consent in Entra back")
		f.pick(0)
		f.stop("in the portal", "Grant Mail.Send")
		if err := f.tenant.GrantConsent(f.setup.ClientID); err != nil {
			f.t.Fatal(err)
		}
		f.sleep(time.Minute)
		f.stop("then Exchange", "Take away what was made in Exchange")
		f.pick(0)
		f.stop("the script, shown", "The script for Exchange Online PowerShell")
	}},
	{"half-undone", store.ModeSignIn, func(f *film) {
		f.setup.Limit = store.Limit{Other: "admin@agency.gov", Stage: store.LimitUndoing, At: time.Now()}
	}, func(f *film) { f.stop("goes on", "Take away what was made in Exchange") }},
}

// The screens of the limit, in both modes and with what can be in its way.
func TestLimitFilms(t *testing.T) {
	shoot(t, limitFilms, "limit", 20, sandbox.Weather{
		ConsentDelay: 20 * time.Second, ExchangeDelay: time.Minute, ExchangeDelayActive: 3 * time.Minute,
	})
}
