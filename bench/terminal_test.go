package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"palmail/ptytest"
)

// demo starts the practice tenant on a terminal of 80 by 24.
func demo(t *testing.T, binary string) *ptytest.Terminal {
	t.Helper()
	return ptytest.Start(t, ptytest.Command{
		Path: binary, Args: []string{"--demo", "--weather", "calm"}, Env: environment(t), Kept: 1 << 16,
	})
}

// quit leaves the program.
func quit(s *ptytest.Terminal) {
	s.Press("\x03")
	s.Exit()
}

func firstFrame(t *testing.T, binary string) {
	var taken, bare durations
	for range 40 {
		begun := time.Now()
		s := demo(t, binary)
		s.Want("Before you start")
		taken = append(taken, time.Since(begun))
		quit(s)

		begun = time.Now()
		s = ptytest.Start(t, ptytest.Command{Path: binary, Env: environment(t), Kept: 1 << 16})
		s.Until("a first frame", contains("palmail"))
		bare = append(bare, time.Since(begun))
		quit(s)
	}
	row("exec to first frame, --demo", taken.String(), "<= 30 ms median")
	row("exec to first frame, keyring looked for", bare.String(), "<= 30 ms median")
}

// keyToFrame types into the first field: every key changes the screen.
func keyToFrame(t *testing.T, binary string) {
	s := demo(t, binary)
	s.Want("Before you start")
	var taken durations
	for i := range 320 {
		key := string(rune('a' + i%26))
		if i%16 == 15 {
			key = "\x15" // empties the field
		}
		before := s.Text()
		begun := time.Now()
		s.Press(key)
		s.Until("another frame", func(screen string) bool { return screen != before })
		taken = append(taken, time.Since(begun))
	}
	quit(s)
	row("key press to changed screen", fmt.Sprintf("median %s, p99 %s (n=%d)", ms(taken.at(50)), ms(taken.at(99)),
		len(taken)), "<= 10 ms median, <= 20 ms p99")
}

// waiting looks at memory and bytes: at rest on the first screen, and over a
// long time on the screen that waits for the permission.
func waiting(t *testing.T, binary string, long time.Duration) {
	s := demo(t, binary)
	s.Want("Before you start")
	time.Sleep(3 * time.Second)
	row("resident memory at rest (3 s on the first screen)", mb(rss(t, s.PID())), "<= 25 MB")
	before := s.Written()
	time.Sleep(3 * time.Second)
	row("bytes written at rest", perSecond(s.Written()-before, 3*time.Second), "<= 1 KB/s")

	s.Press("\x14\r") // the practice key, and its first option
	s.Want("✓ Tenant")
	s.Press("\r")
	s.Want("How do you want to do it?")
	s.Press("\x1b[F")
	s.Want("❯ Be guided")
	s.Press("\r")
	s.Want("Register an app")
	practise(s, "✓ The app is in your tenant.")
	s.Want("Create a client secret")
	practise(s, "✓ The secret works.")
	s.Want("Waiting for Mail.Send to appear")
	time.Sleep(min(long/4, 10*time.Second)) // the heap finds its size
	first, before, begun := rss(t, s.PID()), s.Written(), time.Now()
	again := 0
	for time.Since(begun) < long {
		time.Sleep(min(long/10, 20*time.Second))
		if !s.Shows("Waiting for Mail.Send to appear") { // it gives up after five minutes
			again++
			s.Press("\r")
		}
	}
	last, took := rss(t, s.PID()), time.Since(begun)
	row(fmt.Sprintf("memory while waiting, after %v", took.Round(time.Second)), fmt.Sprintf("%s to %s", mb(first),
		mb(last)), "no growth")
	row("bytes written while waiting", perSecond(s.Written()-before, took), "<= 1 KB/s")
	if again > 0 {
		row("  (waited anew)", fmt.Sprint(again, " times"), "")
	}
	quit(s)
}

// practise has the practice tenant do the page rightly, and goes on.
func practise(s *ptytest.Terminal, until string) {
	s.Press("\x14\r")
	if s.WantOne(until, "Done in the practice tenant") != until {
		s.Press("\x1b")
	}
	s.Want(until)
	s.Press("\r")
}

// rss is a process's resident memory in bytes.
func rss(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("memory is read from /proc: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmRSS in /proc")
	return 0
}

func mb(bytes int) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

func perSecond(bytes int, took time.Duration) string {
	return fmt.Sprintf("%.0f B/s", float64(bytes)/took.Seconds())
}
