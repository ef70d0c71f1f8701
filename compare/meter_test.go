package compare

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The time left is learnt: of kinds whose runs take ten times and a third of what is
// predicted the meter knows so once some of them are done, also while one is at hand, and
// also from runs that a store gives.
func TestMeterLearns(t *testing.T) {
	clock := time.Unix(0, 0)
	truth := map[string]float64{"muscl": 10, "gradient": 1.0 / 3}
	var order []*task
	for _, scheme := range []string{"muscl", "gradient"} {
		for range 40 {
			order = append(order, &task{run: Run{ID: scheme, Kind: Grid, Scheme: scheme}, cost: 3})
		}
	}
	var last Event
	m := newMeter(func(e Event) { last = e }, 2)
	m.now = func() time.Time { return clock }
	m.round(order, len(order))
	left := func(from int) float64 { // of a run after the other on two cores
		sum := 0.0
		for _, t := range order[from:] {
			sum += t.cost * truth[t.run.Scheme]
		}
		return sum / 2
	}
	run := func(t *task, stored bool) {
		seconds := t.cost * truth[t.run.Scheme]
		m.begin(t)
		if stored { // takes no time here
			m.update(t, 1, &Run{Wall: time.Duration(seconds * 1e9)})
			return
		}
		for i := range 4 {
			clock = clock.Add(time.Duration(seconds / 4 * 1e9))
			var r *Run
			if i == 3 {
				r = &Run{Wall: time.Duration(seconds * 1e9)}
			}
			m.update(t, float64(i+1)/4, r)
		}
	}
	assert.InEpsilon(t, 120, m.left().Seconds(), 1e-12, "as predicted")
	m.begin(order[0])
	clock = clock.Add(15 * time.Second)
	m.update(order[0], 0.5, nil)
	early := last.Left.Seconds()
	assert.Greater(t, early, 400.0, "half a run at ten times the prediction has raised it for all")
	for i, t := range order[1:20] {
		run(t, i%2 == 1)
	}
	for _, t := range order[40:60] {
		run(t, false)
	}
	want := (left(20) - left(40) + left(60))
	assert.InEpsilon(t, want, last.Left.Seconds(), 0.05)
	for _, t := range append(order[20:40:40], order[60:]...) {
		run(t, false)
	}
	m.update(order[0], 1, &Run{Wall: 30 * time.Second})
	assert.InDelta(t, 0, last.Left.Seconds(), 1e-6)
	assert.InDelta(t, last.Total, last.Done, 1e-9)
	assert.LessOrEqual(t, math.Abs(float64(m.kinds["grid muscl"].spent-40*30)), 1e-6)
}
