package sandbox

import (
	"errors"
	"slices"
	"strings"
)

// practiseID copies the Object ID of the enterprise application.
func (t *Tenant) practiseID(m Mistake, clientID string) (fill map[string]string, said string, err error) {
	err = t.change(clientID, func(a *app) error {
		if a.spID == "" {
			return errors.New("the app has no enterprise application")
		}
		fill, said = map[string]string{
			"service-principal-id": a.spID,
		}, "Copied the Object ID of the enterprise application."
		if m == RegistrationObjectID {
			fill["service-principal-id"], said = a.objectID, "Copied the Object ID of the app registration."
		}
		return nil
	})
	return fill, said, err
}

// practiseLimit runs the script in Exchange Online, as it was written for what
// is known, or does by hand what people do wrongly. Each way ends where it
// would have ended alone, so that doing it rightly mends a mistake.
func (t *Tenant) practiseLimit(m Mistake, have map[string]string) (said string, err error) {
	mailbox, other := have["mailbox"], have["other-mailbox"]
	if mailbox == "" {
		mailbox = "noreply@" + t.domain
	}
	if other == "" {
		other = "admin@" + t.domain
	}
	group, nested := "pal-senders@"+t.domain, "pal-mailboxes@"+t.domain
	if m == NestedGroup {
		t.SetGroup(nested, mailbox)
		t.SetGroup(group, nested)
	}
	err = t.change(have["client-id"], func(a *app) error {
		id, filter := have["service-principal-id"], addressFilter(mailbox)
		if id == "" {
			id = a.spID
		}
		if !isGUID(id) {
			return errors.New("there is no Object ID of an enterprise application")
		}
		said = "Ran the script in the practice tenant: in Exchange Online the app has the role " + MailSendRole +
			" for " + mailbox + " only."
		switch m {
		case RegistrationObjectID:
			id, said = a.objectID, "Made Exchange Online's service principal with the Object ID of the app "+
				"registration, and the rest as in the script."
		case WrongMailboxInScope:
			filter, said = addressFilter(other), "Made the management scope with the address "+other+"."
		case NestedGroup:
			filter, said = "MemberOfGroup -eq '"+group+"'", "Made the management scope from the group "+group+
				", in which "+mailbox+" is only by another group, "+nested+"."
		case WholeTenant:
			filter, said = "", "Assigned the role "+MailSendRole+" without a scope, so for every mailbox."
		}
		t.setLimit(a, strings.ToLower(id), filter)
		said += " Exchange takes a while to act on it."
		return nil
	})
	return said, err
}

func addressFilter(address string) string {
	return "PrimarySmtpAddress -eq '" + strings.ReplaceAll(strings.ToLower(address), "'", "''") + "'"
}

// setLimit leaves the app with the role in the one scope with this filter, and
// without a filter in none. What is right already stays, and so is in the cache. t.mu is held.
func (t *Tenant) setLimit(a *app, objectID, filter string) {
	x := &t.exchange
	if p := x.principal(a.clientID); p == nil || p.ObjectID != objectID {
		t.unlimit(a)
		x.principals = append(x.principals, &exoPrincipal{a.clientID, objectID, a.name})
	}
	there := false
	for _, r := range x.assigned(objectID) {
		s := x.scope(r.Scope)
		if !there && (filter == "" && r.Scope == "" || s != nil && s.Filter == filter) {
			there = true
			continue
		}
		t.takeRole(r)
	}
	if there {
		return
	}
	scope := ""
	if filter != "" {
		scope = x.scopeFor(filter)
	}
	t.assignRole(a, objectID, scope)
}

// practiseConsent removes the consent to Mail.Send in Entra.
func (t *Tenant) practiseConsent(m Mistake, clientID string) (said string, err error) {
	err = t.change(clientID, func(a *app) error {
		switch m {
		case ConsentLeft:
			said = "Left the consent to Mail.Send as it is."
		case OnlyUnlisted:
			a.permissions = slices.DeleteFunc(a.permissions, func(p Permission) bool { return p == mailSend })
			said = "Took Mail.Send off the list of configured permissions. What was granted is granted still."
		case OtherRevoked:
			t.revoke(a, func(p Permission) bool { return p != mailSend })
			said = "Revoked the consent to another permission, User.Read."
		default:
			t.revoke(a, func(p Permission) bool { return p == mailSend })
			said = "Revoked the consent to Microsoft Graph's application permission Mail.Send for " + t.org + "."
		}
		return nil
	})
	return said, err
}

// practiseUndo gives the consent again and runs the undo script.
func (t *Tenant) practiseUndo(clientID string) (said string, err error) {
	err = t.change(clientID, func(a *app) error {
		if a.spID == "" {
			return errors.New("the app has no enterprise application")
		}
		if !slices.Contains(a.permissions, mailSend) {
			a.permissions = append(a.permissions, mailSend)
		}
		t.grant(a, mailSend)
		t.unlimit(a)
		said = "Granted admin consent to Mail.Send for " + t.org +
			" again, and ran the undo script: Exchange Online has nothing of the app any more."
		return nil
	})
	return said, err
}
