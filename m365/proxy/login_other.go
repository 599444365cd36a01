//go:build !windows

package proxy

// systemLogin is nil: only Windows lends out the credentials of its user.
var systemLogin startLogin
