package charset

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader returns the text of a stream as UTF-8, without a byte order mark and
// without NULs. It reads no further ahead than in itself does, so that it can be
// used where somebody answers line by line.
//
// UTF-16 without a mark is recognised by its first character, which must be ASCII and
// no line end.
func Reader(in io.Reader) io.Reader { return &reader{in: bufio.NewReader(in)} }

type reader struct {
	in      *bufio.Reader
	kind    encoding
	started bool
	pending []byte // text that did not fit
}

// Read reads at least one character, and then what is there without waiting.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !r.started {
		if err := r.start(); err != nil {
			return 0, err
		}
		r.started = true
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	for n < len(p) && (n == 0 || r.in.Buffered() >= utf8.UTFMax) {
		c, err := r.character()
		if err != nil {
			if n > 0 {
				return n, nil // the error comes again
			}
			return 0, err
		}
		if c == 0 {
			continue
		}
		text := utf8.AppendRune(nil, c)
		k := copy(p[n:], text)
		r.pending = text[k:]
		n += k
	}
	return n, nil
}

// start recognises the encoding by the first bytes.
func (r *reader) start() error {
	first, err := r.in.Peek(1)
	if err != nil {
		return err
	}
	want := 2
	switch first[0] {
	case 0xef:
		want = 3
	case '\n', '\r': // can be all that comes for now
		return nil
	}
	head, err := r.in.Peek(want)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	kind, mark := detect(head)
	if mark == 0 && len(head) >= 2 {
		switch {
		case head[0] != 0 && head[1] == 0:
			kind = utf16LE
		case head[0] == 0 && head[1] != 0:
			kind = utf16BE
		}
	}
	r.kind = kind
	_, err = r.in.Discard(mark)
	return err
}

// character reads one character; 0 stands for nothing.
func (r *reader) character() (rune, error) {
	if r.kind == utf8Bytes {
		return r.fromBytes()
	}
	c, err := r.unit()
	if err != nil || !utf16.IsSurrogate(c) {
		return c, err
	}
	second, err := r.in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if len(second) == 2 {
		if whole := utf16.DecodeRune(c, rune(unit(second, r.kind))); whole != utf8.RuneError {
			_, err = r.in.Discard(2)
			return whole, err
		}
	}
	return utf8.RuneError, nil
}

// unit reads one unit of UTF-16; half of one at the end is dropped.
func (r *reader) unit() (rune, error) {
	both, err := r.in.Peek(2)
	if len(both) < 2 {
		return 0, err
	}
	c := rune(unit(both, r.kind))
	_, err = r.in.Discard(2)
	return c, err
}

func (r *reader) fromBytes() (rune, error) {
	first, err := r.in.Peek(1)
	if err != nil {
		return 0, err
	}
	if first[0] < utf8.RuneSelf {
		_, err = r.in.Discard(1)
		return rune(first[0]), err
	}
	// A whole character of UTF-8 has at most four bytes; fewer are asked for when
	// they tell that it is none.
	for n := 1; ; n++ {
		head, err := r.in.Peek(n)
		if len(head) == n && !utf8.FullRune(head) {
			continue
		}
		if len(head) < n && !errors.Is(err, io.EOF) {
			return 0, err
		}
		c, size := utf8.DecodeRune(head)
		if c == utf8.RuneError && size <= 1 {
			c, size = from1252(head[0]), 1
		}
		_, err = r.in.Discard(size)
		return c, err
	}
}
