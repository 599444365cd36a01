package steps

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"palmail/m365"
)

// guidLength is the length of an ID as the portal shows it.
const guidLength = 36

func wrong(format string, a ...any) Verdict {
	return Verdict{State: Wrong, Text: fmt.Sprintf(format, a...)}
}
func unknown(format string, a ...any) Verdict {
	return Verdict{State: Unknown, Text: fmt.Sprintf(format, a...)}
}
func warn(format string, a ...any) Verdict {
	return Verdict{State: Warn, Text: fmt.Sprintf(format, a...)}
}
func right(format string, a ...any) Verdict {
	return Verdict{State: Right, Text: fmt.Sprintf(format, a...)}
}

// addressShape judges a mail address.
func addressShape(text string, _ Answers) Verdict {
	local, domain, at := strings.Cut(text, "@")
	switch {
	case strings.ContainsAny(text, " ,;"):
		return wrong("One address, without spaces or commas.")
	case strings.Count(text, "@") > 1:
		return wrong("An address has one @.")
	case at && local == "":
		return wrong("The part before the @ is missing.")
	case len(text) > 254:
		return wrong("An address has at most 254 characters.")
	case !at || domain == "":
		return unknown("An address looks like noreply@agency.gov.")
	case strings.HasPrefix(domain, ".") || strings.Contains(domain, ".."):
		return wrong("The domain after the @ is not written right.")
	case !strings.Contains(domain, ".") || strings.HasSuffix(domain, "."):
		return unknown("The domain is not complete, such as agency.gov.")
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || a.Name != "" {
		return wrong("This is not a mail address. It looks like noreply@agency.gov.")
	}
	if !domainName(domain) {
		return wrong("The domain after the @ is not written right.")
	}
	return Verdict{State: Right}
}

// domainName says whether s is a DNS name; names in other scripts are allowed.
func domainName(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r < 0x80 && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}

// forbiddenInRedirect are characters that Microsoft refuses in a redirect URI
// (https://learn.microsoft.com/entra/identity-platform/reply-url).
const forbiddenInRedirect = "!$'(),;"

// parsePALURL returns PAL's Application Admin URL in the form that is kept:
// with its path, without a trailing slash or the connector's page.
func parsePALURL(text string) (string, error) {
	u, err := url.Parse(tidyPALURL(text))
	switch {
	case err != nil || u.Host == "":
		return "", errors.New("an address looks like https://pal.agency.gov/app")
	case u.Scheme != "https":
		return "", errors.New("the address must begin with https:// since Microsoft takes no other")
	case u.User != nil:
		return "", errors.New("leave out the user name in front of the @")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("leave out everything from the ? or # on")
	case !domainName(u.Hostname()) && u.Hostname() != "localhost":
		return "", errors.New("the host name is not complete or not written right")
	}
	kept := u.String()
	if i := strings.IndexAny(kept, forbiddenInRedirect); i >= 0 {
		return "", fmt.Errorf("a redirect URI may not contain %c at Microsoft", kept[i])
	}
	if len(m365.RedirectURI(kept)) > 256 {
		return "", errors.New("the redirect URI made of it would be longer than the 256 characters Microsoft takes")
	}
	return kept, nil
}

// tidyPALURL makes of what people paste the address that they mean.
func tidyPALURL(text string) string {
	t := strings.TrimRight(text, "/")
	if low := strings.ToLower(t); strings.HasSuffix(low, "/connectors/smtp.aspx") {
		t = t[:len(t)-len("/connectors/smtp.aspx")]
	}
	if !strings.Contains(t, "://") && strings.Contains(t, ".") {
		t = "https://" + t
	}
	return strings.TrimRight(t, "/")
}

func palURLShape(text string, _ Answers) Verdict {
	if !strings.Contains(text, ".") && !strings.Contains(text, " ") {
		return unknown("An address looks like https://pal.agency.gov/app.")
	}
	if strings.Contains(text, " ") {
		return wrong("An address has no spaces.")
	}
	if _, err := parsePALURL(text); err != nil {
		if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "-") {
			return unknown("%s.", sentence(err))
		}
		return wrong("%s.", sentence(err))
	}
	return Verdict{State: Right}
}

// sentence returns err with a capital, for the screen.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// tidyGUID returns the ID inside decorated text in its usual form.
func tidyGUID(text string) string {
	if id, ok := m365.ParseGUID(text); ok {
		return id
	}
	return text
}

// guidShape judges an ID that the portal calls name.
func guidShape(name string) func(string, Answers) Verdict {
	return func(text string, _ Answers) Verdict {
		if _, ok := m365.ParseGUID(text); ok {
			return Verdict{State: Right}
		}
		switch {
		case m365.LooksLikeSecret(text):
			return wrong("This looks like a secret's Value. Here goes the %s.", name)
		case strings.Contains(text, "://"):
			return wrong("This is an address. Here goes the %s, from the app's Overview.", name)
		case strings.Contains(text, "@"):
			return wrong("This is a mail address. Here goes the %s.", name)
		}
		for i, r := range text {
			dash := i == 8 || i == 13 || i == 18 || i == 23
			if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
				return wrong("This is not an ID. It looks like 1b2c3d4e-1111-2222-3333-444455556666.")
			}
		}
		if len(text) > guidLength {
			return wrong("An ID has %d characters; this has %d.", guidLength, len(text))
		}
		return unknown("An ID has %d characters; this has %d. Was its end lost in copying?", guidLength, len(text))
	}
}
