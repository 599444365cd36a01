// Package transfer writes and reads the encrypted file that carries profiles to another machine.
//
// It is a package of its own because the file has its own format: age
// (https://age-encryption.org/v1) with JSON inside that contains the store's
// records. The store handles no files, and the command line no encryption.
package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"palmail/charset"
	"palmail/secret"
	"palmail/store"
)

// MaxFile is the largest size of a file and of its content, in bytes: about 200
// of the largest records, or thousands of typical ones.
const MaxFile = 16 << 20

// MinPassphrase is the least length of a passphrase, in bytes. Unlike a login,
// a copied file can be attacked without any limit on attempts.
const MinPassphrase = 12

// Work is the scrypt work factor, as a power of two: age's default, which takes
// about a second and 256 MiB.
const Work = 18

// maxWork is the largest work factor that a file can request, four times Work: it
// is used before anything in the file is authenticated.
var maxWork = 20

// The errors of this package, for errors.Is.
var (
	// ErrNotOurs: it is not an age file, or its content is not palmail's.
	ErrNotOurs = errors.New("this is not a file of palmail export")
	// ErrDamaged: it is incomplete or was changed.
	ErrDamaged = errors.New("the file is damaged")
	// ErrNewer: a newer palmail wrote it.
	ErrNewer = errors.New("the file was written by a newer palmail")
	// ErrWrongKey: the passphrase or the key does not fit.
	ErrWrongKey = errors.New("the passphrase or key does not fit this file")
	// ErrWrongKind: a passphrase was given for a file that was encrypted to a key, or the reverse.
	ErrWrongKind = errors.New("this file was not encrypted that way")
	// ErrTooMuchWork: its work factor is larger than that of a palmail file.
	ErrTooMuchWork = errors.New("the file asks for more memory than palmail gives it")
)

// Profile is a setup with its name.
type Profile struct {
	Name  string
	Setup store.Setup
}

// schema is the version of the file's content.
const schema = 1

// content is the encrypted JSON. Unlike the store's, its keys can be long.
type content struct {
	Palmail  string         `json:"palmail"` // always kind
	Version  int            `json:"version"`
	Written  string         `json:"written"` // RFC 3339, UTC
	Profiles []profileEntry `json:"profiles"`
}

const contentKind = "profiles"

type profileEntry struct {
	Name   string          `json:"name"`
	Record json.RawMessage `json:"record"`
}

// Lock holds the recipients that a file is encrypted to.
type Lock struct{ recipients []age.Recipient }

// Passphrase returns a Lock with a passphrase and a scrypt work factor.
func Passphrase(phrase secret.Value, work int) (Lock, error) {
	if n := len(phrase.Reveal()); n < MinPassphrase {
		return Lock{},
			fmt.Errorf("the passphrase has %d characters: it needs at least %d, since the file holds secrets", n,
				MinPassphrase)
	}
	r, err := age.NewScryptRecipient(phrase.Reveal())
	if err != nil {
		return Lock{}, errors.New("the passphrase cannot be used")
	}
	r.SetWorkFactor(work)
	return Lock{[]age.Recipient{r}}, nil
}

// Recipients returns a Lock for age recipients, each "age1…".
func Recipients(names []string) (Lock, error) {
	var l Lock
	for _, name := range names {
		to, err := age.ParseRecipients(strings.NewReader(name))
		if err != nil || len(to) != 1 {
			return Lock{}, fmt.Errorf("%q is not an age recipient: they begin with age1", name)
		}
		l.recipients = append(l.recipients, to[0])
	}
	return l, nil
}

// Key opens a file.
type Key struct {
	identities   []age.Identity
	byPassphrase bool
}

// PassphraseKey returns the Key for a file that Passphrase locked.
func PassphraseKey(phrase secret.Value) (Key, error) {
	i, err := age.NewScryptIdentity(phrase.Reveal())
	if err != nil {
		return Key{}, errors.New("the passphrase is empty")
	}
	i.SetMaxWorkFactor(maxWork)
	return Key{[]age.Identity{i}, true}, nil
}

// IdentityKey returns the Key in the text of an age key file. Its error does not
// quote the text.
func IdentityKey(file []byte) (Key, error) {
	with, err := age.ParseIdentities(strings.NewReader(charset.Decode(file)))
	if err != nil {
		return Key{}, errors.New("not an age key file: its lines begin with AGE-SECRET-KEY-")
	}
	return Key{identities: with}, nil
}

// Seal returns the profiles as an armored file. Anyone who can open it can read
// every secret in it.
func Seal(profiles []Profile, l Lock, now time.Time) ([]byte, error) {
	c := content{Palmail: contentKind, Version: schema, Written: now.UTC().Format(time.RFC3339)}
	for _, p := range profiles {
		record, err := store.EncodeProfile(&p.Setup)
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", p.Name, err)
		}
		c.Profiles = append(c.Profiles, profileEntry{p.Name, record})
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("writing the file: %w", err)
	}
	if len(text) > MaxFile/2 { // base64 and age add less than half of that
		return nil, fmt.Errorf("%d profiles are too many for one file", len(profiles))
	}
	var file bytes.Buffer
	outer := armor.NewWriter(&file)
	inner, err := age.Encrypt(outer, l.recipients...)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	_, err = inner.Write(text)
	if err = errors.Join(err, inner.Close(), outer.Close()); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return file.Bytes(), nil
}

// Open decrypts a file, armored or not. It returns nothing unless all of it is valid.
func Open(file []byte, k Key) ([]Profile, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrNotOurs, MaxFile)
	}
	text, err := decrypt(file, k)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

const (
	armorHeader  = armor.Header
	ageHeader    = "age-encryption.org/"
	scryptStanza = "-> scrypt "
)

func decrypt(file []byte, k Key) ([]byte, error) {
	// PowerShell 5.1 writes UTF-16 where an armored file is redirected.
	if start := strings.TrimLeft(charset.Decode(file), " \t\r\n"); strings.HasPrefix(start, armorHeader) {
		data, err := io.ReadAll(armor.NewReader(strings.NewReader(start)))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		file = data
	}
	if !bytes.HasPrefix(file, []byte(ageHeader)) {
		return nil, ErrNotOurs
	}
	_, rest, _ := bytes.Cut(file, []byte("\n"))
	if bytes.HasPrefix(rest, []byte(scryptStanza)) != k.byPassphrase {
		if k.byPassphrase {
			return nil, fmt.Errorf("%w: it was encrypted to a key, not with a passphrase", ErrWrongKind)
		}
		return nil, fmt.Errorf("%w: it was encrypted with a passphrase, not to a key", ErrWrongKind)
	}
	in, err := age.Decrypt(bytes.NewReader(file), k.identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, ErrWrongKey
	case err != nil && strings.Contains(err.Error(), "work factor too large"):
		return nil, ErrTooMuchWork // age has no error value for this
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	text, err := io.ReadAll(in) // no longer than the file
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return text, nil
}

// parse reads the content. Its errors do not quote it.
func parse(text []byte) ([]Profile, error) {
	var head struct {
		Palmail string `json:"palmail"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Palmail != contentKind {
		return nil, ErrNotOurs
	}
	if head.Version > schema {
		return nil, fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, head.Version, schema)
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil || c.Version != schema || len(c.Profiles) == 0 {
		return nil, fmt.Errorf("%w: its content cannot be read", ErrDamaged)
	}
	var all []Profile
	seen := map[string]bool{}
	for _, e := range c.Profiles {
		if err := store.ValidProfile(e.Name); err != nil || seen[e.Name] {
			return nil, fmt.Errorf("%w: a profile's name is not one, or is there twice", ErrDamaged)
		}
		seen[e.Name] = true
		x, err := store.DecodeProfile(e.Record)
		switch {
		case errors.Is(err, store.ErrNewer):
			return nil, fmt.Errorf("%w: profile %s", ErrNewer, e.Name)
		case err != nil:
			return nil, fmt.Errorf("%w: profile %s", ErrDamaged, e.Name)
		}
		all = append(all, Profile{e.Name, x})
	}
	return all, nil
}
