// Package charset turns bytes that somebody wrote on any system into text: files
// and streams of Windows come in UTF-8 with a byte order mark, in UTF-16, or in
// the Windows code page 1252.
//
// It is a package of its own because the command line, cloud files, exported
// files and the plain front end must all read alike: PowerShell 5.1 writes
// UTF-16 where cmd.exe writes a code page.
package charset

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding is how text is written in bytes.
type encoding int

const (
	utf8Bytes encoding = iota // with bytes of the code page 1252 among it, where it is no UTF-8
	utf16LE
	utf16BE
)

// sample is how much of a text is looked at to recognise UTF-16 without a mark, in bytes.
const sample = 4096

// Decode returns the text in data, without a byte order mark and without NULs at
// the end. Bytes that are not UTF-8 are taken for the code page 1252. Line ends
// stay as they are.
func Decode(data []byte) string {
	kind, mark := detect(data)
	data = data[mark:]
	var text string
	if kind == utf8Bytes {
		text = fromBytes(data)
	} else {
		text = fromUTF16(data, kind)
	}
	return strings.TrimRight(text, "\x00")
}

// detect returns how data is written, and the length of its byte order mark.
func detect(data []byte) (kind encoding, mark int) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return utf8Bytes, 3
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16LE, 2
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16BE, 2
	}
	return withoutMark(data), 0
}

// withoutMark recognises UTF-16 by its NULs: in the text of any language spaces,
// digits and line ends have one, always in the same half. NULs at the end are no
// sign, because some programs pad with them.
func withoutMark(data []byte) encoding {
	data = bytes.TrimRight(data[:min(len(data), sample)], "\x00")
	var nul [2]int // at even and at odd places
	for i, b := range data {
		if b == 0 {
			nul[i%2]++
		}
	}
	// One in ten characters is enough, and the other half has almost none.
	enough := max(1, len(data)/20)
	switch {
	case nul[1] >= enough && nul[0] <= nul[1]/10:
		return utf16LE
	case nul[0] >= enough && nul[1] <= nul[0]/10:
		return utf16BE
	}
	return utf8Bytes
}

func fromUTF16(data []byte, kind encoding) string {
	units := make([]uint16, len(data)/2) // half a character at the end is dropped
	for i := range units {
		units[i] = unit(data[2*i:], kind)
	}
	return string(utf16.Decode(units))
}

func unit(data []byte, kind encoding) uint16 {
	if kind == utf16LE {
		return uint16(data[0]) | uint16(data[1])<<8
	}
	return uint16(data[0])<<8 | uint16(data[1])
}

// fromBytes reads UTF-8 and, where it is none, the code page 1252.
func fromBytes(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	var out strings.Builder
	out.Grow(len(data) + len(data)/8)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			r = from1252(data[0])
		}
		out.WriteRune(r)
		data = data[n:]
	}
	return out.String()
}

// windows1252 is the part of the code page that is not Latin 1, from 0x80 to
// 0x9F; what the page leaves undefined stays as it is.
// https://encoding.spec.whatwg.org/index-windows-1252.txt
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

var high1252 = []rune(windows1252)

func from1252(b byte) rune {
	if b >= 0x80 && b <= 0x9f {
		return high1252[b-0x80]
	}
	return rune(b)
}
