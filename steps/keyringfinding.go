package steps

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/store"
)

// StoreFinding says what a failure of the keyring means and what to do about it on this system.
func StoreFinding(err error, place, profile string) diagnose.Finding {
	f := diagnose.Finding{
		Cause: diagnose.CauseKeyring, Who: "You", Raw: err.Error(), Time: time.Now().UTC().Format(time.RFC3339),
	}
	var used *store.InUseError
	switch {
	case errors.As(err, &used):
		f.Title = "Another palmail is working on the profile " + profile
		f.Explanation = fmt.Sprintf("It is process %d on %s, since %s.", used.PID, used.Host,
			used.Since.Local().Format("15:04"))
		if used.Elsewhere {
			f.Explanation = fmt.Sprintf("It is process %d on %s, since %s. That is another computer or another "+
				"container, so palmail cannot see whether it is still running.", used.PID, used.Host,
				used.Since.Local().Format("2 January 15:04"))
		}
		f.Remedy = []string{"Close the other one, then try again.", "Take over only if it is gone or forgotten."}
	case errors.Is(err, store.ErrChanged):
		f.Title = "Another palmail has changed this profile"
		f.Explanation = "Nothing was overwritten. What you answered here since then is not kept."
		f.Remedy = []string{"Leave, and start palmail again: it goes on from what is kept."}
	case errors.Is(err, store.ErrNewer):
		f.Title = "This profile was written by a newer palmail"
		f.Explanation = "This version does not understand it and has left it untouched."
		f.Remedy = []string{"Install the newest palmail.", "Or work on another profile with --profile NAME."}
	case errors.Is(err, store.ErrDamaged):
		f.Title = "The record of this profile is damaged"
		f.Explanation = "What stands in " + place +
			" cannot be read. The app and its secret in Microsoft Entra are not touched by that."
		f.Remedy = []string{"Remove the record and walk through the setup again with the app that exists."}
	case errors.Is(err, ErrCloud):
		f.Title = "The cloud of the profile " + profile + " is refused"
		f.Explanation = firstLine(err) + ". palmail does not send a secret to a cloud that could be mistaken for one " +
			"of Microsoft's."
		f.Remedy = []string{
			"If you did not expect this, somebody may have changed the record: tell your security team.",
			"Otherwise run `palmail forget`, and set it up again with a cloud file that has another name or other hosts.",
		}
	case errors.Is(err, store.ErrTooBig):
		f.Title = "The record is too big for the keyring"
		f.Explanation = place + " takes only small items."
		f.Remedy = []string{"Use a shorter PAL address or app name, or go on in memory only."}
	default:
		keyringUnusable(&f, err, place)
	}
	return f
}

// keyringUnusable names why the keyring cannot be used and the remedy for it.
func keyringUnusable(f *diagnose.Finding, err error, place string) {
	f.Title, f.Explanation = "The keyring cannot be used", place+" answered: "+firstLine(err)
	f.Remedy = []string{"Look at what it said, mend that, and try again."}
	switch {
	case errors.Is(err, store.ErrNoSessionBus):
		f.Title = "There is no keyring in this session"
		f.Explanation = "The keyring is reached over the session bus, and this session has none. That is usual over " +
			"SSH and under sudo."
		f.Remedy = []string{
			"Start palmail in a desktop session, as the user who is logged in there, without sudo.",
			"Or open a session with a keyring here: `dbus-run-session -- sh -c 'gnome-keyring-daemon --unlock " +
				"--components=secrets; palmail'`, then type a password for the keyring and press ctrl+d.",
		}
	case errors.Is(err, store.ErrNoProvider):
		f.Title = "No keyring is installed or running"
		f.Explanation = "The session bus works, but nothing on it keeps secrets."
		f.Remedy = []string{
			"Install and start one: gnome-keyring, KWallet 5.97 or newer, or KeePassXC with its Secret Service " +
				"switched on.",
		}
	case errors.Is(err, store.ErrLocked):
		f.Title = "The keyring is locked"
		f.Explanation = "It was not unlocked, or the question was dismissed."
		f.Remedy = []string{"Unlock it with your keyring's own program, or log in to the desktop once, then try again."}
		if runtime.GOOS == "darwin" {
			f.Remedy = []string{"Run `security unlock-keychain`, then try again."}
		}
	case errors.Is(err, store.ErrTimeout):
		f.Title = "The keyring does not answer"
		f.Explanation = "It may be waiting for you to unlock it, in a window on another screen, or it hangs."
		f.Remedy = []string{
			"Look for its window and unlock it, then try again.",
			"If there is none, restart the keyring: log out and in again.",
		}
	case errors.Is(err, store.ErrNoLogonSession):
		f.Title = "Windows gives this session no Credential Manager"
		f.Explanation = "Network logons, as over SSH or runas /netonly, cannot reach it (error 1312)."
		f.Remedy = []string{"Start palmail in a desktop or Remote Desktop session of the same user."}
	case errors.Is(err, store.ErrBlocked):
		f.Title = "A policy forbids storing credentials"
		f.Explanation = "The group policy “Do not allow storage of passwords and credentials for network " +
			"authentication” is on."
		f.Remedy = []string{"Ask for an exemption for this machine, or use another one.", "Or go on in memory only."}
		f.Who = "Whoever manages the group policies"
	case errors.Is(err, store.ErrNotKept):
		f.Title = "The keyring did not keep what it was given"
		f.Explanation = "It reported success, but reading it back gave something else. A dismissed question does that."
		f.Remedy = []string{"Try again, and confirm the keyring's question."}
	case errors.Is(err, store.ErrUnsupported):
		f.Title = "palmail knows no keyring on this system"
		f.Explanation = "It can use the Windows Credential Manager, the macOS Keychain, and the Secret Service on " +
			"Linux."
		f.Remedy = []string{"Use one of those systems, or go on in memory only."}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
