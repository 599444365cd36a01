package m365

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// attacks are the lines of a file in testdata/posing, without its comments.
func attacks(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/posing/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	if len(all) < 10 {
		t.Fatalf("%s has only %d attacks", name, len(all))
	}
	return all
}

func TestPosingNamesAreRefused(t *testing.T) {
	for _, line := range attacks(t, "names.txt") {
		var name string
		if err := json.Unmarshal([]byte(line), &name); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		c, err := CustomCloud(name, "https://login.evil.example", "https://graph.evil.example",
			"https://portal.evil.example")
		if err == nil || !strings.Contains(err.Error(), "name must") {
			t.Errorf("%q makes %q, %v", name, c.Label, err)
		}
	}
}

func TestPosingHostsAreRefused(t *testing.T) {
	for _, line := range attacks(t, "hosts.txt") {
		h := strings.Fields(line)
		if c, err := CustomCloud("lab", "https://"+h[0], "https://"+h[1], "https://"+h[2]); err == nil {
			t.Errorf("%s makes %q", line, c.Label)
		}
	}
}

func TestHonestCustomClouds(t *testing.T) {
	for name, hosts := range map[string][3]string{
		"lab":       {"login.example", "graph.example", "portal.example"},
		"practice":  {"localhost:8443", "localhost:8443", "localhost:8443/portal"},
		"Air gap 2": {"10.0.0.7", "10.0.0.7:444", "10.0.0.8"},
		"Машинный":  {"login.example", "graph.example", "portal.example"},
		"東京ラボ":      {"login.example", "graph.example", "portal.example"},
		"Zürich":    {"login.example", "graph.example", "portal.example"},
		"vm":        {"lab.cloudapp.azure.com", "lab.cloudapp.azure.com", "lab.cloudapp.azure.com"},
		"preview":   {"login.microsoftonline.com", "graph.microsoft.com", "portal.azure.com"},
		"Machina":   {"login.example", "graph.example", "portal.example"},
		"podology":  {"login.example", "graph.example", "portal.example"},
	} {
		c, err := CustomCloud(name, "https://"+hosts[0], "https://"+hosts[1], "https://"+hosts[2])
		want := "custom cloud " + name + " (" + hosts[0] + ")"
		if err != nil || c.Label != want {
			t.Errorf("%s: %q, %v", name, c.Label, err)
		}
	}
}
