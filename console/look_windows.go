package console

import (
	"os"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32              = windows.NewLazySystemDLL("kernel32.dll")
	getConsoleProcessList = kernel32.NewProc("GetConsoleProcessList")
	getCurrentFont        = kernel32.NewProc("GetCurrentConsoleFontEx")
	gdi32                 = windows.NewLazySystemDLL("gdi32.dll")
	createCompatibleDC    = gdi32.NewProc("CreateCompatibleDC")
	createFont            = gdi32.NewProc("CreateFontW")
	selectObject          = gdi32.NewProc("SelectObject")
	getGlyphIndices       = gdi32.NewProc("GetGlyphIndicesW")
	deleteObject          = gdi32.NewProc("DeleteObject")
	deleteDC              = gdi32.NewProc("DeleteDC")
)

// Look returns what is known about the window of out. signs are the characters that palmail wants to draw.
func Look(out *os.File, signs string) Window {
	w := Window{Own: alone(), Escapes: true}
	h := windows.Handle(out.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return w // a file or a pipe: nobody looks at it
	}
	w.Escapes = takesEscapes(h, mode)
	w.CodePage, _ = windows.GetConsoleOutputCP()
	f, ok := currentFont(h)
	if !ok {
		return w
	}
	w.Font = windows.UTF16ToString(f.FaceName[:])
	w.LacksSigns = w.Font != "" && lacks(f, signs)
	return w
}

// alone says whether this process is the only one in its console. Source:
// https://learn.microsoft.com/windows/console/getconsoleprocesslist (0 is a failure: there is no console).
func alone() bool {
	if getConsoleProcessList.Find() != nil {
		return false
	}
	var pids [2]uint32
	n, _, _ := getConsoleProcessList.Call(uintptr(unsafe.Pointer(&pids[0])), uintptr(len(pids)))
	return n == 1
}

// takesEscapes asks the console to process control sequences, and puts its mode back. Source:
// https://learn.microsoft.com/windows/console/console-virtual-terminal-sequences.
func takesEscapes(h windows.Handle, mode uint32) bool {
	if windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode) == nil
}

// font is CONSOLE_FONT_INFOEX: https://learn.microsoft.com/windows/console/console-font-infoex.
type font struct {
	Size           uint32
	Index          uint32
	Width, Height  int16
	Family, Weight uint32
	FaceName       [32]uint16
}

func currentFont(h windows.Handle) (font, bool) {
	f := font{}
	f.Size = uint32(unsafe.Sizeof(f))
	if getCurrentFont.Find() != nil {
		return f, false
	}
	ok, _, _ := getCurrentFont.Call(uintptr(h), 0, uintptr(unsafe.Pointer(&f)))
	return f, ok != 0
}

const (
	trueType       = 4      // TMPF_TRUETYPE of Family
	markMissing    = 1      // GGI_MARK_NONEXISTING_GLYPHS
	missing        = 0xffff // the index of a glyph that the font lacks
	defaultCharset = 1
	gdiError       = 0xffffffff
)

// lacks says whether a font has no glyph for one of signs. A raster font has those of its code page only. Source:
// https://learn.microsoft.com/windows/win32/api/wingdi/nf-wingdi-getglyphindicesw.
func lacks(f font, signs string) bool {
	if f.Family&trueType == 0 {
		return true
	}
	chars := utf16.Encode([]rune(signs))
	if len(chars) == 0 || getGlyphIndices.Find() != nil {
		return false
	}
	dc, _, _ := createCompatibleDC.Call(0)
	if dc == 0 {
		return false
	}
	defer func() { _, _, _ = deleteDC.Call(dc) }()
	made, _, _ := createFont.Call(uintptr(f.Height), 0, 0, 0, uintptr(f.Weight), 0, 0, 0, defaultCharset, 0, 0, 0,
		uintptr(f.Family&0xff), uintptr(unsafe.Pointer(&f.FaceName[0])))
	if made == 0 {
		return false
	}
	defer func() { _, _, _ = deleteObject.Call(made) }()
	before, _, _ := selectObject.Call(dc, made)
	defer func() { _, _, _ = selectObject.Call(dc, before) }()
	glyphs := make([]uint16, len(chars))
	n, _, _ := getGlyphIndices.Call(dc, uintptr(unsafe.Pointer(&chars[0])), uintptr(len(chars)),
		uintptr(unsafe.Pointer(&glyphs[0])), markMissing)
	if uint32(n) == gdiError {
		return false
	}
	for _, g := range glyphs {
		if g == missing {
			return true
		}
	}
	return false
}
