package compare

import (
	"encoding/json"
	"math"
)

// The axes of a VerifyRow.
const (
	SpaceAxis = "space"
	TimeAxis  = "time"
)

// VerifyRow is the order of one scheme on one exact solution along one axis.
type VerifyRow struct {
	Case, Scheme string
	Axis         string
	// Declared is the order that the scheme claims here: the declared one, or what
	// exact.Facts.Order leaves of it on a solution that is not smooth and pde.Caveats
	// where the walls are part of the model.
	Declared float64
	// Finest is the order between the two finest levels, Fitted the least-squares slope
	// over all levels, Limit where the slopes tend to. NaN (null in JSON) if it cannot be
	// measured; Note says why.
	Finest, Fitted, Limit float64
	// HalfWidth is that of Student's 95 % interval of Fitted; NaN if that was not measured.
	HalfWidth float64
	// Measured is the one that decides; see VerifyRule.
	Measured float64
	Errors   []float64 // L¹ at the end (relative error of the second moment's change, where only moments are known)
	Levels   []float64 // cells an axis, or on TimeAxis and FlowAxis steps until the end
	End      float64   // training time at which the errors are taken
	// W1 and W2 are the Wasserstein distances at the finest level; NaN but in space
	// and one dimension, where they are cheap.
	W1, W2     float64
	MassError  float64 // see pde.Contracts; the worst of all levels
	Min        float64
	EnergyRise float64
	Pass       bool
	Note       string // why the row does not pass, or why nothing was measured
}

// MarshalJSON writes the keys that `pdesolve verify --json` promises. What is not a
// number is null.
func (r VerifyRow) MarshalJSON() ([]byte, error) {
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	row := struct {
		Case       string    `json:"case"`
		Scheme     string    `json:"scheme"`
		Axis       string    `json:"axis"`
		Declared   float64   `json:"declared"`
		Measured   *float64  `json:"measured"`
		Finest     *float64  `json:"finest"`
		Fitted     *float64  `json:"fitted"`
		HalfWidth  *float64  `json:"half_width"`
		Limit      *float64  `json:"limit"`
		Errors     []float64 `json:"errors"`
		Levels     []float64 `json:"levels"`
		End        float64   `json:"end"`
		W1         *float64  `json:"w1"`
		W2         *float64  `json:"w2"`
		MassError  float64   `json:"mass_error"`
		Min        *float64  `json:"min"`
		EnergyRise float64   `json:"energy_rise"`
		Pass       bool      `json:"pass"`
		Note       string    `json:"note"`
	}{
		r.Case, r.Scheme, r.Axis, r.Declared, number(r.Measured), number(r.Finest), number(r.Fitted), number(r.HalfWidth), number(r.Limit), r.Errors, r.Levels, r.End,
		number(r.W1), number(r.W2), r.MassError, number(r.Min), r.EnergyRise, r.Pass, r.Note,
	}
	if row.Errors == nil {
		row.Errors, row.Levels = []float64{}, []float64{}
	}
	return json.Marshal(row)
}
