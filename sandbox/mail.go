package sandbox

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Mail is a message the tenant has taken for delivery.
type Mail struct {
	From    string // the mailbox it was sent from
	To      []string
	Subject string
	Text    string // the text part, or what the HTML says
	HTML    string // "" for a message of plain text
	At      time.Time
}

// Mails returns the newest mail taken so far, at most 50, oldest first.
func (t *Tenant) Mails() []Mail {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.mails)
}

// keep stores a message in place of the oldest one. t.mu is held.
func (t *Tenant) keep(m Mail) {
	t.mails = append(t.mails, m)
	if over := len(t.mails) - keptMails; over > 0 {
		t.mails = slices.Delete(t.mails, 0, over)
	}
}

// mimeMessage reads a message in MIME format, which comes in base64.
func mimeMessage(body []byte) (message, *graphError) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(body)), ""))
	if err != nil || len(raw) == 0 {
		return message{}, deny(http.StatusBadRequest, "ErrorMimeContentInvalidBase64String",
			"Invalid base64 string for MIME content.")
	}
	invalid := deny(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return message{}, invalid
	}
	out := message{subject: decodedHeader(m.Header.Get("Subject"))}
	if from, err := m.Header.AddressList("From"); err == nil && len(from) > 0 {
		out.from = from[0].Address
	}
	out.to = addresses(m.Header, "To")
	out.others = append(addresses(m.Header, "Cc"), addresses(m.Header, "Bcc")...)
	if !out.readPart(textproto.MIMEHeader(m.Header), m.Body, 0) {
		return message{}, invalid
	}
	if out.text == "" {
		out.text = plain(out.html)
	}
	return out, nil
}

func addresses(h mail.Header, key string) []string {
	if h.Get(key) == "" {
		return nil
	}
	list, err := h.AddressList(key)
	if err != nil {
		return []string{h.Get(key)} // judged as one bad recipient
	}
	var out []string
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

func decodedHeader(s string) string {
	if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// readPart takes the first text and the first HTML out of a part and the parts
// in it. It returns false for a part that cannot be read.
func (out *message) readPart(h textproto.MIMEHeader, r io.Reader, depth int) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		if params["boundary"] == "" || depth > 5 {
			return false
		}
		parts := multipart.NewReader(r, params["boundary"])
		for n := 0; n < 100; n++ {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return true
			}
			if err != nil || !out.readPart(p.Header, p, depth+1) {
				return false
			}
		}
		return false
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return false
	}
	text := strings.TrimRight(strings.ReplaceAll(strings.ToValidUTF8(string(content), "\ufffd"), "\r\n", "\n"), "\n")
	switch {
	case strings.HasPrefix(h.Get("Content-Disposition"), "attachment"):
	case kind == "text/plain" && out.text == "":
		out.text = text
	case kind == "text/html" && out.html == "":
		out.html = text
	}
	return true
}

var (
	unseen   = regexp.MustCompile(`(?is)<(style|script|head|title)\b.*?</(style|script|head|title)\s*>|<!--.*?-->`)
	lineTags = regexp.MustCompile(`(?i)<br\s*/?>|</?(p|div|tr|li|ul|ol|table|h[1-6])\b[^>]*>`)
	anyTag   = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces   = regexp.MustCompile(`[ \t\r]+`)
	gaps     = regexp.MustCompile(`\n{3,}`)
)

// plain returns what an HTML body says, without its tags.
func plain(body string) string {
	s := unseen.ReplaceAllString(body, "")
	s = strings.ReplaceAll(s, "\n", " ")
	s = lineTags.ReplaceAllString(s, "\n")
	s = html.UnescapeString(anyTag.ReplaceAllString(s, ""))
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(spaces.ReplaceAllString(l, " "))
	}
	return strings.TrimSpace(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}
