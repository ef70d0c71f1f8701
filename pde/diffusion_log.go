package pde

import (
	"math"

	"pdesolve/internal/simd"
)

// Constants of the natural logarithm: the polynomial and log 2 in two pieces are
// those of Go's math.Log, after FreeBSD's e_log.c, error below 1 ulp.
const (
	logL1   = 6.666666666666735130e-01
	logL2   = 3.999999999940941908e-01
	logL3   = 2.857142874366239149e-01
	logL4   = 2.222219843214978396e-01
	logL5   = 1.818357216161805012e-01
	logL6   = 1.531383769920937332e-01
	logL7   = 1.479819860511658591e-01
	logHigh = 6.93147180369123816490e-01
	logLow  = 1.90821492927058770002e-10

	halfRoot = 0x3fe6a09e667f3bcd // bits of √½
	logShift = 0x3ff0000000000000 - halfRoot
	mantissa = 1<<52 - 1
)

// logarithm returns log max(x, 2⁻¹⁰²²) for x finite.
func logarithm(x float64) float64 {
	k, f, half, tail := logarithmPieces(max(x, smallestNormal))
	return float64(k*logHigh) - ((half - tail) - f)
}

// logarithmPieces returns the pieces of log x for x normal: with x = 2ᵏ(1 + f), √½ ≤ 1 + f < √2,
// and s = f/(2 + f), it is k log 2 + f − (f²/2 − s(f²/2 + R(s²))), and the tail is all of
// it that is small.
func logarithmPieces(x float64) (k, f, half, tail float64) {
	t := math.Float64bits(x) + logShift
	k = math.Float64frombits(t>>52|0x433<<52) - (0x1p52 + 1023)
	f = math.Float64frombits(t&mantissa+halfRoot) - 1
	s := f / (2 + f)
	s2 := s * s
	s4 := s2 * s2
	odd := s2 * (logL1 + float64(s4*(logL3+float64(s4*(logL5+float64(s4*logL7))))))
	even := s4 * (logL2 + float64(s4*(logL4+float64(s4*logL6))))
	half = 0.5 * float64(f*f)
	return k, f, half, float64(s*(half+(odd+even))) + float64(k*logLow)
}

// potentialsGo writes c log max(r, 2⁻¹⁰²²) + u of every cell to psi and adds r psi to
// the partial sums: the first variation of c ∫ρ log ρ + ∫Uρ less the constant c, and the
// energy. Where r = 0 the term of the energy is 0.
func potentialsGo(psi, r, u []float64, c float64, s *lanes) {
	r, u = r[:len(psi)], u[:len(psi)]
	for i := range psi {
		psi[i] = float64(c*logarithm(r[i])) + u[i]
		s[i&3] += float64(r[i] * psi[i])
	}
}

// entropiesGo writes c (log r + 1) of every cell to psi, log r no less than low, and adds
// w r log r to the partial sums: the first variation of c ∫ρ log ρ, and the energy without c.
func entropiesGo(psi, r, w []float64, c, low float64, s *lanes) {
	r, w = r[:len(psi)], w[:len(psi)]
	for i := range psi {
		log := logarithm(r[i])
		psi[i] = c * (max(low, log) + 1)
		s[i&3] += float64(float64(r[i]*log) * w[i])
	}
}

// headBits are those of the first 26 binary digits of a number.
const headBits = 1<<64 - 1<<27

// logarithmsGo writes p log max(r, floor) as the sum of high and low, which is known to more
// digits than a float64 has: p = head + rest and the head of the logarithm have 26 digits
// each, so that their product high is exact.
func logarithmsGo(high, low, r []float64, floor, head, rest float64) {
	low, r = low[:len(high)], r[:len(high)]
	for i := range high {
		k, f, half, tail := logarithmPieces(max(floor, r[i]))
		whole, small := k*logHigh, half-tail
		sum := whole + f
		log := sum - small
		less := (f - (sum - whole)) + ((sum - log) - small) // what the two sums have rounded off
		upper := math.Float64frombits(math.Float64bits(log) & headBits)
		high[i] = head * upper
		low[i] = float64(head*((log-upper)+less)) + float64(rest*log)
	}
}

// powers writes max(r, floor)^p to dst, r and floor at least 0. It is 0 where that is
// 0^p with p > 0, and normal numbers stand for smaller ones. The error is below 3 units in the
// last place for results from 1e-100 to 1e100: math.Pow's is larger.
func powers(dst, r []float64, p, floor float64) {
	r = r[:len(dst)]
	head := math.Float64frombits(math.Float64bits(p) & headBits)
	var strip [stripLength]float64
	for at := 0; at < len(dst); at += stripLength {
		out := dst[at:min(at+stripLength, len(dst))]
		low := strip[:len(out)]
		logarithms(out, low, r[at:at+len(out)], max(floor, smallestNormal), head, p-head)
		simd.Exp(out, out)
		for i, y := range low {
			out[i] *= 1 + (y + float64(0.5*float64(y*y))) // stays +Inf
		}
	}
	if floor > 0 || p < 0 {
		return
	}
	for i, x := range r {
		if x == 0 {
			dst[i] = 0
		}
	}
}
