package practice

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"palmail/diagnose"
	"palmail/sandbox"
	"palmail/steps"
)

// shown is a front end that keeps what it is shown.
type shown struct {
	steps.UI
	page   steps.Page
	choice steps.Choice
	notice steps.Notice
}

func (s *shown) Fill(_ context.Context, p steps.Page) (steps.Answers, error) {
	s.page = p
	return steps.Answers{}, nil
}

func (s *shown) Choose(_ context.Context, c steps.Choice) (int, error) { s.choice = c; return 0, nil }

func (s *shown) Show(_ context.Context, n steps.Notice) error { s.notice = n; return nil }

// Every way in which a link is shown leads to the practice page, which is
// there; what the steps made stays as it was.
func TestPracticeLinks(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	a := tenant.RegisterApp("PAL mail", sandbox.Web, "")
	p := NewPages(tenant)
	defer p.Close()
	there := "https://portal.azure.com/" + tenant.ID() +
		"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/" + a.ClientID + "/isMSAApp~/false"
	made := &diagnose.Finding{Link: there}
	ui := &shown{}
	if err := p.Links(func(ctx context.Context, ui steps.UI) error {
		guide := []steps.Instruction{
			{Link: there}, {Link: "https://admin.microsoft.com/AdminPortal/Home#/servicehealth"}, {},
		}
		if _, err := ui.Fill(ctx, steps.Page{
			Guide: func(steps.Answers) []steps.Instruction { return guide },
			Check: func(context.Context, steps.Answers, steps.Report) steps.Verdict {
				return steps.Verdict{Finding: made}
			},
		}); err != nil {
			return err
		}
		if _, err := ui.Choose(ctx, steps.Choice{
			Finding: made, Check: func(context.Context, steps.Report) steps.Outlook {
				return steps.Outlook{Finding: made}
			},
		}); err != nil {
			return err
		}
		return ui.Show(ctx, steps.Notice{Guide: guide, Finding: made})
	})(t.Context(), ui); err != nil {
		t.Fatal(err)
	}
	guide := ui.page.Guide(steps.Answers{})
	here := guide[0].Link
	for name, link := range map[string]string{
		"check": ui.page.Check(t.Context(), steps.Answers{}, nil).Finding.Link, "choice": ui.choice.Finding.Link,
		"outlook": ui.choice.Check(t.Context(), nil).Finding.Link, "notice": ui.notice.Finding.Link,
		"its guide": ui.notice.Guide[0].Link,
	} {
		if link != here || !strings.HasPrefix(link, "http://localhost:") {
			t.Errorf("%s: %s", name, link)
		}
	}
	if guide[1].Link != ui.notice.Guide[1].Link || !strings.HasPrefix(guide[1].Link, "https://admin.microsoft.com/") ||
		guide[2].Link != "" {
		t.Errorf("links without a practice page: %v", guide)
	}
	if made.Link != there {
		t.Errorf("the steps' own finding was changed: %s", made.Link)
	}
	if len(here) > 76 {
		t.Errorf("too long for a line of a terminal: %s", here)
	}
	if p.Open(t.Context(), guide[1].Link) == nil {
		t.Error("the practice tenant led to a real page")
	}
	resp, err := http.Get(here)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("%s answers %d", here, resp.StatusCode)
	}
	again, err := p.Address(here)
	if err != nil || again != here {
		t.Errorf("%s, %v", again, err)
	}
}
