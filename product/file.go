package product

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"palmail/clean"
)

// schema is the version of the product file that this palmail reads.
const schema = 1

// MaxFile is the largest product file that is read, in bytes.
const MaxFile = 16 << 10

// The longest texts of a file, in characters, and the most of each list.
const (
	maxName      = 24
	maxPurpose   = 60
	maxLabel     = 40
	maxPath      = 128
	maxWords     = 300
	maxSettings  = 6
	maxFields    = 5
	maxCanonical = 1900 // bytes of Encode, which is kept beside the record; Windows takes 2,560
)

// file is a product file. A key that is not named here is refused.
type file struct {
	Version      int         `json:"version"`
	Name         string      `json:"name"`
	Purpose      string      `json:"purpose,omitempty"`
	AppName      string      `json:"app_name,omitempty"`
	AddressLabel string      `json:"address_label,omitempty"`
	RedirectPath string      `json:"redirect_path,omitempty"`
	Settings     []string    `json:"settings"`
	Switch       string      `json:"switch,omitempty"`
	Fields       []fileField `json:"fields"`
	SendsAs      string      `json:"sends_as,omitempty"`
	Words        string      `json:"words,omitempty"`
}

type fileField struct {
	Label string `json:"label,omitempty"`
	Value Value  `json:"value"`
}

// The values of sends_as.
const (
	sendsAsOne  = "one-mailbox"
	sendsAsMany = "many-mailboxes"
)

// Parse reads a product file: JSON with the keys of file, of which version, name, settings and fields are needed. Its
// errors name the key and can be shown to the administrator. A file has no key for a host, a permission or a command.
func Parse(data []byte) (Product, error) {
	if len(data) > MaxFile {
		return Product{}, fmt.Errorf("the file is larger than %d KB", MaxFile>>10)
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Product{}, fmt.Errorf("not a product file: %s", clean.Line(err.Error()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Product{}, errors.New("not a product file: there is more after its end")
	}
	if f.Version != schema {
		return Product{}, fmt.Errorf(`"version" must be %d`, schema)
	}
	p, err := f.product()
	if err != nil {
		return Product{}, err
	}
	if len(Encode(p)) > maxCanonical {
		return Product{}, fmt.Errorf("the texts are too long: %d bytes in all, of %d", len(Encode(p)), maxCanonical)
	}
	return p, nil
}

func (f *file) product() (Product, error) {
	p := Product{AddressExample: exampleAddress, ManyMailboxes: f.SendsAs == sendsAsMany}
	for _, t := range []struct {
		key, text string
		to        *string
		limit     int
		needed    bool
	}{
		{"name", f.Name, &p.Name, maxName, true}, {"purpose", f.Purpose, &p.Purpose, maxPurpose, false},
		{"app_name", f.AppName, &p.AppName, maxLabel, false},
		{"address_label", f.AddressLabel, &p.AddressLabel, maxLabel, false},
		{"switch", f.Switch, &p.Switch, 2 * maxLabel, false}, {"words", f.Words, &p.Words, maxWords, false},
	} {
		text, err := checkText(t.key, t.text, t.limit, t.needed)
		if err != nil {
			return p, err
		}
		*t.to = text
	}
	if p.AppName == "" {
		p.AppName = p.Name + " mail"
	}
	if p.AddressLabel == "" {
		p.AddressLabel = unknownAddress
	}
	if f.SendsAs != "" && f.SendsAs != sendsAsOne && f.SendsAs != sendsAsMany {
		return p, fmt.Errorf(`"sends_as" is %q or %q`, sendsAsOne, sendsAsMany)
	}
	if err := checkPath(f.RedirectPath); err != nil {
		return p, err
	}
	p.RedirectPath = f.RedirectPath
	if n := len(f.Settings); n == 0 || n > maxSettings {
		return p, fmt.Errorf(`"settings" must have 1 to %d names, from the menu to the form`, maxSettings)
	}
	for _, s := range f.Settings {
		text, err := checkText("settings", s, maxLabel, true)
		if err != nil {
			return p, err
		}
		p.Settings = append(p.Settings, text)
	}
	fields, err := f.fields()
	p.Fields = fields
	if err == nil && !p.ManyMailboxes && !p.Has(Mailbox) {
		err = fmt.Errorf(`"fields" has none for %q, which a product that sends as one mailbox needs`, Mailbox)
	}
	return p, err
}

func (f *file) fields() ([]Field, error) {
	if len(f.Fields) > maxFields {
		return nil, fmt.Errorf(`"fields" must have at most %d entries`, maxFields)
	}
	seen := map[Value]bool{}
	var fields []Field
	for _, x := range f.Fields {
		if _, known := descriptions[x.Value]; !known {
			return nil, fmt.Errorf(`"value" of a field is client-id, tenant-id, mailbox, secret or secret-end`)
		}
		if seen[x.Value] {
			return nil, fmt.Errorf(`"fields" has two for %q`, x.Value)
		}
		seen[x.Value] = true
		label, err := checkText("label", x.Label, maxLabel, false)
		if err != nil {
			return nil, err
		}
		fields = append(fields, Field{label, x.Value})
	}
	for _, v := range []Value{ClientID, TenantID, Secret} {
		if !seen[v] {
			return nil, fmt.Errorf(`"fields" has none for %q`, v)
		}
	}
	return fields, nil
}

// checkText cleans a text and refuses an address to open, a mail address, and the characters that palmail's own texts
// use for emphasis and blanks, so that a file cannot pose as palmail.
func checkText(key, text string, limit int, needed bool) (string, error) {
	text = clean.Line(text)
	switch {
	case text == "" && needed:
		return "", fmt.Errorf("%q is missing or empty", key)
	case !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError):
		return "", fmt.Errorf("%q is not valid UTF-8", key)
	case utf8.RuneCountInString(text) > limit:
		return "", fmt.Errorf("%q has more than %d characters", key, limit)
	case strings.ContainsAny(text, "{}*`<>@\\"):
		return "", fmt.Errorf("%q must not contain any of { } * ` < > @ \\", key)
	case strings.Contains(text, "://") || strings.Contains(strings.ToLower(text), "www."):
		return "", fmt.Errorf("%q must not contain a web address", key)
	}
	return text, nil
}

// checkPath accepts a path below the host that the admin types, and nothing that could leave it.
func checkPath(path string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
	switch {
	case path == "":
		return nil
	case !strings.HasPrefix(path, "/"):
		return errors.New(`"redirect_path" must begin with /: the host is always that of the address you enter`)
	case strings.Trim(path, letters) != "":
		return errors.New(`"redirect_path" can have letters, digits and - . _ ~ / only`)
	case strings.Contains(path, "//") || strings.Contains(path, ".."):
		return errors.New(`"redirect_path" must contain neither .. nor //`)
	case len(path) > maxPath:
		return fmt.Errorf(`"redirect_path" has more than %d characters`, maxPath)
	}
	return nil
}

// Encode returns a product as a product file in its shortest form.
func Encode(p Product) []byte {
	f := file{
		Version: schema, Name: p.Name, Purpose: p.Purpose, AppName: p.AppName, AddressLabel: p.AddressLabel,
		RedirectPath: p.RedirectPath, Settings: p.Settings, Switch: p.Switch, Words: p.Words,
	}
	if p.ManyMailboxes {
		f.SendsAs = sendsAsMany
	}
	for _, x := range p.Fields {
		f.Fields = append(f.Fields, fileField{x.Label, x.Holds})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		panic("product: strings and numbers cannot fail to encode: " + err.Error())
	}
	return bytes.TrimSpace(b.Bytes())
}

// fileMark begins what a record calls a product of a file; its name follows.
const fileMark = "="

// RecordName is what a record stores for the product: "" for the default one, an ID, or the marked name of a product
// that a file describes.
func (p Product) RecordName() string {
	switch p.ID {
	case DefaultID:
		return ""
	case "":
		return fileMark + p.Name
	}
	return p.ID
}

// Stored returns the product that a record names. kept is the copy of the product file, nil for a built-in product. It
// does not fail: when the copy is lost, the name is still known, and descriptions stand for the labels.
func Stored(recordName string, kept []byte) Product {
	if p, found := Named(recordName); found {
		return p
	}
	name, ofFile := strings.CutPrefix(recordName, fileMark)
	if recordName == "" {
		return Default()
	}
	if p, err := Parse(kept); err == nil && ofFile {
		return p
	}
	if text, err := checkText("name", name, maxName, true); err == nil {
		name = text
	} else {
		name = "The product"
	}
	return Product{
		Name: name, AppName: name + " mail", AddressLabel: unknownAddress, AddressExample: exampleAddress,
		Settings: []string{"the mail settings"},
		Fields:   []Field{{"", ClientID}, {"", TenantID}, {"", Mailbox}, {"", Secret}},
	}
}
