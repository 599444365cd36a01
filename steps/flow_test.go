package steps

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
)

// The whole main job, in every weather, ends with a delivered mail.
func TestFirstRun(t *testing.T) {
	for _, weather := range []string{"calm", "usual", "rough"} {
		for _, cloud := range []string{"commercial", "gcc", "gcc-high", "dod"} {
			t.Run(weather+" "+cloud, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wx, _ := sandbox.WeatherNamed(weather)
					w := newWorld(t, sandbox.Options{Cloud: cloud, Weather: wx, Seed: 7})
					s := newScript(t)
					end, err := w.run(s)
					if err != nil {
						t.Fatalf("%v\nscreens %v\nverdicts %+v\n%s", err, s.seen, s.verdict, w.log.String())
					}
					if next := progress.Next(&end.Setup); next != progress.Finished {
						t.Errorf("not finished: %s", next)
					}
					if end.Setup.Cloud != cloud {
						t.Errorf("cloud %q, want %q", end.Setup.Cloud, cloud)
					}
					mails := w.tenant.Mails()
					if len(mails) == 0 {
						t.Fatal("no mail left")
					}
					last := mails[len(mails)-1]
					if !strings.Contains(last.Subject, end.Setup.LastTest.Reference) ||
						!strings.Contains(last.Text, end.Setup.LastTest.Reference) ||
						!strings.Contains(last.HTML, "<strong>") {
						t.Errorf("the mail does not carry the reference: %+v", last)
					}
					if apps := w.tenant.Apps(); len(apps) != 1 || len(apps[0].Secrets) != 1 {
						t.Errorf("apps: %+v", apps)
					}
				})
			})
		}
	}
}

// Each usual mistake is caught with the right words, and doing it right mends it.
func TestMistakesAreCaught(t *testing.T) {
	for _, tc := range []struct {
		screen  string
		mistake sandbox.Mistake
		says    string
	}{
		{"register", sandbox.SwappedIDs, "This is the Directory (tenant) ID"},
		{"register", sandbox.WrongTenant, "belongs to tenant"},
		{"register", sandbox.WrongPlatform, "app-is-public-client"},
		{"register", sandbox.ObjectIDPasted, "app-unknown"},
		{"secret", sandbox.SecretIDPasted, "This is the Secret ID"},
		{"secret", sandbox.ExpiredSecret, "secret-expired"},
		{"secret", sandbox.OtherAppsSecret, "secret-wrong"},
		{"secret", sandbox.SecretCutShort, "Was its end lost in copying?"},
		{"permission", sandbox.DelegatedInstead, "mail-send-not-granted"},
		{"permission", sandbox.WrongAPI, "mail-send-not-granted"},
		{"permission", sandbox.NoConsent, "mail-send-not-granted"},
		{"permission", sandbox.ExtraPower, "which PAL does not need"},
	} {
		t.Run(tc.screen+" "+string(tc.mistake), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Weather: sandbox.Usual(), Seed: 3})
				s := newScript(t).on(tc.screen, turn{practice: string(tc.mistake)}, turn{practice: "Do it right"})
				if tc.mistake == sandbox.ExtraPower {
					s.turns[tc.screen] = s.turns[tc.screen][:1]
				}
				end, err := w.run(s)
				if err != nil {
					t.Fatalf("%v\nscreens %v\nverdicts %+v", err, s.seen, s.verdict)
				}
				if !s.said(tc.says) || len(s.verdict) == 0 {
					t.Errorf("nothing said %q; verdicts %+v", tc.says, s.verdict)
				}
				if progress.Next(&end.Setup) != progress.Finished {
					t.Error("not finished in the end")
				}
			})
		})
	}
}

// Leaving on any screen keeps what was answered; the next start goes on there.
func TestLeaveAndResume(t *testing.T) {
	for _, screen := range []string{"start", "register", "secret", "permission", "pal", "test", "send", "arrived"} {
		t.Run(screen, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Weather: sandbox.Usual(), Seed: 5})
				first := newScript(t).on(screen, turn{leave: true})
				_, err := w.run(first)
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("leaving gave %v", err)
				}
				second := newScript(t).on("home", turn{back: true})
				if screen == "send" || screen == "arrived" {
					second.on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
				}
				end, err := w.run(second)
				if err != nil {
					t.Fatal(err)
				}
				want := screen
				switch screen {
				case "send":
					want = "test"
				case "pal": // the mailbox is checked again first
					want = "mailbox-check"
				}
				if screen == "arrived" { // the mail was accepted, so nothing is left to do but the home screen
					want = "home"
				}
				if second.seen[0] != want {
					t.Errorf("went on at %s, want %s", second.seen[0], want)
				}
				if progress.Next(&end.Setup) != progress.Finished {
					t.Error("not finished in the end")
				}
				if apps := w.tenant.Apps(); len(apps) != 1 {
					t.Errorf("%d apps", len(apps))
				}
			})
		})
	}
}

// A window closed while a secret waits for replication does not lose the secret.
func TestSecretIsKeptBeforeItIsProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wx := sandbox.Calm()
		wx.SecretDelay = time.Hour
		w := newWorld(t, sandbox.Options{Weather: wx})
		s := newScript(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(30 * time.Second)
			cancel()
		}()
		_, err := Run(ctx, Env{
			UI: s, Store: w.store, M365: m365Options(w), Profile: "default", Portal: portal{w.tenant}, Now: time.Now,
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
		x, err := w.store.Load(t.Context(), "default")
		if err != nil || x.Pending.Value.IsZero() || x.Pending.Expires.IsZero() {
			t.Fatalf("the pasted secret is not kept: %+v, %v", x, err)
		}
		w.tenant.SetWeather(sandbox.Calm())
		time.Sleep(2 * time.Hour)
		again := newScript(t).on("secret", turn{}) // nothing pasted: the kept one is tried
		end, err := w.run(again)
		if err != nil || !end.Setup.Secret.Value.Equal(x.Pending.Value) {
			t.Fatalf("the kept secret was not taken up: %v", err)
		}
	})
}

// What depends on a changed answer is proved again; what does not stays.
func TestChangeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		if _, err := w.run(newScript(t)); err != nil {
			t.Fatal(err)
		}
		// Another app: everything after it is asked again.
		before, err := w.store.Load(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		other := w.tenant.RegisterApp("another", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
		s := newScript(t).
			on("home", turn{pick: 3}, turn{back: true}).on("change", turn{pick: 2}).
			on("register", turn{fill: map[string]string{"client-id": " \"" + other.ClientID + "\"\r\n"}}).
			on("secret", turn{practice: "Do it right"})
		end, err := w.run(s)
		if err != nil {
			t.Fatal(err)
		}
		if end.Setup.ClientID != other.ClientID || end.Setup.ClientID == before.ClientID {
			t.Errorf("client ID %s, want %s", end.Setup.ClientID, other.ClientID)
		}
		for _, screen := range []string{"secret", "permission", "pal", "test"} {
			if !strings.Contains(strings.Join(s.seen, " "), screen) {
				t.Errorf("%s was not asked again: %v", screen, s.seen)
			}
		}
	})
}

func TestBackThroughAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t).
			on("test", turn{back: true}).on("pal", turn{}, turn{back: true}).
			on("permission", turn{practice: "Do it right"}, turn{back: true}).
			on("secret", turn{practice: "Do it right"}, turn{back: true}).
			on("register", turn{practice: "Do it right"}, turn{back: true}).
			on("start", turn{practice: "Do it right"}, turn{back: true})
		s.on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
		end, err := w.run(s)
		if err != nil {
			t.Fatalf("%v %v", err, s.seen)
		}
		if progress.Next(&end.Setup) != progress.Finished || len(w.tenant.Apps()) != 1 ||
			len(w.tenant.Apps()[0].Secrets) != 1 {
			t.Errorf("going back made something twice or lost something: %v %+v", s.seen, w.tenant.Apps())
		}
	})
}
