package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Visit does what a person does who signs in at the practice pages: it opens
// address, types code where one is asked for, picks the account username, and
// agrees to everything, until the pages end. Where the browser would then be
// sent to a program that listens on this computer, it goes there too.
// It returns the title of the last page.
func (t *Tenant) Visit(ctx context.Context, address, code, username string) (title string, err error) {
	return t.visit(ctx, address, &visitor{code: code, username: username})
}

// VisitAndCancel does the same up to the first page with a Cancel, and presses that.
func (t *Tenant) VisitAndCancel(ctx context.Context, address, code string) (title string, err error) {
	return t.visit(ctx, address, &visitor{code: code, cancels: true})
}

func (t *Tenant) visit(ctx context.Context, address string, v *visitor) (title string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	v.client = &http.Client{Jar: jar, Transport: visiting{t.Transport()}}
	p, at, err := v.get(ctx, address)
	for range 12 {
		if err != nil || p.action == "" {
			return p.title, err
		}
		p, at, err = v.submit(ctx, at, p)
	}
	return p.title, errors.New("the pages do not end")
}

// visiting reaches the practice tenant in the process, and this computer by the network.
type visiting struct{ tenant http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (v visiting) RoundTrip(r *http.Request) (*http.Response, error) {
	if host := r.URL.Hostname(); host == "localhost" || host == "127.0.0.1" {
		return http.DefaultTransport.RoundTrip(r)
	}
	return v.tenant.RoundTrip(r)
}

type visitor struct {
	code, username string
	cancels        bool
	client         *http.Client
}

func (v *visitor) get(ctx context.Context, address string) (visited, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return visited{}, nil, fmt.Errorf("opening the page: %w", err)
	}
	return v.see(req)
}

func (v *visitor) see(req *http.Request) (visited, *url.URL, error) {
	resp, err := v.client.Do(req)
	if err != nil {
		return visited{}, nil, err
	}
	defer resp.Body.Close()
	p, err := readPage(resp.Body)
	return p, resp.Request.URL, err
}

// submit fills a form in and sends it, by its first button.
func (v *visitor) submit(ctx context.Context, at *url.URL, p visited) (visited, *url.URL, error) {
	to, err := at.Parse(p.action)
	if err != nil {
		return visited{}, nil, fmt.Errorf("reading a form's address: %w", err)
	}
	if p.asksCode {
		p.values.Set("user_code", v.code)
	}
	if v.cancels && p.cancel != "" {
		p.values.Set(p.cancel, "cancel")
	} else if p.asksAccount {
		p.values.Set("account", v.username)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(p.values.Encode()))
	if err != nil {
		return visited{}, nil, fmt.Errorf("sending a form: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if at.Host == to.Host {
		req.Header.Set("Origin", at.Scheme+"://"+at.Host)
	}
	return v.see(req)
}

// visited is what a person sees of a page.
type visited struct {
	title, action         string
	values                url.Values
	asksCode, asksAccount bool
	cancel                string // name of the button Cancel, "" without one
}

func readPage(body io.Reader) (visited, error) {
	p := visited{values: url.Values{}}
	z := html.NewTokenizer(io.LimitReader(body, 1<<20))
	inTitle, pressed := false, false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if errors.Is(z.Err(), io.EOF) {
				return p, nil
			}
			return p, fmt.Errorf("reading a page: %w", z.Err())
		}
		token := z.Token()
		if kind == html.TextToken {
			if inTitle {
				p.title += strings.TrimSpace(token.Data)
			}
			continue
		}
		if kind == html.EndTagToken {
			inTitle = inTitle && token.Data != "title"
			continue
		}
		a := map[string]string{}
		for _, attr := range token.Attr {
			a[attr.Key] = attr.Val
		}
		switch token.Data {
		case "title":
			inTitle = true
		case "form":
			p.action = a["action"]
		case "input":
			switch {
			case a["name"] == "user_code":
				p.asksCode = true
			case a["name"] == "account":
				p.asksAccount = true
			case a["type"] == "hidden":
				p.values.Set(a["name"], a["value"])
			}
		case "button":
			if a["value"] == "cancel" {
				p.cancel = a["name"]
			}
			if !pressed && a["name"] != "" {
				p.values.Set(a["name"], a["value"])
			}
			pressed = true
		}
	}
}
