package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	helpWidth  = 80 // columns of a help page
	helpIndent = "  "
)

// printHelp writes the help page of a command: what it does, examples, the
// commands below it, its own flags, and then the flags of every command.
func printHelp(w io.Writer, c *cobra.Command) {
	var b strings.Builder
	about := c.Long
	if about == "" {
		about = c.Short
	}
	b.WriteString(ansi.Wordwrap(about, helpWidth, "") + "\n")
	section := func(title string, lines ...string) {
		if len(lines) > 0 {
			b.WriteString("\n" + title + ":\n" + helpIndent + strings.Join(lines, "\n"+helpIndent) + "\n")
		}
	}
	usage := c.UseLine()
	if c.HasAvailableSubCommands() {
		usage = c.CommandPath() + " [command] [flags]"
	}
	section("Usage", usage)
	if c.Example != "" {
		section("Examples", strings.Split(c.Example, "\n")...)
	}
	var commands [][2]string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			name, arguments, _ := strings.Cut(sub.Use, " ")
			commands = append(commands, [2]string{strings.TrimSpace(name + " " + arguments), sub.Short})
		}
	}
	section("Commands", columns(commands)...)
	if c.HasParent() {
		section("Flags", flagLines(c.LocalNonPersistentFlags())...)
		section("Global flags", flagLines(c.InheritedFlags())...)
	} else {
		section("Flags", flagLines(c.LocalFlags())...)
	}
	_, _ = io.WriteString(w, b.String())
}

// flagLines are the flags with what they mean, and their defaults.
func flagLines(flags *pflag.FlagSet) []string {
	var rows [][2]string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		if name == f.Value.Type() || name == "strings" { // says nothing
			name = ""
		}
		left := "    --" + f.Name
		if f.Shorthand != "" {
			left = "-" + f.Shorthand + ", --" + f.Name
		}
		if name != "" {
			left += " " + name
		}
		switch f.DefValue {
		case "", "false", "[]", "0":
		default:
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		rows = append(rows, [2]string{left, usage})
	})
	return columns(rows)
}

// columns sets what each row means beside its name, wrapped in its column.
func columns(rows [][2]string) []string {
	left := 0
	for _, r := range rows {
		left = max(left, len(r[0])+2)
	}
	var lines []string
	for _, r := range rows {
		for n, text := range strings.Split(ansi.Wordwrap(r[1], helpWidth-left-len(helpIndent), ""), "\n") {
			name := r[0]
			if n > 0 {
				name = ""
			}
			lines = append(lines, fmt.Sprintf("%-*s%s", left, name, text))
		}
	}
	return lines
}

// datedPage is a man page that bears the date of the commit palmail was built from, so that two builds give the same.
type datedPage struct{ *roff.Document }

// Heading writes the title with that date, or with now where the build does not know its commit.
func (p datedPage) Heading(section uint, title, description string, now time.Time) {
	if t, err := time.Parse(time.RFC3339, identify().Date); err == nil {
		now = t.UTC()
	}
	p.Document.Heading(section, title, description, now)
}

// manCommand prints the man page, which packages ship.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the man page", Args: noArguments,
		Example: "palmail man | man -l -",
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := mango.NewManPage(1, cmd.Root())
			if err != nil {
				return fmt.Errorf("making the man page: %w", err)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), page.Build(datedPage{roff.NewDocument()}))
			return err
		},
	}
}
