// Package calendar writes the reminder that a client secret ends, as an iCalendar file.
//
// It is a room of its own because iCalendar is a format with rules that
// nothing else here should know (RFC 5545), and its library stays behind it.
package calendar

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"palmail/clean"
)

// Reminder is what is to be remembered.
type Reminder struct {
	// Key tells this secret of this profile from all others, and stays the same:
	// the entries of a file that is imported again replace those of the first.
	Key     string
	Ends    time.Time
	Before  []int  // days before the end on which to be reminded
	Subject string // of the entry on the last day; "In 7 days: " and so on comes before it in the others
	Text    string // what to do; its lines are kept
	Now     time.Time
}

// File returns the iCalendar file, in UTF-8.
//
// Each reminder is an entry of its own with one alarm at its beginning, and the
// last entry is the end itself. One entry with several alarms would be
// shorter, but Outlook takes at most one alarm of an entry
// (https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcical/9710b22c-ba2e-4581-be59-e143a952708a),
// and Google Calendar drops the alarms of imported entries and reminds of each
// entry in its own way. Days that are past are left out.
func File(r Reminder) []byte {
	c := ics.NewCalendarFor("palmail")
	c.SetProductId("-//palmail//palmail//EN")
	c.SetMethod(ics.MethodPublish)
	subject := clean.Line(r.Subject)
	for _, days := range r.Before {
		if at := r.Ends.AddDate(0, 0, -days); at.After(r.Now) {
			e := r.entry(c, fmt.Sprintf("%s-%d", r.Key, days), at, in(days)+": "+subject)
			alarm := e.AddAlarm()
			alarm.SetAction(ics.ActionDisplay)
			alarm.SetTrigger("-PT0M")
			alarm.SetProperty(ics.ComponentPropertyDescription, in(days)+": "+subject)
		}
	}
	r.entry(c, r.Key, r.Ends, subject)
	return []byte(c.Serialize(ics.WithNewLineWindows))
}

func in(days int) string {
	if days == 1 {
		return "Tomorrow"
	}
	return fmt.Sprintf("In %d days", days)
}

// entry adds an entry of a quarter of an hour that leaves the day free.
func (r Reminder) entry(c *ics.Calendar, key string, at time.Time, subject string) *ics.VEvent {
	e := c.AddEvent(key + "@palmail")
	e.SetDtStampTime(r.Now.UTC())
	e.SetSequence(int(r.Now.Unix() / 60)) // the later file wins, so minutes are enough
	e.SetStartAt(at.UTC())
	e.SetEndAt(at.UTC().Add(15 * time.Minute))
	e.SetSummary(subject)
	var lines []string
	for line := range strings.Lines(r.Text) {
		lines = append(lines, clean.Line(line))
	}
	e.SetDescription(strings.Join(lines, "\n"))
	e.SetTimeTransparency(ics.TransparencyTransparent)
	return e
}
