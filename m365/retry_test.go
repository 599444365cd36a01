package m365

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// A read whose answer is empty or cut off is repeated, a few times and no
// more; whatever else went wrong is reported at once.
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

// What changes something is never repeated because of an answer that cannot be read.
func TestUnreadableChangesAreNotRepeated(t *testing.T) {
	tries := 0
	a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		tries++
		return bodyWith(r, 200, "application/json", `{"id":`), nil
	})))
	if _, err := a.CreateApp(t.Context(), NewApp{Name: "PAL email"}); !Unclear(err) || tries != 1 {
		t.Errorf("%d tries: %v", tries, err)
	}
}

// Whoever waits for Microsoft is told for how long, and why.
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
				c := New(cloud, Options{Waiting: func(w Wait) {
					waits = append(waits, w)
				}, Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
					if tries++; tries == 1 {
						return x.first(r)
					}
					return inMemory((&fakeDirectory{sp: true}).ServeHTTP)(r)
				})})
				started := time.Now()
				if _, err := adminOf(c).ServicePrincipal(t.Context(), testApp); err != nil {
					t.Fatal(err)
				}
				took := time.Since(started)
				if len(waits) != 1 || waits[0].Duration != took {
					t.Fatalf("told %+v, waited %s", waits, took)
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

// A wait that is longer than a call may take is not begun, so nobody is told of it.
func TestLongWaitsAreLeftToTheCaller(t *testing.T) {
	cloud, _ := CloudNamed(Commercial)
	c := New(cloud, Options{
		Waiting: func(w Wait) { t.Errorf("told %+v", w) },
		Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			return answeringWith(429, map[string]string{"Retry-After": "300"})(1, r)
		}),
	})
	_, err := adminOf(c).ServicePrincipal(t.Context(), testApp)
	if f := failureOf(t, err); f.RetryAfter != 5*time.Minute || errors.Is(err, io.EOF) {
		t.Errorf("%+v", f)
	}
}
