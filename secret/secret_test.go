package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const text = "abc8Q~theValueOfASecretWithFortyLetters12"

func TestNothingPrintsIt(t *testing.T) {
	v := New(text)
	type holder struct {
		Shown  Value
		hidden Value
		inside *Value
		list   []Value
	}
	h := holder{v, v, &v, []Value{v}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n", v)
		fmt.Fprintf(&out, verb+"\n", &v)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
		fmt.Fprintf(&out, verb+"\n", []any{v, h, map[string]Value{"k": v}})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v, "h", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v, "h", h)
	if err := json.NewEncoder(&out).Encode(map[string]any{"v": v, "h": h, "k": map[Value]int{v: 1}}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{text, text[:20], text[20:], fmt.Sprintf("%x", text[:10])} {
		if strings.Contains(out.String(), part) {
			t.Errorf("%q got out:\n%s", part, out.String())
		}
	}
	if !strings.Contains(out.String(), "[secret]") {
		t.Error("nothing printed at all")
	}
}

func TestValue(t *testing.T) {
	v := New(text)
	if v.Reveal() != text || v.IsZero() || !v.Equal(New(text)) || v.Equal(New("x")) || v.Hint() != "abc" {
		t.Error("the value is not the text it was made of")
	}
	if !New("").IsZero() || New("").Reveal() != "" || New("short").Hint() != "" {
		t.Error("no secret is not zero")
	}
}
