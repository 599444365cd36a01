package steps

import (
	"context"
	"errors"
	"time"

	"palmail/diagnose"
)

const explainHelp = "" +
	"Paste any error text: a line of PAL's log, a page, a ticket, an exception with everything around it. " +
	"It is read on this computer and sent nowhere. Secrets and tokens in it are masked."

// ExplainPasted asks for a text on one page and explains it in place, until
// the admin is done. It returns the findings of the last text.
func ExplainPasted(ctx context.Context, ui UI, during diagnose.Stage,
	now func() time.Time) (root diagnose.Finding, others []diagnose.Finding, err error) {
	_, err = ui.Fill(ctx, Page{
		Frame:  Frame{Name: "explain", Help: explainHelp},
		Title:  "What does this error mean?",
		Why:    "Paste the whole text. It is explained here and sent nowhere.",
		Fields: []Field{{Key: "text", Label: "Error text", Hint: "paste it here", Kind: LongField}},
		Check: func(_ context.Context, a Answers, _ Report) Verdict {
			root, others = diagnose.ExplainText(a.Get("text"), diagnose.Context{Stage: during, Now: now()})
			v := Verdict{State: Right, Text: root.Title, Finding: &root}
			if root.Cause == diagnose.CauseUnknown {
				v.State, v.Text = Warn, "palmail does not know this error."
			}
			return v
		},
		Submit: "done",
	})
	if errors.Is(err, ErrBack) { // there is nothing before this page
		err = ErrLeave
	}
	return root, others, err
}
