package transformer

import "math"

// Facts is what is proved of a block (derived) under the hypotheses of [G] on growth and
// smoothness.
type Facts struct {
	// Growth is a constant K with
	//
	//	|∇_θ⟨g(Z, θ), p⟩| ≤ K |p| (1 + |θ|)
	//
	// in Euclidean norms, for prompts of n tokens |z_i| ≤ B. It bounds the velocity of the
	// flow, and so the support of the law: |θ(τ)| ≤ (1 + |θ(0)|) e^{Cτ} − 1 with C = sup K|p|/2 + λ,
	// the form of [G, Prop 3.2]. It is +Inf where there is no such K.
	Growth float64
	// Reason is the formula of K, or says why there is none.
	Reason string
	// Rough says where ∇_θ⟨g, p⟩ jumps; empty if it is Lipschitz on bounded sets of (Z, θ).
	Rough string
}

// Facts returns what is proved of block i for prompts of n tokens of norm at most size.
// It panics if there is no such block.
func (m *Model) Facts(i, n int, size float64) Facts { return m.Blocks[i].Block.facts(n, size) }

// attentionFacts are those of softmax heads with a full matrix. With P_i the weights of token i,
// ∂⟨f,p⟩/∂V = Σ_i p_i (Σ_j P_ij z_j)ᵀ and ∂⟨f,p⟩/∂A = Σ_i z_i (Cov_{P_i}(z) Vᵀp_i)ᵀ, or less where
// scores are divided: at most √n B |p| and √n B³ |V| |p|.
func attentionFacts(n int, size float64) Facts {
	return Facts{Growth: math.Sqrt(float64(n)) * max(size, size*size*size), Reason: "K = √n max(B, B³)"}
}

// linearFacts are those of linear attention, of which both derivatives are products of
// the other factor with cubics in the tokens.
func linearFacts(n int, size float64) Facts {
	return Facts{Growth: math.Sqrt(float64(n)) * size * size * size, Reason: "K = √n B³"}
}

// activationFacts bounds an activation: |σ(x)| ≤ level + tilt |x| and |σ'(x)| ≤ slope.
type activationFacts struct {
	level, tilt, slope float64
	rough              string
}

// activationBounds has the facts of all activations.
var activationBounds = map[string]activationFacts{
	"tanh":         {level: 1, slope: 1},
	"logistic":     {level: 1, slope: 0.25},
	"relu":         {tilt: 1, slope: 1, rough: "the slope of relu jumps at 0"},
	"gelu":         {tilt: 1, slope: 1.13}, // at x = √2: Φ(x) + xφ(x) = 1.1290
	"erf":          {level: 1, slope: 2 / math.SqrtPi},
	"softplus":     {level: math.Ln2, tilt: 1, slope: 1},
	"clip":         {level: 1, slope: 1},
	"clipped-relu": {level: 1, slope: 1},
}

// perceptronFacts are those of u σ(x) with |x| ≤ c |θ|: ∂⟨h,p⟩/∂u = Σ_i σ(x_i) p_i and, by
// the parameters within σ, a sum of σ'(x_i) (u·p_i) times at most c.
func perceptronFacts(name string, n int, c float64, formula string) Facts {
	s := activationBounds[mustActivation(name).name]
	return Facts{
		Growth: math.Sqrt(float64(n)) * max(s.level, (s.tilt+s.slope)*c),
		Reason: "K = √n max(σ₀, (σ₁ + σ₂) " + formula + "), |σ(x)| ≤ σ₀ + σ₁|x|, |σ′| ≤ σ₂",
		Rough:  s.rough,
	}
}
