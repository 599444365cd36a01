package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// A token is public in part: none of it may hold a piece of the key that signs
// every other token.
func TestTokensDoNotShowTheSigningKey(t *testing.T) {
	tenant := New(Options{})
	token := tenant.sign(claims{Aud: "x"})
	var published [][]byte
	for _, part := range strings.Split(token, ".") {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		published = append(published, raw)
	}
	var head struct{ Kid, X5t, Nonce string }
	if err := json.Unmarshal(published[0], &head); err != nil || head.Kid == "" {
		t.Fatalf("%v: %s", err, published[0])
	}
	for _, text := range []string{head.Kid, head.X5t, head.Nonce} {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		published = append(published, raw)
	}
	const piece = 4 // a chance hit has odds of one in millions
	for i := range len(tenant.key) - piece + 1 {
		for _, p := range published {
			if bytes.Contains(p, tenant.key[i:i+piece]) {
				t.Fatalf("bytes %d to %d of the key are published", i, i+piece)
			}
		}
	}
	if other := New(Options{}); other.keyID() == tenant.keyID() {
		t.Error("two tenants' keys have one ID")
	}
	if _, genuine := tenant.read(token); !genuine {
		t.Error("the tenant does not know its own token")
	}
}
