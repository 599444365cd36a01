//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package plain

import "os"

// FlushInput keeps what was typed: other systems have no call for it here.
func FlushInput(*os.File) {}
