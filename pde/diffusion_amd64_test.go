//go:build amd64 && !purego

package pde

// withoutVectors runs f with the vector kernels off.
func withoutVectors(f func()) {
	defer func(two, five bool) { useAVX2, useAVX512 = two, five }(useAVX2, useAVX512)
	useAVX2, useAVX512 = false, false
	f()
}
