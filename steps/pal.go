package steps

import (
	"context"

	"palmail/secret"
	"palmail/store"
)

const palHelp = "" +
	"PAL reads its mail settings from this form, on its administration pages under General Settings.\n\n" +
	"Copy each value with its key, or show the secret and type it. A shown secret hides itself again. " +
	"Paste it into Secret Key without a space before or after it.\n\n" +
	"When PAL has saved the form, press enter."

// pal checks the mailbox, and hands the four values over to PAL's form.
func (s *session) pal(ctx context.Context) error {
	if s.at != "" {
		if err := s.checkMailbox(ctx); err != nil {
			return err
		}
	}
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("pal", PhasePAL, palHelp),
		Title: "Put the four values into PAL",
		Why:   "PAL signs in and sends with them.",
		Guide: []Instruction{
			{Text: "Open", LinkText: "PAL's administration", Link: s.setup.PALURL},
			{Text: "**General Settings** › **Mail Server Configuration**"},
			{Text: "Fill in these fields and save"},
		},
		Values: palValues(&s.setup, s.newest().Value),
		Submit: "confirm that PAL has saved them",
	})
	if err != nil {
		return err
	}
	s.setup.PALSaved = s.Now().UTC()
	return nil
}

// palValues are the fields of PAL's Mail Server Configuration form, by its own labels and in its order.
func palValues(x *store.Setup, value secret.Value) []Value {
	return []Value{
		{Label: "OAuth Client ID", Text: x.ClientID},
		{Label: "Tenant ID", Text: x.TenantID},
		{Label: "Email Address", Text: x.Mailbox},
		{Label: "Secret Key", Secret: value},
	}
}
