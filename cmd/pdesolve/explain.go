package main

import (
	"errors"
	"fmt"

	"pdesolve/internal/experiment"
	"pdesolve/pde"
)

// explain says in the words of the experiment file where a run failed: which
// block, depth slice and parameter a component and an axis stand for.
func explain(e *experiment.Experiment, err error) error {
	m, ok := e.Model()
	if !ok || err == nil {
		return err
	}
	name := func(component int) string {
		if component == m.Components() {
			return fmt.Sprintf("component %d is the embedding", component)
		}
		i, slice := m.BlockOf(component)
		return fmt.Sprintf("component %d is block %s, depth slice %d of %d", component, m.Blocks[i].Block.Name(), slice, m.Depth)
	}
	var wall *pde.WallError
	if errors.As(err, &wall) {
		i, _ := m.BlockOf(wall.Component)
		return fmt.Errorf("%w\n%s; axis %d is its parameter %s", err, name(wall.Component), wall.Axis, m.Parameters(i)[wall.Axis])
	}
	var diverged *pde.DivergedError
	if errors.As(err, &diverged) && diverged.Component >= 0 {
		return fmt.Errorf("%w\n%s", err, name(diverged.Component))
	}
	var broken *pde.ContractError
	if errors.As(err, &broken) {
		return fmt.Errorf("%w\n%s", err, name(broken.Component))
	}
	return err
}
