//go:build amd64 && !purego

package simd

import "testing"

// eachPath runs a test on every path of lane vectors that the machine has.
func eachPath(t *testing.T, test func(t *testing.T)) {
	defer func(fma, wide bool) { useFMA, useWide = fma, wide }(useFMA, useWide)
	for _, p := range []struct {
		name      string
		fma, wide bool
	}{{"AVX-512", useFMA, useWide}, {"AVX2", useFMA, false}, {"plain Go", false, false}} {
		useFMA, useWide = p.fma, p.wide
		t.Run(p.name, test)
	}
}
