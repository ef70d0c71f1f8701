package transformer_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

func TestReadCSV(t *testing.T) {
	const text = "\ufefflabel,x1, x0,token,prompt\n" +
		"7,1,0.5,0,a\n" +
		"8,5,6,1,b\n" +
		"7,2,1.5,1,a\n" +
		"8,\"3\",4e0,0,b\n"
	p, err := transformer.ReadCSV(strings.NewReader(text), "p.csv")
	require.NoError(t, err)
	assert.Equal(t, &transformer.Prompts{N: 2, Dim: 2, Tokens: []float64{0.5, 1, 1.5, 2, 4, 3, 6, 5}, Label: []float64{7, 8}}, p)
	assert.NoError(t, p.Validate())
}

func TestReadCSVErrors(t *testing.T) {
	const head = "prompt,token,x0,x1,label\n"
	for text, want := range map[string]string{
		"":                                            "p.csv: empty: want a header line and one line per token",
		head:                                          "p.csv: no line after the header: want one line per token",
		"prompt,token,x0,x1\n0,0,1,2\n":               `p.csv:1: no column "label": want one of prompt, token, x0, x1`,
		"prompt,token,label\n0,0,1\n":                 `p.csv:1: no column "x0": want one of prompt, token, label`,
		"prompt,tokens,x0,label\n":                    `p.csv:1: no column "token": did you mean "tokens"? (one of prompt, tokens, x0, label)`,
		"prompt,token,x0,x2,label\n":                  `p.csv:1:17: column "x2": want only prompt, token, x0, x1, … without a gap, and label`,
		"prompt,token,x0,x0,label\n":                  `p.csv:1:17: column "x0" appears twice`,
		head + "0,0,1,2,3\n0,1,NaN,2,3\n":             `p.csv:3:5: column "x0": "NaN": want a finite number`,
		head + "0,0,1,2,3\n0,1,1,-Inf,3\n":            `p.csv:3:7: column "x1": "-Inf": want a finite number`,
		head + "0,0,1,1e999,3\n":                      `p.csv:2:7: column "x1": "1e999": want a finite number`,
		head + "0,0,1,two,3\n":                        `p.csv:2:7: column "x1": "two": want a finite number`,
		head + "0,0,1,,3\n":                           `p.csv:2:7: column "x1": "": want a finite number`,
		head + "0,0,1,2,nan\n":                        `p.csv:2:9: column "label": "nan": want a finite number`,
		head + "0,0,1,2,3\n0,0,1,2,3\n":               `p.csv:3:3: column "token": prompt "0" has token 0 twice`,
		head + "0,-1,1,2,3\n":                         `p.csv:2:3: column "token": "-1": want a whole number from 0`,
		head + "0,1.5,1,2,3\n":                        `p.csv:2:3: column "token": "1.5": want a whole number from 0`,
		head + "0,0,1,2,3\n0,2,1,2,3\n":               `p.csv:2: prompt "0" has 2 tokens but no token 1: want 0 to 1`,
		head + "0,0,1,2,3\n0,1,1,2,4\n":               `p.csv:3:9: column "label": 4: prompt "0" has label 3 on line 2; want the same on all its rows`,
		head + "a,0,1,2,3\na,1,1,2,3\nb,0,1,2,3\n":    `p.csv:4: prompt "b" has 1 tokens, prompt "a" on line 2 has 2: want the same number in all`,
		head + "0,0,1,2\n":                            `p.csv:2: 4 entries: want 5, as in the header`,
		head + "0,0,1,2,3\n0,1,\"1,2,3\n0,0,1,2,3,\n": `p.csv:4:12: extraneous or missing " in quoted-field`,
	} {
		_, err := transformer.ReadCSV(strings.NewReader(text), "p.csv")
		assert.EqualError(t, err, want, "%q", text)
	}
	broken := errors.New("the disk is gone")
	_, err := transformer.ReadCSV(iotest.ErrReader(broken), "p.csv")
	assert.ErrorIs(t, err, broken)
}

// FuzzReadCSV: whatever the bytes, what is accepted is valid and what is not names
// the file.
func FuzzReadCSV(f *testing.F) {
	f.Add("prompt,token,x0,label\n0,0,1,2\n0,1,2,2\n")
	f.Add("prompt,token,x0,x1,label\na,1,1,2,3\na,0,\"1\",2,3\n")
	f.Add("\ufeffprompt,token\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := transformer.ReadCSV(strings.NewReader(text), "p.csv")
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "p.csv:"), "%v", err)
			return
		}
		assert.NoError(t, p.Validate())
	})
}

// patients returns a table of 442 rows as long as diabetes.csv.
func patients() string {
	var s strings.Builder
	s.WriteString("age,bmi,progression\n")
	for i := range 442 {
		fmt.Fprintf(&s, "%d,%g,%d\n", i%70, 20+math.Sqrt(float64(i*i%97)), 25+i*i%300)
	}
	return s.String()
}

func TestTable(t *testing.T) {
	table := transformer.Table{File: "patients.csv", X: []string{"bmi"}, Y: "progression", Tokens: 9, Shuffle: 1}
	read := func(table transformer.Table) (*transformer.Prompts, int) {
		p, dropped, err := table.Read(strings.NewReader(patients()))
		require.NoError(t, err)
		require.NoError(t, p.Validate())
		return p, dropped
	}
	p, dropped := read(table)
	assert.Equal(t, 49, p.Len())
	assert.Equal(t, 9, p.N)
	assert.Equal(t, 2, p.Dim)
	assert.Equal(t, 1, dropped)
	for b := range p.Len() {
		assert.Zero(t, p.Tokens[b*18+17], "the query's slot")
	}
	same, _ := read(table)
	assert.Equal(t, p, same)
	table.Shuffle = 2
	other, _ := read(table)
	assert.NotEqual(t, p, other)
	// With 442 rows in 13 prompts of 34 nothing is dropped: the columns are standard.
	table.Tokens = 34
	all, dropped := read(table)
	assert.Zero(t, dropped)
	var x, y []float64
	for i := 0; i < len(all.Tokens); i += 2 {
		x = append(x, all.Tokens[i])
		if i/2%34 != 33 {
			y = append(y, all.Tokens[i+1])
		}
	}
	y = append(y, all.Label...)
	for _, c := range [][]float64{x, y} {
		mean, square := 0.0, 0.0
		for _, v := range c {
			mean += v / 442
			square += v * v / 442
		}
		assert.InDelta(t, 0, mean, 1e-14)
		assert.InDelta(t, 1, square, 1e-14)
	}
	// Without a seed rows keep their order, and pairs stay together.
	table.Shuffle = 0
	kept, _ := read(table)
	assert.Greater(t, kept.Tokens[2], kept.Tokens[0], "bmi of row 1 and of row 0")
	assert.Greater(t, kept.Tokens[3], kept.Tokens[1], "progression of row 1 and of row 0")
}

func TestShuffleKeepsPairs(t *testing.T) {
	var s strings.Builder
	s.WriteString("x,y\n")
	for i := range 50 {
		fmt.Fprintf(&s, "%d,%d\n", i, 2*i+1)
	}
	table := transformer.Table{File: "t.csv", X: []string{"x"}, Y: "y", Tokens: 5, Shuffle: 9}
	p, _, err := table.Read(strings.NewReader(s.String()))
	require.NoError(t, err)
	for b := range p.Len() {
		z := p.Tokens[b*10 : (b+1)*10]
		for i := range 4 {
			assert.InDelta(t, z[2*i], z[2*i+1], 1e-14, "standardised, y is x")
		}
		assert.InDelta(t, z[8], p.Label[b], 1e-14)
	}
}

func TestTableOnDiabetes(t *testing.T) {
	file, err := os.Open("../../testdata/experiments/data/diabetes.csv")
	require.NoError(t, err)
	defer file.Close()
	p, dropped, err := (&transformer.Table{File: "diabetes.csv", X: []string{"bmi"}, Y: "progression", Tokens: 9}).Read(file)
	require.NoError(t, err)
	assert.Equal(t, 49, p.Len())
	assert.Equal(t, 1, dropped)
	// scikit-learn 1.2.1 ships this table with its columns scaled to unit length, the
	// first bmi being 0.06169621: times √442 it is ours.
	assert.InDelta(t, 0.06169621*math.Sqrt(442), p.Tokens[0], 1e-7)
}

func TestTableErrors(t *testing.T) {
	good := transformer.Table{File: "t.csv", X: []string{"x"}, Y: "y", Tokens: 2}
	for text, want := range map[string]string{
		"x,z\n1,2\n":              `t.csv:1: no column "y": did you mean "x"? (one of x, z)`,
		"x,y\n1,2\n3,high\n":      `t.csv:3:3: column "y": "high": want a finite number`,
		"x,y\n1,2\nNaN,3\n":       `t.csv:3:1: column "x": "NaN": want a finite number`,
		"x,y\n1,2\n":              `t.csv: 1 rows: want at least tokens = 2`,
		"x,y\n1,2\n1,3\n1,4\n":    `t.csv: column "x": all values are equal: want some that differ`,
		"x,y\n0.1,2\n3,2\n1,2\n":  `t.csv: column "y": all values are equal: want some that differ`,
		"x,y\n1,2\n1,2,3\n1,4\n":  `t.csv:3: 3 entries: want 2, as in the header`,
		"x,y\n1e308,1\n1e308,2\n": `t.csv: column "x": values overflow: want numbers that can be added and squared`,
	} {
		_, _, err := good.Read(strings.NewReader(text))
		assert.EqualError(t, err, want, "%q", text)
	}
	for want, change := range map[string]func(*transformer.Table){
		"file: missing: want a CSV file with a header line":    func(t *transformer.Table) { t.File = "" },
		"x: missing: want the name of a column":                func(t *transformer.Table) { t.X = nil },
		"y: missing: want the name of a column":                func(t *transformer.Table) { t.Y = "" },
		`y: "x" is x too: want another column`:                 func(t *transformer.Table) { t.Y = "x" },
		"tokens: 1: want at least 2, an example and the query": func(t *transformer.Table) { t.Tokens = 1 },
	} {
		bad := good
		change(&bad)
		_, _, err := bad.Read(strings.NewReader("x,y\n1,2\n3,4\n"))
		assert.EqualError(t, err, want)
	}
}

func TestLinear(t *testing.T) {
	l := transformer.Linear{Prompts: 2000, Tokens: 5, Seed: 3}
	p, err := l.Draw()
	require.NoError(t, err)
	require.NoError(t, p.Validate())
	assert.Equal(t, 2000, p.Len())
	sumX, sumW := 0.0, 0.0
	for b := range p.Len() {
		z := p.Tokens[b*10 : (b+1)*10]
		w := z[1] / z[0]
		for i := range 4 {
			assert.InDelta(t, w*z[2*i], z[2*i+1], 1e-12, "one slope in a prompt")
			sumX += z[2*i] * z[2*i]
		}
		assert.Zero(t, z[9])
		assert.InDelta(t, w*z[8], p.Label[b], 1e-12)
		sumW += w * w
	}
	// Sample variances of standard normals: five standard errors.
	assert.InDelta(t, 1, sumX/8000, 5*math.Sqrt(2./8000))
	assert.InDelta(t, 1, sumW/2000, 5*math.Sqrt(2./2000))
	l.Prompts = 7
	few, err := l.Draw()
	require.NoError(t, err)
	assert.Equal(t, p.Label[:7], few.Label, "a prefix")
	l.Seed = 4
	other, err := l.Draw()
	require.NoError(t, err)
	assert.NotEqual(t, few, other)
	l.Noise, l.Prompts = 0.5, 2000
	noisy, err := l.Draw()
	require.NoError(t, err)
	excess := 0.0
	for b := range noisy.Len() {
		z := noisy.Tokens[b*10 : (b+1)*10]
		// y_0 x_1 − y_1 x_0 = Noise (ε_0 x_1 − ε_1 x_0) has variance 2 Noise².
		d := z[1]*z[2] - z[3]*z[0]
		excess += d * d / 2000
	}
	assert.InDelta(t, 0.5, excess, 0.1)
}

func TestLinearErrors(t *testing.T) {
	good := transformer.Linear{Prompts: 2, Tokens: 3, Noise: 0.1}
	for want, change := range map[string]func(*transformer.Linear){
		"prompts: 0: want at least 1":                                            func(l *transformer.Linear) { l.Prompts = 0 },
		"tokens: 1: want at least 2, an example and the query":                   func(l *transformer.Linear) { l.Tokens = 1 },
		"prompts: 1000000000 of 3 tokens: want at most 1073741824 tokens in all": func(l *transformer.Linear) { l.Prompts = 1e9 },
		"noise: -1: want a finite number, at least 0":                            func(l *transformer.Linear) { l.Noise = -1 },
		"noise: NaN: want a finite number, at least 0":                           func(l *transformer.Linear) { l.Noise = math.NaN() },
	} {
		bad := good
		change(&bad)
		_, err := bad.Draw()
		assert.EqualError(t, err, want)
	}
}
