package compare

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pdesolve/grid"
	"pdesolve/pde"
)

const (
	referencePart   = 0.1     // of the smallest error, which the reference's may be
	finestReference = 16      // largest fineness of a semi-discrete reference
	mostSteps       = 1 << 20 // … and steps of a first level
)

// errNoConstantStep says that a scheme's bound cuts every step.
var errNoConstantStep = errors.New("no constant step stays below the scheme's bound")

// timeCells returns the cells an axis of the grid in time.
func (t *verifyTask) timeCells() int {
	if _, ok := t.scheme.(pde.StepScheme); ok {
		return stiffCells[t.c.dim()]
	}
	return boundCells[t.c.dim()]
}

// smoothStart returns the product over the axes of 1 + 0.999 cos πs, s from −1 to 1
// through the box: smooth, without vacuum, where limiters would make the equation in
// time less smooth than the method, and with little at the walls, where a flow to the
// inside leaves a jump.
func smoothStart(g *grid.Grid) *grid.Density {
	rho := grid.NewDensity(g)
	for i := range rho.Values {
		rho.Values[i] = 1
		for k := range g.Dim() {
			n := g.Axis(k).N
			s := (float64(2*(i/g.Stride(k)%n)+1) / float64(n)) - 1
			rho.Values[i] *= 1 + 0.999*math.Cos(math.Pi*s)
		}
	}
	rho.Scale(1 / rho.Mass())
	return rho
}

// stepping runs a scheme with constant steps from one start.
type stepping struct {
	t     *verifyTask
	start *grid.Density
	end   float64
	first int // steps on the first level
	runs  []pde.State
}

// time halves the step on a fixed grid.
func (t *verifyTask) time(ctx context.Context) error {
	g, err := t.c.grid(t.timeCells())
	if err != nil {
		return err
	}
	s, err := t.chooseEnd(ctx, smoothStart(g))
	if err != nil {
		return err
	}
	t.row.End = s.end
	levels := fullTimes
	if t.quick {
		levels = quickTime
	}
	scheme, nominal := t.scheme.(pde.StepScheme)
	if !nominal {
		levels++ // the last run is only compared with
	}
	for len(s.runs) < levels {
		if err := s.next(ctx); err != nil {
			return err
		}
	}
	if nominal {
		return s.semiDiscrete(ctx, scheme)
	}
	for i, state := range s.runs[:levels-1] {
		t.row.add(stateDistance(state, s.runs[i+1]), s.first<<i)
	}
	return nil
}

// add adds a level.
func (r *VerifyRow) add(e float64, level int) {
	r.Errors, r.Levels = append(r.Errors, e), append(r.Levels, float64(level))
}

// chooseEnd returns the stepping, with its first two runs, until the end at which they
// differ most without a limiter that acts; until the earliest end if one always acts.
// A scheme with a nominal step, which a limiter does not need, goes to the horizon.
func (t *verifyTask) chooseEnd(ctx context.Context, start *grid.Density) (*stepping, error) {
	var best *stepping
	largest := -1.0
	ends := halfEnds
	if _, ok := t.scheme.(pde.StepScheme); ok {
		ends = 1
	}
	for half := range ends {
		s := &stepping{t: t, start: start, end: t.c.facts.Horizon / float64(int(1)<<half)}
		limited, err := s.begin(ctx)
		if err != nil {
			return nil, err
		}
		if d := stateDistance(s.runs[0], s.runs[1]); !limited && d > largest || best == nil || largest < 0 {
			best = s
			if !limited {
				largest = d
			}
		}
	}
	return best, nil
}

// begin makes the first two runs, with as few steps as the scheme's bound allows, and
// reports whether a limiter acts in them.
func (s *stepping) begin(ctx context.Context) (limited bool, err error) {
	s.first = firstSteps
	if _, ok := s.t.scheme.(pde.StepScheme); !ok {
		_, c, err := s.t.solve(ctx, s.t.scheme, s.start, s.end)
		if err != nil {
			return false, err
		}
		s.first = max(s.first, c.Steps)
	}
	for s.runs = nil; len(s.runs) < 2; {
		steps := s.first << len(s.runs)
		end, c, err := s.t.solve(ctx, withStep(s.t.scheme, s.end/float64(steps)), s.start, s.end)
		if err != nil {
			return false, err
		}
		if c.Steps > steps { // a step was cut: both start anew with half of it
			if s.first *= 2; s.first > mostSteps {
				return false, errNoConstantStep
			}
			s.runs = nil
			continue
		}
		limited = limited || c.Limited > 0
		s.runs = append(s.runs, end)
	}
	return limited, nil
}

// next makes the run of the next level.
func (s *stepping) next(ctx context.Context) error {
	steps := s.first << len(s.runs)
	end, c, err := s.t.solve(ctx, withStep(s.t.scheme, s.end/float64(steps)), s.start, s.end)
	if err == nil && c.Steps > steps {
		err = errNoConstantStep
	}
	s.runs = append(s.runs, end)
	return err
}

// semiDiscrete compares the runs with the solution of the scheme's semi-discrete
// equation, refined until its own error, which is of second order, is small beside the
// smallest of theirs.
func (s *stepping) semiDiscrete(ctx context.Context, scheme pde.StepScheme) error {
	finest := s.runs[len(s.runs)-1]
	step := s.end / float64(s.first<<(len(s.runs)-1))
	scheme = scheme.WithStep(step).(pde.StepScheme)
	var last, reference pde.State
	for fineness := 1; ; fineness *= 2 {
		// Its step bound may be above the scheme's own step.
		fine := withStep(scheme.SemiDiscrete(fineness), step/float64(4*fineness))
		next, _, err := s.t.solve(ctx, fine, s.start, s.end)
		if err != nil {
			return fmt.Errorf("the semi-discrete reference: %w", err)
		}
		reference = next
		if last != nil && stateDistance(next, last)/3 <= referencePart*stateDistance(next, finest) {
			break
		}
		if fineness == finestReference {
			return fmt.Errorf("the semi-discrete reference is not known to %g of the smallest error", referencePart)
		}
		last = next
	}
	for i, state := range s.runs {
		s.t.row.add(stateDistance(state, reference), s.first<<i)
	}
	return nil
}

// stateDistance returns the largest L¹ distance of a component.
func stateDistance(a, b pde.State) float64 {
	worst := 0.0
	for c, d := range a {
		worst = max(worst, l1Distance(d, b[c]))
	}
	return worst
}
