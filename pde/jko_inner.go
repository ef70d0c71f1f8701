package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"pdesolve/grid"
	"pdesolve/internal/registry"
)

// JKOInner describes a solver of the single JKO step. It is a plain value; Bind
// makes the workspace.
type JKOInner interface {
	// Name returns the name under which the solver is registered.
	Name() string
	// Validate reports what makes the description unusable.
	Validate() error
	// Domain says what the solver treats and what it promises.
	Domain() JKODomain
	// Bind returns a workspace for f, which is in Domain, on the given grids. It may
	// refuse what Domain cannot express.
	Bind(f Functional, grids []*grid.Grid) (JKOSolver, error)
}

// Tolerant is a JKOInner that can solve a step to any tolerance above rounding at little more
// cost, as Newton's method can.
type Tolerant interface {
	JKOInner
	// WithTolerance returns the solver with another tolerance of its certificate.
	WithTolerance(tolerance float64) JKOInner
}

// semiDiscreter is a JKOInner whose flow for a vanishing step is not that of Upwind;
// see StepScheme.SemiDiscrete.
type semiDiscreter interface {
	semiDiscrete(j JKO, fineness int) Scheme
}

// AnyDim stands for any dimension in JKODomain.SecondDim.
const AnyDim = math.MaxInt

// JKODomain is what an inner solver says of itself.
type JKODomain struct {
	Terms       Terms   // that an energy may be a sum of
	Needs       Terms   // of which an energy must have one; 0 if none
	MaxDim      int     // largest dimension of a grid; 0 means any
	Wasserstein bool    // A is W₂² up to the discretisation; else a substitute, and a step is off by O(τ²)
	SecondDim   int     // largest dimension of a grid where its steps make those of order 2; 0 none, AnyDim any
	Space       int     // order in space
	Caveats     Caveats // what is claimed less than by other schemes
}

// Takes reports whether f on the given grids is in the domain.
func (d JKODomain) Takes(f Functional, grids []*grid.Grid) bool {
	t := TermsOf(f)
	return t&^d.Terms == 0 && (d.Needs == 0 || t&d.Needs != 0) && (d.MaxDim == 0 || dimension(grids) <= d.MaxDim)
}

// String names the domain: "potentials and averages of ρ in 1 dimension".
func (d JKODomain) String() string {
	text := "energies of " + d.Terms.String()
	if d.Needs != 0 {
		text += ", not without " + d.Needs.join(" or ") + ","
	}
	if d.MaxDim > 0 {
		text += " in " + upToDimensions(d.MaxDim)
	}
	return text
}

// dimension returns the largest dimension of the grids.
func dimension(grids []*grid.Grid) int {
	d := 0
	for _, g := range grids {
		d = max(d, g.Dim())
	}
	return d
}

func upToDimensions(d int) string {
	if d == 1 {
		return "1 dimension"
	}
	return fmt.Sprintf("up to %d dimensions", d)
}

// Terms is a set of kinds of terms that an energy is a sum of.
type Terms uint8

// The kinds of terms. Averages include potentials, as a constant is a function of
// averages.
const (
	PotentialTerm Terms = 1 << iota // Ψ does not depend on ρ
	MeanTerm                        // Ψ depends on ρ through averages: an interaction, a Transformer
	LocalTerm                       // ∫U(ρ), U convex, with its derivatives (Local): entropy, porous medium
	PointwiseTerm                   // Ψ depends on ρ cell by cell in a way that gives no derivatives
	CapTerm                         // a cap on ρ, whose pressure no formula gives (Congestion)
)

// AllTerms are all kinds of terms but PointwiseTerm and CapTerm.
const AllTerms = PotentialTerm | MeanTerm | LocalTerm

// termWords describes the kinds of terms, in the order of their bits.
var termWords = [...]string{
	"potentials",
	"averages of ρ (an interaction, a Transformer)",
	"convex functions of ρ (entropy, porous medium)",
	"ρ cell by cell without derivatives (pde.Local)",
	"a cap on ρ (congestion)",
}

// String lists the terms: "potentials and averages of ρ (…)".
func (t Terms) String() string { return t.join(" and ") }

func (t Terms) join(by string) string {
	var words []string
	for ; t != 0; t &= t - 1 {
		words = append(words, termWords[bits.TrailingZeros8(uint8(t))])
	}
	return strings.Join(words, by)
}

// TermsOf returns the kinds of the terms of f.
func TermsOf(f Functional) Terms {
	var t Terms
	p := PartsOf(f)
	if p.HasLocal() {
		t = LocalTerm
	}
	if p.Cap > 0 {
		t |= CapTerm
	}
	if p.Rest == nil {
		return t
	}
	return t | [...]Terms{Constant: PotentialTerm, Mean: MeanTerm, Pointwise: PointwiseTerm}[p.Dependence()]
}

// JKOSolver is a JKOInner bound to a problem. It owns its scratch and serves one
// goroutine.
type JKOSolver interface {
	// Solve writes ρⁿ⁺¹ to rho, which must not share memory with start.Rho. What it
	// returns must not depend on earlier calls. It fails with ErrNotConverged if a
	// smaller step may help; then rho is unspecified. Where the best that it can do
	// misses its tolerance and a smaller step will not help, it returns that, with its
	// true Residual. A long solve watches ctx.
	Solve(ctx context.Context, rho State, start JKOStart) (JKOResult, error)
}

// JKOStart is the point from which a JKO step is taken. A solver does not change
// its contents.
type JKOStart struct {
	Rho       State   // ρⁿ
	Variation Field   // Ψ[ρⁿ]
	Energy    float64 // F(ρⁿ)
	Tau       float64 // the step, above 0
}

// JKOResult says what one solved step is worth: its value F(ρⁿ⁺¹) + A/(2τ), and a
// certificate that no other density has a much smaller one.
type JKOResult struct {
	Energy    float64 // F(ρⁿ⁺¹)
	Transport float64 // A(ρⁿ, ρⁿ⁺¹)/(2τ), components weighted as in F
	// Dual is a lower bound of the minimum of F + A/(2τ) for the discrete problem,
	// computed from a feasible dual point. −Inf if the solver has none.
	Dual float64
	// Residual says how far ρⁿ⁺¹ is from the optimality conditions of the step,
	// dimensionless. For A = W₂² they are: φ/τ + Ψ[ρⁿ⁺¹] is constant where there is
	// mass and nowhere smaller, φ being the Kantorovich potential from ρⁿ⁺¹ to ρⁿ of
	// the cost |x − y|²/2. Each solver says what it computes.
	Residual  float64
	Tolerance float64 // what Residual was to meet
	// Slack is by how much the discretisation (a remap to the grid) may have raised
	// F(ρⁿ⁺¹) + A/(2τ) above F(ρⁿ), in units of F. 0 for a solver that works on the
	// grid.
	Slack       float64
	Iterations  int // of the solver
	Evaluations int // evaluations of the first variation
}

// JKOInners holds the inner solvers that an experiment file can name.
var JKOInners = registry.New[JKOInner]("inner solver")

// ErrNotConverged says that a JKO step has not been solved to its tolerance.
var ErrNotConverged = errors.New("the inner solver did not converge")

// refusal says that inner does not treat f on the grids, what it treats, and what
// treats f.
func refusal(inner JKOInner, f Functional, grids []*grid.Grid) error {
	var fit, other []string
	for _, name := range JKOInners.Names() {
		if i, err := JKOInners.New(name); err == nil && i.Domain().Takes(f, grids) {
			fit = append(fit, name)
		}
	}
	for _, name := range Schemes.Names() {
		if TermsOf(f)&CapTerm != 0 {
			break // none finds the pressure
		}
		if s, err := Schemes.New(name); err == nil {
			if _, steps := s.(StepScheme); !steps {
				other = append(other, name)
			}
		}
	}
	d := inner.Domain()
	what := TermsOf(f).String()
	if d.MaxDim > 0 && dimension(grids) > d.MaxDim {
		what += fmt.Sprintf(" in %d dimensions", dimension(grids))
	}
	text := fmt.Sprintf("the inner solver %s takes %s, not %s", inner.Name(), strings.TrimSuffix(d.String(), ","), what)
	if len(fit) > 0 {
		text += "; inner solvers that take this one: " + strings.Join(fit, ", ")
	}
	if len(other) > 0 {
		text += "; explicit schemes that take this one: " + strings.Join(other, ", ")
	}
	return errors.New(text)
}
