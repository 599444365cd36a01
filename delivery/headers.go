package delivery

import (
	"strings"

	"palmail/clean"
)

// Limits of reading pasted headers; the rest is left out.
const (
	maxHeaders = 1 << 20 // bytes of text
	maxField   = 32 << 10
	maxFields  = 64 // fields of one kind
	maxMethods = 32 // results in one field
)

// Method is one result in an Authentication-Results field (RFC 8601 section 2.2).
type Method struct {
	Name    string            `json:"name"`   // spf, dkim, dmarc, compauth, arc, …
	Result  string            `json:"result"` // pass, fail, none, softfail, temperror, …
	Comment string            `json:"comment,omitempty"`
	Props   map[string]string `json:"props,omitempty"` // smtp.mailfrom, header.d, header.from, reason, action, …
}

// Results is one Authentication-Results field, or one of its kind.
type Results struct {
	Field    string   `json:"field"`  // Authentication-Results or ARC-Authentication-Results
	Server   string   `json:"server"` // who checked; empty in those of Microsoft, which leave it out
	Instance string   `json:"instance,omitempty"`
	Methods  []Method `json:"methods"`
}

// method returns the first result of a name.
func (r Results) method(name string) (Method, bool) {
	for _, m := range r.Methods {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}

// Reading is the information about delivery in a message's headers.
type Reading struct {
	From     string            `json:"from"`     // domain of the From address, as the receiver or the field has it
	Results  []Results         `json:"results"`  // Authentication-Results, the receiver's own topmost first
	ARC      []Results         `json:"arc"`      // results that forwarders vouch for, topmost first
	Seals    []string          `json:"seals"`    // cv= of each ARC-Seal, topmost first: none, pass or fail
	Antispam map[string]string `json:"antispam"` // of X-Forefront-Antispam-Report: SCL, SFV, CAT, IPV, …
	Summary  string            `json:"summary"`  // one line: the checks that failed
	Items    []Item            `json:"items"`    // the decisions of SPF, DKIM, DMARC and the spam filter
}

// Found says that the text had anything to read.
func (r Reading) Found() bool { return len(r.Items) > 0 }

// Headers reads the headers of a message, as pasted: with folded lines, quoted with >, indented or with text around
// them. The topmost Authentication-Results is the receiver's own; those below may have come with the message.
func Headers(text string) Reading {
	if len(text) > maxHeaders {
		text = text[:maxHeaders]
	}
	var r Reading
	var received, from string
	for _, f := range fields(text) {
		switch f.name {
		case "authentication-results", "x-ms-exchange-authentication-results":
			if found := results("Authentication-Results", f.value); len(r.Results) < maxFields && !outgoing(found) {
				r.Results = append(r.Results, found)
			}
		case "arc-authentication-results":
			if len(r.ARC) < maxFields {
				r.ARC = append(r.ARC, results("ARC-Authentication-Results", f.value))
			}
		case "arc-seal":
			if len(r.Seals) < maxFields {
				r.Seals = append(r.Seals, sealState(f.value))
			}
		case "x-forefront-antispam-report":
			if r.Antispam == nil {
				r.Antispam = antispam(f.value)
			}
		case "received-spf":
			if received == "" {
				received = f.value
			}
		case "from":
			if from == "" {
				from = fromDomain(f.value)
			}
		}
	}
	r.From = from
	r.Items = r.judge(received)
	r.Summary = r.summary()
	return r
}

// outgoing says that Exchange Online wrote the field on mail that was leaving it: "dkim=none (message not signed)
// header.d=none;dmarc=none action=none header.from=…", without SPF, before it signs. It says nothing about delivery.
func outgoing(r Results) bool {
	_, spf := r.method("spf")
	dkim, _ := r.method("dkim")
	return r.Server == "" && !spf && dkim.Result == "none"
}

type field struct{ name, value string }

// fields splits text into header fields, names in lower case. A line that begins with a space, or that cannot be
// the beginning of a field, continues the one before: mail programs and windows break lines where they like.
func fields(text string) []field {
	var list []field
	var name string
	var value strings.Builder
	end := func() {
		if name != "" {
			list = append(list, field{strings.ToLower(name), value.String()})
		}
		name = ""
		value.Reset()
	}
	for line := range strings.SplitSeq(clean.Text(text), "\n") {
		folded := strings.HasPrefix(line, " ")
		line = strings.TrimLeft(strings.TrimRight(line, " "), "> ")
		before, after, ok := strings.Cut(line, ":")
		switch {
		case ok && fieldName(before) && (!folded || known(before)):
			end()
			name, line = before, strings.TrimSpace(after)
			fallthrough
		case name != "" && value.Len()+len(line) < maxField:
			if value.Len() > 0 {
				value.WriteByte(' ')
			}
			value.WriteString(line[:min(len(line), maxField)])
		}
	}
	end()
	return list
}

// fieldName says that a word can be the name of a field (RFC 5322 section 3.6.8). The parts of an antispam report,
// such as SCL:1;SRV:, look alike, but never have a lower-case letter.
func fieldName(s string) bool {
	lower := false
	for _, c := range []byte(s) {
		if !letterOrDigit(c) && c != '-' && c != '_' {
			return false
		}
		lower = lower || c >= 'a' && c <= 'z'
	}
	return lower && len(s) < 100
}

// known says that an indented line begins a field all the same: whole headers are often pasted with an indent.
func known(name string) bool {
	switch strings.ToLower(name) {
	case "authentication-results", "x-ms-exchange-authentication-results", "arc-authentication-results", "arc-seal",
		"arc-message-signature", "x-forefront-antispam-report", "received-spf", "from", "received", "to", "subject",
		"date", "return-path", "message-id", "dkim-signature", "x-microsoft-antispam":
		return true
	}
	return false
}

// sealState is the value of cv= in an ARC-Seal (RFC 8617 section 4.1.3).
func sealState(value string) string {
	for tag := range strings.SplitSeq(value, ";") {
		name, state, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "cv" {
			return cut(strings.ToLower(strings.TrimSpace(state)), 20)
		}
	}
	return ""
}

// antispam reads KEY:value pairs between semicolons
// (https://learn.microsoft.com/defender-office-365/message-headers-eop-mdo).
func antispam(value string) map[string]string {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(value, ";") {
		name, v, ok := strings.Cut(pair, ":")
		name = strings.ToUpper(strings.TrimSpace(name))
		if ok && name != "" && len(name) <= 20 && len(pairs) < maxFields && pairs[name] == "" {
			pairs[cut(name, 20)] = cut(v, 200)
		}
	}
	return pairs
}

// fromDomain is the domain of the last address in a From field; a display name may hold another.
func fromDomain(value string) string {
	if i := strings.LastIndexByte(value, '<'); i >= 0 {
		value = value[i+1:]
	}
	value, _, _ = strings.Cut(value, ">")
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return ""
	}
	domain := domainOf(value[at+1:])
	if badDomain(domain) != "" {
		return ""
	}
	return domain
}
