package transformer

// network carries prompts through the blocks and adjoints back. It has kernels of its
// own for the prompts of its chunks and is used by one goroutine at a time.
type network struct {
	plan    plan
	kernels []kernel
	prompt  []int       // number of each of its prompts among all
	tokens  [][]float64 // of its prompts, coordinate-major
	read    *reader

	z     [][]float64 // input of each stage of the plan
	k     []float64   // velocity of a stage
	state []float64
	p, g  []float64 // adjoint of the state; pulled-back adjoint of a stage
	kappa []float64 // adjoint of a stage's velocity
	tilt  []float64 // derivative of a prompt's loss by its outputs

	adjoint [][]float64 // where derivatives by the tokens of each prompt go; nil if they are not wanted
}

// newNetwork binds m, which is valid, to some of its prompts and to nodes[i][k] nodes in
// slice k of block i. fixed is nil or has the nodes themselves, like kernelShape.fixed.
func newNetwork(m *Model, prompt []int, nodes [][]int, fixed [][][]float64) *network {
	p := m.Prompts
	size := p.N * p.Dim
	w := &network{
		plan: m.plan(), prompt: prompt, read: m.Read.bind(p),
		k: make([]float64, size), state: make([]float64, size), p: make([]float64, size),
		g: make([]float64, size), kappa: make([]float64, size), tilt: make([]float64, m.Read.outputs()),
	}
	for _, b := range prompt {
		w.tokens = append(w.tokens, coordinateMajor(p, b))
	}
	w.z = make([][]float64, w.plan.stages)
	for s := range w.z {
		w.z[s] = make([]float64, size)
	}
	left := keptBytes
	for i, c := range m.Blocks {
		shape := kernelShape{left: &left, prompts: p, tokens: w.tokens, nodes: nodes[i], slots: w.plan.slots[i], slopes: fixed == nil}
		if fixed != nil {
			shape.fixed = fixed[i]
		} else {
			shape.precision = m.Precision
		}
		w.kernels = append(w.kernels, c.Block.kernel(shape))
	}
	return w
}

// coordinateMajor returns the tokens of prompt b with coordinate d of token i at d·N+i.
func coordinateMajor(p *Prompts, b int) []float64 {
	t := make([]float64, p.N*p.Dim)
	for i := range p.N {
		for d := range p.Dim {
			t[d*p.N+i] = p.Tokens[(b*p.N+i)*p.Dim+d]
		}
	}
	return t
}

// fromEnd resolves an index that counts from the end of n if negative.
func fromEnd(i, n int) int {
	if i < 0 {
		return i + n
	}
	return i
}

// run carries those prompts from ≤ b < to of the network that l takes through the loaded blocks and
// records their outputs and losses. With adjoint it also leaves Σ_b Σ_stages ⟨φ(Z, a_m), κ⟩
// in the kernels, κ being the adjoint of the stage's velocity: the derivative of the
// risk by the coefficient of node m.
func (w *network) run(l *learner, from, to int, adjoint bool) {
	for b := from; b < to; b++ {
		if !l.takes(w.prompt[b]) {
			continue
		}
		for _, k := range w.kernels {
			k.begin(b)
		}
		copy(w.state, w.tokens[b])
		for s := range w.plan.steps {
			w.forward(&w.plan.steps[s])
		}
		at, y := w.prompt[b], l.outputs(w.prompt[b])
		w.read.read(y, w.state)
		l.cost[at] = l.loss.value(w.tilt, y, l.label[at])
		if !adjoint {
			continue
		}
		for c := range w.tilt {
			w.tilt[c] /= float64(l.taken)
		}
		w.read.adjoint(w.p, w.tilt)
		for s := len(w.plan.steps) - 1; s >= 0; s-- {
			w.backward(&w.plan.steps[s])
		}
		if w.adjoint != nil {
			copy(w.adjoint[at], w.p)
		}
		for _, k := range w.kernels {
			k.end()
		}
	}
}

// forward advances state by one substep and keeps the inputs of its stages.
func (w *network) forward(s *substep) {
	kernel, m, y, k := w.kernels[s.block], s.method, w.state, w.k
	copy(w.z[s.stage], y)
	for r, weight := range m.weight {
		z := w.z[s.stage+r]
		kernel.forward(k, s.slot+r, z)
		if r+1 < len(m.weight) {
			// The next stage starts from the input of the first.
			next, first, c := w.z[s.stage+r+1], w.z[s.stage], s.c*m.link[r]
			for i := range next {
				next[i] = first[i] + c*k[i]
			}
		}
		c := s.c * weight
		for i := range y {
			y[i] += c * k[i]
		}
	}
}

// backward takes the adjoint p from the end of a substep to its start. With Z_r the
// input of stage r, K_r = F(Z_r), b the weights and l the links,
//
//	κ_r = c b_r p + c l_r g_{r+1},   g_r = DF(Z_r)ᵀκ_r,   p ← p + Σ_r g_r,
//
// which is the exact adjoint of forward (derived).
func (w *network) backward(s *substep) {
	kernel, m, p, g, kappa := w.kernels[s.block], s.method, w.p, w.g, w.kappa
	sum := w.state // free by now: run has read the output
	clear(sum)
	for r := len(m.weight) - 1; r >= 0; r-- {
		c := s.c * m.weight[r]
		for i := range kappa {
			kappa[i] = c * p[i]
		}
		if r+1 < len(m.weight) {
			l := s.c * m.link[r]
			for i := range kappa {
				kappa[i] += l * g[i]
			}
		}
		kernel.backward(g, s.slot+r, w.z[s.stage+r], kappa)
		for i := range sum {
			sum[i] += g[i]
		}
	}
	for i := range p {
		p[i] += sum[i]
	}
}
