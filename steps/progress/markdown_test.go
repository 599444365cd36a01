package progress

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"palmail/secret"
	"palmail/store"
)

// hostileRecord is a change record in which everything that comes from outside is s.
func hostileRecord(s string) string {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	x := &store.Setup{
		Mailbox: s, PALURL: s, Organisation: s, TenantID: s, ClientID: s, AppName: s, AppObjectID: s,
		ServicePrincipalID: s, GrantID: s, Made: s, AppProved: at, SecretProved: at, PermissionProved: at,
		Secret:   store.Secret{Value: secret.New("v"), Description: s, Hint: s, KeyID: s, Created: at, Expires: at},
		LastTest: store.Test{At: at, To: s, Reference: s, Accepted: true},
		Limit:    store.Limit{Stage: store.LimitProved, Other: s, At: at},
		History:  []store.Event{{At: at, What: s, KeyID: s, RequestID: s, By: s}},
	}
	return ChangeRecord(x, Tenant{Cloud: s, RedirectURI: s}, at)
}

// kinds counts the nodes of a Markdown document, as GitHub reads it.
func kinds(source string) map[string]int {
	counts := map[string]int{}
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(
		text.NewReader([]byte(source)))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if _, isText := n.(*ast.Text); entering && !isText {
			counts[n.Kind().String()]++
		}
		return ast.WalkContinue, nil
	})
	return counts
}

// Nothing that stands in a record makes a link, an image, HTML or another cell
// of the change record: it has the same parts as one with a harmless word.
func TestChangeRecordCannotBeBrokenOutOf(t *testing.T) {
	data, err := os.ReadFile("testdata/markdown-attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	attacks := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	pieces := strings.Split("\\ | [ ] ( ) < > ! * _ ` ~ # + - = . : / & @ $ ^ \" ' 1 a www. https:// x.example", " ")
	r := rand.New(rand.NewPCG(16, 7))
	for range 700 {
		s := "a"
		for range 1 + r.IntN(14) {
			if r.IntN(4) == 0 {
				s += " "
			}
			s += pieces[r.IntN(len(pieces))]
		}
		attacks = append(attacks, s, s[1:])
	}
	want := fmt.Sprint(kinds(hostileRecord("word")))
	for _, s := range attacks {
		if strings.TrimSpace(s) == "" {
			continue
		}
		record := hostileRecord(s)
		if got := fmt.Sprint(kinds(record)); got != want {
			t.Fatalf("%q makes %s, want %s\n%s", s, got, want, record)
		}
	}
	if broken := fmt.Sprint(kinds("[a](b)")); broken == fmt.Sprint(kinds("a")) {
		t.Error("the parser sees no links")
	}
}

// What people compare stays readable in the source.
func TestChangeRecordSourceIsReadable(t *testing.T) {
	for in, want := range map[string]string{
		"1b2c3d4e-1111-2222-3333-444455556666": "1b2c3d4e-1111-2222-3333-444455556666",
		"2 January 2026, 15:04 UTC":            "2 January 2026, 15:04 UTC",
		"noreply@agency.gov":                   `noreply\@agency.gov`,
	} {
		if got := cell(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
