package compare

import (
	"context"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// verifyTask measures one row.
type verifyTask struct {
	c      *verifyCase
	scheme pde.Scheme // as registered
	axis   string
	quick  bool
	moving bool    // the first variation depends on the density
	demand float64 // what an evaluation of it takes more than others, in updates of a cell
	cost   float64 // expected, in updates of a cell: what takes longest is begun first

	row  VerifyRow
	skip string // why there is no row
}

// newVerifyTask decides whether the pair can be run and what it is expected to cost.
func newVerifyTask(c *verifyCase, s pde.Scheme, axis string, quick bool) *verifyTask {
	nan := math.NaN()
	t := &verifyTask{c: c, scheme: s, axis: axis, quick: quick}
	t.row = VerifyRow{
		Case: c.name, Scheme: s.Name(), Axis: axis, Measured: nan, Finest: nan, Fitted: nan, HalfWidth: nan, Limit: nan, W1: nan, W2: nan,
		Min: math.Inf(1), End: c.facts.Horizon,
	}
	if axis == TimeAxis && c.facts.Known == exact.Rest {
		t.skip = "the density is at rest: there is no error in time"
		return t
	}
	if _, ok := c.solution.(exact.Iterated); axis == IterateAxis && !ok {
		t.skip = "no exact JKO iterates are known"
		return t
	}
	f, err := c.bind(s, spaceLadder[c.dim()][0])
	if err != nil {
		t.skip = err.Error()
		return t
	}
	if d, ok := f.(pde.Demanding); ok {
		t.demand = d.Demand()
	}
	dependence := f.Dependence()
	t.moving = dependence != pde.Constant
	space, time := s.Order()
	ladder := spaceLadder[c.dim()]
	if fine := resolved(ladder, space); axis == SpaceAxis && len(fine) < leastLevels {
		t.skip = fmt.Sprintf("only %d grids of the ladder have %d cells an axis or more, %d for each order of the scheme", len(fine), orderCells*space, orderCells)
		return t
	}
	if axis == FlowAxis {
		t.cost, t.skip = t.flowBudget(), imprecise(s)
		return t
	}
	n := float64(ladder[len(ladder)-1])
	steps := n // of a step bound that is advective
	if t.axis == TimeAxis {
		n = float64(t.timeCells())
		steps = 32 * n
	}
	_, nominal := s.(pde.StepScheme)
	if dependence == pde.Pointwise && !nominal {
		steps *= n / 4
	}
	t.cost = math.Pow(n, float64(c.dim())) * float64(c.components) * steps * float64(space*time)
	if nominal && dependence == pde.Pointwise {
		t.cost *= 10 // linear systems, or many stages
	}
	t.cost = min(t.cost*(1+t.demand/10), 2*t.budget()) // the budget of the last level, and the others
	return t
}

// run measures the row. Only the end of ctx is an error; everything else is
// written to the row.
func (t *verifyTask) run(ctx context.Context) error {
	if t.skip != "" {
		return nil
	}
	space, time := t.scheme.Order()
	var err error
	rough := false
	if t.axis == IterateAxis {
		t.row.Declared, rough = t.c.facts.Order(space), t.c.rough()
		err = t.iterate(ctx)
	} else if t.axis == FlowAxis {
		t.row.Declared, rough = float64(time), true // the slope decides
		err = t.flow(ctx, t.flowBudget())
	} else if t.axis == SpaceAxis {
		t.row.Declared = t.c.facts.Order(space)
		if wall := t.caveats().WallOrder; wall > 0 && t.c.facts.Walls {
			t.row.Declared = min(t.row.Declared, float64(wall))
		}
		rough = t.c.rough() && t.c.facts.Order(space) < float64(space)
		err = t.space(ctx, float64(space)/float64(time))
	} else {
		t.row.Declared = float64(time)
		if moving := t.caveats().MovingTime; moving > 0 && t.moving {
			t.row.Declared, rough = float64(moving), true
		}
		err = t.time(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if t.skip != "" {
		return nil
	}
	if count := t.row.orders(rough); err == nil && count < leastLevels {
		t.skip = fmt.Sprintf("the error in %s is rounding: %.1e with the longest steps or coarsest cells", t.axis, t.row.Errors[0])
		return nil
	}
	t.row.judge(err, rough, t.caveats(), t.quick)
	return nil
}

// caveats returns what the scheme takes back of its claims.
func (t *verifyTask) caveats() pde.Caveats {
	if c, ok := t.scheme.(pde.Cautious); ok {
		return c.Caveats()
	}
	return pde.Caveats{}
}

// solve runs the scheme from rho to the end, takes its contracts into the row and
// returns the last state with them.
func (t *verifyTask) solve(ctx context.Context, s pde.Scheme, rho *grid.Density, end float64) (pde.State, *pde.Contracts, error) {
	initial := make(pde.State, t.c.components)
	for i := range initial {
		initial[i] = rho
	}
	got, err := pde.Solve(ctx, pde.Problem{Energy: t.c.energy, Initial: initial, Times: []float64{0, end}}, s, &pde.Options{WallMass: -1})
	if got == nil {
		return nil, nil, err
	}
	c := &got.Contracts
	t.row.MassError = max(t.row.MassError, c.MassError)
	t.row.Min = min(t.row.Min, c.MinDensity)
	t.row.EnergyRise = max(t.row.EnergyRise, c.EnergyRise)
	return got.States[len(got.States)-1], c, err
}
