// Package simd evaluates elementary functions, scalar products and scaled sums on
// slices of float64, faster than a loop over package math and than gonum/floats,
// whose assembly handles two doubles at a time. Nanoseconds an element on one Zen 4
// core:
//
//	        package math   plain Go   AVX2
//	Exp         7.3           4.1      1.0
//	Tanh       10.3           6.7      1.4
//
// On a Sapphire Rapids core AVX-512 takes 0.7 of the time of AVX2 for Exp and 0.8 for Tanh.
// All paths are free of tables and, on their usual range, of branches. They give the
// same bytes: vector code, which internal/asm writes, does the operations of the Go code, in its order, and no
// product is fused with a sum. In Exp and Tanh the value of dst[i] is a function of
// x[i] alone, whatever the length of the slice or the position in it. The build tag
// purego, and GODEBUG=cpu.avx2=off at run time, select plain Go; GODEBUG=cpu.avx512f=off
// selects AVX2.
//
// Mix, Outer, LaneSoftmax, LaneTilt and LaneTanh treat eight problems of doubles or sixteen
// of floats side by side, one in each lane of vectors of 64 bytes; see Lanes. There products
// are fused with sums, and the exponential has an error below 2 ulp. Their vector code for
// registers of 32 and of 64 bytes (AVX2 and AVX-512) gives the same bytes; on Zen 4, which works on halves of the latter, they are equally fast.
//
//	x := []float64{-1, 0, 1}
//	simd.Exp(x, x) // in place
//
// # Method
//
// With k the integer nearest to x/log 2 and r = x − k·log 2, computed in two pieces
// (Cody and Waite), |r| ≤ (log 2)/2 and
//
//	exp x   = 2ᵏ (1 + p(r)),        p(r) = r + r² q(r),
//	expm1 x = 2ᵏ p(r) + (2ᵏ − 1),
//	tanh x  = e/(e + 2),            e = expm1 2x, x ≥ 0; odd for x < 0,
//
// where q has degree 9 and approximates (eʳ − 1 − r)/r² on the reduced range with
// absolute error 1.1e-16 at most (derived: Chebyshev interpolation in 60 digits),
// that is 0.13e-16 in p.
package simd
