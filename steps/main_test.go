package steps

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests run palmail some thousand times, each for milliseconds, and keep
// next to nothing: collecting garbage less often saves a seventh of their time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
