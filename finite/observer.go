package finite

import "pdesolve/pde"

// Step says what one step of a Dynamics did.
type Step struct {
	Time        float64 // training time at the end of the step
	Dt          float64 // training time advanced
	Energy      float64 // F at the end of the step; NaN if the dynamics does not evaluate it
	Rejected    int     // attempts thrown away before this step
	Evaluations int     // gradients taken for the step and its rejected attempts
}

// Observer is a functional that wants to know how it is being descended.
// Simulate hands one to Train; a Dynamics that can says what it does.
type Observer interface {
	pde.AtomFunctional
	// Carry is called once, before anything is saved, with pointers to all that the
	// dynamics carries from step to step, the atoms among it: *float64, *int, *bool and
	// *[]float64, whose lengths stay. If it returns true they have been filled with those of
	// a run that was stopped after a step, and the dynamics goes on from there; the times
	// before are saved already.
	Carry(state ...any) bool
	// Stepped is called after every step taken.
	Stepped(Step)
	// Dissipated is called before each save but the first with ∫D dτ from time 0 to
	// the saved time, D = Σ_c Weight(c) Σ_m w_m|∇Ψ_c|², by a dynamics that integrates it.
	Dissipated(total float64)
	// Stopped is called by a dynamics that ctx ends, when all that it carries is again as it
	// was after the last step: the gradients taken since, unfinished, are lost.
	Stopped(unfinished int)
	// Kept is called by a dynamics that diverges and has put the atoms back to the last
	// good state, which was reached at the given time.
	Kept(time float64)
	// Unwrap returns the functional that is observed, which may have further
	// methods.
	Unwrap() pde.AtomFunctional
}

// Dissipation returns D = Σ_c Weight(c) Σ_m w_m |grad_{c,m}|² for gradients laid out
// like e.Theta. It panics if the lengths differ.
func Dissipation(f pde.AtomFunctional, grad []float64, e *pde.Ensemble) float64 {
	if len(grad) != len(e.Theta) {
		panic("finite: Dissipation: grad and e differ in length")
	}
	var total float64
	at := 0
	for c := range e.Component {
		a := &e.Component[c]
		var sum float64
		for range a.Dim {
			g := grad[at : at+a.N]
			for m, w := range a.Weight {
				sum += w * (g[m] * g[m])
			}
			at += a.N
		}
		total += f.Weight(c) * sum
	}
	return total
}
