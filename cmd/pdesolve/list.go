package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pdesolve/compare"
	"pdesolve/internal/experiment"
	experiments "pdesolve/testdata/experiments"
)

func listCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the built-in experiments and everything that an experiment file can name",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return listJSON(c.OutOrStdout())
			}
			return listText(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// sections orders the families for reading.
var sections = []struct{ word, title string }{
	{"solver", "solvers (solve:)"},
	{"inner solver", "inner solvers of jko (inner:)"},
	{"block", "blocks of a transformer (blocks:)"},
	{"law", "laws of the start (initial:)"},
	{"loss", "losses of a Transformer's outputs (loss:)"},
	{"grading", "spacings of the cells of an axis (grid: [{…, grading: …}])"},
	{"dynamics", "training of finite networks (dynamics:)"},
	{"energy", "energies of a classical flow (energy:)"},
	{"exact solution", "classical flows with a known solution (exact:, verify --case)"},
	{"kernel", "kernels of an interaction (kernel:)"},
	{"rate", "rates (rates:)"},
	{"distance", "distances (pdesolve distance --metric)"},
}

// words says in a line what a member is that does not say so itself, by a method
// Summary() string.
var words = map[string]string{
	"characteristics": "weighted quadrature nodes moved by the mean-field velocity; spectral for smooth starts",
	"upwind":          "explicit finite volumes, first order in space",
	"muscl":           "explicit finite volumes, second order in space and time, positive",
	"weno":            "explicit finite volumes, third or fifth order in space, positive",
	"jko":             "implicit Wasserstein minimising-movement steps, first order in the step",
	"variational":     "linearised JKO step by finite volumes, any energy and dimension",
	"linear-scalar":   "linear attention with scalar weights; has an exact solution",
	"softmax-scalar":  "softmax attention with scalar weights: a Nadaraya-Watson regression",
	"mlp-label":       "token-wise MLP on the label coordinate",
	"bump":            "product of smooth bumps of compact support",
	"gaussian":        "normal law",
	"gradient":        "gradient flow by an adaptive Runge-Kutta pair",
	"potential":       "integral of V(x) ρ",
	"entropy":         "integral of ρ log ρ",
	"sum":             "list of energies, added up",
}

func listText(w io.Writer) error {
	fmt.Fprintln(w, "experiments (pdesolve compare NAME)")
	for _, name := range builtins() {
		fmt.Fprintf(w, "  %-19s %s\n", name, summary(name))
	}
	members := described()
	for _, s := range sections {
		fmt.Fprintf(w, "\n%s\n", s.title)
		for _, m := range members[s.word] {
			text := m.Summary
			if len(m.Parameters) > 0 {
				text += "; parameters " + strings.Join(m.Parameters, ", ")
			}
			fmt.Fprintf(w, "  %-19s %s\n", m.Name, text)
			if m.Options != "" {
				fmt.Fprintf(w, "  %-19s %s\n", "", m.Options)
			}
		}
	}
	return nil
}

// described returns all members with their summaries.
func described() map[string][]experiment.Member {
	all := experiment.Members()
	for _, members := range all {
		for i := range members {
			if members[i].Summary == "" {
				members[i].Summary = words[members[i].Name]
			}
		}
	}
	return all
}

// summary returns the first sentence of a built-in experiment's comment.
func summary(name string) string {
	data, err := experiments.Files.ReadFile(name + ".yaml")
	if err != nil {
		panic(err) // name is from builtins
	}
	var text []string
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		line, isComment := strings.CutPrefix(s.Text(), "#")
		if !isComment || strings.TrimSpace(line) == "" {
			break
		}
		text = append(text, strings.TrimSpace(line))
	}
	first, _, _ := strings.Cut(strings.Join(text, " "), ". ")
	return strings.TrimSuffix(first, ".")
}

func listJSON(w io.Writer) error {
	type named struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	out := map[string]any{"rates": compare.Inquiries.Names()}
	var all []named
	for _, name := range builtins() {
		all = append(all, named{name, summary(name)})
	}
	out["experiments"] = all
	for word, members := range described() {
		out[word] = members
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(out)
}
