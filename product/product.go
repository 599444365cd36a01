// Package product says what palmail sets up, as data: a product's name, where its mail settings are, and what goes
// into each field.
//
// It is a package of its own so that no other one has to know a product by name. Nothing uses it yet: the steps still
// speak of PAL.
package product

import (
	"slices"
	"strings"
)

// Product is one product that sends mail by Microsoft Graph with a client secret. Its texts are clean.
type Product struct {
	ID      string // stable and lower case, for the command line and the record; empty when a file describes it
	Name    string // as people call it, e.g. "eCASE"
	Purpose string // what it is at the agency, e.g. "our case management"; can be empty
	AppName string // suggested for the app registration
	// AddressLabel is what the product calls its own web address.
	AddressLabel string
	// AddressExample is an address of that kind.
	AddressExample string
	// RedirectPath is appended to the address that the admin types, which gives the redirect URI. Empty: the app
	// needs no redirect URI.
	RedirectPath string
	// Settings is where the mail settings are, from the outermost menu to the form.
	Settings []string
	// Switch is a setting of the form that must have a certain value before the fields count, e.g.
	// "Authentication Mode: Microsoft 365 Email". Empty: there is none.
	Switch string
	Fields []Field
	// ManyMailboxes says that it sends as any mailbox of its users, and not as one system mailbox.
	ManyMailboxes bool
	// Words are a note for its administrators. They can be empty.
	Words string
}

// Field is one field of the form, in the form's order.
type Field struct {
	Label string // letter for letter as the product has it; empty when that is not known
	Holds Value
}

// Value is what a field takes.
type Value string

// The values. SecretEnd is the day on which the client secret expires.
const (
	ClientID  Value = "client-id"
	TenantID  Value = "tenant-id"
	Mailbox   Value = "mailbox"
	Secret    Value = "secret"
	SecretEnd Value = "secret-end"
)

// descriptions stand for labels that are not known, so that none is invented.
var descriptions = map[Value]string{
	ClientID: "(client ID)", TenantID: "(tenant ID)", Mailbox: "(mailbox)", Secret: "(secret)", SecretEnd: "(end date)",
}

// Title is the label of the field, or a description in brackets when the label is not known.
func (f Field) Title() string {
	if f.Label != "" {
		return f.Label
	}
	return descriptions[f.Holds]
}

// Described says whether some label is not known.
func (p Product) Described() bool {
	return slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Label == "" })
}

// Has says whether the form has a field for v.
func (p Product) Has(v Value) bool {
	return slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Holds == v })
}

// Title is the title of the field for v, whether or not there is one.
func (p Product) Title(v Value) string {
	if i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Holds == v }); i >= 0 {
		return p.Fields[i].Title()
	}
	return descriptions[v]
}

// RedirectURI returns the redirect URI to register for the product's address, "" where none is needed.
func (p Product) RedirectURI(address string) string {
	if p.RedirectPath == "" {
		return ""
	}
	return strings.TrimRight(address, "/") + p.RedirectPath
}

// Form is the name of the form with the fields.
func (p Product) Form() string { return p.Settings[len(p.Settings)-1] }

// IsDefault says whether it is the product that palmail sets up when none is named.
func (p Product) IsDefault() bool { return p.ID == DefaultID }

// Fill puts the product's own words into a text that is written for any product: {product}, {purpose}, {settings},
// {form}, {count} (how many fields), {address-field}, {redirect-path}, and {client-id-field} and its like.
func (p Product) Fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return p.replacer().Replace(text)
}

func (p Product) replacer() *strings.Replacer {
	purpose := ""
	if p.Purpose != "" {
		purpose = ", " + p.Purpose + ","
	}
	pairs := []string{
		"{product}", p.Name, "{product, purpose}", p.Name + purpose, "{settings}", strings.Join(p.Settings, " > "),
		"{form}", p.Form(), "{count}", countWord(len(p.Fields)), "{address-field}", p.AddressLabel,
		"{redirect-path}", p.RedirectPath,
	}
	for v := range descriptions {
		pairs = append(pairs, "{"+string(v)+"-field}", p.Title(v))
	}
	return strings.NewReplacer(pairs...)
}

func countWord(n int) string {
	return [...]string{"no", "one", "two", "three", "four", "five"}[min(n, maxFields)]
}
