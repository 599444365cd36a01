package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// practiseRotation does what somebody does at PAL and at the portal while a
// secret is renewed: have holds client-id, mailbox, and for the screens about a
// row its description and hint. lost holds the descriptions, separated by |, of the
// secrets whose values are lost, which such a screen lists as well.
func (t *Tenant) practiseRotation(screen string, m Mistake, have map[string]string) (string, error) {
	switch screen {
	case "rotate-pal", "rotate-back":
		return t.savePAL(m, have["client-id"], have["hint"])
	case "rotate-sends":
		return t.palSends(have["client-id"], have["mailbox"])
	}
	said, err := t.deleteRow(m, have["client-id"], have["description"], have["hint"])
	if err != nil || m != "" || have["lost"] == "" {
		return said, err
	}
	return said, t.deleteLost(have["client-id"], strings.Split(have["lost"], "|"))
}

// deleteLost deletes the rows with these descriptions.
func (t *Tenant) deleteLost(clientID string, descriptions []string) error {
	return t.change(clientID, func(a *app) error {
		for _, s := range slices.Clone(a.secrets) {
			if s.removed.IsZero() && slices.Contains(descriptions, s.Description) {
				t.dropSecret(a, s)
			}
		}
		return nil
	})
}

// savePAL puts the secret with this hint into the practice PAL, or forgets to.
func (t *Tenant) savePAL(m Mistake, clientID, hint string) (said string, err error) {
	err = t.change(clientID, func(a *app) error {
		for _, s := range a.secrets {
			if s.Hint != hint || !s.removed.IsZero() {
				continue
			}
			if m == NotSaved {
				said = "Pasted the Secret Key into PAL's form and closed it without saving."
				return nil
			}
			if t.practised.pal == nil {
				t.practised.pal = map[string]string{}
			}
			t.practised.pal[clientID] = s.ID
			said = "Replaced the Secret Key in PAL's form by " + hint + "… and saved it."
			return nil
		}
		return errors.New("no secret with the hint " + hint)
	})
	return said, err
}

// palSends lets the practice PAL send a mail with the secret that it holds:
// the oldest of the app until another one is saved in it.
func (t *Tenant) palSends(clientID, mailbox string) (said string, err error) {
	err = t.change(clientID, func(a *app) error {
		var holds *keptSecret
		for _, s := range a.secrets {
			if s.ID == t.practised.pal[clientID] || holds == nil && t.practised.pal[clientID] == "" {
				holds = s
			}
		}
		switch {
		case holds == nil:
			said = "PAL has no secret yet."
		case !holds.removed.IsZero():
			said = "PAL reports AADSTS7000215: Invalid client secret provided. It holds " + holds.Hint +
				"…, which is deleted."
		case !holds.Expires.After(t.now()):
			said = "PAL reports AADSTS7000222: the provided client secret keys are expired. It holds " + holds.Hint +
				"…"
		default:
			said = fmt.Sprintf("PAL sent its reply to a request from %s, with the secret %s…", mailbox, holds.Hint)
		}
		return nil
	})
	return said, err
}

// deleteRow deletes the row with this description and hint, or another one, or none.
func (t *Tenant) deleteRow(m Mistake, clientID, description, hint string) (said string, err error) {
	if m == RowLeft {
		return "Closed the portal without choosing Yes: the row is still there.", nil
	}
	err = t.change(clientID, func(a *app) error {
		for _, s := range a.secrets {
			meant := s.Hint == hint && (description == "" || s.Description == description)
			if meant != (m == "") || !s.removed.IsZero() {
				continue
			}
			t.dropSecret(a, s)
			said = fmt.Sprintf("Deleted the row %s (%s…) under Certificates & secrets.", s.Description, s.Hint)
			return nil
		}
		said = "There is no such row under Certificates & secrets any more."
		return nil
	})
	return said, err
}
