package diagnose

import "strings"

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
	status := r.status
	if status == 0 {
		status = statusIn(r.text)
	}
	if status >= statusInternalServerError && status != statusNetworkAuthRequired {
		cause = CauseServiceFault
	}
	return &hit{sign: sign{word: "a web page", cause: cause, weight: pageWeight}}
}
