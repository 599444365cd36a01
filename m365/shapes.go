package m365

import (
	"regexp"
	"strings"

	"palmail/clean"
)

// IDs that are the same in every tenant
// (https://learn.microsoft.com/graph/permissions-reference).
const (
	// GraphAppID is Microsoft Graph itself.
	GraphAppID = "00000003-0000-0000-c000-000000000000"
	// ExchangeAppID is Office 365 Exchange Online, whose own Mail.Send does not count for Graph.
	ExchangeAppID = "00000002-0000-0ff1-ce00-000000000000"
	// MailSendRoleID is the application permission Mail.Send, "Send mail as any user".
	MailSendRoleID = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
	// MailSendScopeID is the delegated permission of the same name: the wrong one here.
	MailSendScopeID = "e383f46e-2787-4529-855e-0e479a3ffac0"
	// UserReadScopeID is the delegated permission User.Read, which the portal adds to every new app.
	UserReadScopeID = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
	// MailSend is the name of the application permission in a token.
	MailSend = "Mail.Send"
)

// SecretMaxMonths is the longest lifetime of a client secret that the portal
// offers (https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials).
const SecretMaxMonths = 24

// redirectPath is the path of PAL's redirect URI.
const redirectPath = "/connectors/SMTP.aspx"

// RedirectURI returns the redirect URI to register for PAL's Application Admin URL.
func RedirectURI(palURL string) string { return strings.TrimRight(palURL, "/") + redirectPath }

var (
	exactGUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// anyGUID also matches adjacent letters, digits and hyphens, so that a GUID
	// that is part of something longer can be told from a whole one.
	anyGUID = regexp.MustCompile(`[0-9A-Za-z_-]*[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}[0-9A-Za-z_-]*`)
	// hyphens replaces the dashes that word processors and chats put for a hyphen.
	hyphens = strings.NewReplacer("\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2212",
		"-", "\ufe63", "-", "\uff0d", "-")
	// secretShape is the present form of client secrets, from the public rule
	// azure-ad-client-secret of gitleaks. Microsoft documents "16-64 characters" only.
	secretShape = regexp.MustCompile(`^[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}$`)
	secretBegin = regexp.MustCompile(`^[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]*$`)
)

// IsGUID says whether s is a GUID and nothing else, as the portal writes it.
func IsGUID(s string) bool { return exactGUID.MatchString(s) }

// ParseGUID finds the GUID in pasted text, which can contain quotes, brackets, a
// label, punctuation and invisible characters, and returns it in lower case. It
// finds none in text with two different GUIDs, or with one that is part of
// something longer.
func ParseGUID(s string) (string, bool) {
	found := ""
	for _, word := range anyGUID.FindAllString(hyphens.Replace(clean.Line(s)), -1) {
		word = strings.ToLower(strings.Trim(word, "-_"))
		if !IsGUID(word) || found != "" && found != word {
			return "", false
		}
		found = word
	}
	return found, found != ""
}

// LooksLikeSecret says whether s has the form of a client secret's Value. A
// secret can have another form, because Microsoft does not document it.
func LooksLikeSecret(s string) bool { return secretShape.MatchString(s) }

// LooksCutShort says whether s has the form of the beginning of a client
// secret's Value.
func LooksCutShort(s string) bool { return secretBegin.MatchString(s) && len(s) < secretShortest }

// secretShortest is the length of the shortest Value that LooksLikeSecret takes, in characters.
const secretShortest = 37
