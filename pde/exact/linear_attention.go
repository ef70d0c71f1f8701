package exact

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"pdesolve/grid"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// LinearAttention is the exact gradient flow of a Transformer whose only block is
// linear-scalar attention, f_i = e_y v a x_i s with s = (1/n) Σ_j x_j y_j, and whose
// parameters θ = (a, v) start from the same law at every depth (derived).
//
// The velocity of the flow is then the same at every depth and linear in θ, so
// that one number k(τ) determines everything:
//
//	a ± v = (a₀ ± v₀) exp(−λτ ∓ k),      dk/dτ = κ(I),   k(0) = 0,
//	I = ∫ v a ρ = ¼ e^{−2λτ} (S₊ e^{−2k} − S₋ e^{2k}),    S_± = ∫ (a ± v)² ρ₀,
//	κ(I) = R'(I) = E[(Read − y) ∂Read/∂I].
//
// With m₂ = mean_j x_j², s₀ the initial s and (x_q, y_q) the token that is read,
//
//	Read = y_q + x_q s₀ (exp(m₂I/2) − 1)/m₂                 continuous depth,
//	Read = y_q + x_q s₀ ((1 + m₂I/(2L))^L − 1)/m₂            L layers.
//
// Discrete depth has the same structure because Read depends on the means c_k =
// ∫ v a ρ_k of the layers through Π_k (1 + c_k m₂/(2L)) only: where they are
// equal, so are the derivatives, and L ∂Read/∂c_k = dRead/dI.
//
// A Continuous model is solved in the limit of infinitely many slices; the
// model's own depth then does not matter.
//
// A LinearAttention does not change after it is made and may be shared. Methods
// take a training time τ ≥ 0, finite, and panic on any other.
type LinearAttention struct {
	model   transformer.Model
	law     grid.Law // nil if the solution starts from atoms
	decay   float64  // ρ₀ is the image of law under push(decay, turn, ·); see Iterate
	turn    float64
	mean    [2]float64
	plus    float64 // S₊
	minus   float64 // S₋
	mixed   float64 // ∫ (a² − v²) ρ₀
	prompts []prompt
	depth   int // L; 0 for continuous depth
}

// NewLinearAttention returns the exact solution of the model. It fails, and says
// why, if the model is not of the kind that has one: a single linear-scalar block
// on tokens (x, y) whose label coordinate is read.
func NewLinearAttention(m *transformer.Model) (*LinearAttention, error) {
	s, err := newLinearAttention(m)
	if err != nil {
		return nil, err
	}
	s.law = m.Blocks[0].Initial
	if s.law == nil {
		return nil, errors.New("exact: linear attention: the block has no initial law")
	}
	// Second moments are polynomials of degree 2: two Gauss points an axis suffice.
	points, weights, err := s.law.Quadrature(grid.Gauss, 2)
	if err != nil {
		return nil, fmt.Errorf("exact: linear attention: initial law: %w", err)
	}
	return s, s.start(points[:len(weights)], points[len(weights):], weights)
}

// NewLinearAttentionAtoms returns the exact solution of the model with the given
// weighted atoms (a, v), the same in every layer, in place of the initial law. It
// fails like NewLinearAttention; the model's own law is not used.
func NewLinearAttentionAtoms(m *transformer.Model, atoms *pde.Atoms) (*LinearAttention, error) {
	if atoms == nil || len(atoms.Theta) != atoms.Dim*atoms.N || len(atoms.Weight) != atoms.N {
		panic("exact: NewLinearAttentionAtoms: atoms are nil or of inconsistent lengths")
	}
	s, err := newLinearAttention(m)
	if err != nil {
		return nil, err
	}
	if atoms.Dim != 2 {
		return nil, fmt.Errorf("exact: linear attention: atoms of %d parameters: want 2, a and v", atoms.Dim)
	}
	return s, s.start(atoms.Coordinate(0), atoms.Coordinate(1), atoms.Weight)
}

// newLinearAttention checks all of the model but its initial law.
func newLinearAttention(m *transformer.Model) (*LinearAttention, error) {
	if m == nil {
		panic("exact: the model is nil")
	}
	if n := len(m.Blocks); n != 1 {
		return nil, fmt.Errorf("exact: linear attention: the model has %d blocks: want one, linear-scalar", n)
	}
	if b := m.Blocks[0].Block; b != nil && b.Name() != "linear-scalar" {
		return nil, fmt.Errorf("exact: linear attention: the model's block is %q: want linear-scalar", b.Name())
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("exact: linear attention: %w", err)
	}
	if _, squared := m.Loss.(*transformer.Squared); m.FullStep || m.Modified != 0 || m.Read.Mean || len(m.Read.Weights) > 0 || m.Loss != nil && !squared {
		return nil, fmt.Errorf("exact: linear attention: the model's steps, read-out or loss differ: want unmodified steps dt/2, one entry of one token and the squared loss")
	}
	s := &LinearAttention{model: *m, prompts: summarise(m.Prompts, m.Read.Token), depth: m.Depth}
	s.model.Blocks = slices.Clone(m.Blocks)
	if m.Continuous {
		s.depth = 0
	}
	return s, nil
}

// start takes the moments of ρ₀ from a quadrature that is exact for quadratics. It
// returns an error if the first evaluation overflows. Later ones cannot: Q falls,
// which bounds the outputs.
func (s *LinearAttention) start(a, v, weight []float64) error {
	for i, w := range weight {
		p, m := a[i]+v[i], a[i]-v[i]
		s.mean[0] += w * a[i]
		s.mean[1] += w * v[i]
		s.plus += w * p * p
		s.minus += w * m * m
		s.mixed += w * p * m
	}
	_, force, stiffness := s.risk(s.interaction(0, 0))
	if v := force + stiffness*(s.plus+s.minus); math.IsNaN(v) || math.IsInf(v, 0) {
		return errors.New("exact: linear attention: the risk of the initial law or its derivatives overflow: scale the prompts or the law down")
	}
	return nil
}

// interaction returns I for a given k.
func (s *LinearAttention) interaction(tau, k float64) float64 {
	d := s.model.Decay * tau
	return (s.plus*math.Exp(-2*(d+k)) - s.minus*math.Exp(-2*(d-k))) / 4
}

// At returns k(τ) and I(τ), accurate to about 1e-14.
func (s *LinearAttention) At(tau float64) (k, interaction float64) {
	checkTime(tau)
	k = integrate(func(t, k float64) (f, df float64) {
		d := s.model.Decay * t
		p, m := s.plus*math.Exp(-2*(d+k)), s.minus*math.Exp(-2*(d-k))
		_, force, stiffness := s.risk((p - m) / 4)
		return force, -stiffness * (p + m) / 2 // dI/dk = −(p + m)/2
	}, tau)
	return k, s.interaction(tau, k)
}

// Risk returns R(τ) = E ½(Read − y)².
func (s *LinearAttention) Risk(tau float64) float64 {
	_, i := s.At(tau)
	r, _, _ := s.risk(i)
	return r
}

// Objective returns Q(τ) = R + λ/2 ∫ (a² + v²) ρ.
func (s *LinearAttention) Objective(tau float64) float64 {
	k, i := s.At(tau)
	r, _, _ := s.risk(i)
	aa, _, vv := s.second(tau, k)
	return r + s.model.Decay/2*(aa+vv)
}

// Dissipation returns ∫ ρ|∇Ψ|² = −dQ/dτ (derived): with ∇Ψ = (κv + λa, κa + λv) it
// is (κ² + λ²) ∫ (a² + v²) ρ + 4κλI.
func (s *LinearAttention) Dissipation(tau float64) float64 {
	k, i := s.At(tau)
	_, force, _ := s.risk(i)
	aa, _, vv := s.second(tau, k)
	l := s.model.Decay
	return (force*force+l*l)*(aa+vv) + 4*force*l*i
}

// Output returns Read of every prompt at τ.
func (s *LinearAttention) Output(tau float64) []float64 {
	_, i := s.At(tau)
	out := make([]float64, len(s.prompts))
	for b := range out {
		out[b], _, _ = s.prompts[b].read(i, s.depth)
	}
	return out
}

// Mean returns ∫ a ρ and ∫ v ρ at τ.
func (s *LinearAttention) Mean(tau float64) (a, v float64) {
	k, _ := s.At(tau)
	x := push(s.model.Decay*tau, k, s.mean)
	return x[0], x[1]
}

// SecondMoments returns ∫ a² ρ, ∫ a v ρ and ∫ v² ρ at τ, not centered.
func (s *LinearAttention) SecondMoments(tau float64) (aa, av, vv float64) {
	k, _ := s.At(tau)
	return s.second(tau, k)
}

// second is SecondMoments for a known k.
func (s *LinearAttention) second(tau, k float64) (aa, av, vv float64) {
	d := s.model.Decay * tau
	p, m := s.plus*math.Exp(-2*(d+k)), s.minus*math.Exp(-2*(d-k))
	x := s.mixed * math.Exp(-2*d)
	return (p + m + 2*x) / 4, (p - m) / 4, (p + m - 2*x) / 4
}

// Push moves the point theta = (a₀, v₀), in place, to where the characteristic that
// starts there is at τ, and returns theta, which has length 2. The map is linear; each
// call solves the scalar equation for k anew.
func (s *LinearAttention) Push(theta []float64, tau float64) []float64 {
	if len(theta) != 2 {
		panic("exact: LinearAttention.Push: theta has not length 2")
	}
	k, _ := s.At(tau)
	x := push(s.model.Decay*tau, k, [2]float64(theta))
	copy(theta, x[:])
	return theta
}

// push returns e^{−d} (a cosh k − v sinh k, v cosh k − a sinh k). Its inverse is
// push(−d, −k, ·) and its determinant e^{−2d}.
func push(d, k float64, x [2]float64) [2]float64 {
	p, m := (x[0]+x[1])*math.Exp(-d-k), (x[0]-x[1])*math.Exp(-d+k)
	return [2]float64{(p + m) / 2, (p - m) / 2}
}
