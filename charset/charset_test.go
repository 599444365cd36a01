package charset

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"
)

func in16(order binary.AppendByteOrder, text string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

const sentence = "Geheimnis: zwölf Wörter 𝄞 €5\r\nend"

var samples = map[string]struct{ data, want string }{
	"UTF-8":            {sentence, sentence},
	"UTF-8, mark":      {"\xef\xbb\xbf" + sentence, sentence},
	"UTF-16LE, mark":   {"\xff\xfe" + in16(binary.LittleEndian, sentence), sentence},
	"UTF-16BE, mark":   {"\xfe\xff" + in16(binary.BigEndian, sentence), sentence},
	"UTF-16LE":         {in16(binary.LittleEndian, sentence), sentence},
	"UTF-16BE":         {in16(binary.BigEndian, sentence), sentence},
	"NULs":             {sentence + "\x00\x00\x00", sentence},
	"UTF-16LE, NULs":   {in16(binary.LittleEndian, sentence+"\x00\x00"), sentence},
	"half a character": {"\xff\xfe" + in16(binary.LittleEndian, "ab") + "c", "ab"},
	"page 1252":        {"zw\xf6lf \x80 \x93x\x94 \x81", "zwölf € “x” \u0081"},
	"both":             {"zwölf zw\xf6lf", "zwölf zwölf"},
	"cut off":          {"zw\xc3", "zwÃ"},
	"empty":            {"", ""},
	"mark alone":       {"\xef\xbb\xbf", ""},
	"one character":    {"a", "a"},
	"one in UTF-16":    {in16(binary.LittleEndian, "a\n"), "a\n"},
	"line end":         {"\n", "\n"},
}

func TestDecode(t *testing.T) {
	for name, s := range samples {
		if got := Decode([]byte(s.data)); got != s.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	russian := "Секретная фраза из двенадцати слов, записанная в Блокноте 2026\r\n"
	for _, data := range []string{in16(binary.LittleEndian, russian), in16(binary.BigEndian, russian)} {
		if got := Decode([]byte(data)); got != russian {
			t.Errorf("%q", got)
		}
	}
}

func TestReader(t *testing.T) {
	for name, s := range samples {
		for how, in := range map[string]io.Reader{
			"at once": strings.NewReader(s.data), "by bytes": iotest.OneByteReader(strings.NewReader(s.data)),
			"data with its end": iotest.DataErrReader(strings.NewReader(s.data)),
		} {
			got, err := io.ReadAll(iotest.OneByteReader(Reader(in)))
			if err != nil || string(got) != s.want {
				t.Errorf("%s, %s: %q, %v", name, how, got, err)
			}
		}
	}
	if _, err := io.ReadAll(Reader(iotest.ErrReader(io.ErrClosedPipe))); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// A line that was typed is there at once, however little of it there is.
func TestReaderDoesNotWaitForMore(t *testing.T) {
	for _, line := range []string{"\n", "é\n", "ab\r\n", "\xef\xbb\xbfa\n", in16(binary.LittleEndian, "a\n"), "\xe9\n"} {
		out, in := io.Pipe()
		go func() { _, _ = io.WriteString(in, line) }()
		r, got := Reader(out), ""
		for p := make([]byte, 100); !strings.HasSuffix(got, "\n"); {
			n, err := r.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			got += string(p[:n])
		}
		if got != Decode([]byte(line)) {
			t.Errorf("%q became %q", line, got)
		}
		_ = in.Close()
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := Decode(data)
		if !utf8.ValidString(text) || strings.HasSuffix(text, "\x00") {
			t.Errorf("%q became %q", data, text)
		}
		if utf8.Valid(data) && !strings.Contains(string(data), "\x00") &&
			text != strings.TrimPrefix(string(data), "\ufeff") {
			t.Errorf("%q was changed to %q", data, text)
		}
		streamed, err := io.ReadAll(Reader(strings.NewReader(string(data))))
		slowly, slowErr := io.ReadAll(Reader(iotest.OneByteReader(strings.NewReader(string(data)))))
		if err != nil || slowErr != nil || !utf8.Valid(streamed) || string(streamed) != string(slowly) {
			t.Errorf("%q: %q and %q, %v, %v", data, streamed, slowly, err, slowErr)
		}
	})
}
