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

// go-keyring cannot list what it keeps, so the names of the profiles are kept
// as well: in the items index.0, index.1 and so on without a gap, each well
// below what any keyring takes.
const (
	shardSize = 2000 // bytes of one index item; some 30 of the longest names
	maxShards = 1000
)

// shard is one index item.
type shard struct {
	Version  int      `json:"v"`
	Profiles []string `json:"p"`
}

func shardName(n int) string { return "index." + strconv.Itoa(n) }

// Profiles returns the names of the stored profiles, sorted. A name whose
// first Save was cut off is among them, so Load may find nothing.
func (v *vault) Profiles(ctx context.Context) ([]string, error) {
	if err := v.enter(ctx); err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	defer v.leave()
	shards, err := v.shards(ctx, v.opts.ReadTimeout, "")
	if err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	names := slices.Concat(shards...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// shards reads the index, no further than the item that has until in it. A damaged item counts as empty and is written anew
// with the next change: each profile in it is listed again when it is saved,
// and a broken list must not keep a setup from being saved.
func (v *vault) shards(ctx context.Context, limit time.Duration, until string) ([][]string, error) {
	var all [][]string
	for n := range maxShards {
		text, err := v.get(ctx, limit, shardName(n))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		names, newer := decodeShard(text)
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

// decodeShard reads one item; of a damaged one it returns what it could read.
func decodeShard(text string) (names []string, newer bool) {
	if len(text) > maxRecord {
		return nil, false
	}
	var version struct {
		Version int `json:"v"`
	}
	if json.Unmarshal([]byte(text), &version) == nil && version.Version > schema {
		return nil, true
	}
	var s shard
	_ = json.Unmarshal([]byte(text), &s)
	return slices.DeleteFunc(s.Profiles, func(name string) bool { return ValidProfile(name) != nil }), false
}

func encodeShard(names []string) string {
	// Valid names need no escaping, and a struct of texts always encodes.
	text, _ := json.Marshal(shard{schema, names})
	return string(text)
}

// list puts a profile on the list, unless it is there. Two palmails that list
// their first profiles in the same milliseconds can lose one of them; the
// next Save of that profile lists it again.
func (v *vault) list(ctx context.Context, profile string) error {
	all, err := v.shards(ctx, v.opts.WriteTimeout, profile)
	if err != nil {
		return err
	}
	at := len(all)
	for n, names := range all {
		if slices.Contains(names, profile) {
			return nil
		}
		if at == len(all) && len(encodeShard(append(slices.Clone(names), profile))) <= shardSize {
			at = n
		}
	}
	var names []string
	if at < len(all) {
		names = all[at]
	}
	_, err = v.put(ctx, shardName(at), encodeShard(append(names, profile)))
	return err
}

// unlist takes a profile off the list. Only the last item is ever deleted, so
// that no gap arises.
func (v *vault) unlist(ctx context.Context, profile string) error {
	all, err := v.shards(ctx, v.opts.WriteTimeout, "")
	if err != nil {
		return err
	}
	for n, names := range all {
		if !slices.Contains(names, profile) {
			continue
		}
		names = slices.DeleteFunc(names, func(p string) bool { return p == profile })
		if len(names) == 0 && n == len(all)-1 {
			if err := v.remove(ctx, shardName(n)); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			continue
		}
		if _, err := v.put(ctx, shardName(n), encodeShard(names)); err != nil {
			return err
		}
	}
	return nil
}
