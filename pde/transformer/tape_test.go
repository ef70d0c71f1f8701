package transformer_test

import (
	"fmt"
	"math"

	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// tape differentiates in reverse mode: a list of scalars, each with up to two operands
// and the derivatives by them. What is written on it is the mathematics of the package
// comment, one token, head and entry at a time, and nothing of the package's kernels.
type tape struct{ cell []tapeCell }

type tapeCell struct {
	value   float64
	operand [2]int
	partial [2]float64
}

func (t *tape) push(v float64, a, b int, da, db float64) int {
	t.cell = append(t.cell, tapeCell{v, [2]int{a, b}, [2]float64{da, db}})
	return len(t.cell) - 1
}

func (t *tape) val(a int) float64          { return t.cell[a].value }
func (t *tape) leaf(v float64) int         { return t.push(v, 0, 0, 0, 0) }
func (t *tape) add(a, b int) int           { return t.push(t.val(a)+t.val(b), a, b, 1, 1) }
func (t *tape) sub(a, b int) int           { return t.push(t.val(a)-t.val(b), a, b, 1, -1) }
func (t *tape) mul(a, b int) int           { return t.push(t.val(a)*t.val(b), a, b, t.val(b), t.val(a)) }
func (t *tape) scale(c float64, a int) int { return t.push(c*t.val(a), a, 0, c, 0) }
func (t *tape) exp(a int) int              { e := math.Exp(t.val(a)); return t.push(e, a, 0, e, 0) }
func (t *tape) log(a int) int              { return t.push(math.Log(t.val(a)), a, 0, 1/t.val(a), 0) }
func (t *tape) tanh(a int) int {
	x := math.Tanh(t.val(a))
	return t.push(x, a, 0, 1/math.Pow(math.Cosh(t.val(a)), 2), 0)
}
func (t *tape) erf(a int) int {
	x := t.val(a)
	return t.push(math.Erf(x), a, 0, 2/math.SqrtPi*math.Exp(-x*x), 0)
}
func (t *tape) inverse(a int) int { x := t.val(a); return t.push(1/x, a, 0, -1/(x*x), 0) }

// gradient returns the derivative of cell a by every cell.
func (t *tape) gradient(a int) []float64 {
	g := make([]float64, len(t.cell))
	g[a] = 1
	for i := a; i > 0; i-- {
		c := t.cell[i]
		g[c.operand[0]] += g[i] * c.partial[0]
		g[c.operand[1]] += g[i] * c.partial[1]
	}
	return g
}

func (t *tape) sum(terms []int) int {
	s := terms[0]
	for _, x := range terms[1:] {
		s = t.add(s, x)
	}
	return s
}

// softmax over the scores.
func (t *tape) softmax(scores []int) []int {
	e := make([]int, len(scores))
	for j, s := range scores {
		e[j] = t.exp(s)
	}
	inv := t.inverse(t.sum(e))
	for j := range e {
		e[j] = t.mul(e[j], inv)
	}
	return e
}

func (t *tape) softplus(a int) int {
	one := t.leaf(1)
	return t.log(t.add(one, t.exp(a)))
}

func (t *tape) activation(name string, a int) int {
	half := func(x int) int { return t.scale(0.5, t.add(t.leaf(1), x)) }
	clip := func(lo, hi float64) int {
		d := t.sub(t.softplus(t.scale(4, t.sub(a, t.leaf(lo)))), t.softplus(t.scale(4, t.sub(a, t.leaf(hi)))))
		return t.add(t.leaf(lo), t.scale(0.25, d))
	}
	switch name {
	case "", "tanh":
		return t.tanh(a)
	case "logistic":
		return half(t.tanh(t.scale(0.5, a)))
	case "relu":
		if t.val(a) > 0 {
			return a
		}
		return t.leaf(0)
	case "gelu":
		return t.mul(a, half(t.erf(t.scale(1/math.Sqrt2, a))))
	case "erf":
		return t.erf(a)
	case "softplus":
		return t.softplus(a)
	case "clip":
		return clip(-1, 1)
	case "clipped-relu":
		return clip(0, 1)
	}
	panic("tape: the formula of activation " + name + " is missing")
}

// product returns Σ_d x_d y_d.
func (t *tape) product(x, y []int) int {
	terms := make([]int, len(x))
	for d := range x {
		terms[d] = t.mul(x[d], y[d])
	}
	return t.sum(terms)
}

// apply returns M z of a row-major matrix.
func (t *tape) apply(m, z []int) []int {
	out := make([]int, len(m)/len(z))
	for r := range out {
		out[r] = t.product(m[r*len(z):(r+1)*len(z)], z)
	}
	return out
}

// attention returns V Σ_j P_ij z_j for scores(i, j) over the tokens that see(i, j).
func (t *tape) attention(z [][]int, v []int, weights func(i int, seen []int) []int, see func(i, j int) bool) [][]int {
	out := make([][]int, len(z))
	for i := range z {
		var seen []int
		for j := range z {
			if see(i, j) {
				seen = append(seen, j)
			}
		}
		p := weights(i, seen)
		mean := make([]int, len(z[0]))
		for d := range mean {
			var terms []int
			for k, j := range seen {
				terms = append(terms, t.mul(p[k], z[j][d]))
			}
			mean[d] = t.sum(terms)
		}
		out[i] = t.apply(v, mean)
	}
	return out
}

// block returns g(Z, θ): z and the result by token and coordinate. A registered block
// whose formula is missing fails every test.
func (t *tape) block(b transformer.Block, z [][]int, θ []int) [][]int {
	n, D := len(z), len(z[0])
	onY := func(f func(i int) int) [][]int {
		out := make([][]int, n)
		for i := range out {
			out[i] = []int{t.leaf(0), f(i)}
		}
		return out
	}
	all := func(int, int) bool { return true }
	switch b := b.(type) {
	case *transformer.LinearScalar:
		var terms []int
		for j := range z {
			terms = append(terms, t.mul(z[j][0], z[j][1]))
		}
		s := t.scale(1/float64(n), t.sum(terms))
		return onY(func(i int) int { return t.mul(t.mul(θ[1], θ[0]), t.mul(z[i][0], s)) })
	case *transformer.SoftmaxScalar:
		return onY(func(i int) int {
			scores := make([]int, n)
			for j := range z {
				scores[j] = t.mul(θ[0], t.mul(z[i][0], z[j][0]))
			}
			var terms []int
			for j, p := range t.softmax(scores) {
				terms = append(terms, t.mul(p, z[j][1]))
			}
			return t.mul(θ[1], t.sum(terms))
		})
	case *transformer.MLPLabel:
		return onY(func(i int) int { return t.mul(θ[1], t.activation(b.Activation, t.mul(θ[0], z[i][1]))) })
	case *transformer.MLPQuery:
		return onY(func(i int) int {
			return t.mul(θ[2], t.activation(b.Activation, t.add(t.mul(θ[0], z[i][0]), θ[1])))
		})
	case *transformer.MLP:
		out := make([][]int, n)
		for i := range z {
			s := t.activation(b.Activation, t.add(t.product(θ[:D], z[i]), θ[D]))
			for _, u := range θ[D+1:] {
				out[i] = append(out[i], t.mul(u, s))
			}
		}
		return out
	case *transformer.LinearAttention:
		A, V := θ[:D*D], θ[D*D:]
		return t.attention(z, V, func(i int, seen []int) []int {
			var p []int
			for _, j := range seen {
				p = append(p, t.scale(1/float64(n), t.product(z[i], t.apply(A, z[j]))))
			}
			return p
		}, all)
	case *transformer.Softmax:
		see := func(i, j int) bool {
			return (!b.Causal || j <= i) && (len(b.Mask) == 0 || b.Mask[i][j] == 1)
		}
		return t.attention(z, θ[len(θ)-D*D:], func(i int, seen []int) []int {
			var scores []int
			for _, j := range seen {
				if r := b.Rank; r > 0 {
					s := t.product(t.apply(θ[:r*D], z[i]), t.apply(θ[r*D:2*r*D], z[j]))
					if b.Scaled {
						s = t.scale(1/math.Sqrt(float64(r)), s)
					}
					scores = append(scores, s)
					continue
				}
				s := t.product(z[i], t.apply(θ[:D*D], z[j]))
				if b.Scaled {
					s = t.scale(1/math.Sqrt(float64(D)), s)
				}
				scores = append(scores, s)
			}
			return t.softmax(scores)
		}, see)
	}
	panic(fmt.Sprintf("tape: the formula of block %q is missing: write it here", b.Name()))
}

// loss returns the loss of the outputs y.
func (t *tape) loss(l transformer.Loss, y []int, label float64) int {
	switch l.(type) {
	case nil, *transformer.Squared:
		e := t.sub(y[0], t.leaf(label))
		return t.scale(0.5, t.mul(e, e))
	case *transformer.CrossEntropy:
		return t.scale(-1, t.log(t.softmax(y)[int(label)]))
	}
	panic("tape: the formula of loss " + l.Name() + " is missing: write it here")
}

// read returns the outputs.
func (t *tape) read(r transformer.Readout, z [][]int) []int {
	n, D := len(z), len(z[0])
	token := z[(r.Token+n)%n]
	if r.Mean {
		token = make([]int, D)
		for d := range token {
			var terms []int
			for i := range z {
				terms = append(terms, z[i][d])
			}
			token[d] = t.scale(1/float64(n), t.sum(terms))
		}
	}
	if len(r.Weights) == 0 {
		return []int{token[(r.Coordinate+D)%D]}
	}
	var y []int
	for _, row := range r.Weights {
		var terms []int
		for d, w := range row {
			terms = append(terms, t.scale(w, token[d]))
		}
		y = append(y, t.sum(terms))
	}
	return y
}

// taped returns the outputs and the objective of a residual network and the derivative
// of the objective by e.Theta.
func taped(m *transformer.Model, e *pde.Ensemble) (output []float64, q float64, grad []float64) {
	t := &tape{}
	t.leaf(0) // gradient stops here
	θ := make([]int, len(e.Theta))
	for i, v := range e.Theta {
		θ[i] = t.leaf(v)
	}
	var terms []int
	for b := range m.Prompts.Len() {
		z := make([][]int, m.Prompts.N)
		for i := range z {
			for d := range m.Prompts.Dim {
				z[i] = append(z[i], t.leaf(m.Prompts.Tokens[(b*m.Prompts.N+i)*m.Prompts.Dim+d]))
			}
		}
		if m.Embedding != nil {
			z = t.embed(m, θ[len(θ)-len(m.Embedding.Start):], b)
		}
		for k := range m.Depth {
			for i, c := range m.Blocks {
				z = t.step(m, e, θ, z, m.ComponentOf(i, k), c.Block)
			}
		}
		y := t.read(m.Read, z)
		for _, v := range y {
			output = append(output, t.val(v))
		}
		terms = append(terms, t.scale(1/float64(m.Prompts.Len()), t.loss(m.Loss, y, m.Prompts.Label[b])))
	}
	at := 0
	for c, a := range e.Component {
		share := 1 / float64(m.Depth)
		if c == m.Components() {
			share = 1 // the embedding
		}
		for i := range a.Theta {
			terms = append(terms, t.scale(m.Decay/2*a.Weight[i%a.N]*share, t.mul(θ[at+i], θ[at+i])))
		}
		at += len(a.Theta)
	}
	total := t.sum(terms)
	g := t.gradient(total)
	for _, i := range θ {
		grad = append(grad, g[i])
	}
	return output, t.val(total), grad
}

// embed returns the tokens E x_i + e_i of prompt b.
func (t *tape) embed(m *transformer.Model, θ []int, b int) [][]int {
	p := m.Prompts
	weight, position := θ[:p.Dim*p.InputDim], θ[p.Dim*p.InputDim:]
	z := make([][]int, p.N)
	for i := range z {
		var x []int
		for k := range p.InputDim {
			x = append(x, t.leaf(p.Inputs[(b*p.N+i)*p.InputDim+k]))
		}
		for d, v := range t.apply(weight, x) {
			z[i] = append(z[i], t.add(v, position[i*p.Dim+d]))
		}
	}
	return z
}

// step adds the residual step of component c to z.
func (t *tape) step(m *transformer.Model, e *pde.Ensemble, θ []int, z [][]int, c int, b transformer.Block) [][]int {
	at := 0
	for j := range c {
		at += len(e.Component[j].Theta)
	}
	a := e.Component[c]
	dt := 0.5 / float64(m.Depth)
	if m.FullStep {
		dt *= 2
	}
	next := make([][]int, len(z))
	for i := range z {
		next[i] = append([]int(nil), z[i]...)
	}
	for j := range a.N {
		var head []int
		for d := range a.Dim {
			head = append(head, θ[at+d*a.N+j])
		}
		for i, row := range t.block(b, z, head) {
			for d, f := range row {
				next[i][d] = t.add(next[i][d], t.scale(dt*a.Weight[j], f))
			}
		}
	}
	return next
}
