package transformer_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/pde/transformer"
)

// tiny is a table of 2×2 images whose class is the brightest pixel's row.
const tiny = `p0,p1,p2,p3,class
9,1,0,2,0
1,8,2,1,0
0,1,7,2,1
2,0,1,9,1
8,2,1,0,0
`

func TestImages(t *testing.T) {
	m := transformer.Images{File: "tiny.csv", Label: "class", Patch: 1, Embed: 3, Seed: 1, Train: 4, Test: 1}
	sets, err := m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	train, test := sets.Train, sets.Test
	assert.Nil(t, sets.Validation)
	assert.Equal(t, 2, sets.Classes)
	require.NoError(t, train.Validate())
	require.NoError(t, test.Validate())
	assert.Equal(t, []float64{0, 0, 1, 1}, train.Label)
	assert.Equal(t, []float64{0}, test.Label)
	assert.Equal(t, []int{4, 3}, []int{train.N, train.Dim})
	// z = E x + e of one pixel: differences between images lie along E, in proportion to the
	// standardised pixels.
	var pixel []float64
	for _, v := range strings.Fields("9 1 0 2 1 8 2 1 0 1 7 2 2 0 1 9") {
		var x float64
		_, err := fmt.Sscan(v, &x)
		require.NoError(t, err)
		pixel = append(pixel, x)
	}
	mean, square := 0.0, 0.0
	for _, v := range pixel {
		mean += v / 16
		square += v * v / 16
	}
	sd := math.Sqrt(square - mean*mean)
	e := make([]float64, 3)
	for d := range e {
		e[d] = (train.Tokens[d] - train.Tokens[12+d]) / (8 / sd) // pixel 0 is 9 and 1
	}
	for q := range 4 {
		for d := range 3 {
			assert.InDelta(t, e[d]*(pixel[q]-pixel[8+q])/sd, train.Tokens[q*3+d]-train.Tokens[2*12+q*3+d], 1e-13)
		}
	}

	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err = w.Write([]byte(tiny))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	m.File = "tiny.csv.gz"
	again, err := m.Read(&zipped)
	require.NoError(t, err)
	assert.Equal(t, train, again.Train)

	m.Patch, m.Shuffle = 2, 3
	one, err := m.Read(strings.NewReader(""))
	assert.ErrorContains(t, err, "tiny.csv.gz: ", "no gzip")
	assert.Nil(t, one.Train)
	m.File = "tiny.csv"
	one, err = m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	assert.Equal(t, 1, one.Train.N)

	// Images to validate with come between the others, and change no other set.
	m = transformer.Images{File: "tiny.csv", Label: "class", Patch: 1, Embed: 3, Seed: 1, Train: 3, Validation: 1, Test: 1}
	three, err := m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	m.Validation, m.Test = 0, 2
	two, err := m.Read(strings.NewReader(tiny))
	require.NoError(t, err)
	assert.Equal(t, two.Train, three.Train)
	assert.Equal(t, two.Test.Tokens, append(three.Validation.Tokens, three.Test.Tokens...))
	assert.Equal(t, []float64{1, 0}, append(three.Validation.Label, three.Test.Label...))
}

func TestImagesRefuse(t *testing.T) {
	good := transformer.Images{File: "t.csv", Label: "class", Patch: 1, Embed: 3, Train: 4, Test: 1}
	replaced := func(old, new string) string { return strings.Replace(tiny, old, new, 1) }
	for want, c := range map[string]struct {
		text   string
		change func(*transformer.Images)
	}{
		"file: missing: want a CSV file of pixels p0, p1, … and a class":                  {tiny, func(m *transformer.Images) { m.File = "" }},
		"label: missing: want the name of the column of the class":                        {tiny, func(m *transformer.Images) { m.Label = "" }},
		"patch: 0: want the side of a patch in pixels, at least 1":                        {tiny, func(m *transformer.Images) { m.Patch = 0 }},
		"patch: 3 does not divide the side of the images, 2 pixels: want one of [1 2]":    {tiny, func(m *transformer.Images) { m.Patch = 3 }},
		"embed: -1: want 1 to 65536 coordinates of a token":                               {tiny, func(m *transformer.Images) { m.Embed = -1 }},
		"train: 0: want at least 1 image":                                                 {tiny, func(m *transformer.Images) { m.Train = 0 }},
		"validation: -1: want at least 0 images":                                          {tiny, func(m *transformer.Images) { m.Validation = -1 }},
		"test: -1: want at least 0 images":                                                {tiny, func(m *transformer.Images) { m.Test = -1 }},
		"t.csv: 5 images: want at least train + validation + test = 6":                    {tiny, func(m *transformer.Images) { m.Test = 2 }},
		`t.csv:3:3: column "p1": "NaN": want a finite number`:                             {replaced("1,8,2", "1,NaN,2"), nil},
		`t.csv:4:9: column "class": 1.5: want a class 0, 1, …`:                            {replaced("7,2,1", "7,2,1.5"), nil},
		`t.csv:4:9: column "class": -1: want a class 0, 1, …`:                             {replaced("7,2,1", "7,2,-1"), nil},
		`t.csv:1: no column "p0": did you mean "q0"? (one of q0, p1, p2, p3, class)`:      {replaced("p0", "q0"), nil},
		"t.csv:1: 3 columns of pixels, p0 to p2: want a square number, for square images": {replaced("p3", "q3"), nil},
		`t.csv:1: no column "kind": want one of p0, p1, p2, p3, class`:                    {tiny, func(m *transformer.Images) { m.Label = "kind" }},
		"train: none of the 2 training images has class [1], of 0 to 1: want all classes: more images, another shuffle, or classes numbered without a gap": {tiny, func(m *transformer.Images) { m.Train = 2 }},
	} {
		m := good
		if c.change != nil {
			c.change(&m)
		}
		_, err := m.Read(strings.NewReader(c.text))
		assert.EqualError(t, err, want)
	}
}

// TestDigits reads the data of the built-in experiment.
func TestDigits(t *testing.T) {
	f, err := os.Open("../../testdata/experiments/data/digits.csv.gz")
	require.NoError(t, err)
	defer f.Close()
	sets, err := (&transformer.Images{File: "digits.csv.gz", Label: "digit", Patch: 4, Embed: 8, Shuffle: 1, Train: 1000, Test: 797}).Read(f)
	require.NoError(t, err)
	assert.Equal(t, []int{10, 1000, 797, 4, 8}, []int{sets.Classes, sets.Train.Len(), sets.Test.Len(), sets.Train.N, sets.Train.Dim})
}

func ExampleImages_Read() {
	m := transformer.Images{File: "faces.csv", Label: "class", Patch: 2, Embed: 4, Train: 4, Test: 1}
	sets, err := m.Read(strings.NewReader(tiny))
	if err != nil {
		panic(err)
	}
	fmt.Println(sets.Train.Len(), "images to train on,", sets.Test.Len(), "to test on,", sets.Classes, "classes")
	m.Patch = 4
	_, err = m.Read(strings.NewReader(tiny))
	fmt.Println(err)
	// Output:
	// 4 images to train on, 1 to test on, 2 classes
	// patch: 4 does not divide the side of the images, 2 pixels: want one of [1 2]
}
