// Package calendar writes the reminder that a client secret ends, as an iCalendar file.
//
// It is a package of its own because it hides the rules of the format (RFC 5545)
// and its library from the rest.
package calendar

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"palmail/clean"
)

// Reminder describes the end of a client secret and its reminders.
type Reminder struct {
	// Key identifies the secret of a profile. It must not change, so that the
	// entries of a newer file replace those of an older one.
	Key     string
	Ends    time.Time
	Before  []int  // days before the end, one reminder each
	Subject string // of the entry on the last day; the others begin with "In 7 days: " and so on
	Text    string // what to do; can have several lines
	Now     time.Time
}

// File returns the iCalendar file, in UTF-8.
//
// Each reminder is an entry of its own with one alarm at its start, and the last
// entry is the end itself. One entry with several alarms would be shorter, but
// Outlook supports only one alarm for an entry
// (https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcical/9710b22c-ba2e-4581-be59-e143a952708a),
// and Google Calendar ignores the alarms of imported entries and uses its own
// settings. Days in the past are left out.
func File(r Reminder) []byte {
	c := ics.NewCalendarFor("palmail")
	c.SetProductId("-//palmail//palmail//EN")
	c.SetMethod(ics.MethodPublish)
	subject := clean.Line(r.Subject)
	for _, days := range r.Before {
		if at := r.Ends.AddDate(0, 0, -days); at.After(r.Now) {
			e := r.addEntry(c, fmt.Sprintf("%s-%d", r.Key, days), at, daysAhead(days)+": "+subject)
			alarm := e.AddAlarm()
			alarm.SetAction(ics.ActionDisplay)
			alarm.SetTrigger("-PT0M")
			alarm.SetProperty(ics.ComponentPropertyDescription, daysAhead(days)+": "+subject)
		}
	}
	r.addEntry(c, r.Key, r.Ends, subject)
	return []byte(c.Serialize(ics.WithNewLineWindows))
}

func daysAhead(days int) string {
	if days == 1 {
		return "Tomorrow"
	}
	return fmt.Sprintf("In %d days", days)
}

// addEntry adds an entry of 15 minutes that does not mark the time as busy.
func (r Reminder) addEntry(c *ics.Calendar, key string, at time.Time, subject string) *ics.VEvent {
	e := c.AddEvent(key + "@palmail")
	e.SetDtStampTime(r.Now.UTC())
	e.SetSequence(int(r.Now.Unix() / 60)) // the higher number wins, so minutes are precise enough
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
