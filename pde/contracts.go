package pde

import (
	"fmt"
	"math"

	"pdesolve/grid"
)

// massTolerance is the relative change of a component's mass since the start that
// Solve takes for rounding: two hundred times what ten thousand explicit steps on
// 96² cells were seen to make (5e-15), and far below what a lost flux would.
const massTolerance = 1e-12

// certify records the certificate of a step.
func (c *Contracts) certify(r StepReport) {
	c.Certificate = max(c.Certificate, r.Residual)
	c.Tolerance = max(c.Tolerance, r.Tolerance)
	c.Gap = max(c.Gap, r.Gap)
	c.Iterations += r.Iterations
	if r.Tolerance > 0 && !(r.Residual <= r.Tolerance) {
		c.Uncertified++
	}
}

// watch checks after every step what every scheme promises.
type watch struct {
	wall   float64 // tolerance of the mass at a wall; negative: only recorded
	survey *survey
	mass   []float64
	count  *Contracts
}

// newWatch returns the watch over a run of the stepper from rho.
func newWatch(s Stepper, rho State, wall float64, count *Contracts) *watch {
	w := &watch{wall: wall, survey: newSurvey(s), count: count}
	count.MinDensity = math.Inf(1)
	for _, d := range rho {
		m, low := w.survey.massMin(d)
		w.mass = append(w.mass, m)
		count.MinDensity = min(count.MinDensity, low)
	}
	return w
}

// check records and checks the state after a step that ended at time.
func (w *watch) check(rho State, step int, time float64) error {
	for c, d := range rho {
		mass, low := w.survey.massMin(d)
		if math.IsNaN(mass) || math.IsInf(mass, 0) {
			return &DivergedError{Step: step, Time: time, Component: c, What: "the density is not finite"}
		}
		drift := math.Abs(mass-w.mass[c]) / w.mass[c]
		w.count.MassError = max(w.count.MassError, drift)
		w.count.MinDensity = min(w.count.MinDensity, low)
		if low < 0 {
			return &ContractError{Step: step, Time: time, Component: c,
				What: fmt.Sprintf("the smallest cell average is %v: want at least 0", low)}
		}
		if drift > massTolerance {
			return &ContractError{Step: step, Time: time, Component: c,
				What: fmt.Sprintf("the mass changed by %.3g relative since the start: want at most %g", drift, massTolerance)}
		}
		if err := w.walls(c, d, time); err != nil {
			return err
		}
	}
	return nil
}

// walls records and checks the mass in the outermost cells of each side of d, which has
// just been surveyed. An axis of one or two cells has no inside and is not watched.
func (w *watch) walls(c int, d *grid.Density, time float64) error {
	g := d.Grid
	volume, ratio := g.MeanVolume(), ratios(g.Jacobian())
	for k := range g.Dim() {
		a := g.Axis(k)
		if a.N < 3 {
			continue
		}
		low, high := w.survey.endSums()
		if k < g.Dim()-1 {
			low, high = faceSums(d.Values, ratio, a.N, g.Stride(k))
		}
		for s, sum := range [2]float64{low, high} {
			mass := sum * volume
			w.count.WallMass = max(w.count.WallMass, mass)
			if w.wall < 0 || mass <= w.wall {
				continue
			}
			e := &WallError{Component: c, Axis: k, Side: Low, Edge: a.Lo, Time: time, Mass: mass, Tolerance: w.wall}
			if s == 1 {
				e.Side, e.Edge = High, a.Hi
			}
			return e
		}
	}
	return nil
}

// faceSums returns the sums over the first and the last layer of n layers along
// the axis with the given stride, of x times the ratio.
func faceSums(x []float64, ratio ratios, n, stride int) (low, high float64) {
	for base := 0; base < len(x); base += n * stride {
		for at := 0; at < stride; at += stripLength {
			m, top := min(stripLength, stride-at), base+(n-1)*stride+at
			low = addProducts(low, x[base+at:base+at+m], ratio.strip(base+at, m))
			high = addProducts(high, x[top:top+m], ratio.strip(top, m))
		}
	}
	return low, high
}

// addProducts returns sum plus the products of x and w, added one by one.
func addProducts(sum float64, x, w []float64) float64 {
	w = w[:len(x)]
	for i, v := range x {
		sum += v * w[i]
	}
	return sum
}
