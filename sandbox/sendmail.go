package sandbox

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// sendMail judges and takes a message for the mailbox named in the address.
// The order: the mailbox, the app's right to use it, whether the mailbox can be
// used at all, the request, and last the recipients.
// t.mu is held.
func (t *Tenant) sendMail(c *call, b claims, name string) *graphError {
	if c.side == graphSide && c.cloud.graph != t.home().graph {
		return deny(http.StatusForbidden, "ErrorTenantNotFoundInCurrentSovereignEnvironment",
			"Remote forest discovery is not supported on restricted forests. Local Forest: NAMP111.PROD.OUTLOOK.COM "+
				"Remote Forest: NAMP110A003.PROD.OUTLOOK.COM.")
	}
	m := t.mailboxNamed(name)
	if m == nil {
		return deny(http.StatusNotFound, "ErrorInvalidUser", "The requested user '%s' is invalid.", name)
	}
	a := t.app(b.AppID)
	defer t.noteCall(b.Oid)
	if a == nil || !t.canSendAs(b, a, m) {
		return deny(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
	}
	if t.isExcluded(a, m) {
		return deny(http.StatusForbidden, "ErrorAccessDenied",
			"Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.")
	}
	if m.OnPremises || !m.Licensed && !m.Shared {
		return deny(http.StatusNotFound, "MailboxNotEnabledForRESTAPI",
			"The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
	}
	msg, refusal := readMessage(c)
	if refusal != nil {
		return refusal
	}
	if msg.from != "" && !strings.EqualFold(msg.from, m.address) {
		return deny(http.StatusForbidden, "ErrorSendAsDenied",
			"The user account which was used to submit this request does not have the right to send mail on behalf "+
				"of the specified sending account., Cannot submit message.")
	}
	if len(msg.to)+len(msg.others) == 0 {
		return deny(http.StatusBadRequest, "ErrorInvalidRecipients",
			"At least one recipient is not valid., A message can't be sent because it contains no recipients.")
	}
	for _, r := range slices.Concat(msg.to, msg.others) {
		if !isAddress(r) {
			return deny(http.StatusBadRequest, "ErrorInvalidRecipients",
				"At least one recipient is not valid., Recipient '%s' is not resolved. All recipients must be "+
					"resolved before a message can be submitted.", r)
		}
	}
	if m.Blocked {
		return deny(http.StatusForbidden, "ErrorMessageSubmissionBlocked", "Cannot send mail. Follow the "+
			"instructions in your Inbox to verify your account., WASCL UserAction verdict is not None. Actual "+
			"verdict is Suspend.")
	}
	t.keep(Mail{From: m.address, To: msg.to, Subject: msg.subject, Text: msg.text, HTML: msg.html, At: t.now()})
	return nil
}

// message is what a request asks to send.
type message struct {
	from       string
	to, others []string
	subject    string
	text, html string
}

func readMessage(c *call) (message, *graphError) {
	if c.tooLarge {
		return message{}, deny(http.StatusRequestEntityTooLarge, "BadRequest", "Maximum request length exceeded.")
	}
	given := c.header.Get("Content-Type")
	if given == "" {
		return message{}, deny(http.StatusBadRequest, "BadRequest", "Write requests (excluding DELETE) must contain "+
			"the Content-Type header declaration.")
	}
	switch kind, _, _ := mime.ParseMediaType(given); kind {
	case "application/json":
		return jsonMessage(c.body)
	case "text/plain":
		return mimeMessage(c.body)
	}
	return message{}, deny(http.StatusBadRequest, "BadRequest", "Entity only allows writes with a JSON Content-Type "+
		"header.")
}

// messageProperties are those of microsoft.graph.message.
var messageProperties = strings.Fields(`
id createdDateTime lastModifiedDateTime changeKey categories receivedDateTime sentDateTime
hasAttachments internetMessageId internetMessageHeaders subject body bodyPreview importance
parentFolderId sender from toRecipients ccRecipients bccRecipients replyTo conversationId
conversationIndex uniqueBody isDeliveryReceiptRequested isReadReceiptRequested isRead isDraft
webLink inferenceClassification flag attachments extensions singleValueExtendedProperties
multiValueExtendedProperties`)

const unreadable = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of " +
	"valid JSON format."

func jsonMessage(body []byte) (message, *graphError) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return message{}, deny(http.StatusBadRequest, "BadRequest", "Empty Payload. JSON content expected.")
	}
	if !json.Valid(body) || !utf8.Valid(body) {
		return message{}, deny(http.StatusBadRequest, "BadRequest", unreadable)
	}
	top, refusal := object(body, "sendMail parameters", "message", "Message", "saveToSentItems", "SaveToSentItems")
	if refusal != nil {
		return message{}, refusal
	}
	raw := top["message"]
	if raw == nil {
		raw = top["Message"]
	}
	if raw == nil || string(raw) == "null" {
		return message{}, deny(http.StatusBadRequest, "ErrorInvalidParameter", "The parameter 'Message' is required.")
	}
	for _, k := range []string{"saveToSentItems", "SaveToSentItems"} {
		// The documentation's own examples give it as a text.
		if v := strings.Trim(strings.ToLower(string(top[k])), `"`); v != "" && v != "true" && v != "false" &&
			v != "null" {
			return message{}, badValue(string(top[k]), "Edm.Boolean")
		}
	}
	return graphMessage(raw)
}

func badValue(value, of string) *graphError {
	return deny(http.StatusBadRequest, "RequestBodyRead", "Cannot convert the literal '%s' to the expected type '%s'.",
		strings.Trim(value, `"`), of)
}

// graphMessage reads a microsoft.graph.message.
func graphMessage(raw json.RawMessage) (out message, refusal *graphError) {
	m, refusal := object(raw, "microsoft.graph.message", messageProperties...)
	if refusal != nil {
		return out, refusal
	}
	if s := m["subject"]; s != nil && json.Unmarshal(s, &out.subject) != nil {
		return out, badValue(string(s), "Edm.String")
	}
	if b := m["body"]; b != nil && string(b) != "null" {
		if refusal := out.readBody(b); refusal != nil {
			return out, refusal
		}
	}
	if from := m["from"]; from != nil && string(from) != "null" {
		if out.from, refusal = recipient(from); refusal != nil {
			return out, refusal
		}
	}
	if out.to, refusal = recipients(m["toRecipients"]); refusal != nil {
		return out, refusal
	}
	for _, k := range []string{"ccRecipients", "bccRecipients"} {
		more, refusal := recipients(m[k])
		if refusal != nil {
			return out, refusal
		}
		out.others = append(out.others, more...)
	}
	return out, nil
}

func (out *message) readBody(raw json.RawMessage) *graphError {
	m, refusal := object(raw, "microsoft.graph.itemBody", "contentType", "content")
	if refusal != nil {
		return refusal
	}
	var kind, content string
	if v := m["contentType"]; v != nil && json.Unmarshal(v, &kind) != nil {
		return badValue(string(v), "microsoft.graph.bodyType")
	}
	if v := m["content"]; v != nil && json.Unmarshal(v, &content) != nil {
		return badValue(string(v), "Edm.String")
	}
	switch strings.ToLower(kind) {
	case "html":
		out.html, out.text = content, plain(content)
	case "", "text":
		out.text = content
	default:
		return deny(http.StatusBadRequest, "RequestBodyRead", "Requested value '%s' was not found.", kind)
	}
	return nil
}

func recipients(raw json.RawMessage) ([]string, *graphError) {
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, badValue(string(raw), "Collection(microsoft.graph.recipient)")
	}
	var out []string
	for _, r := range list {
		a, refusal := recipient(r)
		if refusal != nil {
			return nil, refusal
		}
		out = append(out, a)
	}
	return out, nil
}

func recipient(raw json.RawMessage) (string, *graphError) {
	m, refusal := object(raw, "microsoft.graph.recipient", "emailAddress")
	if refusal != nil || m["emailAddress"] == nil {
		return "", refusal
	}
	e, refusal := object(m["emailAddress"], "microsoft.graph.emailAddress", "address", "name")
	if refusal != nil || e["address"] == nil {
		return "", refusal
	}
	var a string
	if json.Unmarshal(e["address"], &a) != nil {
		return "", badValue(string(e["address"]), "Edm.String")
	}
	return strings.TrimSpace(a), nil
}

// isAddress tells whether Exchange would take s for an SMTP address.
func isAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && len(s) <= 320 && isDomain(strings.ToLower(domain)) &&
		!strings.ContainsAny(local, " \t\r\n,;<>()[]\\\"@") && !strings.HasPrefix(local, ".") &&
		!strings.HasSuffix(local, ".") &&
		!strings.Contains(local, "..")
}
