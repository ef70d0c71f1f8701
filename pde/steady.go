package pde

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
)

// motion measures how fast a state moves: ‖∂ρ/∂τ‖₁, the largest component's
// ∫|ρⁿ⁺¹ − ρⁿ|/dt of the last step. It does not ask the scheme, so that it means the
// same for all. Below about 1e-15/dt it is rounding.
type motion struct {
	before State
}

// newMotion returns the measure of a run from rho.
func newMotion(rho State) *motion { return &motion{before: rho.Clone()} }

// step returns the speed over a step of length dt that ended at rho.
func (m *motion) step(rho State, dt float64) float64 {
	var worst float64
	for c, d := range rho {
		b := m.before[c].Values
		var sum compensated
		ratio := d.Grid.Jacobian()
		for at := 0; at < len(b); at += dotBlock {
			end := min(at+dotBlock, len(b))
			if ratio == nil {
				sum.add(floats.Distance(d.Values[at:end], b[at:end], 1))
				continue
			}
			for i := at; i < end; i++ {
				sum.add(math.Abs(d.Values[i]-b[i]) * ratio[i])
			}
		}
		copy(b, d.Values)
		worst = max(worst, sum.value()*d.Grid.MeanVolume()/dt)
	}
	return worst
}

// crowded is the share of a component's mass in its heaviest cells, 2^d in d
// dimensions, above which a run is warned of: a Gaussian whose standard deviation is a
// cell has less. crowdedCells is the least number of cells, in units of those, where that
// says anything.
const (
	crowded      = 0.5
	crowdedCells = 8
)

// heaviest returns the share of the mass in the 2^d cells that hold most.
func heaviest(d *grid.Density) float64 {
	top := make([]float64, 1<<d.Grid.Dim()) // ascending
	var total compensated
	for i, v := range d.Values {
		m := v * d.Grid.RelativeVolume(i)
		total.add(m)
		if m <= top[0] {
			continue
		}
		k := 1
		for ; k < len(top) && top[k] < m; k++ {
			top[k-1] = top[k]
		}
		top[k-1] = m
	}
	return floats.Sum(top) / total.value()
}

// crowd records the concentration of the present state and warns once when the mass
// sits in a few cells.
func (r *run) crowd() {
	c := &r.traj.Contracts
	for k, d := range r.rho {
		cells := 1 << d.Grid.Dim()
		if d.Grid.Len() < crowdedCells*cells {
			continue
		}
		share := heaviest(d)
		if share > crowded && c.Concentration <= crowded {
			r.traj.Warnings = append(r.traj.Warnings, fmt.Sprintf(
				"at τ = %.6g %.0f %% of the mass of component %d sits in %d cells: the grid does not resolve the density, and what follows depends on the cells' width", r.time, 100*share, k, cells))
		}
		c.Concentration = max(c.Concentration, share)
	}
}

// settle warns of a run that was to end at rest and does not.
func (r *run) settle() {
	if u := r.options.UntilResidual; u > 0 && !r.traj.Steady {
		r.traj.Warnings = append(r.traj.Warnings, fmt.Sprintf(
			"the flow is not steady at τ = %.6g: ‖∂ρ/∂τ‖₁ is %.3g, not below %g", r.time, r.traj.Contracts.Motion, u))
	}
}
