package sandbox

import (
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

const second = day + " 15:04:05 MST"

func (v *portalView) mailPage(folders []mailFolder) g.Node {
	if len(folders) == 0 {
		return h.P(g.Text("No mail has been sent in this tenant yet. Load this page again after a test mail."))
	}
	return numbered(folders, func(i int, f mailFolder) g.Node {
		return g.Group{
			h.H2(h.ID("folder-"+strconv.Itoa(i)), g.Text(f.Of+": "+f.Name)),
			h.Ul(g.Map(f.Rows, func(m mailRow) g.Node {
				with := "to " + strings.Join(m.To, ", ")
				if f.Name == "Inbox" {
					with = "from " + m.From
				}
				return h.Li(link("", m.title(), portalPath("mail", m.ID)), g.Text(" "+with+", "+m.At.Format(second)))
			})),
		}
	})
}

// messagePage shows a mail's HTML in a frame without scripts, forms or an
// origin of its own; the attribute that holds it escapes it.
func (v *portalView) messagePage(m mailRow) g.Node {
	return g.Group{
		h.Dl(h.Dt(g.Text("From")), h.Dd(g.Text(m.From)), h.Dt(g.Text("To")), h.Dd(g.Text(strings.Join(m.To, ", "))),
			h.Dt(g.Text("Sent")), h.Dd(g.Text(m.At.Format(second)))),
		g.If(m.HTML != "", g.Group{
			h.H2(g.Text("As HTML")),
			h.IFrame(g.Attr("sandbox", ""), h.TitleAttr("The mail as HTML"), g.Attr("srcdoc", m.HTML)),
		}),
		h.H2(g.Text("As text")),
		h.Pre(g.Text(m.Text)),
		h.P(link("", "Mail", portalPath("mail"))),
	}
}
