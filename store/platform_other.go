//go:build !windows && !darwin && !((dragonfly && cgo) || (freebsd && cgo) || linux || netbsd || openbsd)

package store

// system is this machine's keyring: none, since go-keyring has nothing for it
// (FreeBSD and DragonFly BSD need cgo, which palmail is built without).
var system = platform{displayName: "no keyring", limit: noLimit}
