package finite

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
)

// kept trains by d and returns the curve and the state after every step, as files give
// it back.
func kept(t *testing.T, d Dynamics, times []float64, o Options) (*pde.Trajectory, [][]grid.Array) {
	t.Helper()
	m := testModel(2, true)
	if _, noisy := d.(Noisy); noisy {
		m.Temperature = 0.01
	}
	var states [][]grid.Array
	o.Checkpoint = &Checkpoint{Keep: func(s []grid.Array) error {
		var b bytes.Buffer
		require.NoError(t, grid.WriteNPZ(&b, s...))
		back, err := grid.ReadNPZ(bytes.NewReader(b.Bytes()), int64(b.Len()))
		states = append(states, back)
		return errors.Join(err)
	}}
	curve, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, &o)
	require.NoError(t, err)
	return curve, states
}

// Every registered dynamics goes on from any step to the same bytes.
func TestCheckpointGoesOnToTheSameBytes(t *testing.T) {
	all := []Dynamics{&Gradient{Method: Exponential}}
	for _, name := range Kinds.Names() {
		d, err := Kinds.New(name)
		require.NoError(t, err)
		all = append(all, d)
	}
	for _, d := range all {
		name := d.Name()
		for _, endsOnly := range []bool{false, true} {
			m := testModel(2, true)
			if _, noisy := d.(Noisy); noisy {
				m.Temperature = 0.01
			}
			times := []float64{0, 0.05, 0.06, 0.2}
			if name == "gradient" {
				times = []float64{0, 2, 2.1, 8} // its steps are long
			}
			want, states := kept(t, d, times, Options{EndsOnly: endsOnly})
			require.Greater(t, len(states), 8, name)
			require.Equal(t, want.Contracts.Steps, len(states), name)
			for i, from := range states {
				steps := 0
				o := Options{EndsOnly: endsOnly, Progress: func(float64) { steps++ }, Checkpoint: &Checkpoint{From: from}}
				got, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, &o)
				require.NoError(t, err, name)
				require.Equal(t, want, got, "%s, from step %d", name, i+1)
				assert.Equal(t, len(states)-i-1, steps, "%s, from step %d", name, i+1)
			}
		}
	}
}

// countdown is a context that is done when it has been asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Ctrl-C loses no step that was finished, wherever it comes: the state is kept though no
// checkpoint is due.
func TestCheckpointWhenStopped(t *testing.T) {
	rejected := map[string]int{}
	for _, d := range []Dynamics{Gradient{RTol: 0.01}, Gradient{RTol: 0.01, Method: Exponential}, Descent{Step: 5}} {
		m, times := testModel(2, true), []float64{0, 0.5, 2, 80}
		steps := 0
		whole, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, &Options{Progress: func(float64) { steps++ }})
		require.NoError(t, err)
		rejected[d.Name()] += whole.Contracts.Rejections
		for asked := 2; ; asked++ { // the first gradients of a flow choose its first step
			var state []grid.Array
			ctx, before := &countdown{context.Background(), asked}, 0
			_, err := Simulate(ctx, m, Draw(m, 4, 1), times, d, &Options{
				Progress: func(float64) { before++ },
				Checkpoint: &Checkpoint{
					Due:  func() bool { return false },
					Keep: func(s []grid.Array) error { state = s; return nil },
				},
			})
			if err == nil {
				require.Equal(t, steps, before)
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			require.NotEmpty(t, state, "%s, asked %d times", d.Name(), asked)
			after := 0
			got, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, &Options{Progress: func(float64) { after++ }, Checkpoint: &Checkpoint{From: state}})
			require.NoError(t, err)
			require.Equal(t, whole, got, "%s, asked %d times", d.Name(), asked)
			require.Equal(t, steps, before+after, "%s, asked %d times", d.Name(), asked)
		}
	}
	require.NotZero(t, rejected["gradient"], "no stop between two attempts of a step")

	full := errors.New("no space left")
	m := testModel(1, false)
	_, err := Simulate(&countdown{context.Background(), 20}, m, Draw(m, 2, 1), []float64{0, 8}, Gradient{}, &Options{Checkpoint: &Checkpoint{
		Due: func() bool { return false }, Keep: func([]grid.Array) error { return full },
	}})
	assert.ErrorIs(t, err, full)
	assert.ErrorIs(t, err, context.Canceled)
}

// A state of another request is as good as none.
func TestCheckpointOfAnotherRun(t *testing.T) {
	d := &Adam{Step: 0.01, Beta1: 0.9, Beta2: 0.999}
	want, states := kept(t, d, []float64{0, 0.05, 0.06, 0.2}, Options{})
	m := testModel(2, true)
	for what, times := range map[string][]float64{"fewer": {0, 0.05}, "others": {0, 0.04, 0.06, 0.2}} {
		whole, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, nil)
		require.NoError(t, err)
		got, err := Simulate(context.Background(), m, Draw(m, 4, 1), times, d, &Options{Checkpoint: &Checkpoint{From: states[len(states)-1]}})
		require.NoError(t, err)
		assert.Equal(t, whole, got, what)
	}
	for what, o := range map[string]struct {
		width int
		d     Dynamics
	}{"width": {5, d}, "dynamics": {4, &Momentum{Step: 0.01, Momentum: 0.9}}} {
		whole, err := Simulate(context.Background(), m, Draw(m, o.width, 1), want.Time, o.d, nil)
		require.NoError(t, err)
		got, err := Simulate(context.Background(), m, Draw(m, o.width, 1), want.Time, o.d, &Options{Checkpoint: &Checkpoint{From: states[3]}})
		require.NoError(t, err)
		assert.Equal(t, whole, got, what)
	}
}

func TestCheckpointIsKeptWhenDue(t *testing.T) {
	m := testModel(1, false)
	asked, given := 0, 0
	full := errors.New("no space left")
	o := &Options{Checkpoint: &Checkpoint{
		Due:  func() bool { asked++; return asked%3 == 0 },
		Keep: func([]grid.Array) error { given++; return nil },
	}}
	_, err := Simulate(context.Background(), m, Draw(m, 2, 1), []float64{0, 0.1}, Descent{Step: 0.01}, o)
	require.NoError(t, err)
	assert.Equal(t, []int{10, 3}, []int{asked, given})

	o.Checkpoint.Keep = func([]grid.Array) error { return full }
	_, err = Simulate(context.Background(), m, Draw(m, 2, 1), []float64{0, 0.1}, Descent{Step: 0.01}, o)
	assert.ErrorIs(t, err, full)
}
