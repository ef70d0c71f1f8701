package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Readout says which linear functions of the last layer's tokens are the outputs: an
// entry of one token, or of the mean of all, or combinations of its entries. Indices
// count from 0; negative ones count from the end, so Readout{Token: −1, Coordinate: −1}
// is the query token's label slot.
type Readout struct {
	Token      int
	Mean       bool // the mean over all tokens, in place of one
	Coordinate int
	// Weights, if there are any, take the place of Coordinate: output c is
	// Σ_d Weights[c][d]·z_d of the token or mean z. One row is a linear functional, a row
	// for each class makes the logits of a classification.
	Weights [][]float64
}

// DrawWeights returns fixed weights of a Readout with an output for each class:
// independent normal numbers of deviation scale/√dim.
func DrawWeights(classes, dim int, scale float64, seed uint64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	w := make([][]float64, classes)
	for c := range w {
		w[c] = make([]float64, dim)
		for d := range w[c] {
			w[c][d] = scale * r.NormFloat64() / math.Sqrt(float64(dim))
		}
	}
	return w
}

// validate reports what does not fit the prompts and blocks.
func (r *Readout) validate(m *Model) error {
	p := m.Prompts
	if r.Token < -p.N || r.Token >= p.N {
		return fmt.Errorf("token: %d: want %d to %d, or -%d to -1 counted from the end", r.Token, 0, p.N-1, p.N)
	}
	if r.Coordinate < -p.Dim || r.Coordinate >= p.Dim {
		return fmt.Errorf("coordinate: %d: want %d to %d, or -%d to -1 counted from the end", r.Coordinate, 0, p.Dim-1, p.Dim)
	}
	moves := func(d int) bool {
		return slices.ContainsFunc(m.Blocks, func(c Component) bool { return c.Block.moves(d) })
	}
	if len(r.Weights) == 0 {
		if !moves(fromEnd(r.Coordinate, p.Dim)) {
			return fmt.Errorf("coordinate: %d is moved by no block, so no training can change the output", r.Coordinate)
		}
		return nil
	}
	alive := false
	for c, row := range r.Weights {
		if len(row) != p.Dim {
			return fmt.Errorf("weights: entry %d: %d numbers: want %d, one for each coordinate of a token", c, len(row), p.Dim)
		}
		for d, w := range row {
			if !finite(w) {
				return fmt.Errorf("weights: entry %d: %v is not finite", c, w)
			}
			alive = alive || w != 0 && moves(d)
		}
	}
	if !alive {
		return fmt.Errorf("weights: all coordinates that they see are moved by no block, so no training can change the output")
	}
	return nil
}

// outputs returns the number of outputs of a prompt.
func (r *Readout) outputs() int { return max(1, len(r.Weights)) }

// reader is a Readout bound to the shape of prompts.
type reader struct {
	n, from, to int // tokens; those that are read are from ≤ i < to
	coordinate  int
	weights     [][]float64
	share       float64 // 1 over the number of tokens read
}

func (r *Readout) bind(p *Prompts) *reader {
	b := &reader{n: p.N, from: fromEnd(r.Token, p.N), coordinate: fromEnd(r.Coordinate, p.Dim), weights: r.Weights}
	b.to = b.from + 1
	if r.Mean {
		b.from, b.to = 0, p.N
	}
	b.share = 1 / float64(b.to-b.from)
	return b
}

// read writes the outputs of tokens z, coordinate-major.
func (r *reader) read(y, z []float64) {
	if r.weights == nil {
		y[0] = r.mean(z, r.coordinate)
		return
	}
	clear(y)
	for d := range r.weights[0] {
		x := r.mean(z, d)
		for c := range y {
			y[c] += r.weights[c][d] * x
		}
	}
}

func (r *reader) mean(z []float64, d int) float64 {
	sum := 0.0
	for _, x := range z[d*r.n+r.from : d*r.n+r.to] {
		sum += x
	}
	return r.share * sum
}

// adjoint writes the derivative of Σ_c g_c y_c by the tokens to p.
func (r *reader) adjoint(p, g []float64) {
	clear(p)
	if r.weights == nil {
		r.spread(p, r.coordinate, g[0])
		return
	}
	for d := range r.weights[0] {
		sum := 0.0
		for c, v := range g {
			sum += v * r.weights[c][d]
		}
		r.spread(p, d, sum)
	}
}

func (r *reader) spread(p []float64, d int, g float64) {
	g *= r.share
	for i := r.from; i < r.to; i++ {
		p[d*r.n+i] = g
	}
}
