//go:build race

package ptytest

const slower = 5
