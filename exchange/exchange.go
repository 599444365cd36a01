// Package exchange writes the PowerShell that limits an app's Mail.Send to one mailbox in Exchange Online.
//
// It is a package of its own because it hides the quoting rules of PowerShell and
// of Exchange's filters from the rest. It runs nothing: an Exchange administrator
// runs the script.
//
// The scripts follow Microsoft's "Role Based Access Control for Applications in
// Exchange Online"
// (https://learn.microsoft.com/exchange/permissions-exo/application-rbac) and
// the cmdlets' pages below
// https://learn.microsoft.com/powershell/module/exchangepowershell/.
package exchange

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Role is the application role that lets an app send as the mailboxes in its scope.
const Role = "Application Mail.Send"

// MaxName is the longest name of a management scope or a role assignment, in
// characters (New-ManagementScope and New-ManagementRoleAssignment, -Name).
const MaxName = 64

const (
	maxDisplayName = 256 // characters, Entra's own limit for an app's name
	maxAddress     = 320 // bytes
)

// Environments are the allowed values of Connect-ExchangeOnline's
// -ExchangeEnvironmentName. Microsoft says to leave out the first, the default.
var Environments = []string{"O365Default", "O365USGovGCCHigh", "O365USGovDoD", "O365China"}

// Limit limits an app to a mailbox.
type Limit struct {
	ClientID           string // Application (client) ID
	ServicePrincipalID string // Object ID of the enterprise application, not of the app registration
	DisplayName        string // of the app, for Exchange
	Mailbox            string // the only address that the app can send as
	Other              string // a second mailbox, to check that it is refused; can be empty
	TenantID           string // of the app, so that the script refuses any other; can be empty
	Environment        string // one of Environments; empty if unknown
}

// Check returns an error if a Limit is not valid. It names the field and can be shown.
func (l Limit) Check() error {
	for _, id := range []struct {
		label, value string
		optional     bool
	}{
		{"the Application (client) ID", l.ClientID, false},
		{"the Object ID of the enterprise application", l.ServicePrincipalID, false},
		{"the Directory (tenant) ID", l.TenantID, true},
	} {
		if !isGUID(id.value) && (id.value != "" || !id.optional) {
			return fmt.Errorf("%s is not a GUID", id.label)
		}
	}
	if strings.EqualFold(l.ClientID, l.ServicePrincipalID) {
		return errors.New("the Object ID of the enterprise application is the Application (client) ID: they are two " +
			"different IDs")
	}
	if err := checkName(l.DisplayName); err != nil {
		return err
	}
	if err := checkAddress(l.Mailbox); err != nil {
		return fmt.Errorf("the mailbox %w", err)
	}
	if l.Other != "" {
		if err := checkAddress(l.Other); err != nil {
			return fmt.Errorf("the second mailbox %w", err)
		}
		if strings.EqualFold(l.Other, l.Mailbox) {
			return errors.New("the second mailbox is the first one again")
		}
	}
	if l.Environment != "" && !slices.Contains(Environments, l.Environment) {
		return fmt.Errorf("the Exchange environment is none of %s", strings.Join(Environments, ", "))
	}
	return nil
}

// Name returns the name of the management scope and the role assignment, which
// is derived from the app and the mailbox.
func (l Limit) Name() string {
	id, address := strings.ToLower(l.ClientID), strings.ToLower(l.Mailbox)
	sum := sha256.Sum256([]byte(id + "|" + address))
	return fmt.Sprintf("palmail Mail.Send %.8s %x", id, sum[:6])
}

// Filter returns the scope's filter in Exchange's filter language, OPATH.
//
// PrimarySmtpAddress is filterable in RecipientRestrictionFilter. Any filter
// on it also searches the mailbox's other addresses
// (https://learn.microsoft.com/powershell/exchange/recipientfilter-properties),
// none of which belongs to a second recipient, so that it still matches one
// mailbox; the script counts the matches before it creates the scope.
func (l Limit) Filter() string {
	return "PrimarySmtpAddress -eq " + quoteOPATH(strings.ToLower(l.Mailbox))
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if hyphen := i == 8 || i == 13 || i == 18 || i == 23; hyphen != (r == '-') {
			return false
		} else if !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// checkName refuses characters that do not belong in a name and could mislead a
// reader of the script: control characters, line ends and direction controls.
func checkName(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("the app's name is missing")
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, isMisleading) {
		return errors.New("the app's name has control characters in it")
	}
	if utf8.RuneCountInString(s) > maxDisplayName {
		return fmt.Errorf("the app's name has more than %d characters", maxDisplayName)
	}
	return nil
}

// isMisleading says whether r ends a line, controls the terminal, or changes the
// direction of text (Unicode TR9, section 2).
func isMisleading(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == 0x061C || r == 0x200E ||
		r == 0x200F ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF || r == utf8.RuneError
}

// checkAddress accepts fewer addresses than the mail system: none with a character
// that a filter could interpret (wildcards, variables).
func checkAddress(s string) error {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > maxAddress {
		return errors.New("is not an address like noreply@agency.gov")
	}
	for _, r := range local {
		if !isLetterOrDigit(r) && !strings.ContainsRune("!#%&'+-/=?^_|~.", r) {
			return errors.New("has a character before the @ that is not allowed here")
		}
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		bad := func(r rune) bool { return !isLetterOrDigit(r) && r != '-' }
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, bad) {
			return errors.New("has a domain that is none")
		}
	}
	if len(labels) < 2 {
		return errors.New("has a domain that is none")
	}
	return nil
}

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
