package progress

import (
	"testing"
	"time"

	"palmail/secret"
	"palmail/store"
)

// How a profile stands follows from how far it has come and how long its secret lasts.
func TestOutcomes(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	ready := store.Setup{Mailbox: "m", PALURL: "p", TenantID: "t", Cloud: "gcc", ClientID: "c", AppProved: now,
		SecretProved: now, PermissionProved: now, PALSaved: now,
		Secret: store.Secret{
			Value: secret.New("abc8Q~abcdefghijklmnopqrstuvwxyz12345678"), Hint: "abc",
		}, LastTest: store.Test{At: now, Accepted: true}}
	for days, want := range map[int]Outcome{-1: Expired, 0: ExpiresSoon, 29: ExpiresSoon, 30: Good, 180: Good} {
		x := ready
		x.Secret.Expires = now.Add(time.Duration(days)*24*time.Hour + time.Minute)
		if got := StatusOf("default", &x, now).Outcome(30); got != want {
			t.Errorf("%d days: %d, want %d", days, got, want)
		}
	}
	if got := StatusOf("default", nil, now); got.State != StateNone || got.Outcome(30) != Unfinished ||
		got.NextStep != "start" {
		t.Errorf("%+v", got)
	}
	half := ready
	half.PermissionProved = time.Time{}
	if got := StatusOf("default", &half, now); got.State != StateIncomplete || got.Outcome(30) != Unfinished ||
		got.NextStep != "permission" {
		t.Errorf("%+v", got)
	}
}

func TestWorse(t *testing.T) {
	inOrder := []Outcome{Good, ExpiresSoon, Failed, Unfinished, Expired}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := Worse(a, b); got != inOrder[max(i, j)] {
				t.Errorf("the worse of %d and %d is %d", a, b, got)
			}
		}
	}
}
