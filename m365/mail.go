package m365

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"time"
)

// Mail is a mail to one recipient. Text and HTML have the same content; either can be empty.
type Mail struct {
	To, Subject, Text, HTML string
	// SaveToSentItems keeps a copy in the mailbox's Sent Items. Graph can send
	// both bodies only as MIME, and then always keeps a copy
	// (https://learn.microsoft.com/graph/api/user-sendmail). Without a copy only
	// the HTML is sent, if there is any.
	SaveToSentItems bool
}

// content returns the body of a sendMail call and its content type.
func (m Mail) content(from string, at time.Time) (body []byte, contentType string, err error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return nil, "", fmt.Errorf("reading the recipient's address: %w", err)
	}
	if !m.SaveToSentItems {
		return m.json(to.Address)
	}
	raw, err := m.mime(from, to, at)
	if err != nil {
		return nil, "", fmt.Errorf("writing the mail: %w", err)
	}
	return []byte(base64.StdEncoding.EncodeToString(raw)), "text/plain", nil
}

// mime returns the mail as RFC 5322 text. The HTML comes last, as the preferred
// alternative (RFC 2046, section 5.1.4).
func (m Mail) mime(from string, to *mail.Address, at time.Time) ([]byte, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("reading the mailbox's address: %w", err)
	}
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	for _, h := range [][2]string{
		{"From", sender.String()},
		{"To", to.String()},
		// Encoded, a subject cannot add header lines.
		{"Subject", mime.BEncoding.Encode("utf-8", m.Subject)},
		{"Date", at.Format(time.RFC1123Z)},
		// Asks out-of-office replies and other responders not to answer (RFC 3834, section 5).
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{
			"Content-Type", mime.FormatMediaType("multipart/alternative",
				map[string]string{"boundary": parts.Boundary()}),
		},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	out.WriteString("\r\n")
	for _, p := range [][2]string{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		if p[1] == "" && (p[0] != "text/plain" || m.HTML != "") {
			continue
		}
		part, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {p[0] + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, err
		}
		encoder := quotedprintable.NewWriter(part)
		if _, err := encoder.Write([]byte(p[1])); err != nil {
			return nil, err
		}
		if err := encoder.Close(); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// The JSON of a sendMail call.
type (
	sendMail struct {
		Message         message `json:"message"`
		SaveToSentItems bool    `json:"saveToSentItems"`
	}
	message struct {
		Subject      string      `json:"subject"`
		Body         itemBody    `json:"body"`
		ToRecipients []recipient `json:"toRecipients"`
	}
	itemBody struct {
		ContentType string `json:"contentType"`
		Content     string `json:"content"`
	}
	recipient struct {
		EmailAddress emailAddress `json:"emailAddress"`
	}
	emailAddress struct {
		Address string `json:"address"`
	}
)

func (m Mail) json(to string) ([]byte, string, error) {
	call := sendMail{
		Message: message{
			Subject: m.Subject, Body: itemBody{"HTML", m.HTML},
			ToRecipients: []recipient{{emailAddress{to}}},
		},
		SaveToSentItems: m.SaveToSentItems,
	}
	if m.HTML == "" {
		call.Message.Body = itemBody{"Text", m.Text}
	}
	body, err := json.Marshal(call)
	return body, "application/json", err
}

// mailWithoutRecipients is a sendMail body that cannot be delivered.
func mailWithoutRecipients() ([]byte, error) {
	return json.Marshal(sendMail{Message: message{
		Subject:      "palmail check: not sent",
		Body:         itemBody{"Text", "A check of the right to send. It has no recipients."},
		ToRecipients: []recipient{},
	}})
}
