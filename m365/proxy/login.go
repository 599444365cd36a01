package proxy

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// loginSchemes are what the system can answer, best first: Negotiate is Kerberos
// where the proxy has a name in the directory.
// https://www.rfc-editor.org/rfc/rfc4559
var loginSchemes = []string{"Negotiate", "NTLM"}

// startLogin begins a sign-in at the host of a proxy, as the user who is signed
// in to this computer.
type startLogin func(scheme, host string) (login, error)

// login answers a proxy's challenges over one connection.
type login interface {
	// next returns the token that answers a challenge; the first has no challenge.
	next(challenge []byte) ([]byte, error)
	close()
}

// maxLegs is how often a proxy can ask in one sign-in. NTLM asks once, Kerberos
// not at all; with both inside Negotiate it is a few times.
const maxLegs = 5

// errNotAccepted means that the proxy did not take the credentials.
var errNotAccepted = errors.New("the proxy did not accept the user who is signed in to this computer")

// signIn makes one sign-in over the link, and returns nil once the tunnel is open.
func (l *link) signIn(scheme string, start startLogin) error {
	session, err := start(scheme, l.way.Hostname())
	if err != nil {
		return err
	}
	defer session.close()
	var challenge []byte
	for range maxLegs {
		token, err := session.next(challenge)
		if err != nil {
			return err
		}
		r, err := l.ask(scheme + " " + base64.StdEncoding.EncodeToString(token))
		switch {
		case err != nil:
			return err
		case r.open():
			return nil
		case r.status != http.StatusProxyAuthRequired:
			return r.refusal(l.way)
		}
		if challenge = r.challenge(scheme); challenge == nil {
			return errNotAccepted
		}
		if !l.reusable {
			return errors.New("the proxy closed the connection in the middle of the sign-in")
		}
	}
	return errors.New("the proxy asks again and again")
}

// quoted matches the quoted value of a parameter, in which a comma separates nothing.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// maxWants is how many schemes of a proxy are named.
const maxWants = 10

// wants lists the schemes that the proxy offers, as it writes them.
func (r reply) wants() []string {
	var all []string
	for _, line := range r.header.Values("Proxy-Authenticate") {
		// Commas separate both schemes and their parameters
		// (https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1); only a
		// parameter has an equals sign in its first word.
		for part := range strings.SplitSeq(quoted.ReplaceAllString(line, ""), ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			if schemeName.MatchString(name) && !slices.Contains(all, name) && len(all) < maxWants {
				all = append(all, name)
			}
		}
	}
	return all
}

// schemeName matches the name of an authentication scheme.
var schemeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,19}$`)

func (r reply) offers(scheme string) bool {
	return slices.ContainsFunc(r.wants(), func(s string) bool { return strings.EqualFold(s, scheme) })
}

// challenge returns the token of the scheme's challenge, nil if there is none.
func (r reply) challenge(scheme string) []byte {
	for _, line := range r.header.Values("Proxy-Authenticate") {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.EqualFold(name, scheme) {
			continue
		}
		if token, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil && len(token) > 0 {
			return token
		}
	}
	return nil
}

func (r reply) refusal(way *url.URL) *Refusal {
	return &Refusal{Status: r.status, Proxy: way.Host, Wants: r.wants()}
}
