package exact_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/exact"
)

// TestBarenblattRadius compares with the figures of ../shared/peers.md, P2: in two
// dimensions, m = 2, the radius doubles from 0.2 in 2.3561944902e-3, and the peak is
// 15.9 before and 3.979 after.
func TestBarenblattRadius(t *testing.T) {
	b := &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0.5, 0.5}, Radius: 0.2}
	require.NoError(t, b.Validate())
	near(t, 2.3561944902e-3, b.Facts().Horizon, 1e-10, "horizon")
	near(t, 0.4, b.RadiusAt(b.Facts().Horizon), 1e-14, "radius")
	g := newGrid(t, grid.Axis{Lo: 0, Hi: 1, N: 257}, grid.Axis{Lo: 0, Hi: 1, N: 257})
	for tau, peak := range map[float64]float64{0: 2 / (math.Pi * 0.04), 2.3561944902e-3: 2 / (math.Pi * 0.16)} {
		rho, err := b.Density(tau, g)
		require.NoError(t, err)
		assert.InEpsilon(t, peak, rho.Values[g.Len()/2], 1e-4) // h²/R² within the cell
	}
}

// TestDomeAverages: the cell averages of Barenblatt profiles and discs in one to
// three dimensions tile: those of a coarse grid are the means of those of a fine one.
// Second moments are R² d/(d + 2 + 2p).
func TestDomeAverages(t *testing.T) {
	for _, c := range []struct {
		name   string
		s      exact.Solution
		dim    int
		p, tol float64
	}{
		{"m = 2 on a line", &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0.1}, Radius: 1}, 1, 1, 1e-14},
		{"m = 3 on a line", &exact.Barenblatt{Exponent: 3, Coefficient: 1, Center: []float64{0.1}, Radius: 1}, 1, 0.5, 1e-14},
		{"m = 1.4 in a plane", &exact.Barenblatt{Exponent: 1.4, Coefficient: 1, Center: []float64{0.1, -0.1}, Radius: 1}, 2, 2.5, 1e-11},
		{"m = 2 in a plane", &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0.1, -0.1}, Radius: 1}, 2, 1, 1e-11},
		{"m = 3 in a plane", &exact.Barenblatt{Exponent: 3, Coefficient: 1, Center: []float64{0.1, -0.1}, Radius: 1}, 2, 0.5, 1e-11},
		{"disc", &exact.Disc{Repulsion: 1, Radius: 1}, 2, 0, 1e-11},
		{"semicircle", &exact.Semicircle{Repulsion: 1, Radius: 1}, 1, 0.5, 1e-14},
		{"m = 2 in space", &exact.Barenblatt{Exponent: 2, Coefficient: 1, Center: []float64{0.1, -0.1, 0}, Radius: 1}, 3, 1, 1e-9},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := []int{0, 20, 12, 4}[c.dim]
			at := func(n int) *grid.Density {
				axes := make([]grid.Axis, c.dim)
				for k := range axes {
					axes[k] = grid.Axis{Lo: -1.2, Hi: 1.3, N: n}
				}
				rho, err := c.s.Density(0, newGrid(t, axes...))
				require.NoError(t, err)
				return rho
			}
			coarse, fine := at(n), at(2*n)
			means := make([]float64, len(coarse.Values))
			for i, v := range fine.Values {
				j := 0
				for k := range c.dim {
					j += i / fine.Grid.Stride(k) % (2 * n) / 2 * coarse.Grid.Stride(k)
				}
				means[j] += v / float64(int(1)<<c.dim)
			}
			for i, v := range means {
				near(t, coarse.Values[i], v, c.tol, "average")
			}
			if c.dim == 1 {
				mean := fine.Mean()[0]
				h := fine.Grid.Axis(0).H()
				want := float64(c.dim) / (float64(c.dim) + 2 + 2*c.p)
				assert.InDelta(t, want, fine.Moment(0, 2)-mean*mean, 2*h*h)
			}
		})
	}
}

// TestDoubleWellGap compares the gap with a 60-digit shooting method and with finite
// volumes: the second eigenvalue of the symmetrised Scharfetter–Gummel matrix on n
// cells, extrapolated from n = 200, 400 (error of second order, then fourth).
func TestDoubleWellGap(t *testing.T) {
	s := exact.NewDoubleWell()
	near(t, 0.42294464539775721708, s.Gap(), 1e-12, "gap")
	for _, c := range []float64{0.1, 0.5, 2} {
		s := &exact.DoubleWell{Coefficient: c}
		_, hi, err := s.Box(0)
		require.NoError(t, err)
		second := func(n int) float64 {
			h := 2 * hi[0] / float64(n)
			v := func(x float64) float64 { return (x*x - 1) * (x*x - 1) / 4 }
			a := mat.NewSymDense(n, nil)
			for i := range n - 1 {
				x := -hi[0] + h*(float64(i)+0.5)
				// The conductance c e^{−V(face)/c}/h² between cells of weight e^{−V/c}.
				g := func(y float64) float64 { return c / (h * h) * math.Exp((v(y)-v(x+h/2))/c) }
				left, right := g(x), g(x+h)
				a.SetSym(i, i, a.At(i, i)+left)
				a.SetSym(i+1, i+1, a.At(i+1, i+1)+right)
				a.SetSym(i, i+1, -math.Sqrt(left*right))
			}
			var e mat.EigenSym
			require.True(t, e.Factorize(a, false))
			return e.Values(nil)[1]
		}
		coarse, fine := second(100), second(200)
		assert.InEpsilon(t, (4*fine-coarse)/3, s.Gap(), 2e-4)
	}
}

// TestLogGasRest: at R² = a/(2k) the gases are at rest, and without confinement R²
// grows by 4g and 2g a unit of time.
func TestLogGasRest(t *testing.T) {
	semicircle := &exact.Semicircle{Confinement: 2, Repulsion: 3, Radius: math.Sqrt(3)}
	disc := &exact.Disc{Confinement: 2, Repulsion: 3, Radius: math.Sqrt(1.5)}
	assert.Equal(t, exact.Rest, semicircle.Facts().Known)
	assert.Equal(t, exact.Rest, disc.Facts().Known)
	near(t, semicircle.Radius, semicircle.RadiusAt(5), 1e-14, "radius")
	near(t, disc.Radius, disc.RadiusAt(5), 1e-14, "radius")
	near(t, math.Sqrt(1+4*3*0.5), (&exact.Semicircle{Repulsion: 3, Radius: 1}).RadiusAt(0.5), 1e-14, "radius")
	near(t, math.Sqrt(1+2*3*0.5), (&exact.Disc{Repulsion: 3, Radius: 1}).RadiusAt(0.5), 1e-14, "radius")
}

// TestKellerSegelMoment: the second moment grows by 4 without attraction, rests at
// the critical sensitivity and falls above.
func TestKellerSegelMoment(t *testing.T) {
	for x, rate := range map[float64]float64{1e-300: 4, 8 * math.Pi: 0, 16 * math.Pi: -4} {
		s := &exact.KellerSegel{Sensitivity: x, Center: []float64{1, 2}, Variance: 0.5}
		require.NoError(t, s.Validate())
		near(t, 6+rate*0.1, s.SecondMoment(0.1), 1e-14, "second moment")
	}
	_, err := exact.NewKellerSegel().Density(0.1, newGrid(t, grid.Axis{Lo: -4, Hi: 4, N: 8}, grid.Axis{Lo: -4, Hi: 4, N: 8}))
	assert.ErrorContains(t, err, "only the moments")
}

// TestAdopt: parameters are read off a problem, and what is not of the kind is
// refused.
func TestAdopt(t *testing.T) {
	law := &grid.Gaussian{Mean: []float64{1, 2}, Covariance: [][]float64{{0.5, 0.1}, {0.1, 0.3}}}
	energy := pde.Sum{
		&pde.Potential{Formula: "x^2/2 + 0.3*x*y + 7"},
		pde.Sum{pde.Potential{Formula: "y^2"}, &pde.Entropy{Coefficient: 0.5}}, pde.Entropy{Coefficient: 0.25},
	}
	var o exact.OrnsteinUhlenbeck
	require.NoError(t, o.Adopt(energy, law))
	assert.Equal(t, 0.75, o.Coefficient)
	assert.Equal(t, *law, o.Initial)
	for i, row := range [][]float64{{1, 0.3}, {0.3, 2}} {
		for j, want := range row {
			near(t, want, o.Drift[i][j], 1e-13, "drift")
		}
	}
	assert.ErrorContains(t, new(exact.Heat).Adopt(energy, law), "ornstein-uhlenbeck")
	assert.ErrorContains(t, new(exact.Contraction).Adopt(energy, law), "ornstein-uhlenbeck")
	require.NoError(t, new(exact.Heat).Adopt(pde.Entropy{Coefficient: 2}, law))
	require.NoError(t, new(exact.Contraction).Adopt(pde.Potential{Formula: "x*y"}, law))
	for formula, want := range map[string]string{"x + y^2": "about the origin", "x^4": "about the origin", "x*z": "unknown name"} {
		assert.ErrorContains(t, o.Adopt(pde.Potential{Formula: formula}, law), want)
	}
	assert.ErrorContains(t, o.Adopt(pde.PorousMedium{Exponent: 2, Coefficient: 1}, law), "PorousMedium")
	assert.ErrorContains(t, o.Adopt(energy, &grid.Bump{}), "Bump")
}

// TestTails: a box that cuts little of a Gaussian is filled as the wider one is, and
// one that cuts more than 1e-6 is refused.
func TestTails(t *testing.T) {
	h := exact.NewHeat()
	narrow := newGrid(t, grid.Axis{Lo: 0.3 - 2.75, Hi: 0.3 + 2.75, N: 55}) // 5.5 standard deviations
	wide := newGrid(t, grid.Axis{Lo: 0.3 - 3.75, Hi: 0.3 + 3.75, N: 75})
	a, err := h.Density(0, narrow)
	require.NoError(t, err)
	b, err := h.Density(0, wide)
	require.NoError(t, err)
	near(t, 1, a.Mass(), 1e-15, "mass")
	for i, v := range a.Values {
		assert.InEpsilon(t, b.Values[i+10], v, 1e-7)
	}
	_, err = h.Density(0, newGrid(t, grid.Axis{Lo: -2, Hi: 2, N: 40}))
	assert.ErrorContains(t, err, "widen the axis")
}

// TestOrderOnRough: what is left of a declared order on a solution with an edge.
func TestOrderOnRough(t *testing.T) {
	assert.Equal(t, 2.0, exact.Facts{}.Order(2))
	assert.Equal(t, 0.5, exact.Facts{Regularity: 1}.Order(1))
	near(t, 4./3, exact.Facts{Regularity: 2}.Order(2), 1e-15, "order")
	assert.Equal(t, 2.0, exact.Facts{Regularity: 5, EnergyOrder: 2}.Order(5))
}

// TestFastDiffusionProfile: the second moment of ρ and the energy, by sums over cells whose
// errors of second order are extrapolated away, are those of the closed forms, R² d/(2p − d − 2)
// and Value; the marginal of the profile in a plane and in space is the one on the line with an
// exponent p less by a half an axis.
func TestFastDiffusionProfile(t *testing.T) {
	for _, c := range []struct {
		m, width float64
		center   []float64
		n        int
	}{
		{0.9, 6, []float64{0.1}, 80}, {0.8, 30, []float64{0.1}, 80}, {0.9, 6, []float64{0.1, -0.2}, 40},
		{0.75, 60, []float64{0.3, 0}, 60}, {0.9, 4, []float64{0, 0.1, -0.1}, 20},
	} {
		dim := len(c.center)
		b := &exact.Barenblatt{Exponent: c.m, Coefficient: 0.7, Center: c.center, Radius: 1}
		on := func(n int) *grid.Density {
			axes := make([]grid.Axis, dim)
			for k := range axes {
				axes[k] = grid.Axis{Lo: -c.width, Hi: c.width, N: n, Grading: grid.Sinh{Scale: 1}}
			}
			rho, err := b.Density(0, newGrid(t, axes...))
			require.NoError(t, err)
			return rho
		}
		sums := func(rho *grid.Density) (square, energy float64) {
			g := rho.Grid
			x := make([]float64, dim)
			for i, r := range rho.Values {
				g.Center(x, i)
				for k, y := range x {
					square += r * g.Volume(i) * (y - c.center[k]) * (y - c.center[k])
				}
				energy += b.Coefficient / (b.Exponent - 1) * math.Pow(r, b.Exponent) * g.Volume(i)
			}
			return square, energy
		}
		fine := on(2 * c.n)
		coarseSquare, coarseEnergy := sums(on(c.n))
		square, energy := sums(fine)
		n, p := float64(dim), 1/(1-c.m)
		assert.InEpsilon(t, n/(2*p-n-2), (4*square-coarseSquare)/3, 1e-2, "%+v", b)
		want, err := b.Value(0)
		require.NoError(t, err)
		assert.InEpsilon(t, want, (4*energy-coarseEnergy)/3, 1e-2, "%+v", b)
		if dim == 1 {
			continue
		}
		g := fine.Grid
		line := &exact.Barenblatt{Exponent: 1 - 1/(p-(n-1)/2), Coefficient: 1, Center: c.center[:1], Radius: 1}
		marginal, err := line.Density(0, newGrid(t, g.Axis(0)))
		require.NoError(t, err)
		for i, r := range marginal.Values {
			sum := 0.0
			for j := range g.Stride(0) {
				sum += fine.Values[i*g.Stride(0)+j] * g.Volume(i*g.Stride(0)+j)
			}
			near(t, r*g.Axis(0).Width(i), sum, 1e-8, "marginal")
		}
	}
}

// TestFastDiffusionEquation: the cell averages satisfy ∂_τρ = c Δρ^m, by central differences
// in time and space whose error falls with h².
func TestFastDiffusionEquation(t *testing.T) {
	for b, half := range map[*exact.Barenblatt]float64{
		{Exponent: 0.9, Coefficient: 0.7, Center: []float64{0.1}, Radius: 1}:       9,
		{Exponent: 0.8, Coefficient: 0.7, Center: []float64{0.1}, Radius: 1}:       30,
		{Exponent: 0.9, Coefficient: 0.7, Center: []float64{0.1, -0.2}, Radius: 1}: 9,
		{Exponent: 1.5, Coefficient: 0.7, Center: []float64{0.1, -0.2}, Radius: 6}: 11, // in the middle of its support
	} {
		residual := func(n int) float64 {
			axes := make([]grid.Axis, len(b.Center))
			for k := range axes {
				axes[k] = grid.Axis{Lo: -half, Hi: half, N: n}
			}
			g := newGrid(t, axes...)
			const dt = 1e-4
			tau := 0.3 * b.Facts().Horizon
			at := func(tau float64) []float64 {
				rho, err := b.Density(tau, g)
				require.NoError(t, err)
				return rho.Values
			}
			before, now, after := at(tau-dt), at(tau), at(tau+dt)
			worst, top := 0.0, 0.0
			x := make([]float64, g.Dim())
			for i, r := range now {
				g.Center(x, i)
				inside := true
				for _, y := range x {
					inside = inside && math.Abs(y) < 1.5
				}
				if !inside {
					continue
				}
				change, laplacian := (after[i]-before[i])/(2*dt), 0.0
				for k := range axes {
					h, s := g.Axis(k).H(), g.Stride(k)
					laplacian += (math.Pow(now[i+s], b.Exponent) - 2*math.Pow(r, b.Exponent) + math.Pow(now[i-s], b.Exponent)) / (h * h)
				}
				worst, top = max(worst, math.Abs(change-b.Coefficient*laplacian)), max(top, math.Abs(change))
			}
			return worst / top
		}
		n := []int{800, 120}[len(b.Center)-1]
		coarse, fine := residual(n), residual(2*n)
		assert.Less(t, fine, 2e-2, "%+v", b)
		assert.InDelta(t, 2, math.Log2(coarse/fine), 0.15, "%+v: %g, %g", b, coarse, fine)
	}
}

// TestFastDiffusionRefuses: where the exponent lets the energy or the mass run out, and
// where the box cuts the tails, that is said.
func TestFastDiffusionRefuses(t *testing.T) {
	for dim, least := range map[int]string{1: "0.3333", 2: "0.5", 3: "0.6", 4: "0.6667"} {
		b := &exact.Barenblatt{Exponent: float64(dim) / float64(dim+2), Coefficient: 1, Center: make([]float64, dim), Radius: 1}
		assert.ErrorContains(t, b.Validate(), "d/(d + 2) = "+least)
	}
	b := &exact.Barenblatt{Exponent: 1, Coefficient: 1, Center: []float64{0}, Radius: 1}
	assert.ErrorContains(t, b.Validate(), "heat")
	b.Exponent = 0.5
	_, err := b.Density(0, newGrid(t, grid.Axis{Lo: -9, Hi: 9, N: 90}))
	assert.ErrorContains(t, err, "lies outside the box")
	_, err = (&exact.Barenblatt{Exponent: 0.61, Coefficient: 1, Center: []float64{0, 0, 0}, Radius: 1}).Iterate(0.1, 1)
	assert.ErrorContains(t, err, "displacement convex")
}
