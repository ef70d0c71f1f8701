package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"pdesolve/internal/registry"
)

// The exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1 // the numerics failed, or the run was interrupted
	exitRequest = 2 // the request was wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// failure is an error of the computation, as opposed to one of the request.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// run carries out the command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var f failure
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "pdesolve: interrupted")
		return exitFailed
	}
	fmt.Fprintln(stderr, "pdesolve:", err)
	if errors.As(err, &f) {
		return exitFailed
	}
	return exitRequest
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pdesolve",
		Short: "The mean-field PDE of Transformer training, solved and compared with finite networks",
		Long: `pdesolve solves the Wasserstein gradient-flow PDE of training a Transformer,
simulates networks of finite width and depth, and measures how fast these
approach the PDE.

Start with
    pdesolve compare          run the built-in experiment on real data
    pdesolve list             see what else there is`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w\nsee: %s --help", err, c.CommandPath())
	})
	root.AddCommand(compareCommand(), solveCommand(), simulateCommand(), checkCommand(), verifyCommand(), distanceCommand(), listCommand(), reportCommand(), initCommand(), versionCommand())
	return root
}

// noArgs refuses arguments; on the root it is what a misspelt command gets.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasParent() {
		return fmt.Errorf("%s takes no arguments: got %q", c.CommandPath(), args[0])
	}
	var names []string
	for _, s := range c.Commands() {
		if s.Name() != "help" {
			names = append(names, s.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s", args[0], registry.Choices(args[0], names))
}

// oneArg wants one argument, described by what.
func oneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s wants %s: got %d arguments\nusage: %s", c.CommandPath(), what, len(args), c.UseLine())
		}
		return nil
	}
}
