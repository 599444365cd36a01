package diagnose

import "strings"

// systemNames are how remedies begin that are meant for one system, by the names of runtime.GOOS.
var systemNames = map[string][]string{
	"windows": {"On Windows, ", "On Windows: ", "Windows: "},
	"linux":   {"On Linux, ", "On Linux: ", "Linux: "},
	"darwin":  {"On macOS, ", "On macOS: ", "macOS: "},
}

// forSystem leaves out what the remedy says for other systems than goos: lines that begin with the name of one, and
// such sentences at the end of a line. Everything stays for an empty goos, as when the text was read from a file and
// can come from any computer.
func (f Finding) forSystem(goos string) Finding {
	if goos == "" {
		return f
	}
	var remedy []string
	for _, line := range f.Remedy {
		if line = ofSystem(line, goos); line != "" {
			remedy = append(remedy, line)
		}
	}
	if len(remedy) > 0 { // a finding without a remedy helps nobody
		f.Remedy = remedy
	}
	return f
}

// ofSystem returns line without its sentences for other systems than goos.
func ofSystem(line, goos string) string {
	if s := systemOf(line); s != "" {
		if s == goos {
			return line
		}
		return ""
	}
	sentences := strings.SplitAfter(line, ". ")
	kept := ""
	for _, s := range sentences {
		if of := systemOf(s); of == "" || of == goos {
			kept += s
		}
	}
	return strings.TrimSpace(kept)
}

// systemOf returns the system that a sentence begins with, "" without one.
func systemOf(sentence string) string {
	for goos, names := range systemNames {
		for _, name := range names {
			if strings.HasPrefix(sentence, name) {
				return goos
			}
		}
	}
	return ""
}
