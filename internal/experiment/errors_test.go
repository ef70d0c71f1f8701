package experiment

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	experiments "pdesolve/testdata/experiments"
)

// base is a small valid experiment that the cases below break.
const base = `name: base
transformer:
  depth: 2
  decay: 0.02
  prompts:
    linear: {prompts: 2, tokens: 4}
  read: {token: last, coordinate: 1}
  blocks:
    - softmax-scalar:
        initial: {bump: {center: [1.0, 0.3], radius: [1.0, 0.8]}}
        grid:
          - {lo: -1.5, hi: 3.5, n: 16}
          - {lo: -2.5, hi: 2.5, n: 16}
time: {end: 2, save: 1}
solve:
  - upwind
finite: {width: [4, 8], depth: [2, 4], seeds: 8, dynamics: {gradient: {rtol: 1e-8}}}
compare: {rates: [depth, width]}
`

// edit replaces the first old in text, which must be there.
func edit(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %q to replace", old)
	}
	return strings.Replace(text, old, new, 1)
}

// mistakes are edits of base and what they break.
var mistakes = []struct{ what, old, new string }{
	{"unknown section", "finite:", "finit:"},
	{"unknown key", "decay:", "decya:"},
	{"unknown key of a member", "gradient: {rtol", "gradient: {rtoll"},
	{"unknown option of a block", "        initial:", "        activation: tanh\n        initial:"},
	{"duplicate key", "  decay: 0.02", "  decay: 0.02\n  decay: 0.03"},
	{"misspelt scheme", "- upwind", "- upwnd: {cfl: 0.4}"},
	{"misspelt bare scheme", "- upwind", "- muscle"},
	{"misspelt block", "softmax-scalar", "softmx-scalar"},
	{"misspelt law", "bump", "bmup"},
	{"misspelt inner solver", "- upwind", "- jko: {step: 0.5, inner: {variatonal: {}}}"},
	{"misspelt dynamics", "gradient:", "gradiant:"},
	{"unknown method", "{gradient: {rtol: 1e-8}}", "{gradient: {method: exponental}}"},
	{"unknown precision", "seeds: 8", "seeds: 8, precision: float16"},
	{"precision of a scalar block", "seeds: 8", "seeds: 8, precision: float32"},
	{"misspelt rate", "[depth, width]", "[depht, width]"},
	{"two names", "- upwind", "- {upwind: {}, muscl: {}}"},
	{"steady end of a training", "save: 1}", "save: 1, until_residual: 1e-10}"},
	{"fraction for a whole number", "n: 16", "n: 64.5"},
	{"exponent for a whole number", "n: 16", "n: 1e3"},
	{"quoted number", "n: 16", "n: '64'"},
	{"octal number", "n: 16", "n: 010"},
	{"word for a number", "decay: 0.02", "decay: small"},
	{"infinite number", "hi: 3.5", "hi: .inf"},
	{"NaN", "decay: 0.02", "decay: .nan"},
	{"overflowing number", "decay: 0.02", "decay: 1e999"},
	{"overflowing whole number", "n: 16", "n: 99999999999999999999"},
	{"number for a text", "name: base", "name: 7"},
	{"list for a number", "decay: 0.02", "decay: [1]"},
	{"number for a list", "width: [4, 8]", "width: 4"},
	{"nothing for a number", "decay: 0.02", "decay:"},
	{"word for a mapping", "time: {end: 2, save: 1}", "time: long"},
	{"negative seed", "seeds: 8", "seeds: 8, seed: -1"},
	{"tag", "decay: 0.02", "decay: !!float 1"},
	{"unknown anchor", "decay: 0.02", "decay: *lambda"},
	{"broken YAML", "seeds: 8, ", "seeds: 8, ]"},
	{"no cells", "n: 16", "n: 0"},
	{"hi below lo", "hi: 3.5", "hi: -3.5"},
	{"three axes", "          - {lo: -1.5, hi: 3.5, n: 16}\n", "          - {lo: -1.5, hi: 3.5, n: 16}\n          - {lo: -1.5, hi: 3.5, n: 16}\n"},
	{"bump outside the box", "center: [1.0, 0.3]", "center: [1.0, 2.3]"},
	{"bump of one coordinate", "{center: [1.0, 0.3], radius: [1.0, 0.8]}", "{center: [1.0], radius: [1.0]}"},
	{"negative radius", "radius: [1.0, 0.8]", "radius: [1.0, -0.8]"},
	{"no radius", ", radius: [1.0, 0.8]", ""},
	{"one seed only", "seeds: 8", "seeds: 1"},
	{"no seed", "seeds: 8", "seeds: 0"},
	{"seeds by a rule without a width", "seeds: 8", "seeds: {max: 100}"},
	{"seeds by a rule with fewer than it starts with", "seeds: 8", "seeds: {until_half_width: 0.1, max: 10}"},
	{"seeds by a rule with few to start", "seeds: 8", "seeds: {until_half_width: 0.1, start: 2}"},
	{"seeds by an unknown rule", "seeds: 8", "seeds: {until_halfwidth: 0.1}"},
	{"a decay below 0", "{rates: [depth, width]}", "{rates: [decay], decay: [0.1, -0.2]}"},
	{"seeds as a word", "seeds: 8", "seeds: many"},
	{"no heads", "width: [4, 8]", "width: [0, 8]"},
	{"width twice", "width: [4, 8]", "width: [8, 8]"},
	{"rate without a ladder", "[depth, width]", "[cells, width]"},
	{"confidence in percent", "{rates: [depth, width]}", "{confidence: 95}"},
	{"huge grid", "- {lo: -1.5, hi: 3.5, n: 16}\n          - {lo: -2.5, hi: 2.5, n: 16}", "- {lo: -1.5, hi: 3.5, n: 1000000}\n          - {lo: -2.5, hi: 2.5, n: 1000000}"},
	{"huge refinement", "- upwind", "- upwind: {refine: [16, 1000000]}"},
	{"huge width", "width: [4, 8]", "width: [4, 1000000000000]"},
	{"no end", "{end: 2, save: 1}", "{save: 1}"},
	{"end of 0", "{end: 2, save: 1}", "{end: 0}"},
	{"save does not divide end", "save: 1", "save: 0.3"},
	{"save longer than end", "save: 1", "save: 3"},
	{"tiny save", "save: 1", "save: 1e-9"},
	{"no time", "time: {end: 2, save: 1}\n", ""},
	{"negative step", "- upwind", "- jko: {step: -0.5}"},
	{"no step", "- upwind", "- jko"},
	{"step of a scheme without one", "- upwind", "- upwind: {step: 0.5}"},
	{"step and steps", "- upwind", "- jko: {step: 0.5, steps: 4}"},
	{"no steps", "- upwind", "- jko: {steps: 0}"},
	{"refine of 0", "- upwind", "- upwind: {refine: [0, 8]}"},
	{"the same run twice", "- upwind", "- upwind: {refine: [8, 16]}\n  - upwind"},
	{"cells of a scheme with steps", "- upwind\nfinite: {width: [4, 8], depth: [2, 4], seeds: 8, dynamics: {gradient: {rtol: 1e-8}}}\ncompare: {rates: [depth, width]}",
		"- jko: {step: 0.5, refine: [8, 16]}\ncompare: {rates: [cells]}"},
	{"negative CFL number", "- upwind", "- upwind: {cfl: -1, refine: [8, 16]}"},
	{"no nodes", "- upwind", "- characteristics: {nodes: -1}"},
	{"rule", "- upwind", "- characteristics: {rule: gaus}"},
	{"tolerance", "rtol: 1e-8", "rtol: 7"},
	{"depth of 0", "depth: 2\n", "depth: 0\n"},
	{"depth in words", "depth: 2\n", "depth: deep\n"},
	{"slices of a finite depth", "depth: 2\n", "depth: 2\n  slices: 4\n"},
	{"negative decay", "decay: 0.02", "decay: -0.02"},
	{"negative temperature", "decay: 0.02", "temperature: -0.02"},
	{"temperature of particles", "decay: 0.02", "temperature: 0.02"},
	{"read of a token that is not there", "token: last", "token: 4"},
	{"read of a coordinate that never moves", "coordinate: 1", "coordinate: 0"},
	{"one token", "tokens: 4", "tokens: 1"},
	{"too many prompts", "prompts: 2, tokens", "prompts: 99999999, tokens"},
	{"two sources of prompts", "linear: {prompts: 2, tokens: 4}", "linear: {prompts: 2, tokens: 4}\n    file: x.csv"},
	{"missing prompt file", "linear: {prompts: 2, tokens: 4}", "file: testdata/none.csv"},
	{"prompt file with NaN", "linear: {prompts: 2, tokens: 4}", "file: testdata/nan.csv"},
	{"ragged prompt", "linear: {prompts: 2, tokens: 4}", "file: testdata/ragged.csv"},
	{"missing column", "linear: {prompts: 2, tokens: 4}", "table: {file: testdata/nan.csv, x: bmi, y: label, tokens: 2}"},
	{"no prompts", "  prompts:\n    linear: {prompts: 2, tokens: 4}\n", ""},
	{"no initial law", "        initial: {bump: {center: [1.0, 0.3], radius: [1.0, 0.8]}}\n", ""},
	{"nothing to do", "solve:\n  - upwind\nfinite: {width: [4, 8], depth: [2, 4], seeds: 8, dynamics: {gradient: {rtol: 1e-8}}}\n", ""},
	{"classical and transformer", "time:", "energy: [entropy]\ntime:"},
	{"name that is a path", "name: base", "name: ../base"},
	{"a second document", "compare:", "---\ncompare:"},
	{"block without a grid", "softmax-scalar", "softmax"},
	{"unknown activation", "softmax-scalar:\n", "mlp:\n        activation: tan\n"},
	{"block beside one that moves its coordinate", "  blocks:\n", "  blocks:\n    - mlp: {initial: {product: [{times: 5, law: {bump: {center: [0], radius: [1]}}}]}}\n"},
	{"law of too few parameters", "  blocks:\n", "  blocks:\n    - mlp: {initial: {product: [{times: 4, law: {bump: {center: [0], radius: [1]}}}]}}\n"},
	{"step of a block", "decay: 0.02", "step: third"},
	{"unknown loss", "decay: 0.02", "loss: cross-entropie"},
	{"classes of one output", "decay: 0.02", "loss: cross-entropy"},
	{"weights and classes", "coordinate: 1", "classes: 3, weights: [[1, 0]]"},
	{"mean of a token", "token: last", "token: last, mean: true"},
	{"column twice", "linear: {prompts: 2, tokens: 4}", "table: {file: testdata/nan.csv, x: [x0, x0], y: label, tokens: 2}"},
	{"images that are none", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/nan.csv, label: label, patch: 2, embed: 4, train: 2}"},
	{"patch that does not divide", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 3, embed: 4, train: 2}"},
	{"pixel that is no number", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels-nan.csv, label: class, patch: 2, embed: 2, train: 2}"},
	{"missing classes", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 1, embed: 2, train: 2}"},
	{"more images than there are", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 1, embed: 2, train: 4, validation: 1}"},
	{"negative validation", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 1, embed: 2, train: 4, validation: -1}"},
	{"embedding of no coordinates", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 1, embed: 0, train: 4}"},
	{"class that is no column", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: clas, patch: 1, embed: 2, train: 4}"},
	{"heads of a sweep below 0", "{rates: [depth, width]}", "{rates: [layers], heads: -1}"},
	{"outputs that are not the classes", "linear: {prompts: 2, tokens: 4}", "images: {file: testdata/pixels.csv, label: class, patch: 1, embed: 2, train: 4}"},
	{"two mistakes", "decay: 0.02", "decay: x\n  decy: 1"},
}

// classicalMistakes are edits of classical.
var classicalMistakes = []struct{ what, old, new string }{
	{"misspelt energy", "- entropy", "- entropie"},
	{"broken formula", "(x^2 + y^2)/2", "(x^2 + y^2"},
	{"unknown name in a formula", "(x^2 + y^2)/2", "x^2 + q"},
	{"law outside the box", "mean: [0.5, -0.5]", "mean: [9.5, -0.5]"},
	{"covariance", "[0.25, 0], [0, 0.25]", "[0.25, 0], [0, -0.25]"},
	{"solver of atoms", ", upwind]", ", characteristics]"},
	{"scheme that cannot treat the energy", ", upwind]", ", {jko: {step: 0.125, inner: {quantile: {}}}}]"},
	{"finite section", "time:", "finite: {seeds: 8}\ntime:"},
	{"no law", "initial: {", "#"},
	{"negative coefficient", "- entropy", "- entropy: {coefficient: -1}"},
	{"porous medium of exponent 1", "- entropy", "- porous-medium: {exponent: 1}"},
	{"misspelt kernel", "- entropy", "- interaction: {kernel: quadratc}"},
	{"kernel of strength 0", "- entropy", "- interaction: {kernel: {logarithmic: {strength: 0}}}"},
	{"singular formula", "- entropy", "- interaction: {formula: 1/r}"},
	{"formula and kernel", "- entropy", "- interaction: {formula: r^2, kernel: quadratic}"},
	{"misspelt grading", "n: 32}", "n: 32, grading: {shin: {scale: 1}}}"},
	{"grading without a scale", "n: 32}", "n: 32, grading: {sinh: {center: 1, scale: 0}}}"},
	{"option of another grading", "n: 32}", "n: 32, grading: {geometric: {scale: 1}}}"},
	{"ratio below 1", "n: 32}", "n: 32, grading: {tanh: {ratio: 0.1}}}"},
	{"grading that its cells do not resolve", "n: 32}", "n: 32, grading: {geometric: {ratio: 1e9}}}"},
	{"kernel that is not integrable", "- entropy", "- interaction: {kernel: {power: {exponent: -2}}}"},
	{"potential that is not a number somewhere", "(x^2 + y^2)/2", "sqrt(x + 4) + y"},
	{"potential that is infinite somewhere", "(x^2 + y^2)/2", "x^2 + exp(exp(y + 3))"},
	{"kernel that is not a number somewhere", "- entropy", "- interaction: {formula: sqrt(5 - r)}"},
	{"residual below 0", "time: {", "time: {until_residual: -1, "},
	{"residual that is not a number", "time: {", "time: {until_residual: .inf, "},
}

// heads is a small experiment with matrices, which have no grid.
const heads = `
transformer:
  depth: 2
  prompts:
    linear: {prompts: 2, tokens: 4}
  blocks:
    - softmax: {scaled: true, initial: {product: [{times: 8, law: {bump: {center: [0], radius: [1]}}}]}}
time: {end: 1}
finite: {width: [2, 4]}
`

// headsMistakes are edits of heads.
var headsMistakes = []struct{ what, old, new string }{
	{"mask of other tokens", "scaled: true", "mask: [[1, 0], [0, 1]]"},
	{"mask of ragged rows", "scaled: true", "mask: [[1, 0], [0, 1, 1]]"},
	{"mask of a token that sees none", "scaled: true", "mask: [[1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]"},
	{"mask of fractions", "scaled: true", "mask: [[0.5]]"},
	{"two masks", "scaled: true", "causal: true, mask: [[1]]"},
	{"rank above the coordinates and so another number of parameters", "softmax: {scaled: true, initial", "softmax: {rank: 3, initial"},
	{"rank above the coordinates", "softmax: {scaled: true, initial: {product: [{times: 8", "softmax: {rank: 3, initial: {product: [{times: 16"},
}

// graded is a flow on a graded axis.
const graded = `
grid: [{lo: -6, hi: 6, n: 32, grading: {sinh: {center: 0.5, scale: 0.5}}}]
energy:
  - potential: {formula: "x^2/2"}
initial: {gaussian: {mean: [0.5], covariance: [[0.25]]}}
time: {end: 1}
solve: [{muscl: {refine: [32, 64]}}]
`

// gradedMistakes are edits of graded.
var gradedMistakes = []struct{ what, old, new string }{
	{"level that does not resolve the grading", "[32, 64]", "[32, 8]"},
	{"scheme that needs equal cells", "]}}]\n", "]}}, weno]\n"},
	{"energy that needs equal cells", "\ninitial", "\n  - interaction: {kernel: quadratic}\ninitial"},
}

// TestErrors compares the message of every mistake with the golden file, which
// is there to be read: is it clear what is wrong and what would be right?
func TestErrors(t *testing.T) {
	var got bytes.Buffer
	for _, set := range []struct {
		what, text string
		mistakes   []struct{ what, old, new string }
	}{{"", base, mistakes}, {"classical flow: ", classical, classicalMistakes}, {"graded: ", graded, gradedMistakes}, {"heads: ", heads, headsMistakes}} {
		for _, m := range set.mistakes {
			_, err := Parse([]byte(edit(t, set.text, m.old, m.new)), "x.yaml")
			if err == nil {
				t.Errorf("%s%s: accepted", set.what, m.what)
				continue
			}
			fmt.Fprintf(&got, "=== %s%s\n%v\n\n", set.what, m.what, err)
		}
	}
	fmt.Fprintf(&got, "=== empty file\n%v\n\n", second(Parse(nil, "x.yaml")))
	fmt.Fprintf(&got, "=== only a comment\n%v\n\n", second(Parse([]byte("# to do\n"), "x.yaml")))
	fmt.Fprintf(&got, "=== binary\n%v\n\n", second(Parse([]byte("a: b\n\x00"), "x.yaml")))
	fmt.Fprintf(&got, "=== a list\n%v\n", second(Parse([]byte("- 1\n"), "x.yaml")))
	golden := filepath.Join("testdata", "errors.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("messages differ from %s (-update writes it anew):\n%s", golden, firstDifference(got.String(), string(want)))
	}
}

func second[T any](_ T, err error) error { return err }

// firstDifference returns the first lines that differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\ngot  %s\nwant %s", i+1, g[i], append(w, make([]string, i+1)...)[i])
		}
	}
	return "the golden file is longer"
}

// TestEveryErrorHasAPlace: no message is without file, line and column.
func TestEveryErrorHasAPlace(t *testing.T) {
	for _, m := range mistakes {
		_, err := Parse([]byte(edit(t, base, m.old, m.new)), "x.yaml")
		if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: %v", m.what, err)
		}
	}
}

// FuzzParse: no bytes make reading panic, and what is accepted can be written
// and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(base))
	f.Add([]byte(classical))
	for _, name := range builtins {
		data, err := experiments.Files.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, m := range mistakes {
		f.Add([]byte(edit(f, base, m.old, m.new)))
	}
	f.Add([]byte("transformer: &a {blocks: [*a]}"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("<<: *x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data, filepath.Join(t.TempDir(), "x.yaml"))
		if err != nil {
			return
		}
		if _, err := Parse(e.Resolved(), "x.yaml"); err != nil && len(e.Data()) == 0 {
			t.Errorf("resolved is not accepted: %v\n%s", err, e.Resolved())
		}
	})
}
