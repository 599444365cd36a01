package steps

import (
	"strings"

	"rsc.io/qr"
)

// qrCode draws text as a QR code of half blocks, dark on light, with the quiet
// zone of two modules that readers make do with on a screen.
func qrCode(text string) []string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	const quiet = 2
	dark := func(x, y int) bool { return code.Black(x-quiet, y-quiet) }
	var lines []string
	size := code.Size + 2*quiet
	for y := 0; y < size; y += 2 {
		var b strings.Builder
		for x := range size {
			switch top, bottom := dark(x, y), dark(x, y+1) || y+1 >= size; {
			case top && bottom:
				b.WriteRune(' ')
			case top:
				b.WriteRune('▄')
			case bottom:
				b.WriteRune('▀')
			default:
				b.WriteRune('█')
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}
