package m365

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"palmail/diagnose"
)

// Accepted identifies a mail that Microsoft accepted with 202. That does not
// mean that it was delivered
// (https://learn.microsoft.com/graph/outlook-things-to-know-about-send-mail).
type Accepted struct {
	RequestID     string
	CorrelationID string // the client-request-id
	At            time.Time
}

// ProbeSend checks whether the token can send as mailbox, with a mail that has no
// recipients, so that nothing can be delivered. nil means that Microsoft found
// no other fault. Every error is a *diagnose.Failure of the stage send.
func (c *Client) ProbeSend(ctx context.Context, t Token, mailbox string) error {
	body, err := mailWithoutRecipients()
	if err != nil {
		return c.wire.failure(ctx, diagnose.StageSend, answer{}, fmt.Errorf("writing the check: %w", err))
	}
	a, err := c.send(ctx, t, mailbox, "application/json", body, retryIdempotent)
	if err == nil && (a.status == http.StatusAccepted || lacksRecipients(a)) {
		return nil
	}
	return c.wire.failure(withHidden(ctx, t.bearer), diagnose.StageSend, a, err)
}

// lacksRecipients says whether Exchange refused the recipients, with
// ErrorInvalidRecipients or a similar code.
func lacksRecipients(a answer) bool {
	var e struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	return a.status == http.StatusBadRequest && json.Unmarshal(a.body, &e) == nil &&
		strings.Contains(strings.ToLower(e.Error.Code), "recipient")
}

// SendMail sends a mail as mailbox. It repeats the call only if the answer says
// that nothing was sent (429, or 503 with Retry-After). SendUnclear holds for the
// error if the outcome is unknown. Every error wraps a *diagnose.Failure of the
// stage send.
func (c *Client) SendMail(ctx context.Context, t Token, mailbox string, m Mail) (Accepted, error) {
	body, kind, err := m.content(mailbox, c.wire.now())
	if err != nil {
		return Accepted{}, c.wire.failure(ctx, diagnose.StageSend, answer{}, err)
	}
	a, err := c.send(ctx, t, mailbox, kind, body, retryIfRefused)
	ctx = withHidden(ctx, t.bearer)
	if a.status == http.StatusAccepted { // even if the connection broke after that
		return Accepted{
			RequestID:     clip(ctx, requestID(a.header)),
			CorrelationID: clip(ctx, cmp.Or(a.header.Get(headerClientRequestID), a.clientRequestID)),
			At:            c.wire.now().UTC(),
		}, nil
	}
	f := c.wire.failure(ctx, diagnose.StageSend, a, err)
	if a.mayBeDone || a.status == http.StatusRequestTimeout || a.status == http.StatusInternalServerError ||
		a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout {
		return Accepted{}, unclearError{f}
	}
	return Accepted{}, f
}

// send makes a sendMail call for the mailbox.
func (c *Client) send(ctx context.Context, t Token, mailbox, kind string, body []byte, p retryPolicy) (answer, error) {
	none := answer{host: hostOf(c.cloud.Graph)}
	if t.bearer.IsZero() {
		return none, errors.New("there is no token to send with")
	}
	if err := ctx.Err(); err != nil {
		return none, err // before anything was sent, so the outcome is known
	}
	ctx = withHidden(ctx, t.bearer)
	address := c.cloud.Graph + "/v1.0/users/" + url.PathEscape(mailbox) + "/sendMail"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return none, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+t.bearer.Reveal())
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	return c.wire.roundTrip(ctx, req, p)
}
