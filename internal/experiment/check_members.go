package experiment

import (
	"fmt"
	"strings"
)

// maxMemberCells bounds the grids on which checkMembers evaluates formulas: beyond,
// that takes seconds, and a run says the same when it begins.
const maxMemberCells = 1 << 21

// checkMembers binds every energy of a classical flow on every grid that a solver will
// use: a formula that is not finite at some cell says at which, before anything runs.
func (e *Experiment) checkMembers() {
	seen := map[int]bool{}
	for _, s := range e.Solve {
		for _, level := range s.Levels {
			if seen[level.Cells] || level.Characteristics != nil {
				continue
			}
			seen[level.Cells] = true
			grids, err := e.grids(nil, level.Cells)
			if err != nil || grids[0].Len() > maxMemberCells {
				continue // a grid that cannot be made is reported elsewhere
			}
			for i, m := range e.Energy {
				if _, err := m.Bind(grids); err != nil {
					e.reading.complain(e.memberPath(i), trim(err))
					return
				}
			}
		}
	}
}

// memberPath returns the path of an energy's name.
func (e *Experiment) memberPath(i int) string {
	prefix := fmt.Sprintf("energy[%d].", i)
	for p := range e.reading.at {
		if name, ok := strings.CutPrefix(p, prefix); ok && !strings.Contains(name, ".") {
			return p
		}
	}
	return "energy"
}
