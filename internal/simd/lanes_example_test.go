package simd_test

import (
	"fmt"

	"pdesolve/internal/simd"
)

// The same matrix C times eight vectors side by side, one in each lane.
func ExampleMix() {
	c := []float64{1, 2, 3, 4}                      // row-major, 2×2
	x := make([]float64, 2*simd.Lanes[float64]())   // component s of vector l at s·Lanes + l
	dst := make([]float64, 2*simd.Lanes[float64]()) // likewise
	for l := range simd.Lanes[float64]() {
		x[l], x[simd.Lanes[float64]()+l] = 1, float64(l)
	}
	simd.Mix[float64]{T: 1, R: 2, S: 2, XS: 1, CS: 1, CR: 2, DstR: 1}.Bind().Do(dst, x, c)
	fmt.Println(dst[3], dst[simd.Lanes[float64]()+3]) // C (1, 3)
	// Output: 7 15
}
