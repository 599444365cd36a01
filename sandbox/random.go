package sandbox

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
)

// newRandom returns where ids, secrets and keys come from: the system's
// source, or for a seed other than 0 the same bytes on every run.
func newRandom(seed uint64) io.Reader {
	if seed == 0 {
		return cryptorand.Reader
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// bytes returns n random bytes. t.mu is held.
func (t *Tenant) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(t.random, b); err != nil {
		// Neither source can fail: crypto/rand ends the program itself.
		panic(fmt.Sprintf("sandbox: no random bytes: %v", err))
	}
	return b
}

// guid returns a version 4 GUID. t.mu is held.
func (t *Tenant) guid() string {
	b := t.bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const (
	secretFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	secretMore  = secretFirst + "_~."
	secretRest  = secretMore + "-"
)

// secretValue returns a client secret in the shape Microsoft gives them today:
// 40 characters, a digit, "Q" and "~" after the first three. One in four begins
// with a character that is easily lost when it is copied. t.mu is held.
func (t *Tenant) secretValue() string {
	r := t.bytes(40)
	pick := func(set string, b byte) byte { return set[int(b)%len(set)] }
	v := make([]byte, 40)
	for i := range v {
		switch {
		case i == 0 && r[39]%4 == 0:
			v[i] = pick("_~.", r[i])
		case i == 0:
			v[i] = pick(secretFirst, r[i])
		case i < 3:
			v[i] = pick(secretMore, r[i])
		case i == 3:
			v[i] = '8'
		case i == 4:
			v[i] = 'Q'
		case i == 5:
			v[i] = '~'
		default:
			v[i] = pick(secretRest, r[i])
		}
	}
	return string(v)
}
