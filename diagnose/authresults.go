package diagnose

import (
	"regexp"
	"strings"
)

// verdict is one result in an Authentication-Results header (RFC 8601; compauth
// is Exchange Online's own, described with docNDR's neighbours under
// "Anti-spam message headers").
var verdict = regexp.MustCompile(`(?i)\b(spf|dkim|dmarc|compauth)\s*=\s*` +
	`(pass|fail|softfail|hardfail|neutral|none|permerror|temperror|bestguesspass|timeout)\b` +
	`(?:[^;=]{0,200}?\breason\s*=\s*"?([0-9]{3}))?`)

var nextHeader = regexp.MustCompile(`\r?\n[A-Za-z][A-Za-z0-9-]*:`)

// authenticationResults reads the header whose name ends at end. Where the
// mail has been authenticated it says nothing.
func authenticationResults(text string, start, end int) []hit {
	const longest = 2000
	window := plain(text[end:min(len(text), end+longest)])
	if cut := nextHeader.FindStringIndex(window); cut != nil {
		window = window[:cut[0]]
	}
	said := map[string]string{}
	var order []string
	reason := ""
	for _, m := range verdict.FindAllStringSubmatch(window, 12) {
		name, result := strings.ToLower(m[1]), strings.ToLower(m[2])
		if said[name] == "" {
			order = append(order, name)
		}
		if said[name] != "pass" { // of several signatures, one that holds is enough
			said[name] = result
		}
		if name == "compauth" {
			reason = m[3]
		}
	}
	if len(order) == 0 || !unauthenticated(said) {
		return nil
	}
	note := "The headers say " + verdicts(order, said)
	if reason != "" {
		note += " (reason " + reason + ")"
	}
	note += "."
	for _, name := range order {
		if advice := recordAtFault[name]; advice != "" && said[name] != "pass" && said[name] != "bestguesspass" {
			note += " " + advice
		}
	}
	return []hit{
		{
			sign{word: "Authentication-Results", cause: CauseSenderNotAuthenticated, weight: mailWeight, note: note},
			start, end,
		},
	}
}

// unauthenticated says whether a receiver had a reason to refuse: DMARC
// decides, then Exchange's own verdict, then SPF and DKIM together.
func unauthenticated(said map[string]string) bool {
	pass := func(name string) bool { return said[name] == "pass" || said[name] == "bestguesspass" }
	switch {
	case said["compauth"] == "fail":
		return true
	case pass("dmarc") || pass("compauth"):
		return false
	case said["dmarc"] != "" && said["dmarc"] != "none":
		return true
	}
	return !pass("spf") && !pass("dkim") && (said["spf"] != "" || said["dkim"] != "")
}

var recordAtFault = map[string]string{
	"spf":  "The SPF record (TXT at the sender's domain) does not include the server that sent.",
	"dkim": "The domain's DKIM signature is missing or does not verify.",
}

func verdicts(order []string, said map[string]string) string {
	var parts []string
	for _, name := range order {
		parts = append(parts, name+"="+said[name])
	}
	return strings.Join(parts, ", ")
}
