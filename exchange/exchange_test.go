package exchange_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"palmail/exchange"
)

func limit() exchange.Limit {
	return exchange.Limit{
		ClientID: "11111111-2222-4333-8444-555555555555", ServicePrincipalID: "AAAAAAAA-2222-4333-8444-555555555555",
		DisplayName: "PAL mail", Mailbox: "noreply@agency.gov", Other: "admin@agency.gov",
		TenantID: "99999999-2222-4333-8444-555555555555", Environment: "O365USGovGCCHigh",
	}
}

// hostile are names that would do harm if quoting failed.
var hostile = []string{
	"O'Brien", "''", "'", "a' ; Remove-Mailbox 'b", "$(Remove-Mailbox x)", "$env:PATH", "`' `\"", `"`, `"; exit; "`,
	"@'", "'@", `@"`,
	"‘typographic’", "‚low‛", "“double”„low", "’; Remove-Mailbox x; ‘", "‘'’‚‛'", "a’'b", "# no comment",
	"<# block #>", "#>", "& calc", "| calc",
	"{ scriptblock }", "(1+1)", "--%", "– en dash", "emoji 🦆 and 👩‍💻", "naïve café", "日本語", "%PATH%", "\\", "a\u00a0b",
	"\u3000x\u3000y",
	strings.Repeat("'", 128), strings.Repeat("’", 256), strings.Repeat("長", 256),
}

// unfit are names that must be refused.
var unfit = []string{
	"", "  ", "a\nb", "a\r\nb", "a\x00b", "a\x1b[31mb", "a\u202eb", "a\u2066b", "a\u2028b", "a\u0085b", "a\ufeffb",
	"a\xffb",
	strings.Repeat("x", 257),
}

// PowerShell reads every literal back as the same text and nothing else.
func TestQuote(t *testing.T) {
	for _, s := range append(hostile, unfit...) {
		checkQuote(t, strings.ToValidUTF8(s, "?"))
	}
	const alphabet = "'‘’‚‛\"“”„$`@#(){};|&\r\n\x00 aé🦆"
	letters := []rune(alphabet)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		s := make([]rune, random.IntN(12))
		for i := range s {
			s[i] = letters[random.IntN(len(letters))]
		}
		checkQuote(t, string(s))
	}
}

func checkQuote(t *testing.T, s string) {
	t.Helper()
	got, err := tokenize("$a = " + exchange.Quote(s) + "\r\n$b")
	want := []psToken{{variable, "$a"}, {mark, "="}, {literal, s}, {newline, ""}, {variable, "$b"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is written %s and read as %q, %v", s, exchange.Quote(s), got, err)
	}
	// Both levels at once, as a filter stands in a script.
	got, err = tokenize(exchange.Quote("PrimarySmtpAddress -eq " + exchange.OPATH(s)))
	if err != nil || len(got) != 1 {
		t.Fatalf("the filter for %q is read as %q, %v", s, got, err)
	}
	property, value, err := opathValue(got[0].text)
	if err != nil || property != "PrimarySmtpAddress" || value != s {
		t.Fatalf("the filter for %q compares %s with %q, %v", s, property, value, err)
	}
}

// scripts are all that a Limit is written as.
func scripts(t *testing.T, l exchange.Limit) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, f := range map[string]func() (string, error){"make": l.Script, "undo": l.Undo} {
		s, err := f()
		if err != nil {
			t.Fatalf("%+v: %v", l, err)
		}
		out[name] = s
	}
	for name, f := range map[string]func() ([]string, error){"commands": l.Commands, "undo commands": l.UndoCommands} {
		s, err := f()
		if err != nil {
			t.Fatalf("%+v: %v", l, err)
		}
		out[name] = strings.Join(s, "\r\n")
	}
	return out
}

// checkScripts checks that the scripts of l differ from those of a harmless
// Limit in nothing but what the literals evaluate to, and in those as they should.
func checkScripts(t *testing.T, l exchange.Limit) {
	t.Helper()
	plain := limit()
	// What a literal that was given evaluates to, for the harmless Limit and for l.
	means := map[string]string{}
	lower := strings.ToLower
	for _, pair := range [][2]string{
		{plain.DisplayName, l.DisplayName}, {plain.Name(), l.Name()}, {plain.Filter(), l.Filter()},
		{lower(plain.Mailbox), lower(l.Mailbox)}, {lower(plain.Other), lower(l.Other)},
	} {
		means[pair[0]] = pair[1]
	}
	want := scripts(t, plain)
	for name, script := range scripts(t, l) {
		expected, err := tokenize(want[name])
		if err != nil {
			t.Fatal(err)
		}
		got, err := tokenize(script)
		if err != nil || len(got) != len(expected) {
			t.Fatalf("%s for %q: %d tokens, want %d, %v\n%s", name, l.DisplayName, len(got), len(expected), err, script)
		}
		for i := range got {
			e := expected[i]
			if given, ok := means[e.text]; ok && e.kind == literal {
				e.text = given
			}
			if got[i] != e {
				t.Fatalf("%s for %q, token %d: %q, want %q", name, l.DisplayName, i, got[i], e)
			}
		}
	}
	property, value, err := opathValue(l.Filter())
	if err != nil || property != "PrimarySmtpAddress" || value != lower(l.Mailbox) {
		t.Fatalf("the filter for %q: %s %q %v", l.Mailbox, property, value, err)
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range hostile {
		l := limit()
		l.DisplayName = name
		checkScripts(t, l)
	}
	for _, address := range []string{
		"o'brien@agency.gov", "''@agency.gov", "a'#b@agency.gov", "a&b|c@agency.gov", "--%@agency.gov",
		"NoReply@Agency.GOV",
	} {
		l := limit()
		l.Mailbox = address
		checkScripts(t, l)
	}
}

func TestCheck(t *testing.T) {
	for _, name := range unfit {
		l := limit()
		l.DisplayName = name
		if _, err := l.Script(); err == nil || !strings.Contains(err.Error(), "name") {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	for address, says := range map[string]string{
		"": "address", "noreply": "address", "@agency.gov": "address", "noreply@": "address",
		"noreply@agency": "domain", "noreply@-a.gov": "domain",
		"a b@agency.gov": "before the @", "a*@agency.gov": "before the @", "$(x)@agency.gov": "before the @",
		"a`b@agency.gov":  "before the @",
		"a\"b@agency.gov": "before the @", "‘a’@agency.gov": "before the @", "a@agency.gov'": "domain",
		"a@agency.gov\n": "domain", "a@b@agency.gov": "domain",
		strings.Repeat("a", 320) + "@agency.gov": "address",
	} {
		l := limit()
		l.Mailbox = address
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the mailbox %q: %v", address, err)
		}
	}
	for says, change := range map[string]func(*exchange.Limit){
		"client) ID is not a GUID":     func(l *exchange.Limit) { l.ClientID = "x" },
		"application is not a GUID":    func(l *exchange.Limit) { l.ServicePrincipalID = l.ClientID + "\n" },
		"two different IDs":            func(l *exchange.Limit) { l.ServicePrincipalID = strings.ToUpper(l.ClientID) },
		"tenant) ID is not":            func(l *exchange.Limit) { l.TenantID = "agency.gov" },
		"environment is none":          func(l *exchange.Limit) { l.Environment = "O365'" },
		"the second mailbox is not an": func(l *exchange.Limit) { l.Other = "x" },
		"the first one again":          func(l *exchange.Limit) { l.Other = "NOREPLY@agency.gov" },
	} {
		l := limit()
		change(&l)
		for _, f := range []func() error{
			l.Check,
			func() error { _, err := l.Script(); return err }, func() error { _, err := l.Undo(); return err },
			func() error {
				_, err := l.Commands()
				return err
			}, func() error { _, err := l.UndoCommands(); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %q", err, says)
			}
		}
	}
}

// The names are the same for the same app and mailbox, however they are
// written, another for any other, and short enough for Exchange.
func TestName(t *testing.T) {
	l := limit()
	same := l
	same.ClientID, same.Mailbox, same.DisplayName = strings.ToUpper(l.ClientID), strings.ToUpper(l.Mailbox), "another"
	other := l
	other.Mailbox = "records@agency.gov"
	app := l
	app.ClientID = "11111111-2222-4333-8444-555555555556"
	if l.Name() != same.Name() || l.Name() == other.Name() || l.Name() == app.Name() {
		t.Errorf("%q %q %q %q", l.Name(), same.Name(), other.Name(), app.Name())
	}
	if len(l.Name()) > exchange.MaxName || exchange.Quote(l.Name()) != "'"+l.Name()+"'" {
		t.Errorf("%q", l.Name())
	}
	if l.Name() != "palmail Mail.Send 11111111 f460a5d785f4" { // undo must find what an older palmail made
		t.Errorf("the name has become %q", l.Name())
	}
}

func TestScript(t *testing.T) {
	script, err := limit().Script()
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{
		"Exchange Administrator", "Organization Management", "$ErrorActionPreference = 'Stop'",
		"Install-Module ExchangeOnlineManagement",
		"Connect-ExchangeOnline -ShowBanner:$false -ExchangeEnvironmentName 'O365USGovGCCHigh'\r\n",
		"New-ServicePrincipal -AppId $appId -ObjectId $objectId -DisplayName $displayName",
		"Set-ManagementScope -Identity $scopeName",
		"New-ManagementRoleAssignment -Name $assignmentName -App $objectId -Role $role -CustomResourceScope $scopeName",
		"Test-ServicePrincipalAuthorization -Identity $appId -Resource $mailbox", "past\r\n# the cache",
		"$otherMailbox",
		"$connection.TenantID -ne $tenantId", "$filter = 'PrimarySmtpAddress -eq ''noreply@agency.gov'''\r\n",
	} {
		if !strings.Contains(script, says) {
			t.Errorf("not in the script: %s", says)
		}
	}
	l := limit()
	l.TenantID, l.Other, l.Environment = "", "", ""
	short, err := l.Script()
	if err != nil || strings.Contains(short, "Get-ConnectionInformation") || strings.Contains(short, "$others") ||
		strings.Contains(short, " -ExchangeEnvironmentName '") {
		t.Errorf("%v\n%s", err, short)
	}
	l.Environment = "O365Default" // of which Microsoft says not to give it
	if again, err := l.Script(); err != nil || again != short {
		t.Errorf("%v: %s", err, again)
	}
	for name, s := range scripts(t, limit()) {
		if strings.Count(s, "\n") != strings.Count(s, "\r\n") ||
			strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Errorf("%s has bare line ends, or more than ASCII of its own", name)
		}
	}
	if f := exchange.File("x"); string(f) != "\xef\xbb\xbfx" {
		t.Errorf("%q", f)
	}
}

// Undo uses the names of Script and removes nothing without a check.
func TestUndo(t *testing.T) {
	undo, err := limit().Undo()
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{
		"$scopeName = '" + limit().Name() + "'\r\n", "$assignmentName = '" + limit().Name() + "'\r\n",
		"Remove-ManagementRoleAssignment -Identity $assignmentName -Confirm:$false",
		"Remove-ManagementScope -Identity $scopeName -Confirm:$false",
		"Remove-ServicePrincipal -Identity ([string]$known[0].ObjectId) -Confirm:$false",
	} {
		if !strings.Contains(undo, says) {
			t.Errorf("not in the script: %s", says)
		}
	}
	if strings.Contains(undo, "New-") || strings.Contains(undo, "Set-") {
		t.Error("undo makes something")
	}
	// No cmdlet reads by an identity that can be missing, because it could return everything.
	script, _ := limit().Script()
	for _, s := range []string{undo, script} {
		for _, cmdlet := range []string{"Get-ServicePrincipal", "Get-ManagementScope", "Get-ManagementRoleAssignment"} {
			if strings.Contains(s, cmdlet+" -Identity") {
				t.Errorf("%s is asked with an identity", cmdlet)
			}
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range append(hostile, unfit...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkQuote(t, strings.ToValidUTF8(s, "?")) })
}

func FuzzScript(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "o'brien@agency.gov", "o''x@agency.gov")
	}
	f.Fuzz(func(t *testing.T, name, mailbox, other string) {
		l := limit()
		l.DisplayName, l.Mailbox, l.Other = name, mailbox, other
		if l.Other == "" {
			l.Other = limit().Other // whether there is one changes the script
		}
		if l.Check() == nil {
			checkScripts(t, l)
		}
	})
}
