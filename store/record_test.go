package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"palmail/secret"
)

func TestRecordRoundTrip(t *testing.T) {
	for name, s := range map[string]Setup{"empty": {}, "full": fullSetup(), "odd": {
		Organisation: "Ministère & <Amt> \u2028 日本 \"q\" \\ \x00\n", Secret: Secret{Value: secret.New("-~ é\u0000")},
	}} {
		text, err := encode(&s, "rev", beside{})
		if err != nil {
			t.Fatal(name, err)
		}
		back, rest, err := decode(text)
		if err != nil || len(rest.unknownKeys) != 0 || !sameSetup(s, back) || back.Revision != "rev" {
			t.Errorf("%s: %v, rest %v: %s", name, err, rest, text)
		}
	}
	if text, _ := encode(&Setup{}, "rev", beside{}); text != `{"v":1,"r":"rev"}` {
		t.Errorf("an empty setup is %s", text)
	}
}

func TestRecordTimes(t *testing.T) {
	s := Setup{AppProved: time.Date(2026, 3, 1, 1, 2, 3, 999, time.FixedZone("", -3600))}
	text, err := encode(&s, "rev", beside{})
	if err != nil || !strings.Contains(text, `"pa":"2026-03-01T02:02:03Z"`) {
		t.Errorf("%s, %v", text, err)
	}
	back, _, err := decode(text)
	if err != nil || back.AppProved.Location() != time.UTC || !back.AppProved.Equal(s.AppProved.Truncate(time.Second)) {
		t.Errorf("%v, %v", back.AppProved, err)
	}
}

func TestRecordFits(t *testing.T) {
	s := fullSetup()
	for _, p := range []platform{windowsPlatform(func() bool { return false }), macPlatform} {
		k := keyringOn(&fakeKeyring{}, p)
		mustSave(t, k, strings.Repeat("Mm", 32), &s)
		s.Revision = ""
	}
	s.History = nil // has an item of its own
	text, err := encode(&s, randomID(), beside{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "&x=<y>") {
		t.Error("characters of URLs are escaped, at six bytes each")
	}
	t.Logf("a full setup takes %d bytes", len(text))
	if len(text) > windowsLimit {
		t.Errorf("%d bytes are more than Windows takes", len(text))
	}
}

func TestRecordRefused(t *testing.T) {
	for text, kind := range map[string]error{
		"":                           ErrDamaged,
		"{":                          ErrDamaged,
		"null":                       ErrDamaged,
		"[]":                         ErrDamaged,
		`{"r":"x"}`:                  ErrDamaged,
		`{"v":1}`:                    ErrDamaged,
		`{"v":-1,"r":"x"}`:           ErrDamaged,
		`{"v":1,"r":"x"}{}`:          ErrDamaged,
		`{"v":1,"r":"x","m":7}`:      ErrDamaged,
		`{"v":1,"r":"x","pa":7}`:     ErrDamaged,
		`{"v":1,"r":"x","pa":"now"}`: ErrDamaged,
		`{"v":2,"r":"x"}`:            ErrNewer,
		`{"v":9,"m":{"else":1}}`:     ErrNewer,
		`{"v":1,"r":"x","o":"` + strings.Repeat("x", maxRecord) + `"}`: ErrDamaged,
	} {
		_, _, err := decode(text)
		if !errors.Is(err, kind) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func TestRecordErrorsTellNothing(t *testing.T) {
	const value = "abc8Q~theValueOfASecret"
	for _, text := range []string{
		`{"v":1,"r":"x","pa":"` + value + `"}`, `{"v":1,"r":"x","l":"` + value + `"}`, `{"v":"` + value + `"}`, value,
	} {
		_, _, err := decode(text)
		if err == nil || strings.Contains(err.Error(), "theValue") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestRecordCannotHold(t *testing.T) {
	for name, s := range map[string]Setup{
		"not UTF-8": {Secret: Secret{Value: secret.New("a\xffb")}},
		"far time":  {PALSaved: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		f := &fakeKeyring{}
		if err := keyringOn(f, unlimitedPlatform).Save(t.Context(), "p", &s); err == nil || len(f.calls) != 0 {
			t.Errorf("%s: %v after %v", name, err, f.calls)
		}
	}
}

func TestUnknownKeysSurvive(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	const stored = `{"v":1,"r":"old","m":"a@b.c","zz":{"deep":[1,2.50,"x"]},"yy":null}`
	if err := f.memory.Set("palmail-test", "profile.p", stored); err != nil {
		t.Fatal(err)
	}
	s, err := k.Load(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	s.Mailbox = "d@e.f"
	mustSave(t, k, "p", &s)
	mustSave(t, k, "p", &s)
	text, _ := f.memory.Get("palmail-test", "profile.p")
	for _, part := range []string{`"zz":{"deep":[1,2.50,"x"]}`, `"yy":null`, `"m":"d@e.f"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
}

func FuzzRecord(f *testing.F) {
	s := fullSetup()
	text, err := encode(&s, "rev", beside{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		text, `{"v":1,"r":"x","zz":1,"V":1}`, `{"v":1,"r":"x","ſ":{"v":"a"}}`, `{"v":2}`,
		`{"v":1,"r":"x","pa":"2026-01-01T00:00:00.5+02:00"}`,
		`{"v":1,"r":"x","hs":"K3F7QX"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, rest, err := decode(text)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		again, err := encode(&s, s.Revision, rest)
		if err != nil {
			if !strings.Contains(err.Error(), "out of range") { // e.g. a year that an offset moves below zero
				t.Fatal(err)
			}
			return
		}
		back, restBack, err := decode(again)
		if len(again) > maxRecord && errors.Is(err, ErrDamaged) {
			return // Save refuses it as too big
		}
		if err != nil || !sameSetup(s, back) || s.Revision != back.Revision || len(rest.unknownKeys) != len(restBack.unknownKeys) ||
			rest.historyID != restBack.historyID {
			t.Fatalf("%q became %q: %v", text, again, err)
		}
	})
}

func TestProfileNames(t *testing.T) {
	for _, good := range []string{"default", "a", "A.b_c-9", ".", "-", strings.Repeat("x", 64)} {
		if err := ValidProfile(good); err != nil {
			t.Error(good, err)
		}
	}
	for bad, says := range map[string]string{
		"": "empty", strings.Repeat("x", 65): "longer", "a:b": "':'", "a b": "' '", "é": "'é'", "a/b": "'/'",
		"a+b": "'+'", "a\x1b": "has", "\xff": "has",
	} {
		if err := ValidProfile(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	seen := map[string]string{}
	for _, p := range []string{"prod", "Prod", "PROD", "p.rod", "-prod"} {
		for _, kind := range []string{"profile", "claim"} {
			name := itemName(kind, p)
			if name != strings.ToLower(name) || strings.Contains(name, ":") || seen[name] != "" {
				t.Errorf("%s %s is kept as %s, and so is %s", kind, p, name, seen[name])
			}
			seen[name] = fmt.Sprint(kind, p)
		}
	}
}
