// Package secret is the type of a client secret or token: it cannot be printed by accident.
//
// It is a package of its own because the record, the wire, the steps and the
// screens all hold secrets, and must not import each other for that.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const redacted = "[secret]"

// Value holds a secret. The zero Value is no secret. It prints as [secret]
// through fmt, log/slog and encoding/json, also as a field of another struct.
// Only Reveal returns the text.
type Value struct {
	// A pointer, because fmt prints unexported fields of a struct without calling
	// their methods, but does not follow pointers there.
	text *string
}

// New returns a Value that holds text; an empty text is no secret.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: &text}
}

// Reveal returns the secret's text, for the wire, the keyring and the hand-off only.
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

// Hint returns the first three characters, which Microsoft also shows to tell
// secrets apart (passwordCredential.hint,
// https://learn.microsoft.com/graph/api/resources/passwordcredential).
// A secret of fewer than 16 characters, the documented minimum, gives none.
func (v Value) Hint() string {
	if len(v.Reveal()) < 16 {
		return ""
	}
	return v.Reveal()[:3]
}

// String returns [secret].
func (v Value) String() string { return redacted }

// GoString returns [secret].
func (v Value) GoString() string { return redacted }

// Format writes [secret] for every verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns [secret]; the store calls Reveal instead.
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns [secret].
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }
