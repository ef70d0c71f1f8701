package pde

// Trajectory is a curve of states: what Solve and finite.Simulate return. All
// slices over saved times have the length of Time.
type Trajectory struct {
	Time        []float64   // saved training times, the first is 0
	Energy      []float64   // F, the objective Q of a Transformer
	Dissipation []float64   // Σ_c Weight(c) ∫ ρ_c|∇Ψ_c|²
	Residual    []float64   // energy-dissipation residual of the interval that ends at Time[s]; 0 first
	Risk        []float64   // R; nil unless the energy is a Learner
	Output      [][]float64 // read-out of each prompt; nil unless the energy is a Learner
	States      []State     // densities, of a grid run
	Ensembles   []*Ensemble // atoms, of a particle run
	Contracts   Contracts
	// Steady says that the run ended at the last Time because the flow is at rest to
	// within Options.UntilResidual.
	Steady   bool
	Warnings []string // what makes the result deserve doubt; see Solve
}

// Contracts records how well a run kept what every scheme promises. Each field
// is the worst value over all steps and components.
type Contracts struct {
	MassError   float64 // largest relative change of a component's mass since the start
	MinDensity  float64 // smallest cell average
	EnergyRise  float64 // largest rise of F over one step, relative to max(1, |F| at the start); 0 if never
	Residual    float64 // largest |ΔF + ∫Dissipation dτ| over the saved intervals, relative to the total fall of F
	WallMass    float64 // largest mass in the outermost cells of one side of the box
	Certificate float64 // implicit schemes: largest StepReport.Residual
	Tolerance   float64 // largest StepReport.Tolerance
	Uncertified int     // steps whose Residual is above their Tolerance
	Gap         float64 // largest StepReport.Gap
	Iterations  int     // sum of StepReport.Iterations
	Steps       int
	Evaluations int
	Rejections  int     // attempts that were redone with a shorter step
	Limited     int     // cells, over all stages, in which a positivity limiter reduced the fluxes
	MaxDt       float64 // largest step taken
	Motion      float64 // ‖∂ρ/∂τ‖₁ over the last step; 0 unless Options.UntilResidual is given
	// Concentration is the largest share of a component's mass in its 2^d heaviest
	// cells, d the dimension, at a saved time. Above a half it is warned of.
	Concentration float64
}
