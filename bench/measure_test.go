// Package bench measures what the program costs: bench/run builds it, runs
// these measurements and prints them beside what they are to reach. They judge
// nothing, since a busy machine is no fault of the program.
package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// row prints one line of the table, which bench/run picks out.
func row(what, measured, reach string) {
	fmt.Printf("ROW %-58s %-34s %s\n", what, measured, reach)
}

// TestMeasure takes all measurements, one after the other.
func TestMeasure(t *testing.T) {
	binary := os.Getenv("PALMAIL_BENCH")
	if binary == "" {
		t.Skip("it measures a stripped binary: run bench/run")
	}
	wait, err := time.ParseDuration(os.Getenv("PALMAIL_BENCH_WAIT"))
	if err != nil {
		t.Fatal(err)
	}
	firstFrame(t, binary)
	keyToFrame(t, binary)
	waiting(t, binary, wait)
	automatic(t)
	roundTrips(t)
	overTheWire(t)
}

// durations are a series of measurements.
type durations []time.Duration

func (d durations) at(percent int) time.Duration {
	sorted := slices.Clone(d)
	slices.Sort(sorted)
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func (d durations) String() string {
	return fmt.Sprintf("median %s, min %s, p95 %s (n=%d)", ms(d.at(50)), ms(d.at(0)), ms(d.at(95)), len(d))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// environment is that of a person at a terminal without a keyring.
func environment(t *testing.T) []string {
	t.Helper()
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8", "COLORTERM=truecolor"}
}

func contains(text string) func(string) bool {
	return func(screen string) bool { return strings.Contains(screen, text) }
}
