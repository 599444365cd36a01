package diagnose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// HTTP status codes that say something without any text
// (https://www.iana.org/assignments/http-status-codes). They are written here
// because this room reads what HTTP said and speaks none itself.
const (
	statusOK                  = 200
	statusProxyAuthRequired   = 407
	statusRequestTimeout      = 408
	statusTooLarge            = 413
	statusTooManyRequests     = 429
	statusInternalServerError = 500
	statusGatewayTimeout      = 504
	statusNetworkAuthRequired = 511
)

// saidStatus finds the HTTP status that a text names. Each family of software
// has its own way: .NET (error: (401), does not indicate success: 403), Java
// (response code: 403), PHP's Guzzle (resulted in a `404 Not Found`), Python's
// requests (401 Client Error), Node (status code 404), Go and curl (403).
var saidStatus = regexp.MustCompile(`(?i)(?:` +
	`\bremote server returned an error: \(` +
	`|\bdoes not indicate success:\s*` +
	`|\b(?:http )?(?:response|status|reply|error|result)[ _-]?(?:status[ _-]?)?(?:code|status)?["']?` +
	`(?: was| is|:|=|=>)?[ "'(=:>]{0,4}(?:int\()?` +
	`|\bhttp(?:/[\d.]+)?[ (:]{1,2}` +
	`|\b(?:returned|answered|got|received|unexpected|resulted in an?|responded with|failed with) ` +
	`(?:an? )?(?:http )?(?:error )?(?:status )?(?:code )?["'\x60(]?` +
	`|\bcurl: \(22\) .{0,60}error: ` +
	`|\bcode=` +
	`)([1-5]\d\d)\b(?:[^\d.]|\.\D|\.?$)` +
	`|\b(4\d\d|5[01]\d) (?:(?:client|server) error\b|` + reasons + `\b)` +
	`|^\W*(4\d\d|5[01]\d)\s*[—":-]`)

// reasons are the words beside a status (RFC 9110).
const reasons = `(?:\W{0,2})(?:unauthorized|forbidden|not found|bad request|method not allowed|not acceptable|` +
	`proxy authentication required|request timeout|conflict|gone|length required|precondition failed|` +
	`request entity too large|payload too large|content too large|unsupported media type|too many requests|` +
	`internal server error|not implemented|bad gateway|service unavailable|server unavailable|` +
	`gateway time-?out|network authentication required)`

// saidReason finds a status that is given by its word only, as enumerations
// do: status: 'Forbidden', httpCode=Forbidden, "message": "Unauthorized".
var saidReason = regexp.MustCompile(`(?:(?i:status(?:[ _-]?code)?|http[ _-]?code|message|errors|error|reason)["']?` +
	`\s*[:=]\s*(?:\[\s*)?["']?|\bstatus code ["']|^\W*)` +
	`(Unauthorized|Forbidden|Not ?Found|Too ?Many ?Requests|Service ?Unavailable|Bad ?Gateway|` +
	`Internal ?Server ?Error|Request ?Entity ?Too ?Large)\b["']?\s*(?:[,.}\]);\n]|$)`)

var reasonStatus = map[string]int{
	"unauthorized": 401, "forbidden": 403, "notfound": 404, "toomanyrequests": 429, "serviceunavailable": 503,
	"badgateway":          502,
	"internalservererror": 500, "requestentitytoolarge": 413,
}

// statusIn returns the HTTP status that a text names, or 0.
func statusIn(text string) int {
	const look = 4096
	text = plain(text[:min(len(text), look)])
	if m := saidStatus.FindStringSubmatch(text); m != nil {
		if n, _ := strconv.Atoi(m[1] + m[2] + m[3]); isStatus(n) {
			return n
		}
	}
	if m := saidReason.FindStringSubmatch(text); m != nil {
		return reasonStatus[strings.ToLower(strings.ReplaceAll(m[1], " ", ""))]
	}
	return 0
}

// isStatus tells an HTTP status from an SMTP reply code and other numbers.
func isStatus(n int) bool {
	switch {
	case n == 421:
		return false
	case n >= 400 && n <= 431, n >= statusInternalServerError && n <= statusNetworkAuthRequired:
		return true
	}
	return n == statusOK
}

// byStatus is what an HTTP status means when nothing else is known. What only
// the stage decides is likely, not certain.
func (r *reading) byStatus() (cause Cause, likely bool) {
	stage, status := r.context.Stage, r.status
	said := status == 0 // by the text, not by the connection
	if said {
		status = statusIn(r.text)
	}
	switch status {
	case statusProxyAuthRequired:
		return CauseProxyAuthRequired, false
	case statusTooManyRequests:
		return CauseThrottled, false
	case statusNetworkAuthRequired:
		return CauseNotMicrosoft, false
	}
	if said && stage == "" {
		return CauseUnknown, false
	}
	switch {
	case status == statusRequestTimeout || status == statusGatewayTimeout && stage == StageNetwork:
		return CauseTimeout, said
	case status >= statusInternalServerError:
		return CauseServiceFault, said
	case !said &&
		(status >= 300 && status < 400 || status == statusOK && (stage == StageNetwork || stage == StageToken)):
		return CauseNotMicrosoft, false
	}
	if cause, ok := statusDuring[statusStage{status, stage}]; ok {
		return cause, true
	}
	return CauseUnknown, false
}

type statusStage struct {
	status int
	stage  Stage
}

// statusDuring is for answers without any text that can be recognised.
var statusDuring = map[statusStage]Cause{
	{401, StageToken}:            CauseSecretWrong,
	{404, StageToken}:            CauseTenantMalformed,
	{403, StageSend}:             CauseMailSendNotGranted,
	{401, StageSend}:             CauseTokenInvalid,
	{404, StageSend}:             CauseMailboxUnknown,
	{413, StageSend}:             CauseMessageTooLarge,
	{401, StageGrant}:            CauseTokenInvalid,
	{401, StageRegister}:         CauseTokenInvalid,
	{401, StageSecret}:           CauseTokenInvalid,
	{401, StageServicePrincipal}: CauseTokenInvalid,
	{403, StageConsent}:          CauseAdminRoleMissing,
	{403, StageGrant}:            CauseAdminRoleMissing,
	{403, StageRegister}:         CauseAdminRoleMissing,
	{403, StageSecret}:           CauseAdminRoleMissing,
	{403, StageServicePrincipal}: CauseAdminRoleMissing,
	{403, StageLimit}:            CauseAdminRoleMissing,
	{404, StageGrant}:            CauseNotReplicatedYet,
	{404, StageRegister}:         CauseNotReplicatedYet,
	{404, StageSecret}:           CauseNotReplicatedYet,
	{404, StageServicePrincipal}: CauseNotReplicatedYet,
	{409, StageGrant}:            CauseConflictRetry,
	{409, StageRegister}:         CauseConflictRetry,
	{409, StageSecret}:           CauseConflictRetry,
	{409, StageServicePrincipal}: CauseConflictRetry,
}

// onlyStatus explains why a text with nothing but a status stays unknown.
func onlyStatus(status int) string {
	return fmt.Sprintf("The text says only that a server answered with HTTP status %d. Its meaning depends on what "+
		"was being done.", status)
}
