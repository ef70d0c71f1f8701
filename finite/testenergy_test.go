package finite

import (
	"errors"
	"math"
	"testing"

	"pdesolve/grid"
	"pdesolve/pde"
)

// testEnergy is an energy of atoms whose flows are known in closed form. With
// W_c the weight of component c and θ̄_c its mean:
//
//	F = Σ_c W_c Σ_m w_m (κ/2 |θ_m|² + β/4 Σ_d θ_{m,d}⁴) + α/4 Σ_c W_c Σ_{m,n} w_m w_n |θ_m − θ_n|² + γ/2 |Σ_c W_c θ̄_c − b·1|².
type testEnergy struct {
	κ, β, α, γ, b float64
	σ             float64 // temperature, the Diffusivity
	bindErr       error
	spoil         func(call int, f float64) float64 // replaces F, if set
	poison        func(grad []float64)              // changes the gradient, if set
	wait          func()                            // called in every evaluation, if set
}

func (*testEnergy) Validate() error { return nil }

func (*testEnergy) Bind([]*grid.Grid) (pde.Functional, error) {
	return nil, errors.New("atoms only")
}

func (e *testEnergy) BindAtoms(shape *pde.Ensemble) (pde.AtomFunctional, error) {
	if e.bindErr != nil {
		return nil, e.bindErr
	}
	f := &testFunctional{testEnergy: e, parts: len(shape.Component), dim: shape.Component[0].Dim}
	f.mean = make([]float64, f.parts*f.dim)
	f.joint = make([]float64, f.dim)
	f.grad = make([]float64, len(shape.Theta))
	return f, nil
}

type testFunctional struct {
	*testEnergy
	parts, dim  int
	mean, joint []float64
	grad        []float64
	calls       int
	reading     []float64
}

func (f *testFunctional) Diffusivity(int) float64 { return f.σ }

func (f *testFunctional) Decay() float64 { return f.κ }

func (f *testFunctional) Weight(int) float64 { return 1 / float64(f.parts) }

func (f *testFunctional) Value(e *pde.Ensemble) float64 { return f.Gradient(f.grad, e) }

// Reading makes it a Learner: the risk is the first atom's first parameter, the
// outputs are the joint mean, in a slice that the next evaluation overwrites.
func (f *testFunctional) Reading() (float64, []float64) { return f.reading[0], f.joint }

func (f *testFunctional) Gradient(grad []float64, e *pde.Ensemble) float64 {
	if f.wait != nil {
		f.wait()
	}
	f.calls++
	f.reading = e.Theta[:1]
	clear(f.joint)
	for c := range e.Component {
		a := &e.Component[c]
		for d := range f.dim {
			m := 0.0
			for i, x := range a.Coordinate(d) {
				m += a.Weight[i] * x
			}
			f.mean[c*f.dim+d] = m
			f.joint[d] += f.Weight(c) * m
		}
	}
	total, at := 0.0, 0
	for c := range e.Component {
		a := &e.Component[c]
		for d := range f.dim {
			mean, joint := f.mean[c*f.dim+d], f.joint[d]
			for i, x := range a.Coordinate(d) {
				grad[at] = f.κ*x + f.β*x*x*x + f.α*(x-mean) + f.γ*(joint-f.b)
				at++
				total += f.Weight(c) * a.Weight[i] * (f.κ/2*x*x + f.β/4*x*x*x*x + f.α/2*(x-mean)*(x-mean))
			}
		}
	}
	for _, joint := range f.joint {
		total += f.γ / 2 * (joint - f.b) * (joint - f.b)
	}
	if f.poison != nil {
		f.poison(grad)
	}
	if f.spoil != nil {
		total = f.spoil(f.calls, total)
	}
	return total
}

// testAtoms returns parts components of 2 parameters and 5 atoms of unequal
// weights.
func testAtoms(parts int) *pde.Ensemble {
	dim, n := make([]int, parts), make([]int, parts)
	for c := range dim {
		dim[c], n[c] = 2, 5
	}
	e := pde.NewEnsemble(dim, n)
	for i := range e.Theta {
		e.Theta[i] = 1.5*math.Sin(float64(i)+0.3) + 0.4
	}
	for c := range e.Component {
		for m := range e.Component[c].Weight {
			e.Component[c].Weight[m] = float64(m+1) / 15
		}
	}
	return e
}

// means returns the mean of coordinate d of component c, and of all components.
func means(e *pde.Ensemble, c, d int) (own, joint float64) {
	for l := range e.Component {
		m := 0.0
		for i, x := range e.Component[l].Coordinate(d) {
			m += e.Component[l].Weight[i] * x
		}
		joint += m / float64(len(e.Component))
		if l == c {
			own = m
		}
	}
	return own, joint
}

// serial skips a test under -short, which the race detector is run with.
func serial(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: statistics or orders; shorter tests run the same goroutines")
	}
}
