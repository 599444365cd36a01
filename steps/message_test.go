package steps

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"palmail/m365"
	"palmail/store"
)

// Names from PAL and the portal are text in palmail's own mails, whatever is in them.
func TestMailsHoldHostileTexts(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	elements := func(text string, mail func(x *store.Setup, profile string) m365.Mail) (list []string) {
		t.Helper()
		x := &store.Setup{Mailbox: text, PALURL: text, AppName: text, ClientID: text}
		x.Secret.Description, x.Secret.Expires = text, now.AddDate(0, 0, 7)
		m := mail(x, text)
		if !strings.Contains(m.Text, text) || strings.Contains(m.Text+m.HTML, "%!") {
			t.Errorf("the text: %s\n%s", m.Text, m.HTML)
		}
		doc, err := html.Parse(strings.NewReader(m.HTML))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for n := range doc.Descendants() {
			switch n.Type {
			case html.TextNode:
				said += n.Data
			case html.ElementNode:
				list = append(list, n.Data)
				for _, a := range n.Attr {
					list = append(list, a.Key)
				}
			}
		}
		if strings.Count(said, text) < 4 {
			t.Errorf("%q is missing in: %s", text, said)
		}
		return list
	}
	for name, mail := range map[string]func(*store.Setup, string) m365.Mail{
		"test": func(x *store.Setup, _ string) m365.Mail { return testMail(x, "pat@example.org", "K7PQRS", now) },
		"warning": func(x *store.Setup, profile string) m365.Mail {
			return warningMail(*x, profile, "pat@example.org", now)
		},
	} {
		plain, hostile := elements("plain", mail), elements(`"><script>x()</script><b y=' onmouseover='z`, mail)
		if strings.Join(plain, " ") != strings.Join(hostile, " ") {
			t.Errorf("the %s mail: a name became markup: %v", name, hostile)
		}
	}
}
