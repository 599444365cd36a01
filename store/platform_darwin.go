package store

// system is this machine's keyring.
var system = macPlatform
