package compare

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
)

// faulty is a plain finite-volume scheme that claims second order in space and time,
// and has one fault, or none: what Verify must tell apart. Face velocities are
// −ΔΨ/h, densities at faces are reconstructed with minmod slopes, the steps are SSP-RK2.
type faulty struct {
	name string
	f    fault
}

type fault struct {
	slope  float64 // of the reconstructed slope; 1 is right
	shift  bool    // velocities are those of the cell below the face
	wind   float64 // a flux of velocity wind is added along axis 0: it keeps the mass
	weight float64 // of the second stage; 1/2 is right
	branch bool    // where the flow goes down the axis, the slope has the wrong sign
}

var faults = map[string]fault{
	"faultless":     {slope: 1, weight: 0.5},
	"half-slope":    {slope: 0.5, weight: 0.5},
	"wrong-branch":  {slope: 1, weight: 0.5, branch: true},
	"shifted-drift": {slope: 1, weight: 0.5, shift: true},
	"flux-fault":    {slope: 1, weight: 0.5, wind: 1e-3},
	"rk-weights":    {slope: 1, weight: 0.6},
}

func init() {
	for name, f := range faults {
		pde.Schemes.Add(name, func() pde.Scheme { return &faulty{name, f} })
	}
}

func (s faulty) Name() string             { return s.name }
func (s faulty) Order() (space, time int) { return 2, 2 }
func (s faulty) Validate() error          { return nil }
func (s faulty) Bind(f pde.Functional, grids []*grid.Grid) (pde.Stepper, error) {
	return &faultyStepper{fault: s.f, f: f, psi: pde.NewField(grids)}, nil
}

type faultyStepper struct {
	fault
	f   pde.Functional
	psi pde.Field
}

// rate returns dρ/dτ at rho and the largest sum of outflow rates.
func (s *faultyStepper) rate(rho pde.State) (change pde.Field, rate float64) {
	change = pde.NewField(rho.Grids())
	for c, d := range rho {
		var space float64
		for k := range d.Grid.Dim() {
			n, st, h := d.Grid.Axis(k).N, d.Grid.Stride(k), d.Grid.Axis(k).H()
			fastest := 0.0
			at := func(x []float64, i, step int) float64 { // the neighbour, or the cell at a wall
				if j := i/st%n + step; j < 0 || j >= n {
					return x[i]
				}
				return x[i+step*st]
			}
			slope := func(i int) float64 {
				a, b := d.Values[i]-at(d.Values, i, -1), at(d.Values, i, 1)-d.Values[i]
				if a*b <= 0 {
					return 0
				}
				return s.slope * math.Copysign(min(math.Abs(a), math.Abs(b)), a)
			}
			for i := range d.Values {
				if i/st%n == n-1 {
					continue
				}
				j := i + st
				u := -(s.psi[c][j] - s.psi[c][i]) / h
				if s.shift {
					u = -(s.psi[c][j] - at(s.psi[c], i, -1)) / (2 * h)
				}
				fastest = max(fastest, math.Abs(u))
				up := d.Values[i] + slope(i)/2
				if u < 0 {
					up = d.Values[j] - slope(j)/2
					if s.branch {
						up = d.Values[j] + slope(j)/2
					}
				}
				flux := u * up / h
				if k == 0 {
					flux += s.wind * d.Values[i] / h
				}
				change[c][i] -= flux
				change[c][j] += flux
			}
			space += 2 * fastest / h
		}
		rate = max(rate, space)
	}
	return change, rate
}

func (s *faultyStepper) Step(_ context.Context, rho pde.State, limit float64) (pde.StepReport, error) {
	r := pde.StepReport{Energy: s.f.Variation(s.psi, rho), Evaluations: 2}
	one, rate := s.rate(rho)
	r.Dt = min(limit, 0.3/rate)
	if limit > r.Dt && limit < 2*r.Dt {
		r.Dt = limit / 2
	}
	middle := rho.Clone()
	for c, d := range middle {
		for i := range d.Values {
			d.Values[i] += r.Dt * one[c][i]
		}
	}
	s.f.Variation(s.psi, middle)
	two, _ := s.rate(middle)
	for c, d := range rho {
		for i := range d.Values {
			d.Values[i] += r.Dt * ((1-s.weight)*one[c][i] + s.weight*two[c][i])
		}
	}
	return r, nil
}

// TestVerifyFaults: of schemes that claim second order those with a fault in space,
// one that is first order disguised, or in time are found there, and the one without
// passes, where a rotated potential moves a Gaussian in the plane.
func TestVerifyFaults(t *testing.T) {
	serial(t)
	for name := range faults {
		v, err := Verify(t.Context(), VerifyOptions{Schemes: []string{name}, Cases: []string{"attraction"}, Quick: true})
		require.NoError(t, err)
		require.Len(t, v.Rows, 2)
		space, time := v.Rows[0], v.Rows[1]
		t.Logf("%s: space %.2f %.2f %v, time %.2f %.2f %v: %s; %s", name, space.Finest, space.Fitted, space.Pass, time.Finest, time.Fitted, time.Pass, space.Note, time.Note)
		assert.Equal(t, name == "faultless", space.Pass && time.Pass, name)
		assert.Equal(t, name == "rk-weights", !time.Pass, name)
	}
}
