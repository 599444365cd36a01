package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// mailRow is a message in a list.
type mailRow struct {
	Mail
	ID string
}

// title is the mail's subject, or says that there is none.
func (m mailRow) title() string {
	if m.Subject == "" {
		return "(no subject)"
	}
	return m.Subject
}

// mailFolder is one folder of one mailbox.
type mailFolder struct {
	Of, Name string
	Rows     []mailRow
}

// mailID names a message in addresses, as long as it is kept.
func (t *Tenant) mailID(m Mail) string {
	return t.derived("mail", strconv.FormatInt(m.At.UnixNano(), 10), m.From, strings.Join(m.To, " "), m.Subject)
}

// mailboxes shows what every mailbox has sent, and what every recipient has got.
func (p *portal) mailboxes(v *visit) error {
	v.view.Section = "mail"
	var sent, got []mailFolder
	put := func(folders []mailFolder, of, name string, row mailRow) []mailFolder {
		i := slices.IndexFunc(folders, func(f mailFolder) bool { return f.Of == of })
		if i < 0 {
			i = len(folders)
			folders = append(folders, mailFolder{Of: of, Name: name})
		}
		folders[i].Rows = append(folders[i].Rows, row)
		return folders
	}
	for _, m := range slices.Backward(v.tenant.Mails()) {
		row := mailRow{m, v.tenant.mailID(m)}
		sent = put(sent, m.From, "Sent Items", row)
		for _, to := range m.To {
			got = put(got, strings.ToLower(to), "Inbox", row)
		}
	}
	return v.page("Mail", v.view.mailPage(append(sent, got...)))
}

func (p *portal) message(v *visit) error {
	v.view.Section = "mail"
	for _, m := range v.tenant.Mails() {
		if row := (mailRow{m, v.tenant.mailID(m)}); row.ID == v.r.PathValue("id") {
			v.view.HoldsMail = true
			return v.page(row.title(), v.view.messagePage(row))
		}
	}
	return errNoPage
}
