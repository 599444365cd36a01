package wizard

import (
	"slices"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// endFilms are the ways out of what an earlier answer made go wrong.
var endFilms = []reel{
	{"mailbox", store.ModePortal, func(f *film) {
		f.setup.PALSaved, f.setup.LastTest, f.setup.History = time.Time{}, store.Test{}, nil
		f.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{OnPremises: true})
	}, func(f *film) {
		f.stop("before PAL", "PAL cannot send from this mailbox yet")
		f.press("enter")
		f.stop("the answer behind it", "Before you start")
		f.press("esc")
		f.stop("the first page", "Before you start")
	}},
	{"clock", store.ModePortal, func(f *film) {
		f.setup.AppProved, f.setup.PALSaved = time.Time{}, time.Time{}
		f.setup.LastTest, f.setup.History = store.Test{}, nil
		f.tenant.SetClockAhead(9 * time.Minute)
	}, func(f *film) {
		f.press("enter")
		f.sleep(4 * time.Second)
		f.stop("the clock", "This computer's clock is 9 minutes behind")
	}},
	{"secret-at-test", store.ModePortal, func(f *film) {
		f.setup.LastTest, f.setup.History = store.Test{}, nil
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
	}, func(f *film) {
		f.sleep(5 * time.Minute)
		f.stop("at the test mail", "change the secret")
		f.press("ctrl+s")
		f.sleep(3 * time.Minute)
		f.stop("the secret", "Create a client secret")
	}},
	{"permission-back", store.ModePortal, func(f *film) {
		f.setup.PALSaved, f.setup.LastTest, f.setup.History = time.Time{}, store.Test{}, nil
	}, func(f *film) {
		f.stop("PAL", "Put the four values into PAL")
		f.press("esc")
		f.sleep(time.Minute)
		f.stop("waits for a key", "Mail.Send is granted")
		f.press("esc")
		f.stop("the secret", "Create a client secret")
	}},
}

func TestEndFilms(t *testing.T) {
	shoot(t, slices.Clone(endFilms), "", 0, sandbox.Calm())
}
