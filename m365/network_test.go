package m365

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestNetwork(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := &fakeService{}
	cloud, _ := CloudNamed(Commercial)
	c := New(cloud, Options{Now: func() time.Time {
		return now
	}, Transport: inMemory(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now.Add(10*time.Minute).Format(http.TimeFormat))
		s.ServeHTTP(w, r)
	})})
	report := c.Network(t.Context())
	if report.Err() != nil || len(report.Hosts) != 2 {
		t.Fatalf("%+v", report)
	}
	login, graph := report.Hosts[0], report.Hosts[1]
	if login.Role != "login" || login.Host != hostCom || login.Status != 200 || graph.Role != "graph" ||
		graph.Host != "graph.microsoft.com" || graph.Status != 401 {
		t.Errorf("%+v", report)
	}
	for _, h := range report.Hosts {
		if !h.HasClock || h.ClockSkew != 10*time.Minute {
			t.Errorf("%s: clock %v %s", h.Role, h.HasClock, h.ClockSkew)
		}
	}
	if s.count("GET", "/common"+metadataPath) != 1 || s.count("GET", "/v1.0/organization?") != 1 ||
		len(s.requests) != 2 {
		t.Errorf("asked %v", s.requests)
	}
	lab, _ := CustomCloud("lab", "https://login.example", "https://graph.example", "https://portal.example")
	New(lab, Options{Transport: inMemory(s.ServeHTTP)}).Network(t.Context())
	if s.count("GET", "login.example/organizations"+metadataPath) != 1 {
		t.Errorf("asked %v", s.requests)
	}
}

func TestNetworkTrouble(t *testing.T) {
	tries := 0
	c := commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == hostCom {
			tries++
			return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
		}
		return inMemory(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>Please accept the terms</html>"))
		})(r)
	}))
	report := c.Network(t.Context())
	login, graph := failureOf(t, report.Hosts[0].Err), failureOf(t, report.Hosts[1].Err)
	if _, ok := login.Err.(*net.DNSError); !ok || login.Host != hostCom || tries != 1 {
		t.Errorf("%+v after %d tries", login, tries)
	}
	if graph.Status != 200 || graph.Err != nil || !strings.Contains(graph.Body, "accept the terms") {
		t.Errorf("%+v", graph)
	}
	if report.Err() != report.Hosts[0].Err {
		t.Errorf("Err is %v", report.Err())
	}
}

func TestNetworkNamesTheProxyWithoutItsPassword(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := refused.Addr().String()
	refused.Close()
	proxy := &url.URL{Scheme: "http", User: url.UserPassword("me", "hunter2"), Host: address}
	report := commercialClient(t, &http.Transport{Proxy: http.ProxyURL(proxy)}).Network(t.Context())
	for _, h := range report.Hosts {
		if h.Proxy != "http://"+address || h.Err == nil || strings.Contains(h.Err.Error(), "hunter2") ||
			len(h.Addresses) != 0 {
			t.Errorf("%+v", h)
		}
	}
}
