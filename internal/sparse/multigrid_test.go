package sparse

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// exchange returns a Transfer with random coefficients, the upper ones up to drift
// times larger, and mass 1.
func exchange(shape []int, lambda, drift float64, r *rand.Rand) *Transfer {
	t := NewTransfer(shape)
	for i := range t.Mass {
		t.Mass[i] = 1
		for k, n := range shape {
			if i/t.stride[k]%n < n-1 {
				t.Down[k][i] = lambda * (0.5 + r.Float64())
				t.Up[k][i] = t.Down[k][i] * (1 + (drift-1)*r.Float64())
			}
		}
	}
	return t
}

// dense returns t as a dense matrix, from its definition.
func dense(t *Transfer) *mat.Dense {
	n := t.Len()
	a := mat.NewDense(n, n, nil)
	add := func(i, j int, v float64) { a.Set(i, j, a.At(i, j)+v) }
	for i := range n {
		add(i, i, t.Mass[i])
		for k, m := range t.shape {
			if i/t.stride[k]%m == m-1 {
				continue
			}
			j := i + t.stride[k]
			add(i, i, t.Up[k][i])
			add(j, i, -t.Up[k][i])
			add(j, j, t.Down[k][i])
			add(i, j, -t.Down[k][i])
		}
	}
	return a
}

var shapes = [][]int{{7, 5}, {1, 6}, {8, 1}, {5, 4, 6}, {3, 2, 4, 3}}

// The product is that of the matrix of the definition, whose columns sum to the masses.
func TestTransferMul(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, shape := range shapes {
		a := exchange(shape, 3, 2, r)
		require.NoError(t, a.Factor())
		d := dense(a)
		x := make([]float64, a.Len())
		for i := range x {
			x[i] = r.NormFloat64()
		}
		want := mat.NewVecDense(len(x), nil)
		want.MulVec(d, mat.NewVecDense(len(x), x))
		got, sum, held := make([]float64, len(x)), 0.0, 0.0
		a.Mul(got, x)
		for i := range x {
			require.InDelta(t, want.AtVec(i), got[i], 1e-13, "%v", shape)
			sum += got[i]
			held += a.Mass[i] * x[i]
		}
		require.InDelta(t, held, sum, 1e-12)
		for k := range shape { // what Below says of a face is what Up says
			up, down := a.Below(k)
			for i := a.stride[k]; i < a.Len(); i++ {
				require.Equal(t, a.Up[k][i-a.stride[k]], up[i])
				require.Equal(t, a.Down[k][i-a.stride[k]], down[i])
			}
		}
	}
	require.Panics(t, func() { NewTransfer([]int{4}) })
	require.Panics(t, func() { NewTransfer([]int{4, 0}) })
}

// Both ways to use multigrid solve random systems, in a number of cycles that hardly
// depends on the strength of the exchange or on the grid. With a random drift the
// solution is as rough as the drift is strong: cycles alone then need not converge, and
// BiCGStab does.
func TestMultigridSolves(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, c := range []struct {
		shape    []int
		strength []float64
	}{
		{[]int{7, 5}, []float64{1, 1}}, {[]int{1, 6}, []float64{1, 1}}, {[]int{64, 50}, []float64{1, 1}},
		{[]int{130, 64}, []float64{4, 1}}, {[]int{16, 17, 12}, []float64{1, 1, 1}}, {[]int{8, 7, 6, 9}, []float64{1, 1, 1, 1}},
	} {
		for _, l := range []struct{ lambda, drift float64 }{{0.3, 2}, {10, 1.1}, {1000, 1}, {1000, 1.1}} {
			lambda := l.lambda
			a := exchange(c.shape, lambda, l.drift, r)
			for k, s := range c.strength {
				for i := range a.Mass {
					a.Up[k][i] *= s
					a.Down[k][i] *= s
				}
			}
			m := NewMultigrid(a, c.strength)
			require.NoError(t, m.Factor())
			b, x, y := make([]float64, a.Len()), make([]float64, a.Len()), make([]float64, a.Len())
			for i := range b {
				b[i] = r.Float64()
			}
			k, err := NewBiCGStab(a, m, &Settings{Tolerance: 1e-11}).Solve(y, b)
			require.NoError(t, err)
			require.LessOrEqual(t, k.Iterations, 25, "%v, %v", c.shape, l)
			res, err := m.Solve(x, b, 1e-11, 60)
			if lambda*(l.drift-1) > 50 && err != nil {
				continue
			}
			require.NoError(t, err, "%v, %v", c.shape, l)
			require.LessOrEqual(t, res.Iterations, 45, "%v, %v", c.shape, l)
			back, total, norm := make([]float64, len(b)), 0.0, 0.0
			a.Mul(back, x)
			for i := range b {
				norm += math.Abs(b[i])
				total += math.Abs(back[i] - b[i])
				require.InDelta(t, x[i], y[i], 1e-7)
			}
			require.InDelta(t, res.Residual*norm, total, 1e-13*norm*(1+lambda))
		}
	}
}

// Where the unknown is smooth it is accurate relative to its own size, also in cells
// whose mass is a millionth of a millionth of a millionth of others'.
func TestMultigridIsAccurateInTails(t *testing.T) {
	const n = 96
	a := NewTransfer([]int{n, n})
	at := func(i int) float64 { return 9 * (float64(i)/n - 0.5) }
	rho := func(i int) float64 { return math.Exp(-at(i/n)*at(i/n) - at(i%n)*at(i%n)) }
	exact := make([]float64, a.Len())
	for i := range exact {
		a.Mass[i] = rho(i)
		exact[i] = 1 + 0.5*math.Sin(at(i/n)+at(i%n))
		for k, st := range a.stride {
			if i/st%n < n-1 {
				w := 30 * rho(i)
				a.Up[k][i], a.Down[k][i] = w, w
			}
		}
	}
	m := NewMultigrid(a, []float64{1, 1})
	require.NoError(t, m.Factor())
	b, x := make([]float64, a.Len()), make([]float64, a.Len())
	a.Mul(b, exact)
	_, err := m.Solve(x, b, 1e-6, 60)
	require.NoError(t, err)
	require.Less(t, a.Mass[0], 1e-17)
	for i, v := range exact {
		require.InEpsilon(t, v, x[i], 1e-2, "cell %d of mass %.2g", i, a.Mass[i])
	}
}

// The V-cycle of a symmetric matrix is symmetric, as conjugate gradients want.
func TestMultigridSymmetry(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, shape := range [][]int{{7, 6}, {20, 13}, {5, 6, 7}} {
		a := exchange(shape, 20, 1, r)
		strength := make([]float64, len(shape))
		for k := range strength {
			strength[k] = 1
		}
		m := NewMultigrid(a, strength)
		require.NoError(t, m.Factor())
		u, v, mu, mv := make([]float64, a.Len()), make([]float64, a.Len()), make([]float64, a.Len()), make([]float64, a.Len())
		for i := range u {
			u[i], v[i] = r.NormFloat64(), r.NormFloat64()
		}
		m.Apply(mu, u)
		m.Apply(mv, v)
		var left, right float64
		for i := range u {
			left += v[i] * mu[i]
			right += u[i] * mv[i]
		}
		require.InDelta(t, left, right, 1e-12*float64(a.Len()))
		x := make([]float64, a.Len())
		_, err := NewPCG(a, m, nil).Solve(x, u)
		require.NoError(t, err)
	}
}

// A system that cycles do not solve is reported with its last iterate, and a diagonal
// that cannot be divided by with its row.
func TestMultigridFailures(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	a := exchange([]int{20, 20}, 5, 1, r)
	m := NewMultigrid(a, []float64{1, 1})
	require.NoError(t, m.Factor())
	b, x := make([]float64, a.Len()), make([]float64, a.Len())
	b[7] = 1
	res, err := m.Solve(x, b, 1e-12, 2)
	require.ErrorIs(t, err, ErrNotConverged)
	require.Equal(t, 2, res.Iterations)
	require.Positive(t, x[7])
	_, err = m.Solve(x, b, 1e-30, 100)
	require.ErrorIs(t, err, ErrNotConverged)
	b[7] = math.NaN()
	_, err = m.Solve(x, b, 1e-3, 100)
	require.ErrorIs(t, err, ErrNotConverged)
	clear(b)
	x[3] = 1
	res, err = m.Solve(x, b, 1e-3, 100)
	require.NoError(t, err)
	require.Zero(t, res.Iterations)
	require.Equal(t, make([]float64, len(x)), x)
	require.Panics(t, func() { _, _ = m.Solve(x[1:], b, 1e-3, 1) })
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		a.Up[0][25] = bad
		var pivot *PivotError
		require.ErrorAs(t, m.Factor(), &pivot)
		require.Equal(t, 25, pivot.Row)
	}
}

// Cycles and factorisations allocate nothing.
func TestMultigridAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, shape := range [][]int{{30, 20}, {9, 8, 7}} {
		a := exchange(shape, 5, 1.2, r)
		m := NewMultigrid(a, []float64{1, 1, 1}[:len(shape)])
		b, x := make([]float64, a.Len()), make([]float64, a.Len())
		b[5] = 1
		require.Zero(t, testing.AllocsPerRun(5, func() {
			if m.Factor() != nil {
				t.Fail()
			}
			if _, err := m.Solve(x, b, 1e-8, 50); err != nil {
				t.Fail()
			}
			m.Apply(x, b)
		}))
	}
}

// BiCGStab comes through breakdowns, which systems with small whole numbers and nearly
// sparse right-hand sides provoke: three thousand of them.
func TestBiCGStabBreaksDownAndRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 3000 {
		n := 2 + r.IntN(5)
		coo := NewCOO(n, n)
		column := make([]float64, n)
		for range 2 * n {
			i, j, v := r.IntN(n), r.IntN(n), float64(r.IntN(3)-1)
			coo.Add(i, j, v)
			column[j] += math.Abs(v)
		}
		for j, s := range column {
			coo.Add(j, j, 2+2*s)
		}
		a := coo.CSR()
		b := make([]float64, n)
		for i := range b {
			b[i] = math.Pow(10, -30*r.Float64()*float64(r.IntN(2)+1))
		}
		b[0] += 2
		for _, m := range []Preconditioner{NewJacobi(a), NewILU(a)} {
			require.NoError(t, m.Factor())
			_, err := NewBiCGStab(a, m, &Settings{Tolerance: 1e-13}).Solve(make([]float64, n), b)
			require.NoError(t, err)
		}
	}
}
