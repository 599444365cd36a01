package diagnose

import (
	"strings"
)

// SMTP's enhanced status codes (RFC 3463, and Exchange Online's own numbers)
// decide before the words beside them, because every server words them
// differently. A few say only "refused": there the words decide.

// mailCode is what one enhanced status code means.
type mailCode struct {
	cause Cause
	words []mailWords // tried in order where the number leaves several possibilities
}

// mailWords are the wordings that give an ambiguous code a cause.
type mailWords struct {
	cause Cause
	words []string // normalised
}

// mailHits finds the enhanced status codes in a text. A version number looks
// the same, so something beside it, or the stage, has to show that mail is meant.
func mailHits(text string, bounced bool) []hit {
	var out []hit
	for i := 0; len(out) < maxHits; {
		n := strings.IndexByte(text[i:], '.')
		if n < 0 {
			break
		}
		dot := i + n
		i = dot + 1
		start, end, ok := mailCodeAt(text, dot)
		if !ok {
			continue
		}
		i = end
		code := text[start:end]
		said := saidByMail(text, start, end, code[0])
		if !said && !bounced {
			continue
		}
		if cause, sure := mailCause(code, text, start, end); cause != "" {
			s := sign{word: code, cause: cause, weight: mailWeight, isCode: true}
			switch {
			case !said: // the number of a section looks the same: the stage makes it likely only
				s.weight = hintWeight
			case !sure:
				s.weight = doubtWeight
			}
			out = append(out, hit{s, start, end})
		}
	}
	return out
}

// mailCodeAt reads a code such as 5.7.139 whose first dot stands at dot.
func mailCodeAt(text string, dot int) (start, end int, ok bool) {
	if dot == 0 || text[dot-1] != '4' && text[dot-1] != '5' {
		return 0, 0, false
	}
	if dot > 1 && (class[text[dot-2]] >= 0 || text[dot-2] == '.' || text[dot-2] == '_') && !escapedLetter(text, dot-2) {
		return 0, 0, false
	}
	second := digitsEnd(text, dot+1)
	if second == dot+1 || second-dot > 4 || second >= len(text) || text[second] != '.' {
		return 0, 0, false
	}
	end = digitsEnd(text, second+1)
	if end == second+1 || end-second > 4 {
		return 0, 0, false
	}
	if end < len(text) && (class[text[end]] >= 0 || text[end] == '_' ||
		text[end] == '.' && digitsEnd(text, end+1) > end+1) {
		return 0, 0, false
	}
	return dot - 1, end, true
}

// escapedLetter says whether the letter at i belongs to an escape such as \n.
func escapedLetter(text string, i int) bool {
	return i > 0 && text[i-1] == '\\' && strings.IndexByte("nrt", text[i]) >= 0
}

func digitsEnd(text string, i int) int {
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return i
}

// saidByMail says whether a reply code (550 5.7.1), a label (Status: 5.1.1),
// Exchange's # or its words stand beside a code.
func saidByMail(text string, start, end int, kind byte) bool {
	before := plain(text[max(0, start-beside):start])
	tight := strings.TrimRight(before, " \t\r\n\"'`(-:;=+>|#")
	if len(tight) < len(before) && strings.HasSuffix(strings.TrimRight(before, " '\"`("), "#") {
		return true
	}
	if n := len(tight); n >= 3 && n < len(before) && tight[n-3] == kind && isNumber(tight[n-3:]) &&
		(n == 3 || class[tight[n-4]&0x7f] < 0) {
		return true
	}
	label := normal(tight)
	for _, w := range mailLabels {
		if strings.HasSuffix(label, w) {
			return true
		}
	}
	return near(text, start, end, mailCompany)
}

var (
	mailLabels = normalised("status", "status code", "dsn", "enhanced code", "enhanced status code", "smtp",
		"smtp error", "ndr", "bounce", "bounced with", "diagnostic code")
	mailCompany = normalised("smtp", "ndr", "non delivery report", "undeliverable", "mailer daemon",
		"delivery has failed", "couldn't be delivered", "could not be delivered",
		"protection outlook com", "prod outlook com", "remote server returned", "reporting mta", "final recipient",
		"bounce", "bounced", "postmaster")
)

// mailCause says what a code means in this text, or nothing. It is not sure
// of an ambiguous code that stands without any of the words.
func mailCause(code, text string, start, end int) (cause Cause, sure bool) {
	class, rest := code[:1], code[2:]
	c, ok := mailCodes[code]
	if !ok && class == "4" {
		c, ok = temporaryCodes[rest]
	}
	if !ok {
		c = mailFamily(code)
	}
	if len(c.words) == 0 {
		return c.cause, true
	}
	const after = 600
	window := normal(plain(text[max(0, start-beside):min(len(text), end+after)]))
	for _, w := range c.words {
		if containsAny(window, w.words) {
			return w.cause, true
		}
	}
	return c.cause, false
}

// mailFamily is for numbers that no table lists one by one.
func mailFamily(code string) mailCode {
	subject, detail, _ := strings.Cut(code[2:], ".")
	number := 0
	for _, d := range detail {
		number = number*10 + int(d-'0')
	}
	switch {
	case code[0] == '4':
		return mailCode{cause: CauseDeliveryDelayed, words: refusals}
	case subject == "4" && number >= 300 && number < 400:
		return mailCode{cause: CauseDeliveryDelayed}
	case subject == "7" && (number >= 500 && number < 800):
		return mailCode{cause: CauseSenderBlocked, words: refusals}
	case subject == "1" && number >= 300:
		return mailCode{cause: CauseRecipientUnknown}
	case subject == "7":
		return mailCode{cause: CauseRecipientRefused, words: refusals}
	}
	return mailCode{}
}
