package exact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
	"pdesolve/pde"
)

// gaussianBox is the half width, in standard deviations, of the box of a
// Gaussian solution. The mass beyond it is below 4e-14 an axis and side.
const gaussianBox = 7.5

// OrnsteinUhlenbeck is the exact flow of a Gaussian under a quadratic potential
// and entropy, on R^d with d = 1 … 4 (derived):
//
//	∂_τρ = ∇·(ρ H x) + c Δρ,    F(ρ) = ∫ ½ xᵀHx ρ + c ∫ ρ log ρ.
//
// ρ stays Gaussian with mean e^{−Hτ} m and covariance
//
//	e^{−Hτ} Σ e^{−Hτ} + 2c ∫₀^τ e^{−2Hs} ds.
//
// Its moments solve dm/dτ = −Hm and dΣ/dτ = −HΣ − ΣH + 2cI. H = 0 is the heat
// equation, c = 0 a linear transport.
type OrnsteinUhlenbeck struct {
	Drift       [][]float64   `yaml:"drift"`       // H, symmetric, of either sign
	Coefficient float64       `yaml:"coefficient"` // c, at least 0
	Initial     grid.Gaussian `yaml:"initial"`     // mean m and covariance Σ at τ = 0
}

// NewOrnsteinUhlenbeck returns the example that Solutions holds: correlated
// initial data off the center of an anisotropic well, in two dimensions.
func NewOrnsteinUhlenbeck() *OrnsteinUhlenbeck {
	return &OrnsteinUhlenbeck{
		Drift:       [][]float64{{1, 0.3}, {0.3, 0.6}},
		Coefficient: 0.5,
		Initial:     grid.Gaussian{Mean: []float64{1, -0.5}, Covariance: [][]float64{{0.4, 0.1}, {0.1, 0.3}}},
	}
}

func init() {
	Solutions.Add("ornstein-uhlenbeck", func() Solution { return NewOrnsteinUhlenbeck() })
}

// Name returns "ornstein-uhlenbeck".
func (o *OrnsteinUhlenbeck) Name() string { return "ornstein-uhlenbeck" }

// Summary says in a line what the flow is.
func (o *OrnsteinUhlenbeck) Summary() string { return "quadratic potential and entropy; a Gaussian" }

// Facts returns the horizon 0.5.
func (o *OrnsteinUhlenbeck) Facts() Facts { return Facts{Horizon: 0.5, Source: "derived"} }

// Energy returns the potential ½ xᵀHx, plus the entropy if c > 0, of one component.
func (o *OrnsteinUhlenbeck) Energy() (energy pde.Energy, components int) {
	potential := pde.Potential{Func: func(x []float64) float64 {
		var v float64
		for i, row := range o.Drift {
			for j, h := range row {
				v += h * x[i] * x[j] / 2
			}
		}
		return v
	}}
	if o.Coefficient == 0 {
		return potential, 1
	}
	return pde.Sum{potential, pde.Entropy{Coefficient: o.Coefficient}}, 1
}

// Validate reports what makes the description unusable: an initial law that is
// not a Gaussian in 1 to 4 dimensions, a drift that is not a symmetric (to 1e-12
// of its largest entry), finite matrix of that size, a coefficient below 0.
func (o *OrnsteinUhlenbeck) Validate() error {
	if err := o.Initial.Validate(); err != nil {
		return fmt.Errorf("initial: %w", err)
	}
	d := o.Initial.Dim()
	if d > grid.MaxDim {
		return fmt.Errorf("initial: %d coordinates: want 1 to %d", d, grid.MaxDim)
	}
	if len(o.Drift) != d {
		return fmt.Errorf("drift: %d rows: want %d, the length of the mean", len(o.Drift), d)
	}
	var size float64
	for i, row := range o.Drift {
		if len(row) != d {
			return fmt.Errorf("drift: row %d has %d numbers: want %d", i, len(row), d)
		}
		for j, h := range row {
			if math.IsNaN(h) || math.IsInf(h, 0) {
				return fmt.Errorf("drift: entry (%d, %d): %v is not finite", i, j, h)
			}
			size = max(size, math.Abs(h))
		}
	}
	for i, row := range o.Drift {
		for j := range i {
			if t := o.Drift[j][i]; math.Abs(row[j]-t) > 1e-12*size {
				return fmt.Errorf("drift: not symmetric: entry (%d, %d) is %v but (%d, %d) is %v", i, j, row[j], j, i, t)
			}
		}
	}
	if c := o.Coefficient; !(c >= 0) || math.IsInf(c, 0) {
		return fmt.Errorf("coefficient: %v: want a finite number of at least 0", c)
	}
	return nil
}

// Law returns the Gaussian at τ. It fails on an invalid description and where
// the Gaussian is so wide or so thin that float64 does not hold it. It panics
// unless τ is finite and at least 0.
func (o *OrnsteinUhlenbeck) Law(tau float64) (*grid.Gaussian, error) {
	checkTime(tau)
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("exact: ornstein-uhlenbeck: %w", err)
	}
	d := o.Initial.Dim()
	h, vectors := o.eigen()
	// In the eigenbasis of H: Σ_ij e^{−(h_i + h_j)τ} + 2c τ φ(2 h_i τ) δ_ij, φ(x) = (1 −
	// e^{−x})/x.
	var mean mat.VecDense
	mean.MulVec(vectors.T(), mat.NewVecDense(d, o.Initial.Mean))
	var sigma mat.Dense
	sigma.Product(vectors.T(), dense(o.Initial.Covariance), vectors)
	for i := range d {
		mean.SetVec(i, mean.AtVec(i)*math.Exp(-h[i]*tau))
		for j := range d {
			sigma.Set(i, j, sigma.At(i, j)*math.Exp(-(h[i]+h[j])*tau))
		}
		grown := 1.0
		if x := 2 * h[i] * tau; x != 0 {
			grown = -math.Expm1(-x) / x
		}
		sigma.Set(i, i, sigma.At(i, i)+2*o.Coefficient*tau*grown)
	}
	mean.MulVec(vectors, mat.VecDenseCopyOf(&mean))
	sigma.Product(vectors, mat.DenseCopyOf(&sigma), vectors.T())
	law := &grid.Gaussian{Mean: mean.RawVector().Data, Covariance: make([][]float64, d)}
	for i := range d {
		law.Covariance[i] = make([]float64, d)
		for j := range d {
			law.Covariance[i][j] = (sigma.At(i, j) + sigma.At(j, i)) / 2
		}
	}
	if err := law.Validate(); err != nil {
		return nil, fmt.Errorf("exact: ornstein-uhlenbeck at τ = %v: %w", tau, err)
	}
	return law, nil
}

// Density returns the cell averages at τ; see grid.Gaussian.Average for their
// error. It fails like Law, and if more than 1e-6 of the mass lies outside g's
// box.
func (o *OrnsteinUhlenbeck) Density(tau float64, g *grid.Grid) (*grid.Density, error) {
	if g == nil {
		panic("exact: OrnsteinUhlenbeck.Density: the grid is nil")
	}
	law, err := o.Law(tau)
	if err != nil {
		return nil, err
	}
	return averages(law, g, fmt.Sprintf("%s at τ = %v", o.Name(), tau))
}

// Value returns F(ρ_τ) = ½ (mᵀHm + tr HΣ) − (c/2) log det(2πe Σ), m and Σ at τ. It
// fails like Law.
func (o *OrnsteinUhlenbeck) Value(tau float64) (float64, error) {
	law, err := o.Law(tau)
	if err != nil {
		return 0, err
	}
	var potential float64
	for i, row := range o.Drift {
		for j, h := range row {
			potential += h * (law.Mean[i]*law.Mean[j] + law.Covariance[i][j]) / 2
		}
	}
	if o.Coefficient == 0 {
		return potential, nil
	}
	logDet, _ := mat.LogDet(dense(law.Covariance))
	return potential - o.Coefficient/2*(logDet+float64(law.Dim())*(1+math.Log(2*math.Pi))), nil
}

// Box returns a box that holds all but 1e-12 of the mass at τ. It fails like Law.
func (o *OrnsteinUhlenbeck) Box(tau float64) (lo, hi []float64, err error) {
	law, err := o.Law(tau)
	if err != nil {
		return nil, nil, err
	}
	lo, hi = boxOf(law)
	return lo, hi, nil
}

// boxOf returns the box of gaussianBox standard deviations around the mean.
func boxOf(law *grid.Gaussian) (lo, hi []float64) {
	lo, hi = make([]float64, law.Dim()), make([]float64, law.Dim())
	for k, m := range law.Mean {
		half := gaussianBox * math.Sqrt(law.Covariance[k][k])
		lo[k], hi[k] = m-half, m+half
	}
	return lo, hi
}

// eigen returns the eigenvalues and orthonormal eigenvectors of H.
func (o *OrnsteinUhlenbeck) eigen() (values []float64, vectors *mat.Dense) {
	d := len(o.Drift)
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := range i + 1 {
			sym.SetSym(i, j, (o.Drift[i][j]+o.Drift[j][i])/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		panic("exact: ornstein-uhlenbeck: the symmetric drift has no eigenvalues")
	}
	vectors = new(mat.Dense)
	e.VectorsTo(vectors)
	return e.Values(nil), vectors
}

// dense returns the square matrix with the given rows.
func dense(rows [][]float64) *mat.Dense {
	m := mat.NewDense(len(rows), len(rows), nil)
	for i, row := range rows {
		m.SetRow(i, row)
	}
	return m
}

// Variants returns a well off the initial mean in one dimension, and in three a
// correlated Gaussian in an anisotropic well whose axes are turned against the grid's.
func (o *OrnsteinUhlenbeck) Variants() []NamedSolution {
	return []NamedSolution{
		{"1d", &OrnsteinUhlenbeck{
			Drift: [][]float64{{1}}, Coefficient: 1,
			Initial: grid.Gaussian{Mean: []float64{1.5}, Covariance: [][]float64{{0.25}}},
		}},
		{"3d", &OrnsteinUhlenbeck{
			Drift: [][]float64{{1, 0.3, -0.2}, {0.3, 0.7, 0.1}, {-0.2, 0.1, 0.8}}, Coefficient: 0.5,
			Initial: grid.Gaussian{Mean: []float64{0.3, -0.2, 0.1}, Covariance: [][]float64{{0.5, 0.1, 0}, {0.1, 0.6, -0.1}, {0, -0.1, 0.7}}},
		}},
	}
}
