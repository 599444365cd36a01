package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MailSendRole is the application role of Exchange Online that lets an app
// send as the mailboxes in the scope of its assignment.
const MailSendRole = "Application Mail.Send"

// exchangeOnline is the state of Exchange Online: its pointers to service
// principals, the roles and scopes assigned to them, groups, and the older
// application access policies. Nothing of it is in the directory.
type exchangeOnline struct {
	principals  []*exoPrincipal
	scopes      []*exoScope
	assignments []*exoAssignment
	policies    []*exoPolicy
	groups      map[string][]string  // address → addresses of its direct members
	calls       map[string]time.Time // object ID → when the app last asked for a mailbox
}

// exoPrincipal is Exchange's pointer to a service principal. Its object ID is
// whatever it was made with.
type exoPrincipal struct {
	AppID    string `json:"app_id"`
	ObjectID string `json:"object_id"`
	Name     string `json:"name"`
}

// exoScope is a management scope. It also keeps the filter before
// the last change, until that change has spread.
type exoScope struct {
	Name    string `json:"name"`
	Filter  string `json:"filter"`
	before  string
	changed life
}

type exoAssignment struct {
	Name     string `json:"name"`
	ObjectID string `json:"object_id"` // of Exchange's service principal
	Role     string `json:"role"`
	Scope    string `json:"scope"` // name of a management scope, "" for all mailboxes
	life
}

type exoPolicy struct {
	ClientID string `json:"client_id"`
	Mailbox  string `json:"mailbox"` // that is kept from the app
	life
}

// Authorization is one line of what Test-ServicePrincipalAuthorization says.
type Authorization struct {
	Role      string
	Scope     string // name of the management scope, Organization without one
	ScopeType string // CustomRecipientScope or Organization
	InScope   bool
}

// NewExchangeServicePrincipal does what New-ServicePrincipal does in Exchange
// Online. objectID must be the enterprise application's; Exchange seems to
// accept any other, and then never recognises the app: "Using
// the incorrect Object ID will cause an authentication failure"
// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.
func (t *Tenant) NewExchangeServicePrincipal(appID, objectID, name string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		switch {
		case !isGUID(appID) || !isGUID(objectID):
			return errors.New("AppId and ObjectId must be GUIDs")
		case t.app(appID) == nil:
			return fmt.Errorf("no app has the AppId %s", appID)
		case x.principal(appID) != nil || x.principal(objectID) != nil:
			return errors.New("there is a service principal with this AppId or ObjectId")
		}
		x.principals = append(x.principals, &exoPrincipal{strings.ToLower(appID), strings.ToLower(objectID), name})
		return nil
	})
}

// RemoveExchangeServicePrincipal does what Remove-ServicePrincipal does;
// identity is an AppId or an ObjectId. Its roles must have been taken from it.
func (t *Tenant) RemoveExchangeServicePrincipal(identity string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		p := x.principal(identity)
		if p == nil {
			return fmt.Errorf("no service principal %q", identity)
		}
		if len(x.assigned(p.ObjectID)) > 0 {
			return fmt.Errorf("the service principal %q has roles", identity)
		}
		x.principals = slices.DeleteFunc(x.principals, func(q *exoPrincipal) bool { return q == p })
		return nil
	})
}

// NewManagementScope does what New-ManagementScope -RecipientRestrictionFilter
// does. The filter compares PrimarySmtpAddress or, with the address of a
// group, MemberOfGroup. Exchange keeps no two scopes with the same filter.
func (t *Tenant) NewManagementScope(name, filter string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		if name == "" || len(name) > 64 || x.scope(name) != nil {
			return fmt.Errorf("the name of a management scope has 1 to 64 characters and is its own: %q", name)
		}
		if err := x.filterFits(filter, nil); err != nil {
			return err
		}
		x.scopes = append(x.scopes, &exoScope{Name: name, Filter: filter})
		return nil
	})
}

// SetManagementScope does what Set-ManagementScope does. Exchange goes by the
// old filter for a while.
func (t *Tenant) SetManagementScope(name, filter string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		s := x.scope(name)
		if s == nil {
			return fmt.Errorf("no management scope %q", name)
		}
		if err := x.filterFits(filter, s); err != nil {
			return err
		}
		s.before, s.Filter, s.changed = s.Filter, filter, life{Made: t.now()}
		return nil
	})
}

// RemoveManagementScope does what Remove-ManagementScope does, which refuses a
// scope that is in use.
func (t *Tenant) RemoveManagementScope(name string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		s := x.scope(name)
		if s == nil {
			return fmt.Errorf("no management scope %q", name)
		}
		if x.used(s.Name) {
			return fmt.Errorf("the management scope %q is associated with a role assignment", name)
		}
		x.retire(s)
		return nil
	})
}

// removedScope marks the name of a scope that only the cache goes by.
const removedScope = "\x00removed "

// NewRoleAssignment does what New-ManagementRoleAssignment -App -Role
// "Application Mail.Send" -CustomResourceScope does. app is the ObjectId of
// Exchange's service principal; without a scope the role is for all mailboxes.
func (t *Tenant) NewRoleAssignment(name, app, scope string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		p := x.principal(app)
		switch {
		case name == "" || len(name) > 64 || x.assignment(name) != nil:
			return fmt.Errorf("the name of a role assignment has 1 to 64 characters and is its own: %q", name)
		case p == nil:
			return fmt.Errorf("no service principal %q", app)
		case scope != "" && x.scope(scope) == nil:
			return fmt.Errorf("no management scope %q", scope)
		}
		x.assignments = append(x.assignments, &exoAssignment{
			Name: name, ObjectID: p.ObjectID, Role: MailSendRole, Scope: scope, life: life{Made: t.now()},
		})
		return nil
	})
}

// RemoveRoleAssignment does what Remove-ManagementRoleAssignment does.
func (t *Tenant) RemoveRoleAssignment(name string) error {
	return t.inExchange(func(x *exchangeOnline) error {
		a := x.assignment(name)
		if a == nil {
			return fmt.Errorf("no role assignment %q", name)
		}
		a.Removed = t.now()
		return nil
	})
}

// TestAuthorization does what Test-ServicePrincipalAuthorization does for an
// app, by its AppId or ObjectId, and a mailbox. It looks past the cache, and
// like the real one it does not notice a wrong ObjectId.
func (t *Tenant) TestAuthorization(identity, mailbox string) ([]Authorization, error) {
	var out []Authorization
	err := t.inExchange(func(x *exchangeOnline) error {
		p, m := x.principal(identity), t.mailboxNamed(mailbox)
		if p == nil || m == nil {
			return fmt.Errorf("no service principal %q, or no mailbox %q", identity, mailbox)
		}
		for _, a := range x.assigned(p.ObjectID) {
			line := Authorization{Role: a.Role, Scope: "Organization", ScopeType: "Organization", InScope: true}
			if s := x.scope(a.Scope); s != nil {
				line.Scope, line.ScopeType, line.InScope = s.Name, "CustomRecipientScope", x.matches(s.Filter, m)
			}
			out = append(out, line)
		}
		return nil
	})
	return out, err
}

// SetGroup makes or changes a group. A scope by group holds its direct members only.
func (t *Tenant) SetGroup(address string, members ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.exchange.groups == nil {
		t.exchange.groups = map[string][]string{}
	}
	lower := make([]string, len(members))
	for i, m := range members {
		lower[i] = strings.ToLower(m)
	}
	t.exchange.groups[strings.ToLower(address)] = lower
}

// inExchange runs f under the lock.
func (t *Tenant) inExchange(f func(*exchangeOnline) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := f(&t.exchange); err != nil {
		return fmt.Errorf("practice tenant: Exchange Online: %w", err)
	}
	return nil
}

func (x *exchangeOnline) principal(identity string) *exoPrincipal {
	for _, p := range x.principals {
		if identity != "" && (strings.EqualFold(p.AppID, identity) || strings.EqualFold(p.ObjectID, identity)) {
			return p
		}
	}
	return nil
}

func (x *exchangeOnline) scope(name string) *exoScope {
	for _, s := range x.scopes {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

func (x *exchangeOnline) assignment(name string) *exoAssignment {
	for _, a := range x.assignments {
		if a.Removed.IsZero() && strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}

// assigned are the standing assignments of Exchange's service principal.
func (x *exchangeOnline) assigned(objectID string) []*exoAssignment {
	var out []*exoAssignment
	for _, a := range x.assignments {
		if a.Removed.IsZero() && strings.EqualFold(a.ObjectID, objectID) {
			out = append(out, a)
		}
	}
	return out
}

func (x *exchangeOnline) used(scope string) bool {
	return slices.ContainsFunc(x.assignments, func(a *exoAssignment) bool {
		return a.Removed.IsZero() && a.Scope == scope
	})
}

// filterFits judges the filter of a scope.
func (x *exchangeOnline) filterFits(filter string, of *exoScope) error {
	if property, _ := readFilter(filter); property == "" {
		return fmt.Errorf("cannot read the filter %q", filter)
	}
	if slices.ContainsFunc(x.scopes, func(s *exoScope) bool {
		return s != of && s.Filter == filter && !strings.HasPrefix(s.Name, removedScope)
	}) {
		return errors.New("there is a management scope with the same RecipientRoot, RecipientFilter and type")
	}
	return nil
}

// matches tells whether a mailbox is in a scope with this filter. A filter on
// PrimarySmtpAddress searches the other addresses too
// (https://learn.microsoft.com/powershell/exchange/recipientfilter-properties).
func (x *exchangeOnline) matches(filter string, m *mailbox) bool {
	property, value := readFilter(filter)
	value = strings.ToLower(value)
	switch property {
	case "primarysmtpaddress":
		return m.address == value || slices.Contains(m.aliases, value)
	case "memberofgroup":
		return slices.Contains(x.groups[value], m.address)
	}
	return false
}

// readFilter reads an OPATH filter of the form PROPERTY -eq 'VALUE', in which
// a quote is written twice. It returns no property for any other.
func readFilter(filter string) (property, value string) {
	property, rest, ok := strings.Cut(filter, " -eq '")
	text, closed := strings.CutSuffix(rest, "'")
	property = strings.ToLower(property)
	if !ok || !closed || property != "primarysmtpaddress" && property != "memberofgroup" ||
		strings.Contains(strings.ReplaceAll(text, "''", ""), "'") {
		return "", ""
	}
	return property, strings.ReplaceAll(text, "''", "'")
}
