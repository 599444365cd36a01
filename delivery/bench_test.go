package delivery

import (
	"strings"
	"testing"
)

// BenchmarkHeaders reads a megabyte of what takes longest: brackets that never close, signs without words, and as
// many results and fields as fit.
func BenchmarkHeaders(b *testing.B) {
	for name, text := range map[string]string{
		"brackets": "Authentication-Results: " + strings.Repeat("(", maxHeaders),
		"signs":    "Authentication-Results: " + strings.Repeat("= ", maxHeaders/2),
		"results":  strings.Repeat("Authentication-Results: "+strings.Repeat("a=b;", 8000)+"\n", 32),
		"fields":   strings.Repeat("Authentication-Results: a; spf=pass x=y\n", 1<<15),
		"folds":    "Authentication-Results: a\n" + strings.Repeat(" x\n", maxHeaders/3),
		"escapes":  strings.Repeat("\x1b]", maxHeaders/2),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Headers(text)
			}
		})
	}
}
