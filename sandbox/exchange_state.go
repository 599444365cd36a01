package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// exchangeState is what is kept of Exchange Online between runs: what stands.
// Its cache is empty after a start.
type exchangeState struct {
	Principals  []exoPrincipal      `json:"service_principals"`
	Scopes      []exoScope          `json:"management_scopes"`
	Assignments []exoAssignment     `json:"role_assignments"`
	Policies    []exoPolicy         `json:"application_access_policies"`
	Groups      map[string][]string `json:"groups"`
}

func (x *exchangeOnline) state() exchangeState {
	s := exchangeState{[]exoPrincipal{}, []exoScope{}, []exoAssignment{}, []exoPolicy{}, maps.Clone(x.groups)}
	for _, p := range x.principals {
		s.Principals = append(s.Principals, *p)
	}
	for _, c := range x.scopes {
		if !strings.HasPrefix(c.Name, removedScope) {
			s.Scopes = append(s.Scopes, exoScope{Name: c.Name, Filter: c.Filter})
		}
	}
	for _, a := range x.assignments {
		if a.Removed.IsZero() {
			s.Assignments = append(s.Assignments, *a)
		}
	}
	for _, p := range x.policies {
		if p.Removed.IsZero() {
			s.Policies = append(s.Policies, *p)
		}
	}
	return s
}

// restoreExchange takes what state kept, and what an earlier version kept with
// each app. What makes no sense is dropped. t.mu is held.
func (t *Tenant) restoreExchange(s state) {
	x := &t.exchange
	x.groups = s.Exchange.Groups
	for _, p := range s.Exchange.Principals {
		if isGUID(p.AppID) && isGUID(p.ObjectID) {
			x.principals = append(x.principals, &p)
		}
	}
	for _, c := range s.Exchange.Scopes {
		if x.filterFits(c.Filter, nil) == nil && x.scope(c.Name) == nil {
			x.scopes = append(x.scopes, &c)
		}
	}
	for _, a := range s.Exchange.Assignments {
		if x.principal(a.ObjectID) != nil && (a.Scope == "" || x.scope(a.Scope) != nil) {
			x.assignments = append(x.assignments, &a)
		}
	}
	for _, p := range s.Exchange.Policies {
		x.policies = append(x.policies, &p)
	}
	for _, old := range s.Apps {
		a := t.app(old.ClientID)
		for _, address := range slices.Sorted(maps.Keys(old.Exchange)) {
			t.allow(a, address)
		}
		for _, address := range slices.Sorted(maps.Keys(old.Excluded)) {
			t.block(a, address)
		}
	}
}
