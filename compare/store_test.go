package compare

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// withoutWalls clears what two computations of a result may differ in.
func withoutWalls(r *Result) *Result {
	r.Wall, r.Reused, r.Study.Workers = 0, 0, 0
	for _, run := range r.Runs {
		run.Wall, run.stored = 0, ""
	}
	return r
}

func TestStoreGivesBackEveryRun(t *testing.T) {
	s, dir := linearStudy(t), t.TempDir()
	first, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "this program")})
	require.NoError(t, err)
	assert.Zero(t, first.Reused)
	again, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "this program")})
	require.NoError(t, err)
	assert.Equal(t, len(first.Runs), again.Reused)
	// Not the trajectories: a summary keeps no number that JSON has no word for.
	assert.Equal(t, withoutWalls(first).Ladders, withoutWalls(again).Ladders)
	for i, run := range again.Runs {
		want := first.Runs[i].Trajectory
		assert.Equal(t, want.States, run.Trajectory.States, run.ID)
		assert.Equal(t, want.Ensembles, run.Trajectory.Ensembles, run.ID)
		assert.Equal(t, want.Output, run.Trajectory.Output, run.ID)
		assert.Equal(t, want.Risk, run.Trajectory.Risk, run.ID)
	}
	other, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "another program")})
	require.NoError(t, err)
	assert.Zero(t, other.Reused)
}

func TestStoreMakesWhatAChangeConcerns(t *testing.T) {
	s, dir := linearStudy(t), t.TempDir()
	first, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	s.Networks.Seeds++
	more, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	assert.Equal(t, len(first.Runs), more.Reused)
	assert.Greater(t, len(more.Runs), len(first.Runs))
	s.Model.Decay *= 2
	changed, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	assert.Zero(t, changed.Reused)
}

// A damaged store loses the run that is damaged and no other, and never gives a wrong
// one.
func TestStoreDoesNotTrustDamagedFiles(t *testing.T) {
	s, dir := linearStudy(t), t.TempDir()
	first, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	states := filepath.Join(dir, statesPath(first.Runs[0].ID))
	b, err := os.ReadFile(states)
	require.NoError(t, err)
	for what, damage := range map[string]func() error{
		"cut":     func() error { return os.WriteFile(states, b[:len(b)/2], 0o644) },
		"flipped": func() error { c := append([]byte{}, b...); c[len(c)/2] ^= 1; return os.WriteFile(states, c, 0o644) },
		"another": func() error {
			c, err := os.ReadFile(filepath.Join(dir, statesPath(first.Runs[1].ID)))
			return errors.Join(err, os.WriteFile(states, c, 0o644))
		},
		"missing": func() error { return os.Remove(states) },
		"empty task": func() error {
			return os.WriteFile(filepath.Join(dir, "tasks", first.Runs[0].ID+".json"), nil, 0o644)
		},
	} {
		require.NoError(t, damage(), what)
		again, err := Execute(context.Background(), s, &Options{Store: NewStore(dir, "p")})
		require.NoError(t, err, what)
		assert.Equal(t, len(first.Runs)-1, again.Reused, what)
		assert.Equal(t, first.Ladders, again.Ladders, what)
	}
}

func TestShardsMakeEveryRunOnce(t *testing.T) {
	whole, err := Execute(context.Background(), linearStudy(t), nil)
	require.NoError(t, err)
	dir, made := t.TempDir(), 0
	for i := 1; i <= 3; i++ {
		folder := t.TempDir()
		r, err := Execute(context.Background(), linearStudy(t), &Options{Store: NewStore(folder, "p"), Shard: Shard{i, 3}})
		var missing *MissingError
		require.ErrorAs(t, err, &missing)
		assert.Equal(t, len(whole.Runs), missing.All)
		assert.Equal(t, len(whole.Runs)-missing.Missing, len(r.Runs))
		made += len(r.Runs)
		require.NoError(t, os.CopyFS(dir, os.DirFS(folder)))
	}
	assert.Equal(t, len(whole.Runs), made)
	merged, err := Execute(context.Background(), linearStudy(t), &Options{Store: NewStore(dir, "p")})
	require.NoError(t, err)
	assert.Equal(t, len(whole.Runs), merged.Reused)
	assert.Equal(t, whole.Ladders, merged.Ladders)

	_, err = Execute(context.Background(), linearStudy(t), &Options{Shard: Shard{4, 3}})
	assert.ErrorContains(t, err, "shard 4/3")
}

func TestStorePrune(t *testing.T) {
	s, dir := linearStudy(t), t.TempDir()
	store := NewStore(dir, "p")
	r, err := Execute(context.Background(), s, &Options{Store: store})
	require.NoError(t, err)
	keep := *r
	keep.Runs = r.Runs[1:]
	require.NoError(t, store.Prune(&keep))
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	assert.Len(t, left, 2*len(keep.Runs))
	assert.NoFileExists(t, filepath.Join(dir, statesPath(r.Runs[0].ID)))
}

func TestDigest(t *testing.T) {
	m := fixtureModel(8)
	same := fixtureModel(8)
	seen := map[string]string{}
	add := func(what string, values ...any) {
		t.Helper()
		d, err := digest(values...)
		require.NoError(t, err, what)
		if other, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", what, other)
		}
		seen[d] = what
	}
	a, err := digest(m)
	require.NoError(t, err)
	b, err := digest(same)
	require.NoError(t, err)
	assert.Equal(t, a, b, "two models built alike")

	add("a model", m)
	same.Blocks[1].Block = &transformer.MLPLabel{Activation: "relu"}
	add("another activation", same)
	same = fixtureModel(8)
	same.Prompts.Label[1] = 0.7
	add("another label", same)
	add("a scheme", &pde.Upwind{CFL: 0.4})
	add("another scheme", &pde.MUSCL{CFL: 0.4})
	add("a scheme's other option", &pde.Upwind{CFL: 0.3})
	add("a nested scheme", pde.JKO{Step: 0.1, Inner: &pde.Variational{}})
	add("lists", []float64{1, 2}, []float64{3})
	add("other lists", []float64{1}, []float64{2, 3})
	add("words", "ab", "c")
	add("other words", "a", "bc")
	add("a map", map[string]int{"a": 1, "b": 2})
	add("another map", map[string]int{"a": 2, "b": 1})
	add("an axis", grid.Axis{Lo: 0, Hi: 1, N: 3})
	_, err = digest(func() {})
	assert.Error(t, err)
	type ring struct{ next *ring }
	loop := &ring{}
	loop.next = loop
	_, err = digest(loop)
	assert.Error(t, err)
}

// Whatever pde.Contracts records comes back from a store.
func TestSummaryKeepsEveryContract(t *testing.T) {
	run := fixtureRun("a", Grid, "muscl", 0.1)
	c := reflect.ValueOf(&run.Trajectory.Contracts).Elem()
	for i := range c.NumField() {
		switch f := c.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(int64(i + 1))
		case reflect.Float64:
			f.SetFloat(float64(i) + 0.5)
		default:
			t.Fatalf("%s: how does a summary keep a %s?", c.Type().Field(i).Name, f.Kind())
		}
	}
	b, err := json.Marshal(summariseRun(run))
	require.NoError(t, err)
	var back summaryRun
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, run.Trajectory.Contracts, back.run().Trajectory.Contracts)
}
