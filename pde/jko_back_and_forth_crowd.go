package pde

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"pdesolve/grid"
	"pdesolve/transport"
)

// crowd solves one JKO step of one component under a cap ρ̄ (Congestion) and a potential V. The
// dual of BackAndForth has U*(s) = ρ̄ s⁺, and where the density is below the cap and above 0 the
// pressure π = p − V is 0 and says nothing of ρ. So ρ is T#ρⁿ, and the step is the obstacle
// problem for π (derived)
//
//	π ≥ 0,    T#ρⁿ ≤ ρ̄,    π(ρ̄ − T#ρⁿ) = 0,    T⁻¹ = id + τ∇(V + π):
//
// the maximum over π ≥ 0 of the concave dual, whose gradient is T#ρⁿ − ρ̄. It is climbed by
// projected Newton steps: on the cells that press or are too full
//
//	−τ∇·(ρ̄∇)δπ = T#ρⁿ − ρ̄,    δπ = 0 elsewhere.
//
// The start comes from a grid of half as many cells an axis, and on the coarsest is 0.
type crowd struct {
	grid    *grid.Grid
	cap     float64
	remap   *transport.Remap
	system  *grid.Elliptic
	coarse  *crowd
	between *transfer

	mu, v    []float64 // masses of ρⁿ in the cells, and V
	tau      float64
	mass     float64
	pressure []float64 // π
	pushed   []float64 // T#ρⁿ, as a density
	last     []float64 // π before an iteration
	before   []float64 // T#ρⁿ then
	delta    []float64
	phi      []float64 // −τ(V + π)
	presses  []bool    // where π may be above 0 after a step
	miss     float64   // see residual
}

func newCrowd(g *grid.Grid, top float64) (*crowd, error) {
	c := &crowd{grid: g, cap: top, remap: transport.NewRemap(g), system: grid.NewElliptic(g), presses: make([]bool, g.Len())}
	for _, x := range []*[]float64{&c.mu, &c.v, &c.pressure, &c.pushed, &c.last, &c.before, &c.delta, &c.phi} {
		*x = make([]float64, g.Len())
	}
	half, err := halved(g)
	if err != nil || half == nil {
		return c, err
	}
	c.between = newTransfer(g, half)
	c.coarse, err = newCrowd(half, top)
	return c, err
}

func (c *crowd) data() (mu, v []float64) { return c.mu, c.v }

func (c *crowd) potential(p []float64) { floats.AddTo(p, c.v, c.pressure) }

// residual is the part of the mass that is above the cap, or missing below it where π > 0.
func (c *crowd) residual() float64 { return c.miss }

// load prepares all grids for a step of size tau from mu with v, which have been filled.
func (c *crowd) load(tau float64) {
	c.tau, c.mass = tau, grid.Sum(c.mu)
	if c.coarse != nil {
		c.between.restrict(c.coarse.mu, c.mu, false)
		c.between.restrict(c.coarse.v, c.v, true)
		c.coarse.load(tau)
	}
}

// solve finds π and returns the iterations on this grid.
func (c *crowd) solve(ctx context.Context, tolerance float64, limit int) (int, error) {
	if err := c.checkRoom(); err != nil {
		return 0, err
	}
	clear(c.pressure)
	if c.coarse != nil {
		if _, err := c.coarse.solve(ctx, max(tolerance, coarseTolerance), limit); err != nil {
			return 0, err
		}
		c.between.prolong(c.pressure, c.coarse.pressure)
		for i, p := range c.pressure {
			c.pressure[i] = max(p, 0)
		}
	}
	c.push()
	for k := range limit {
		if err := ctx.Err(); err != nil {
			return k, err
		}
		if c.miss <= tolerance {
			return k, nil
		}
		c.newton()
		c.climb()
	}
	return limit, nil
}

// push sets T#ρⁿ and what it misses.
func (c *crowd) push() {
	volume := c.grid.CellVolume()
	for i, p := range c.pressure {
		c.phi[i] = -c.tau * (c.v[i] + p)
	}
	c.remap.Gradient(c.phi)
	c.remap.Carry(c.pushed, c.mu)
	c.miss = 0
	for i, m := range c.pushed {
		r := m / volume
		c.pushed[i] = r
		if r > c.cap || c.pressure[i] > 0 {
			c.miss += math.Abs(r-c.cap) * volume / c.mass
		}
	}
}

// newton sets delta to the step of π.
func (c *crowd) newton() {
	cells := c.system.Cells()
	stiff := 0.0
	for k := range c.grid.Dim() {
		h := c.grid.Axis(k).H()
		stiff += 4 * c.tau * c.cap / (h * h)
		face := c.system.Faces(k)
		s, n := c.grid.Stride(k), c.grid.Axis(k).N
		for i := range face {
			if i/s%n < n-1 {
				face[i] = c.tau * c.cap
			}
		}
	}
	for i, r := range c.pushed {
		cells[i], c.delta[i] = crowdLoose*stiff, r-c.cap
		if c.presses[i] = stiff*c.pressure[i]+r > c.cap; !c.presses[i] {
			cells[i] = crowdFixed * stiff
			c.delta[i] = -c.pressure[i] * cells[i]
		}
	}
	c.system.Prepare()
	c.system.Solve(c.delta, c.delta, crowdTolerance, linearIterations)
	for i, p := range c.presses {
		if !p {
			c.delta[i] = -c.pressure[i]
		}
	}
}

// Settings of the linear system: what is added on the diagonal where π is free and where it is
// held, relative to what is there.
const (
	crowdLoose     = 1e-12
	crowdFixed     = 1e6
	crowdTolerance = 1e-6
)

// climb goes along delta by the first of 1, ½, ¼, … at whose end J does not fall along the way
// half as fast as it rises at the start, or by the last of 1, 2, 4, … at which it rises all the
// way nearly as fast: particles that cross a gap in ρⁿ do not press meanwhile. π stays at or
// above 0.
func (c *crowd) climb() {
	copy(c.last, c.pressure)
	copy(c.before, c.pushed)
	step := 1.0
	first, last := c.move(step)
	if last > straight*first {
		for ; last > straight*first && step < longestStep; step *= 2 {
			first, last = c.move(2 * step)
		}
		if last >= -first/2 {
			return
		}
		step /= 2
		c.move(step)
		return
	}
	for ; last < -first/2 && step > smallestStep; first, last = c.move(step) {
		step /= 2
	}
}

// The part of the slope that is left where a way counts as straight, and the longest step.
const (
	straight    = 0.5
	longestStep = 0x1p40
)

// move sets π to its last value and a step of delta and returns the slopes of J along the way,
// at its start and at its end.
func (c *crowd) move(step float64) (first, last float64) {
	for i, d := range c.delta {
		c.pressure[i] = max(c.last[i]+step*d, 0)
	}
	c.push()
	for i, p := range c.pressure {
		way := p - c.last[i]
		first += way * (c.before[i] - c.cap)
		last += way * (c.pushed[i] - c.cap)
	}
	return first, last
}

// density writes to rho what T#ρⁿ is under the cap. The little that exceeds it, part of the
// residual, goes to where there are both mass and room, and if that is not enough to where
// there is room.
func (c *crowd) density(rho []float64) {
	excess := c.mass / c.grid.CellVolume()
	for i, r := range c.pushed {
		rho[i] = min(r, c.cap)
		excess -= rho[i]
	}
	if excess = c.spread(rho, excess, 0); excess > 0 {
		c.spread(rho, excess, c.cap)
	}
}

// spread adds the excess to rho in proportion to the room below the cap, or to rho plus ground
// where that is less, as far as it goes, and returns the rest.
func (c *crowd) spread(rho []float64, excess, ground float64) float64 {
	whole := 0.0
	for _, r := range rho {
		whole += min(r+ground, c.cap-r)
	}
	if excess < whole {
		for i, r := range rho {
			rho[i] = min(r+excess/whole*min(r+ground, c.cap-r), c.cap)
		}
		return 0
	}
	for i, r := range rho {
		rho[i] += min(r+ground, c.cap-r)
	}
	return excess - whole
}

func (c *crowd) bounds(rho []float64) (lower, upper, seen float64) {
	volume := c.grid.CellVolume()
	psi, nu := c.last, c.delta
	transport.SmoothCTransform(psi, c.phi, c.grid)
	for i, r := range rho {
		nu[i] = r * volume
	}
	seen = (dot(c.mu, psi) + dot(nu, c.phi)) / c.tau
	upper = transport.UpperBound(c.grid, c.mu, nu, psi) / (2 * c.tau)
	xi, zeta := transport.Feasible(c.grid, c.phi)
	if xi == nil {
		return math.Inf(-1), upper, seen
	}
	lower = dot(c.mu, xi) / c.tau
	for i, z := range zeta {
		lower -= c.cap * volume * max(0, -z/c.tau-c.v[i])
	}
	return lower, upper, seen
}

// checkRoom reports a component that the box cannot hold under the cap.
func (c *crowd) checkRoom() error {
	box := float64(c.grid.Len()) * c.grid.CellVolume()
	if c.mass > box*c.cap*(1+capRounding) {
		return fmt.Errorf("the mass %.6g does not fit into the box under the cap %v: want a box of at least %.6g", c.mass, c.cap, c.mass/c.cap)
	}
	return nil
}
