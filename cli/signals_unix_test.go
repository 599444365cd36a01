//go:build unix

package cli

// hasSignals says whether a process can be sent SIGTERM and SIGHUP here.
const hasSignals = true
