package transformer

import (
	"fmt"
	"math"

	"pdesolve/pde"
)

// attends is implemented by blocks whose atoms are softmax attention heads.
type attends interface {
	// weights writes the softmax weights P of the head theta on the n tokens z, with
	// coordinate d of token i at z[d·n+i], to dst: P_ij at dst[i·n+j].
	weights(dst, theta, z []float64, n int)
}

// Attends reports whether the atoms of block i are softmax attention heads.
func (m *Model) Attends(i int) bool {
	_, ok := m.Blocks[i].Block.(attends)
	return ok
}

// Attention returns the softmax weights of heads of an attention block on a prompt, as
// the tokens are when they reach the block: entry [k][h] belongs to layer k and to its
// head heads[k][h] and holds P_ij, the share of token j in what token i takes in, at
// [i·N+j]. It fails where BindAtoms does, and panics if the block does not attend or
// a number is out of range.
func (m *Model) Attention(e *pde.Ensemble, block, prompt int, heads [][]int) ([][][]float64, error) {
	b, ok := m.Blocks[block].Block.(attends)
	if !ok {
		panic(fmt.Sprintf("transformer: Attention: block %d (%s) has no softmax heads", block, m.Blocks[block].Block.Name()))
	}
	one := *m
	one.Workers, one.Prompts = 1, m.Prompts.one(prompt)
	f, err := one.BindAtoms(e)
	if err != nil {
		return nil, err
	}
	f.Value(e)
	w := f.(interface{ first() *network }).first()
	out := make([][][]float64, m.Depth)
	for _, s := range w.plan.steps {
		if s.block != block || out[s.slice] != nil {
			continue
		}
		a := &e.Component[m.ComponentOf(block, s.slice)]
		theta := make([]float64, a.Dim)
		out[s.slice] = make([][]float64, len(heads[s.slice]))
		for h, j := range heads[s.slice] {
			for d := range theta {
				theta[d] = a.Theta[d*a.N+j]
			}
			p := make([]float64, m.Prompts.N*m.Prompts.N)
			b.weights(p, theta, w.z[s.stage], m.Prompts.N)
			out[s.slice][h] = p
		}
	}
	return out, nil
}

// softmaxOver replaces the scores of the tokens that are seen by their softmax and the
// others by 0; seen is nil if all are.
func softmaxOver(row []float64, seen []int) {
	if seen == nil {
		seen = make([]int, len(row))
		for j := range seen {
			seen[j] = j
		}
	}
	top, sum := math.Inf(-1), 0.0
	for _, j := range seen {
		top = max(top, row[j])
	}
	p := make([]float64, len(row))
	for _, j := range seen {
		p[j] = math.Exp(row[j] - top)
		sum += p[j]
	}
	for j := range row {
		row[j] = p[j] / sum
	}
}

func (*SoftmaxScalar) weights(dst, theta, z []float64, n int) {
	for i := range n {
		row := dst[i*n : (i+1)*n]
		for j := range row {
			row[j] = theta[0] * z[i] * z[j]
		}
		softmaxOver(row, nil)
	}
}

func (b *Softmax) weights(dst, theta, z []float64, n int) {
	dim := len(z) / n
	a := theta[:dim*dim]
	if r := b.Rank; r > 0 {
		q, k := theta[:r*dim], theta[r*dim:2*r*dim]
		a = make([]float64, dim*dim)
		for c := range dim {
			for d := range dim {
				for l := range r {
					a[c*dim+d] += q[l*dim+c] * k[l*dim+d]
				}
			}
		}
	}
	sees, scale := b.sees(n), b.factor(dim)
	for i := range n {
		row := dst[i*n : (i+1)*n]
		for j := range row {
			row[j] = 0
			for c := range dim {
				for d := range dim {
					row[j] += scale * z[c*n+i] * a[c*dim+d] * z[d*n+j]
				}
			}
		}
		var seen []int
		if sees != nil {
			seen = sees[i]
		}
		softmaxOver(row, seen)
	}
}
