package steps

import (
	"regexp"
	"strings"

	"palmail/diagnose"
)

// RemedyValues are what the commands in remedies stand for; empty where unknown.
type RemedyValues struct{ ClientID, Mailbox, OtherMailbox string }

var (
	remedyPlaceholder = regexp.MustCompile(`\b(CLIENT-ID|OTHER-MAILBOX|MAILBOX|NUMBER)\b`)
	aadstsNumber      = regexp.MustCompile(`^AADSTS([0-9]+)$`)
)

// FillRemedies puts the real values into the commands of a finding's remedies,
// so that they can be copied as they are. What is not known stays a placeholder.
func FillRemedies(f *diagnose.Finding, v RemedyValues) {
	values := map[string]string{"CLIENT-ID": v.ClientID, "MAILBOX": v.Mailbox, "OTHER-MAILBOX": v.OtherMailbox}
	for _, code := range f.Codes {
		if m := aadstsNumber.FindStringSubmatch(code); m != nil && values["NUMBER"] == "" {
			values["NUMBER"] = m[1]
		}
	}
	for i, step := range f.Remedy {
		if !strings.ContainsAny(step, "CMON") {
			continue
		}
		step = remedyPlaceholder.ReplaceAllStringFunc(step, func(name string) string {
			if values[name] == "" {
				return name
			}
			return values[name]
		})
		if step != f.Remedy[i] { // the table of findings shares its lists
			f.Remedy = append([]string(nil), f.Remedy...)
			f.Remedy[i] = step
		}
	}
}
