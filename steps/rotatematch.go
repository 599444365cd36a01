package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// errNotThere says that the old secret's row was not found in the tenant.
var errNotThere = errors.New("the tenant does not list the old secret")

// endTolerance is how far a row's end date can be from the one in the record,
// which palmail computed from the day on which its page was opened, in this
// computer's time zone.
const endTolerance = 36 * time.Hour

// rowOfSecret finds the row of a secret: by its key ID where that is known, or
// else by its hint and end date. Descriptions are no proof: in the portal anything can be
// typed. It finds nothing if several rows fit.
func rowOfSecret(rows []m365.AppSecret, x store.Secret) (row m365.AppSecret, found bool) {
	for _, r := range rows {
		fits := r.KeyID == x.KeyID
		if x.KeyID == "" {
			fits = x.Hint != "" && r.Hint == x.Hint && !x.Expires.IsZero() &&
				r.End.Sub(x.Expires).Abs() <= endTolerance
		}
		switch {
		case fits && found:
			return m365.AppSecret{}, false
		case fits:
			row, found = r, true
		}
	}
	return row, found
}

// whichOld finds the old secret's row.
func (s *session) whichOld(ctx context.Context, app m365.App) (m365.AppSecret, error) {
	return s.whichRow(ctx, app, s.setup.Old)
}

// whichRow finds the row of a secret that is to be deleted. One that is not
// certain is returned only if the admin picks it, and types something of it in addition.
func (s *session) whichRow(ctx context.Context, app m365.App, gone store.Secret) (m365.AppSecret, error) {
	if gone.Value.IsZero() {
		return m365.AppSecret{}, errNotThere
	}
	row, certain := rowOfSecret(app.Secrets, gone)
	if gone.KeyID != "" {
		if !certain {
			return row, errNotThere
		}
		return row, nil
	}
	others := map[string]bool{}
	for _, x := range []store.Secret{s.setup.Secret, s.setup.Pending, s.setup.Old} {
		if row, found := rowOfSecret(app.Secrets, x); found && !x.Value.Equal(gone.Value) {
			others[row.KeyID] = true
		}
	}
	title := "Which row is the old secret?"
	if !s.setup.Revoking.IsZero() {
		title = "Which row is the leaked secret?"
	}
	c := Choice{
		Frame: s.frame("which-secret", PhaseSecret, rotateHelp),
		Title: title,
		Why:   "It was created in the portal, so palmail does not know its Secret ID.",
		Text:  s.rowOf(gone),
	}
	rows := map[string]m365.AppSecret{}
	for _, x := range app.Secrets {
		if others[x.KeyID] {
			continue
		}
		rows[x.KeyID] = x
		c.Options = append(c.Options, Option{
			Key: x.KeyID, Text: fmt.Sprintf("%s (%s…), until %s", x.Description, x.Hint, progress.Day(x.End)),
			Note: "Secret ID " + x.KeyID,
		})
	}
	if len(rows) == 0 {
		return m365.AppSecret{}, errNotThere
	}
	c.Options = append(c.Options, Option{Key: optionNo, Text: "None of these", Note: "nothing is deleted"})
	c.prefer(optionNo)
	if certain {
		c.prefer(row.KeyID)
	}
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return m365.AppSecret{}, err
		case picked == optionNo:
			return m365.AppSecret{}, ErrBack
		case certain && picked == row.KeyID:
			return row, nil
		}
		switch err := s.confirmRow(ctx, rows[picked], gone); {
		case err == nil:
			return rows[picked], nil
		case !errors.Is(err, ErrBack):
			return m365.AppSecret{}, err
		}
	}
}

// confirmRow has something of a row typed that may belong to another program.
func (s *session) confirmRow(ctx context.Context, row m365.AppSecret, gone store.Secret) error {
	why := fmt.Sprintf("It ends on another day than the secret that palmail knows, %s.", progress.Day(gone.Expires))
	switch {
	case row.Hint != gone.Hint:
		why = fmt.Sprintf("Its value begins with %s. The value that palmail knows begins with %s.", row.Hint, gone.Hint)
	case gone.Expires.IsZero():
		why = "palmail does not know when that secret ends."
	}
	_, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("which-secret-typed", PhaseSecret, rotateHelp),
		Title: "This row can belong to another program", Why: why,
		Guide: staticGuide([]Instruction{
			{Text: fmt.Sprintf("You picked **%s** (%s…), until %s, Secret ID %s", row.Description, row.Hint,
				progress.Day(row.End), row.KeyID)},
			{Text: "If another program uses this secret, that program stops working"},
			{Text: "To pick another row, go back"},
		}),
		Fields: []Field{{
			Key: "row", Label: "Type its description or first characters",
			Shape: func(text string, _ Answers) Verdict {
				if text = strings.TrimSpace(text); text != "" &&
					(text == row.Description || text == row.Hint || strings.EqualFold(text, row.KeyID)) {
					return Verdict{State: Right}
				}
				return unknown("Type the description of the row, or the first characters of its value.")
			},
		}},
		Submit: "delete this secret",
	})
	return err
}
