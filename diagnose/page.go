package diagnose

import (
	"regexp"
	"strconv"
	"strings"
)

// page recognises a web page where only data was asked for. Microsoft's token
// endpoint and Graph answer with JSON; pages come from captive portals,
// proxies and sign-in pages in between, and with 5xx from Microsoft's own
// gateways (https://learn.microsoft.com/graph/errors describes the JSON).
func (r *reading) page() *hit {
	const look = 2048
	start := strings.ToLower(r.text[:min(len(r.text), look)])
	kind := strings.ToLower(r.contentType)
	top := strings.TrimLeft(start, " \t\r\n\ufeff")
	isPage := strings.HasPrefix(kind, "text/html") || strings.HasPrefix(kind, "application/xhtml") ||
		strings.HasPrefix(top, "<!doctype html") || strings.HasPrefix(top, "<html") ||
		strings.Contains(start, "<html") && strings.Contains(start, "<head")
	elsewhere := strings.HasPrefix(top, "location: http") && r.status >= 300 && r.status < 400
	if !isPage && !elsewhere {
		return nil
	}
	cause := CauseNotMicrosoft
	if r.status >= statusInternalServerError && r.status != statusNetworkAuthRequired {
		cause = CauseServiceFault
	}
	return &hit{sign: sign{word: "a web page", cause: cause, weight: pageWeight}}
}

// saidStatus finds the HTTP status that a text names, for those who paste
// only the text: "status code 503", "403 Forbidden", "HTTP 429".
var saidStatus = regexp.MustCompile(`(?i)(?:\bstatus(?:[ _-]?code)?|\bhttp(?:/\d(?:\.\d)?)?|\bresponse code|\(|^)\W{0,4}(40[013479]|429|50[0234]|511)\b|\b(40[013479]|429|50[0234]|511) (?:forbidden|unauthorized|not found|bad request|bad gateway|conflict|too many requests|service unavailable|internal server error|gateway time)`)

func (r *reading) statusInText() int {
	const look = 4096
	m := saidStatus.FindStringSubmatch(r.text[:min(len(r.text), look)])
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1] + m[2])
	return n
}

// byStatus is what an HTTP status means when nothing else is known.
func (r *reading) byStatus() Cause {
	stage, status := r.context.Stage, r.status
	if status == 0 {
		status = r.statusInText()
	}
	switch s := status; {
	case s == statusProxyAuthRequired:
		return CauseProxyAuthRequired
	case s == statusTooManyRequests:
		return CauseThrottled
	case s == statusNetworkAuthRequired:
		return CauseNotMicrosoft
	case s == statusRequestTimeout || s == statusGatewayTimeout && stage == StageNetwork:
		return CauseTimeout
	case s >= 500:
		return CauseServiceFault
	case s >= 300 && s < 400, s == statusOK && (stage == StageNetwork || stage == StageToken):
		return CauseNotMicrosoft
	}
	if cause, ok := statusDuring[statusStage{status, stage}]; ok {
		return cause
	}
	return CauseUnknown
}

type statusStage struct {
	status int
	stage  Stage
}

// statusDuring is for answers without any text that can be recognised.
var statusDuring = map[statusStage]Cause{
	{403, StageSend}:             CauseMailSendNotGranted,
	{401, StageSend}:             CauseTokenInvalid,
	{404, StageSend}:             CauseMailboxUnknown,
	{401, StageGrant}:            CauseTokenInvalid,
	{401, StageRegister}:         CauseTokenInvalid,
	{401, StageSecret}:           CauseTokenInvalid,
	{401, StageServicePrincipal}: CauseTokenInvalid,
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
