package cli

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/muesli/roff"
)

func TestVersionSaysWhatItIs(t *testing.T) {
	t.Parallel()
	o := invocation{args: []string{"version"}}.run(t)
	if o.code != exitDone || !strings.Contains(o.out, "Go:          "+runtime.Version()) ||
		!strings.Contains(o.out, "FIPS 140-3:  off") {
		t.Errorf("%+v", o)
	}
	on := invocation{args: []string{"version"}, env: bareEnv(t, "GODEBUG=fips140=on")}.run(t)
	if !strings.Contains(on.out, "FIPS 140-3:  on; module: ") {
		t.Errorf("with GODEBUG=fips140=on: %s", on.out)
	}
}

func TestVersionJSON(t *testing.T) {
	t.Parallel()
	o := invocation{args: []string{"version", "--json"}, env: bareEnv(t, "GODEBUG=fips140=on")}.run(t)
	var id identity
	if err := json.Unmarshal([]byte(o.out), &id); err != nil {
		t.Fatal(err, o.out)
	}
	if id.Version == "" || id.Go != runtime.Version() || id.Platform != runtime.GOOS+"/"+runtime.GOARCH || !id.FIPS.Enabled ||
		id.FIPS.Enforced || id.FIPS.Module == "" {
		t.Errorf("%+v", id)
	}
}

func TestVersionText(t *testing.T) {
	t.Parallel()
	got := identity{
		Version: "1.2.3", Commit: "abc", Date: "2026-11-29T03:31:00Z", Modified: true, Go: "go1.26.8",
		Platform: "windows/arm64",
		FIPS:     fips{Module: "v1.0.0", Enabled: true, Enforced: true},
	}.text()
	want := "palmail 1.2.3\nCommit:      abc, 2026-11-29T03:31:00Z, with changes\n" +
		"Go:          go1.26.8, windows/arm64\n" +
		"FIPS 140-3:  on, and everything not approved is refused; module: v1.0.0\n"
	if got != want {
		t.Errorf("%s\nwanted\n%s", got, want)
	}
}

func TestManPageBearsTheDateOfTheCommit(t *testing.T) {
	// No other test reads these while this one runs: it is not parallel.
	wasCommit, wasDate := commit, date
	defer func() { commit, date = wasCommit, wasDate }()
	commit, date = "abc", "2026-02-03T04:05:06Z"
	page := datedPage{roff.NewDocument()}
	page.Heading(1, "palmail", "", time.Now())
	if title := strings.TrimSpace(page.String()); !strings.HasPrefix(title, `.TH PALMAIL 1 "2026-02-03"`) {
		t.Error(title)
	}
}
