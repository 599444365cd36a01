package store

import (
	"testing"
)

func TestCarry(t *testing.T) {
	s := fullSetup()
	record, err := EncodeProfile(&s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeProfile(record)
	if err != nil || !sameSetup(s, back) || back.Revision != "" {
		t.Errorf("%v: %+v", err, back)
	}
	// What was read makes a new profile, and never replaces one by itself.
	k := keyringOn(&fakeKeyring{}, unlimitedPlatform)
	mustSave(t, k, "p", &back)
	again, err := DecodeProfile(record)
	if err != nil {
		t.Fatal(err)
	}
	want(t, k.Save(t.Context(), "p", &again), ErrChanged)
}

func TestCarryRefuses(t *testing.T) {
	for text, kind := range map[string]error{
		"":                              ErrDamaged,
		`{"v":1}`:                       ErrDamaged,
		`{"v":2,"r":"x"}`:               ErrNewer,
		`{"v":1,"r":"x","tomorrow":1}`:  ErrNewer,
		`{"v":1,"r":"x","s":"text"}`:    ErrDamaged,
		`{"v":1,"r":"x","l":{"at":""}}`: ErrDamaged,
	} {
		_, err := DecodeProfile([]byte(text))
		want(t, err, kind)
	}
}

func FuzzDecodeProfile(f *testing.F) {
	s := fullSetup()
	record, err := EncodeProfile(&s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record)
	f.Add([]byte(`{"v":1,"r":"x"}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		s, err := DecodeProfile(record)
		if err != nil {
			return
		}
		text, err := EncodeProfile(&s)
		if err != nil {
			return // e.g. a time that no record can hold
		}
		if back, err := DecodeProfile(text); err != nil || !sameSetup(s, back) {
			t.Errorf("%q came back different: %v", record, err)
		}
	})
}
