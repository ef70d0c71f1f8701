package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
)

// simulateFlags are the flags of simulate.
type simulateFlags struct {
	runFlags
	width, depth []int
	seeds        int
	seed         uint64
}

func simulateCommand() *cobra.Command {
	var o simulateFlags
	c := &cobra.Command{
		Use:   "simulate EXPERIMENT",
		Short: "Train the finite networks only",
		Long: `simulate trains networks of every width under finite of an experiment, at the
depth of its transformer, from every seed, and compares them with nothing. It writes
risk, objective, dissipation and scores at the saved times (summary.json, series.csv),
the parameters of all heads (states/*.npz, which numpy.load opens) and a report with
curves, attention maps and histograms of the heads.

--width, --depth, --seed and --seeds take the place of what the experiment says; of
several widths and depths all combinations are trained. Add time: {save: …} to the
experiment for more points on the curves.

A finished network is kept, and one that is not has a checkpoint: after Ctrl-C, a crash
or a kill the same command goes on from there and gives the same bytes as one that was
never stopped.`,
		Args: oneArg("an experiment"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runSimulate(c, args[0], o)
		},
	}
	o.register(c, "results/NAME-simulate")
	c.Flags().IntSliceVar(&o.width, "width", nil, "widths `M` of the networks (default finite.width)")
	c.Flags().IntSliceVar(&o.depth, "depth", nil, "depths `L` of the networks (default the model's)")
	c.Flags().IntVar(&o.seeds, "seeds", 0, "`number` of draws of each network (default finite.seeds)")
	c.Flags().Uint64Var(&o.seed, "seed", 0, "seed of the first draw (default finite.seed)")
	return c
}

func runSimulate(c *cobra.Command, name string, o simulateFlags) error {
	e, err := load(name, c.ErrOrStderr())
	if err != nil {
		return err
	}
	if e.Finite == nil {
		return fmt.Errorf("%s: no networks: want a section finite, such as finite: {width: [8, 32], seeds: 4}", name)
	}
	if err := o.apply(c, e); err != nil {
		return err
	}
	study, err := e.Study()
	if err != nil {
		return err
	}
	study.Solvers, study.Rates, study.Networks.UntilHalfWidth = nil, nil, 0
	for _, depth := range study.Networks.Depths {
		for _, width := range study.Networks.Widths {
			for s := range study.Networks.Seeds {
				study.Trained = append(study.Trained, compare.Network{Depth: depth, Width: width, Seed: study.Networks.Seed + uint64(s)})
			}
		}
	}
	if o.dir == "" {
		o.dir = filepath.Join("results", e.Name+"-simulate")
	}
	return o.carryOut(c, e, study, provenance(e, append([]string{"simulate", name}, o.given(c)...)...), nil)
}

// apply puts what the flags say in the place of what the experiment says.
func (o *simulateFlags) apply(c *cobra.Command, e *experiment.Experiment) error {
	m, ok := e.Model()
	if !ok {
		return fmt.Errorf("%s: no transformer section, so there are no networks to train: use solve", e.Name)
	}
	f := e.Finite
	f.Depth = []int{m.Depth}
	e.Compare.Rates = nil // which may ask for more networks than are left
	if c.Flags().Changed("width") {
		f.Width = o.width
	}
	if c.Flags().Changed("depth") {
		f.Depth = o.depth
	}
	if c.Flags().Changed("seeds") {
		f.Seeds.Start, f.Seeds.Until = o.seeds, 0
	}
	if c.Flags().Changed("seed") {
		f.Seed = o.seed
	}
	for _, v := range []struct {
		flag   string
		values []int
	}{{"width", f.Width}, {"depth", f.Depth}, {"seeds", []int{f.Seeds.Start}}} {
		if i := slices.IndexFunc(v.values, func(n int) bool { return n < 1 }); i >= 0 || len(v.values) == 0 {
			return fmt.Errorf("--%s %s: want whole numbers of at least 1", v.flag, joinInts(v.values))
		}
	}
	return e.CheckMemory()
}

// given returns the flags that choose networks, for the record.
func (o *simulateFlags) given(c *cobra.Command) []string {
	var out []string
	for _, name := range []string{"width", "depth", "seeds", "seed"} {
		if f := c.Flags().Lookup(name); f.Changed {
			out = append(out, "--"+name, strings.Trim(f.Value.String(), "[]"))
		}
	}
	return out
}

func joinInts(x []int) string {
	s := make([]string, len(x))
	for i, n := range x {
		s[i] = strconv.Itoa(n)
	}
	return strings.Join(s, ",")
}
