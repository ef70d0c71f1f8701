package finite

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"pdesolve/pde"
)

// Langevin is noisy gradient descent at the energy's temperature σ, the Itô equation
//
//	dθ = −∇Ψ(θ) dτ + √(2σ) dB,
//
// one Brownian motion an atom. The law of its atoms solves ∂_τρ = ∇·(ρ∇Ψ) + σΔρ in
// the limit of many atoms, the flow of the energy with the entropy σ∫ρ log ρ that
// grids solve. With ξ standard normal and h the training time of a step, the
// Euler–Maruyama scheme (order 1) is
//
//	θ ← θ − h∇Ψ(θ) + √(2σh) ξ,
//
// and Heun's (order 2), with the same ξ in both lines,
//
//	θ̃ = θ − h∇Ψ(θ) + √(2σh) ξ,    θ ← θ − h(∇Ψ(θ) + ∇Ψ(θ̃))/2 + √(2σh) ξ.
//
// Means over laws converge at these orders because the noise is additive (derived: then
// Heun's Itô–Taylor expansion agrees with the exact one to h² in mean). In a potential
// κ|θ|²/2 the stationary variances are (σ/κ)/(1 − κh/2) and
// (σ/κ)(1 − κh/2)/(1 − κh/2 + κ²h²/4), which the tests measure.
//
// At temperature 0 it is Descent at order 1. The energy that a trajectory reports
// is that without entropy, which an empirical measure does not have; it may rise, and
// Residual then is no error. The normal numbers of an atom in a step are keyed by
// (Seed, component, atom, step): nothing else changes them, neither the width nor the
// number of cores.
type Langevin struct {
	Step  float64 `yaml:"step"`  // training time h of a step, above 0; 0 means the default 0.01
	Order int     `yaml:"order"` // weak order, 1 or 2; 0 means the default 2
	Seed  uint64  `yaml:"seed"`  // of the noise
}

func init() {
	Kinds.Add("langevin", func() Dynamics { return &Langevin{Step: defaultStep, Order: 2} })
}

// Name returns "langevin".
func (Langevin) Name() string { return "langevin" }

// Summary says what the dynamics is.
func (Langevin) Summary() string {
	return "noisy gradient descent at the model's temperature; weak order 1 (Euler-Maruyama) or 2 (Heun)"
}

// Noisy says that the dynamics makes the noise of a temperature.
func (Langevin) Noisy() {}

// Validate reports a step that is not positive and an order that is not there.
func (d Langevin) Validate() error {
	if d.Order < 0 || d.Order > 2 {
		return fmt.Errorf("order: %d: want 1 (Euler-Maruyama) or 2 (Heun)", d.Order)
	}
	return checkStep(filledStep(d.Step))
}

// Train moves e; see Dynamics, and Descent.Train for the saved times and for runs that
// diverge. The temperature of a component is its Diffusivity if f, unwrapped, is a
// pde.Diffusive, and 0 otherwise.
func (d Langevin) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("finite: langevin: %w", err)
	}
	w := &langevin{seed: d.Seed, noise: make([]float64, len(e.Theta))}
	for c := range e.Component {
		w.sigma = append(w.sigma, temperature(f, c))
	}
	w.normal = rand.New(&w.source)
	if d.Order != 1 {
		w.ahead, w.grad = e.Clone(), make([]float64, len(e.Theta))
	}
	m := &march{name: d.Name(), step: filledStep(d.Step), f: f}
	return m.train(ctx, w, e, times, save)
}

// temperature returns the noise that component c of f wants.
func temperature(f pde.AtomFunctional, c int) float64 {
	if d, ok := bare(f).(pde.Diffusive); ok {
		return d.Diffusivity(c)
	}
	return 0
}

// bare returns the functional that observers watch.
func bare(f pde.AtomFunctional) pde.AtomFunctional {
	for {
		o, ok := f.(Observer)
		if !ok {
			return f
		}
		f = o.Unwrap()
	}
}

// langevin makes the steps of Langevin.
type langevin struct {
	seed   uint64
	sigma  []float64 // temperature of each component
	source rand.ChaCha8
	normal *rand.Rand
	noise  []float64     // √(2σh) ξ
	ahead  *pde.Ensemble // θ̃ of Heun's scheme, nil for Euler–Maruyama
	grad   []float64     // ∇Ψ(θ̃)
}

func (w *langevin) advance(m *march, e *pde.Ensemble, h float64, number int) {
	w.draw(e, h, number)
	if w.ahead == nil {
		for i, g := range m.grad {
			e.Theta[i] += w.noise[i] - h*g
		}
		return
	}
	for i, g := range m.grad {
		w.ahead.Theta[i] = e.Theta[i] - h*g + w.noise[i]
	}
	m.gradient(w.grad, w.ahead)
	for i, g := range m.grad {
		e.Theta[i] += w.noise[i] - h/2*(g+w.grad[i])
	}
}

func (*langevin) carry() []any { return nil } // noise depends on the number of the step only

func (w *langevin) force(m *march, e *pde.Ensemble, _ int) float64 { return m.exact(e) }

// draw fills noise for a step.
func (w *langevin) draw(e *pde.Ensemble, h float64, number int) {
	at := 0
	for c := range e.Component {
		a := &e.Component[c]
		size := math.Sqrt(2 * w.sigma[c] * h)
		if size == 0 {
			clear(w.noise[at : at+len(a.Theta)])
		}
		for j := 0; j < a.N && size > 0; j++ {
			w.source.Seed(noiseKey(w.seed, c, j, number))
			for d := range a.Dim {
				w.noise[at+d*a.N+j] = size * w.normal.NormFloat64()
			}
		}
		at += len(a.Theta)
	}
}

// noiseKey names the stream of an atom in a step. The top bit of the component sets it
// apart from the keys of Draw, whose block numbers are small; see streamKey.
func noiseKey(seed uint64, component, atom, step int) [32]byte {
	var b [32]byte
	binary.LittleEndian.PutUint64(b[0:], seed)
	binary.LittleEndian.PutUint64(b[8:], uint64(component)|noiseStream)
	binary.LittleEndian.PutUint64(b[16:], uint64(step))
	binary.LittleEndian.PutUint64(b[24:], uint64(atom))
	return b
}

// The families of streams that steps draw from.
const (
	noiseStream = 1 << 63
	batchStream = 1 << 62
)
