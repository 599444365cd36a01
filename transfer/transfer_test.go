package transfer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"palmail/secret"
	"palmail/store"
)

// quick is a work factor that takes a millisecond instead of a second.
const quick = 10

var (
	now    = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	phrase = secret.New("correct horse battery")
)

const value = "abc8Q~theValueOfASecretWithFortyLetters12"

func profiles() []Profile {
	x := store.Setup{
		Mailbox: "noreply@agency.gov", Cloud: "gcc-high", TenantID: "72f988bf-86f1-41af-91ab-2d7cd011db47",
		Organisation: "Behörde <\"日本\">",
		Secret: store.Secret{
			Value: secret.New(value), Description: "PAL mail 2026-11", Hint: "abc", Created: now,
			Expires: now.AddDate(0, 6, 0),
		},
		Revision: "of this keyring",
	}
	return []Profile{{"default", x}, {"Branch.2", store.Setup{Mailbox: "records@agency.gov"}}}
}

func same(t *testing.T, a, b []Profile) bool {
	t.Helper()
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, err := store.EncodeProfile(&a[i].Setup)
		y, err2 := store.EncodeProfile(&b[i].Setup)
		if err != nil || err2 != nil || a[i].Name != b[i].Name || !bytes.Equal(x, y) {
			return false
		}
	}
	return true
}

func passKey(t *testing.T, phrase secret.Value) Key {
	t.Helper()
	k, err := PassphraseKey(phrase)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t testing.TB, all []Profile) []byte {
	t.Helper()
	l, err := Passphrase(phrase, quick)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Seal(all, l, now)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPassphrase(t *testing.T) {
	file := sealed(t, profiles())
	if !bytes.HasPrefix(file, []byte("-----BEGIN AGE ENCRYPTED FILE-----\n")) ||
		bytes.Contains(file, []byte("agency")) {
		t.Errorf("not an armored file: %q", file[:60])
	}
	for _, part := range []string{value, base64.StdEncoding.EncodeToString([]byte(value))[:20]} {
		if bytes.Contains(file, []byte(part)) {
			t.Error("the secret is in the file")
		}
	}
	back, err := Open(file, passKey(t, phrase))
	if err != nil || !same(t, back, profiles()) || back[0].Setup.Secret.Value.Reveal() != value ||
		back[0].Setup.Revision != "" {
		t.Errorf("%v: %+v", err, back)
	}
	// As a mail program or Notepad may leave it.
	if back, err = Open([]byte("\r\n"+strings.ReplaceAll(string(file), "\n", "\r\n")+"\r\n"),
		passKey(t, phrase)); err != nil || len(back) != 2 {
		t.Errorf("with other line ends: %v", err)
	}
}

func TestRecipients(t *testing.T) {
	usual, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for recipient, identity := range map[string]string{
		usual.Recipient().String(): "# created: today\n# public key: " + usual.Recipient().String() + "\n" +
			usual.String() + "\n",
		hybrid.Recipient().String(): hybrid.String(),
	} {
		l, err := Recipients([]string{recipient})
		if err != nil {
			t.Fatal(err)
		}
		file, err := Seal(profiles(), l, now)
		if err != nil {
			t.Fatal(err)
		}
		k, err := IdentityKey([]byte(identity))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Open(file, k); err != nil || !same(t, back, profiles()) {
			t.Errorf("%v: %+v", err, back)
		}
		if _, err := Open(file, passKey(t, phrase)); !errors.Is(err, ErrWrongKind) {
			t.Errorf("with a passphrase: %v", err)
		}
		if _, err := Open(sealed(t, profiles()), k); !errors.Is(err, ErrWrongKind) {
			t.Errorf("a file with a passphrase: %v", err)
		}
		other, _ := age.GenerateX25519Identity()
		k, _ = IdentityKey([]byte(other.String()))
		if _, err := Open(file, k); !errors.Is(err, ErrWrongKey) {
			t.Errorf("with another key: %v", err)
		}
	}
}

func TestRefusedKeys(t *testing.T) {
	if _, err := Passphrase(secret.New("short"), quick); err == nil || strings.Contains(err.Error(), "short\"") {
		t.Errorf("a short passphrase: %v", err)
	}
	if _, err := PassphraseKey(secret.Value{}); err == nil {
		t.Error("an empty passphrase opens")
	}
	for _, name := range []string{
		"", "age1", "agency", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8x", "# comment",
		"AGE-SECRET-KEY-1",
	} {
		if _, err := Recipients([]string{name}); err == nil {
			t.Errorf("%q is a recipient", name)
		}
	}
	for _, text := range []string{
		"", "hello", "AGE-SECRET-KEY-1QQQQ", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
	} {
		if _, err := IdentityKey([]byte(text)); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the key %q: %v", text, err)
		}
	}
}

// around encrypts any content as Seal does.
func around(t testing.TB, text string) []byte {
	t.Helper()
	l, err := Passphrase(phrase, quick)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := armor.NewWriter(&b)
	w, err := age.Encrypt(a, l.recipients...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, text)
	if err := errors.Join(err, w.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRefusedContent(t *testing.T) {
	const one = `{"name":"a","record":{"v":1,"r":"x"}}`
	for text, kind := range map[string]error{
		"":                       ErrNotOurs,
		"hello":                  ErrNotOurs,
		`{"palmail":"other"}`:    ErrNotOurs,
		`{"palmail":"profiles"}`: ErrDamaged,
		`{"palmail":"profiles"`:  ErrNotOurs,
		`{"palmail":"profiles","version":2,"profiles":"in another way"}`: ErrNewer,
		`{"palmail":"profiles","version":1,"profiles":[]}`:               ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[{}]}`:             ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[` + one + `,` + one +
			`]}`: ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[{"name":"../a","record":{"v":1,"r":"x"}}]}`: ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[` + one +
			`,{"name":"b","record":{"v":9,"r":"x"}}]}`: ErrNewer,
		`{"palmail":"profiles","version":1,"profiles":[` + one +
			`,{"name":"b","record":{"v":1,"r":"x","m":7}}]}`: ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[` + one + `,{"name":"b","record":"` + value +
			`"}]}`: ErrDamaged,
		`{"palmail":"profiles","version":1,"profiles":[` + one + `,{"name":"b","record":{"v":1,"r":"x","` + value +
			`":1}}]}`: ErrNewer,
	} {
		all, err := Open(around(t, text), passKey(t, phrase))
		if !errors.Is(err, kind) || all != nil {
			t.Errorf("%s: %v and %d profiles", text, err, len(all))
		}
		if strings.Contains(err.Error(), value[4:]) {
			t.Errorf("the error repeats the content: %v", err)
		}
	}
}

// After any change or cut, nothing is returned.
func TestDamaged(t *testing.T) {
	file := sealed(t, profiles())
	key := passKey(t, phrase)
	for cut := 0; cut < len(file)-len("\n"); cut += 7 {
		if all, err := Open(file[:cut], key); err == nil || all != nil {
			t.Errorf("%d of %d bytes were read", cut, len(file))
		}
	}
	binary, err := io.ReadAll(armor.NewReader(bytes.NewReader(file)))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := Open(binary, key); err != nil || len(all) != 2 {
		t.Fatalf("without armor: %v", err)
	}
	for at := 0; at < len(binary); at += 5 {
		changed := bytes.Clone(binary)
		changed[at] ^= 1
		if all, err := Open(changed, key); err == nil || all != nil {
			t.Errorf("with byte %d changed it was read", at)
		}
	}
	if _, err := Open(append(bytes.Clone(binary), 'x'), key); !errors.Is(err, ErrDamaged) {
		t.Errorf("with a byte more: %v", err)
	}
	if _, err := Open(file, passKey(t, secret.New("incorrect horse battery"))); !errors.Is(err, ErrWrongKey) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := Open(make([]byte, MaxFile+1), key); !errors.Is(err, ErrNotOurs) {
		t.Errorf("a huge file: %v", err)
	}
}

// A file cannot make palmail use a lot of memory before it is authenticated.
func TestTooMuchWork(t *testing.T) {
	file := []byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA " +
		"30\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
	if _, err := Open(file, passKey(t, phrase)); !errors.Is(err, ErrTooMuchWork) {
		t.Error(err)
	}
}

// A file as the first version wrote it is read by every later one.
func TestFirstVersion(t *testing.T) {
	all, err := Open(around(t,
		`{"palmail":"profiles","version":1,"written":"2026-11-23T10:00:00Z",`+
			`"profiles":[{"name":"default","record":{`+
			`"v":1,"r":"carried","m":"a@b.c","s":{"v":"`+value+`"}}}]}`), passKey(t, phrase))
	if err != nil || len(all) != 1 || all[0].Setup.Mailbox != "a@b.c" || all[0].Setup.Secret.Value.Reveal() != value {
		t.Errorf("%v: %+v", err, all)
	}
}

func FuzzOpen(f *testing.F) {
	file := sealed(f, profiles())
	f.Add(file)
	binary, err := io.ReadAll(armor.NewReader(bytes.NewReader(file)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(binary)
	maxWork = 10
	key, err := PassphraseKey(phrase)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := Open(file, key)
		if (err == nil) == (all == nil) {
			t.Errorf("%d profiles and %v", len(all), err)
		}
	})
}

// The content is checked strictly, even if its author knows the passphrase.
func FuzzContent(f *testing.F) {
	record, err := store.EncodeProfile(&profiles()[0].Setup)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(content{contentKind, schema, "2026-11-23T10:00:00Z", []profileEntry{{"default", record}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parse(text)
		if (err == nil) == (all == nil) {
			t.Errorf("%d profiles and %v", len(all), err)
		}
		for _, p := range all {
			if store.ValidProfile(p.Name) != nil {
				t.Errorf("the profile %q", p.Name)
			}
		}
	})
}
