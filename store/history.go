package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A record that has no room for its whole history names a second item in its
// key "hs", and "history.<profile>" holds the history, packed. It is written
// after the record and may be missing, older than the record, or another's: it
// counts only with the record's own history ID, and what the record itself
// holds is added to it. Whatever becomes of it, the record is complete without it.

// historyItem is the second item.
type historyItem struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	// Texts are the events' texts, each once; Events refer to them by their
	// place, counted from 1, and 0 is the empty text.
	Texts  []string       `json:"x"`
	Events []historyEvent `json:"e"`
}

// historyEvent is an event: Unix time in seconds (0 for none), and the places of
// What, KeyID, RequestID and By.
type historyEvent [5]int64

// historyIDLength is short because the record that has to hold the ID is full.
const historyIDLength = 6

// packedMark begins a UUID that is written as the base64 of its 16 bytes.
const packedMark = "~"

// encodeHistory returns the item with as many of the newest events as fit into
// limit bytes.
func encodeHistory(id string, events []Event, limit int) (string, error) {
	for {
		text, err := marshal(packHistory(id, events))
		if err != nil {
			return "", fmt.Errorf("writing the history: %w", err)
		}
		if len(text) <= limit || len(events) == 0 {
			return string(text), nil
		}
		events = events[1:]
	}
}

func packHistory(id string, events []Event) historyItem {
	item := historyItem{Version: schema, ID: id}
	place := func(text string) int64 {
		if text == "" {
			return 0
		}
		text = packText(text)
		if i := slices.Index(item.Texts, text); i >= 0 {
			return int64(i + 1)
		}
		item.Texts = append(item.Texts, text)
		return int64(len(item.Texts))
	}
	for _, e := range events {
		var at int64
		if !e.At.IsZero() {
			at = e.At.Unix()
		}
		item.Events = append(item.Events, historyEvent{
			at, place(e.What), place(e.KeyID), place(e.RequestID), place(e.By),
		})
	}
	return item
}

// decodeHistory returns the events of the item that has this ID. Anything else
// is no history: not an item, damaged, newer, or another's.
func decodeHistory(text, id string) []Event {
	var item historyItem
	if len(text) > maxRecord || json.Unmarshal([]byte(text), &item) != nil || item.Version != schema || item.ID != id {
		return nil
	}
	var events []Event
	for _, packed := range item.Events {
		var texts [4]string
		for i, place := range packed[1:] {
			if place < 0 || place > int64(len(item.Texts)) {
				return nil
			}
			if place > 0 {
				texts[i] = unpackText(item.Texts[place-1])
			}
		}
		e := Event{What: texts[0], KeyID: texts[1], RequestID: texts[2], By: texts[3]}
		if packed[0] != 0 {
			e.At = time.Unix(packed[0], 0).UTC()
		}
		events = append(events, e)
	}
	return events
}

// packText writes a UUID in lower case in 23 characters instead of 36, and any other text as it is.
func packText(text string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != 16 || uuid(raw) != text {
		return text
	}
	return packedMark + base64.RawURLEncoding.EncodeToString(raw)
}

func unpackText(text string) string {
	packed, marked := strings.CutPrefix(text, packedMark)
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if !marked || err != nil || len(raw) != 16 {
		return text
	}
	return uuid(raw)
}

func uuid(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// readHistory returns the whole history of a record that was read from profile:
// that of the second item, and what the record alone holds. A second item that
// cannot be read takes nothing else with it.
func (v *vault) readHistory(ctx context.Context, profile, id string, inRecord []Event) []Event {
	if id == "" {
		return inRecord
	}
	text, err := v.readItem(ctx, v.opts.ReadTimeout, itemName("history", profile))
	if err != nil {
		return inRecord
	}
	all := decodeHistory(text, id)
	for _, e := range inRecord {
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	return all[max(len(all)-MaxHistory, 0):]
}

// writeHistory keeps the history of a record that has just been written and has
// no room for it; without an ID it removes what an earlier record needed. The
// record does not depend on it: an error is not passed on, since the caller
// would take the setup for not saved.
func (v *vault) writeHistory(ctx context.Context, profile, id string, events []Event) {
	name := itemName("history", profile)
	if id == "" {
		_ = v.deleteItem(ctx, name)
		return
	}
	text, err := encodeHistory(id, events, v.platform.limit(v.opts.Service, name))
	if err == nil {
		_, _ = v.writeItem(ctx, name, text)
	}
}

// deleteHistory removes the second item, if there is one.
func (v *vault) deleteHistory(ctx context.Context, profile string) error {
	if err := v.deleteItem(ctx, itemName("history", profile)); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}
