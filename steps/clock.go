package steps

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"palmail/diagnose"
)

const (
	// clockLimit is the difference from Microsoft's clock from which on a wrong
	// clock is said: Kerberos and Entra's tokens allow five minutes
	// (https://learn.microsoft.com/windows-server/security/kerberos/kerberos-authentication-overview).
	clockLimit = 5 * time.Minute
	// clockNoise is a difference that comes from whole seconds in the Date header.
	clockNoise = 2 * time.Second
)

// followServerTime makes s.Now the server's time as far as it is known. It
// changes between screens only, so that no wait sees time jump.
func (s *session) followServerTime() {
	local := s.Now
	s.Now = func() time.Time { return local().Add(time.Duration(s.clockOffset.Load())) }
}

// readClock takes up what the last answer said about this computer's clock.
func (s *session) readClock() {
	if offset, known := s.client().ClockOffset(); known {
		if offset.Abs() < clockNoise {
			offset = 0
		}
		s.clockOffset.Store(int64(offset))
	}
}

// warnOfClock says once a run that this computer's clock is wrong.
func (s *session) warnOfClock(ctx context.Context) error {
	s.readClock()
	offset := time.Duration(s.clockOffset.Load())
	if offset.Abs() <= clockLimit || s.clockSaid {
		return nil
	}
	s.clockSaid = true
	s.Log.Warn("this computer's clock is wrong", "offset", offset)
	return ignoreBack(s.UI.Show(ctx, Notice{
		Frame: s.frame("clock", PhaseNone, ""),
		Title: "This computer's clock is " + clockError(offset),
		Why: "palmail uses Microsoft's time for all end dates. Other programs on this computer can fail because " +
			"of the clock.",
		Text:  clockRemedy(),
		Guide: []Instruction{{Text: "Microsoft's time is", Copy: s.Now().UTC().Format("2 January 2006, 15:04 UTC")}},
	}))
}

// clockError says how far a clock is off whose offset to the right time is given.
func clockError(offset time.Duration) string {
	direction := "behind"
	if offset < 0 {
		direction = "ahead"
	}
	minutes := int(offset.Abs().Round(time.Minute) / time.Minute)
	switch {
	case minutes >= 48*60:
		return fmt.Sprintf("%d days %s", minutes/(24*60), direction)
	case minutes >= 120:
		return fmt.Sprintf("%d hours %s", minutes/60, direction)
	}
	return fmt.Sprintf("%d minutes %s", minutes, direction)
}

// clockRemedy says how to set the clock of this system.
func clockRemedy() string {
	switch runtime.GOOS {
	case "windows":
		return "Set it: run `w32tm /resync` in a terminal opened as administrator, or choose **Sync now** under " +
			"Settings › Time & language › Date & time. Then check the time zone there."
	case "darwin":
		return "Set it: switch on **Set time and date automatically** under System Settings › General › Date & " +
			"Time. Then check the time zone there."
	}
	return "Set it: run `sudo timedatectl set-ntp true`, then check with `timedatectl`."
}

// endDateRefused says whether Microsoft found the end date of a new secret impossible.
func endDateRefused(f *diagnose.Finding) bool {
	return strings.Contains(f.Raw+strings.Join(f.Codes, " "), "KeyCredentialsInvalidEndDate")
}

// explainEndDate gives a refused end date its cause: it was computed from a clock that is wrong.
func explainEndDate(f *diagnose.Finding) {
	f.Title = "Microsoft refuses the secret's end date"
	f.Explanation = "A secret must end after it begins, by Microsoft's clock. This computer's clock is probably wrong."
	f.Remedy = []string{strings.ReplaceAll(clockRemedy(), "`", ""), "Then try again."}
	f.Who, f.Link, f.Retry = "You", "", false
}
