package finite

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/internal/registry"
	"pdesolve/pde"
)

// Gradient is gradient flow in continuous training time,
//
//	dθ/dτ = −∇Ψ(θ),
//
// which for equal weights is the −ML∇Q of [G, §2]. It is integrated by the
// Dormand–Prince pair of orders 5 and 4 with adaptive steps; saved times are read
// off a continuous extension of order 4, so they do not shorten steps. The error of
// the curve falls about in proportion to the tolerances.
//
// Where the decay λ of the energy makes the flow stiff, λ times the training time being
// large, explicit steps are bounded by about 3.3/λ however smooth the solution. The method
// exponential integrates the decay exactly, by a pair of orders 4 and 3 whose steps are
// bounded by the rest of ∇Ψ alone, and ends steps at saved times. It takes more steps
// where accuracy bounds them. The decay is that of a pde.Decaying energy, 0 for others.
//
// F falls along the exact flow. Along the numerical one it can rise only by what
// the tolerances allow near an equilibrium, where F is flat: about RTol² relative.
type Gradient struct {
	RTol float64 `yaml:"rtol"` // relative tolerance of a step's error, in [1e-13, 0.1]; 0 means the default 1e-8
	ATol float64 `yaml:"atol"` // absolute tolerance, in the unit of the parameters, above 0; 0 means the default 1e-10
	// Method is "explicit", the Dormand–Prince pair and the default, also of "", or "exponential".
	Method string `yaml:"method"`
}

// The methods of Gradient.
const (
	Explicit    = "explicit"
	Exponential = "exponential"
)

// The defaults of Gradient.
const (
	defaultRTol = 1e-8
	defaultATol = 1e-10
)

func init() {
	Kinds.Add("gradient", func() Dynamics { g := Gradient{}.filled(); return &g })
}

// Name returns "gradient".
func (g Gradient) Name() string { return "gradient" }

// Validate reports a tolerance that is negative, not finite, or out of range.
func (g Gradient) Validate() error {
	g = g.filled()
	if !(g.RTol >= 1e-13 && g.RTol <= 0.1) {
		return fmt.Errorf("rtol: %v: want a number from 1e-13 (below it rounding decides) to 0.1, such as %v", g.RTol, defaultRTol)
	}
	if !(g.ATol > 0) || !finite(g.ATol) {
		return fmt.Errorf("atol: %v: want a positive number, such as %v", g.ATol, defaultATol)
	}
	if g.Method != Explicit && g.Method != Exponential {
		return fmt.Errorf("method: unknown %q%s", g.Method, registry.Choices(g.Method, []string{Explicit, Exponential}))
	}
	return nil
}

func (g Gradient) filled() Gradient {
	if g.RTol == 0 {
		g.RTol = defaultRTol
	}
	if g.ATol == 0 {
		g.ATol = defaultATol
	}
	if g.Method == "" {
		g.Method = Explicit
	}
	return g
}

// Train moves e along the flow; see Dynamics. It checks ctx before every
// gradient. If F or a gradient is not finite, or no step meets the tolerances, the
// error wraps a *pde.DivergedError that names the training time. The integral of the
// dissipation is carried along as one more component of the solution, with the
// same orders of accuracy.
func (g Gradient) Train(ctx context.Context, f pde.AtomFunctional, e *pde.Ensemble, times []float64, save func(s int) error) error {
	if err := g.Validate(); err != nil {
		return fmt.Errorf("finite: gradient: %w", err)
	}
	g = g.filled()
	w := &flow{ctx: ctx, f: f, view: e.With(e.Theta)}
	r := newRK(len(e.Theta), g.RTol, g.ATol, w.slope)
	if g.Method == Exponential {
		r = newETD(len(e.Theta), g.RTol, g.ATol, decay(f), w.slope)
	}
	s, end := 1, times[len(times)-1]
	watch, watched := f.(Observer)
	if !watched || !watch.Carry(append(r.carry(), &s)...) {
		if err := save(0); err != nil || len(times) == 1 {
			return err
		}
		if err := r.start(e.Theta, end); err != nil {
			return w.explain(r, err)
		}
	}
	for ; s < len(times); s++ {
		stop := end
		if !r.smooth {
			stop = times[s]
		}
		for r.t < times[s] {
			rejected, begun := r.rejected, w.evaluations
			h, err := r.step(stop)
			if err != nil {
				if watched && ctx.Err() != nil {
					watch.Stopped(w.evaluations - begun)
				}
				return w.explain(r, err)
			}
			if watched {
				watch.Stepped(Step{Time: r.t, Dt: h, Energy: w.energy, Rejected: r.rejected - rejected, Evaluations: w.evaluations})
			}
			w.evaluations = 0
		}
		dissipated := r.at(e.Theta, times[s])
		if watched {
			watch.Dissipated(dissipated)
		}
		if err := save(s); err != nil {
			return err
		}
	}
	return nil
}

// decay returns that of f.
func decay(f pde.AtomFunctional) float64 {
	if d, ok := bare(f).(pde.Decaying); ok {
		return d.Decay()
	}
	return 0
}

// flow is the right-hand side of gradient flow.
type flow struct {
	ctx         context.Context
	f           pde.AtomFunctional
	view        *pde.Ensemble // shape and weights around the vector to evaluate at
	energy      float64       // F at the last evaluation
	evaluations int
	bad         int // component of the last gradient that was not finite, −1 if it was F
}

// slope writes −∇Ψ(y) to dst and returns the dissipation, NaN if F is not finite.
func (w *flow) slope(dst, y []float64) (float64, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	w.view.Theta = y
	at := 0
	for c := range w.view.Component {
		a := &w.view.Component[c]
		n := a.Dim * a.N
		a.Theta = y[at : at+n : at+n]
		at += n
	}
	w.energy = w.f.Gradient(dst, w.view)
	w.evaluations++
	d := Dissipation(w.f, dst, w.view)
	if !finite(d) || !finite(w.energy) {
		w.bad = firstBad(dst, w.view)
		return math.NaN(), nil
	}
	for i, v := range dst {
		dst[i] = -v
	}
	return d, nil
}

// explain names the training time at which the integration stopped.
func (w *flow) explain(r *rk, err error) error {
	switch {
	case errors.Is(err, errNotFinite):
		what := "a gradient is not finite, however short the step"
		if w.bad < 0 {
			what = "the energy is not finite, however short the step"
		}
		return diverged(r.t, r.accepted, w.bad, what)
	case errors.Is(err, errTinyStep):
		return diverged(r.t, r.accepted, -1, "no step is short enough for the tolerances: the gradient jumps or rtol and atol are below its rounding errors")
	}
	return fmt.Errorf("finite: gradient: stopped at training time %.6g: %w", r.t, err)
}
