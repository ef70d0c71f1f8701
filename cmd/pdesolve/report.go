package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

func reportCommand() *cobra.Command {
	o := outputFlags{}
	c := &cobra.Command{
		Use:   "report DIR [OTHER]",
		Short: "Rebuild the report of a results folder, or compare two folders",
		Long: `report DIR rebuilds the report of a results folder from what is stored in it.
report DIR OTHER prints what changed from DIR to OTHER: rates side by side, whether
the difference is more than their intervals allow, and contracts that are kept less
well. It writes nothing.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return oneArg("a results folder, or two to compare")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return reportChanges(c.OutOrStdout(), args[0], args[1], o.json)
			}
			o.dir = args[0]
			r, err := rebuild(o.dir)
			if err != nil {
				return err
			}
			return show(c.OutOrStdout(), c.ErrOrStderr(), r, o)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print JSON in place of tables")
	return c
}

// reportChanges prints what changed between two folders.
func reportChanges(w io.Writer, a, b string, asJSON bool) error {
	first, err := stored(a)
	if err != nil {
		return err
	}
	second, err := stored(b)
	if err != nil {
		return err
	}
	d := compare.Compare(first, second)
	if asJSON {
		return d.WriteJSON(w)
	}
	fmt.Fprintf(w, "first:  %s (%s)\nsecond: %s (%s)\n\n%s\n", a, d.A, b, d.B, d.Table().Render())
	for _, n := range d.Notes {
		fmt.Fprintln(w, n)
	}
	return nil
}

// stored loads the result of a folder.
func stored(dir string) (*compare.Result, error) {
	if !isResults(dir) {
		return nil, fmt.Errorf("%s holds no results: want a folder that compare has written", dir)
	}
	e, err := experiment.Load(filepath.Join(dir, resolvedFile))
	if err != nil {
		return nil, err
	}
	s, err := e.Study()
	if err != nil {
		return nil, err
	}
	r, _, err := compare.Load(dir, s)
	return r, err
}

// rebuild loads a result and writes its report anew. Nothing is computed.
func rebuild(dir string) (*compare.Result, error) {
	r, err := stored(dir)
	if err != nil {
		return nil, err
	}
	p, err := storedProvenance(dir)
	if err != nil {
		return nil, err
	}
	return r, compare.RewriteReport(dir, r, p)
}

// storedProvenance reads how the result was made. A folder without it has none.
func storedProvenance(dir string) (p compare.Provenance, err error) {
	b, err := os.ReadFile(filepath.Join(dir, provenanceFile))
	if os.IsNotExist(err) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", filepath.Join(dir, provenanceFile), err)
	}
	return p, nil
}
