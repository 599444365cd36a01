package sandbox

import (
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
)

const second = day + " 15:04:05 MST"

func (v *portalView) mailPage(folders []mailFolder) g.Node {
	if len(folders) == 0 {
		return say("p", "No mail has been sent in this tenant yet. Load this page again after a test mail.")
	}
	return numbered(folders, func(i int, f mailFolder) g.Node {
		return g.Group{
			el("h2", attr("id", "folder-"+strconv.Itoa(i)), text(f.Of+": "+f.Name)),
			el("ul", g.Map(f.Rows, func(m mailRow) g.Node {
				with := "to " + strings.Join(m.To, ", ")
				if f.Name == "Inbox" {
					with = "from " + m.From
				}
				return el("li", link("", m.title(), portalPath("mail", m.ID)), text(" "+with+", "+m.At.Format(second)))
			})),
		}
	})
}

// messagePage shows a mail's HTML in a frame without scripts, forms or an
// origin of its own; the attribute that holds it escapes it.
func (v *portalView) messagePage(m mailRow) g.Node {
	return g.Group{
		el("dl", say("dt", "From"), say("dd", m.From), say("dt", "To"), say("dd", strings.Join(m.To, ", ")),
			say("dt", "Sent"), say("dd", m.At.Format(second))),
		g.If(m.HTML != "", g.Group{
			say("h2", "As HTML"),
			el("iframe", attr("sandbox", ""), attr("title", "The mail as HTML"), attr("srcdoc", m.HTML)),
		}),
		say("h2", "As text"),
		say("pre", m.Text),
		el("p", link("", "Mail", portalPath("mail"))),
	}
}
