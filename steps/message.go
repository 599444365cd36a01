package steps

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"html"
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

// mailBodies fills a mail's facts into its text and, escaped, into its HTML; both
// have a place such as %[1]s for each. There is no html/template: with one the
// linker keeps every method of the program, which costs 3 MB.
func mailBodies(text, page string, facts ...string) (filledText, filledPage string) {
	var plain, escaped []any
	for _, f := range facts {
		plain, escaped = append(plain, f), append(escaped, html.EscapeString(f))
	}
	return fmt.Sprintf(text, plain...), fmt.Sprintf(page, escaped...)
}

const mailText = "" +
	"This is a test mail, reference %[1]s.\n\n" +
	"It shows that PAL's mailbox %[2]s can send mail through Microsoft 365. It was sent by palmail with " +
	"the same app and the same client secret that PAL uses, on %[6]s.\n\n" +
	"If you have set up PAL's mail: go back to palmail and say that this mail has arrived.\n" +
	"If you do not know what this is about: somebody at your agency is setting up the public request " +
	"portal and has given your address for the test. Nothing needs to be done.\n\n" +
	"Mailbox    %[2]s\n" +
	"PAL        %[3]s\n" +
	"App        %[4]s (client ID %[5]s)\n" +
	"Reference  %[1]s\n"

// mailHTML takes the same facts as mailText.
const mailHTML = "" +
	"<!DOCTYPE html>\n" +
	"<html lang=\"en\"><body style=\"font-family:Segoe " +
	"UI,Arial,sans-serif;font-size:15px;line-height:1.5;color:#1b1b1b;max-width:38em\">\n" +
	"<p>This is a test mail, reference <strong>%[1]s</strong>.</p>\n" +
	"<p>It shows that PAL's mailbox <strong>%[2]s</strong> can send mail through Microsoft&nbsp;365. It " +
	"was sent by palmail with the same app and the same client secret that PAL uses, on %[6]s.</p>\n" +
	"<p><strong>If you have set up PAL's mail:</strong> go back to palmail and say that this mail has " +
	"arrived.<br>\n" +
	"<strong>If you do not know what this is about:</strong> somebody at your agency is setting up the " +
	"public request portal and has given your address for the test. Nothing needs to be done.</p>\n" +
	"<table style=\"border-collapse:collapse;font-size:14px\">\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">Mailbox</td><td>%[2]s</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">PAL</td><td>%[3]s</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">App</td><td>%[4]s (client ID %[5]s)</td></tr>\n" +
	"<tr><td style=\"padding:2px 16px 2px 0\">Reference</td><td>%[1]s</td></tr>\n" +
	"</table>\n" +
	"</body></html>\n"

// testMail is the one real mail of the setup.
func testMail(x *store.Setup, to, reference string, at time.Time) m365.Mail {
	text, page := mailBodies(mailText, mailHTML, reference, x.Mailbox, cmp.Or(x.PALURL, "not named"),
		cmp.Or(x.AppName, "PAL's app"), x.ClientID,
		at.UTC().Format("2 January 2006 at 15:04 UTC"))
	return m365.Mail{
		To: to, Subject: "PAL test mail " + reference,
		Text: text, HTML: page,
		SaveToSentItems: true,
	}
}
