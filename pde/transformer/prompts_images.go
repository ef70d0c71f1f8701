package transformer

import (
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Images makes prompts for classification from a table of square grey images, one a
// line: columns p0, p1, … of pixels, row by row, and a column of classes 0, 1, …. An
// image is cut into square patches, the tokens; a patch x becomes the token
//
//	z = E x + e_patch,    E_ij ~ N(0, 1/pixels of a patch), e ~ N(0, 1/4)
//
// with random weights E and positions e, fixed or, if Learned, the start of a trained
// Embedding; the pixels being standardised with the
// mean and the deviation of all training pixels. The label of a prompt is its class.
type Images struct {
	File    string `yaml:"file"`    // CSV with a header line, or the same compressed by gzip
	Label   string `yaml:"label"`   // column of the class
	Patch   int    `yaml:"patch"`   // side of a patch in pixels, a divisor of the image's
	Embed   int    `yaml:"embed"`   // D, coordinates of a token, at least 1
	Learned bool   `yaml:"learned"` // train E and e along with the blocks; default false: they stay as drawn
	Seed    uint64 `yaml:"seed"`    // of E and e
	Shuffle uint64 `yaml:"shuffle"` // seed of the order of the images; 0 keeps that of the file
	Train   int    `yaml:"train"`   // images to train on, the first ones

	Validation int `yaml:"validation"` // images to choose settings by, the ones that follow; 0 means none
	Test       int `yaml:"test"`       // images to test on, the ones that follow those; 0 means no test
}

// ImageSets are the prompts that Images makes. Validation and Test are nil if none are
// wanted.
type ImageSets struct {
	Train, Validation, Test *Prompts
	Classes                 int
	Embedding               *Embedding // to be trained; nil if it is fixed
}

// maxEmbed bounds the coordinates of a token of an image.
const maxEmbed = 1 << 16

// Validate reports what makes the description unusable; it does not open the file.
func (m *Images) Validate() error {
	switch {
	case m.File == "":
		return fmt.Errorf("file: missing: want a CSV file of pixels p0, p1, … and a class")
	case m.Label == "":
		return fmt.Errorf("label: missing: want the name of the column of the class")
	case m.Patch < 1:
		return fmt.Errorf("patch: %d: want the side of a patch in pixels, at least 1", m.Patch)
	case m.Embed < 1 || m.Embed > maxEmbed:
		return fmt.Errorf("embed: %d: want 1 to %d coordinates of a token", m.Embed, maxEmbed)
	case m.Train < 1:
		return fmt.Errorf("train: %d: want at least 1 image", m.Train)
	case m.Validation < 0:
		return fmt.Errorf("validation: %d: want at least 0 images", m.Validation)
	case m.Test < 0:
		return fmt.Errorf("test: %d: want at least 0 images", m.Test)
	}
	return nil
}

// image is a line of the table.
type image struct {
	pixel []float64
	class float64
}

// Read makes prompts of the table in r. Every class must be among the training images.
// Errors begin with the file, the line and the column.
func (m *Images) Read(r io.Reader) (sets ImageSets, err error) {
	if err := m.Validate(); err != nil {
		return sets, err
	}
	if strings.HasSuffix(m.File, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			return sets, fmt.Errorf("%s: not compressed by gzip, as a name that ends in .gz says: %w", m.File, err)
		}
	}
	all, side, err := m.images(r)
	if err != nil {
		return sets, err
	}
	wanted := m.Train + m.Validation + m.Test
	if len(all) < wanted {
		return sets, fmt.Errorf("%s: %d images: want at least train + validation + test = %d", m.File, len(all), wanted)
	}
	if m.Shuffle != 0 {
		rand.New(rand.NewPCG(m.Shuffle, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	classes, err := m.classes(all)
	if err != nil {
		return sets, err
	}
	all = all[:wanted]
	if err := m.standardise(all); err != nil {
		return sets, err
	}
	e := m.embedding(side)
	sets = ImageSets{Train: e.prompts(all[:m.Train]), Classes: classes}
	if m.Learned {
		sets.Embedding = &Embedding{Start: slices.Concat(e.weight, e.position)}
	}
	if rest := all[m.Train:]; m.Validation > 0 {
		sets.Validation = e.prompts(rest[:m.Validation])
	}
	if rest := all[m.Train+m.Validation:]; m.Test > 0 {
		sets.Test = e.prompts(rest)
	}
	return sets, nil
}

// images reads the table and returns the side of an image.
func (m *Images) images(r io.Reader) (all []image, side int, err error) {
	t, err := newTable(r, m.File)
	if err != nil {
		return nil, 0, err
	}
	label, err := t.column(m.Label)
	if err != nil {
		return nil, 0, err
	}
	var column []int
	for {
		i := slices.Index(t.header, "p"+strconv.Itoa(len(column)))
		if i < 0 {
			break
		}
		column = append(column, i)
	}
	if len(column) == 0 {
		_, err := t.column("p0")
		return nil, 0, err
	}
	side = int(math.Round(math.Sqrt(float64(len(column)))))
	if side*side != len(column) {
		return nil, 0, fmt.Errorf("%s:1: %d columns of pixels, p0 to p%d: want a square number, for square images", m.File, len(column), len(column)-1)
	}
	if side%m.Patch != 0 {
		return nil, 0, fmt.Errorf("patch: %d does not divide the side of the images, %d pixels: want one of %v", m.Patch, side, divisors(side))
	}
	for {
		if err := t.next(); err == io.EOF {
			return all, side, nil
		} else if err != nil {
			return nil, 0, err
		}
		im := image{pixel: make([]float64, len(column))}
		for k, i := range column {
			if im.pixel[k], err = t.number(i); err != nil {
				return nil, 0, err
			}
		}
		if im.class, err = t.number(label); err != nil {
			return nil, 0, err
		}
		if im.class < 0 || im.class != math.Trunc(im.class) || im.class > maxEmbed {
			return nil, 0, t.errorf(label, "column %q: %v: want a class 0, 1, …", m.Label, im.class)
		}
		all = append(all, im)
	}
}

func divisors(n int) []int {
	var d []int
	for k := 1; k <= n; k++ {
		if n%k == 0 {
			d = append(d, k)
		}
	}
	return d
}

// classes returns the number of classes and reports those that training lacks.
func (m *Images) classes(all []image) (int, error) {
	count := 0
	for _, im := range all {
		count = max(count, int(im.class)+1)
	}
	seen := make([]bool, count)
	for _, im := range all[:m.Train] {
		seen[int(im.class)] = true
	}
	var missing []int
	for c, ok := range seen {
		if !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return 0, fmt.Errorf("train: none of the %d training images has class %v, of 0 to %d: want all classes: more images, another shuffle, or classes numbered without a gap", m.Train, missing, count-1)
	}
	if count < 2 {
		return 0, fmt.Errorf("%s: column %q: all images have class 0: want at least two classes", m.File, m.Label)
	}
	return count, nil
}

// standardise shifts and scales all pixels by the mean and deviation of the training
// pixels.
func (m *Images) standardise(all []image) error {
	sum, square, n := 0.0, 0.0, 0.0
	for _, im := range all[:m.Train] {
		for _, v := range im.pixel {
			sum, square, n = sum+v, square+v*v, n+1
		}
	}
	mean := sum / n
	sd := math.Sqrt(max(0, square/n-mean*mean))
	if !finite(sd) || sd <= 1e-7*math.Abs(mean) {
		return fmt.Errorf("%s: the training pixels do not differ or overflow: want some that differ", m.File)
	}
	for _, im := range all {
		for k := range im.pixel {
			im.pixel[k] = (im.pixel[k] - mean) / sd
		}
	}
	return nil
}

// embedding turns images into prompts.
type embedding struct {
	side, patch, dim int
	learned          bool
	weight           []float64 // E, row-major
	position         []float64 // e of each patch
}

func (m *Images) embedding(side int) *embedding {
	r := rand.New(rand.NewPCG(m.Seed, 1))
	e := &embedding{side: side, patch: m.Patch, dim: m.Embed, learned: m.Learned}
	pixels, patches := m.Patch*m.Patch, (side/m.Patch)*(side/m.Patch)
	e.weight, e.position = make([]float64, m.Embed*pixels), make([]float64, patches*m.Embed)
	for i := range e.weight {
		e.weight[i] = r.NormFloat64() / math.Sqrt(float64(pixels))
	}
	for i := range e.position {
		e.position[i] = 0.5 * r.NormFloat64()
	}
	return e
}

func (e *embedding) prompts(images []image) *Prompts {
	across := e.side / e.patch
	p := &Prompts{N: across * across, Dim: e.dim}
	x := make([]float64, e.patch*e.patch)
	if e.learned {
		p.InputDim = len(x)
	}
	for _, im := range images {
		for q := range p.N {
			top, left := q/across*e.patch, q%across*e.patch
			for k := range x {
				x[k] = im.pixel[(top+k/e.patch)*e.side+left+k%e.patch]
			}
			if e.learned {
				p.Inputs = append(p.Inputs, x...)
			}
			for d := range e.dim {
				z := e.position[q*e.dim+d]
				for k, v := range x {
					z += e.weight[d*len(x)+k] * v
				}
				p.Tokens = append(p.Tokens, z)
			}
		}
		p.Label = append(p.Label, im.class)
	}
	return p
}
