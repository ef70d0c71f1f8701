//go:build !amd64 || purego

package simd

import "testing"

func eachPath(t *testing.T, test func(t *testing.T)) { test(t) }
