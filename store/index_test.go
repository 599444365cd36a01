package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestIndexHoldsManyLongNames(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, windowsPlatform(nil))
	var names []string
	for n := range 150 {
		name := fmt.Sprintf("%03d%s", n, strings.Repeat("N", 61))
		names = append(names, name)
		mustSave(t, k, name, &Setup{})
	}
	if got, err := k.Profiles(t.Context()); err != nil || !slices.Equal(got, names) {
		t.Fatalf("%d of %d: %v", len(got), len(names), err)
	}
	shards := 0
	for name, text := range f.items {
		if strings.Contains(name, ":index.") {
			shards++
			if len(text) > windowsLimit {
				t.Errorf("%s has %d bytes", name, len(text))
			}
		}
	}
	if shards < 5 || shards > 6 {
		t.Errorf("150 names take %d items", shards)
	}

	// Free space in an item is used again, and there is no gap before later items.
	for _, name := range names[:40] {
		if err := k.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := k.Profiles(t.Context()); !slices.Equal(got, names[40:]) {
		t.Errorf("%d left", len(got))
	}
	mustSave(t, k, "again", &Setup{})
	if text := f.items["palmail-test:index.0"]; text != `{"v":1,"p":["again"]}` {
		t.Errorf("index.0 is %s", text)
	}
	for _, name := range slices.Backward(append(names[40:], "again")) {
		if err := k.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := k.Profiles(t.Context()); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestIndexFromOutside(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	_ = f.memory.Set("palmail-test", "index.0", `{"v":1,"p":["good","\u001b[31mbad",""]}`)
	_ = f.memory.Set("palmail-test", "index.1", `{"v":1,"p":["good","more"]}`)
	if got, err := k.Profiles(t.Context()); err != nil || !slices.Equal(got, []string{"good", "more"}) {
		t.Error(got, err)
	}
	// A damaged index does not prevent a save, and is complete again once all profiles were saved.
	_ = f.memory.Set("palmail-test", "index.0", `{"v":1,"p":`)
	mustSave(t, k, "good2", &Setup{})
	if got, err := k.Profiles(t.Context()); err != nil || !slices.Equal(got, []string{"good", "good2", "more"}) {
		t.Error(got, err)
	}
	_ = f.memory.Set("palmail-test", "index.0", `{"v":2,"p":{}}`)
	_, err := k.Profiles(t.Context())
	want(t, err, ErrNewer)
	want(t, k.Save(t.Context(), "x", &Setup{}), ErrNewer)
	if text := f.items["palmail-test:index.0"]; text != `{"v":2,"p":{}}` {
		t.Error("a newer list was overwritten by", text)
	}
}

func TestListedBeforeStored(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	broken := errors.New("broken")
	f.setHook(func(call, item string) error {
		if call == "set" && item == "profile.p" {
			return broken
		}
		return nil
	})
	want(t, k.Save(t.Context(), "p", &Setup{}), broken)
	f.setHook(nil)
	if got, _ := k.Profiles(t.Context()); !slices.Equal(got, []string{"p"}) {
		t.Error(got)
	}
	want(t, k.Delete(t.Context(), "p"), ErrNotFound)
	if got, _ := k.Profiles(t.Context()); len(got) != 0 {
		t.Error(got)
	}
}
