package product

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

const scanner = `{"version":1,"name":"Scan Station","purpose":"our scanner","redirect_path":"/oauth/done",
"settings":["Network","E-mail"],"fields":[{"label":"App ID","value":"client-id"},{"value":"tenant-id"},
{"label":"From","value":"mailbox"},{"label":"Key","value":"secret"},{"value":"secret-end"}]}`

// What palmail knows is itself a valid product file but for its ID and example.
func TestBuiltInProductsAreValidFiles(t *testing.T) {
	for _, p := range BuiltIn() {
		back, err := Parse(Encode(p))
		back.ID, back.AddressExample = p.ID, p.AddressExample
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Errorf("%s: %v\n%+v\n%+v", p.ID, err, p, back)
		}
		if again := Stored(p.RecordName(), nil); !reflect.DeepEqual(again, p) {
			t.Errorf("the record of %s gives %s", p.ID, again.ID)
		}
	}
	if len(IDs()) != 5 || !Default().IsDefault() || Default().RecordName() != "" {
		t.Error("the default product must cost no byte in the record")
	}
}

func TestParse(t *testing.T) {
	p, err := Parse([]byte("\ufeff" + scanner))
	if err != nil || p.Name != "Scan Station" || p.AppName != "Scan Station mail" || p.ManyMailboxes ||
		p.RedirectURI("https://scan.agency.gov/x/") != "https://scan.agency.gov/x/oauth/done" ||
		p.Title(TenantID) != "(tenant ID)" || p.Title(Secret) != "Key" || !p.Described() {
		t.Fatalf("%+v, %v", p, err)
	}
	if got := p.Fill("{product, purpose} at {settings}: {count}, {secret-field}, {unknown}"); got !=
		"Scan Station, our scanner, at Network > E-mail: five, Key, {unknown}" {
		t.Error(got)
	}
	if got := Stored(p.RecordName(), Encode(p)); !reflect.DeepEqual(got, p) {
		t.Errorf("a record gives %+v", got)
	}
	if got := Stored(p.RecordName(), nil); got.Name != p.Name || got.RedirectPath != "" || !got.Described() {
		t.Errorf("without its copy, the product is %+v", got)
	}
}

func TestParseRefuses(t *testing.T) {
	replace := func(old, with string) string {
		if !strings.Contains(scanner, old) {
			t.Fatalf("%q is not in the example", old)
		}
		return strings.Replace(scanner, old, with, 1)
	}
	for text, why := range map[string]string{
		"":                                    "not a product file",
		"[]":                                  "not a product file",
		scanner + "{}":                        "more after its end",
		strings.Repeat(" ", MaxFile+1):        "larger than",
		replace(`"version":1`, `"version":2`): `"version" must be 1`,
		replace(`"version":1`, `"version":1,"host":"login.evil.example"`): "unknown field",
		replace(`"version":1`, `"version":1,"permissions":["Mail.Read"]`): "unknown field",
		replace(`"version":1`, `"version":1,"scope":"x"`):                 "unknown field",
		replace(`/oauth/done`, `https://evil.example/x`):                  "must begin with /",
		replace(`/oauth/done`, `//evil.example/x`):                        "//",
		replace(`/oauth/done`, `/../x`):                                   "..",
		replace(`/oauth/done`, `/x?y=https`):                              "letters, digits",
		replace(`/oauth/done`, `/@evil.example`):                          "letters, digits",
		replace(`/oauth/done`, "/"+strings.Repeat("x", 128)):              "more than 128",
		replace(`our scanner`, `see https://evil.example`):                "web address",
		replace(`our scanner`, `see www.evil.example`):                    "web address",
		replace(`our scanner`, `write to a@evil.example`):                 "must not contain",
		replace(`our scanner`, `**press enter**`):                         "must not contain",
		replace(`our scanner`, `{product}`):                               "must not contain",
		replace(`Scan Station`, strings.Repeat("n", 25)):                  "more than 24",
		replace(`Scan Station`, "\\u202e"):                                "missing or empty",
		replace(`["Network","E-mail"]`, `[]`):                             "1 to 6",
		replace(`["Network","E-mail"]`, `["a",""]`):                       "missing or empty",
		replace(`"value":"secret"`, `"value":"password"`):                 "is client-id",
		replace(`"value":"secret-end"`, `"value":"secret"`):               "two for",
		replace(`{"label":"Key","value":"secret"},`, ``):                  `none for "secret"`,
		replace(`{"label":"From","value":"mailbox"},`, ``):                `none for "mailbox"`,
		replace(`"version":1`, `"version":1,"sends_as":"everybody"`):      "sends_as",
		replace(`"our scanner"`, `"`+strings.Repeat("p", 61)+`"`):         "more than 60",
	} {
		if p, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.80s: %v, want %q (%+v)", text, err, why, p)
		}
	}
}

// A product whose every text is as long as it can be is refused before it fails to be kept.
func TestParseTooLongInAll(t *testing.T) {
	p, _ := Parse([]byte(scanner))
	p.Name, p.Purpose = strings.Repeat("\u65e5", maxName), strings.Repeat("\u65e5", maxPurpose)
	p.Words, p.Switch = strings.Repeat("\u65e5", maxWords), strings.Repeat("\u65e5", 2*maxLabel)
	p.AppName, p.AddressLabel = strings.Repeat("\u65e5", maxLabel), strings.Repeat("\u65e5", maxLabel)
	if _, err := Parse(Encode(p)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(scanner))
	for _, p := range BuiltIn() {
		f.Add(Encode(p))
	}
	f.Add([]byte(`{"version":1,"name":"a\u001b]0;x\u0007","settings":["\u202e"],"fields":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			if !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
				t.Fatalf("the error is not clean: %q", err)
			}
			return
		}
		again, err := Parse(Encode(p))
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%+v does not survive: %+v, %v", p, again, err)
		}
		text, _ := json.Marshal(p)
		for _, bad := range []string{"://", "@", "\\u001b", "\\u202e", "**", "`"} {
			if strings.Contains(strings.ReplaceAll(string(text), p.AddressExample, ""), bad) {
				t.Fatalf("%q is in %s", bad, text)
			}
		}
		const host = "https://pal.agency.gov"
		if uri := p.RedirectURI(host); uri != "" && !strings.HasPrefix(uri, host+"/") {
			t.Fatalf("the redirect URI left the host: %s", uri)
		}
		if p.Fill("{product}") != p.Name || len(Encode(p)) > maxCanonical {
			t.Fatalf("%+v", p)
		}
	})
}
