package calendar

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("EST", -5*3600))

func reminder(ends time.Time) Reminder {
	return Reminder{
		Key: "default-3ce379e4", Ends: ends, Before: []int{30, 7, 1}, Now: now,
		Subject: "PAL's mail; stops, C:\\temp \r\nBEGIN:VEVENT",
		Text: "Start palmail rotate.\nÄnderungsdienst für die Behörde, mit einer Zeile, die länger ist als " +
			"fünfundsiebzig Oktette; 日本語日本語日本語日本語日本語日本語\n" + strings.Repeat("x", 300),
	}
}

// wantRFC5545 checks the form of a file by hand, without the library that wrote it.
func wantRFC5545(t *testing.T, file []byte) {
	t.Helper()
	text := string(file)
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "END:VCALENDAR\r\n") {
		t.Errorf("not UTF-8, or not whole: %q", text)
	}
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") ||
		strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		t.Error("a line does not end with CRLF") // 3.1
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("a line of %d octets: %q", len(line), line) // 3.1
		}
	}
	property := regexp.MustCompile(`^[A-Z-]+(;[A-Z-]+=[^:;]+)*:`)
	var open []string
	for line := range strings.SplitSeq(strings.TrimSuffix(unfold(text), "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case !property.MatchString(line):
			t.Errorf("not a property: %q", line)
		case name == "BEGIN":
			open = append(open, value)
		case name == "END":
			if len(open) == 0 || open[len(open)-1] != value {
				t.Fatalf("%s ends inside %v", value, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func unfold(text string) string { return strings.ReplaceAll(text, "\r\n ", "") }

func TestFile(t *testing.T) {
	ends := time.Date(2027, 5, 22, 3, 4, 5, 0, time.UTC)
	file := File(reminder(ends))
	wantRFC5545(t, file)
	text := unfold(string(file))
	for part, times := range map[string]int{
		"BEGIN:VCALENDAR": 1, "VERSION:2.0\r\n": 1, "PRODID:": 1, "METHOD:PUBLISH\r\n": 1,
		"\r\nBEGIN:VEVENT\r\n": 4, "DTSTAMP:20261123T150000Z\r\n": 4, "BEGIN:VALARM\r\n": 3, "ACTION:DISPLAY\r\n": 3,
		"TRIGGER:-PT0M\r\n":                          3,
		"UID:default-3ce379e4-30@palmail\r\nDTSTAMP": 1, "UID:default-3ce379e4-7@palmail\r\n": 1,
		"UID:default-3ce379e4-1@palmail\r\n": 1, "UID:default-3ce379e4@palmail\r\n": 1,
		"DTSTART:20270422T030405Z\r\n": 1, "DTSTART:20270515T030405Z\r\n": 1, "DTSTART:20270521T030405Z\r\n": 1,
		"DTSTART:20270522T030405Z\r\n":                                           1,
		`SUMMARY:In 7 days: PAL's mail\; stops\, C:\\temp BEGIN:VEVENT` + "\r\n": 1,
		`DESCRIPTION:Start palmail rotate.\nÄnderungsdienst`:                     4,
	} {
		if got := strings.Count(text, part); got != times {
			t.Errorf("%q is there %d times, want %d:\n%s", part, got, times, text)
		}
	}

	// Read back by a parser.
	c, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var left []int
	for _, e := range c.Events() {
		at, err := e.GetStartAt()
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Alarms()) == 1 {
			left = append(left, int(ends.Sub(at)/(24*time.Hour)))
		}
	}
	if !slices.Equal(left, []int{30, 7, 1}) {
		t.Errorf("alarms %v days before the end", left)
	}
}

// A newer file has the same entries with a higher sequence number; another secret has other entries.
func TestReplacing(t *testing.T) {
	uids := func(r Reminder) []string {
		return regexp.MustCompile(`UID:[^\r]*`).FindAllString(unfold(string(File(r))), -1)
	}
	sequence := func(r Reminder) string {
		return regexp.MustCompile(`SEQUENCE:(\d+)`).FindString(string(File(r)))
	}
	r := reminder(now.AddDate(0, 6, 0))
	later := r
	later.Now = now.AddDate(0, 0, 1)
	if !slices.Equal(uids(r), uids(later)) || sequence(r) >= sequence(later) {
		t.Errorf("%v %s and then %v %s", uids(r), sequence(r), uids(later), sequence(later))
	}
}

// Reminders in the past are left out: a calendar would show them immediately or never.
func TestPastDays(t *testing.T) {
	for days, want := range map[int]int{60: 3, 30: 2, 8: 2, 7: 1, 1: 0, 0: 0, -5: 0} {
		file := File(reminder(now.AddDate(0, 0, days)))
		wantRFC5545(t, file)
		if got := bytes.Count(file, []byte("BEGIN:VALARM")); got != want {
			t.Errorf("%d days before the end: %d alarms, want %d", days, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add("subject", "text\nmore", "key")
	f.Add(strings.Repeat("日", 80)+" <", " \t\r\n "+strings.Repeat("y ", 100), "k")
	f.Fuzz(func(t *testing.T, subject, text, key string) {
		r := reminder(now.AddDate(0, 6, 0))
		r.Subject, r.Text = subject, text
		wantRFC5545(t, File(r))
	})
}
