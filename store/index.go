package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// go-keyring cannot list its items, so an index holds the names of the
// profiles: the items index.0, index.1 and so on without a gap, each well below
// the size limit of every keyring.
const (
	maxIndexItem  = 2000 // bytes of one index item; some 30 of the longest names
	maxIndexItems = 1000
)

// indexItem is one item of the index.
type indexItem struct {
	Version  int      `json:"v"`
	Profiles []string `json:"p"`
}

func indexItemName(n int) string { return "index." + strconv.Itoa(n) }

// Profiles returns the names of the stored profiles, sorted. They include a
// profile whose first Save was interrupted, for which Load returns ErrNotFound.
func (v *vault) Profiles(ctx context.Context) ([]string, error) {
	if err := v.lock(ctx); err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	defer v.unlock()
	index, err := v.readIndex(ctx, v.opts.ReadTimeout, "")
	if err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	names := slices.Concat(index...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// readIndex reads the items of the index, up to the one that contains the
// profile until. A damaged item counts as empty and is rewritten with the next
// change: each of its profiles is added again when it is saved, and a damaged
// index must not prevent a save.
func (v *vault) readIndex(ctx context.Context, limit time.Duration, until string) ([][]string, error) {
	var all [][]string
	for n := range maxIndexItems {
		text, err := v.readItem(ctx, limit, indexItemName(n))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		names, newer := decodeIndexItem(text)
		if newer {
			return nil, fmt.Errorf("reading the list of profiles: %w", ErrNewer)
		}
		all = append(all, names)
		if slices.Contains(names, until) {
			break
		}
	}
	return all, nil
}

// decodeIndexItem reads one item. Of a damaged one it returns the readable names.
func decodeIndexItem(text string) (names []string, newer bool) {
	if len(text) > maxRecord {
		return nil, false
	}
	var version struct {
		Version int `json:"v"`
	}
	if json.Unmarshal([]byte(text), &version) == nil && version.Version > schema {
		return nil, true
	}
	var s indexItem
	_ = json.Unmarshal([]byte(text), &s)
	return slices.DeleteFunc(s.Profiles, func(name string) bool { return ValidProfile(name) != nil }), false
}

func encodeIndexItem(names []string) string {
	// Valid names need no escaping, and a struct of texts always encodes.
	text, _ := json.Marshal(indexItem{schema, names})
	return string(text)
}

// addToIndex adds a profile to the index unless it is there. If two processes
// add a profile within the same milliseconds, one can be lost; the next Save
// of that profile adds it again.
func (v *vault) addToIndex(ctx context.Context, profile string) error {
	all, err := v.readIndex(ctx, v.opts.WriteTimeout, profile)
	if err != nil {
		return err
	}
	index := len(all)
	for n, names := range all {
		if slices.Contains(names, profile) {
			return nil
		}
		if index == len(all) && len(encodeIndexItem(append(slices.Clone(names), profile))) <= maxIndexItem {
			index = n
		}
	}
	var names []string
	if index < len(all) {
		names = all[index]
	}
	_, err = v.writeItem(ctx, indexItemName(index), encodeIndexItem(append(names, profile)))
	return err
}

// removeFromIndex removes a profile from the index. Only the last item is ever
// deleted, so that there is no gap.
func (v *vault) removeFromIndex(ctx context.Context, profile string) error {
	items, err := v.readIndex(ctx, v.opts.WriteTimeout, "")
	if err != nil {
		return err
	}
	for n, names := range items {
		if !slices.Contains(names, profile) {
			continue
		}
		names = slices.DeleteFunc(names, func(p string) bool { return p == profile })
		if len(names) == 0 && n == len(items)-1 {
			if err := v.deleteItem(ctx, indexItemName(n)); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			continue
		}
		if _, err := v.writeItem(ctx, indexItemName(n), encodeIndexItem(names)); err != nil {
			return err
		}
	}
	return nil
}
