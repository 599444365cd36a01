package steps

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"palmail/m365"
	"palmail/secret"
	"palmail/store"
)

// Importing on the screens asks before it takes a custom cloud, and after a no another way is picked.
func TestImportAsksBeforeACustomCloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		first.Cloud, first.CustomCloud = "lab", store.Cloud{
			Name: "lab", Login: "https://login.evil.example", Graph: "https://graph.evil.example",
			Portal: "https://portal.evil.example",
		}
		w.store = store.NewMemory()
		o := newOffice(t, w, first.Secret.Value)
		o.picks["rotate-unknown"] = []string{"Import", "Sign in"}
		o.picks["imported-cloud"] = []string{"Do not"}
		o.on("start", turn{fill: map[string]string{"mailbox": first.Mailbox, "pal-url": first.PALURL}})
		o.on("import-file", turn{fill: map[string]string{"file": "pal.age", "phrase": "correct horse battery"}})
		o.export = func(context.Context, string, secret.Value) ([]Imported, error) {
			return []Imported{{"default", first}}, nil
		}
		_, err := o.visit(&fate{}, "rotate", nil)
		if x := w.record(t); err != nil || x.Cloud != m365.Commercial || x.CustomCloud != (store.Cloud{}) {
			t.Errorf("the cloud is %q %+v: %v, %v", x.Cloud, x.CustomCloud, err, o.seen)
		}
		c := o.choices["imported-cloud"]
		if !strings.Contains(c.Why, "custom cloud lab (login.evil.example)") || c.Options[c.Picked].Key != optionLeave {
			t.Errorf("%+v after %v, %v", c, o.seen, err)
		}
	})
}

// Every page that asks for a client secret names the host that gets it.
func TestSecretPagesNameTheHost(t *testing.T) {
	lab, err := m365.CustomCloud("lab", "https://login.example:8443", "https://graph.example", "https://portal.example")
	if err != nil {
		t.Fatal(err)
	}
	gov, _ := m365.CloudNamed(m365.GCCHigh)
	for want, cloud := range map[string]m365.Cloud{
		"only to login.example:8443, which is not one of Microsoft's clouds.": lab,
		"only to login.microsoftonline.us.":                                   gov,
	} {
		pages := map[string]func(*session, context.Context) error{
			"secret": (*session).secret, "rotate-secret": (*session).makeInPortal, "pal-has": (*session).enterWhatPALHas,
		}
		for name, show := range pages {
			ui := &firstPage{}
			s := newSession(Env{UI: ui, Store: store.NewMemory(), Profile: "default"})
			s.setup = store.Setup{
				Mailbox: "noreply@agency.gov", PALURL: "https://pal.agency.gov/app",
				TenantID: "1b2c3d4e-1111-2222-3333-444455556666",
			}
			s.setCloud(cloud)
			s.rotation = &rotation{}
			if name == "secret" {
				s.rotation = nil
			}
			if err := show(s, t.Context()); !errors.Is(err, errShown) {
				t.Fatalf("%s: %v", name, err)
			}
			if ui.page.Name != name || !strings.HasSuffix(ui.page.Why, want) {
				t.Errorf("%s %q: %q", name, ui.page.Name, ui.page.Why)
			}
		}
	}
}

var errShown = errors.New("the page was shown")

// firstPage keeps the first page and goes no further.
type firstPage struct {
	UI
	page Page
}

// Fill implements UI.
func (f *firstPage) Fill(_ context.Context, p Page) (Answers, error) {
	f.page = p
	return Answers{}, errShown
}
