// Command palmail leads through the setup that lets PAL send mail through Microsoft 365.
package main

import (
	"os"

	"palmail/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
