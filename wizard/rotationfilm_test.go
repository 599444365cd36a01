package wizard

import (
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// rotationFilms are the ways through a renewal.
var rotationFilms = []reel{
	{"guided", store.ModePortal, nil, func(f *film) {
		f.stop("rotate", "Renew the secret")
		f.pick(0)
		f.stop("the new secret", "Create a new client secret")
		f.pasteNew()
		f.stop("the new secret, proved", "The secret works")
		f.press("enter")
		f.stop("only the Secret Key", "Put the new secret into PAL")
		f.press("enter")
		f.stop("test", "Send a test mail")
		f.press("enter")
		f.pick(0) // it arrived
		f.stop("does PAL send", "Does PAL send?")
		f.pick(1)
		f.stop("PAL does not send", "Look, in this order")
		f.pick(-1)
		f.stop("the old one", "Delete the old secret")
		f.pick(0)
		f.stop("every server", "Is the new secret saved on every PAL server?")
		f.pick(0)
		f.stop("which row", "Delete the old secret's row")
		f.press("enter") // without having deleted it
		f.sleep(4 * time.Minute)
		f.stop("the row is still there", "That secret still works")
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
		f.pick(0)
		if err := f.done(); err != nil {
			f.t.Error(err)
		}
	}},
	{"signed-in", store.ModeSignIn, nil, func(f *film) {
		f.pick(0)
		f.stop("sign in", "Sign in as an administrator")
		f.signIn()
		f.stop("the plan", "This is what palmail will do")
		f.pick(0)
		f.stop("made and proved", "Put the new secret into PAL")
		f.press("enter")
		f.sleep(2 * time.Second)
		f.press("enter")
		f.pick(0)
		f.pick(0)
		f.stop("the old one", "Delete the old secret")
		f.pick(0)
		f.stop("every server", "Is the new secret saved on every PAL server?")
		f.pick(0)
		if err := f.done(); err != nil {
			f.t.Error(err)
		}
	}},
	{"undone", store.ModePortal, nil, func(f *film) {
		f.pick(0)
		f.pasteNew()
		f.press("enter")
		f.sleep(4 * time.Second)
		f.press("esc")
		f.stop("esc in the middle", "The new secret is not in use yet")
		f.pick(1)
		f.stop("the old one goes back", "Put the old secret back into PAL")
		f.press("enter")
		f.stop("the new one goes", "Remove the new secret from the tenant")
	}},
	{"come-back", store.ModePortal, func(f *film) {
		f.setup.Pending, f.setup.PendingShown = newSecret(f.t, f.tenant, f.setup.ClientID), time.Now()
	}, func(f *film) { f.stop("a new one waits", "A new secret is waiting") }},
	{"two-secrets", store.ModePortal, func(f *film) {
		f.setup.Old, f.setup.Secret = f.setup.Secret, newSecret(f.t, f.tenant, f.setup.ClientID)
	}, func(f *film) { f.stop("a third one", "An old secret still works") }},
	{"not-kept", store.ModePortal, nil, func(f *film) {
		f.pick(0)
		f.kept.refuses = true
		f.pasteNew()
		f.stop("not kept yet", "The secret works")
		f.press("enter")
		f.stop("the keyring refuses", "the keyring did not keep it")
	}},
	{"which-secret", store.ModePortal, func(f *film) { twoAndForeign(f) }, func(f *film) {
		f.pick(0)
		f.pick(-1)
		f.signIn()
		f.stop("which is the old one", "Which row is the old secret?")
		f.pick(-1)
		f.stop("another program's", "This row can belong to another program")
		f.press("enter")
		f.stop("nothing was typed", "Type the description of the row")
		f.untouched(3)
	}},
	{"no-certain-row", store.ModePortal, func(f *film) {
		twoAndForeign(f)
		f.setup.Old.Expires = f.setup.Old.Expires.AddDate(0, 3, 0)
	}, func(f *film) {
		f.pick(0)
		f.pick(-1)
		f.signIn()
		f.stop("none is certain", "None of these")
		f.press("enter")
		f.stop("nothing is deleted", "Delete the old secret")
		f.untouched(3)
	}},
	{"wrong-row", store.ModePortal, func(f *film) {
		f.setup.Old, f.setup.Secret = f.setup.Secret, newSecret(f.t, f.tenant, f.setup.ClientID)
	}, func(f *film) {
		f.pick(0)
		f.pick(0)
		f.pick(0)
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
		f.press("enter")
		f.sleep(time.Minute)
		f.stop("PAL's secret is gone", "PAL can no longer send mail")
		f.pick(0)
		f.stop("the old one goes back", "Put the old secret back into PAL")
	}},
	{"removed", store.ModePortal, nil, func(f *film) {
		f.pick(0)
		f.paste("abc8Q~abcdefghijklmnopqrstuvwxyz12345678")
		f.sleep(4 * time.Minute)
		f.stop("a wrong value", "The secret is not one of this app")
		f.press("ctrl+u")
		f.press("esc")
		f.stop("back at the question", "Renew the secret")
		x, err := f.kept.Load(f.t.Context(), "default")
		if err != nil || !x.Pending.Value.IsZero() {
			f.t.Errorf("%v, the record still holds %q", err, x.Pending.Hint)
		}
	}},
	{"unknown", "nothing stored", nil, func(f *film) {
		f.stop("nothing is known", "This computer knows no setup of PAL")
		f.pick(1)
		f.stop("mailbox and address first", "Before you start")
	}},
	{"no-way-back", store.ModePortal, func(f *film) {
		f.setup.Pending, f.setup.PendingShown = newSecret(f.t, f.tenant, f.setup.ClientID), time.Now()
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
	}, func(f *film) {
		f.pick(1)
		f.sleep(time.Minute)
		f.stop("the old one does not work", "The old secret does not work")
	}},
}

// revocationFilms are the ways through the deletion of a leaked secret.
var revocationFilms = []reel{
	{"guided", store.ModePortal, nil, func(f *film) {
		f.stop("confirm by typing", "Delete a leaked secret now")
		for _, r := range f.setup.Secret.Hint {
			f.press(string(r))
		}
		f.press("enter")
		f.stop("how to delete it", "Delete the leaked secret")
		f.pick(0)
		f.stop("which row", "Delete the leaked secret's row")
		f.press("enter") // without having deleted it
		f.sleep(4 * time.Minute)
		f.stop("the row is still there", "The leaked secret still works")
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
		f.pick(0)
		f.stop("deleted, and what to look at", "The leaked secret is deleted")
		f.press("enter")
		f.stop("a new one", "Create a client secret")
	}},
	{"signed-in", store.ModeSignIn, nil, func(f *film) {
		for _, r := range f.setup.Secret.Hint {
			f.press(string(r))
		}
		f.press("enter")
		f.pick(0)
		f.signIn()
		f.stop("deleted", "The leaked secret is deleted")
		f.press("enter")
		f.stop("the plan", "This is what palmail will do")
		f.pick(0)
		f.stop("handed over", "Put the four values into PAL")
	}},
	{"unknown", "nothing stored", nil, func(f *film) {
		f.stop("nothing is known", "This computer knows no secret of PAL")
	}},
}

// The screens after a leak, in both modes and with nothing stored.
func TestRevocationFilms(t *testing.T) { shoot(t, revocationFilms, "revoke", 100, sandbox.Weather{}) }

// twoAndForeign are an old and a new secret, both from the portal, below another program's.
func twoAndForeign(f *film) {
	if _, err := f.tenant.AddForeignSecret(f.setup.ClientID, "Backup job", time.Now().AddDate(0, 0, 300)); err != nil {
		f.t.Fatal(err)
	}
	f.setup.Old, f.setup.Secret = f.setup.Secret, newSecret(f.t, f.tenant, f.setup.ClientID)
	f.setup.Old.KeyID, f.setup.Secret.KeyID = "", ""
}

// untouched says whether the app still has so many secrets.
func (f *film) untouched(secrets int) {
	f.t.Helper()
	if app, _ := f.tenant.AppWithID(f.setup.ClientID); len(app.Secrets) != secrets {
		f.t.Errorf("%d secrets are left, want %d", len(app.Secrets), secrets)
	}
}

// The screens of a renewal, in both modes, undone, and with what can be in its way.
func TestRotationFilms(t *testing.T) { shoot(t, rotationFilms, "rotate", 100, sandbox.Weather{}) }
