package steps

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"
	"time"

	"palmail/m365"
	"palmail/store"
)

// referenceLetters leaves out what is mistaken for something else when read aloud or typed.
const referenceLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// newReference returns a short code by which a test mail is told from others.
func newReference() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // it never fails (crypto/rand)
	for i := range b {
		b[i] = referenceLetters[int(b[i])%len(referenceLetters)]
	}
	return string(b)
}

// mailFacts is what a test mail says.
type mailFacts struct {
	Reference, Mailbox, PALURL, App, ClientID, At string
}

const mailText = `This is a test mail, reference %[1]s.

It shows that PAL's mailbox %[2]s can send mail through Microsoft 365. It was sent by palmail with the same app and the same client secret that PAL uses, on %[6]s.

If you have set up PAL's mail: go back to palmail and say that this mail has arrived.
If you do not know what this is about: somebody at your agency is setting up the public request portal and has given your address for the test. Nothing needs to be done.

Mailbox    %[2]s
PAL        %[3]s
App        %[4]s (client ID %[5]s)
Reference  %[1]s
`

var mailHTML = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="en"><body style="font-family:Segoe UI,Arial,sans-serif;font-size:15px;line-height:1.5;color:#1b1b1b;max-width:38em">
<p>This is a test mail, reference <strong>{{.Reference}}</strong>.</p>
<p>It shows that PAL's mailbox <strong>{{.Mailbox}}</strong> can send mail through Microsoft&nbsp;365. It was sent by palmail with the same app and the same client secret that PAL uses, on {{.At}}.</p>
<p><strong>If you have set up PAL's mail:</strong> go back to palmail and say that this mail has arrived.<br>
<strong>If you do not know what this is about:</strong> somebody at your agency is setting up the public request portal and has given your address for the test. Nothing needs to be done.</p>
<table style="border-collapse:collapse;font-size:14px">
<tr><td style="padding:2px 16px 2px 0">Mailbox</td><td>{{.Mailbox}}</td></tr>
<tr><td style="padding:2px 16px 2px 0">PAL</td><td>{{.PALURL}}</td></tr>
<tr><td style="padding:2px 16px 2px 0">App</td><td>{{.App}} (client ID {{.ClientID}})</td></tr>
<tr><td style="padding:2px 16px 2px 0">Reference</td><td>{{.Reference}}</td></tr>
</table>
</body></html>
`))

// testMail is the one real mail of the setup.
func testMail(x *store.Setup, to, reference string, at time.Time) m365.Mail {
	f := mailFacts{reference, x.Mailbox, x.PALURL, x.AppName, x.ClientID, at.UTC().Format("2 January 2006 at 15:04 UTC")}
	if f.PALURL == "" {
		f.PALURL = "not named"
	}
	if f.App == "" {
		f.App = "PAL's app"
	}
	var html bytes.Buffer
	// The template is fixed and writes to memory, so it cannot fail.
	_ = mailHTML.Execute(&html, f)
	return m365.Mail{
		To:              to,
		Subject:         "PAL test mail " + reference,
		Text:            fmt.Sprintf(mailText, f.Reference, f.Mailbox, f.PALURL, f.App, f.ClientID, f.At),
		HTML:            html.String(),
		SaveToSentItems: true,
	}
}
