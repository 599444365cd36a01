package proxytest

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// wrapping stands for SPNEGO (RFC 4178), whose first byte it is.
var wrapping = []byte{0x60}

// signature begins every message of NTLM, before its type.
// https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/907f519d-6217-45b1-b421-dca10fc8af0d
const signature = "NTLMSSP\x00"

// The types of NTLM's messages.
const (
	negotiateMessage = 1 + iota
	challengeMessage
	authenticateMessage
)

const nonceLength = 8

func message(kind uint32, payload []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(signature), kind), payload...)
}

func read(token []byte, kind uint32) (payload []byte, ok bool) {
	return bytes.CutPrefix(token, message(kind, nil))
}

// ticket stands for a Kerberos ticket for HTTP/host.
func ticket(host string) []byte { return append(bytes.Clone(wrapping), "ticket for HTTP/"+host...) }

func proof(key string, nonce []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(nonce)
	return mac.Sum(nil)
}

// ntlm takes a message of NTLM. The challenge is good for this connection only,
// and once.
func (s *session) ntlm(token []byte) (granted bool, challenge []byte) {
	if _, ok := read(token, negotiateMessage); ok {
		s.nonce = make([]byte, nonceLength)
		_, _ = rand.Read(s.nonce)
		return false, message(challengeMessage, s.nonce)
	}
	answer, ok := read(token, authenticateMessage)
	nonce := s.nonce
	s.nonce = nil
	return ok && nonce != nil && hmac.Equal(answer, proof(Key, nonce)), nil
}

// Key is what the proxy and its user know of each other.
const Key = "the signed-in user's key"

// Client makes the tokens of a user, as the system's security service does.
type Client struct {
	Scheme   string // Negotiate or NTLM
	Host     string // of the proxy, without its port
	Key      string // Key, or a wrong one
	Kerberos bool   // Negotiate takes a ticket
}

// Token answers a challenge; the first has none.
func (c Client) Token(challenge []byte) ([]byte, error) {
	if c.Scheme == "Negotiate" && c.Kerberos {
		if challenge != nil {
			return nil, errors.New("a ticket was not enough")
		}
		return ticket(c.Host), nil
	}
	prefix := []byte(nil)
	if c.Scheme == "Negotiate" {
		prefix = wrapping
	}
	if challenge == nil {
		return append(bytes.Clone(prefix), message(negotiateMessage, nil)...), nil
	}
	nonce, ok := read(bytes.TrimPrefix(challenge, prefix), challengeMessage)
	if !ok || len(nonce) != nonceLength {
		return nil, errors.New("that is no challenge")
	}
	return append(bytes.Clone(prefix), message(authenticateMessage, proof(c.Key, nonce))...), nil
}
