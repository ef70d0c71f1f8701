package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"pdesolve/pde"
)

// measure turns a finished ladder plan into one ladder a quantity, each with its
// fitted rate.
func (l *ladderPlan) measure(s *Study, o *Options) []Ladder {
	var out []Ladder
	for _, q := range l.quantities() {
		ladder := Ladder{Quantity: q, Against: l.against, Scheme: l.scheme}
		for _, v := range l.levels {
			ref, err := v.reference()
			if err != nil {
				ladder.Points = append(ladder.Points, Point{X: v.x, Depth: v.depth, Width: v.width, Error: math.NaN(), Why: err.Error()})
				continue
			}
			ladder.Reference = ref.Label
			if l.reference != "" {
				ladder.Reference = l.reference
			}
			if value := l.values[q]; value != nil {
				ladder.Points = append(ladder.Points, v.value(q, ref, value))
				continue
			}
			ladder.Points = append(ladder.Points, v.point(q, ref, l.bias))
		}
		ladder.Rate = Fit(ladder.Points, FitOptions{
			Confidence: s.Confidence,
			Predicted:  l.Slope,
			Bound:      l.Bound,
			Source:     l.Source,
			Resamples:  o.Resamples,
		})
		ladder.Rivals = rivals(&ladder)
		out = append(out, ladder)
	}
	return out
}

// quantities returns what can be compared on every level: densities only where
// all references know them.
func (l *ladderPlan) quantities() []Quantity {
	if l.values != nil {
		return slices.Sorted(maps.Keys(l.values))
	}
	if l.only != nil {
		return l.only
	}
	if l.against != Cells {
		return Quantities
	}
	for _, v := range l.levels {
		if ref, err := v.ref.get(); err != nil || ref.Density == nil {
			return Quantities
		}
	}
	return append(slices.Clone(Quantities), Density)
}

// distance returns the run's distance from the reference in any quantity.
func (r *Reference) distance(q Quantity, t *pde.Trajectory) (float64, error) {
	if q == Density {
		return DensityDistance(t, r)
	}
	return Distance(q, t, r), nil
}

// point measures the level's distance from its reference: the root mean square
// over seeds where there are several, or the size of their mean if they have signs.
func (v *level) point(q Quantity, ref *Reference, signed bool) Point {
	pt := Point{X: v.x, Depth: v.depth, Width: v.width, Signed: signed, Reference: ref.Error[q]}
	if v.seeds != nil {
		for _, t := range v.tasks {
			pt.Runs = append(pt.Runs, t.run.ID)
		}
		var err error
		if pt.Seeds, err = v.seeds(q, ref); err != nil {
			pt.Error, pt.Why = math.NaN(), err.Error()
			return pt
		}
		pt.Error = pt.summarise(pt.Seeds)
		for _, t := range v.tasks {
			pt.Runs = append(pt.Runs, t.run.ID)
		}
		if v.width == 0 {
			pt.Seeds = nil // the distance of one run, without chance
		}
		return pt
	}
	sum := 0.0
	for _, t := range v.tasks {
		d, err := ref.distance(q, t.result.Trajectory)
		if err != nil {
			pt.Error, pt.Why = math.NaN(), err.Error()
			return pt
		}
		pt.Runs = append(pt.Runs, t.run.ID)
		sum += d * d
		if t.run.Kind == Finite {
			pt.Seeds = append(pt.Seeds, d)
		}
	}
	pt.Error = math.Sqrt(sum / float64(len(v.tasks)))
	return pt
}

// reference returns the level's reference, or one of nothing and no error where an
// error needs none.
func (v *level) reference() (*Reference, error) {
	if v.ref == nil {
		return &Reference{Label: "none: the quantity is an error itself", Error: map[Quantity]float64{}}, nil
	}
	return v.ref.get()
}

// value measures what a ladder takes from its runs in place of a distance.
func (v *level) value(q Quantity, ref *Reference, value func(*task) float64) Point {
	pt := Point{X: v.x, Depth: v.depth, Width: v.width, Reference: ref.Error[q]}
	for _, t := range v.tasks {
		x := value(t)
		if v.ref != nil {
			x = math.Abs(x - lastOf(ref.Risk))
		}
		pt.Seeds, pt.Runs = append(pt.Seeds, x), append(pt.Runs, t.run.ID)
	}
	if len(v.tasks) == 1 {
		pt.Error, pt.Seeds = pt.Seeds[0], nil
		return pt
	}
	pt.Signed = true // the mean over seeds
	pt.Error = pt.summarise(pt.Seeds)
	return pt
}

// Validate reports what makes the study unusable.
func (s *Study) Validate() error {
	if err := s.Model.Validate(); err != nil {
		return err
	}
	if len(s.Times) < 2 || s.Times[0] != 0 {
		return fmt.Errorf("compare: times: want 0 and at least one later time")
	}
	for i := 1; i < len(s.Times); i++ {
		if !(s.Times[i] > s.Times[i-1]) {
			return fmt.Errorf("compare: times: %v does not follow %v", s.Times[i], s.Times[i-1])
		}
	}
	if !(s.Confidence > 0.5 && s.Confidence < 1) {
		return fmt.Errorf("compare: confidence: %v: want a level between 0.5 and 1, such as 0.95", s.Confidence)
	}
	for i, v := range s.Solvers {
		if (v.Scheme == nil) == (v.Characteristics == nil) {
			return fmt.Errorf("compare: solver %d: want either a scheme or characteristics", i)
		}
	}
	for _, n := range s.Trained {
		if n.Depth < 1 || n.Width < 1 {
			return fmt.Errorf("compare: a network of %d layers of width %d: want at least 1 of both", n.Depth, n.Width)
		}
		if s.Networks.Dynamics == nil {
			return fmt.Errorf("compare: networks to train: want their dynamics")
		}
	}
	for _, a := range s.Rates {
		q, err := Inquiries.New(string(a))
		if err == nil {
			err = q.Validate(s)
		}
		if err == nil {
			err = limited(s, a)
		}
		if err != nil {
			return fmt.Errorf("compare: rates: %w", err)
		}
	}
	return nil
}

// end returns the training time at which the study ends.
func (s *Study) end() float64 { return s.Times[len(s.Times)-1] }
