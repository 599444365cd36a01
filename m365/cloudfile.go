package m365

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"palmail/charset"
	"palmail/clean"
)

const (
	maxCloudFile = 64 << 10 // bytes
	maxCloudName = 40       // characters
)

// ParseCloudFile reads a cloud file:
//
//	{"name":"lab","login":"https://login.example","graph":"https://graph.example","portal":"https://portal.example"}
//
// All four keys are required and no others are allowed, so that a misspelt key
// is an error. A file has at most 64 KiB.
func ParseCloudFile(data []byte) (Cloud, error) {
	if len(data) > maxCloudFile {
		return Cloud{}, fmt.Errorf("reading the cloud file: it has %d bytes, at most %d are allowed", len(data),
			maxCloudFile)
	}
	var file struct {
		Name   string `json:"name"`
		Login  string `json:"login"`
		Graph  string `json:"graph"`
		Portal string `json:"portal"`
	}
	dec := json.NewDecoder(strings.NewReader(charset.Decode(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it is empty or cut off")
		}
		return Cloud{}, fmt.Errorf("reading the cloud file: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Cloud{}, errors.New("reading the cloud file: there is more than one JSON value in it")
	}
	c, err := CustomCloud(file.Name, file.Login, file.Graph, file.Portal)
	if err != nil {
		return Cloud{}, fmt.Errorf("reading the cloud file: %w", err)
	}
	return c, nil
}

// CustomCloud makes a cloud of a cloud file's values, with the checks of
// ParseCloudFile. It is the only way to make one, so that a cloud that poses as
// one of Microsoft's is refused wherever it comes from: a file, a stored record
// or an import. Its label names it as custom, and the host that gets the secret.
func CustomCloud(name, login, graph, portal string) (Cloud, error) {
	switch {
	case name == "":
		return Cloud{}, errors.New("name is missing")
	case utf8.RuneCountInString(name) > maxCloudName || clean.Line(name) != name:
		return Cloud{}, fmt.Errorf("name must be one line of at most %d characters", maxCloudName)
	}
	if err := checkCloudName(name); err != nil {
		return Cloud{}, err
	}
	c := Cloud{Name: name, Custom: true}
	for _, a := range []struct {
		key, text string
		into      *string
		path      bool
	}{
		{"login", login, &c.Login, false},
		{"graph", graph, &c.Graph, false},
		{"portal", portal, &c.Portal, true},
	} {
		base, err := baseAddress(a.text, a.path)
		if err != nil {
			return Cloud{}, fmt.Errorf("%s %w", a.key, err)
		}
		*a.into = base
	}
	if err := checkHosts(c); err != nil {
		return Cloud{}, err
	}
	c.Label = fmt.Sprintf("custom cloud %s (%s)", c.Name, c.LoginHost())
	return c, nil
}

// baseAddress returns an https address without its trailing slash. The login
// and Graph addresses may have no path, because /{tenant}, /v1.0 and /.default
// are appended to them.
func baseAddress(text string, path bool) (string, error) {
	if text == "" {
		return "", errors.New("is missing")
	}
	// The parser's error quotes the text, which can contain a password.
	u, err := url.Parse(text)
	switch {
	case err != nil || clean.Line(text) != text:
		return "", errors.New("is not an address")
	case !strings.EqualFold(u.Scheme, "https"):
		return "", errors.New("must begin with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return "", errors.New("has no host")
	case u.User != nil:
		return "", errors.New("must not hold a user name or password")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "?"):
		return "", errors.New("must not hold a query (?)")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return "", errors.New("must not hold a fragment (#)")
	case !path && strings.Trim(u.Path, "/") != "":
		return "", errors.New("must be a host only, without a path")
	}
	return strings.TrimRight("https://"+u.Host+u.EscapedPath(), "/"), nil
}
