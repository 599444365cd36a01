// Package secret is the type of a client secret or token: it cannot be printed by accident.
//
// It is a room of its own because the record, the wire, the steps and the
// screens all hold secrets, and none of them may import another for it.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const shown = "[secret]"

// Value holds a secret. The zero Value is no secret. It prints as [secret]
// through fmt, log/slog and encoding/json, also as a field of another struct;
// Reveal is the one way out.
type Value struct {
	// A pointer, because fmt prints what an unexported field of somebody
	// else's struct holds without asking for its methods, but stops at a pointer.
	text *string
}

// New wraps text; the empty text is no secret.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: &text}
}

// Reveal returns the secret itself: for the wire, the keyring and the hand-off only.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsZero says whether there is no secret.
func (v Value) IsZero() bool { return v.text == nil }

// Equal compares in constant time.
func (v Value) Equal(o Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(o.Reveal())) == 1
}

// Hint returns the first three characters, which Microsoft itself shows beside
// a secret so that it can be told from others (passwordCredential.hint,
// https://learn.microsoft.com/graph/api/resources/passwordcredential).
// A secret of fewer than 16 characters, the documented minimum, gives none.
func (v Value) Hint() string {
	if len(v.Reveal()) < 16 {
		return ""
	}
	return v.Reveal()[:3]
}

// String returns [secret].
func (v Value) String() string { return shown }

// GoString returns [secret].
func (v Value) GoString() string { return shown }

// Format writes [secret] whatever the verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(shown)) }

// MarshalText returns [secret]; the store reveals on purpose.
func (v Value) MarshalText() ([]byte, error) { return []byte(shown), nil }

// LogValue returns [secret].
func (v Value) LogValue() slog.Value { return slog.StringValue(shown) }
