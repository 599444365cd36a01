package proxy

import (
	"context"
	"fmt"
	"os/exec"
)

// maxScutil is how much of scutil's output is read, in bytes.
const maxScutil = 64 << 10

// systemRoute asks macOS for its proxies. scutil is named by its full path, so
// that no other program of that name is started.
func systemRoute(ctx context.Context, t target) (Route, error) {
	out, err := exec.CommandContext(ctx, "/usr/sbin/scutil", "--proxy").Output()
	if err != nil {
		return Route{}, fmt.Errorf("asking macOS for its proxies: %w", err)
	}
	return routeByScutil(string(out[:min(len(out), maxScutil)]), t), nil
}
