package store

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"palmail/secret"
)

// schema is the version of the record. A change that an older palmail can
// ignore adds a key; a change that it must not ignore raises the version.
const schema = 1

// maxRecord is the largest item that is written or read on any system, in bytes.
// Linux itself has no limit (1 MB was measured to work).
const maxRecord = 64 << 10

// record is a Setup as it is stored. The keys are short because Windows takes
// 2,560 bytes in all.
type record struct {
	Version      int        `json:"v"`
	Revision     string     `json:"r"`
	Mailbox      string     `json:"m,omitempty"`
	PALURL       string     `json:"u,omitempty"`
	Cloud        string     `json:"c,omitempty"`
	CustomCloud  cloudPart  `json:"cc,omitzero"`
	TenantID     string     `json:"t,omitempty"`
	Organisation string     `json:"o,omitempty"`
	AppName      string     `json:"n,omitempty"`
	ClientID     string     `json:"i,omitempty"`
	Secret       secretPart `json:"s,omitzero"`
	Pending      secretPart `json:"sp,omitzero"`
	Old          secretPart `json:"so,omitzero"`
	PendingShown stamp      `json:"sh,omitzero"`
	Removing     string     `json:"rm,omitempty"`
	Revoking     int64      `json:"rv,omitempty"` // seconds since 1970, to save room
	Limited      bool       `json:"x,omitempty"`
	Limit        limitPart  `json:"li,omitzero"`
	AppProved    stamp      `json:"pa,omitzero"`
	SecretProved stamp      `json:"ps,omitzero"`
	PermProved   stamp      `json:"pp,omitzero"`
	PALSaved     stamp      `json:"pl,omitzero"`
	Mode         string     `json:"md,omitempty"`
	SignedInAs   string     `json:"by,omitempty"`
	AppObjectID  string     `json:"ao,omitempty"`
	PrincipalID  string     `json:"po,omitempty"`
	GrantID      string     `json:"gi,omitempty"`
	UniqueName   string     `json:"un,omitempty"`
	Adopted      bool       `json:"ad,omitempty"`
	Made         string     `json:"mk,omitempty"`
	Intent       intentPart `json:"do,omitzero"`
	AdminAddress string     `json:"a,omitempty"`
	LastTest     testPart   `json:"l,omitzero"`

	History   []eventPart `json:"hi,omitempty"`
	HistoryID string      `json:"hs,omitempty"` // names the item that holds the whole history
	Notice    noticePart  `json:"ln,omitzero"`
}

type limitPart struct {
	Other string `json:"o,omitempty"`
	Stage string `json:"s,omitempty"`
	At    stamp  `json:"t,omitzero"`
}

type noticePart struct {
	At   stamp `json:"at,omitzero"`
	Days int   `json:"d,omitempty"`
}

type eventPart struct {
	At        stamp  `json:"t,omitzero"`
	What      string `json:"w,omitempty"`
	KeyID     string `json:"k,omitempty"`
	RequestID string `json:"q,omitempty"`
	By        string `json:"b,omitempty"`
}

type secretPart struct {
	Value       string `json:"v,omitempty"` // in the clear: here and nowhere else
	Description string `json:"d,omitempty"`
	Hint        string `json:"h,omitempty"`
	KeyID       string `json:"k,omitempty"`
	Created     stamp  `json:"c,omitzero"`
	Expires     stamp  `json:"e,omitzero"`
}

type cloudPart struct {
	Name   string `json:"n,omitempty"`
	Login  string `json:"l,omitempty"`
	Graph  string `json:"g,omitempty"`
	Portal string `json:"p,omitempty"`
}

type intentPart struct {
	What string `json:"w,omitempty"`
	Name string `json:"n,omitempty"`
	At   stamp  `json:"at,omitzero"`
}

type testPart struct {
	At        stamp  `json:"at,omitzero"`
	To        string `json:"to,omitempty"`
	Reference string `json:"r,omitempty"`
	Accepted  bool   `json:"ok,omitempty"`
	Arrived   string `json:"ar,omitempty"`
}

// knownKeys are the record's keys. Other keys come from a newer palmail and are
// preserved.
var knownKeys = func() (keys []string) {
	for f := range reflect.TypeFor[record]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys = append(keys, name)
	}
	return keys
}()

// isKnownKey ignores case as encoding/json does, which reads "V" into "v" too.
func isKnownKey(key string) bool {
	return slices.ContainsFunc(knownKeys, func(k string) bool { return strings.EqualFold(k, key) })
}

// stamp is a time as RFC 3339 in UTC, to the second.
type stamp struct{ time.Time }

// toSeconds counts the seconds since 1970; 0 is the zero time.
func toSeconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromSeconds(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

func toStamp(t time.Time) stamp { return stamp{t.UTC().Truncate(time.Second)} }

// MarshalJSON writes e.g. "2026-11-23T21:57:35Z".
func (s stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(s.UTC().Format(time.RFC3339))
}

// UnmarshalJSON reads what MarshalJSON writes. Its error does not quote the
// text, which can be anything in a damaged record.
func (s *stamp) UnmarshalJSON(text []byte) error {
	var written string
	if err := json.Unmarshal(text, &written); err != nil {
		return errors.New("a time is not a text")
	}
	t, err := time.Parse(time.RFC3339, written)
	if err != nil {
		return errors.New("a time is not in RFC 3339 form")
	}
	*s = toStamp(t)
	return nil
}

// beside is what a record holds beside its Setup: the ID of its history item,
// if it has one, and the keys that this palmail does not know.
type beside struct {
	historyID   string
	unknownKeys map[string]json.RawMessage
}

// encode returns the record of s with this revision and with what decode found
// beside it. Its error means that s holds text that JSON cannot represent.
func encode(s *Setup, revision string, kept beside) (string, error) {
	r := toRecord(s)
	r.Revision, r.HistoryID = revision, kept.historyID
	text, err := marshal(r)
	if err != nil {
		return "", fmt.Errorf("writing the record: %w", err)
	}
	var back record
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, r) {
		return "", errors.New("writing the record: a text is not valid UTF-8, or a time is out of range")
	}
	if len(kept.unknownKeys) == 0 {
		return string(text), nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		return "", fmt.Errorf("writing the record: %w", err)
	}
	for key, value := range kept.unknownKeys {
		all[key] = value
	}
	text, err = marshal(all)
	if err != nil {
		return "", fmt.Errorf("writing the record: %w", err)
	}
	return string(text), nil
}

// encodeToFit is encode with as many of the newest events as fit into limit
// bytes. When some do not, the record names a history item: kept's, or a new
// one. historyID is empty when it names none, because all events fit or because
// not even the name does. The text is longer than limit only if the record
// without any event is.
func encodeToFit(s *Setup, revision string, kept beside, limit int) (text, historyID string, err error) {
	named := kept.historyID
	if named == "" {
		named = rand.Text()[:historyIDLength]
	}
	kept.historyID = ""
	if text, err = encode(s, revision, kept); err != nil || len(text) <= limit {
		return text, "", err
	}
	for _, id := range []string{named, ""} {
		kept.historyID = id
		for short := *s; len(short.History) > 0; {
			short.History = short.History[1:]
			if text, err = encode(&short, revision, kept); err != nil || len(text) <= limit {
				return text, id, err
			}
		}
	}
	return text, "", nil
}

// marshal does not escape & and <, which are common in URLs and would take six bytes each.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads a record. Its errors are ErrDamaged and ErrNewer.
func decode(text string) (s Setup, kept beside, err error) {
	if len(text) > maxRecord {
		return Setup{}, beside{}, fmt.Errorf("%w: %d bytes long", ErrDamaged, len(text))
	}
	var version struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal([]byte(text), &version); err != nil {
		return Setup{}, beside{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if version.Version > schema {
		return Setup{}, beside{}, fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, version.Version, schema)
	}
	var r record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Setup{}, beside{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if r.Version != schema || r.Revision == "" {
		return Setup{}, beside{}, fmt.Errorf("%w: it has no version or revision", ErrDamaged)
	}
	if err := json.Unmarshal([]byte(text), &kept.unknownKeys); err != nil {
		return Setup{}, beside{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for key := range kept.unknownKeys {
		if isKnownKey(key) {
			delete(kept.unknownKeys, key)
		}
	}
	kept.historyID = r.HistoryID
	return fromRecord(r), kept, nil
}

func toRecord(s *Setup) record {
	part := func(v Secret) secretPart {
		return secretPart{v.Value.Reveal(), v.Description, v.Hint, v.KeyID, toStamp(v.Created), toStamp(v.Expires)}
	}
	var history []eventPart
	for _, e := range s.History {
		history = append(history, eventPart{toStamp(e.At), e.What, e.KeyID, e.RequestID, e.By})
	}
	return record{
		History: history, PendingShown: toStamp(s.PendingShown), Removing: s.Removing, Revoking: toSeconds(s.Revoking),
		Notice:  noticePart{toStamp(s.LastNotice.At), s.LastNotice.Days},
		Version: schema, Mailbox: s.Mailbox, PALURL: s.PALURL,
		Cloud: s.Cloud, CustomCloud: cloudPart(s.CustomCloud), TenantID: s.TenantID, Organisation: s.Organisation,
		AppName: s.AppName, ClientID: s.ClientID,
		Secret: part(s.Secret), Pending: part(s.Pending), Old: part(s.Old),
		Limited:   s.LimitedByExchange,
		Limit:     limitPart{s.Limit.Other, s.Limit.Stage, toStamp(s.Limit.At)},
		AppProved: toStamp(s.AppProved), SecretProved: toStamp(s.SecretProved),
		PermProved: toStamp(s.PermissionProved), PALSaved: toStamp(s.PALSaved),
		Mode: s.Mode, SignedInAs: s.SignedInAs, AppObjectID: s.AppObjectID,
		PrincipalID: s.ServicePrincipalID, GrantID: s.GrantID, Made: s.Made,
		UniqueName: strings.TrimPrefix(s.AppUniqueName, UniqueNamePrefix), Adopted: s.AppAdopted,
		Intent:       intentPart{s.Intent.Kind, s.Intent.Name, toStamp(s.Intent.At)},
		AdminAddress: s.AdminAddress,
		LastTest: testPart{
			toStamp(s.LastTest.At), s.LastTest.To, s.LastTest.Reference, s.LastTest.Accepted, s.LastTest.Arrived,
		},
	}
}

func fromRecord(r record) Setup {
	part := func(v secretPart) Secret {
		return Secret{secret.New(v.Value), v.Description, v.Hint, v.KeyID, v.Created.Time, v.Expires.Time}
	}
	var history []Event
	for _, e := range r.History {
		history = append(history, Event{e.At.Time, e.What, e.KeyID, e.RequestID, e.By})
	}
	return Setup{
		History: history, PendingShown: r.PendingShown.Time, Removing: r.Removing, Revoking: fromSeconds(r.Revoking),
		LastNotice: Notice{r.Notice.At.Time, r.Notice.Days},
		Mailbox:    r.Mailbox, PALURL: r.PALURL,
		Cloud: r.Cloud, CustomCloud: Cloud(r.CustomCloud), TenantID: r.TenantID, Organisation: r.Organisation,
		AppName: r.AppName, ClientID: r.ClientID,
		Secret: part(r.Secret), Pending: part(r.Pending), Old: part(r.Old),
		LimitedByExchange: r.Limited,
		Limit:             Limit{r.Limit.Other, r.Limit.Stage, r.Limit.At.Time},
		AppProved:         r.AppProved.Time, SecretProved: r.SecretProved.Time,
		PermissionProved: r.PermProved.Time, PALSaved: r.PALSaved.Time,
		Mode: r.Mode, SignedInAs: r.SignedInAs, AppObjectID: r.AppObjectID,
		ServicePrincipalID: r.PrincipalID, GrantID: r.GrantID, Made: r.Made,
		AppUniqueName: r.uniqueName(), AppAdopted: r.Adopted,
		Intent:       Intent{r.Intent.What, r.Intent.Name, r.Intent.At.Time},
		AdminAddress: r.AdminAddress,
		LastTest: Test{
			r.LastTest.At.Time, r.LastTest.To, r.LastTest.Reference, r.LastTest.Accepted, r.LastTest.Arrived,
		},
		Revision: r.Revision,
	}
}

// UniqueNamePrefix begins every unique name that palmail draws; the record
// leaves it out, to save room.
const UniqueNamePrefix = "palmail-"

func (r *record) uniqueName() string {
	if r.UniqueName == "" || strings.HasPrefix(r.UniqueName, UniqueNamePrefix) {
		return r.UniqueName
	}
	return UniqueNamePrefix + r.UniqueName
}
