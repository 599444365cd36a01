// Package diagnose says what a failure means: an error or a text in, a finding out.
package diagnose

import (
	"fmt"
	"strings"
	"time"
)

// Stage is what was being done when something failed; the names are those of
// `palmail explain --during`.
type Stage string

// The stages.
const (
	StageToken            Stage = "token"
	StageSignIn           Stage = "sign-in"
	StageConsent          Stage = "consent"
	StageRegister         Stage = "register"
	StageSecret           Stage = "secret"
	StageServicePrincipal Stage = "service-principal"
	StageGrant            Stage = "grant"
	StageSend             Stage = "send"
	StageNetwork          Stage = "network"
	StageLimit            Stage = "limit"
	StageBounce           Stage = "bounce" // a mail was accepted, and came back or did not arrive
)

// Stages lists the stages in the order of the setup.
var Stages = []Stage{
	StageSignIn, StageToken, StageConsent, StageRegister, StageSecret, StageServicePrincipal, StageGrant, StageSend,
	StageBounce, StageNetwork, StageLimit,
}

// Finding is what a failure means, in words for the person who has to mend it.
type Finding struct {
	Cause         Cause    `json:"cause"`
	Title         string   `json:"title"`            // one line, no period
	Explanation   string   `json:"explanation"`      // one or two sentences
	Remedy        []string `json:"remedy"`           // what to do, in order
	Who           string   `json:"who"`              // who can do it
	Link          string   `json:"link"`             // where, or empty
	Retry         bool     `json:"retry"`            // waiting can help
	Likely        bool     `json:"likely,omitempty"` // the stage made it likely; the text alone does not say it
	Codes         []string `json:"codes"`            // AADSTS and Graph codes, as found
	RequestID     string   `json:"request_id"`       // for a support ticket
	CorrelationID string   `json:"correlation_id"`   // for a support ticket
	Time          string   `json:"time"`             // RFC 3339, UTC
	Raw           string   `json:"-"`                // the text it was read from: cleaned, masked, bounded
}

// Failure is what is known about something that went wrong before anybody has
// said what it means. It is an error, so that rooms hand it on by wrapping.
type Failure struct {
	Stage         Stage
	Status        int    // HTTP status, 0 when no answer came
	Body          string // the answer's text, bounded by the reader
	ContentType   string
	RetryAfter    time.Duration // 0 when the answer named none
	RequestID     string
	CorrelationID string    // or client-request-id
	Time          time.Time // when it failed
	Host          string    // who was asked
	Proxy         string    // the proxy that was used, without credentials, and who named it; empty: none is known
	ProxyNote     string    // what of the proxy settings could not be followed; empty: nothing
	Issuer        string    // who issued the certificate that was not accepted; empty: not known
	// ProxyAuthenticate are the values of the Proxy-Authenticate headers, for a 407.
	ProxyAuthenticate []string
	Err               error // the Go error below, nil when an answer came
}

// Error names the stage and the first line of what came back.
func (f *Failure) Error() string {
	what := f.Body
	if f.Err != nil {
		what = f.Err.Error()
	}
	what, _, _ = strings.Cut(strings.TrimSpace(what), "\n")
	if len(what) > 300 {
		what = what[:300] + "…"
	}
	if f.Status != 0 {
		return fmt.Sprintf("%s: %s answered %d: %s", f.Stage, f.Host, f.Status, what)
	}
	return fmt.Sprintf("%s: %s", f.Stage, what)
}

// Unwrap returns the Go error below, so that errors.Is finds context.Canceled and its like.
func (f *Failure) Unwrap() error { return f.Err }

// Links are the pages of one app in one tenant of one cloud that a remedy can
// point to; those that are not known are empty.
type Links struct {
	Registrations   string // App registrations, the list
	Overview        string // this app
	Secrets         string // Certificates & secrets of this app
	Permissions     string // API permissions of this app
	Authentication  string // Authentication (redirect URIs) of this app
	EnterpriseApp   string // the service principal of this app
	AdminConsent    string // the address at which an administrator consents
	ServiceHealth   string
	ConditionalRule string // Conditional Access policies
	AppPolicies     string // Enterprise apps, whose menu leads to Application policies
}

// Context is what the one who asks knows beyond the failure itself. The zero
// Context is a text from nowhere.
type Context struct {
	Stage Stage     // overrides the failure's when set
	Now   time.Time // zero: the wall clock
	// when the thing this call depends on was last made or changed (app, secret, consent); zero: long ago or unknown
	Changed time.Time
	Links   Links
	Cloud   string // label of the cloud, e.g. "GCC High"
	Mailbox string
	// MailSendInToken says that the token that was used carries Mail.Send, so
	// that a refusal cannot be for want of consent.
	MailSendInToken bool
	// TenantID and ClientID sharpen findings such as app-id-is-tenant-id.
	TenantID, ClientID string
}
