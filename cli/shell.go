package cli

import "strings"

// shellExample is a command line of the help as Windows shells take it, where that differs from the others'.
var windowsExamples = strings.NewReplacer(
	// PowerShell keeps < for itself.
	"palmail check --cloud gcc-high --tenant-id ID --client-id ID --mailbox noreply@agency.gov --secret-stdin "+
		"< secret.txt",
	"Get-Content secret.txt -Raw | palmail check --cloud gcc-high --tenant-id ID --client-id ID "+
		"--mailbox noreply@agency.gov --secret-stdin",
	"palmail explain --during send --json < error.txt", "palmail explain --during send --json error.txt",
	"--dir practice", `--dir C:\palmail\practice`,
	"--state tenant.json", `--state C:\palmail\tenant.json`,
)

// example returns the examples of a command's help for the shells of this system: cmd.exe and PowerShell on
// Windows, POSIX shells elsewhere.
func (a *app) example(posix string) string {
	if a.goos != "windows" {
		return posix
	}
	return windowsExamples.Replace(posix)
}
