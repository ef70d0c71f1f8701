package transformer

import (
	"runtime"
	"sync"
)

// maxChunks is the number of chunks that prompts are cut into. Sums over prompts are
// made within a chunk and then over chunks in order, which is why the number of
// workers does not change a byte.
const maxChunks = 8

// learner is what the grid and the atom workspaces share: the risk of a Model and its
// derivatives by the coefficients of nodes, over all prompts.
type learner struct {
	depth  int
	worker []*network
	chunk  []chunk
	loss   Loss
	label  []float64
	cost   []float64 // of each prompt
	output []float64 // of each prompt, one after the other
	left   []bool    // prompts that the present evaluation leaves out; nil if it takes all
	taken  int       // how many prompts it takes
	risk   float64

	turn    []chan struct{} // chunk c may be drained once turn[c] can be received
	done    sync.WaitGroup
	adjoint bool
	drain   func(*network) // takes what the kernels of a network have gathered
	task    []func()       // what each worker does
}

// chunk is a range of the prompts of a worker.
type chunk struct{ worker, from, to int }

// newLearner binds m, which is valid, to nodes[i][k] nodes in slice k of block i. drain
// is called after each chunk of prompts, one call at a time.
func newLearner(m *Model, nodes [][]int, fixed [][][]float64, drain func(*network)) *learner {
	b := m.Prompts.Len()
	l := &learner{
		depth: m.Depth, loss: m.loss(), label: m.Prompts.Label, drain: drain,
		cost: make([]float64, b), output: make([]float64, b*m.Read.outputs()),
	}
	chunks := min(b, maxChunks)
	workers := max(1, min(m.Workers, runtime.GOMAXPROCS(0), chunks))
	prompt := make([][]int, workers)
	l.taken = b
	for c := range chunks {
		w := c % workers
		from := len(prompt[w])
		for i := c * b / chunks; i < (c+1)*b/chunks; i++ {
			prompt[w] = append(prompt[w], i)
		}
		l.chunk = append(l.chunk, chunk{worker: w, from: from, to: len(prompt[w])})
		l.turn = append(l.turn, make(chan struct{}, 1))
	}
	for w := range workers {
		l.worker = append(l.worker, newNetwork(m, prompt[w], nodes, fixed))
		l.task = append(l.task, func() {
			defer l.done.Done()
			l.work(w)
		})
	}
	return l
}

// load gives the nodes of slice k of a block to the kernels.
func (l *learner) load(block, k int, at nodes) {
	for _, w := range l.worker {
		w.kernels[block].load(k, at)
	}
}

// run evaluates the risk of the loaded nodes and, with adjoint, drains its derivatives
// by their coefficients. The factor scale() turns those into the ψ of the package
// comment.
func (l *learner) run(adjoint bool) float64 {
	l.adjoint = adjoint
	l.turn[0] <- struct{}{}
	l.done.Add(len(l.task) - 1)
	for _, t := range l.task[1:] {
		go t()
	}
	l.work(0)
	l.done.Wait()
	sum := 0.0
	for b, v := range l.cost {
		if l.takes(b) {
			sum += v
		}
	}
	l.risk = sum / float64(l.taken)
	return l.risk
}

// takes reports whether the present evaluation takes prompt b.
func (l *learner) takes(b int) bool { return l.left == nil || !l.left[b] }

// work treats the chunks of worker w.
func (l *learner) work(w int) {
	for c, chunk := range l.chunk {
		if chunk.worker != w {
			continue
		}
		l.worker[w].run(l, chunk.from, chunk.to, l.adjoint)
		<-l.turn[c]
		if l.adjoint {
			l.drain(l.worker[w])
		}
		if c+1 < len(l.turn) {
			l.turn[c+1] <- struct{}{}
		}
	}
}

// outputs returns the outputs of prompt b.
func (l *learner) outputs(b int) []float64 {
	n := len(l.output) / len(l.label)
	return l.output[b*n : (b+1)*n]
}

// scale returns L, which turns a derivative of the risk by a coefficient into one of Ψ:
// the metric weighs a slice by 1/L.
func (l *learner) scale() float64 { return float64(l.depth) }

// Weight returns 1/L.
func (l *learner) Weight(int) float64 { return 1 / float64(l.depth) }

// first returns the network of the first prompt.
func (l *learner) first() *network { return l.worker[0] }

// Reading returns the risk and the outputs of the last evaluation.
func (l *learner) Reading() (float64, []float64) { return l.risk, l.output }
