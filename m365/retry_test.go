package m365

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"palmail/secret"
)

// A read with an empty or cut answer is repeated a few times; every other
// unusable answer is reported immediately.
func TestUnreadableReadsAreRepeated(t *testing.T) {
	for name, x := range map[string]struct {
		answer func(r *http.Request) (*http.Response, error)
		tries  int
	}{
		"empty":            {bodyOf("application/json", ""), maxRetries + 1},
		"cut":              {bodyOf("application/json", `{"id":"7777`), maxRetries + 1},
		"not JSON":         {bodyOf("application/json", `OK`), maxRetries + 1},
		"cut on the way":   {cutOnTheWay, maxRetries + 1},
		"a page":           {bodyOf("text/html", "<html>"), 1},
		"JSON of another":  {bodyOf("application/json", `{"hello":"world"}`), 1},
		"longer than read": {bodyOf("application/json", `{"x":"`+strings.Repeat("x", maxAnswer)+`"}`), 1},
		"an empty refusal": {
			func(r *http.Request) (*http.Response, error) { return bodyWith(r, 403, "application/json", ""), nil }, 1,
		},
		"refused, no body": {
			func(r *http.Request) (*http.Response, error) { return bodyWith(r, 404, "", ""), nil }, 1,
		},
		"no content at all": {
			func(r *http.Request) (*http.Response, error) { return bodyWith(r, 204, "", ""), nil }, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
					tries++
					return x.answer(r)
				})))
				started := time.Now()
				_, err := a.ServicePrincipal(t.Context(), testApp)
				if failureOf(t, err); tries != x.tries {
					t.Errorf("%d tries, want %d: %v", tries, x.tries, err)
				}
				if took := time.Since(started); took > 10*time.Second {
					t.Errorf("it took %s", took)
				}

				tries = 0
				a = adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
					if tries++; tries == 1 {
						return x.answer(r)
					}
					return inMemory((&fakeDirectory{sp: true}).ServeHTTP)(r)
				})))
				if _, err := a.ServicePrincipal(t.Context(), testApp); x.tries > 1 && (err != nil || tries != 2) {
					t.Errorf("after a good second answer, in %d tries: %v", tries, err)
				}
			})
		})
	}
}

func bodyOf(kind, text string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) { return bodyWith(r, 200, kind, text), nil }
}

func bodyWith(r *http.Request, status int, kind, text string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: readCloser(text), Request: r,
	}
}

func cutOnTheWay(r *http.Request) (*http.Response, error) {
	body := io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}, nil
}

// An unreadable answer never makes a change be repeated.
func TestUnreadableChangesAreNotRepeated(t *testing.T) {
	tries := 0
	a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		tries++
		return bodyWith(r, 200, "application/json", `{"id":`), nil
	})))
	if _, err := a.CreateApp(t.Context(), NewApp{Name: "PAL email"}); !Unclear(err) || tries != 1 {
		t.Errorf("%d tries: %v", tries, err)
	}
	// The body of the answer to a removal does not matter.
	tries = 0
	if err := a.RemoveSecret(t.Context(), someApp, someKey); err != nil || tries != 1 {
		t.Errorf("%d tries: %v", tries, err)
	}
}

// Each wait is reported with its duration and reason.
func TestWaitsAreTold(t *testing.T) {
	for name, x := range map[string]struct {
		first roundTripFunc
		want  Wait
		about bool // the duration is our own, and varies
	}{
		"throttled": {
			func(r *http.Request) (*http.Response, error) {
				return answeringWith(429, map[string]string{"Retry-After": "12"})(1, r)
			},
			Wait{Host: "graph.microsoft.com", Duration: 12 * time.Second, Asked: true, Status: 429, Attempt: 1}, false,
		},
		"busy": {
			func(r *http.Request) (*http.Response, error) { return answeringWith(503, nil)(1, r) },
			Wait{Host: "graph.microsoft.com", Status: 503, Attempt: 1}, true,
		},
		"lost": {
			func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
			Wait{Host: "graph.microsoft.com", Attempt: 1}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, _ := CloudNamed(Commercial)
				var waits []Wait
				tries := 0
				var ended time.Duration
				started := time.Now()
				c := New(cloud, Options{Waiting: func(_ context.Context, w Wait) func() {
					waits = append(waits, w)
					return func() { ended = time.Since(started) }
				}, Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
					if tries++; tries == 1 {
						return x.first(r)
					}
					return inMemory((&fakeDirectory{sp: true}).ServeHTTP)(r)
				})})
				if _, err := adminOf(c).ServicePrincipal(t.Context(), testApp); err != nil {
					t.Fatal(err)
				}
				took := time.Since(started)
				if len(waits) != 1 || waits[0].Duration != took || ended != took {
					t.Fatalf("told %+v, waited %s, ended after %s", waits, took, ended)
				}
				got := waits[0]
				if x.about {
					got.Duration = 0
				}
				if got != x.want {
					t.Errorf("told %+v, want %+v", got, x.want)
				}
			})
		})
	}
}

// A wait that is too long for one call does not begin and is not reported.
func TestLongWaitsAreLeftToTheCaller(t *testing.T) {
	cloud, _ := CloudNamed(Commercial)
	c := New(cloud, Options{
		Waiting: func(_ context.Context, w Wait) func() { t.Errorf("told %+v", w); return nil },
		Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			return answeringWith(429, map[string]string{"Retry-After": "300"})(1, r)
		}),
	})
	_, err := adminOf(c).ServicePrincipal(t.Context(), testApp)
	if f := failureOf(t, err); f.RetryAfter != 5*time.Minute || errors.Is(err, io.EOF) {
		t.Errorf("%+v", f)
	}
}

func TestRepeatableCallsAreRepeated(t *testing.T) {
	for name, x := range map[string]struct {
		fail  roundTripFunc
		tries int
	}{
		"429": {
			func(r *http.Request) (*http.Response, error) { return answeringWith(429, nil)(1, r) }, 4,
		},
		"503": {
			func(r *http.Request) (*http.Response, error) { return answeringWith(503, nil)(1, r) }, 4,
		},
		"500": {
			func(r *http.Request) (*http.Response, error) { return answeringWith(500, nil)(1, r) }, 4,
		},
		"broken connection": {func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, 4},
		"broken answer": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)),
				Request: r,
			}, nil
		}, 4},
		"400": {func(r *http.Request) (*http.Response, error) { return answeringWith(400, nil)(1, r) }, 1},
		"refused connection": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("x")}
		}, 1},
		"certificate": {func(*http.Request) (*http.Response, error) { return nil, x509.UnknownAuthorityError{} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tries, sentIDs, bodies := &fakeService{}, 0, map[string]bool{}, map[string]bool{}
				c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodPost {
						return inMemory(s.ServeHTTP)(r)
					}
					tries++
					sentIDs[r.Header.Get("client-request-id")] = true
					body, _ := io.ReadAll(r.Body)
					bodies[string(body)] = true
					return x.fail(r)
				}))
				_, err := c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
				if f := failureOf(t, err); tries != x.tries || len(sentIDs) != 1 || !sentIDs[f.CorrelationID] &&
					f.CorrelationID != "client-1" {
					t.Errorf("%d tries with the ids %v: %+v", tries, sentIDs, f)
				}
				if len(bodies) != 1 || bodies[""] {
					t.Errorf("the tries sent %d different bodies: %v", len(bodies), bodies)
				}
			})
		})
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "x": 0, "-1": 0, "0": 0, "7": 7 * time.Second, "999999999": 24 * time.Hour,
		"Mon, 23 Nov 2026 12:00:30 GMT": 30 * time.Second, "Mon, 23 Nov 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

func TestWaitsLongerEachTime(t *testing.T) {
	busy := answer{status: 503}
	for tries, around := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: 1500 * time.Millisecond, 3: 3500 * time.Millisecond,
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d, again := retryIdempotent.delay(busy, nil, tries, time.Now())
			if seen[d] = true; !again || d < around*8/10 || d > around*13/10 {
				t.Fatalf("after %d tries it waits %s: %t", tries, d, again)
			}
		}
		if len(seen) < 2 {
			t.Errorf("after %d tries everybody comes back together", tries)
		}
	}
	if _, again := retryIdempotent.delay(busy, nil, maxRetries+1, time.Now()); again {
		t.Error("it never gives up")
	}
	if _, again := noRetry.delay(busy, nil, 1, time.Now()); again {
		t.Error("a look at the network is repeated")
	}
}

func TestReadsAndChangesAreRepeated(t *testing.T) {
	failures := map[string]roundTripFunc{
		"lost": func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	}
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		failures[strconv.Itoa(status)] = func(r *http.Request) (*http.Response, error) {
			return answeringWith(status, map[string]string{"Retry-After": "3"})(1, r)
		}
	}
	for name, call := range map[string]func(*testing.T, *Admin) error{
		"read":   func(t *testing.T, a *Admin) error { _, err := a.ServicePrincipal(t.Context(), testApp); return err },
		"list":   func(t *testing.T, a *Admin) error { _, err := a.Grants(t.Context(), someSP); return err },
		"update": func(t *testing.T, a *Admin) error { return a.updateApp(t.Context(), someApp, wireApp{Name: "PAL"}) },
		"remove": func(t *testing.T, a *Admin) error { return a.RemoveSecret(t.Context(), someApp, someKey) },
		"revoke": func(t *testing.T, a *Admin) error { return a.RevokeGrant(t.Context(), someSP, grantOne) },
		"delete": func(t *testing.T, a *Admin) error { return a.DeleteApp(t.Context(), someApp) },
	} {
		for failure, fail := range failures {
			t.Run(name+" after "+failure, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tries := 0
					o := &fakeDirectory{sp: true, app: anApp()}
					a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
						if tries++; tries < 3 {
							return fail(r)
						}
						return inMemory(o.ServeHTTP)(r)
					})))
					started := time.Now()
					err := call(t, a)
					took, least := time.Since(started), 6*time.Second
					if failure == "lost" {
						least = time.Second
					}
					if err != nil || tries != 3 || took < least || took > least+2*time.Second {
						t.Errorf("after %d tries in %s: %v", tries, took, err)
					}
				})
			})
		}
	}
}
