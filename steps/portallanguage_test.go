package steps

import (
	"strings"
	"testing"
	"testing/synctest"

	"palmail/sandbox"
)

// The help of every guided page says how the portal is switched to English, and
// has the French label of each English one in its instructions.
func TestGuidesHaveFrenchLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t)
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		o := newOffice(t, w, w.record(t).Secret.Value)
		if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
			t.Fatal(err)
		}
		all := map[string][]portalLabel{
			"register": registerLabels, "secret": secretLabels, "permission": permissionLabels,
		}
		for name, labels := range all {
			p := s.pages[name]
			if !strings.Contains(p.Help, "Language + region") {
				t.Errorf("%s does not say how to switch the portal to English:\n%s", name, p.Help)
			}
			guide := ""
			for _, i := range p.Guide(Answers{}) {
				guide += i.Text + " " + i.LinkText + " " + i.Note + "\n"
			}
			found := 0
			for _, l := range labels {
				if strings.Contains(guide, l.english) {
					found++
				}
				if !strings.Contains(p.Help, l.english+": **"+l.french+"**") {
					t.Errorf("%s lacks the French label of %s", name, l.english)
				}
			}
			if found < 4 {
				t.Errorf("%s has only %d of the labels in:\n%s", name, found, guide)
			}
		}
		if p := o.pages["rotate-secret"]; !strings.Contains(p.Help, "Nouveau secret client") {
			t.Error("the page of a rotation has no French labels")
		}
	})
}
