package plain

import (
	"os"

	"golang.org/x/sys/windows"
)

// FlushInput drops what was typed on a console and has not been read.
func FlushInput(console *os.File) {
	_ = windows.FlushConsoleInputBuffer(windows.Handle(console.Fd()))
}
