package steps

import (
	"strings"
	"testing"
	"time"

	"palmail/clean"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

func TestAddressShape(t *testing.T) {
	for text, want := range map[string]State{
		"noreply@agency.gov":                Right,
		"o'brien+pal@agency.gov":            Right,
		"noreply@":                          Unknown,
		"noreply":                           Unknown,
		"":                                  Unknown,
		"noreply@agency":                    Unknown,
		"noreply@agency.":                   Unknown,
		"@agency.gov":                       Wrong,
		"a b@agency.gov":                    Wrong,
		"a@b@agency.gov":                    Wrong,
		"a@agency..gov":                     Wrong,
		"a@agency.gov,b@x.org":              Wrong,
		"a@-agency.gov":                     Wrong,
		"Name <a@agency.gov>":               Wrong,
		"a@agency.gov/x":                    Wrong,
		strings.Repeat("a", 300) + "@x.org": Wrong,
	} {
		if got := addressShape(text, Answers{}); got.State != want {
			t.Errorf("%q: %v %q, want %v", text, got.State, got.Text, want)
		}
	}
}

func TestPALURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://pal.agency.gov":                           "https://pal.agency.gov",
		"https://pal.agency.gov/":                          "https://pal.agency.gov",
		"https://pal.agency.gov/App/Admin/":                "https://pal.agency.gov/App/Admin",
		"https://pal.agency.gov/app/connectors/SMTP.aspx":  "https://pal.agency.gov/app",
		"https://pal.agency.gov/app/Connectors/smtp.ASPX/": "https://pal.agency.gov/app",
		"pal.agency.gov/app":                               "https://pal.agency.gov/app",
		"https://pal.agency.gov:8443/app":                  "https://pal.agency.gov:8443/app",
	} {
		got, err := parsePALURL(text)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
		if v := palURLShape(text, Answers{}); v.State != Right {
			t.Errorf("%q: shape %v %q", text, v.State, v.Text)
		}
	}
	for text, why := range map[string]string{
		"http://pal.agency.gov":                              "https://",
		"ftp://pal.agency.gov":                               "https://",
		"https://user:pw@pal.agency.gov":                     "user name",
		"https://pal.agency.gov/?a=1":                        "?",
		"https://pal.agency.gov/#x":                          "#",
		"https://pal.agency.gov/a(b)":                        "redirect URI",
		"https://pal.agency.gov/a,b":                         "redirect URI",
		"https://-bad-.gov/":                                 "host name",
		"https://":                                           "looks like",
		"https://pal.agency.gov/" + strings.Repeat("a", 250): "256",
	} {
		if got, err := parsePALURL(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %q, %v; want an error about %q", text, got, err, why)
		}
	}
}

func TestSecretShape(t *testing.T) {
	s := &session{setup: store.Setup{ClientID: "11111111-2222-3333-4444-555555555555"}}
	for text, want := range map[string]struct {
		state State
		says  string
	}{
		"abc8Q~abcdefghijklmnopqrstuvwxyz12345678": {Right, ""},
		"1b2c3d4e-1111-2222-3333-444455556666":     {Wrong, "Secret ID"},
		"11111111-2222-3333-4444-555555555555":     {Wrong, "Overview"},
		"abc":                                      {Unknown, "40 characters"},
		"abc********************":                  {Wrong, "hides"},
		"two words of a secret value here":         {Wrong, "spaces"},
		"someOtherKindOfSecret1234":                {Warn, "tried"},
		strings.Repeat("x", 65):                    {Wrong, "too long"},
		"https://portal.azure.com/":                {Wrong, "not the Value"},
	} {
		if got := s.secretShape(text, Answers{}); got.State != want.state || !strings.Contains(got.Text, want.says) {
			t.Errorf("%q: %v %q, want %v %q", text, got.State, got.Text, want.state, want.says)
		}
	}
}

func TestDateShape(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	shape := dateShape(now)
	for text, want := range map[string]State{
		"2027-05-22": Right, "22 May 2027": Right, "05/22/2027": Right, "2027-11-23": Warn,
		"2026-11-23": Wrong, "2020-01-01": Wrong, "2028-11-24": Wrong, "2027-02-30": Unknown, "2027-": Unknown,
		"": Unknown, "morgen!": Wrong,
	} {
		if got := shape(text, Answers{}); got.State != want {
			t.Errorf("%q: %v %q, want %v", text, got.State, got.Text, want)
		}
	}
}

func TestGUIDShape(t *testing.T) {
	shape := guidShape("Application (client) ID")
	for text, want := range map[string]struct {
		state State
		says  string
	}{
		"1b2c3d4e-1111-2222-3333-444455556666":     {Right, ""},
		"1B2C3D4E-1111-2222-3333-444455556666":     {Right, ""},
		"1b2c3d4e-1111-2222-3333-44445555666":      {Unknown, "35"},
		"":                                         {Unknown, ""},
		"1b2c3d4e":                                 {Unknown, "8"},
		"1b2c3d4e-11112222":                        {Wrong, "not an ID"},
		"zb2c3d4e-1111-2222-3333-444455556666":     {Wrong, "not an ID"},
		"abc8Q~abcdefghijklmnopqrstuvwxyz12345678": {Wrong, "secret"},
		"https://portal.azure.com/#view/x":         {Wrong, "address"},
		"noreply@agency.gov":                       {Wrong, "mail address"},
	} {
		if got := shape(text, Answers{}); got.State != want.state || !strings.Contains(got.Text, want.says) {
			t.Errorf("%q: %v %q, want %v %q", text, got.State, got.Text, want.state, want.says)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for hours, want := range map[int]int{
		0: -1, 1: 0, 13: 0, 14: 1, 24: 1, 48: 2, -1: -1, -24: -1, -48: -2, 24 * 180: 180,
	} {
		if got := progress.DaysLeft(store.Secret{
			Expires: now.Add(time.Duration(hours) * time.Hour),
		}, now); got != want {
			t.Errorf("%d hours: %d days, want %d", hours, got, want)
		}
	}
}

func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		"noreply@agency.gov", "https://pal.agency.gov/app/connectors/SMTP.aspx",
		"1b2c3d4e-1111-2222-3333-444455556666", "abc8Q~abcdefghijklmnopqrstuvwxyz12345678", "2027-05-22",
		"日本@例.jp",
		"\x00\x1b[31m",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := &session{}
	f.Fuzz(func(t *testing.T, text string) {
		text = clean.Pasted(text)
		a := Answers{Text: map[string]string{}}
		addressShape(text, a)
		palURLShape(text, a)
		tenantShape(text, a)
		guidShape("x")(tidyGUID(text), a)
		s.secretShape(text, a)
		dateShape(now)(text, a)
		if kept, err := parsePALURL(text); err == nil {
			again, err := parsePALURL(kept)
			if err != nil || again != kept || len(m365.RedirectURI(kept)) > 256 {
				t.Fatalf("%q is kept as %q, which is then %q, %v", text, kept, again, err)
			}
		}
	})
}
