package diagnose

import (
	"errors"
	"io"
)

// MaxText is how much text is explained, in bytes.
const MaxText = 10 << 20

// ErrTooLarge says that a text has more than MaxText bytes.
var ErrTooLarge = errors.New("the text is larger than 10 MB")

const (
	blockSize = 8 << 10
	overlap   = 2 << 10  // longer than any sign with what has to stand beside it
	wholeText = 64 << 10 // a text of up to this size is kept whole
)

// Excerpt reads a text and returns the parts of it that ExplainText needs: the
// beginning, and each sign with the text around it. A log of megabytes is then
// never in memory as a whole. It returns ErrTooLarge, or the error of in.
func Excerpt(in io.Reader) (string, error) {
	limited := &io.LimitedReader{R: in, N: MaxText + 1}
	first := make([]byte, wholeText)
	n, err := io.ReadFull(limited, first)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return string(first[:n]), nil
	}
	if err != nil {
		return "", err
	}
	start := string(first)
	if fromUTF16(start) != start { // its blocks could not be read one by one
		rest, err := io.ReadAll(limited)
		if err == nil && limited.N <= 0 {
			err = ErrTooLarge
		}
		return start + string(rest), err
	}
	e := excerpt{kept: first, seen: map[string]int{}, keptBefore: true}
	e.interesting(start) // so that what is at the start is not counted as new
	e.window = append(make([]byte, 0, 2*blockSize), first[len(first)-blockSize:]...)
	return e.read(limited)
}

// excerpt keeps some of the blocks of a text.
type excerpt struct {
	kept       []byte
	seen       map[string]int // how often each sign was kept
	window     []byte         // the block before the next one, and that
	keptBefore bool
	keepNext   bool
}

func (e *excerpt) read(in *io.LimitedReader) (string, error) {
	for {
		n, err := io.ReadFull(in, e.window[blockSize:2*blockSize])
		if n > 0 {
			e.add(e.window[:blockSize], e.window[blockSize:blockSize+n])
		}
		switch {
		case in.N <= 0:
			return "", ErrTooLarge
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return string(e.kept), nil
		case err != nil:
			return "", err
		}
		copy(e.window[:blockSize], e.window[blockSize:2*blockSize])
	}
}

// add takes the next block: with a sign in it, it is kept together with its
// neighbours.
func (e *excerpt) add(before, block []byte) {
	found := e.interesting(string(e.window[blockSize-overlap : blockSize+len(block)]))
	switch {
	case found && !e.keptBefore:
		// What is left of a word, and so of a secret, that began before the cut
		// could not be recognised as one.
		e.kept = append(append(e.kept, '\n'), before[cutToken(string(before)):]...)
		fallthrough
	case found || e.keepNext:
		e.kept = append(e.kept, block...)
		e.keptBefore = true
	default:
		if e.keptBefore {
			e.endPart()
		}
		e.keptBefore = false
	}
	e.keepNext = found
}

// endPart removes the word that the end of a part has possibly cut.
func (e *excerpt) endPart() {
	const longest = 4 << 10
	tail := string(e.kept[max(0, len(e.kept)-longest):])
	e.kept = e.kept[:len(e.kept)-lastToken(tail)]
}

// interesting says whether a text holds a sign that was not seen often already.
func (e *excerpt) interesting(text string) bool {
	found := false
	for _, h := range append(known().hits(text), mailHits(text, true)...) {
		if h.weight > contextWeight && e.seen[h.word] < maxHits {
			e.seen[h.word]++
			found = true
		}
	}
	return found
}
