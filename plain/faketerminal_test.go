package plain

import (
	"bytes"
	"io"
	"sync"
)

// fakeTerminal is a terminal with a person who types a line at each prompt:
// what is typed shows, unless it is read without echo.
type fakeTerminal struct {
	mu     sync.Mutex
	shown  *sync.Cond // something was written
	lines  []string   // one for each prompt
	typed  []string   // whether there is a prompt or not
	out    *bytes.Buffer
	closed bool
}

func newFakeTerminal(out *bytes.Buffer, lines []string) *fakeTerminal {
	t := &fakeTerminal{out: out, lines: lines}
	t.shown = sync.NewCond(&t.mu)
	return t
}

func (t *fakeTerminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.shown.Broadcast()
	return t.out.Write(b)
}

// next waits for a prompt and returns the line typed there.
func (t *fakeTerminal) next(echo bool) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.closed && len(t.typed) == 0 && !bytes.HasSuffix(t.out.Bytes(), []byte(": ")) {
		t.shown.Wait()
	}
	from := &t.lines
	if len(t.typed) > 0 {
		from = &t.typed
	}
	if t.closed || len(*from) == 0 {
		return "", io.EOF
	}
	line := (*from)[0]
	*from = (*from)[1:]
	if echo {
		t.out.WriteString(line + "\n")
	}
	return line, nil
}

func (t *fakeTerminal) Read(b []byte) (int, error) {
	line, err := t.next(true)
	if err != nil {
		return 0, err
	}
	return copy(b, line+"\n"), nil
}

func (t *fakeTerminal) secret() (string, error) { return t.next(false) }

// types types a line although there is no prompt.
func (t *fakeTerminal) types(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.typed = append(t.typed, line)
	t.shown.Broadcast()
}

// flush drops what was typed and not read.
func (t *fakeTerminal) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.typed = nil
}

// close ends the read that a wait has left behind.
func (t *fakeTerminal) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.shown.Broadcast()
}
