package exact

import (
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

// Crowd is a crowd that a linear potential drives against a wall, on x ≥ 0 (derived):
//
//	F(ρ) = ∫ w x ρ  under the cap ρ ≤ ρ̄,    ∫₀^y ρ_τ = min(ρ̄ y, ∫₀^{y+wτ} ρ₀).
//
// Particles walk at the speed w until they meet those that stand, full, at the wall. In the
// quantile function a JKO step of size τ projects x(s) − wτ, in L², to the functions with
// y′ ≥ 1/ρ̄ and y(0) ≥ 0: s/ρ̄ + max(x(s) − wτ − s/ρ̄, 0), as x(s) − s/ρ̄ does not decrease. So a
// step is the flow itself.
type Crowd struct {
	Speed  float64 `yaml:"speed"`  // w, above 0
	Cap    float64 `yaml:"cap"`    // ρ̄, above 0
	Blocks []Block `yaml:"blocks"` // at τ = 0, from left to right, of mass one in all
}

// Block is a density on an interval, linear between its ends.
type Block struct {
	Lo    float64 `yaml:"lo"`    // at least 0
	Hi    float64 `yaml:"hi"`    // above Lo
	Left  float64 `yaml:"left"`  // density at Lo, from 0 to the cap
	Right float64 `yaml:"right"` // density at Hi, from 0 to the cap
}

// NewCrowd returns the example that Solutions holds: a hat that walks into the wall.
func NewCrowd() *Crowd {
	return &Crowd{Speed: 1, Cap: 4, Blocks: []Block{{0.1, 0.35, 0, 2.5}, {0.35, 0.9, 2.5, 0}}}
}

func init() { Solutions.Add("crowd", func() Solution { return NewCrowd() }) }

// Name returns "crowd".
func (c *Crowd) Name() string { return "crowd" }

// Summary says in a line what the flow is.
func (c *Crowd) Summary() string {
	return "linear potential under a cap; a crowd walks to a wall and fills up"
}

// Validate reports a speed or cap that is not a positive number, and blocks that overlap, exceed
// the cap or are not of mass one.
func (c *Crowd) Validate() error {
	switch {
	case !(c.Speed > 0) || math.IsInf(c.Speed, 0):
		return fmt.Errorf("speed: %v: want a finite number above 0", c.Speed)
	case !(c.Cap > 0) || math.IsInf(c.Cap, 0):
		return fmt.Errorf("cap: %v: want a finite number above 0", c.Cap)
	case len(c.Blocks) == 0:
		return errors.New("blocks: want at least one")
	}
	end, mass := 0.0, 0.0
	for i, b := range c.Blocks {
		if !(b.Lo >= end && b.Hi > b.Lo) || math.IsInf(b.Hi, 0) {
			return fmt.Errorf("blocks: entry %d: from %v to %v: want an interval from %v on", i, b.Lo, b.Hi, end)
		}
		if !(min(b.Left, b.Right) >= 0 && max(b.Left, b.Right) <= c.Cap) {
			return fmt.Errorf("blocks: entry %d: densities %v and %v: want them from 0 to the cap %v", i, b.Left, b.Right, c.Cap)
		}
		end, mass = b.Hi, mass+b.mass()
	}
	if math.Abs(mass-1) > 1e-12 {
		return fmt.Errorf("blocks: the mass is %v: want 1", mass)
	}
	return nil
}

// below returns the mass left of Lo + u, u from 0 to the width.
func (b Block) below(u float64) float64 {
	return u * (b.Left + (b.Right-b.Left)*u/(2*(b.Hi-b.Lo)))
}

func (b Block) mass() float64 { return b.below(b.Hi - b.Lo) }

// at returns the blocks at τ, the first of which stands at the wall if any does.
func (c *Crowd) at(tau float64) []Block {
	checkTime(tau)
	way, standing := c.Speed*tau, 0.0 // standing: the mass
	var walking []Block
	for _, b := range c.Blocks {
		b.Lo, b.Hi = b.Lo-way, b.Hi-way
		if len(walking) > 0 || b.Lo > standing/c.Cap {
			walking = append(walking, b)
			continue
		}
		// The front is at Lo + u with ρ̄ (Lo + u) = standing + below(u).
		curve, slope, excess := (b.Right-b.Left)/(2*(b.Hi-b.Lo)), c.Cap-b.Left, standing-c.Cap*b.Lo
		u := math.Inf(1)
		if root := slope*slope - 4*curve*excess; root >= 0 && slope+math.Sqrt(root) > 0 {
			u = 2 * excess / (slope + math.Sqrt(root))
		}
		if u >= b.Hi-b.Lo {
			standing += b.mass()
			continue
		}
		standing += b.below(u)
		b.Left += 2 * curve * u
		b.Lo += u
		walking = append(walking, b)
	}
	if standing > 0 {
		walking = append([]Block{{0, standing / c.Cap, c.Cap, c.Cap}}, walking...)
	}
	return walking
}

// Facts returns the horizon 0.3 and the regularity of a jump.
func (c *Crowd) Facts() Facts {
	return Facts{Horizon: 0.3, Walls: true, Regularity: 1, Source: "derived"}
}

// Energy returns the linear potential and the cap, of one component.
func (c *Crowd) Energy() (energy pde.Energy, components int) {
	w := c.Speed
	return pde.Sum{pde.Potential{Func: func(x []float64) float64 { return w * x[0] }}, pde.Congestion{Cap: c.Cap}}, 1
}

// Density returns the cell averages at τ, exact to rounding. It fails on an invalid
// description and if more than 1e-9 of the mass lies outside g's box.
func (c *Crowd) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if err := valid(c); err != nil {
		return nil, err
	}
	if g.Dim() != 1 {
		return nil, fmt.Errorf("exact: crowd: a grid of %d dimensions: want 1", g.Dim())
	}
	rho, a := grid.NewDensity(g), g.Axis(0)
	for _, b := range c.at(tau) {
		for i := range rho.Values {
			lo, hi := a.Edge(i), a.Edge(i+1)
			if from, to := max(lo, b.Lo), min(hi, b.Hi); from < to {
				rho.Values[i] += (b.below(to-b.Lo) - b.below(from-b.Lo)) / (hi - lo)
			}
		}
	}
	if m := rho.Mass(); math.Abs(m-1) > 1e-9 {
		return nil, fmt.Errorf("exact: crowd at τ = %v: the grid holds %v of the mass: want a box that holds the blocks", tau, m)
	}
	return rho, nil
}

// Value returns F(ρ_τ), the mean of w x.
func (c *Crowd) Value(tau float64) (float64, error) {
	if err := valid(c); err != nil {
		return 0, err
	}
	v := 0.0
	for _, b := range c.at(tau) {
		width := b.Hi - b.Lo
		v += c.Speed * (b.Lo*b.mass() + width*width*(b.Left+2*b.Right)/6)
	}
	return v, nil
}

// Box returns the interval from the wall to the end of the last block at τ = 0.
func (c *Crowd) Box(float64) (lo, hi []float64, err error) {
	if err := valid(c); err != nil {
		return nil, nil, err
	}
	return []float64{0}, []float64{c.Blocks[len(c.Blocks)-1].Hi}, nil
}

// Iterate returns the crowd from the iterate, which is the flow itself.
func (c *Crowd) Iterate(tau float64, steps int) (Solution, error) {
	checkSteps(tau, steps)
	if err := valid(c); err != nil {
		return nil, err
	}
	return &Crowd{Speed: c.Speed, Cap: c.Cap, Blocks: c.at(tau * float64(steps))}, nil
}
